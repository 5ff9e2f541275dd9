/**
 * Owns the pictures that people bring: chosen, dropped, pasted or photographed. Each gets a row in a list, is read in
 * its turn, and can be put on the stage; the list can be saved as CSV or JSON.
 */

import { Problem, nameReading, readPicture, serverBack } from './server.js';
import { formatShare, t } from '../site/texts.js';

const TRIES = 3;
const SMALL = 280; // pixels, the longer side of a picture inside a command

/**
 * @typedef {{file: File, row: HTMLTableRowElement, address: string, reading: import('./server.js').Reading | null,
 *   problem: Problem | null}} Picture
 */

/**
 * @param {{list: HTMLElement, rows: HTMLElement, template: HTMLTemplateElement, mostBytes: number,
 *   chooseModel: () => string, stage: (picture: Picture) => void, changed: (picture: Picture) => void}} parts
 */
export function createPictures({ list, rows, template, mostBytes, chooseModel, stage, changed }) {
  /** @type {Picture[]} */
  let pictures = [];
  const queue = [];
  let working = false;

  /** @param {Iterable<File>} files */
  function bring(files) {
    const brought = [...files].map(addRow);
    if (!brought.length) return;
    list.hidden = false;
    stage(brought.at(-1));
    if (brought.length > 1) list.scrollIntoView({ block: 'nearest' });
    queue.push(...brought);
    work();
  }

  function addRow(file) {
    const row = template.content.firstElementChild.cloneNode(true);
    const picture = { file, row, address: URL.createObjectURL(file), reading: null, problem: null };
    const thumbnail = row.querySelector('img');
    thumbnail.addEventListener('error', () => thumbnail.remove());
    thumbnail.src = picture.address;
    row.querySelector('[data-part="name"]').textContent = file.name;
    row.querySelector('button').addEventListener('click', () => stage(picture));
    rows.append(row);
    pictures.push(picture);
    showRow(picture);
    return picture;
  }

  async function work() {
    if (working) return;
    working = true;
    try {
      while (queue.length) await readRow(queue.shift());
    } finally {
      working = false;
    }
  }

  async function readRow(picture) {
    for (let left = TRIES; left > 0; left -= 1) {
      picture.problem = null;
      try {
        checkSize(picture.file, mostBytes);
        picture.reading = await readPicture(picture.file, { model: chooseModel() });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        picture.problem = error;
      }
      showRow(picture);
      changed(picture);
      if (!picture.problem?.passing) return;
      await serverBack();
    }
  }

  function forget() {
    queue.length = 0;
    pictures.forEach(({ address }) => URL.revokeObjectURL(address));
    pictures = [];
    rows.replaceChildren();
    list.hidden = true;
  }

  return {
    bring,
    forget,
    saveCsv: () => save('digits.csv', 'text/csv', toCsv(pictures)),
    saveJson: () => save('digits.json', 'application/json', toJson(pictures)),
  };
}

/**
 * Listen for files that are dropped anywhere on the page or pasted into it.
 * @param {(files: FileList) => void} bring
 */
export function listenForFiles(bring) {
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
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
    if (!hasFiles(event)) return;
    event.preventDefault();
    bring(event.dataTransfer.files);
  });
  addEventListener('paste', (event) => {
    if (event.clipboardData?.files.length) bring(event.clipboardData.files);
  });
}

/**
 * Make a picture small enough to be pasted into a command.
 * @param {Blob} picture
 * @returns {Promise<string | null>} a data URL; null where the browser cannot show the picture
 */
export async function shrinkPicture(picture) {
  const whole = await createImageBitmap(picture).catch(() => null);
  if (!whole) return null;
  const scale = Math.min(1, SMALL / Math.max(whole.width, whole.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  const context = canvas.getContext('2d');
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(whole, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.8);
}

function showRow({ row, reading, problem }) {
  const put = (part, text) => {
    row.querySelector(`[data-part="${part}"]`).textContent = text;
  };
  row.dataset.state = problem ? 'problem' : reading ? 'read' : 'reading';
  put('text', reading ? nameReading(reading) : '');
  put('confidence', reading ? formatShare(confidenceOf(reading)) : '');
  put('note', noteOf(reading, problem));
}

function noteOf(reading, problem) {
  if (problem) return problem.message;
  if (!reading) return t('answer.reading');
  return isCertain(reading) ? '' : t('pictures.uncertain');
}

function checkSize(file, mostBytes) {
  if (file.size <= mostBytes) return;
  throw new Problem(t('problem.file_too_large', { most: Math.floor(mostBytes / 2 ** 20) }), 'too_large');
}

/** A number is as sure as its least sure digit. */
function confidenceOf({ digits }) {
  return Math.min(...digits.map(({ confidence }) => confidence));
}

function isCertain({ digits }) {
  return digits.every(({ certain }) => certain);
}

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

function toJson(pictures) {
  const records = pictures.map((picture) => ({ ...toRecord(picture), digits: picture.reading?.digits ?? [] }));
  return JSON.stringify(records, null, 2);
}

function toCsv(pictures) {
  const columns = ['file', 'text', 'confidence', 'certain', 'model', 'error', 'code'];
  const rows = pictures.map(toRecord).map((record) => columns.map((column) => quote(record[column] ?? '')));
  return [columns, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

/** Quote as RFC 4180 says; a leading sign would be a formula to a spreadsheet, so it gets an apostrophe. */
function quote(value) {
  const text = String(value).replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function save(name, type, text) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
