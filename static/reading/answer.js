/** Owns the answer: the number; how certain it is, or why it is not; ten bars; what a screen reader says. */

import { find } from '../site/elements.js';
import { formatShare, language, t } from '../site/texts.js';
import { nameDigit, nameReading } from './server.js';

const CLOSE = 0.35; // of the first guess: a second one above this could also be right
const NONE = 0.0005; // less is shown as nothing: it would be written as 0 %
const PAUSE = 600; // milliseconds without a new answer before it is said: not between two strokes of a digit
const FAINT = 0.005; // a second guess below this is not worth a number
const SURE = 0.98; // a doubted digit above this gets no number: it would contradict the doubt

/** What is said of each doubt. */
const DOUBTS = { not_a_digit: 'answer.strange', ambiguous: 'answer.between', faint: 'answer.faint' };

/**
 * @param {HTMLElement} root the element #answer, or one like it
 * @param {() => string[] | null} takeClasses as classesOf
 */
export function createAnswer(root, takeClasses) {
  const verdict = find(root, '.verdict');
  const sentence = find(root, '.sentence');
  const second = find(root, '.second');
  const announcement = root.querySelector('[data-part="announcement"]');
  /** @type {HTMLElement | null} only where a person can ask again */
  const again = root.querySelector('#again');
  /** @type {HTMLImageElement | null} the 28 by 28 pixels that the network saw */
  const seen = root.querySelector('#seen');
  const bars = [...root.querySelectorAll('li')].map((bar) => ({
    bar,
    label: find(bar, '.label'),
    number: find(bar, '.number'),
  }));
  /** @type {Reading | null} */
  let reading = null;
  let chosen = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let saying;

  /** @param {AnswerState} state */
  function setState(state, text = '') {
    again?.toggleAttribute('hidden', true);
    root.dataset.state = state;
    root.dataset.text = text;
  }

  /** @param {string} text */
  function announce(text) {
    clearTimeout(saying);
    saying = setTimeout(() => {
      if (announcement && announcement.textContent !== text) announcement.textContent = text;
    }, PAUSE);
  }

  function showEmpty() {
    reading = null;
    setState('empty');
    showNothing(t('answer.empty'));
    announce(t('answer.empty'));
  }

  function showReading() {
    clearTimeout(saying);
    setState('reading', root.dataset.text);
    if (!reading) sentence.textContent = t('answer.reading');
  }

  /**
   * Take the old answer away: what is read now is something else.
   * @param {string} step what is being done, for a slow line
   */
  function showWaiting(step) {
    reading = null;
    setState('reading');
    showNothing(step);
  }

  /** @param {string} text */
  function showNothing(text) {
    verdict.replaceChildren();
    delete verdict.dataset.length;
    delete root.dataset.doubt;
    sentence.textContent = text;
    second.textContent = '';
    showBars(null);
  }

  /** @param {Reading} newest @param {boolean} settled whether the drawing is finished */
  function showAnswer(newest, settled) {
    reading = newest;
    chosen = reading.digits.length - 1;
    const certain = [...reading.digits, ...(reading.marks ?? [])].every(({ certain = true }) => certain);
    setState(settled ? (certain ? 'answered' : 'uncertain') : 'reading', reading.text);
    root.dataset.certain = String(certain);
    showVerdict(reading);
    showChosen(reading);
    if (settled) announce([sentence.textContent, second.textContent].join(' '));
  }

  /** @param {Problem} problem */
  function showProblem(problem) {
    reading = null;
    setState('problem');
    showNothing(problem.message);
    again?.toggleAttribute('hidden', !problem.repeatable);
    announce(problem.message);
  }

  /** @param {Reading} shown */
  function showVerdict(shown) {
    const names = shown.digits.map(nameDigit);
    const length = Math.max(names.join('').length, shown.text.replaceAll('\n', '').length);
    verdict.replaceChildren(...(names.length > 1 || shown.text.length > 1 ? manyDigits(shown) : names));
    verdict.dataset.length = String(length);
  }

  /**
   * Make each digit of a number a button that shows its own bars; its signs stay text.
   * @param {Reading} shown
   */
  function manyDigits(shown) {
    let index = 0;
    return shown.text.split('\n').map((text) => {
      const line = document.createElement('span');
      line.className = 'line';
      for (const sign of text.replaceAll(' ', '')) {
        if (/\d/.test(sign)) line.append(digitButton(shown, shown.digits[index], index++));
        else line.append(sign);
      }
      return line;
    });
  }

  /** @param {Reading} shown @param {FoundDigit} digit @param {number} index */
  function digitButton(shown, digit, index) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = nameDigit(digit);
    button.dataset.certain = String(digit.certain);
    button.setAttribute('aria-pressed', String(index === chosen));
    button.setAttribute('aria-label', t('answer.digit', { place: index + 1, digit: nameDigit(digit) }));
    button.addEventListener('click', () => choose(shown, index));
    return button;
  }

  /** @param {Reading} shown @param {number} index */
  function choose(shown, index) {
    chosen = index;
    verdict.querySelectorAll('button').forEach((button, place) => {
      button.setAttribute('aria-pressed', String(place === index));
    });
    showChosen(shown);
    root.dispatchEvent(new Event('choose'));
  }

  /** @param {Reading} shown */
  function showChosen(shown) {
    const digit = shown.digits[chosen];
    const doubt = doubtOf(digit);
    if (doubt) root.dataset.doubt = doubt;
    else delete root.dataset.doubt;
    sentence.textContent = describe(shown, takeClasses());
    second.textContent = [describeSecond(digit, shown.digits.length > 1, takeClasses()), describeMarks(shown)]
      .filter(Boolean)
      .join(' ');
    showBars(digit);
  }

  /** @param {FoundDigit | null} digit */
  function showBars(digit) {
    const classes = takeClasses();
    if (seen) {
      seen.hidden = !digit?.picture;
      if (digit?.picture) seen.src = digit.picture;
    }
    bars.forEach(({ bar, label, number }, index) => {
      const share = digit?.probabilities[index] ?? 0;
      bar.toggleAttribute('data-none', share < NONE);
      bar.style.setProperty('--share', String(share));
      bar.toggleAttribute('data-best', digit?.digit === index);
      label.textContent = classes?.[index] ?? String(index);
      const quiet = !digit || share < NONE || contradictsDoubt(digit);
      number.textContent = quiet ? '' : formatShare(share);
    });
  }

  return {
    showEmpty,
    showReading,
    showWaiting,
    showAnswer,
    showProblem,
    get reading() {
      return reading;
    },
    /** The digit with its bars shown. */
    get chosen() {
      return reading?.digits[chosen] ?? null;
    },
  };
}

