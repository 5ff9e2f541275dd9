/**
 * Owns a network on this side: its layers as the server sends them, and what each of them makes of a digit.
 *
 *     /models/NAME/layers -> layers with weights; digit (784 numbers, 0 paper to 1 ink) -> steps: what goes in and out
 *
 * Numbers of maps are in the order row, column, map; those of a kernel in the order output, row, column, map.
 */

import { Problem } from '../reading/server.js';

export const SIDE = 28; // pixels
const LEVELS = 255; // steps between the least and the most of what goes into a layer with weights of eight bits

/**
 * Load a network.
 * @param {string} model
 * @returns {Promise<Network>}
 */
export async function loadNetwork(model) {
  const response = await fetch(`/models/${encodeURIComponent(model)}/layers`, { headers: { Accept: '*/*' } });
  if (!response.ok) throw new Problem((await response.json()).error, 'layers');
  return parseNetwork(await response.arrayBuffer());
}

/**
 * @param {ArrayBuffer} body as app/models/layers.py writes it
 * @returns {Network}
 */
export function parseNetwork(body) {
  const length = new DataView(body).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(body, 4, length)));
  /** @param {PackedArray} [packed] */
  const unpack = (packed) => (packed ? toNumbers(body, 4 + length + packed.at, packed) : null);
  let shape = [SIDE, SIDE, 1];
  const first = head.layers.findIndex((/** @type {any} */ { kind }) => kind !== 'scale');
  const layers = head.layers.map((/** @type {any} */ layer, /** @type {number} */ index) => {
    const kernel = unpack(layer.kernel);
    const scales = unpack(layer.scales);
    const from = shape;
    shape = layer.shape;
    if (kernel && scales) rescale(kernel, scales);
    return {
      ...layer,
      from,
      size: layer.kernel ? windowOf(layer, from) : (layer.size ?? [from[0], from[1]]),
      strides: layer.strides ?? [1, 1],
      padding: layer.padding ?? 'valid',
      kernel,
      bias: unpack(layer.bias),
      isRounded: scales !== null,
      isFirst: index === first,
      isShifted: index === first && first > 0,
      factor: layer.factor ?? head.layers[0].factor ?? 1,
      offset: layer.offset ?? head.layers[0].offset ?? 0,
    };
  });
  return { model: head.model, classes: head.classes, layers };
}

/** A layer that is connected to everything has a kernel as large as what goes in. @param {any} layer @param {number[]} from */
function windowOf(layer, from) {
  return layer.kind === 'conv' ? layer.kernel.shape.slice(1, 3) : from.length === 3 ? from.slice(0, 2) : [1, 1];
}

/** @param {ArrayBuffer} body @param {number} at @param {PackedArray} packed */
function toNumbers(body, at, { type, shape }) {
  const count = shape.reduce((product, size) => product * size, 1);
  if (type === 'float32') return new Float32Array(body.slice(at, at + 4 * count));
  if (type === 'int8') return Float32Array.from(new Int8Array(body, at, count));
  return Float32Array.from(new Uint16Array(body.slice(at, at + 2 * count)), fromHalf);
}

/** Turn the 16 bits of a number in half precision into the number. @param {number} bits */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** @param {Float32Array} kernel @param {Float32Array} scales */
function rescale(kernel, scales) {
  const each = kernel.length / scales.length;
  for (let index = 0; index < kernel.length; index += 1) kernel[index] *= scales[Math.floor(index / each)];
}

/**
 * Let a digit go through the network.
 * @param {Network} network
 * @param {Float32Array} digit 784 numbers, 0 paper to 1 ink
 * @returns {Pass[]} one for each layer
 */
export function runNetwork(network, digit) {
  let input = digit;
  return network.layers.map((layer) => {
    const taken = layer.isRounded ? round(input) : input;
    const sums = COMPUTE[layer.kind](layer, taken);
    const output = activate(layer.activation, sums);
    input = output;
    return { layer, input: taken, sums, output };
  });
}

/**
 * Round as the server does before a layer whose weights have eight bits: 256 levels between the least and the most.
 * @param {Float32Array} numbers
 */
