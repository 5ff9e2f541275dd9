/** Owns what is read without each stroke of a drawing: one request for all of them. */

import { contextOf, HEIGHT, hasInk, paintStrokes, renderCanvas, WIDTH } from '../drawing/ink.js';
import { handToRead } from '../reading/hand.js';
import { ask } from '../reading/server.js';

const MAX_STROKES = 12; // that are asked about
const MARGIN = 4 / 28; // of the picture, around the drawing, as around a framed digit
const GHOST = 0.12; // how dark a stroke is that was taken away

/** @typedef {{place: number, rest: Stroke[], read: FoundDigit}} Without a drawing without its stroke at that place */

/**
 * Read a drawing without each of its strokes. One stroke alone, or very many, are not taken apart.
 * @param {Stroke[]} strokes @param {string} model @param {AbortSignal} signal
 * @returns {Promise<Without[]>}
 */
export async function readWithoutStrokes(strokes, model, signal) {
  const places = strokes.flatMap(({ eraser }, place) => (eraser ? [] : [place]));
  if (places.length < 2 || places.length > MAX_STROKES) return [];
  const left = places
    .map((place) => ({ place, rest: strokes.filter((_, other) => other !== place) }))
    .filter(({ rest }) => hasInk(rest));
  if (!left.length) return [];
  const images = left.map(({ rest }) => renderCanvas(rest, WIDTH).toDataURL('image/png'));
  const body = new Blob([JSON.stringify({ images })], { type: 'application/json' });
  /** @type {{predictions: (FoundDigit | Failure)[]}} */
  const { predictions } = await ask('POST', '/predict', { model, hand: handToRead() }, body, signal);
  return left.flatMap((one, at) => {
    const read = predictions[at];
    return 'digit' in read ? [{ ...one, read }] : [];
  });
}

/**
 * Paint a drawing as large as fits, one of its strokes all but gone.
 * @param {HTMLCanvasElement} canvas @param {Stroke[]} strokes @param {number} place of the stroke
 */
export function paintStrokesWithout(canvas, strokes, place) {
  const context = contextOf(canvas);
  const [left, top, right, bottom] = boundsOf(strokes);
  const scale = (canvas.width * (1 - 2 * MARGIN)) / Math.max(right - left, bottom - top, 1);
  const { color } = getComputedStyle(canvas);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(
    scale,
    0,
    0,
    scale,
    canvas.width / 2 - ((left + right) / 2) * scale,
    canvas.height / 2 - ((top + bottom) / 2) * scale,
  );
  context.strokeStyle = color;
  context.fillStyle = color;
  paintStrokes(
    context,
    strokes.filter((_, other) => other !== place),
  );
  context.globalAlpha = GHOST;
  paintStrokes(context, [strokes[place]]);
  context.globalAlpha = 1;
  context.globalCompositeOperation = 'source-over';
}

/** @param {Stroke[]} strokes */
function boundsOf(strokes) {
  let [left, top, right, bottom] = [WIDTH, HEIGHT, 0, 0];
  for (const { width, eraser, points } of strokes) {
    if (eraser) continue;
    for (const [x, y] of points) {
      [left, right] = [Math.min(left, x - width / 2), Math.max(right, x + width / 2)];
      [top, bottom] = [Math.min(top, y - width / 2), Math.max(bottom, y + width / 2)];
    }
  }
  return [left, top, right, bottom];
}
