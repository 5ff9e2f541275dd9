/** Wires the drawing page: the only module that knows all the others. */

import { createDrawing } from './drawing/drawing.js';
import { HEIGHT, hasInk, renderCanvas, renderPicture, WIDTH } from './drawing/ink.js';
import { carryDrawing, dropDrawing, fromFragment, toFragment } from './drawing/link.js';
import { createSamples } from './drawing/samples.js';
import { classesOf, createAnswer, modelsOf } from './reading/answer.js';
import { adoptLinkedHand, createCorrections } from './reading/corrections.js';
import { createPictures, describeProgress, listenForFiles, shrinkPicture } from './reading/pictures.js';
import { createReader } from './reading/reader.js';
import { createReasons } from './reading/reasons.js';
import { Problem } from './reading/server.js';
import { keep, recall } from './site/browser.js';
import { find, loadStyle } from './site/elements.js';
import { t } from './site/texts.js';
import { createThemeSwitch } from './site/theme.js';

const KEPT = 'drawing'; // under which the browser keeps the drawing, so that it is still there after a reload
const CODE_WIDTH = 120; // pixels of the drawing inside a command
const MIN_POINTS = 4; // a stroke with fewer has only begun
/** @type {Sheet} */
const WHOLE = { left: 0, top: 0, width: 1, height: 1, pixels: [WIDTH, HEIGHT] };

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
/** @type {{picture: Picture, depth: number} | null} a picture that was drawn over, and how much was drawn before */
let covered = null;
/** @type {ReturnType<typeof import('./drawing/gallery.js').createGallery> | null} */
let gallery = null;
/** @type {ReturnType<typeof import('./reading/replay.js').createReplay> | null} loaded when it is first wanted */
let replay = null;
/** @type {ReturnType<typeof import('./camera/camera.js').createCamera> | null} */
let camera = null;

const reader = createReader(
  {
    reading: answer.showReading,
    answered(reading, last) {
      const settled = last && !drawing.busy;
      answer.showAnswer(reading, settled);
      if (settled) corrections?.noteReading(reading);
      showBoxes();
      if (settled) refreshPanels();
      else inside.show();
    },
    failed(problem) {
      if (drawing.busy && !problem.temporary) return;
      answer.showProblem(problem);
      showBoxes();
      refreshPanels();
    },
  },
  chooseModel,
  () => drawing.busy,
);

/** where the server keeps corrections */
const corrections = document.querySelector('#hand')
  ? createCorrections(find(document, '#answer'), find(document, '#hand'), {
      takeDigit: () => answer.chosen,
      changed: readOnceMore,
    })
  : null;
const reasons = createReasons(find(document, '#why'), find(document, '#why-panel'), {
  takeChosen: () => answer.chosen,
  takeDigit,
  takeClasses: () => classesOf(model),
  takeStrokes: () => (picture ? [] : drawing.strokes.all),
  showStrokes: drawing.show,
});
const sight = loadLater(find(document, '#sight'), async (panel) =>
  (await import('./sight/sight.js')).createSight(panel, takeDigit),
);
const inside = loadLater(find(document, '#inside'), async (panel) =>
  (await import('./inside/inside.js')).createInside(panel, {
    drawing,
    sheet: canvas,
    clear,
    chooseModel,
    takeDigit: () => answer.chosen,
    takeSubject,
    takeStrokes: () => (picture ? [] : drawing.strokes.all),
  }),
);
const compare = loadLater(find(document, '#compare'), async (panel) =>
  (await import('./reading/compare.js')).createCompare(panel, takeSubject),
);
const challenge = loadLater(find(document, '#challenge'), async (panel) => {
  const [{ createChallenge }] = await Promise.all([
    import('./challenge/challenge.js'),
    loadStyle('/static/challenge/challenge.css'),
  ]);
  return createChallenge(panel, {
    takeReading: () => answer.reading,
    takeStrokes: () => (picture ? [] : drawing.strokes.all),
    takePicture: takeDrawing,
    takeModels: () => modelsOf(model),
  });
});
const code = loadLater(find(document, '#code'), async (panel) =>
  (await import('./reading/code.js')).createCode(
    panel,
    takeDataUrl,
    () => (picture ? '' : toFragment(drawing.strokes.all)),
    chooseModel,
  ),
);
const pictures = createPictures({
  list: find(document, '#pictures'),
  rows: find(document, '#rows'),
  template: find(document, '#row'),
  maxBytes: Number(find(document, '#bring').dataset.maxBytes),
  chooseModel,
  stage: stagePicture,
  changed: showPicture,
  chosen: () => find(document, '#drawing').scrollIntoView({ block: 'nearest' }),
});

