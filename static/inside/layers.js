/** Owns the layers as they are shown: a section for each, with its maps, features or answers, and a bench below. */

import { formatShare } from '../site/texts.js';
import { createBench, describePixel } from './bench.js';
import { createBoard } from './board.js';
import { make, makeButton } from './elements.js';
import { fullOf, paintMap } from './maps.js';
import { extentOf } from './network.js';
import { say } from './texts.js';

const SHOWN = 32; // maps of a layer that are shown at first
const MAX_ROW = 24; // features beside each other, at most
const LARGE = 20; // pixels: maps from this width on are shown larger

/**
 * Make the section of a layer.
 * @param {Network} network
 * @param {number} index of the layer
 * @param {number} place among those shown, from 1
 * @param {(index: number, map: number, y: number, x: number) => void} choose called when a person chooses a number
 */
export function createLayer(network, index, place, choose) {
  const layer = network.layers[index];
  const [high, wide, count] = extentOf(layer.shape);
  const row = rowOf(count);
  const isLast = index === network.layers.length - 1;
  const kind = isLast ? 'answers' : high * wide === 1 ? 'features' : 'maps';
  const heading = make(
    'h3',
    { id: `layer-${place}`, tabindex: '-1' },
    `${place} · ${say(`kind.${isLast ? 'answers' : layer.kind}`)}`,
  );
  if (layer.name) heading.append(' ', make('small', { translate: 'no' }, layer.name));
  const said = make('p', {}, describe(layer, kind));
  const shown = make('div', {
    class: kind,
    role: kind === 'features' ? 'group' : 'toolbar',
    'aria-labelledby': `layer-${place}`,
  });
  const bench = createBench();
  const enlarged = make('div', { class: 'bench', hidden: '' });
  const root = make(
    'section',
    { class: 'layer', 'data-kind': kind, 'aria-labelledby': `layer-${place}` },
    make('header', {}, heading, said),
    shown,
    enlarged,
  );
  root.toggleAttribute('data-wide', wide >= LARGE);
  const title = make('h4');
  const status = make('p', { class: 'pixel', 'aria-live': 'polite' });
  const board = createBoard(say('board', { layer: place }), (y, x) => {
    if (kind === 'features') choose(index, y * row + x, 0, 0);
    else choose(index, chosen?.map ?? 0, y, x);
  });
  /** @type {{map: number, y: number, x: number} | null} */
  let chosen = null;
  /** @type {Pass | null} */
  let pass = null;
  let largest = 1; // from which on a colour is full
  /** @type {{button: HTMLButtonElement, canvas: HTMLCanvasElement}[]} */
  let maps = [];
  /** @type {{button: HTMLButtonElement, bar: HTMLElement, number: HTMLElement}[]} */
  let answers = [];

  shown.addEventListener('keydown', walk);
  if (kind === 'maps') {
    makeMaps(Math.min(count, SHOWN));
    enlarged.append(title, make('div', { class: 'large' }, board.root, status), bench.root, bench.grids);
  } else if (kind === 'features') {
    shown.append(board.root, status);
    enlarged.append(title, bench.root, bench.grids);
  } else {
    answers = network.classes.map(makeAnswer);
    enlarged.append(title, bench.root, bench.grids);
    leaveOneStop();
  }

  /** Let Tab stop once at the layer; arrow keys go from map to map. */
  function leaveOneStop(stop = shown.querySelector('button')) {
    for (const button of shown.querySelectorAll('button')) button.tabIndex = button === stop ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  function walk(event) {
    const buttons = [...shown.querySelectorAll('button')];
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: buttons.length - 1,
    };
    const button = at < 0 ? undefined : buttons[to[/** @type {keyof typeof to} */ (event.key)]];
    if (!button) return;
    event.preventDefault();
    leaveOneStop(button);
    button.focus();
  }

  /** @param {number} many */
  function makeMaps(many) {
    maps = Array.from({ length: many }, (_, map) => {
      const canvas = make('canvas', { 'aria-hidden': 'true' });
      const name = say('map', { place: map + 1, count });
      const button = makeButton('', () => toggle(map), {
        class: 'map',
        'aria-pressed': 'false',
        'aria-label': name,
        title: name,
      });
      button.append(canvas);
      return { button, canvas };
    });
    shown.replaceChildren(...maps.map(({ button }) => button));
    if (many < count) {
      const more = makeButton(say('more', { count }), () => {
        makeMaps(count);
        paint();
        leaveOneStop(maps[many].button);
        maps[many].button.focus();
      });
      shown.append(more);
    }
    leaveOneStop();
  }

  /** @param {string} name @param {number} map */
  function makeAnswer(name, map) {
    const button = makeButton('', () => choose(index, map, 0, 0), { class: 'one', 'aria-pressed': 'false' });
    const bar = make('span', { class: 'bar', 'aria-hidden': 'true' });
    const number = make('span', { class: 'number' });
    button.append(make('span', { class: 'label' }, name), bar, number);
    shown.append(button);
    return { button, bar, number };
  }

  /** @param {number} map */
  function toggle(map) {
    if (chosen?.map === map) close();
    else if (pass) choose(index, map, ...strongest(pass, map));
  }

  function close() {
    chosen = null;
    enlarged.hidden = true;
    for (const { button } of [...maps, ...answers]) button.setAttribute('aria-pressed', 'false');
    board.light(null);
    bench.forget();
  }

  function paint() {
    if (!pass) return;
    largest = fullOf(pass.output);
    for (const [map, { canvas }] of maps.entries()) {
      paintMap(canvas, pass.output, { wide, high, largest, offset: map, step: count });
    }
    if (kind === 'features') board.paint(pass.output, { wide: row, high: count / row, largest });
    const { output } = pass;
    const best = output.indexOf(Math.max(...(isLast ? output : [])));
    for (const [place, { button, bar, number }] of answers.entries()) {
      bar.style.setProperty('--share', String(output[place]));
      number.textContent = output[place] < 0.0005 ? '' : formatShare(output[place]);
      button.toggleAttribute('data-best', place === best);
    }
    paintBench();
  }

  function paintBench() {
    enlarged.hidden = !chosen || !pass;
    if (!chosen || !pass) return;
    const { map, y, x } = chosen;
    for (const [place, { button }] of [...maps, ...answers].entries())
      button.setAttribute('aria-pressed', String(place === map));
    if (kind === 'maps') {
      title.textContent = say('map', { place: map + 1, count });
      board.paint(pass.output, { wide, high, largest, offset: map, step: count });
      board.mark(y, x);
    } else if (kind === 'features') {
      title.textContent = say('feature', { place: map + 1, count });
      board.mark(Math.floor(map / row), map % row);
    } else {
      title.textContent = say('answer', { digit: network.classes[map] });
    }
    status.textContent = kind === 'features' ? title.textContent : describePixel(pass, map, y, x);
    board.describe(status.textContent ?? '');
    bench.show(pass, map, y, x);
  }

  return {
    root,
    heading,
    kind,
    index,
    close,
    /** @param {Pass} newest */
    update(newest) {
      pass = newest;
      paint();
    },
    /** @param {number} map @param {number} y @param {number} x */
    open(map, y, x) {
      if (map >= maps.length && kind === 'maps') {
        makeMaps(count);
        paint();
      }
      if (chosen?.map !== map) bench.forget();
      chosen = { map: Math.min(map, count - 1), y, x };
      paintBench();
    },
  };
}

/** Say how many features stand beside each other, so that all rows are full. @param {number} count */
function rowOf(count) {
  let row = Math.min(MAX_ROW, count);
  while (count % row) row -= 1;
  return row;
}

/** @param {Layer} layer @param {string} kind */
function describe(layer, kind) {
  const [high, wide, count] = extentOf(layer.shape);
  const [down, right] = layer.size;
  const values = { count, high, wide, down, right, features: count, from: extentOf(layer.from)[2] };
  const what = say(`shape.${kind}`, values);
  if (kind === 'answers') return what;
  const isWhole = layer.kind === 'dense' || high * wide === 1;
  return `${what} ${say(`how.${isWhole && layer.kernel ? 'dense' : layer.kind}`, values)}`;
}

/**
 * Return where a map is strongest.
 * @param {Pass} pass @param {number} map
 * @returns {[y: number, x: number]}
 */
export function strongest({ layer, output }, map) {
  const [high, wide, count] = extentOf(layer.shape);
  let best = 0;
  for (let place = 1; place < high * wide; place += 1) {
    if (Math.abs(output[place * count + map]) > Math.abs(output[best * count + map])) best = place;
  }
  return [Math.floor(best / wide), best % wide];
}
