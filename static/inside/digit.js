/** Owns the digit as the network gets it: 28 by 28 pixels, one of them chosen, and the numbers around it. */

import { createBoard } from './board.js';
import { make } from './elements.js';
import { toBackground, toText } from './maps.js';
import { SIDE } from './network.js';
import { format, say } from './texts.js';

const HIGH = 7; // rows of numbers that are written
const WIDE = [5, 13]; // columns, at least and at most: as many as there is room for
const ROOM = 44; // pixels of a column

/** Make the digit and the section that shows it in numbers. */
export function createDigit() {
  const status = make('p', { class: 'pixel', 'aria-live': 'polite' });
  const board = createBoard(say('digit.label'), choose);
  const caption = make('figcaption', {}, say('digit.caption'));
  const figure = make('figure', { class: 'digit' }, board.root, caption);
  const heading = make('h3', { id: 'layer-0', tabindex: '-1' }, say('digit.heading'));
  const numbers = make('div', { class: 'numbers' });
  const root = make(
    'section',
    { class: 'layer', 'data-kind': 'digit', 'aria-labelledby': 'layer-0' },
    make('header', {}, heading, make('p', {}, say('digit.meaning'))),
    make('div', { class: 'large' }, numbers, status),
  );
  const chosen = { y: 9, x: 14 };
  /** @type {Float32Array} */
  let digit = new Float32Array(SIDE * SIDE);

  /** @param {number} y @param {number} x */
  function choose(y, x) {
    Object.assign(chosen, { y, x });
    showNumbers();
    board.light(null);
    board.mark(y, x);
  }

  function showNumbers() {
    const { y, x } = chosen;
    const text = say('digit.pixel', { row: y + 1, column: x + 1, value: format(digit[y * SIDE + x]) });
    status.textContent = text;
    board.describe(text);
    const fitting = 2 * Math.ceil(root.clientWidth / ROOM / 2) - 3; // odd, so that one is in the middle
    const columns = Math.min(WIDE[1], Math.max(WIDE[0], fitting));
    const [top, left] = [firstOf(y, HIGH), firstOf(x, columns)];
    const rows = Array.from({ length: HIGH }, (_, down) =>
      make('tr', {}, ...Array.from({ length: columns }, (_cell, right) => cell(top + down, left + right))),
    );
    numbers.replaceChildren(
      make('table', { class: 'grid' }, make('caption', {}, say('digit.numbers')), make('tbody', {}, ...rows)),
    );
  }

  /** @param {number} y @param {number} x */
  function cell(y, x) {
    const value = digit[y * SIDE + x];
    const element = make('td', y === chosen.y && x === chosen.x ? { class: 'here' } : {}, format(value));
    element.style.setProperty('background', toBackground(value));
    element.style.setProperty('color', toText(value));
    return element;
  }

  /** Find the darkest pixel that is nearest to the middle. */
  function darkest() {
    let best = 0;
    const middle = (SIDE - 1) / 2;
    const worth = (/** @type {number} */ at) =>
      digit[at] - 0.01 * Math.hypot(Math.floor(at / SIDE) - middle, (at % SIDE) - middle);
    for (let at = 1; at < digit.length; at += 1) if (worth(at) > worth(best)) best = at;
    return { y: Math.floor(best / SIDE), x: best % SIDE };
  }

  function paint() {
    board.paint(digit, { wide: SIDE, high: SIDE, largest: 1, kind: 'ink' });
    showNumbers();
  }

  return {
    figure,
    root,
    heading,
    paint,
    /** @param {Float32Array} newest */
    update(newest) {
      const wasEmpty = !digit.some((value) => value > 0);
      digit = newest;
      if (wasEmpty) Object.assign(chosen, darkest());
      paint();
    },
    /** @param {Box | null} box the patch of ink that a pixel deeper inside is made of */
    light(box) {
      board.light(box);
    },
    /** Choose the darkest pixel and say what it is. */
    chooseDarkest() {
      const { y, x } = darkest();
      choose(y, x);
      return { row: y + 1, column: x + 1, value: format(digit[y * SIDE + x]) };
    },
  };
}

/** Return where so many numbers begin, so that one of them is in their middle. @param {number} at @param {number} count */
function firstOf(at, count) {
  return Math.min(SIDE - count, Math.max(0, at - (count - 1) / 2));
}