function round(numbers) {
  let low = 0;
  let high = 0;
  for (const number of numbers) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  const step = Math.fround((high - low) / LEVELS) || 1;
  const zero = Math.min(127, Math.max(-128, Math.round(-128 - low / step)));
  return numbers.map((number) => (Math.min(127, Math.max(-128, Math.round(number / step) + zero)) - zero) * step);
}

/** @type {Record<string, (layer: Layer, input: Float32Array) => Float32Array>} */
const COMPUTE = {
  scale: ({ factor, offset }, input) => input.map((number) => number * factor + offset),
  conv: convolve,
  dense: convolve,
  max: (layer, input) => pool(layer, input, true),
  average: (layer, input) => pool(layer, input, false),
  mean: (layer, input) => pool(layer, input, false),
};

/** How many numbers an answer has down, across and in maps; a list of numbers is one pixel of so many maps. @param {number[]} shape */
export function extentOf(shape) {
  return shape.length === 3 ? shape : [1, 1, shape[0]];
}

/** How many pixels of paper are added above and to the left. @param {Layer} layer @returns {[number, number]} */
export function paddingOf({ padding, size, strides, from, shape }) {
  if (padding !== 'same') return [0, 0];
  const [high, wide] = extentOf(shape);
  const [fromHigh, fromWide] = extentOf(from);
  return [
    Math.floor(Math.max((high - 1) * strides[0] + size[0] - fromHigh, 0) / 2),
    Math.floor(Math.max((wide - 1) * strides[1] + size[1] - fromWide, 0) / 2),
  ];
}

/** @param {Layer} layer @param {Float32Array} input */
function convolve(layer, input) {
  const { kernel, bias, size, strides, from, shape } = layer;
  if (!kernel || !bias) throw new TypeError('This layer has no kernel.');
  const [high, wide, count] = extentOf(shape);
  const [fromHigh, fromWide, fromCount] =
    layer.kind === 'dense' && from.length === 1 ? [1, 1, from[0]] : extentOf(from);
  const [top, left] = paddingOf(layer);
  const length = size[0] * size[1] * fromCount;
  const patch = new Float32Array(length);
  const sums = new Float32Array(high * wide * count);
  const row = size[1] * fromCount;
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      patch.fill(0);
      const fromX = x * strides[1] - left;
      const begin = Math.max(0, fromX);
      const end = Math.min(fromWide, fromX + size[1]);
      for (let down = 0; down < size[0]; down += 1) {
        const fromY = y * strides[0] - top + down;
        if (fromY < 0 || fromY >= fromHigh || end <= begin) continue;
        const start = (fromY * fromWide + begin) * fromCount;
        patch.set(input.subarray(start, start + (end - begin) * fromCount), down * row + (begin - fromX) * fromCount);
      }
      multiply(patch, kernel, bias, sums, (y * wide + x) * count, count);
    }
  }
  return sums;
}

/**
 * Multiply a patch with every kernel; four at once, since each number of the patch is then read once for four.
 * @param {Float32Array} patch @param {Float32Array} kernel @param {Float32Array} bias
 * @param {Float32Array} sums @param {number} at where the first sum goes @param {number} count
 */
function multiply(patch, kernel, bias, sums, at, count) {
  const { length } = patch;
  let place = 0;
  for (; place + 3 < count; place += 4) {
    let [one, two, three, four] = [bias[place], bias[place + 1], bias[place + 2], bias[place + 3]];
    const first = place * length;
    for (let index = 0; index < length; index += 1) {
      const value = patch[index];
      const from = first + index;
      one += value * kernel[from];
      two += value * kernel[from + length];
      three += value * kernel[from + 2 * length];
      four += value * kernel[from + 3 * length];
    }
    sums[at + place] = one;
    sums[at + place + 1] = two;
    sums[at + place + 2] = three;
    sums[at + place + 3] = four;
  }
  for (; place < count; place += 1) {
    let sum = bias[place];
    for (let index = 0; index < length; index += 1) sum += patch[index] * kernel[place * length + index];
    sums[at + place] = sum;
  }
}

