/** Owns "what the network sees": the framed digit, pixel by pixel, and the steps to it. */

import { paintOnPaper, toPng } from '../drawing/ink.js';
import { find } from '../site/elements.js';
import { has, language, t, translate } from '../site/texts.js';
import { explainPicture, nameDigit, Problem } from './server.js';

const MARGIN = 0.25; // of the longer side of the box, around a digit cut out of a number

/**
 * @param {HTMLDetailsElement} panel
 * @param {() => Promise<{picture: Blob, model: string} | null>} takeDigit the digit to explain, if there is one
 */
export function createSight(panel, takeDigit) {
  const note = find(panel, '[data-part="note"]');
  const pixels = find(panel, '.pixels');
  const steps = find(panel, '.steps');
  const template = find(panel, 'template');
  /** @type {AbortController | null} */
  let flight = null;

  async function show() {
    flight?.abort();
    if (!panel.open) return;
    flight = new AbortController();
    const { signal } = flight;
    const digit = await takeDigit();
    if (signal.aborted) return;
    if (!digit) {
      empty(t('sight.empty'));
      return;
    }
    try {
      const explained = await explainPicture(digit.picture, { model: digit.model, signal });
      if (!signal.aborted) fill(explained);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      empty(error.message);
    }
  }

  /** @param {string} sentence */
  function empty(sentence) {
    note.textContent = sentence;
    note.hidden = false;
    pixels.hidden = true;
    steps.replaceChildren();
  }

  /** @param {Explanation} explained */
  function fill(explained) {
    note.hidden = true;
    pixels.hidden = false;
    pixels.src = explained.steps.at(-1)?.picture ?? '';
    pixels.alt = t('sight.pixels', { digit: nameDigit(explained) });
    steps.replaceChildren(...explained.steps.map(describeStep));
  }

  /** @param {Step} step */
  function describeStep(step) {
    const item = find(document.importNode(template.content, true), 'li');
    find(item, 'img').src = step.picture;
    find(item, 'b').textContent = has(`step.${step.name}`) ? t(`step.${step.name}`) : step.name;
    const decision = translate(step.decision);
    const sentence = find(item, 'span');
    sentence.textContent = decision ?? step.decision;
    sentence.lang = decision ? language : 'en';
    return item;
  }

  panel.addEventListener('toggle', show);
  return { show };
}

/**
 * Cut one digit out of a picture of several, as a PNG.
 * @param {Blob} picture
 * @param {Box} box
 */
export async function cutDigit(picture, [x, y, width, height]) {
  const whole = await createImageBitmap(picture);
  const margin = MARGIN * Math.max(width, height);
  const canvas = paintOnPaper(width + 2 * margin, height + 2 * margin, (context) => {
    context.drawImage(whole, x, y, width, height, margin, margin, width, height);
  });
  return toPng(canvas);
}
