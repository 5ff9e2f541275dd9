/** Owns how evidence looks: ink hatched where it speaks for the digit, dotted where against it, dashed where it is gone. */

import { contextOf } from '../drawing/ink.js';

export const SIDE = 28; // pixels of a digit
const CELL = 24; // pixels of the canvas for each of the digit
const WEAK = 0.5; // the strongest evidence is shown against this, where there is less: noise is not shown as evidence
const PALE = 0.28; // how dark ink is that says little
const TINT = 0.3; // how dark a colour is between its lines or dots
const DOTS = [
  [6, 6],
  [18, 18],
]; // of a cell
const GHOST = 0.1; // how dark ink is that was taken away

/** @typedef {Float32Array} Ink 28 by 28, row by row, 0 paper to 1 ink */

/**
 * Read the ink of a picture of 28 by 28 pixels, light on dark.
 * @param {string} url
 * @returns {Promise<Ink>}
 */
export async function readInk(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [SIDE, SIDE];
  const context = contextOf(canvas);
  context.drawImage(image, 0, 0, SIDE, SIDE);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Float32Array.from({ length: SIDE * SIDE }, (_, place) => data[4 * place] / 255);
}

/**
 * Paint the ink, and what each pixel of it says.
 * @param {HTMLCanvasElement} canvas
 * @param {Ink} ink
 * @param {number[]} gains row by row
 */
export function paintEvidence(canvas, ink, gains) {
  const context = prepare(canvas);
  const strongest = Math.max(WEAK, ...gains.map(Math.abs));
  const colours = coloursOf(canvas);
  const patterns = { for: patternOf(canvas, 'for'), against: patternOf(canvas, 'against') };
  ink.forEach((value, place) => {
    if (!value) return;
    const gain = gains[place] / strongest;
    const kind = gain < 0 ? 'against' : 'for';
    fill(context, place, colours.ink, value * PALE * (1 - Math.abs(gain) / 2));
    fill(context, place, colours[kind], value * Math.abs(gain) * TINT);
    fill(context, place, patterns[kind], Math.sqrt(value * Math.abs(gain)));
  });
}

/**
 * Paint the ink without some of it.
 * @param {HTMLCanvasElement} canvas
 * @param {Ink} ink
 * @param {Ink} gone
 */
export function paintWithout(canvas, ink, gone) {
  const context = prepare(canvas);
  const colours = coloursOf(canvas);
  ink.forEach((value, place) => {
    if (value) fill(context, place, colours.ink, gone[place] ? value * GHOST : value);
  });
  const scale = canvas.width / (SIDE * CELL);
  context.strokeStyle = colours.against;
  context.lineWidth = 5 / Math.sqrt(scale);
  context.setLineDash([CELL / 2, CELL / 3]);
  context.beginPath();
  gone.forEach((value, place) => {
    if (value) outline(context, gone, place);
  });
  context.stroke();
  context.setLineDash([]);
}

/**
 * Paint a square of a legend.
 * @param {HTMLCanvasElement} canvas
 * @param {'for' | 'against' | 'quiet'} kind
 */
export function paintSwatch(canvas, kind) {
  const context = prepare(canvas);
  const colours = coloursOf(canvas);
  context.setTransform(canvas.width / (2 * CELL), 0, 0, canvas.height / (2 * CELL), 0, 0);
  for (const place of [0, 1, SIDE, SIDE + 1]) {
    if (kind === 'quiet') fill(context, place, colours.ink, PALE);
    else {
      fill(context, place, colours[kind], TINT);
      fill(context, place, patternOf(canvas, kind), 1);
    }
  }
}

/** @param {HTMLCanvasElement} canvas */
function prepare(canvas) {
  const context = contextOf(canvas);
  const scale = canvas.width / (SIDE * CELL);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, SIDE * CELL, SIDE * CELL);
  return context;
}

/** @param {CanvasRenderingContext2D} context @param {number} place @param {string | CanvasPattern} style @param {number} alpha */
function fill(context, place, style, alpha) {
  context.globalAlpha = alpha;
  context.fillStyle = style;
  context.fillRect((place % SIDE) * CELL, Math.floor(place / SIDE) * CELL, CELL, CELL);
  context.globalAlpha = 1;
}

/** Add those edges of a pixel beyond which nothing is gone. @param {CanvasRenderingContext2D} context @param {Ink} gone @param {number} place */
function outline(context, gone, place) {
  const [column, row] = [place % SIDE, Math.floor(place / SIDE)];
  const [left, top] = [column * CELL, row * CELL];
  const [right, bottom] = [left + CELL, top + CELL];
  /** @type {[beside: number, inside: boolean, from: [number, number], to: [number, number]][]} */
  const edges = [
    [place - 1, column > 0, [left, top], [left, bottom]],
    [place + 1, column < SIDE - 1, [right, top], [right, bottom]],
    [place - SIDE, row > 0, [left, top], [right, top]],
    [place + SIDE, row < SIDE - 1, [left, bottom], [right, bottom]],
  ];
  for (const [beside, inside, from, to] of edges) {
    if (inside && gone[beside]) continue;
    context.moveTo(...from);
    context.lineTo(...to);
  }
}

/**
 * Return the colours of the theme: why.css declares them as colours, so that they come resolved.
 * @param {HTMLCanvasElement} canvas
 */
function coloursOf(canvas) {
  const styles = getComputedStyle(canvas);
  return {
    ink: styles.color,
    for: styles.getPropertyValue('--why-for'),
    against: styles.getPropertyValue('--why-against'),
  };
}

/** @param {HTMLCanvasElement} canvas @param {'for' | 'against'} kind */
function patternOf(canvas, kind) {
  const tile = document.createElement('canvas');
  [tile.width, tile.height] = [CELL, CELL];
  const context = contextOf(tile);
  context.strokeStyle = coloursOf(canvas)[kind];
  context.fillStyle = context.strokeStyle;
  if (kind === 'for') {
    context.lineWidth = 6;
    for (const start of [-CELL, 0, CELL]) {
      context.beginPath();
      context.moveTo(start - 4, CELL + 4);
      context.lineTo(start + CELL + 4, -4);
      context.stroke();
    }
  } else {
    for (const [x, y] of DOTS) {
      context.beginPath();
      context.arc(x, y, 4.5, 0, 2 * Math.PI);
      context.fill();
    }
  }
  return /** @type {CanvasPattern} */ (contextOf(canvas).createPattern(tile, 'repeat'));
}
