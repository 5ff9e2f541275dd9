/**
 * Owns why a digit is read as it is and not as another one: its ink in two patterns, what is read without each part,
 * the smallest change that flips it, and the digits like it that the network learned from.
 */

import { explainPicture, nameDigit, Problem } from '../reading/server.js';
import { formatShare } from '../site/texts.js';
import { paintEvidence, paintSwatch, paintWithout, readInk, SIDE } from './paint.js';
import { loadTexts, say } from './texts.js';

const LARGE = 672; // pixels of the picture
const SMALL = 112; // pixels of a part's picture
const SWATCH = 40; // pixels of a legend's square
const CLEAR = 0.3; // evidence below this is none worth a sentence: it changes the odds by a third

/** @typedef {import('./paint.js').Ink} Ink */
/** @typedef {{button: HTMLButtonElement, gone: Ink, change: Change, name: string}} Row */

/**
 * @param {HTMLElement} panel
 * @param {ReasonsParts} parts
 */
export async function createWhy(panel, { takeDigit, takeClasses }) {
  await loadTexts();
  const page = build(panel);
  /** @type {AbortController | null} */
  let flight = null;
  /** @type {{explained: Explanation, ink: Ink} | null} */
  let shown = null;
  let against = '';
  /** @type {Row | null} the part that was chosen to be away */
  let pinned = null;

  async function show() {
    flight?.abort();
    flight = new AbortController();
    const { signal } = flight;
    const subject = await takeDigit();
    if (signal.aborted) return;
    if (!subject) {
      refuse(say('empty'));
      return;
    }
    if (subject.digit.digit !== shown?.explained.digit) against = '';
    const { picture } = subject.digit;
    try {
      const sent = picture ? toBlob(picture) : subject.picture;
      const explained = await explainPicture(sent, { model: subject.model, against, signal });
      const ink = await readInk(picture ?? explained.steps.at(-1)?.picture ?? '');
      const gone = await Promise.all([...explained.evidence.parts, explained.evidence.smallest].map(readGone));
      if (!signal.aborted) fill(explained, ink, gone);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      refuse(error.message);
    }
  }

  /** @param {string} sentence */
  function refuse(sentence) {
    shown = null;
    page.note.textContent = sentence;
    page.note.hidden = false;
    page.body.hidden = true;
  }

  /** @param {Explanation} explained @param {Ink} ink @param {(Ink | null)[]} gone of each part, then of the smallest change */
  function fill(explained, ink, gone) {
    const { evidence } = explained;
    shown = { explained, ink };
    pinned = null;
    page.note.textContent = '';
    page.note.hidden = true;
    page.body.hidden = false;
    const names = { digit: nameClass(evidence.digit), other: nameClass(evidence.against) };
    page.heading.textContent = say('heading', names);
    page.picture.setAttribute('aria-label', say('picture', names));
    fillChoice(evidence);
    page.legend.for.textContent = say('for', names);
    page.legend.against.textContent = say('other', names);
    page.summary.textContent = summarise(evidence, names);
    const rows = evidence.parts.map((part, place) =>
      rowOf(part, ink, gone[place], namePart(evidence.parts, place), 'without'),
    );
    page.parts.replaceChildren(...rows);
    page.noParts.hidden = rows.length > 0;
    const smallest = evidence.smallest && rowOf(evidence.smallest, ink, gone[rows.length], '', 'erase');
    page.smallest.replaceChildren(smallest ?? paragraph(say('noSmallest', names)));
    fillLike(evidence, names.digit);
    showWhole();
  }

  /** @param {Evidence} evidence */
  function fillChoice({ digit, against: other }) {
    const options = Array.from({ length: 10 }, (_, place) => place).filter((place) => place !== digit);
    page.choice.replaceChildren(
      ...options.map((place) => new Option(nameClass(place), String(place), place === other, place === other)),
    );
  }

  /** @param {Evidence} evidence @param {{digit: string, other: string}} names */
  function summarise({ parts }, names) {
    const ranked = parts.map(({ gain }, place) => ({ gain, piece: namePart(parts, place) }));
    ranked.sort((one, other) => other.gain - one.gain);
    const [first, last] = [ranked[0], ranked.at(-1)];
    const sentences = [];
    if (first && first.gain >= CLEAR) sentences.push(say('most', { ...names, piece: first.piece }));
    if (last && last.gain <= -CLEAR) {
      sentences.push(say('mostOther', { ...names, Piece: last.piece[0].toUpperCase() + last.piece.slice(1) }));
    } else if (parts.length) sentences.push(say('none', names));
    return sentences.join(' ');
  }

  /**
   * @param {Change} change @param {Ink} ink @param {Ink | null} gone @param {string} name of the part
   * @param {'without' | 'erase'} key
   */
  function rowOf(change, ink, gone, name, key) {
    const [item, button] = [document.createElement('li'), document.createElement('button')];
    const [small, sentence] = [canvasOf(SMALL), document.createElement('span')];
    const same = change.digit === shown?.explained.digit;
    const read = same && change.certain ? say('still', { read: describe(change) }) : describe(change);
    sentence.textContent = say(key, { piece: name, share: formatShare(change.share), read });
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.toggleAttribute('data-flips', !same);
    button.append(small, sentence);
    item.append(button);
    const row = { button, gone: gone ?? ink, change, name };
    requestAnimationFrame(() => paintWithout(small, ink, row.gone));
    button.addEventListener('pointerenter', () => showWithout(row));
    button.addEventListener('pointerleave', showPinned);
    button.addEventListener('focus', () => showWithout(row));
    button.addEventListener('blur', showPinned);
    button.addEventListener('click', () => pin(row));
    return item;
  }

  /** @param {Row} row */
  function pin(row) {
    const next = pinned === row ? null : row;
    pinned?.button.setAttribute('aria-pressed', 'false');
    pinned = next;
    row.button.setAttribute('aria-pressed', String(pinned === row));
    showPinned();
  }

  function showPinned() {
    if (pinned) showWithout(pinned);
    else showWhole();
  }

  function showWhole() {
    if (!shown) return;
    const { explained, ink } = shown;
    paintEvidence(page.picture, ink, explained.evidence.map.flat());
    showBars(explained, say('whole'));
  }

  /** @param {Row} row */
  function showWithout({ gone, change, button }) {
    if (!shown) return;
    paintWithout(page.picture, shown.ink, gone);
    showBars(change, button.textContent ?? '');
  }

  /** @param {FoundDigit} read @param {string} caption */
  function showBars(read, caption) {
    page.reads.textContent = nameClass(read.digit);
    page.reads.toggleAttribute('data-doubted', !read.certain);
    page.caption.textContent = caption;
    page.bars.forEach(({ bar, label, number }, place) => {
      const share = read.probabilities[place] ?? 0;
      label.textContent = nameClass(place);
      bar.style.setProperty('--share', String(share));
      bar.toggleAttribute('data-best', place === read.digit);
      number.textContent = share >= 0.0005 ? formatShare(share) : '';
    });
  }

  /** @param {Evidence} evidence @param {string} digit */
  function fillLike({ like, digit: place }, digit) {
    const count = like.filter((one) => one.digit === place).length;
    page.likeNote.textContent = like.length
      ? `${say('likeLead')} ${say('likeSome', { count, all: like.length, digit })}`
      : say('noLike');
    page.like.replaceChildren(
      ...like.map(({ digit: label, similarity, picture }) => {
        const [item, image, name] = [
          document.createElement('li'),
          new Image(SIDE, SIDE),
          document.createElement('span'),
        ];
        image.src = picture;
        image.alt = say('likeOne', { digit: nameClass(label), share: formatShare(Math.max(0, similarity)) });
        image.title = image.alt;
        name.textContent = nameClass(label);
        name.setAttribute('aria-hidden', 'true');
        item.toggleAttribute('data-other', label !== place);
        item.append(image, name);
        return item;
      }),
    );
  }

  /** @param {number} place */
  function nameClass(place) {
    return takeClasses()?.[place] ?? String(place);
  }

  page.choice.addEventListener('change', () => {
    against = page.choice.value;
    show();
  });
  document.addEventListener('theme', () => show());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => show());
  return { show };
}

