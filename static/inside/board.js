/** Owns a board: a picture of few pixels, enlarged, on which a pixel is chosen by pointer or arrow keys. */

import { make } from './elements.js';
import { paintMap } from './maps.js';

/** @type {Record<string, [down: number, right: number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {string} label what a screen reader calls it
 * @param {(y: number, x: number) => void} choose called with the pixel that a person chose
 */
export function createBoard(label, choose) {
  const canvas = make('canvas', { 'aria-hidden': 'true' });
  const patch = make('span', { class: 'patch', hidden: '' });
  const mark = make('span', { class: 'mark', hidden: '' });
  const root = make(
    'div',
    { class: 'board', role: 'application', tabindex: '0', 'aria-label': label },
    canvas,
    patch,
    mark,
  );
  let chosen = { y: 0, x: 0 };

  /** @param {PointerEvent} event */
  function onPointer(event) {
    if (event.pointerType !== 'mouse' && event.type === 'pointermove' && !event.buttons) return;
    const box = canvas.getBoundingClientRect();
    const x = Math.floor(((event.clientX - box.left) * canvas.width) / box.width);
    const y = Math.floor(((event.clientY - box.top) * canvas.height) / box.height);
    if (x === chosen.x && y === chosen.y && !mark.hidden) return;
    pick(y, x);
  }

  /** @param {number} y @param {number} x */
  function pick(y, x) {
    choose(Math.min(canvas.height - 1, Math.max(0, y)), Math.min(canvas.width - 1, Math.max(0, x)));
  }

  root.addEventListener('pointerdown', onPointer);
  root.addEventListener('pointermove', onPointer);
  root.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pick(chosen.y + arrow[0], chosen.x + arrow[1]);
  });

  return {
    root,
    /** @param {ArrayLike<number>} numbers @param {Parameters<typeof paintMap>[2]} options */
    paint(numbers, options) {
      paintMap(canvas, numbers, options);
      root.style.setProperty('--wide', String(options.wide));
      root.style.setProperty('--high', String(options.high));
    },
    /** Mark the chosen pixel. @param {number} y @param {number} x */
    mark(y, x) {
      chosen = { y, x };
      place(mark, [x, y, 1, 1], canvas);
    },
    /** Light a part; null lights none. @param {Box | null} box */
    light(box) {
      root.toggleAttribute('data-lit', box !== null);
      if (box) place(patch, box, canvas);
      else patch.hidden = true;
    },
    /** @param {string} text what is at the chosen pixel */
    describe(text) {
      root.setAttribute('aria-label', `${label}. ${text}`);
    },
  };
}

/** @param {HTMLElement} element @param {Box} box in pixels @param {HTMLCanvasElement} canvas */
function place(element, [x, y, width, height], canvas) {
  element.hidden = false;
  const shares = {
    left: x / canvas.width,
    top: y / canvas.height,
    width: width / canvas.width,
    height: height / canvas.height,
  };
  for (const [side, share] of Object.entries(shares)) element.style.setProperty(side, `${100 * share}%`);
}
