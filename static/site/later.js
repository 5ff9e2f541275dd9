/** Owns the texts of parts of the page that are loaded when they are opened: LANGUAGE.json beside their scripts. */

import { language } from './texts.js';

/**
 * Load the texts beside a script, and return what says them, and knows their keys.
 * @param {string} script its import.meta.url
 * @returns {Promise<((key: string, values?: Record<string, string | number>) => string) & {keys: string[]}>} fills each
 *     {name} in the text
 */
export async function loadTexts(script) {
  /** @type {Record<string, string>} */
  const texts = await (await fetch(new URL(`${language}.json`, script))).json();
  /** @param {string} key @param {Record<string, string | number>} [values] */
  const say = (key, values = {}) => (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  return Object.assign(say, { keys: Object.keys(texts) });
}
