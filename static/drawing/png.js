/**
 * Owns how a drawing becomes a PNG of one channel: a canvas's own has four, of which the server needs one.
 * Source: PNG, third edition, sections 5.2 to 5.5, 9.2 and 11.2.
 */

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const GREY = [8, 0, 0, 0, 0]; // bits a pixel, colour type, compression, filters, no interlace
const NO_FILTER = 0;

/** Whether this browser can compress; older ones have a canvas's own PNG. */
export const canEncode = 'CompressionStream' in globalThis;

/**
 * Make the PNG of a drawing without colours: of each pixel its red is kept.
 * @param {ImageData} pixels opaque
 */
export async function encodeGrey({ data, width, height }) {
  const rows = new Uint8Array((1 + width) * height);
  for (let row = 0, place = 0, pixel = 0; row < height; row += 1) {
    rows[place++] = NO_FILTER;
    for (let column = 0; column < width; column += 1, pixel += 4) rows[place++] = data[pixel];
  }
  const header = [...toBytes(width), ...toBytes(height), ...GREY];
  const chunks = [
    chunk('IHDR', Uint8Array.from(header)),
    chunk('IDAT', await compress(rows)),
    chunk('IEND', new Uint8Array()),
  ];
  return new Blob([SIGNATURE, ...chunks.flat()], { type: 'image/png' });
}

/** @param {string} name @param {Uint8Array<ArrayBuffer>} content */
function chunk(name, content) {
  const named = new Uint8Array(4 + content.length);
  named.set(new TextEncoder().encode(name));
  named.set(content, 4);
  return [toBytes(content.length), named, toBytes(crc32(named))];
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function compress(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {number} number of 32 bits, the highest byte first */
function toBytes(number) {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

/** @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
