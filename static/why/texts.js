/** Owns what is said about why, loaded when it is asked. The texts are why/LANGUAGE.json. */

import { language } from '../site/texts.js';

/** @type {Record<string, string>} */
let texts = {};

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
