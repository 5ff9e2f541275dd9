/**
 * Owns how a file becomes the picture that is sent: what the server cannot read but the browser can is drawn anew, and what is
 * larger than the server uses is made smaller, so that a photo is read over a slow line, too. Loaded with the first file.
 */

import { contextOf, toBlob } from '../drawing/ink.js';
import { t } from '../site/texts.js';
import { Problem } from './server.js';

const MAX_SIDE = 2000; // pixels, the longer side: the server reads pictures at half of that
const SLOW_SIDE = 1000; // pixels, on a slow line
const SMALL_FILE = 1_000_000; // bytes: sent as it is
const SIZELESS = 1000; // pixels: the side of an SVG that has none
const QUALITY = 0.92; // of a JPEG
const SLOW_QUALITY = 0.8; // on a slow line
const READ_BY_SERVER = new Set(['png', 'jpeg', 'webp', 'gif', 'bmp', 'tiff'].map((format) => `image/${format}`));

/**
 * @param {File} file
 * @param {number} maxBytes that the server reads
 * @returns {Promise<{sent: Blob, pixels: [width: number, height: number] | null}>} pixels where it was drawn anew
 * @throws {Problem} where it is empty, too large or no picture
 */
export async function preparePicture(file, maxBytes) {
  if (!file.size) throw new Problem(t('problem.file_empty'), 'bad_request');
  if (!(await canBeRead(file))) throw new Problem(t('problem.unreadable'), 'unreadable');
  const readByServer = READ_BY_SERVER.has(file.type) || file.type === '';
  if (readByServer && file.size <= Math.min(SMALL_FILE, maxBytes)) return { sent: file, pixels: null };
  const image = await loadImage(file);
  if (image) return redraw(image, file.type, MAX_SIDE, QUALITY);
  if (!readByServer && !/^image\/|pdf$/.test(file.type))
    throw new Problem(t('problem.unsupported_format'), 'unsupported_format');
  if (file.size > maxBytes) {
    throw new Problem(t('problem.file_too_large', { max: Math.floor(maxBytes / 2 ** 20) }), 'too_large');
  }
  return { sent: file, pixels: null };
}

/**
 * Say whether the browser can read a file: not a folder, nor one that was moved since it was chosen.
 * @param {File} file
 */
async function canBeRead(file) {
  try {
    return (await file.slice(0, 1).arrayBuffer()).byteLength > 0;
  } catch {
    return false;
  }
}

/**
 * Make a picture small enough for a slow line.
 * @param {File} file
 * @returns {Promise<{sent: Blob, pixels: [width: number, height: number]} | null>} null where the browser cannot show it
 */
export async function shrinkForSlowLine(file) {
  const image = await loadImage(file);
  return image && redraw(image, 'image/jpeg', SLOW_SIDE, SLOW_QUALITY);
}

/**
 * Load a picture, turned upright; null where the browser cannot show it.
 * @param {Blob} file
 * @returns {Promise<HTMLImageElement | null>}
 */
export async function loadImage(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/**
 * @param {HTMLImageElement} image
 * @param {string} type of the file
 * @param {number} maxSide pixels
 * @param {number} quality of a JPEG
 * @returns {Promise<{sent: Blob, pixels: [width: number, height: number]}>}
 */
async function redraw(image, type, maxSide, quality) {
  const [width, height] = [image.naturalWidth || SIZELESS, image.naturalHeight || SIZELESS];
  const scale = Math.min(1, maxSide / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const kind = /png|svg|gif|webp/.test(type) ? 'image/png' : 'image/jpeg'; // what may be transparent stays so
  const context = contextOf(canvas);
  context.fillStyle = kind === 'image/jpeg' ? '#fff' : 'transparent';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { sent: await toBlob(canvas, kind, quality), pixels: [canvas.width, canvas.height] };
}
