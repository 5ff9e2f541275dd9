/** Owns what the page says, in its language. The texts themselves are static/texts/LANGUAGE.json. */

import { find } from './elements.js';

export const language = document.documentElement.lang;

/** @type {Record<string, string>} */
const texts = JSON.parse(find(document, '#texts').text);
const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] fill each {name} in the text
 */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** @param {string} key */
export function has(key) {
  return key in texts;
}

/**
 * Write a share as percent, and never "100 %": nothing is quite sure.
 * @param {number} share 0 to 1
 */
export function formatShare(share) {
  return percent.format(Math.min(share, 0.999));
}
