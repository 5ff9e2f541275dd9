/** Wires the drawing page: the only module that knows all the others. */

import { classesOf, createAnswer } from './reading/answer.js';
import { createCode } from './reading/code.js';
import { createCompare } from './reading/compare.js';
import { createDrawing } from './drawing/drawing.js';
import { HEIGHT, WIDTH, renderCanvas, renderPicture } from './drawing/ink.js';
import { carryDrawing, fromFragment, toFragment } from './drawing/link.js';
import { createPictures, listenForFiles, shrinkPicture } from './reading/pictures.js';
import { createReader } from './reading/reader.js';
import { createReplay } from './reading/replay.js';
import { createSamples } from './drawing/samples.js';
import { createSight, cutDigit } from './reading/sight.js';
import { t } from './site/texts.js';
import { createThemeSwitch } from './site/theme.js';

const CODE_WIDTH = 120; // pixels of the drawing inside a command: short enough to be pasted
const FEW = 4; // points of a stroke that has only begun say nothing yet

const byId = (id) => document.getElementById(id);

const canvas = byId('drawing');
const paper = byId('paper');
const staged = byId('staged');
const found = byId('found');
const model = byId('model');

const drawing = createDrawing(canvas, byId('pen-mark'));
const answer = createAnswer(byId('answer'), () => classesOf(model));
const chooseModel = () => model?.value ?? '';

/** The picture on the stage; null while the drawing is there. */
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
      if (drawing.busy && !problem.passing) return;
      answer.showProblem(problem);
      showBoxes();
      refreshPanels();
    },
  },
  chooseModel,
);

const replay = createReplay(drawing, readShown, { button: byId('replay'), story: byId('story') });
const sight = createSight(byId('sight'), takeDigit);
const compare = createCompare(byId('compare'), takeSubject);
const code = createCode(byId('code'), takeDataUrl, () => (picture ? '' : toFragment(drawing.strokes.all)), chooseModel);
const pictures = createPictures({
  list: byId('pictures'),
  rows: byId('rows'),
  template: byId('row'),
  mostBytes: Number(byId('bring').dataset.mostBytes),
  chooseModel,
  stage: stagePicture,
  changed: showPicture,
});

function readDrawing() {
  paper.toggleAttribute('data-empty', drawing.visible.length === 0);
  if (drawing.visible.length) return reader.request(takeDrawing);
  reader.cancel();
  answer.showEmpty();
  showBoxes();
  return refreshPanels();
}

async function readShown() {
  readDrawing();
  await reader.idle();
  return answer.reading;
}

function takeDrawing() {
  return renderPicture(drawing.visible);
}

/** What is on the stage, as a function that takes its picture; null where there is nothing. */
function takeSubject() {
  if (picture) return async () => picture.file;
  return drawing.visible.length ? takeDrawing : null;
}

/** The digit whose bars are shown, alone in its picture. */
async function takeDigit() {
  const subject = takeSubject();
  const digit = answer.chosen;
  if (!subject) return null;
  const whole = await subject();
  const alone = !digit?.box || answer.reading.digits.length < 2;
  return { picture: alone ? whole : await cutDigit(whole, digit.box), model: chooseModel() };
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

/** Frame each digit of a number on the canvas, so that one sees what was taken for a digit. */
function showBoxes() {
  const digits = answer.reading?.digits ?? [];
  const many = !picture && digits.length > 1 && digits.every((digit) => digit.box);
  found.replaceChildren(...(many ? digits.map(frameOf) : []));
}

function frameOf({ box: [x, y, width, height] }) {
  const frame = document.createElement('span');
  const place = { left: x / WIDTH, top: y / HEIGHT, width: width / WIDTH, height: height / HEIGHT };
  for (const [side, share] of Object.entries(place)) frame.style.setProperty(side, `${100 * share}%`);
  return frame;
}

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

function showPicture(changed) {
  if (changed !== picture) return;
  if (changed.problem) answer.showProblem(changed.problem);
  else if (changed.reading) answer.showAnswer(changed.reading, true);
  else answer.showReading();
  showBoxes();
  if (changed.problem || changed.reading) refreshPanels();
}

/** Take the picture off the stage. The drawing that was there before it becomes the past of the next one. */
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

function onInk({ detail: { settled, points } }) {
  showTools();
  if (settled || points >= FEW) return readDrawing();
  paper.removeAttribute('data-empty');
  return answer.showReading();
}

function showTools() {
  byId('undo').setAttribute('aria-disabled', String(!drawing.strokes.canUndo));
  byId('redo').setAttribute('aria-disabled', String(!drawing.strokes.canRedo));
  byId('replay').setAttribute('aria-disabled', String(Boolean(picture) || !drawing.strokes.all.length));
}

function onKeyDown(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.matches('input:not([type="range"])')) return;
  const key = event.key.toLowerCase();
  if (key === 'z' && !event.shiftKey) drawing.undo();
  else if (key === 'y' || key === 'z') drawing.redo();
  else return;
  event.preventDefault();
}

/** Open what the address holds: a drawing, and the panel it asks for. */
function openLinked() {
  const strokes = fromFragment(location.hash);
  if (strokes.length) drawing.replace(strokes);
  const panel = byId(new URLSearchParams(location.hash.slice(1)).get('open') ?? '');
  if (!(panel instanceof HTMLDetailsElement)) return;
  panel.open = true;
  panel.scrollIntoView();
}

canvas.addEventListener('begin', unstage);
canvas.addEventListener('ink', onInk);
canvas.addEventListener('pen', ({ detail: { down } }) => {
  byId('pen-said').textContent = t(down ? 'draw.penDown' : 'draw.penUp');
});
for (const action of ['undo', 'redo', 'clear']) byId(action).addEventListener('click', drawing[action]);
byId('eraser').addEventListener('click', ({ currentTarget }) => {
  drawing.tool.eraser = !drawing.tool.eraser;
  currentTarget.setAttribute('aria-pressed', String(drawing.tool.eraser));
});
byId('width').addEventListener('input', ({ target }) => {
  drawing.tool.width = target.valueAsNumber;
});
model?.addEventListener('change', () => {
  const subject = takeSubject();
  if (subject) reader.request(subject);
});
byId('answer').addEventListener('choose', sight.show);
for (const input of document.querySelectorAll('#upload, #camera')) {
  input.addEventListener('change', () => {
    pictures.bring(input.files);
    input.value = '';
  });
}
byId('save-csv').addEventListener('click', pictures.saveCsv);
byId('save-json').addEventListener('click', pictures.saveJson);
byId('forget').addEventListener('click', () => {
  pictures.forget();
  if (picture) drawing.clear();
});
addEventListener('keydown', onKeyDown);
addEventListener('hashchange', openLinked);
document.addEventListener('theme', drawing.repaint);

listenForFiles(pictures.bring);
carryDrawing(() => toFragment(drawing.strokes.all));
createSamples(byId('samples'), drawing.replace);
createThemeSwitch(byId('theme'));
drawing.tool.width = byId('width').valueAsNumber;
openLinked();
addEventListener('load', () => navigator.serviceWorker?.register('/service-worker.js'));
