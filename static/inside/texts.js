/** Owns what is said inside: sentences and numbers, loaded when it is opened. The texts are inside/LANGUAGE.json. */

import { formatShare, language } from '../site/texts.js';

/** @type {Record<string, string>} */
let texts = {};
const LEAST = 0.0005; // a smaller share would be written as 0 %
const number = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Load the texts; nothing is said before. */
export async function loadTexts() {
  texts = await (await fetch(new URL(`${language}.json`, import.meta.url))).json();
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] fill each {name} in the text
 */
export function say(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** Write a number with two digits and a true minus, never "-0.00". @param {number} value */
export function format(value) {
  const rounded = Math.abs(value) < 0.005 ? 0 : value;
  return number.format(rounded).replace('-', '−');
}

/** Write a number that is added, with its sign. @param {number} value */
export function formatAdded(value) {
  const text = format(value);
  return text.startsWith('−') ? text : `+${text}`;
}

/** Write a share of the answer, and never "0 %": nothing is quite impossible. @param {number} share */
export function formatChance(share) {
  return share < LEAST ? say('least') : formatShare(share);
}
