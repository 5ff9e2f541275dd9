/** Owns the answer: the number, large; how sure it is, and why not; ten bars; what a screen reader hears. */

import { formatShare, t } from './texts.js';

const CLOSE = 0.35; // a second guess with this much more than nothing is worth a reason
const FAINT = 0.005; // a second guess below this is not worth naming

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
    sentence.textContent = problem.message;
    second.textContent = '';
    announce(problem.message);
    showBars(null);
  }

  function showVerdict() {
    const many = reading.digits.length > 1;
    const name = reading.digits[0].label ?? reading.text;
    verdict.replaceChildren(...(many ? manyDigits() : [name]));
    verdict.dataset.length = String(many ? reading.digits.length : name.length);
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
    button.textContent = String(digit.digit);
    button.dataset.certain = String(digit.certain);
    button.setAttribute('aria-pressed', String(index === chosen));
    button.setAttribute('aria-label', t('answer.digit', { place: index + 1, digit: digit.digit }));
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
    sentence.textContent = describe(reading);
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
 * @returns {string}
 */
export function describe({ text, digits }) {
  const doubtful = digits.filter((digit) => !digit.certain);
  const number = text.replaceAll('\n', ', ');
  if (digits.length > 1 && doubtful.length) {
    return t('answer.numberUncertain', { number, digits: doubtful.map(({ digit }) => digit).join(', ') });
  }
  if (digits.length > 1) return t('answer.number', { number });
  const [{ confidence, certain, label }] = digits;
  const digit = label ?? digits[0].digit;
  if (certain) return t('answer.certain', { digit, share: formatShare(confidence) });
  const [, next] = rank(digits[0]);
  if (next.share >= CLOSE * confidence) return t('answer.between', { digit, other: next.digit });
  return t('answer.strange', { digit });
}

function describeSecond(digit, many, classes) {
  const [, next] = rank(digit);
  const key = many ? 'answer.secondOf' : 'answer.second';
  if (next.share < FAINT) return many ? t('answer.sure', { digit: digit.digit, share: formatShare(digit.confidence) }) : '';
  return t(key, {
    digit: digit.digit,
    other: classes?.[next.digit] ?? next.digit,
    share: formatShare(next.share),
  });
}

function rank({ probabilities }) {
  return probabilities.map((share, digit) => ({ digit, share })).sort((one, other) => other.share - one.share);
}
