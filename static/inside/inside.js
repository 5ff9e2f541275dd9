/**
 * Owns "see inside": the drawing, the digit and every layer of a network, computed here while somebody writes. It is
 * loaded when it is opened.
 */

import { contextOf } from '../drawing/ink.js';
import { explainPicture, nameDigit, Problem } from '../reading/server.js';
import { find, loadStyle } from '../site/elements.js';
import { formatShare } from '../site/texts.js';
import { createDigit } from './digit.js';
import { make, makeButton } from './elements.js';
import { createLayer, strongest } from './layers.js';
import { createLesson } from './lesson.js';
import { extentOf, loadNetwork, patchOfInk, runNetwork, SIDE } from './network.js';
import { createPad } from './pad.js';
import { formatChance, loadTexts, say } from './texts.js';

const FIRST = 'lenet5'; // the network that is shown at first, where it is served: the easiest to see through
const SLIDE = 40; // milliseconds from one pixel to the next, where a kernel slides over the drawing
const STRIDE = 2; // pixels that it slides at once

/**
 * @param {HTMLDetailsElement} panel
 * @param {InsideHooks} page
 */
export async function createInside(panel, page) {
  await Promise.all([loadTexts(), loadStyle('/static/inside/inside.css')]);
  const select = find(panel, 'select');
  const note = find(panel, '[data-part="note"]');
  const body = find(panel, '.inside');
  const shownDigit = createDigit();
  const answer = make('p', { class: 'reads' });
  const pad = createPad(page.drawing, page.sheet, page.takeStrokes, page.clear);
  const stack = make('div', { class: 'stack' });
  const place = make('p', { 'aria-live': 'polite' });
  const steps = make(
    'div',
    { class: 'steps-between', role: 'group', 'aria-label': say('layers') },
    makeButton('‹', () => goTo(current - 1), { 'aria-label': say('layers.back'), class: 'icon' }),
    place,
    makeButton('›', () => goTo(current + 1), { 'aria-label': say('layers.next'), class: 'icon' }),
  );
  const lesson = createLesson(showStep, endLesson);
  const begin = makeButton(say('lesson.begin'), startLesson, { id: 'lesson-begin', class: 'primary' });
  const aside = make('div', { class: 'beside' }, pad.root, shownDigit.figure, answer);

  /** @type {Network | null} */
  let network = null;
  /** @type {Pass[]} */
  let passes = [];
  /** @type {ReturnType<typeof createLayer>[]} */
  let layers = [];
  /** @type {{index: number, map: number, y: number, x: number} | null} */
  let chosen = null;
  let current = 0; // among the sections of the stack: what a small screen shows
  let newest = 0; // counts what is to be shown, so that nothing late is
  let slide = 0; // the timer of a kernel that slides

  find(panel, '.controls').append(begin);
  body.replaceChildren(aside, make('div', { class: 'flow' }, lesson.root, steps, makeLegend(), stack));
  select.value = [...select.options].some(({ value }) => value === FIRST) ? FIRST : page.chooseModel() || select.value;
  select.addEventListener('change', changeNetwork);
  document.addEventListener('theme', () => requestAnimationFrame(repaint));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => requestAnimationFrame(repaint));

  async function changeNetwork() {
    const mine = select.value;
    try {
      const loaded = await loadNetwork(mine);
      if (mine !== select.value) return;
      network = loaded;
    } catch (error) {
      if (!(error instanceof Problem) && !(error instanceof TypeError)) throw error;
      if (mine !== select.value) return;
      network = null;
      showNote(error instanceof Problem ? error.message : say('away'));
      stack.replaceChildren();
      return;
    }
    build(network);
    await show();
  }

  /** @param {Network} loaded */
  function build(loaded) {
    stopSliding();
    chosen = null;
    current = Math.min(current, 1);
    const shown = loaded.layers.flatMap((layer, index) => (layer.kind === 'scale' ? [] : [index]));
    layers = shown.map((index, at) => createLayer(loaded, index, at + 1, (...number) => choose(...number)));
    stack.replaceChildren(shownDigit.root, ...layers.map(({ root }) => root));
    showCurrent();
  }

  async function show() {
    newest += 1;
    const mine = newest;
    if (!panel.open || !network) return;
    const digit = page.takeDigit();
    if (!digit?.picture) {
      passes = [];
      showNote(say('empty'));
      body.toggleAttribute('data-blank', true);
      shownDigit.update(new Float32Array(SIDE * SIDE));
      answer.textContent = '';
      for (const layer of layers) layer.close();
      chosen = null;
      shownDigit.light(null);
      lesson.refresh();
      return;
    }
    const picture = isFramedAlike() ? digit.picture : await frameAnew();
    if (mine !== newest || !picture) return;
    const pixels = await takePixels(picture);
    if (mine !== newest || !network) return;
    note.hidden = true;
    body.toggleAttribute('data-blank', false);
    passes = runNetwork(network, pixels);
    shownDigit.update(pixels);
    for (const layer of layers) layer.update(passes[layer.index]);
    showAnswer(digit);
    body.dataset.model = network.model;
    body.dataset.probabilities = passes[passes.length - 1].output.join(' ');
    if (lesson.isOn) lesson.refresh();
  }

  /** Say whether the network above was trained on pictures of the same kind, which are framed alike. */
  function isFramedAlike() {
    const options = [...select.options];
    const above =
      options.find(({ value }) => value === page.chooseModel()) ?? options.find((one) => one.defaultSelected);
    return select.selectedOptions[0]?.dataset.classes === above?.dataset.classes;
  }

  /** Ask what this network would see of the whole picture. */
  async function frameAnew() {
    const subject = page.takeSubject();
    if (!subject) return null;
    try {
      return (await explainPicture(await subject(), { model: select.value })).steps.at(-1)?.picture ?? null;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      showNote(error.message);
      return null;
    }
  }

  /** @param {string} sentence */
  function showNote(sentence) {
    note.textContent = sentence;
    note.hidden = false;
  }

  /** Say what this network reads, and what the one above reads where it is another. @param {FoundDigit} digit */
  function showAnswer(digit) {
    if (!network) return;
    const { output } = passes[passes.length - 1];
    const best = output.indexOf(Math.max(...output));
    const name = network.classes[best];
    const above = nameDigit(digit);
    answer.replaceChildren(
      make('b', {}, name),
      say(name !== above ? 'reads.other' : digit.certain ? 'reads' : 'reads.doubted', {
        share: formatShare(output[best]),
        above,
      }),
    );
  }

  function repaint() {
    shownDigit.paint();
    for (const layer of layers) if (passes.length) layer.update(passes[layer.index]);
  }

  /** @param {number} index @param {number} map @param {number} y @param {number} x */
  function choose(index, map, y, x) {
    stopSliding();
    open(index, map, y, x);
  }

  /** @param {number} index of the layer @param {number} map @param {number} y @param {number} x */
  function open(index, map, y, x) {
    if (!network || !passes.length) return;
    for (const layer of layers) if (layer.index !== index) layer.close();
    chosen = { index, map, y, x };
    const at = layers.findIndex((layer) => layer.index === index);
    layers[at].open(map, y, x);
    shownDigit.light(patchOfInk(network.layers.slice(0, index + 1), y, x));
    current = at + 1;
    showCurrent();
  }

  /** @param {number} to */
  function goTo(to) {
    current = Math.min(layers.length, Math.max(0, to));
    showCurrent();
  }

  function showCurrent() {
    for (const [at, section] of [...stack.children].entries()) section.toggleAttribute('data-current', at === current);
    place.textContent = current ? say('layers.place', { place: current, count: layers.length }) : say('digit.heading');
    const [back, next] = steps.querySelectorAll('button');
    back.setAttribute('aria-disabled', String(current === 0));
    next.setAttribute('aria-disabled', String(current === layers.length));
  }

  async function startLesson() {
    if (select.value !== FIRST && [...select.options].some(({ value }) => value === FIRST)) {
      select.value = FIRST;
      await changeNetwork();
    }
    panel.toggleAttribute('data-lesson', true);
    begin.hidden = true;
    lesson.start();
  }

  function endLesson() {
    stopSliding();
    panel.toggleAttribute('data-lesson', false);
    begin.hidden = false;
    begin.focus();
    shown = '';
  }

  let shown = ''; // the step of the lesson that is shown

  /**
   * Show a step of the lesson.
   * @param {string} step
   * @returns {Record<string, string | number> | null}
   */
  function showStep(step) {
    const isNew = step !== shown;
    shown = step;
    if (isNew) stopSliding();
    if (!network || !passes.length) return null;
    return STEPS[step](isNew);
  }

  /** @type {Record<string, (isNew: boolean) => Record<string, string | number>>} */
  const STEPS = {
    pixel() {
      goTo(0);
      return shownDigit.chooseDarkest();
    },
    kernel: () => openStrongest('conv'),
    map(isNew) {
      const values = isNew ? openStrongest('conv') : {};
      if (isNew && !matchMedia('(prefers-reduced-motion: reduce)').matches) startSliding();
      return { ...values, count: layers[0] ? extentOf(passes[layers[0].index].layer.shape)[2] : 0 };
    },
    pooling(isNew) {
      const layer = layers.find(({ index }) => ['average', 'max'].includes(passes[index].layer.kind)) ?? layers[1];
      const { kind, size } = passes[layer.index].layer;
      if (isNew) open(layer.index, chosen?.map ?? 0, ...strongest(passes[layer.index], chosen?.map ?? 0));
      return { how: say(`pooling.${kind}`), down: size[0], right: size[1] };
    },
    answer() {
      const [best] = ranked();
      open(passes.length - 1, best.place, 0, 0);
      return { digit: best.name, share: best.share };
    },
    wrong() {
      const [best, second] = ranked();
      open(passes.length - 1, second.place, 0, 0);
      return { digit: best.name, other: second.name, share: second.share };
    },
  };

  /** Open the map of the first such layer that answers most. @param {string} kind */
  function openStrongest(kind) {
    const layer = layers.find(({ index }) => passes[index].layer.kind === kind) ?? layers[0];
    const pass = passes[layer.index];
    const [, wide, count] = extentOf(pass.layer.shape);
    const isKept = chosen?.index === layer.index;
    let best = 0;
    for (let at = 1; at < pass.output.length; at += 1) if (pass.sums[at] > pass.sums[best]) best = at;
    const map = isKept && chosen ? chosen.map : best % count;
    const [y, x] = isKept ? strongest(pass, map) : [Math.floor(best / count / wide), Math.floor(best / count) % wide];
    open(layer.index, map, y, x);
    return { down: pass.layer.size[0], right: pass.layer.size[1], map: map + 1 };
  }

  function ranked() {
    const { output } = passes[passes.length - 1];
    return Array.from(output, (share, at) => ({
      place: at,
      chance: share,
      share: formatChance(share),
      name: network?.classes[at] ?? '',
    })).sort((one, other) => other.chance - one.chance);
  }

  /** Let the kernel slide over the drawing, once. */
  function startSliding() {
    if (!chosen) return;
    const { index, map } = chosen;
    const [high, wide] = extentOf(passes[index].layer.shape);
    let at = 0;
    slide = window.setInterval(() => {
      const across = Math.ceil(wide / STRIDE);
      const y = Math.floor(at / across) * STRIDE;
      if (y >= high) stopSliding();
      else open(index, map, y, (at % across) * STRIDE);
      at += 1;
    }, SLIDE);
  }

  function stopSliding() {
    clearInterval(slide);
  }

  await changeNetwork();
  return { show };
}

/** Say what the colours mean. */
function makeLegend() {
  const scale = make('span', { class: 'scale', 'aria-hidden': 'true' });
  return make(
    'p',
    { class: 'legend' },
    make('span', {}, say('legend.less')),
    scale,
    make('span', {}, say('legend.more')),
  );
}

/**
 * Take the pixels of the digit that was read.
 * @param {string} address a data URL
 */
async function takePixels(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = make('canvas', { width: String(SIDE), height: String(SIDE) });
  const context = contextOf(canvas);
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return Float32Array.from({ length: SIDE * SIDE }, (_, place) => data[4 * place] / 255);
}
