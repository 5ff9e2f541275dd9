/** Owns what is said about why, loaded when it is asked. The texts are why/LANGUAGE.json. */

import { loadTexts } from '../site/later.js';

/** @type {(key: string, values?: Record<string, string | number>) => string} */
let speak = (key) => key;

/** Load the texts; nothing is said before. */
export async function loadReasons() {
  speak = await loadTexts(import.meta.url);
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] fill each {name} in the text
 */
export const say = (key, values) => speak(key, values);