/** @param {Layer} layer @param {Float32Array} input @param {boolean} isMax */
function pool(layer, input, isMax) {
  const [high, wide, count] = extentOf(layer.shape);
  const answers = new Float32Array(high * wide * count);
  for (let y = 0; y < high; y += 1) {
    for (let x = 0; x < wide; x += 1) {
      const places = placesUnder(layer, y, x).filter((place) => place >= 0);
      for (let map = 0; map < count; map += 1) {
        let found = isMax ? Number.NEGATIVE_INFINITY : 0;
        for (const place of places) {
          const value = input[place * count + map];
          found = isMax ? Math.max(found, value) : found + value;
        }
        answers[(y * wide + x) * count + map] = isMax ? found : found / places.length;
      }
    }
  }
  return answers;
}

/**
 * List the pixels that a pixel is made of, row by row; -1 for those outside of the map.
 * @param {Layer} layer @param {number} y @param {number} x
 */
export function placesUnder(layer, y, x) {
  const { size, strides, from } = layer;
  const [fromHigh, fromWide] = extentOf(from);
  const [top, left] = paddingOf(layer);
  /** @type {number[]} */
  const places = [];
  for (let down = 0; down < size[0]; down += 1) {
    for (let right = 0; right < size[1]; right += 1) {
      const fromY = y * strides[0] - top + down;
      const fromX = x * strides[1] - left + right;
      const isInside = fromY >= 0 && fromY < fromHigh && fromX >= 0 && fromX < fromWide;
      places.push(isInside ? fromY * fromWide + fromX : -1);
    }
  }
  return places;
}

/** @param {string} activation @param {Float32Array} sums */
function activate(activation, sums) {
  if (activation === 'relu') return sums.map((sum) => Math.max(0, sum));
  if (activation === 'relu6') return sums.map((sum) => Math.min(6, Math.max(0, sum)));
  if (activation === 'tanh') return sums.map(Math.tanh);
  if (activation === 'sigmoid') return sums.map((sum) => 1 / (1 + Math.exp(-sum)));
  if (activation !== 'softmax') return sums;
  const most = sums.reduce((one, other) => Math.max(one, other));
  const powers = sums.map((sum) => Math.exp(sum - most));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/**
 * Say how a number of a layer with a kernel came about: for each map that goes in, patch, kernel and sum of products.
 * @param {Pass} pass @param {number} map @param {number} y @param {number} x
 * @returns {Account}
 */
export function accountFor({ layer, input, sums, output }, map, y, x) {
  const places = placesUnder(layer, y, x);
  const [, wide, count] = extentOf(layer.shape);
  const [, , fromCount] = extentOf(layer.from);
  const at = (y * wide + x) * count + map;
  const { kernel, bias } = layer;
  const parts = Array.from({ length: fromCount }, (_, source) => {
    const patch = places.map((place) => (place < 0 ? null : input[place * fromCount + source]));
    const weights = kernel
      ? places.map((_place, index) => kernel[(map * places.length + index) * fromCount + source])
      : null;
    const products = patch.map((value, index) => (value ?? 0) * (weights?.[index] ?? 1));
    return { source, patch, weights, products, sum: products.reduce((sum, product) => sum + product, 0) };
  });
  return {
    parts: kernel ? parts : [parts[map]],
    bias: bias?.[map] ?? 0,
    sum: sums[at],
    value: output[at],
  };
}

/**
 * Return the part of the digit that a pixel of a layer depends on.
 * @param {Layer[]} layers from the first to the one with the pixel
 * @param {number} y @param {number} x
 * @returns {Box} cut to the digit
 */
export function patchOfInk(layers, y, x) {
  let [top, bottom, left, right] = [y, y, x, x];
  for (const layer of [...layers].reverse()) {
    if (layer.kind === 'scale') continue;
    const [above, before] = paddingOf(layer);
    top = top * layer.strides[0] - above;
    bottom = bottom * layer.strides[0] - above + layer.size[0] - 1;
    left = left * layer.strides[1] - before;
    right = right * layer.strides[1] - before + layer.size[1] - 1;
  }
  const [fromX, fromY] = [Math.max(0, left), Math.max(0, top)];
  return [fromX, fromY, Math.min(SIDE - 1, right) - fromX + 1, Math.min(SIDE - 1, bottom) - fromY + 1];
}
