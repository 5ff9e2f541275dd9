/**
 * Owns the canvas: pointers and arrow keys in, strokes out. Fires on the canvas:
 * "begin" before the drawing changes; "ink" when it looks different; "show" when other strokes are shown instead of it, or it
 * again; "pen" when a key put the pen down or lifted it.
 */

import { contextOf, HEIGHT, paintStroke, paintStrokes, WIDTH } from './ink.js';
import { createStrokes } from './strokes.js';

const NEAR = 0.75; // units; a point nearer to the last one is left out
const PEN_STEP = 8; // units per arrow key; with Shift a quarter
const ERASER_WIDTH = 2.2; // times the pen's width
const ERASER_BUTTON = 32; // bit of PointerEvent.buttons: the other end of a pen

/** @type {Record<string, [right: number, down: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} mark where the pen of the arrow keys is
 */
export function createDrawing(canvas, mark) {
  const context = contextOf(canvas);
  const strokes = createStrokes();
  const tool = { width: 18, eraser: false };
  const pen = { x: WIDTH / 2, y: HEIGHT / 4, down: false };
  /** @type {Stroke | null} */
  let stroke = null;
  /** @type {number | null} */
  let pointer = null;
  /** @type {Stroke[] | null} during a replay */
  let shown = null;

  /** @param {boolean} settled */
  function fire(settled) {
    const points = stroke?.points.length ?? 0;
    canvas.dispatchEvent(new CustomEvent('ink', { detail: { settled, points } }));
  }

  /** @returns {Stroke[]} */
  function visible() {
    return shown ?? (stroke ? [...strokes.all, stroke] : strokes.all);
  }

  function repaint() {
    const scale = canvas.width / WIDTH;
    const colour = getComputedStyle(canvas).color;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    paintStrokes(context, visible());
  }

  function fit() {
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (width === 0) return;
    canvas.width = width;
    canvas.height = Math.round((width * HEIGHT) / WIDTH);
    repaint();
  }

  /** @param {Point} point */
  function begin(point, eraser = tool.eraser) {
    canvas.dispatchEvent(new CustomEvent('begin'));
    if (shown) show(null);
    stroke = { width: Math.round(tool.width * (eraser ? ERASER_WIDTH : 1)), eraser, points: [point] };
    paintStroke(context, stroke);
    fire(false);
  }

  /** @param {Point[]} more */
  function extend(more) {
    if (!stroke) return;
    const { points } = stroke;
    const from = points.length;
    for (const point of more) {
      const last = points[points.length - 1];
      if (Math.hypot(point[0] - last[0], point[1] - last[1]) >= NEAR) points.push(point);
    }
    if (points.length === from) return;
    paintStroke(context, stroke, from);
    fire(false);
  }

  function end() {
    if (!stroke) return;
    strokes.add(stroke);
    stroke = null;
    pointer = null;
    repaint();
    fire(true);
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  function toPoint(event) {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * WIDTH) / box.width;
    const y = ((event.clientY - box.top) * HEIGHT) / box.height;
    return [round(x), round(y), pressureOf(event)];
  }

  /** @param {PointerEvent} event */
  function onPointerEnd(event) {
    if (event.pointerId === pointer) end();
  }

  function placePen() {
    mark.style.setProperty('left', `${(100 * pen.x) / WIDTH}%`);
    mark.style.setProperty('top', `${(100 * pen.y) / HEIGHT}%`);
    mark.dataset.down = String(pen.down);
  }

  function lift() {
    if (!pen.down) return;
    pen.down = false;
    end();
    announcePen();
  }

  function announcePen() {
    placePen();
    canvas.dispatchEvent(new CustomEvent('pen', { detail: { down: pen.down } }));
  }

  /** @param {[right: number, down: number]} arrow @param {number} step */
  function movePen([right, down], step) {
    pen.x = Math.min(WIDTH, Math.max(0, pen.x + right * step));
    pen.y = Math.min(HEIGHT, Math.max(0, pen.y + down * step));
    placePen();
    if (pen.down) extend([[pen.x, pen.y, 1]]);
  }

  function togglePen() {
    if (pen.down) {
      lift();
      return;
    }
    end();
    pen.down = true;
    begin([pen.x, pen.y, 1]);
    announcePen();
  }

  /** @param {Stroke[] | null} list */
  function show(list) {
    shown = list;
    repaint();
    canvas.dispatchEvent(new CustomEvent('show'));
  }

  /** @param {() => void} action */
  function change(action) {
    lift();
    end();
    canvas.dispatchEvent(new CustomEvent('begin'));
    shown = null;
    action();
    repaint();
    fire(true);
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (pointer !== null || (event.pointerType === 'mouse' && event.button !== 0)) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true, focusVisible: false });
    end();
    lift();
    pointer = event.pointerId;
    try {
      canvas.setPointerCapture(pointer);
    } catch {
      // A pointer made by a script cannot be captured; its events arrive all the same.
    }
    begin(toPoint(event), tool.eraser || Boolean(event.buttons & ERASER_BUTTON));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    extend((events.length ? events : [event]).map(toPoint));
  });
  canvas.addEventListener('pointerup', onPointerEnd);
  canvas.addEventListener('pointercancel', onPointerEnd);
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) movePen(arrow, event.shiftKey ? PEN_STEP / 4 : PEN_STEP);
    else if (event.key === ' ' && !event.repeat) togglePen();
    else if (event.key === 'Escape') lift();
    else return;
    event.preventDefault();
  });
  canvas.addEventListener('blur', lift);
  new ResizeObserver(fit).observe(canvas); // calls at once, too
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
  placePen();

  return {
    tool,
    strokes,
    /** The strokes on the canvas, with the one under way. */
    get visible() {
      return visible();
    },
    /** Whether a stroke is under way. */
    get busy() {
      return stroke !== null;
    },
    repaint,
    /** Show these strokes instead of the drawing; null shows the drawing again. */
    show,
    undo: () => change(strokes.undo),
    redo: () => change(strokes.redo),
    clear: () => change(strokes.clear),
    /** @param {Stroke[]} list */
    replace: (list) => change(() => strokes.replace(list)),
  };
}

/** @param {PointerEvent} event */
function pressureOf(event) {
  if (event.pointerType !== 'pen' || !event.pressure) return 1;
  return round(0.4 + 1.2 * event.pressure); // a pen that cannot feel pressure reports 0.5: the pen's own width
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
