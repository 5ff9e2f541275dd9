/** Owns the bench: how one number came about. Patch x kernel = products, their sum, and what is made of it. */

import { make, makeButton } from './elements.js';
import { largestOf, paintMap, toBackground, toText } from './maps.js';
import { accountFor, extentOf } from './network.js';
import { format, formatAdded, formatChance, say } from './texts.js';

const MAX_NUMBERS = 25; // of a patch that are written; more are only painted
const SHOWN = 8; // of the maps that go in, the largest parts

/** Make the bench of a layer. */
export function createBench() {
  const formula = make('p', { class: 'formula' });
  const parts = make('div', { class: 'parts', role: 'group', 'aria-label': say('bench.parts') });
  const rest = make('p', { class: 'rest' });
  const shifted = make('p', { class: 'rest', hidden: '' });
  const grids = make('div', { class: 'grids' });
  const root = make('div', { class: 'work' }, formula, shifted, parts, rest);
  /** @type {number | null} the map that goes in and is shown; null: the one that adds most */
  let source = null;
  /** @type {() => void} */
  let again = () => undefined;

  /** @param {Pass} pass @param {number} map @param {number} y @param {number} x */
  function show(pass, map, y, x) {
    again = () => show(pass, map, y, x);
    const account = accountFor(pass, map, y, x);
    if (pass.layer.kernel) showSum(pass, account);
    else showPool(pass, account);
  }

  /** @param {Pass} pass @param {Account} account */
  function showSum({ layer }, account) {
    const sorted = [...account.parts].sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
    const shown = sorted.slice(0, SHOWN);
    const chosen = account.parts.find((part) => part.source === source) ?? shown[0];
    if (!shown.includes(chosen)) shown[shown.length - 1] = chosen;
    const products = account.parts.reduce((sum, part) => sum + part.sum, 0);
    formula.replaceChildren(
      ...term(products, say('bench.products', { count: chosen.patch.length * account.parts.length })),
      ...term(account.bias, say('bench.bias'), true),
      ' = ',
      ...term(account.sum, say('bench.sum')),
      ...ending(layer.activation, account),
    );
    const isAlone = account.parts.length === 1;
    parts.hidden = isAlone;
    const others = account.parts.filter((part) => !shown.includes(part));
    rest.hidden = isAlone || others.length === 0;
    rest.textContent = say('bench.rest', { count: others.length, sum: formatAdded(sumOf(others)) });
    if (!isAlone) showParts(shown, chosen);
    shifted.hidden = !layer.isShifted;
    shifted.textContent = say('bench.shifted', {
      paper: format(layer.offset),
      ink: format(layer.factor + layer.offset),
    });
    showGrids(layer, chosen);
  }

  /** @param {AccountPart[]} shown @param {AccountPart} chosen */
  function showParts(shown, chosen) {
    const largest = largestOf(shown.map(({ sum }) => sum));
    parts.replaceChildren(
      ...shown.map((part) => {
        const pressed = String(part === chosen);
        const isSingle = part.patch.length === 1;
        const name = say(isSingle ? 'bench.feature' : 'bench.map', { place: part.source + 1 });
        const button = makeButton('', () => choose(part.source), { class: 'part', 'aria-pressed': pressed });
        const bar = make('span', { class: 'added', 'aria-hidden': 'true' });
        bar.style.setProperty('--share', String(part.sum / largest));
        bar.dataset.sign = part.sum < 0 ? 'less' : 'more';
        button.append(make('span', {}, name), bar, make('b', {}, formatAdded(part.sum)));
        return button;
      }),
    );
  }

  /** @param {number} place */
  function choose(place) {
    source = place;
    again();
    /** @type {HTMLElement | null} */ (parts.querySelector('[aria-pressed="true"]'))?.focus();
  }

  /** @param {Layer} layer @param {AccountPart} part */
  function showGrids(layer, { patch, weights, products, source: place }) {
    if (!weights) return;
    const wide = layer.size[1];
    const isInk = layer.isFirst;
    const name = say(isInk ? 'bench.ink' : patch.length === 1 ? 'bench.feature' : 'bench.patch', { place: place + 1 });
    grids.replaceChildren(
      grid(name, patch, wide, isInk && !layer.isShifted ? 1 : null),
      make('span', { class: 'sign', 'aria-hidden': 'true' }, '×'),
      grid(say(patch.length === 1 ? 'bench.weight' : 'bench.kernel'), weights, wide),
      make('span', { class: 'sign', 'aria-hidden': 'true' }, '='),
      grid(say('bench.product'), products, wide),
    );
  }

  /** @param {Pass} pass @param {Account} account */
  function showPool({ layer }, account) {
    const [part] = account.parts;
    const count = part.patch.filter((value) => value !== null).length;
    formula.replaceChildren(say(`bench.${layer.kind}`, { count }), ' = ', ...term(account.value, say('bench.value')));
    parts.hidden = true;
    rest.hidden = true;
    grids.replaceChildren(grid(say('bench.pixels'), part.patch, layer.size[1]));
  }

  return {
    root,
    grids,
    show,
    /** Show the map that adds most, of another layer or digit. */
    forget() {
      source = null;
    },
  };
}

