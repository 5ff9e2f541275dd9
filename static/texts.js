/** Owns what the page says, in its language. The texts themselves are static/texts/LANGUAGE.json. */

export const language = document.documentElement.lang;

const texts = JSON.parse(document.getElementById('texts').textContent);
const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] fill {name} in the text
 * @returns {string}
 */
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** @param {string} key */
export function has(key) {
  return key in texts;
}

/**
 * Write a share as percent; never "100 %" for what is not quite certain.
 * @param {number} share 0 to 1
 * @returns {string}
 */
export function formatShare(share) {
  return share < 1 && share > 0.999 ? percent.format(0.999) : percent.format(share);
}
