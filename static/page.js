/** Wires the drawing page: the only module that knows all the others. */

import { createDrawing } from './drawing/drawing.js';
import { HEIGHT, renderCanvas, renderPicture, WIDTH } from './drawing/ink.js';
import { carryDrawing, fromFragment, toFragment } from './drawing/link.js';
import { createSamples } from './drawing/samples.js';
import { classesOf, createAnswer } from './reading/answer.js';
import { createCode } from './reading/code.js';
import { createCompare } from './reading/compare.js';
import { createPictures, listenForFiles, shrinkPicture } from './reading/pictures.js';
import { createReader } from './reading/reader.js';
import { createReplay } from './reading/replay.js';
import { createSight, cutDigit } from './reading/sight.js';
import { find } from './site/elements.js';
import { t } from './site/texts.js';
import { createThemeSwitch } from './site/theme.js';

const CODE_WIDTH = 120; // pixels of the drawing inside a command
const MIN_POINTS = 4; // a stroke with fewer has only begun

const canvas = find(document, '#drawing');
const paper = find(document, '#paper');
const staged = find(document, '#staged');
const found = find(document, '#found');
const penWidth = find(document, '#width');
/** @type {HTMLSelectElement | null} only there where several models are served */
const model = document.querySelector('#model');

const drawing = createDrawing(canvas, find(document, '#pen-mark'));
const answer = createAnswer(find(document, '#answer'), () => classesOf(model));
const chooseModel = () => model?.value ?? '';

/** @type {Picture | null} the picture on the stage; null while the drawing is there */
let picture = null;

const reader = createReader(
  {
    reading: answer.showReading,
    answered(reading, last) {
      const settled = last && !drawing.busy;
      answer.showAnswer(reading, settled);
      showBoxes();
      if (settled) refreshPanels();
    },
    failed(problem) {
      if (drawing.busy && !problem.temporary) return;
      answer.showProblem(problem);
      showBoxes();
      refreshPanels();
    },
  },
  chooseModel,
);

const replay = createReplay(drawing, readShown, { button: find(document, '#replay'), story: find(document, '#story') });
const sight = createSight(find(document, '#sight'), takeDigit);
const compare = createCompare(find(document, '#compare'), takeSubject);
const code = createCode(
  find(document, '#code'),
  takeDataUrl,
  () => (picture ? '' : toFragment(drawing.strokes.all)),
  chooseModel,
);
const pictures = createPictures({
  list: find(document, '#pictures'),
  rows: find(document, '#rows'),
  template: find(document, '#row'),
  maxBytes: Number(find(document, '#bring').dataset.maxBytes),
  chooseModel,
  stage: stagePicture,
  changed: showPicture,
});

function readDrawing() {
  paper.toggleAttribute('data-empty', drawing.visible.length === 0);
  if (drawing.visible.length) {
    reader.request(takeDrawing);
    return;
  }
  reader.cancel();
  answer.showEmpty();
  showBoxes();
  refreshPanels();
}

async function readShown() {
  readDrawing();
  await reader.idle();
  return answer.reading;
}

function takeDrawing() {
  return renderPicture(drawing.visible);
}

/**
 * What is on the stage, as a function that takes its picture; null where there is nothing.
 * @returns {TakePicture | null}
 */
function takeSubject() {
  if (picture) {
    const { file } = picture;
    return async () => file;
  }
  return drawing.visible.length ? takeDrawing : null;
}

/** The digit with its bars shown, alone in its picture. */
async function takeDigit() {
  const subject = takeSubject();
  const digit = answer.chosen;
  if (!subject) return null;
  const whole = await subject();
  const box = answer.reading && answer.reading.digits.length > 1 ? digit?.box : undefined;
  return { picture: box ? await cutDigit(whole, box) : whole, model: chooseModel() };
}

async function takeDataUrl() {
  if (picture) return shrinkPicture(picture.file);
  return drawing.strokes.all.length ? renderCanvas(drawing.strokes.all, CODE_WIDTH).toDataURL('image/png') : null;
}

function refreshPanels() {
  sight.show();
  compare.show();
  code.show();
}

/** Frame each digit of a number on the canvas, as it was found. */
function showBoxes() {
  const digits = answer.reading?.digits ?? [];
  const boxes = digits.flatMap(({ box }) => (box ? [box] : []));
  const many = !picture && digits.length > 1 && boxes.length === digits.length;
  found.replaceChildren(...(many ? boxes.map(frameOf) : []));
}

