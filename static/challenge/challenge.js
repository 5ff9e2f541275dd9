/** Owns the challenge: a task, how near the drawing is to it, the best so far, and a link that opens the same task. */

import { Problem, readPicture } from '../reading/server.js';
import { keep, recall } from '../site/browser.js';
import { loadTexts } from '../site/later.js';
import { formatShare, t } from '../site/texts.js';
import { isLess, judge, measure, nameTask, parseTask, secondOf, TASKS } from './tasks.js';

/** @typedef {import('./tasks.js').Task} Task */
/** @typedef {import('./tasks.js').Effort} Effort */

const STORE = 'challenge'; // the best of each task, in this browser

/**
 * @param {HTMLElement} panel
 * @param {ChallengeParts} parts
 */
export async function createChallenge(panel, { takeReading, takeStrokes, takePicture, takeModels }) {
  const say = await loadTexts(import.meta.url);
  const [task, state, bar, best] = ['p', 'p', 'progress', 'p'].map((tag) => document.createElement(tag));
  const [next, link, copy, share] = [button('next'), document.createElement('input'), button('copy'), button('share')];
  const label = document.createElement('label');
  /** @type {Task} */
  let chosen = linked() ?? offered()[0];
  /** @type {AbortController | null} */
  let flight = null;

  /** @param {string} key */
  function button(key) {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = say(key);
    return made;
  }

  /** The tasks that this server can set: some need two models. */
  function offered() {
    return TASKS.filter(({ kind }) => kind !== 'two' || takeModels().length > 1);
  }

  function linked() {
    const named = parseTask(new URLSearchParams(location.hash.slice(1)).get('task') ?? '');
    return named?.kind === 'two' && takeModels().length < 2 ? null : named;
  }

  /** The two models of a task for two: the chosen one, and the most famous of the others. */
  function pair() {
    const [first, ...others] = takeModels();
    return [first, others.find(({ name }) => name === 'lenet5') ?? others[0]];
  }

  async function show() {
    flight?.abort();
    flight = new AbortController();
    const { signal } = flight;
    const [first, second] = pair();
    task.textContent = say(`task.${chosen.kind}`, {
      first: first?.title ?? '',
      second: second?.title ?? '',
      ...chosen,
    });
    link.value = `${location.href.split(/[?#]/)[0]}#open=challenge&task=${nameTask(chosen)}`;
    const reading = takeReading();
    const strokes = takeStrokes();
    if (reading?.digits.length !== 1 || !strokes.length) {
      showState(reading && strokes.length ? say('one') : say('begin'), 0, false);
      return;
    }
    try {
      const [digit] = reading.digits;
      const other = chosen.kind === 'two' ? await readOther(second.name, signal) : null;
      if (!signal.aborted) compare(digit, other, measure(strokes));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      showState(error.message, 0, false);
    }
  }

  /** @param {string} model @param {AbortSignal} signal */
  async function readOther(model, signal) {
    const { digits } = await readPicture(await takePicture(), { model, signal });
    return digits.length === 1 ? digits[0] : null;
  }

  /** @param {FoundDigit} digit @param {FoundDigit | null} other @param {Effort} effort */
  function compare(digit, other, effort) {
    const { done, share: near } = judge(chosen, digit, other);
    if (done) keepBest(effort);
    showState(`${describe(digit, other, near)} ${done ? praise(effort) : missing(digit, other)}`, near, done);
  }

  /** @param {FoundDigit} digit @param {FoundDigit | null} other @param {number} near */
  function describe(digit, other, near) {
    if (chosen.kind !== 'two') return say('state', { digit: digit.digit, read: chosen.read, share: formatShare(near) });
    const [first, second] = pair();
    return say('state.two', {
      first: first.title,
      second: second.title,
      digit: digit.digit,
      other: other?.digit ?? '–',
    });
  }

  /** @param {Effort} effort */
  function praise({ strokes, length }) {
    return say(`done.${chosen.kind}`, { ...chosen, strokes, length });
  }

  /** @param {FoundDigit} digit @param {FoundDigit | null} other */
  function missing(digit, other) {
    if (chosen.kind === 'two') return other && other.digit !== digit.digit ? say('unsure') : '';
    if (digit.digit !== chosen.read) return '';
    if (!digit.certain) return say('unsure');
    return chosen.kind === 'reads' ? say('second', { written: chosen.written, second: secondOf(digit) }) : '';
  }

  /** @param {string} sentence @param {number} near @param {boolean} done */
  function showState(sentence, near, done) {
    state.textContent = sentence;
    /** @type {HTMLProgressElement} */ (bar).value = done ? 1 : Math.min(near, 0.99);
    panel.toggleAttribute('data-done', done);
    const kept = recallBest()[nameTask(chosen)];
    best.textContent = kept ? say('best', kept) : '';
  }

  /** @param {Effort} effort */
  function keepBest(effort) {
    const all = recallBest();
    const name = nameTask(chosen);
    if (!isLess(effort, all[name] ?? null)) return;
    keep(STORE, JSON.stringify({ ...all, [name]: effort }));
  }

  function showNext() {
    const all = offered();
    const place = all.findIndex((each) => nameTask(each) === nameTask(chosen));
    chosen = all[(place + 1) % all.length];
    show();
  }

  function followLink() {
    chosen = linked() ?? chosen;
    show();
  }

  task.className = 'challenge-task';
  state.className = 'challenge-state';
  state.setAttribute('role', 'status');
  bar.setAttribute('aria-label', say('near'));
  best.className = 'challenge-best';
  link.readOnly = true;
  link.className = 'link';
  link.id = 'challenge-link';
  label.htmlFor = link.id;
  label.textContent = say('link');
  share.hidden = !navigator.share;
  next.addEventListener('click', showNext);
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link.value);
      copy.textContent = t('code.copied');
    } catch {
      link.select();
    }
  });
  share.addEventListener('click', () =>
    navigator.share({ url: link.value, title: task.textContent ?? '' }).catch(() => {}),
  );
  addEventListener('hashchange', followLink);
  const [choices, tools] = [document.createElement('div'), document.createElement('div')];
  choices.className = 'choices';
  choices.append(next);
  tools.className = 'challenge-link';
  tools.append(label, link, copy, share);
  const near = document.createElement('div');
  near.append(bar);
  panel.append(task, near, state, best, choices, tools);
  return { show };
}

/** @returns {Record<string, Effort>} */
function recallBest() {
  try {
    return JSON.parse(recall(STORE) || '{}');
  } catch {
    return {};
  }
}
