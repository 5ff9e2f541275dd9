/**
 * Owns the pictures that people choose, drop, paste or photograph. Each gets a row in a list, is read in its turn, and
 * can be shown instead of the drawing; the list can be saved as CSV or JSON.
 */

import { paintOnPaper } from '../drawing/ink.js';
import { saveFile } from '../site/browser.js';
import { find } from '../site/elements.js';
import { formatShare, t } from '../site/texts.js';
import { nameReading, Problem, readPicture, serverBack } from './server.js';

const TRIES = 3;
const SMALL = 280; // pixels, the longer side of a picture inside a command

/** @param {PictureListParts} parts */
export function createPictures({ list, rows, template, maxBytes, chooseModel, stage, changed, chosen }) {
  /** @type {Picture[]} */
  let pictures = [];
  /** @type {Picture[]} */
  const queue = [];
  let working = false;
  /** @type {Picture | null} the one that is on the stage without having been chosen */
  let shown = null;

  /** @param {Iterable<File>} files */
  function add(files) {
    const added = [...files].map(addRow);
    if (!added.length) return;
    list.hidden = false;
    shown = added[0];
    stage(shown);
    if (added.length > 1) list.scrollIntoView({ block: 'nearest' });
    queue.push(...added);
    work();
  }

  /** @param {File} file */
  function addRow(file) {
    const row = find(document.importNode(template.content, true), 'tr');
    /** @type {Picture} */
    const picture = {
      file,
      sent: null,
      pixels: null,
      gone: 0,
      isSmall: false,
      row,
      address: URL.createObjectURL(file),
      reading: null,
      problem: null,
    };
    const thumbnail = find(row, 'img');
    thumbnail.addEventListener('error', () => thumbnail.remove());
    thumbnail.src = picture.address;
    find(row, '[data-part="name"]').textContent = file.name;
    find(row, 'button').addEventListener('click', () => {
      shown = null;
      stage(picture);
      chosen();
    });
    rows.append(row);
    pictures.push(picture);
    showRow(picture);
    return picture;
  }

  async function work() {
    if (working) return;
    working = true;
    try {
      for (let next = queue.shift(); next; next = queue.shift()) await readRow(next);
    } finally {
      working = false;
    }
  }

  /** @param {Picture} picture */
  async function readRow(picture) {
    for (let left = TRIES; left > 0; left -= 1) {
      picture.problem = null;
      try {
        const { preparePicture } = await loadPreparation();
        if (!picture.sent) Object.assign(picture, await preparePicture(picture.file, maxBytes));
        picture.reading = await readPicture(picture.sent ?? picture.file, {
          model: chooseModel(),
          progress: (gone) => showProgress(picture, gone),
        });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        picture.problem = error;
      }
      if (picture.problem?.code === 'slow' && (await makeSmall(picture))) continue;
      showRow(picture);
      changed(picture);
      stageBetter(picture);
      if (!picture.problem?.temporary) return;
      await serverBack();
    }
  }

  /** @param {Picture} picture @param {number} gone */
  function showProgress(picture, gone) {
    picture.gone = gone;
    showRow(picture);
    changed(picture);
  }

  /**
   * Make a picture smaller that takes too long on its way, once.
   * @param {Picture} picture
   */
  async function makeSmall(picture) {
    if (picture.isSmall) return false;
    picture.isSmall = true;
    picture.problem = null;
    showProgress(picture, 0);
    const { shrinkForSlowLine } = await loadPreparation();
    const smaller = await shrinkForSlowLine(picture.file);
    if (smaller) Object.assign(picture, smaller);
    return smaller !== null;
  }

  /**
   * Show a picture that could be read in place of one that could not, where nobody has chosen.
   * @param {Picture} picture
   */
  function stageBetter(picture) {
    if (!shown?.problem || !picture.reading) return;
    shown = picture;
    stage(picture);
  }

  function forget() {
    shown = null;
    queue.length = 0;
    for (const { address } of pictures) URL.revokeObjectURL(address);
    pictures = [];
    rows.replaceChildren();
    list.hidden = true;
  }

  /** @param {Picture} picture */
  function readAgain(picture) {
    Object.assign(picture, { reading: null, problem: null, gone: 0 });
    showRow(picture);
    changed(picture);
    queue.push(picture);
    work();
  }

  return {
    add,
    forget,
    readAgain,
    saveCsv: () => save('digits.csv', 'text/csv', toCsv(pictures)),
    saveJson: () => save('digits.json', 'application/json', toJson(pictures)),
  };
}

