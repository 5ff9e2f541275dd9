/**
 * Owns this person's hand: the random name under which the server keeps what they corrected, and whether it is read with.
 * The name is made with the first correction and stays in this browser; nothing else says who it is.
 */

import { keep, recall } from '../site/browser.js';

const NAME = 'hand';
const OFF = 'hand.off';
const PATTERN = /^[A-Za-z0-9_-]{16,64}$/;

let name = recall(NAME);
if (!PATTERN.test(name)) name = '';
let off = recall(OFF) === '1';

/** The hand to read with; nothing where there is none, or it is switched off. */
export function handToRead() {
  return off ? '' : name;
}

export function handName() {
  return name;
}

/** Take this browser's hand, made where there is none. */
export function needHand() {
  if (!name) adoptHand(makeName());
  return name;
}

/**
 * Use a hand that was made on another device.
 * @param {string} other
 * @returns {boolean} whether it can be the name of one
 */
export function adoptHand(other) {
  if (!PATTERN.test(other)) return false;
  name = other;
  keep(NAME, name);
  return true;
}

export function dropHand() {
  name = '';
  keep(NAME, '');
  switchHand(true);
}

export function isHandOn() {
  return !off;
}

/** @param {boolean} on */
export function switchHand(on) {
  off = !on;
  keep(OFF, off ? '1' : '');
}

/** 22 letters of 6 bits: nobody guesses one. */
function makeName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
