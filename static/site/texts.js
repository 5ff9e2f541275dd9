/** Owns what the page says, in its language. The texts themselves are static/texts/LANGUAGE.json. */

import { find } from './elements.js';

const SAYS = 'says.'; // begins the keys that are sentences of the server

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
 * Translate a sentence of the server; it is itself the key, with {names} in place of its numbers.
 * @param {string} sentence in English
 * @returns {string | null} null where this language has no translation
 */
export function translate(sentence) {
  for (const key of Object.keys(texts).filter((each) => each.startsWith(SAYS))) {
    const found = toPattern(key.slice(SAYS.length)).exec(sentence);
    if (found) return t(key, found.groups);
  }
  return null;
}

/** @param {string} key */
function toPattern(key) {
  const literal = key.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/\{(\w+)\}/g, '(?<$1>.+?)')}$`);
}

/**
 * Write a share as percent, and never "100 %": nothing is quite sure.
 * @param {number} share 0 to 1
 */
export function formatShare(share) {
  return percent.format(Math.min(share, 0.999));
}
