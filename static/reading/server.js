/** Owns the requests to the server: pictures out, readings in, every failure one Problem. */

import { has, t } from '../site/texts.js';
import { handToRead } from './hand.js';

const TIMEOUT = 20_000; // milliseconds
const SLOW_LINE = 10; // bytes a millisecond: a picture gets so much longer
const SECOND_TRY = 500; // milliseconds after the server failed
const BUSY = new Set([429, 502, 503, 504]);
const LARGE = 100_000; // bytes: of a picture that is sent with its progress told

let hasRead = true; // until the server says that it has no /read

/** What went wrong, as a sentence for the person at the page. */
export class Problem extends Error {
  /**
   * @param {string} sentence
   * @param {string} code
   * @param {boolean} [temporary] whether the same request may succeed later
   * @param {boolean} [repeatable] whether it is worth asking once more
   */
  constructor(sentence, code, temporary = false, repeatable = false) {
    super(sentence);
    this.code = code;
    this.temporary = temporary;
    this.repeatable = repeatable;
  }
}

/**
 * Read every digit of a picture.
 * @param {Blob} picture
 * @param {ReadOptions} [options]
 * @returns {Promise<Reading>}
 */
export async function readPicture(picture, { model = '', signal, progress } = {}) {
  if (hasRead) {
    try {
      return await ask('POST', '/read', { model, explain: '1', hand: handToRead() }, picture, signal, progress);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
      hasRead = false;
    }
  }
  /** @type {Prediction} */
  const digit = await ask('POST', '/predict', { model, hand: handToRead() }, picture, signal);
  return { text: String(digit.digit), digits: [digit], marks: [], model: digit.model };
}

/**
 * Read one digit, with each step from the picture to what the network sees, and why it is not another digit.
 * @param {Blob} picture
 * @param {ReadOptions} [options]
 * @returns {Promise<Explanation>}
 */
export async function explainPicture(picture, { model = '', against = '', signal } = {}) {
  return ask('POST', '/predict', { model, explain: '1', against, hand: handToRead() }, picture, signal);
}

/**
 * Name what was read: the digit, or the class of a model trained on something else.
 * @param {FoundDigit} digit
 */
export function nameDigit({ digit, label }) {
  return label ?? String(digit);
}

/**
 * Name everything that was read, in one line.
 * @param {Reading} reading
 */
export function nameReading({ text, digits }) {
  return digits.some(({ label }) => label) ? digits.map(nameDigit).join(', ') : text.replaceAll('\n', ', ');
}

/** Wait until the server is ready again. */
export async function serverBack() {
  for (let pause = 1000; ; pause = Math.min(2 * pause, 8000)) {
    await pauseOrOnline(pause);
    if (await isReady()) return;
  }
}

async function isReady() {
  try {
    return (await fetch('/health/ready', { cache: 'no-store', signal: withTimeout(TIMEOUT) })).ok;
  } catch {
    return false;
  }
}

/**
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
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

/**
 * Ask the server, and once more where it failed.
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} options empty ones are left out
 * @param {Blob} [body]
 * @param {AbortSignal} [signal]
 * @param {(share: number) => void} [progress] told how much of a large body has gone
 */
export async function ask(method, path, options, body, signal, progress) {
  const query = String(new URLSearchParams(Object.entries(options).filter(([, value]) => value)));
  const once = () =>
    send(
      query || method === 'POST' ? `${path}?${query}` : path,
      {
        method,
        body: body ?? null,
        headers: {
          ...(body && { 'Content-Type': body.type || 'application/octet-stream' }),
          Accept: 'application/json',
        },
        signal: withTimeout(TIMEOUT + (body?.size ?? 0) / SLOW_LINE, signal),
      },
      body && body.size > LARGE ? progress : undefined,
    );
  let response = await once();
  if (response.status === 500) {
    await new Promise((resolve) => setTimeout(resolve, SECOND_TRY));
    response = await once();
  }
  if (response.status === 204) return null;
  const answer = await parse(response);
  if (response.ok && answer) return answer;
  throw toProblem(response, answer ?? {});
}

/** @param {string} address @param {RequestInit} options @param {(share: number) => void} [progress] */
async function send(address, options, progress) {
  try {
    if (!progress) return await fetch(address, options);
    const { upload } = await import('./upload.js');
    return await upload(address, options, progress);
  } catch (error) {
    if (wasAborted(error)) throw error;
    if (progress && error instanceof DOMException) throw new Problem(t('problem.slow'), 'slow', false, true);
    throw new Problem(t('problem.away'), 'away', true);
  }
}

/** @param {Response} response */
async function parse(response) {
  try {
    return await response.json();
  } catch (error) {
    if (wasAborted(error)) throw error;
    return null;
  }
}

/** @param {unknown} error */
function wasAborted(error) {
  return error instanceof DOMException && error.name === 'AbortError';
}

/** @param {number} milliseconds @param {AbortSignal} [signal] */
function withTimeout(milliseconds, signal) {
  const limit = AbortSignal.timeout?.(milliseconds); // browsers from before 2022 have no timeout()
  if (!signal || !limit) return signal ?? limit;
  return AbortSignal.any?.([signal, limit]) ?? signal; // browsers from before 2024 have no any()
}

/** @param {Response} response @param {Failure} failure */
function toProblem(response, { error, code = 'internal' }) {
  if (BUSY.has(response.status)) return new Problem(t('problem.busy'), code, true);
  if (response.status >= 500) return new Problem(t('problem.internal'), code, false, true);
  const said = `problem.${code}`;
  const sentence = has(said) ? t(said) : error; // the server speaks English, and to programs
  return new Problem(sentence ?? t('problem.internal'), code, false, !error);
}
