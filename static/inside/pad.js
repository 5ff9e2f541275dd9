/** Owns the small sheet beside the layers: the drawing of the page, to be seen and written on there, too. */

import { createDrawing } from '../drawing/drawing.js';
import { make, makeButton } from './elements.js';
import { say } from './texts.js';

/**
 * @param {Drawing} drawing of the page
 * @param {HTMLCanvasElement} sheet the canvas of the page
 * @param {() => Stroke[]} takeStrokes what is written on the page; nothing where a picture lies on it
 * @param {() => void} clear
 */
export function createPad(drawing, sheet, takeStrokes, clear) {
  const canvas = make('canvas', { tabindex: '0', role: 'application', 'aria-label': say('pad.label') });
  const mark = make('span', { class: 'pen-mark', 'aria-hidden': 'true' });
  const hint = make('p', { class: 'hint', 'aria-hidden': 'true' }, say('pad.hint'));
  const paper = make('div', { class: 'pad' }, hint, canvas, mark);
  const root = make('div', { class: 'writing' }, paper, makeButton(say('pad.clear'), clear));
  const pad = createDrawing(canvas, mark);
  let isMine = false; // whether the drawing changes because of a stroke here

  canvas.addEventListener('begin', () => {
    pad.strokes.replace(takeStrokes());
    pad.tool.width = drawing.tool.width;
    pad.tool.eraser = drawing.tool.eraser;
  });
  canvas.addEventListener('ink', ({ detail }) => {
    isMine = true;
    hint.hidden = true;
    if (detail.settled) {
      drawing.replace(pad.strokes.all);
    } else {
      drawing.show(pad.visible);
      sheet.dispatchEvent(new CustomEvent('ink', { detail }));
    }
    isMine = false;
  });
  for (const change of ['ink', 'show']) {
    sheet.addEventListener(change, () => {
      if (!isMine) showDrawing();
    });
  }

  function showDrawing() {
    const strokes = drawing.visible;
    hint.hidden = strokes.length > 0;
    pad.show(strokes);
  }

  document.addEventListener('theme', pad.repaint);
  showDrawing();
  return { root };
}
