/**
 * Owns why a digit is read as it is and not as another one: its ink in two patterns, what is read without each part,
 * the smallest change that flips it, and the digits like it that the network learned from.
 */

import { contradictsDoubt } from '../reading/answer.js';
import { explainPicture, nameDigit, Problem } from '../reading/server.js';
import { readDataUrl } from '../site/browser.js';
import { formatShare } from '../site/texts.js';
import { paintEvidence, paintWithout, readInk, SIDE } from './paint.js';
import { build, canvasOf, paragraph } from './panel.js';
import { paintStrokesWithout, readWithoutStrokes } from './strokes.js';
import { loadReasons, say } from './texts.js';

const SMALL = 112; // pixels of a part's picture
const NONE = 0.0005; // less is shown as nothing: it would be written as 0 %
const CLEAR = 0.3; // evidence below this is none worth a sentence: it changes the odds by a third

/** @typedef {import('./paint.js').Ink} Ink */
/**
 * @typedef {object} Loss what is read without something
 * @property {string} sentence
 * @property {FoundDigit} read
 * @property {(canvas: HTMLCanvasElement) => void} paint what is left
 * @property {Stroke[] | null} rest what the sheet shows meanwhile; null: all of it
 */
/** @typedef {Loss & {button: HTMLButtonElement}} Row */

/**
 * @param {HTMLElement} panel
 * @param {ReasonsParts} parts
 */
export async function createWhy(panel, { takeDigit, takeClasses, takeStrokes, showStrokes }) {
  await loadReasons();
  const page = build(panel);
  /** @type {AbortController | null} */
  let flight = null;
  /** @type {{explained: Explanation, ink: Ink} | null} */
  let shown = null;
  let asked = ''; // what the server was asked about: the same is not asked, and filled in, again
  let turn = 0;
  let against = '';
  /** @type {Row | null} the part that was chosen to be away */
  let pinned = null;
  /** @type {(() => void)[]} of the rows */
  let repaints = [];
  let hidden = false; // whether a stroke is away from the sheet

  async function show() {
    turn += 1;
    const mine = turn;
    if (panel.hidden) {
      pinned = null;
      showWhole();
      return;
    }
    const subject = await takeDigit();
    if (mine !== turn) return;
    if (!subject) {
      refuse(say('empty'));
      return;
    }
    if (subject.digit.digit !== shown?.explained.digit) against = '';
    const { picture, probabilities } = subject.digit;
    const asking = JSON.stringify([picture, probabilities, subject.model, against]);
    if (picture && asking === asked) return;
    flight?.abort();
    flight = new AbortController();
    const { signal } = flight;
    asked = asking;
    try {
      const sent = picture ? readDataUrl(picture) : subject.picture;
      const explained = await explainPicture(sent, { model: subject.model, against, signal });
      const ink = await readInk(picture ?? explained.steps.at(-1)?.picture ?? '');
      const gone = await Promise.all([...explained.evidence.parts, explained.evidence.smallest].map(readGone));
      if (signal.aborted) return;
      fill(explained, ink, gone);
      await fillStrokes(subject.alone ? takeStrokes() : [], subject.model, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      refuse(error.message);
    }
  }

  /** @param {string} sentence */
  function refuse(sentence) {
    flight?.abort();
    shown = null;
    asked = '';
    page.heading.textContent = say('title');
    page.note.textContent = sentence;
    page.note.hidden = false;
    page.body.hidden = true;
  }

  /** @param {Explanation} explained @param {Ink} ink @param {(Ink | null)[]} gone of each part, then of the smallest change */
  function fill(explained, ink, gone) {
    const { evidence } = explained;
    shown = { explained, ink };
    pinned = null;
    repaints = [];
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
      rowOf(
        lossOf(
          part,
          ink,
          gone[place],
          say('without', { piece: namePart(evidence.parts, place), read: describe(part) }),
        ),
      ),
    );
    page.parts.replaceChildren(...rows);
    page.noParts.hidden = rows.length > 0;
    page.smallest.replaceChildren(smallestOf(evidence, ink, gone[rows.length], names));
    page.strokesTitle.hidden = true;
    page.strokes.replaceChildren();
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
   * @param {Evidence} evidence @param {Ink} ink @param {Ink | null} gone
   * @param {{digit: string, other: string}} names
   */
  function smallestOf({ smallest }, ink, gone, names) {
    if (!smallest) {
      const item = document.createElement('li');
      item.append(paragraph(say('noSmallest', names)));
      return item;
    }
    const values = { share: formatShare(smallest.share), read: describe(smallest) };
    return rowOf(lossOf(smallest, ink, gone, say('erase', values)));
  }

  /**
   * @param {Change} change @param {Ink} ink @param {Ink | null} gone @param {string} sentence
   * @returns {Loss}
   */
  function lossOf(change, ink, gone, sentence) {
    return { sentence, read: change, paint: (canvas) => paintWithout(canvas, ink, gone ?? ink), rest: null };
  }

  /** @param {Stroke[]} strokes @param {string} model @param {AbortSignal} signal */
  async function fillStrokes(strokes, model, signal) {
    const left = await readWithoutStrokes(strokes, model, signal);
    if (signal.aborted) return;
    page.strokesTitle.hidden = left.length === 0;
    page.strokes.replaceChildren(
      ...left.map(({ place, rest, read }, number) =>
        rowOf({
          sentence: say('without', { piece: say('stroke', { number: number + 1 }), read: describe(read) }),
          read,
          paint: (canvas) => paintStrokesWithout(canvas, strokes, place),
          rest,
        }),
      ),
    );
  }

  /** @param {FoundDigit} read */
  function describe(read) {
    const perhaps = contradictsDoubt(read) ? 'doubted' : 'perhaps';
    const key = read.certain ? 'sure' : read.doubt === 'not_a_digit' ? 'strange' : perhaps;
    const text = say(key, { digit: nameDigit(read), share: formatShare(read.confidence) });
    return read.certain && read.digit === shown?.explained.digit ? say('still', { read: text }) : text;
  }

  /** @param {Loss} loss */
  function rowOf(loss) {
    const [item, button] = [document.createElement('li'), document.createElement('button')];
    const [small, sentence] = [canvasOf(SMALL), document.createElement('span')];
    sentence.textContent = loss.sentence;
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.toggleAttribute('data-flips', loss.read.digit !== shown?.explained.digit);
    button.append(small, sentence);
    item.append(button);
    const row = { ...loss, button };
    const repaint = () => requestAnimationFrame(() => small.isConnected && loss.paint(small));
    repaint();
    repaints.push(repaint);
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

  function repaintAll() {
    for (const repaint of repaints) repaint();
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
    showOnSheet(null);
  }

  /** @param {Row} row */
  function showWithout({ sentence, read, paint, rest }) {
    if (!shown) return;
    paint(page.picture);
    showBars(read, sentence);
    showOnSheet(rest);
  }

  /**
   * Show less than the drawing on the sheet; only what was hidden here is shown again.
   * @param {Stroke[] | null} rest
   */
  function showOnSheet(rest) {
    if (rest || hidden) showStrokes(rest);
    hidden = rest !== null;
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
      number.textContent = share < NONE || contradictsDoubt(read) ? '' : formatShare(share);
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
  document.addEventListener('theme', repaintAll);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaintAll);
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

/** @param {Change | null} change */
function readGone(change) {
  return change ? readInk(change.ink) : null;
}