/**
 * Load what fills a panel when it is first opened; show() fills it again while it is open.
 * @param {HTMLDetailsElement} panel
 * @param {(panel: HTMLDetailsElement) => Promise<{show: () => unknown}>} load
 */
function loadLater(panel, load) {
  /** @type {{show: () => unknown} | null} */
  let part = null;
  /** @type {Promise<void> | null} */
  let loading = null;

  async function loadPart() {
    try {
      part = await load(panel);
      panel.querySelector('.away')?.remove();
    } catch {
      sayAway(panel);
    }
    loading = null;
  }

  async function show() {
    if (!panel.open) return;
    loading ??= part ? null : loadPart();
    await loading;
    await part?.show();
  }

  panel.addEventListener('toggle', show);
  return { show };
}

/** Say that a part of the page cannot be loaded now; it is tried again when it is opened again. @param {HTMLElement} panel */
function sayAway(panel) {
  const said = panel.querySelector('.away') ?? document.createElement('p');
  said.className = 'away';
  said.textContent = t('problem.later');
  panel.append(said);
}

function readDrawing() {
  paper.toggleAttribute('data-empty', drawing.visible.length === 0);
  if (hasInk(drawing.visible)) {
    reader.request(takeDrawing);
    return;
  }
  reader.cancel();
  answer.showEmpty();
  corrections?.noteReading(null);
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
    const { file, sent } = picture;
    return async () => sent ?? file;
  }
  return hasInk(drawing.visible) ? takeDrawing : null;
}

/** The digit with its bars shown, and the picture that it is in. */
async function takeDigit() {
  const subject = takeSubject();
  const digit = answer.chosen;
  if (!subject || !digit) return null;
  return { picture: await subject(), digit, alone: answer.reading?.digits.length === 1, model: chooseModel() };
}

async function takeDataUrl() {
  if (picture) return shrinkPicture(picture.sent ?? picture.file);
  return drawing.strokes.all.length ? renderCanvas(drawing.strokes.all, CODE_WIDTH).toDataURL('image/png') : null;
}

function refreshPanels() {
  inside.show();
  reasons.show();
  challenge.show();
  sight.show();
  compare.show();
  code.show();
}

/** Frame each digit of a number or a photo where it was found, and dash what was left out. */
function showBoxes() {
  const { digits = [], marks = [] } = answer.reading ?? {};
  const sheet = picture ? shownSheet() : WHOLE;
  const framed = picture || digits.length > 1 ? digits.flatMap(({ box }) => (box ? [box] : [])) : [];
  const dashed = marks.filter(({ sign }) => !sign).map(({ box }) => box);
  found.replaceChildren(
    ...framed.map((box) => frameOf(box, sheet, 'digit')),
    ...dashed.map((box) => frameOf(box, sheet, 'mark')),
  );
}

/**
 * Where the staged picture lies on the paper, in shares of the paper, and its size in pixels as it was read.
 * @returns {Sheet}
 */
function shownSheet() {
  const [wide, high] = [staged.naturalWidth || WIDTH, staged.naturalHeight || HEIGHT];
  const scale = Math.min(WIDTH / wide, HEIGHT / high);
  const [width, height] = [(wide * scale) / WIDTH, (high * scale) / HEIGHT];
  return { left: (1 - width) / 2, top: (1 - height) / 2, width, height, pixels: picture?.pixels ?? [wide, high] };
}

