/** Owns the conversation with the server: pictures out, readings in, every failure one Problem. */

import { has, language, t } from '../site/texts.js';

const PATIENCE = 20_000; // milliseconds until a silent server counts as away
const BUSY = new Set([429, 502, 503, 504]);

let readsMany = true; // until the server says that it has no /read

/**
 * @typedef {{digit: number, confidence: number, certain: boolean, probabilities: number[], box?: number[],
 *   label?: string}} FoundDigit
 * @typedef {{text: string, digits: FoundDigit[], model: string}} Reading
 * @typedef {{name: string, decision: string, picture: string}} Step
 */

/** Says what went wrong in a sentence for the person at the page. */
export class Problem extends Error {
  /**
   * @param {string} sentence
   * @param {string} code
   * @param {boolean} [passing] whether the same request may succeed later
   */
  constructor(sentence, code, passing = false) {
    super(sentence);
    this.code = code;
    this.passing = passing;
  }
}

/**
 * Read every digit of a picture.
 * @param {Blob} picture
 * @param {{model?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<Reading>}
 */
export async function readPicture(picture, { model = '', signal } = {}) {
  if (readsMany) {
    try {
      return await post('/read', picture, { model }, signal);
    } catch (error) {
      if (error.code !== 'not_found') throw error;
      readsMany = false;
    }
  }
  const digit = await post('/predict', picture, { model }, signal);
  return { text: String(digit.digit), digits: [digit], model: digit.model };
}

/**
 * Read one digit and tell each step from the picture to what the network sees.
 * @param {Blob} picture
 * @param {{model?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<FoundDigit & {steps: Step[], model: string}>}
 */
export async function explainPicture(picture, { model = '', signal } = {}) {
  return post('/predict', picture, { model, explain: '1' }, signal);
}

/**
 * Name what was read: the class of a model that was not taught digits, else the digit.
 * @param {FoundDigit} digit
 * @returns {string}
 */
export function nameDigit({ digit, label }) {
  return label ?? String(digit);
}

/**
 * Name everything that was read, in one line.
 * @param {Reading} reading
 * @returns {string}
 */
export function nameReading({ text, digits }) {
  return digits.some(({ label }) => label) ? digits.map(nameDigit).join(', ') : text.replaceAll('\n', ', ');
}

/**
 * Wait until the server is ready again.
 * @returns {Promise<void>}
 */
export async function serverBack() {
  for (let pause = 1000; ; pause = Math.min(2 * pause, 8000)) {
    await pauseOrOnline(pause);
    if (await isReady()) return;
  }
}

async function isReady() {
  try {
    return (await fetch('/health/ready', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE) })).ok;
  } catch {
    return false;
  }
}

function pauseOrOnline(milliseconds) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener('online', done);
  });
}

async function post(path, picture, options, signal) {
  const query = new URLSearchParams(Object.entries(options).filter(([, value]) => value));
  const response = await send(`${path}?${query}`, {
    method: 'POST',
    body: picture,
    headers: { 'Content-Type': picture.type || 'application/octet-stream', Accept: 'application/json' },
    signal: withPatience(signal),
  });
  const answer = await parse(response);
  if (response.ok && answer) return answer;
  throw toProblem(response, answer ?? {});
}

async function send(address, options) {
  try {
    return await fetch(address, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(t('problem.away'), 'away', true);
  }
}

async function parse(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return null;
  }
}

function withPatience(signal) {
  const limit = AbortSignal.timeout(PATIENCE);
  if (!signal) return limit;
  return AbortSignal.any?.([signal, limit]) ?? signal; // browsers from before 2024 have no any()
}

function toProblem(response, { error, code = 'internal' }) {
  if (BUSY.has(response.status)) return new Problem(t('problem.busy'), code, true);
  const translated = `problem.${code}`;
  const sentence = language === 'en' || !has(translated) ? error : t(translated);
  return new Problem(sentence ?? t('problem.internal'), code);
}