/** @param {Box} box */
function frameOf([x, y, width, height]) {
  const frame = document.createElement('span');
  const place = { left: x / WIDTH, top: y / HEIGHT, width: width / WIDTH, height: height / HEIGHT };
  for (const [side, share] of Object.entries(place)) frame.style.setProperty(side, `${100 * share}%`);
  return frame;
}

/** @param {Picture} chosen */
function stagePicture(chosen) {
  replay.forget();
  reader.cancel();
  picture = chosen;
  staged.src = chosen.address;
  staged.alt = chosen.file.name;
  paper.dataset.showing = 'picture';
  showTools();
  showPicture(chosen);
}

/** @param {Picture} changed */
function showPicture(changed) {
  if (changed !== picture) return;
  if (changed.problem) answer.showProblem(changed.problem);
  else if (changed.reading) answer.showAnswer(changed.reading, true);
  else answer.showReading();
  showBoxes();
  if (changed.problem || changed.reading) refreshPanels();
}

/** Take the picture off the stage. Undo brings back the drawing that was there before it. */
function unstage() {
  replay.forget();
  if (!picture) return;
  picture = null;
  reader.cancel();
  staged.removeAttribute('src');
  delete paper.dataset.showing;
  drawing.strokes.clear();
  drawing.repaint();
}

function showTools() {
  find(document, '#undo').setAttribute('aria-disabled', String(!drawing.strokes.canUndo));
  find(document, '#redo').setAttribute('aria-disabled', String(!drawing.strokes.canRedo));
  find(document, '#replay').setAttribute('aria-disabled', String(Boolean(picture) || !drawing.strokes.all.length));
}

/** Open what the address holds: a drawing, and the panel it asks for. */
function openLinked() {
  const strokes = fromFragment(location.hash);
  if (strokes.length) drawing.replace(strokes);
  const panel = document.getElementById(new URLSearchParams(location.hash.slice(1)).get('open') ?? '');
  if (!(panel instanceof HTMLDetailsElement)) return;
  panel.open = true;
  panel.scrollIntoView();
}

canvas.addEventListener('begin', unstage);
canvas.addEventListener('ink', ({ detail: { settled, points } }) => {
  showTools();
  if (settled || points >= MIN_POINTS) {
    readDrawing();
  } else {
    paper.removeAttribute('data-empty');
    answer.showReading();
  }
});
canvas.addEventListener('pen', ({ detail: { down } }) => {
  find(document, '#pen-status').textContent = t(down ? 'draw.penDown' : 'draw.penUp');
});
find(document, '#undo').addEventListener('click', drawing.undo);
find(document, '#redo').addEventListener('click', drawing.redo);
find(document, '#clear').addEventListener('click', drawing.clear);
find(document, '#eraser').addEventListener('click', () => {
  drawing.tool.eraser = !drawing.tool.eraser;
  find(document, '#eraser').setAttribute('aria-pressed', String(drawing.tool.eraser));
});
penWidth.addEventListener('input', () => {
  drawing.tool.width = penWidth.valueAsNumber;
});
model?.addEventListener('change', () => {
  const subject = takeSubject();
  if (subject) reader.request(subject);
});
find(document, '#answer').addEventListener('choose', sight.show);
for (const input of [find(document, '#upload'), find(document, '#camera')]) {
  input.addEventListener('change', () => {
    pictures.add(input.files ?? []);
    input.value = '';
  });
}
find(document, '#save-csv').addEventListener('click', pictures.saveCsv);
find(document, '#save-json').addEventListener('click', pictures.saveJson);
find(document, '#forget').addEventListener('click', () => {
  pictures.forget();
  if (picture) drawing.clear();
});
addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.target instanceof Element && event.target.matches('input:not([type="range"])')) return;
  const key = event.key.toLowerCase();
  if (key === 'z' && !event.shiftKey) drawing.undo();
  else if (key === 'y' || key === 'z') drawing.redo();
  else return;
  event.preventDefault();
});
addEventListener('hashchange', openLinked);
document.addEventListener('theme', drawing.repaint);

listenForFiles(pictures.add);
carryDrawing(() => toFragment(drawing.strokes.all));
createSamples(find(document, '#samples'), drawing.replace);
createThemeSwitch();
drawing.tool.width = penWidth.valueAsNumber;
openLinked();
addEventListener('load', () => navigator.serviceWorker?.register('/service-worker.js'));
