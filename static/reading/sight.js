/** Owns "what the network sees": the framed digit, pixel by pixel, and the steps that led to it. */

import { contextOf, toPng } from '../drawing/ink.js';
import { find } from '../site/elements.js';
import { has, language, t, translate } from '../site/texts.js';
import { explainPicture, nameDigit, Problem } from './server.js';

const MARGIN = 0.25; // of the box, around one digit that is cut out of a number

/**
 * @param {HTMLDetailsElement} panel
 * @param {() => Promise<{picture: Blob, model: string} | null>} takeDigit the digit to explain, if there is one
 */
export function createSight(panel, takeDigit) {
  const note = find(panel, '[data-part="note"]', HTMLElement);
  const pixels = find(panel, '[data-part="pixels"]', HTMLImageElement);
  const steps = find(panel, '[data-part="steps"]', HTMLElement);
  const template = find(panel, '[data-part="template"]', HTMLTemplateElement);
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
    const item = find(document.importNode(template.content, true), 'li', HTMLElement);
    find(item, 'img', HTMLImageElement).src = step.picture;
    find(item, 'b', HTMLElement).textContent = has(`step.${step.name}`) ? t(`step.${step.name}`) : step.name;
    const decision = translate(step.decision);
    const sentence = find(item, 'span', HTMLElement);
    sentence.textContent = decision ?? step.decision;
    sentence.lang = decision ? language : 'en';
    return item;
  }

  panel.addEventListener('toggle', show);
  return { show };
}

/**
 * Cut one digit out of a picture of several.
 * @param {Blob} picture
 * @param {Box} box
 * @returns {Promise<Blob>} a PNG
 */
export async function cutDigit(picture, [x, y, width, height]) {
  const whole = await createImageBitmap(picture);
  const margin = MARGIN * Math.max(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = width + 2 * margin;
  canvas.height = height + 2 * margin;
  const context = contextOf(canvas);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(whole, x, y, width, height, margin, margin, width, height);
  return toPng(canvas);
}
