/**
 * Owns the link that holds a drawing in its fragment, so that nothing needs to be stored.
 *
 * The bytes, as base64url: the version; then for each stroke its width, its flags, the number of its points, and its points as
 * zigzag variable-length differences in half units (and the pressure in hundredths, where the pen felt it).
 */

import { dropParameter } from '../site/browser.js';
import { HEIGHT, WIDTH } from './ink.js';

const VERSION = 1;
const NAME = 'd';
const FINE = 2; // steps a unit
const PRESSURE = 100; // steps
const ERASER = 1; // flags
const FELT = 2; // the pen felt its pressure
const MAX_LETTERS = 100_000; // of a link's drawing

/**
 * Write a drawing as a fragment with its "#", an empty one as nothing.
 * @param {Stroke[]} strokes
 */
export function toFragment(strokes) {
  if (!strokes.length) return '';
  const bytes = [VERSION, ...strokes.flatMap(packStroke)];
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''));
  return `#${NAME}=${text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`;
}

/**
 * Take a drawing out of the page's address, unless it is this one.
 * @param {string} fragment
 */
export function dropDrawing(fragment) {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const mine = new URLSearchParams(fragment.slice(1)).get(NAME);
  if (parameters.get(NAME) !== mine) dropParameter(NAME);
}

/**
 * Read the drawing of a fragment: no strokes where it holds none, null where it is damaged.
 * @param {string} fragment
 */
export function fromFragment(fragment) {
  const text = new URLSearchParams(fragment.slice(1)).get(NAME);
  if (!text) return [];
  if (text.length > MAX_LETTERS) return null;
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return unpack(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)));
  } catch (error) {
    if (error instanceof RangeError || error instanceof DOMException) return null; // not ours, or not base64
    throw error;
  }
}

/**
 * Add the drawing to links between our pages, so that it is still there on the way back.
 * @param {() => string} takeFragment
 */
export function carryDrawing(takeFragment) {
  addEventListener('click', ({ target }) => {
    const link = target instanceof Element ? target.closest('a') : null;
    if (!link?.href || link.origin !== location.origin || link.classList.contains('skip')) return;
    const drawing = new URLSearchParams(takeFragment().slice(1)).get(NAME);
    const parameters = new URLSearchParams(link.hash.slice(1));
    if (drawing) parameters.set(NAME, drawing);
    else parameters.delete(NAME);
    link.hash = parameters.toString();
  });
}

/** @param {Stroke} stroke */
function packStroke({ width, eraser, points }) {
  const felt = points.some(([, , pressure]) => pressure !== 1);
  const flags = (eraser ? ERASER : 0) | (felt ? FELT : 0);
  /** @type {number[]} */
  const numbers = [];
  let [beforeX, beforeY] = [0, 0];
  for (const [x, y, pressure] of points) {
    const [fineX, fineY] = [Math.round(x * FINE), Math.round(y * FINE)];
    numbers.push(zigzag(fineX - beforeX), zigzag(fineY - beforeY));
    if (felt) numbers.push(Math.round(pressure * PRESSURE));
    [beforeX, beforeY] = [fineX, fineY];
  }
  return [width, flags, points.length, ...numbers].flatMap(packNumber);
}

/**
 * @param {number} number
 * @returns {number[]}
 */
function packNumber(number) {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...packNumber(number >>> 7)];
}

/** @param {number} number */
function zigzag(number) {
  return number < 0 ? -2 * number - 1 : 2 * number;
}

/** @param {number} number */
function unzigzag(number) {
  return number & 1 ? -(number + 1) / 2 : number / 2;
}

/**
 * @param {Uint8Array} bytes
 * @throws {RangeError} where the bytes are not a drawing
 */
function unpack(bytes) {
  let place = 0;

  /** @param {number} max */
  function takeNumber(max) {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      if (place >= bytes.length || shift > 21) throw new RangeError('The drawing ends too early.');
      const byte = bytes[place];
      place += 1;
      number |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (number > max) throw new RangeError('The drawing holds a number that is too large.');
    return number;
  }

  function takeStroke() {
    const width = takeNumber(WIDTH);
    const flags = takeNumber(ERASER | FELT);
    const count = takeNumber(bytes.length);
    if (!width || !count) throw new RangeError('The drawing holds an empty stroke.');
    /** @type {Point[]} */
    const points = [];
    let [x, y] = [0, 0];
    while (points.length < count) {
      x += unzigzag(takeNumber(8 * FINE * WIDTH));
      y += unzigzag(takeNumber(8 * FINE * HEIGHT));
      points.push([x / FINE, y / FINE, flags & FELT ? takeNumber(2 * PRESSURE) / PRESSURE : 1]);
    }
    return { width, eraser: Boolean(flags & ERASER), points };
  }

  if (takeNumber(255) !== VERSION) throw new RangeError('The drawing is from another version of the page.');
  const strokes = [];
  while (place < bytes.length) strokes.push(takeStroke());
  return strokes;
}