/** @param {AccountPart[]} parts */
function sumOf(parts) {
  return parts.reduce((sum, part) => sum + part.sum, 0);
}

/** @param {number} value @param {string} name @param {boolean} [isAdded] */
function term(value, name, isAdded = false) {
  const text = isAdded ? ` ${value < -0.005 ? '−' : '+'} ${format(Math.abs(value))}` : format(value);
  return [make('span', { class: 'term' }, make('b', {}, text), make('small', {}, name))];
}

/** What is made of the sum. @param {string} activation @param {Account} account */
function ending(activation, { value }) {
  if (activation === 'linear') return [];
  const share = activation === 'softmax';
  const text = share ? formatChance(value) : format(value);
  const last = make('span', { class: 'term last' }, make('b', {}, text), make('small', {}, say(`bench.${activation}`)));
  return [' → ', last];
}

/**
 * Make a table of numbers in their colours; without the numbers where they are many.
 * @param {string} caption @param {(number | null)[]} numbers @param {number} wide @param {number | null} [largest]
 */
function grid(caption, numbers, wide, largest = null) {
  const most = largest ?? largestOf(numbers.map((value) => value ?? 0));
  if (numbers.length > MAX_NUMBERS) {
    const canvas = make('canvas', { class: 'many', role: 'img', 'aria-label': caption });
    paintMap(
      canvas,
      numbers.map((value) => value ?? 0),
      { wide, high: numbers.length / wide, largest: most },
    );
    return make('figure', { class: 'grid' }, make('figcaption', {}, caption), canvas);
  }
  const body = make('tbody');
  for (let at = 0; at < numbers.length; at += wide) {
    body.append(make('tr', {}, ...numbers.slice(at, at + wide).map((value) => cell(value, most))));
  }
  return make('table', { class: 'grid' }, make('caption', {}, caption), body);
}

/** @param {number | null} value @param {number} most */
function cell(value, most) {
  if (value === null)
    return make('td', { class: 'outside' }, make('span', { class: 'visually-hidden' }, say('bench.outside')));
  const element = make('td', {}, format(value));
  element.style.setProperty('background', toBackground(value / most));
  element.style.setProperty('color', toText(value / most));
  return element;
}

/**
 * Say in a sentence what a number is.
 * @param {Pass} pass @param {number} map @param {number} y @param {number} x
 */
export function describePixel({ layer, output }, map, y, x) {
  const [, wide, count] = extentOf(layer.shape);
  return say('pixel', { row: y + 1, column: x + 1, value: format(output[(y * wide + x) * count + map]) });
}
