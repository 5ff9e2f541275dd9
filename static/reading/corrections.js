/**
 * Owns "Not right?": ten keys under the answer that tell the server what was written, and the panel that shows what it
 * learned from this person's hand, to undo, to carry to another device or to forget.
 */

import { dropParameter, readDataUrl } from '../site/browser.js';
import { find } from '../site/elements.js';
import { t } from '../site/texts.js';
import { adoptHand, dropHand, handName, isHandOn, needHand, switchHand } from './hand.js';
import { ask, Problem } from './server.js';

const MAX_VISIT = 40; // digits of this visit that are read again after a correction

/**
 * @param {HTMLElement} card the answer's
 * @param {HTMLDetailsElement} panel what was learned
 * @param {CorrectionListener} listener
 */
export function createCorrections(card, panel, { takeDigit, changed }) {
  const open = find(card, '#correct');
  const keys = find(card, '#keys');
  const said = find(card, '#learned');
  const gallery = find(panel, '.gallery');
  const template = find(panel, 'template');
  const note = find(panel, '[data-part="note"]');
  const visit = find(panel, '.visit');
  const link = find(panel, '#hand-link');
  const onOff = find(panel, '#hand-on');
  /** @type {Map<string, number>} the digits that were read in this visit, by their pictures: what each was read as */
  const seen = new Map();
  let corrected = ''; // the picture of the newest correction: what was said of it stays while it is shown

  /** @param {boolean} shown */
  function showKeys(shown) {
    keys.hidden = !shown;
    open.setAttribute('aria-expanded', String(shown));
    if (shown) keys.scrollIntoView({ block: 'nearest' });
  }

  /** @param {number} digit */
  async function correct(digit) {
    const read = takeDigit();
    if (!read?.picture) return;
    showKeys(false);
    open.focus();
    try {
      const { trusted } = await ask(
        'POST',
        '/corrections',
        { digit: String(digit), hand: needHand() },
        readDataUrl(read.picture),
      );
      switchHand(true);
      corrected = read.picture;
      said.textContent = trusted ? t('learn.kept', { digit }) : t('learn.distrusted', { digit });
      await Promise.all([changed(), showHand(), compareVisit()]);
    } catch (error) {
      said.textContent = describeFailure(error);
    }
  }

  /**
   * Note what a drawing was read as, and say where the hand decided.
   * @param {Reading | null} reading
   */
  function noteReading(reading) {
    open.hidden = !reading?.digits.some(({ picture }) => picture);
    if (!reading) showKeys(false);
    for (const { picture, digit, without_hand: alone } of reading?.digits ?? []) {
      if (picture && !seen.has(picture) && seen.size < MAX_VISIT) seen.set(picture, alone ?? digit);
    }
    const learned = reading?.digits.find((digit) => digit.without_hand !== undefined);
    if (learned) said.textContent = t('learn.decided', { digit: learned.digit, alone: learned.without_hand ?? '' });
    else if (!reading?.digits.some(({ picture }) => picture === corrected)) said.textContent = '';
  }

  /** Read the digits of this visit again, and show which are read otherwise now. */
  async function compareVisit() {
    const before = [...seen];
    if (!before.length) return;
    const images = JSON.stringify({ images: before.map(([picture]) => picture) });
    const { predictions } = await ask(
      'POST',
      '/predict',
      { hand: handName() },
      new Blob([images], { type: 'application/json' }),
    );
    const items = before.flatMap(([picture, digit], index) => {
      const now = predictions[index]?.digit;
      return now === undefined || now === digit ? [] : [describeChange(picture, digit, now)];
    });
    visit.replaceChildren(...items);
    find(panel, '.visit-heading').hidden = !items.length;
  }

  async function showHand() {
    const there = Boolean(handName());
    find(panel, '.when-taught').hidden = !there;
    onOff.checked = isHandOn();
    link.value = `${location.origin}/#hand=${handName()}`;
    if (!there) {
      note.textContent = t('learn.none');
      gallery.replaceChildren();
      return;
    }
    try {
      const { corrections, more } = await ask('GET', `/hands/${handName()}/corrections`, {});
      const count = more ? `${corrections.length}+` : corrections.length;
      note.textContent = corrections.length ? t('learn.count', { count }) : t('learn.none');
      gallery.replaceChildren(...corrections.map(describeCorrection));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      note.textContent = error.message;
    }
  }

  /** Do what asks the server, and say where it cannot be done. @param {() => Promise<void>} action */
  async function attempt(action) {
    try {
      await action();
    } catch (error) {
      note.textContent = describeFailure(error);
    }
  }

  /** @param {Correction} correction */
  function describeCorrection({ id, digit, was, picture, trusted }) {
    const item = find(document.importNode(template.content, true), 'li');
    find(item, 'img').src = picture;
    find(item, 'b').textContent = String(digit);
    find(item, 'span').textContent = trusted ? t('learn.was', { was }) : t('learn.waits');
    const button = find(item, 'button');
    button.setAttribute('aria-label', t('learn.delete', { digit }));
    button.addEventListener('click', () => attempt(remove));
    return item;

    async function remove() {
      await ask('DELETE', `/hands/${handName()}/corrections/${id}`, {});
      undo.hidden = false;
      undo.onclick = () => attempt(bringBack);
      undo.focus();
      await Promise.all([changed(), showHand()]);
    }

    async function bringBack() {
      await ask('POST', '/corrections', { digit: String(digit), hand: needHand() }, readDataUrl(picture));
      undo.hidden = true;
      find(panel, 'summary').focus();
      await Promise.all([changed(), showHand()]);
    }
  }

  async function forget() {
    await ask('DELETE', `/hands/${handName()}`, {});
    dropHand();
    said.textContent = t('learn.forgotten');
    visit.replaceChildren();
    find(panel, '.visit-heading').hidden = true;
    find(panel, 'summary').focus(); // the button goes
    await Promise.all([changed(), showHand()]);
  }

  const undo = find(panel, '#hand-undo');
  open.addEventListener('click', () => showKeys(Boolean(keys.hidden)));
  keys.addEventListener('click', ({ target }) => {
    const key = target instanceof HTMLButtonElement ? target.dataset.digit : undefined;
    if (key) correct(Number(key));
  });
  card.addEventListener('keydown', (event) => {
    if (keys.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9]$/.test(event.key)) correct(Number(event.key));
    else if (event.key === 'Escape') {
      showKeys(false);
      open.focus();
    }
  });
  find(card, '.bars').addEventListener('click', ({ target }) => {
    const bar = target instanceof Element ? target.closest('li') : null;
    if (!bar || open.hidden || bar.hasAttribute('data-best')) return;
    correct([...(bar.parentElement?.children ?? [])].indexOf(bar));
  });
  onOff.addEventListener('change', () => {
    switchHand(onOff.checked);
    changed();
  });
  find(panel, '#hand-forget').addEventListener('click', () => attempt(forget));
  find(panel, '#hand-copy').addEventListener('click', async () => {
    link.select();
    await navigator.clipboard?.writeText(link.value).catch(() => {});
    note.textContent = t('learn.copied');
  });
  find(panel, '#hand-export').addEventListener('click', () => {
    location.assign(`/hands/${handName()}/export`);
  });
  panel.addEventListener('toggle', () => {
    if (panel.open) showHand();
  });
  return { noteReading, showHand };
}

/**
 * Adopt the hand that a link brings from another device, and take it out of the address.
 * @returns {boolean} whether there was one
 */
export function adoptLinkedHand() {
  const adopted = adoptHand(new URLSearchParams(location.hash.slice(1)).get('hand') ?? '');
  dropParameter('hand');
  return adopted;
}

/**
 * Say what went wrong: what may go well later is not done by itself, as reading is.
 * @param {unknown} error
 */
function describeFailure(error) {
  if (!(error instanceof Problem)) throw error;
  return error.temporary ? t('learn.failed') : error.message;
}

/** @param {string} picture @param {number} before @param {number} now */
function describeChange(picture, before, now) {
  const item = document.createElement('li');
  const image = document.createElement('img');
  image.src = picture;
  image.alt = '';
  const text = document.createElement('span');
  text.textContent = `${before} → ${now}`;
  item.append(image, text);
  return item;
}
