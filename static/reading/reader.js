/**
 * Owns when to ask the server: one request in flight, the newest drawing wins, a late answer is never shown, and few
 * requests while a stroke is under way.
 */

import { Problem, readPicture, serverBack } from './server.js';

const REST = 200; // milliseconds between two requests while a stroke is under way

/**
 * @param {ReadingListener} listener
 * @param {() => string} chooseModel
 * @param {() => boolean} [isDrawing] whether a stroke is under way
 */
export function createReader(listener, chooseModel, isDrawing = () => false) {
  /** @type {TakePicture | null} */
  let wanted = null;
  /** @type {Flight | null} */
  let flight = null;
  let done = Promise.resolve();
  /** @type {(() => void) | null} ends the rest between two requests */
  let wake = null;

  /** @param {TakePicture} takePicture */
  function request(takePicture) {
    wanted = takePicture;
    if (!flight?.away) listener.reading();
    if (!flight) done = run();
    if (!isDrawing()) wake?.();
  }

  function cancel() {
    wanted = null;
    flight?.abort.abort();
    flight = null;
    wake?.();
  }

  async function run() {
    const mine = { abort: new AbortController(), away: false };
    flight = mine;
    try {
      while (wanted && flight === mine) {
        await ask(mine, wanted);
        if (isDrawing()) await rest();
      }
    } finally {
      if (flight === mine) flight = null;
    }
  }

  async function rest() {
    await new Promise((resolve) => {
      wake = () => resolve(undefined);
      setTimeout(wake, REST);
    });
    wake = null;
  }

  /** @param {Flight} mine @param {TakePicture} takePicture */
  async function ask(mine, takePicture) {
    wanted = null;
    try {
      const reading = await readPicture(await takePicture(), { model: chooseModel(), signal: mine.abort.signal });
      if (flight === mine) listener.answered(reading, wanted === null);
    } catch (error) {
      if (flight !== mine) return;
      if (!(error instanceof Problem)) throw error;
      if (error.temporary) await waitForServer(mine, error, takePicture);
      else if (!wanted) listener.failed(error);
    }
  }

  /** @param {Flight} mine @param {Problem} problem @param {TakePicture} takePicture */
  async function waitForServer(mine, problem, takePicture) {
    wanted ??= takePicture;
    mine.away = true;
    listener.failed(problem);
    await serverBack();
    mine.away = false;
    if (flight === mine) listener.reading();
  }

  return {
    request,
    cancel,
    /** Resolves when nothing is left to read. */
    idle: () => done,
  };
}
