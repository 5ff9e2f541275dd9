/** Owns how strokes become ink: the same code draws the canvas, the picture that is sent, and thumbnails. */

import { canEncode, encodeGrey } from './png.js';

export const WIDTH = 400; // units of a drawing, whatever the size of the canvas on the screen
export const HEIGHT = 300;

/**
 * Draw a stroke from one of its points on, so that a growing stroke is not drawn twice.
 * @param {CanvasRenderingContext2D} context scaled to units of a drawing
 * @param {Stroke} stroke
 * @param {number} [from] the index of the first point that is new
 */
export function paintStroke(context, { width, eraser, points }, from = 0) {
  context.globalCompositeOperation = eraser ? 'destination-out' : 'source-over';
  context.lineCap = 'round';
  context.lineJoin = 'round';
  if (from === 0) paintDot(context, points[0], width);
  for (let index = Math.max(1, from); index < points.length; index += 1) {
    const start = index === 1 ? points[0] : middle(points[index - 2], points[index - 1]);
    const end = middle(points[index - 1], points[index]);
    context.lineWidth = width * points[index - 1][2];
    context.beginPath();
    context.moveTo(start[0], start[1]);
    context.quadraticCurveTo(points[index - 1][0], points[index - 1][1], end[0], end[1]);
    context.stroke();
  }
}

/**
 * Draw the last half segment of a finished stroke; while it grows, the next point decides it.
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 */
export function paintEnd(context, { width, eraser, points }) {
  if (points.length < 2) return;
  const [before, last] = points.slice(-2);
  const start = middle(before, last);
  context.globalCompositeOperation = eraser ? 'destination-out' : 'source-over';
  context.lineWidth = width * last[2];
  context.beginPath();
  context.moveTo(start[0], start[1]);
  context.lineTo(last[0], last[1]);
  context.stroke();
}

/**
 * Return whether strokes leave any ink, or all of it was erased.
 * @param {Stroke[]} strokes
 */
export function hasInk(strokes) {
  if (!strokes.some(({ eraser }) => eraser)) return strokes.length > 0;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [WIDTH / 2, HEIGHT / 2];
  const context = contextOf(canvas);
  context.scale(0.5, 0.5);
  paintStrokes(context, strokes);
  return context.getImageData(0, 0, canvas.width, canvas.height).data.some((value, index) => index % 4 === 3 && value);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke[]} strokes
 */
export function paintStrokes(context, strokes) {
  for (const stroke of strokes) {
    if (stroke.points.length > 1 && stroke.points.every(([, , pressure]) => pressure === stroke.points[0][2])) {
      paintWhole(context, stroke);
    } else {
      paintStroke(context, stroke);
      paintEnd(context, stroke);
    }
  }
}

/**
 * Draw a stroke of one width as one path: the edges of pieces that overlap would show as notches.
 * @param {CanvasRenderingContext2D} context
 * @param {Stroke} stroke
 */
function paintWhole(context, { width, eraser, points }) {
  context.globalCompositeOperation = eraser ? 'destination-out' : 'source-over';
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.lineWidth = width * points[0][2];
  context.beginPath();
  context.moveTo(points[0][0], points[0][1]);
  for (let index = 1; index < points.length; index += 1) {
    const end = middle(points[index - 1], points[index]);
    context.quadraticCurveTo(points[index - 1][0], points[index - 1][1], end[0], end[1]);
  }
  const [x, y] = points[points.length - 1];
  context.lineTo(x, y);
  context.stroke();
}

/**
 * Make the PNG of a drawing that is sent to the server: dark ink on white paper.
 * @param {Stroke[]} strokes
 * @param {number} [side] pixels, the width of the picture
 */
export function renderPicture(strokes, side = WIDTH) {
  const canvas = renderCanvas(strokes, side);
  return canEncode ? encodeGrey(contextOf(canvas).getImageData(0, 0, canvas.width, canvas.height)) : toPng(canvas);
}

/**
 * @param {Stroke[]} strokes
 * @param {number} side pixels, the width of the canvas
 */
export function renderCanvas(strokes, side) {
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = Math.round((side * HEIGHT) / WIDTH);
  const context = contextOf(canvas);
  context.scale(side / WIDTH, side / WIDTH);
  context.strokeStyle = '#000';
  context.fillStyle = '#000';
  paintStrokes(context, strokes);
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#fff';
  context.fillRect(0, 0, WIDTH, HEIGHT);
  return canvas;
}

/**
 * Paint on white paper of so many pixels.
 * @param {number} width
 * @param {number} height
 * @param {(context: CanvasRenderingContext2D) => void} paint
 */
export function paintOnPaper(width, height, paint) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = contextOf(canvas);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  paint(context);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
export function contextOf(canvas) {
  const context = canvas.getContext('2d');
  if (!context) throw new TypeError('This browser cannot draw on a canvas.');
  return context;
}

/** @param {HTMLCanvasElement} canvas */
export function toPng(canvas) {
  return toBlob(canvas, 'image/png');
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} type
 * @param {number} [quality] 0 to 1, of a JPEG
 * @returns {Promise<Blob>}
 */
export function toBlob(canvas, type, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The canvas is empty.'))), type, quality);
  });
}

/** @param {CanvasRenderingContext2D} context @param {Point} point @param {number} width */
function paintDot(context, [x, y, pressure], width) {
  context.beginPath();
  context.arc(x, y, (width * pressure) / 2, 0, 2 * Math.PI);
  context.fill();
}

/** @param {Point} one @param {Point} other */
function middle([x, y], [otherX, otherY]) {
  return [(x + otherX) / 2, (y + otherY) / 2];
}
