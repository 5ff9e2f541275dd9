/** Owns how numbers become colours: blue above nothing, orange below, paper for nothing; in either theme. */

import { contextOf } from '../drawing/ink.js';

// Luminance at which black and white have the same contrast. Source: WCAG 2.2, "contrast ratio"
const EVEN = 0.179;
const FULL = 0.99; // of the numbers are paler than the fullest colour

/** @typedef {[red: number, green: number, blue: number]} Colour */

/** @type {{paper: Colour, more: Colour, less: Colour, ink: Colour} | null} */
let colours = null;
document.addEventListener('theme', () => {
  colours = null;
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  colours = null;
});

/** Take the colours of the theme, by painting them: a canvas knows every way to write a colour. */
function takeColours() {
  const root = document.querySelector('#inside') ?? document.body;
  const context = contextOf(document.createElement('canvas'));
  /** @param {string} name @returns {Colour} */
  const take = (name) => {
    const probe = document.createElement('i');
    probe.style.color = `var(${name})`;
    root.append(probe);
    context.fillStyle = getComputedStyle(probe).color;
    probe.remove();
    context.fillRect(0, 0, 1, 1);
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
    return [red, green, blue];
  };
  return { paper: take('--map-paper'), more: take('--map-more'), less: take('--map-less'), ink: take('--ink') };
}

/** Return the largest of numbers, whatever its sign. @param {Float32Array | number[]} numbers */
export function largestOf(numbers) {
  let largest = 0;
  for (const number of numbers) largest = Math.max(largest, Math.abs(number));
  return largest || 1;
}

/**
 * Return the number from which on a colour is full, whatever the sign: one in a hundred that are not 0 lies above it, so
 * that a single bright pixel does not make all others pale.
 * @param {Float32Array} numbers
 */
export function fullOf(numbers) {
  const sizes = numbers.map(Math.abs).filter((size) => size > 0);
  return sizes.sort()[Math.floor(FULL * sizes.length)] || 1;
}

/** @param {number} share -1 to 1 @param {'signed' | 'ink'} kind @returns {Colour} */
function colourOf(share, kind) {
  colours ??= takeColours();
  const { paper, more, less, ink } = colours;
  const target = kind === 'ink' ? ink : share < 0 ? less : more;
  const amount = Math.min(1, Math.abs(share));
  return /** @type {Colour} */ (paper.map((part, index) => Math.round(part + (target[index] - part) * amount)));
}

/** @param {number} share -1 to 1 */
export function toBackground(share) {
  return `rgb(${colourOf(share, 'signed').join(' ')})`;
}

/** Return black or white, whichever is easier to read on the colour of a share. @param {number} share -1 to 1 */
export function toText(share) {
  const [red, green, blue] = colourOf(share, 'signed').map((part) => (part / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > EVEN ? '#000' : '#fff';
}

/**
 * Paint numbers as pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} numbers
 * @param {{wide: number, high: number, largest: number, offset?: number, step?: number, kind?: 'signed' | 'ink'}} options
 *     offset and step: of the first number, and from one to the next
 */
export function paintMap(canvas, numbers, { wide, high, largest, offset = 0, step = 1, kind = 'signed' }) {
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = contextOf(canvas);
  const picture = context.createImageData(wide, high);
  for (let place = 0; place < wide * high; place += 1) {
    const [red, green, blue] = colourOf((numbers[offset + place * step] ?? 0) / largest, kind);
    picture.data.set([red, green, blue, 255], 4 * place);
  }
  context.putImageData(picture, 0, 0);
}
