/** Owns the sample digits, drawn for this project: each a few strokes, in units of a drawing. */

import { renderCanvas } from './ink.js';

const PEN = 18; // units
const THUMBNAIL = 112; // pixels, the width of a thumbnail on screens with two pixels to one

/** For each digit its strokes, each as x, y, x, y, ... */
// biome-ignore format: a table
const STROKES = [
  [[206, 58, 176, 66, 152, 104, 146, 156, 158, 208, 190, 238, 224, 226, 246, 186, 248, 134, 236, 88, 214, 62, 198, 60]],
  [[168, 96, 188, 82, 206, 60, 206, 110, 204, 170, 203, 240]],
  [[150, 108, 158, 76, 190, 58, 226, 66, 240, 98, 228, 136, 196, 178, 164, 214, 144, 238, 190, 234, 222, 236, 254, 238]],
  [[152, 82, 182, 60, 220, 66, 234, 96, 216, 128, 184, 142, 222, 148, 244, 180, 236, 218, 200, 240, 168, 236, 144, 216]],
  [[196, 58, 178, 104, 156, 160, 198, 162, 256, 160], [226, 108, 224, 170, 220, 244]],
  [[240, 62, 206, 63, 170, 62, 166, 100, 162, 136, 196, 124, 232, 136, 248, 174, 236, 216, 202, 240, 168, 234, 146, 212]],
  [[226, 58, 192, 82, 166, 128, 156, 178, 166, 220, 198, 240, 230, 226, 242, 192, 226, 160, 194, 154, 166, 176]],
  [[148, 66, 190, 65, 250, 64, 226, 112, 204, 166, 188, 244]],
  [[230, 78, 200, 58, 170, 74, 172, 108, 200, 138, 234, 170, 238, 212, 206, 242, 170, 226, 164, 188, 194, 146, 226, 112, 234, 82]],
  [[238, 92, 214, 62, 180, 66, 160, 100, 172, 138, 206, 144, 234, 116, 240, 84, 238, 140, 232, 196, 222, 244]],
];

/** @param {number} digit */
export function drawSample(digit) {
  return STROKES[digit].map((numbers) => ({ width: PEN, eraser: false, points: pairUp(numbers) }));
}

/**
 * Put a thumbnail on each button of the row, and hand over its strokes when it is pressed.
 * @param {HTMLElement} row
 * @param {(strokes: Stroke[]) => void} choose
 */
export function createSamples(row, choose) {
  row.querySelectorAll('button').forEach((button, digit) => {
    const thumbnail = renderCanvas(drawSample(digit), THUMBNAIL);
    thumbnail.setAttribute('aria-hidden', 'true');
    button.append(thumbnail);
    button.addEventListener('click', () => choose(drawSample(digit)));
  });
}

/**
 * @param {number[]} numbers
 * @returns {Point[]}
 */
function pairUp(numbers) {
  return Array.from({ length: numbers.length / 2 }, (_, index) => [numbers[2 * index], numbers[2 * index + 1], 1]);
}
