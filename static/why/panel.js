/** Owns the parts of the panel that says why, and where they are. What stands in them is why.js's. */

import { paintSwatch } from './paint.js';
import { say } from './texts.js';

const LARGE = 672; // pixels of the picture
const SWATCH = 40; // pixels of a legend's square

/** @param {string} text */
export function paragraph(text) {
  const made = document.createElement('p');
  made.textContent = text;
  return made;
}

/** @param {number} side pixels */
export function canvasOf(side) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [side, side];
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
}

/** Build the panel. @param {HTMLElement} panel */
export function build(panel) {
  const [heading, note, body] = [document.createElement('h2'), paragraph(''), document.createElement('div')];
  heading.id = 'why-heading';
  heading.textContent = say('title');
  note.setAttribute('role', 'status');
  body.className = 'why-body';
  const picture = canvasOf(LARGE);
  picture.removeAttribute('aria-hidden');
  picture.setAttribute('role', 'img');
  const legend = legendOf();
  const look = division('why-look', picture, legend.list);
  const [reads, caption] = [paragraph(''), paragraph('')];
  reads.className = 'why-reads';
  caption.className = 'why-caption';
  const bars = barsOf();
  const readings = division('why-readings', reads, caption, bars.list);
  const [choice, label] = [document.createElement('select'), document.createElement('label')];
  label.className = 'model';
  label.append(span(say('against')), choice);
  const summary = paragraph('');
  summary.className = 'why-summary';
  summary.setAttribute('role', 'status');
  const [parts, strokes, smallest] = [list('why-rows'), list('why-rows'), list('why-rows')];
  const [like, strokesTitle] = [list('why-like'), title('strokes')];
  const [noParts, likeNote] = [paragraph(say('noParts')), paragraph('')];
  const rows = division(
    'why-texts',
    summary,
    strokesTitle,
    strokes,
    title('parts'),
    paragraph(say('partsLead')),
    parts,
    noParts,
    title('smallest'),
    smallest,
  );
  const columns = division('why-columns', division('why-stick', look, readings), rows);
  body.append(columns, division('why-likes', title('like'), likeNote, like));
  panel.replaceChildren(division('why-head', heading, label), note, body);
  return {
    heading,
    note,
    body,
    picture,
    reads,
    caption,
    choice,
    summary,
    parts,
    strokes,
    strokesTitle,
    noParts,
    smallest,
    like,
    likeNote,
    legend: legend.names,
    bars: bars.rows,
  };
}

function legendOf() {
  const made = list('why-legend');
  /** @type {Record<'for' | 'against' | 'quiet', HTMLElement>} */
  const names = { for: span(''), against: span(''), quiet: span(say('quiet')) };
  for (const kind of /** @type {('for' | 'against' | 'quiet')[]} */ (Object.keys(names))) {
    const [item, swatch] = [document.createElement('li'), canvasOf(SWATCH)];
    item.append(swatch, names[kind]);
    made.append(item);
    const paint = () => requestAnimationFrame(() => paintSwatch(swatch, kind));
    paint();
    document.addEventListener('theme', paint);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  }
  return { list: made, names };
}

function barsOf() {
  const made = document.createElement('ol');
  made.className = 'bars';
  made.setAttribute('aria-label', say('bars'));
  const rows = Array.from({ length: 10 }, () => {
    const [bar, label, track, number] = [document.createElement('li'), span(''), span(''), span('')];
    [label.className, track.className, number.className] = ['label', 'bar', 'number'];
    track.setAttribute('aria-hidden', 'true');
    bar.append(label, track, number);
    made.append(bar);
    return { bar, label, number };
  });
  return { list: made, rows };
}

/** @param {string} key */
function title(key) {
  const made = document.createElement('h3');
  made.textContent = say(key);
  return made;
}

/** @param {string} name @param {HTMLElement[]} parts */
function division(name, ...parts) {
  const made = document.createElement('div');
  made.className = name;
  made.append(...parts);
  return made;
}

/** @param {string} name */
function list(name) {
  const made = document.createElement('ul');
  made.className = name;
  return made;
}

/** @param {string} text */
function span(text) {
  const made = document.createElement('span');
  made.textContent = text;
  return made;
}
