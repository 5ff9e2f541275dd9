/** Owns "what the network sees": the framed digit, pixel by pixel, and the steps to it. */

import { explainPicture, nameDigit, Problem } from '../reading/server.js';
import { find } from '../site/elements.js';
import { loadTexts } from '../site/later.js';
import { language, t } from '../site/texts.js';

const SAYS = 'says.'; // begins the keys that are sentences of the server

/**
 * @param {HTMLDetailsElement} panel
 * @param {() => Promise<{picture: Blob, digit: FoundDigit, alone: boolean, model: string} | null>} takeDigit the digit to
 *     explain, if there is one, and whether it is the only one in its picture
 */
export async function createSight(panel, takeDigit) {
  const say = await loadTexts(import.meta.url);
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
    if (digit.digit.picture) showPixels(digit.digit, digit.digit.picture);
    if (!digit.alone) return;
    try {
      const explained = await explainPicture(digit.picture, { model: digit.model, signal });
      if (!signal.aborted) fill(explained, digit.digit);
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

  /**
   * Show the steps, where they lead to the digit that was read: of a photo they may lead to another part.
   * @param {Explanation} explained @param {FoundDigit} digit
   */
  function fill(explained, digit) {
    if (explained.digit !== digit.digit) return;
    showPixels(digit, digit.picture ?? explained.steps.at(-1)?.picture ?? '');
    steps.replaceChildren(...explained.steps.map(describeStep));
  }

  /** @param {FoundDigit} digit @param {string} picture a data URL */
  function showPixels(digit, picture) {
    note.hidden = true;
    pixels.hidden = false;
    pixels.src = picture;
    pixels.alt = t('sight.pixels', { digit: nameDigit(digit) });
    steps.replaceChildren();
  }

  /** @param {Step} step */
  function describeStep(step) {
    const item = find(document.importNode(template.content, true), 'li');
    find(item, 'img').src = step.picture;
    const name = `step.${step.name}`;
    find(item, 'b').textContent = say.keys.includes(name) ? say(name) : step.name;
    const decision = translate(step.decision);
    const sentence = find(item, 'span');
    sentence.textContent = decision ?? step.decision;
    sentence.lang = decision ? language : 'en';
    return item;
  }

  /**
   * Translate a sentence of the server; it is itself the key, with {names} in place of its numbers.
   * @param {string} sentence in English
   * @returns {string | null} null where this language has no translation
   */
  function translate(sentence) {
    for (const key of say.keys.filter((each) => each.startsWith(SAYS))) {
      const found = toPattern(key.slice(SAYS.length)).exec(sentence);
      if (found) return say(key, found.groups);
    }
    return null;
  }

  return { show };
}

/** @param {string} key */
function toPattern(key) {
  const literal = key.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, '(?<$1>.+?)')}$`);
}