/** @param {Box} box @param {Sheet} sheet @param {string} kind */
function frameOf([x, y, width, height], sheet, kind) {
  const [wide, high] = sheet.pixels;
  const frame = document.createElement('span');
  frame.className = kind;
  const place = {
    left: sheet.left + (x / wide) * sheet.width,
    top: sheet.top + (y / high) * sheet.height,
    width: (width / wide) * sheet.width,
    height: (height / high) * sheet.height,
  };
  for (const [side, share] of Object.entries(place)) frame.style.setProperty(side, `${100 * share}%`);
  return frame;
}

/** @param {Picture} chosen */
function stagePicture(chosen) {
  replay?.forget();
  reader.cancel();
  picture = chosen;
  covered = null;
  staged.src = chosen.address;
  staged.alt = chosen.file.name;
  paper.dataset.showing = 'picture';
  showTools();
  showPicture(chosen);
}

/** Say the name of a picture that this browser cannot show. */
function showName() {
  if (!picture) return;
  paper.dataset.showing = 'name';
  find(document, '#unnamed').textContent = picture.file.name;
}

/** @param {Picture} changed */
function showPicture(changed) {
  if (changed !== picture) return;
  if (changed.problem) answer.showProblem(changed.problem);
  else if (changed.reading) answer.showAnswer(changed.reading, true);
  else answer.showWaiting(describeProgress(changed));
  corrections?.noteReading(changed.reading);
  showBoxes();
  if (changed.problem || changed.reading) refreshPanels();
}

/** Take the picture off the stage. Undo brings it back, and then the drawing that was there before it. */
function unstage() {
  replay?.forget();
  if (!picture) return;
  const under = picture;
  picture = null;
  reader.cancel();
  staged.removeAttribute('src');
  delete paper.dataset.showing;
  drawing.strokes.clear();
  covered = { picture: under, depth: drawing.strokes.depth };
  drawing.repaint();
}

/** The drawings that this browser keeps, loaded when they are first wanted. */
async function openGallery() {
  const panel = find(document, '#drawings');
  try {
    const { createGallery } = await import('./drawing/gallery.js');
    panel.querySelector('.away')?.remove();
    gallery ??= createGallery(panel, {
      takeStrokes: () => drawing.strokes.all,
      open(strokes) {
        if (drawing.strokes.all.length) gallery?.add(drawing.strokes.all, answer.reading?.text ?? '');
        drawing.replace(strokes);
        canvas.scrollIntoView({ block: 'nearest' });
      },
    });
  } catch {
    sayAway(panel);
  }
  return gallery;
}

/** @param {Stroke[]} strokes @param {string} text */
async function keepCleared(strokes, text) {
  (await openGallery())?.add(strokes, text);
}

async function toggleReplay() {
  const button = find(document, '#replay');
  if (button.getAttribute('aria-disabled') === 'true') return;
  const { createReplay } = await import('./reading/replay.js');
  replay ??= createReplay(drawing, readShown, { button, story: find(document, '#story') });
  replay.toggle();
}

/** Read what the camera sees; where there is none, or it may not be used, take a photo as before. */
async function openCamera() {
  const [{ createCamera }] = await Promise.all([import('./camera/camera.js'), loadStyle('/static/camera/camera.css')]);
  camera ??= createCamera(find(document, '#camera-view'), {
    chooseModel,
    take: (file) => pictures.add([file]),
    unavailable() {
      find(document, '#watch').hidden = true;
      find(document, '#camera').click();
    },
  });
  await camera.open();
}

function undo() {
  drawing.undo();
  if (covered && drawing.strokes.depth <= covered.depth) stagePicture(covered.picture);
}

function clear() {
  if (!picture && drawing.strokes.all.length) keepCleared(drawing.strokes.all, answer.reading?.text ?? '');
  drawing.clear();
  covered = null;
  chooseEraser(false);
}

/** @param {boolean} eraser */
function chooseEraser(eraser) {
  drawing.tool.eraser = eraser;
  find(document, '#eraser').setAttribute('aria-pressed', String(eraser));
}