/**
 * Name a part by its place and shape, and by its number where another part has the same name.
 * @param {Part[]} parts @param {number} place
 */
function namePart(parts, place) {
  const name = (/** @type {Part} */ part) =>
    say('piece', { place: say(`place.${part.place}`), shape: say(`shape.${part.shape}`) });
  const before = parts.slice(0, place).filter((part) => name(part) === name(parts[place])).length;
  return before ? `${name(parts[place])} (${before + 1})` : name(parts[place]);
}

/** @param {FoundDigit} read */
function describe(read) {
  const key = read.certain ? 'sure' : read.doubt === 'not_a_digit' ? 'strange' : 'perhaps';
  return say(key, { digit: nameDigit(read), share: formatShare(read.confidence) });
}

/** @param {Change | null} change */
function readGone(change) {
  return change ? readInk(change.ink) : null;
}

/** @param {string} url a data URL */
function toBlob(url) {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}

/** @param {string} text */
function paragraph(text) {
  const made = document.createElement('p');
  made.textContent = text;
  return made;
}

/** @param {number} side pixels */
function canvasOf(side) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [side, side];
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
}

/** Build the panel. @param {HTMLElement} panel */
function build(panel) {
  const [heading, note, body] = [document.createElement('h2'), paragraph(''), document.createElement('div')];
  heading.id = 'why-heading';
  heading.textContent = say('empty');
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
  const [parts, smallest, like] = [list('why-rows'), list('why-rows'), list('why-like')];
  const [noParts, likeNote] = [paragraph(say('noParts')), paragraph('')];
  const rows = division(
    'why-texts',
    summary,
    title('parts'),
    paragraph(say('partsLead')),
    parts,
    noParts,
    title('smallest'),
    smallest,
  );
  body.append(division('why-stick', look, readings), rows, division('why-likes', title('like'), likeNote, like));
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
