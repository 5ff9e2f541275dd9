/** Owns "what the network sees": the framed digit, pixel by pixel, and the steps that led to it. */

import { Problem, explainPicture, nameDigit } from './server.js';
import { has, language, t, translate } from '../site/texts.js';

const MARGIN = 0.25; // of the box, around one digit that is cut out of a number

/**
 * @param {HTMLDetailsElement} panel
 * @param {() => Promise<{picture: Blob, model: string} | null>} takeDigit the digit to explain, if there is one
 */
export function createSight(panel, takeDigit) {
  const find = (name) => panel.querySelector(`[data-part="${name}"]`);
  const [note, pixels, steps, template] = ['note', 'pixels', 'steps', 'template'].map(find);
  let flight = null;

  async function show() {
    flight?.abort();
    if (!panel.open) return;
    flight = new AbortController();
    const { signal } = flight;
    const digit = await takeDigit();
    if (signal.aborted) return;
    if (!digit) return empty(t('sight.empty'));
    try {
      const explained = await explainPicture(digit.picture, { model: digit.model, signal });
      if (!signal.aborted) fill(explained);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      empty(error.message);
    }
  }

  function empty(sentence) {
    note.textContent = sentence;
    note.hidden = false;
    pixels.hidden = true;
    steps.replaceChildren();
  }

  function fill(explained) {
    note.hidden = true;
    pixels.hidden = false;
    pixels.src = explained.steps.at(-1).picture;
    pixels.alt = t('sight.pixels', { digit: nameDigit(explained) });
    steps.replaceChildren(...explained.steps.map(describeStep));
  }

  function describeStep(step) {
    const item = template.content.firstElementChild.cloneNode(true);
    item.querySelector('img').src = step.picture;
    item.querySelector('b').textContent = has(`step.${step.name}`) ? t(`step.${step.name}`) : step.name;
    const decision = translate(step.decision);
    item.querySelector('span').textContent = decision ?? step.decision;
    item.querySelector('span').lang = decision ? language : 'en';
    return item;
  }

  panel.addEventListener('toggle', show);
  return { show };
}

/**
 * Cut one digit out of a picture of several.
 * @param {Blob} picture
 * @param {number[]} box x, y, width, height in pixels
 * @returns {Promise<Blob>} a PNG
 */
export async function cutDigit(picture, [x, y, width, height]) {
  const whole = await createImageBitmap(picture);
  const margin = MARGIN * Math.max(width, height);
  const canvas = document.createElement('canvas');
  canvas.width = width + 2 * margin;
  canvas.height = height + 2 * margin;
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(whole, x, y, width, height, margin, margin, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}