/**
 * Listen for files that are dropped anywhere on the page or pasted into it.
 * @param {(files: FileList) => void} add
 */
export function listenForFiles(add) {
  /** @param {DragEvent} event */
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  /** @param {boolean} dragging */
  const mark = (dragging) => document.body.toggleAttribute('data-dragging', dragging);

  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) mark(false);
  });
  addEventListener('drop', (event) => {
    mark(false);
    if (!event.dataTransfer || !hasFiles(event)) return;
    event.preventDefault();
    add(event.dataTransfer.files);
  });
  addEventListener('paste', (event) => {
    if (event.clipboardData?.files.length) add(event.clipboardData.files);
  });
}

/**
 * Make a data URL short enough for a command; null where the browser cannot show the picture.
 * @param {Blob} picture
 */
export async function shrinkPicture(picture) {
  const whole = await createImageBitmap(picture).catch(() => null);
  if (!whole) return null;
  const scale = Math.min(1, SMALL / Math.max(whole.width, whole.height));
  const [width, height] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = paintOnPaper(width, height, (context) => context.drawImage(whole, 0, 0, width, height));
  return canvas.toDataURL('image/jpeg', 0.8);
}

/** Load what makes a picture of a file, with the first one. @throws {Problem} where the server cannot be reached */
async function loadPreparation() {
  try {
    return await import('./prepare.js');
  } catch {
    throw new Problem(t('problem.away'), 'away', true);
  }
}

/** @param {Picture} picture */
function showRow(picture) {
  const { row, reading, problem } = picture;
  row.dataset.state = problem ? 'problem' : reading ? 'read' : 'reading';
  find(row, '[data-part="text"]').textContent = reading ? nameReading(reading) : '';
  find(row, '[data-part="confidence"]').textContent = reading ? formatShare(confidenceOf(reading)) : '';
  find(row, '[data-part="note"]').textContent = noteOf(picture);
}

/** Say what is done with a picture that is not read yet. @param {Picture} picture */
export function describeProgress({ gone }) {
  if (gone === 1) return t('answer.reading');
  return gone ? t('answer.sent', { share: formatShare(gone) }) : t('answer.sending');
}

/** @param {Picture} picture */
function noteOf(picture) {
  const { reading, problem } = picture;
  if (problem) return problem.message;
  if (!reading) return describeProgress(picture);
  return isCertain(reading) ? '' : t('pictures.uncertain');
}

/**
 * Return the confidence of the least certain digit.
 * @param {Reading} reading
 */
function confidenceOf({ digits }) {
  return Math.min(...digits.map(({ confidence }) => confidence));
}

/** @param {Reading} reading */
function isCertain({ digits }) {
  return digits.every(({ certain }) => certain);
}

/**
 * @param {Picture} picture
 * @returns {Record<string, string | number | boolean>}
 */
function toRecord({ file, reading, problem }) {
  if (!reading) return { file: file.name, error: problem?.message ?? '', code: problem?.code ?? '' };
  return {
    file: file.name,
    text: reading.text,
    confidence: confidenceOf(reading),
    certain: isCertain(reading),
    model: reading.model,
  };
}

/** @param {Picture[]} pictures */
function toJson(pictures) {
  const records = pictures.map((picture) => ({ ...toRecord(picture), digits: picture.reading?.digits ?? [] }));
  return JSON.stringify(records, null, 2);
}

/** @param {Picture[]} pictures */
function toCsv(pictures) {
  const columns = ['file', 'text', 'confidence', 'certain', 'model', 'error', 'code'];
  const rows = pictures.map(toRecord).map((record) => columns.map((column) => quote(record[column] ?? '')));
  return [columns, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

/**
 * Quote as RFC 4180 says. A spreadsheet takes a leading sign for a formula, so it gets an apostrophe.
 * @param {string | number | boolean} value
 */
function quote(value) {
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {string} name @param {string} type @param {string} text */
function save(name, type, text) {
  saveFile(name, new Blob([text], { type: `${type};charset=utf-8` }));
}
