/**
 * Owns how files become a zip, stored as they are: PNGs do not get smaller.
 * Source: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
 */

import { crc32 } from './png.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20; // 2.0
const UTF8 = 0x0800; // flag: names are UTF-8
const FIRST_DATE = 0x21; // 1980-01-01, the first that a zip can say

/** @param {{name: string, bytes: Uint8Array}[]} files */
export function zip(files) {
  /** @type {Uint8Array[]} */
  const parts = [];
  /** @type {Uint8Array[]} */
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const path = new TextEncoder().encode(name);
    const size = [4, crc32(bytes), 4, bytes.length, 4, bytes.length, 2, path.length, 2, 0];
    const head = pack(4, LOCAL, 2, VERSION, 2, UTF8, 2, 0, 2, 0, 2, FIRST_DATE, ...size);
    directory.push(
      pack(
        4,
        CENTRAL,
        2,
        VERSION,
        2,
        VERSION,
        2,
        UTF8,
        2,
        0,
        2,
        0,
        2,
        FIRST_DATE,
        ...size,
        2,
        0,
        2,
        0,
        2,
        0,
        4,
        0,
        4,
        offset,
      ),
      path,
    );
    parts.push(head, path, bytes);
    offset += head.length + path.length + bytes.length;
  }
  const length = directory.reduce((sum, part) => sum + part.length, 0);
  const end = pack(4, END, 2, 0, 2, 0, 2, files.length, 2, files.length, 4, length, 4, offset, 2, 0);
  return join([...parts, ...directory, end]);
}

/**
 * Write numbers, the lowest byte first; each is preceded by how many bytes it takes.
 * @param {number[]} numbers
 */
function pack(...numbers) {
  /** @type {number[]} */
  const bytes = [];
  for (let place = 0; place < numbers.length; place += 2) {
    for (let byte = 0; byte < numbers[place]; byte += 1) bytes.push((numbers[place + 1] >>> (8 * byte)) & 0xff);
  }
  return Uint8Array.from(bytes);
}

/** @param {Uint8Array[]} parts */
function join(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