/**
 * Return the names of the chosen model's classes, where they are not digits.
 * @param {HTMLSelectElement | null} select
 */
export function classesOf(select) {
  return select?.selectedOptions[0].dataset.classes?.split(',') ?? null;
}

/**
 * Return the models that read digits, the chosen one first; none where there is no choice.
 * @param {HTMLSelectElement | null} select
 */
export function modelsOf(select) {
  return [...(select?.options ?? [])]
    .filter(({ dataset }) => !dataset.classes)
    .sort((one, other) => Number(other.selected) - Number(one.selected))
    .map(({ value, text }) => ({ name: value, title: text }));
}

/**
 * Say what was read and, where it is uncertain, why.
 * @param {Reading} reading
 * @param {string[] | null} classes
 */
export function describe(reading, classes) {
  const { digits } = reading;
  const number = nameReading(reading);
  const doubtful = digits.filter(({ certain }) => !certain).map(nameDigit);
  if (digits.length > 1 && doubtful.length === digits.length) return t('answer.numberDoubted', { number });
  if (digits.length > 1 && doubtful.length) return t('answer.numberUncertain', { number, digits: nameAll(doubtful) });
  if (digits.length > 1) return t('answer.number', { number });
  const [digit] = digits;
  const doubt = doubtOf(digit);
  if (!doubt) return t('answer.certain', { digit: number, share: formatShare(digit.confidence) });
  return t(DOUBTS[doubt], { digit: number, other: secondOf(digit, classes).name });
}

/**
 * Return why a digit is not certain; null where it is. A model without the word is told by its second guess.
 * @param {FoundDigit} digit
 * @returns {Doubt | null}
 */
function doubtOf({ certain, doubt, confidence, probabilities }) {
  if (certain) return null;
  if (doubt && doubt in DOUBTS) return doubt;
  const [, next] = [...probabilities].sort((one, other) => other - one);
  return next >= CLOSE * confidence ? 'ambiguous' : 'not_a_digit';
}

/** Say whether a share in percent beside a digit would contradict the doubt about it. @param {FoundDigit} digit */
export function contradictsDoubt(digit) {
  const doubt = doubtOf(digit);
  return doubt === 'not_a_digit' || (doubt !== null && digit.confidence > SURE);
}

/** @param {string[]} names */
function nameAll(names) {
  return new Intl.ListFormat(language).format(names);
}

/** @param {Reading} reading */
function describeMarks({ marks = [] }) {
  const count = marks.filter(({ sign }) => !sign).length;
  if (!count) return '';
  return count === 1 ? t('answer.mark') : t('answer.marks', { count });
}

/** @param {FoundDigit} digit @param {boolean} many @param {string[] | null} classes */
function describeSecond(digit, many, classes) {
  const doubt = doubtOf(digit);
  if (doubt === 'not_a_digit' || (doubt && !many))
    return many ? t('answer.strangeOf', { digit: nameDigit(digit) }) : '';
  const { name, share } = secondOf(digit, classes);
  const key = many ? 'answer.secondOf' : 'answer.second';
  const values = { digit: nameDigit(digit), other: name };
  if (share >= FAINT) return t(key, { ...values, share: formatShare(share) });
  if (share > 0) return t(`${key}Faint`, values);
  return many && !doubt ? t('answer.sure', { ...values, share: formatShare(digit.confidence) }) : '';
}

/** @param {FoundDigit} digit @param {string[] | null} classes */
function secondOf({ probabilities }, classes) {
  const ranked = probabilities.map((share, digit) => ({ name: classes?.[digit] ?? String(digit), share }));
  return ranked.sort((one, other) => other.share - one.share)[1];
}