/** Take the pen of the slider, and show how thick it is on this sheet. */
function choosePen() {
  drawing.tool.width = penWidth.valueAsNumber;
  find(document, '#pen-preview').style.setProperty(
    '--pen',
    `${(penWidth.valueAsNumber * canvas.clientWidth) / WIDTH}px`,
  );
}

/** Ask once more for what is on the stage. */
function readAgain() {
  if (picture) pictures.readAgain(picture);
  else readDrawing();
}

async function readOnceMore() {
  readAgain();
  await reader.idle();
}

/** Keep the drawing in this browser; a link in the address is only for the drawing that it holds. */
function keepWhatIsDrawn() {
  const fragment = toFragment(drawing.strokes.all);
  keep(KEPT, fragment);
  dropDrawing(fragment);
}

function bringBackKept() {
  const strokes = fromFragment(recall(KEPT));
  if (strokes?.length) drawing.replace(strokes);
}

function showTools() {
  find(document, '#undo').setAttribute('aria-disabled', String(!drawing.strokes.canUndo));
  find(document, '#redo').setAttribute('aria-disabled', String(!drawing.strokes.canRedo));
  find(document, '#replay').setAttribute('aria-disabled', String(Boolean(picture) || !drawing.strokes.all.length));
}

/** Open what the address holds: a drawing, and the panel it asks for. */
function openLinked() {
  const strokes = fromFragment(location.hash);
  if (strokes?.length) drawing.replace(strokes);
  if (!strokes) answer.showProblem(new Problem(t('problem.link'), 'bad_link'));
  openPanel();
}

function openPanel() {
  const panel = document.getElementById(new URLSearchParams(location.hash.slice(1)).get('open') ?? '');
  if (!(panel instanceof HTMLDetailsElement)) return;
  panel.open = true;
  panel.scrollIntoView();
}

canvas.addEventListener('begin', unstage);
canvas.addEventListener('ink', ({ detail: { settled, points } }) => {
  showTools();
  if (settled) keepWhatIsDrawn();
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
find(document, '#undo').addEventListener('click', undo);
find(document, '#redo').addEventListener('click', drawing.redo);
find(document, '#clear').addEventListener('click', clear);
find(document, '#replay').addEventListener('click', toggleReplay);
find(document, '#eraser').addEventListener('click', () => chooseEraser(!drawing.tool.eraser));
find(document, '#again').addEventListener('click', () => {
  find(document, '#answer').focus(); // the button goes
  readAgain();
});
staged.addEventListener('load', showBoxes);
staged.addEventListener('error', showName);
penWidth.addEventListener('input', choosePen);
model?.addEventListener('change', () => {
  const subject = takeSubject();
  if (subject) reader.request(subject);
});
find(document, '#answer').addEventListener('choose', sight.show);
find(document, '#answer').addEventListener('choose', inside.show);
find(document, '#answer').addEventListener('choose', reasons.show);
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
  find(document, '#upload').focus();
  if (picture) clear();
});
addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  if (event.target instanceof Element && event.target.matches('input:not([type="range"])')) return;
  const key = event.key.toLowerCase();
  if (key === 'z' && !event.shiftKey) undo();
  else if (key === 'y' || key === 'z') drawing.redo();
  else return;
  event.preventDefault();
});
find(document, '#watch').hidden = !navigator.mediaDevices;
find(document, '#watch').addEventListener('click', openCamera);
find(document, '#drawings').addEventListener('toggle', openGallery);
addEventListener('hashchange', openLinked);
addEventListener('resize', choosePen);
document.addEventListener('theme', drawing.repaint);

listenForFiles(pictures.add);
carryDrawing(() => toFragment(drawing.strokes.all));
createSamples(find(document, '#samples'), (strokes) => {
  drawing.replace(strokes);
  find(document, '#answer').focus({ preventScroll: true }); // the samples go
});
createThemeSwitch();
choosePen();
if (adoptLinkedHand()) find(document, '#hand').open = true;
if (location.hash) openLinked();
if (!drawing.strokes.all.length && answer.reading === null) bringBackKept();
addEventListener('load', () => navigator.serviceWorker?.register('/service-worker.js'));
