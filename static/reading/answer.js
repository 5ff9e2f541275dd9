/** Owns the answer: the number, large; how sure it is, and why not; ten bars; what a screen reader hears. */

import { nameDigit, nameReading } from './server.js';
import { formatShare, t } from '../site/texts.js';

const CLOSE = 0.35; // a second guess with this much more than nothing is worth a reason
const FAINT = 0.005; // a second guess below this is not worth a number

/**
 * @param {HTMLElement} root the element #answer, or one like it
 * @param {() => string[] | null} takeClasses what the classes of the model are called, where they are no digits
 */
export function createAnswer(root, takeClasses) {
  const find = (name) => root.querySelector(`[data-part="${name}"]`);
  const [verdict, sentence, second, announcement] = ['verdict', 'sentence', 'second', 'announcement'].map(find);
  const bars = [...root.querySelectorAll('.bars li')];
  /** @type {import('./server.js').Reading | null} */
  let reading = null;
  let chosen = 0;

  function setState(state, text = '') {
    root.dataset.state = state;
    root.dataset.text = text;
  }

  function announce(text) {
    if (announcement && announcement.textContent !== text) announcement.textContent = text;
  }

  function showEmpty() {
    reading = null;
    setState('empty');
    verdict.replaceChildren();
    delete verdict.dataset.length;
    sentence.textContent = t('answer.empty');
    second.textContent = '';
    announce(t('answer.empty'));
    showBars(null);
  }

  function showReading() {
    setState('reading', root.dataset.text);
    if (!reading) sentence.textContent = t('answer.reading');
  }

  function showAnswer(newest, settled) {
    reading = newest;
    chosen = reading.digits.length - 1;
    const certain = reading.digits.every((digit) => digit.certain);
    setState(settled ? (certain ? 'answered' : 'uncertain') : 'reading', reading.text);
    root.dataset.certain = String(certain);
    showVerdict();
    showChosen();
    if (settled) announce([sentence.textContent, second.textContent].join(' '));
  }

  function showProblem(problem) {
    reading = null;
    setState('problem');
    verdict.replaceChildren();
    delete verdict.dataset.length;
    sentence.textContent = problem.message;
    second.textContent = '';
    announce(problem.message);
    showBars(null);
  }

  function showVerdict() {
    const names = reading.digits.map(nameDigit);
    verdict.replaceChildren(...(names.length > 1 ? manyDigits() : names));
    verdict.dataset.length = String(names.join('').length);
  }

  /** Each digit of a number is a button that shows its own bars. */
  function manyDigits() {
    const lines = reading.text.split('\n').map((line) => line.replaceAll(' ', '').length);
    let first = 0;
    return lines.map((length) => {
      const line = document.createElement('span');
      line.className = 'line';
      line.append(...reading.digits.slice(first, first + length).map((digit, place) => digitButton(digit, first + place)));
      first += length;
      return line;
    });
  }

  function digitButton(digit, index) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = nameDigit(digit);
    button.dataset.certain = String(digit.certain);
    button.setAttribute('aria-pressed', String(index === chosen));
    button.setAttribute('aria-label', t('answer.digit', { place: index + 1, digit: nameDigit(digit) }));
    button.addEventListener('click', () => choose(index));
    return button;
  }

  function choose(index) {
    chosen = index;
    verdict.querySelectorAll('button').forEach((button, place) => {
      button.setAttribute('aria-pressed', String(place === index));
    });
    showChosen();
    root.dispatchEvent(new CustomEvent('choose', { detail: reading.digits[index] }));
  }

  function showChosen() {
    const digit = reading.digits[chosen];
    sentence.textContent = describe(reading, takeClasses());
    second.textContent = describeSecond(digit, reading.digits.length > 1, takeClasses());
    showBars(digit);
  }

  function showBars(digit) {
    const classes = takeClasses();
    bars.forEach((bar, index) => {
      const share = digit?.probabilities[index] ?? 0;
      bar.style.setProperty('--share', String(share));
      bar.toggleAttribute('data-best', digit?.digit === index);
      bar.firstElementChild.textContent = classes?.[index] ?? String(index);
      bar.lastElementChild.textContent = digit ? formatShare(share) : '';
    });
  }

  return {
    showEmpty,
    showReading,
    showAnswer,
    showProblem,
    get reading() {
      return reading;
    },
    /** The digit whose bars are shown. */
    get chosen() {
      return reading?.digits[chosen] ?? null;
    },
  };
}

/**
 * @param {HTMLSelectElement | null} select of a model
 * @returns {string[] | null} the names of its classes, where they are no digits
 */
export function classesOf(select) {
  return select?.selectedOptions[0].dataset.classes?.split(',') ?? null;
}

/**
 * Say what was read and, where it is uncertain, why.
 * @param {import('./server.js').Reading} reading
 * @param {string[] | null} classes
 * @returns {string}
 */
export function describe(reading, classes) {
  const { digits } = reading;
  const number = nameReading(reading);
  const doubtful = digits.filter(({ certain }) => !certain).map(nameDigit);
  if (digits.length > 1 && doubtful.length) return t('answer.numberUncertain', { number, digits: doubtful.join(', ') });
  if (digits.length > 1) return t('answer.number', { number });
  const [{ confidence, certain }] = digits;
  if (certain) return t('answer.certain', { digit: number, share: formatShare(confidence) });
  const next = secondOf(digits[0], classes);
  if (next.share >= CLOSE * confidence) return t('answer.between', { digit: number, other: next.name });
  return t('answer.strange', { digit: number });
}

function describeSecond(digit, many, classes) {
  const { name, share } = secondOf(digit, classes);
  const key = many ? 'answer.secondOf' : 'answer.second';
  const values = { digit: nameDigit(digit), other: name };
  if (share >= FAINT) return t(key, { ...values, share: formatShare(share) });
  if (share > 0) return t(`${key}Faint`, values);
  return many ? t('answer.sure', { ...values, share: formatShare(digit.confidence) }) : '';
}

function secondOf({ probabilities }, classes) {
  const ranked = probabilities.map((share, digit) => ({ name: classes?.[digit] ?? String(digit), share }));
  return ranked.sort((one, other) => other.share - one.share)[1];
}
