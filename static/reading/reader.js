/** Owns when to ask the server: one request in flight, the newest drawing wins, a late answer is never shown. */

import { Problem, readPicture, serverBack } from './server.js';

/**
 * @param {ReadingListener} listener
 * @param {() => string} chooseModel
 */
export function createReader(listener, chooseModel) {
  /** @type {TakePicture | null} */
  let wanted = null;
  /** @type {Flight | null} */
  let flight = null;
  let done = Promise.resolve();

  /** @param {TakePicture} takePicture */
  function request(takePicture) {
    wanted = takePicture;
    if (!flight?.away) listener.reading();
    if (!flight) done = run();
  }

  function cancel() {
    wanted = null;
    flight?.abort.abort();
    flight = null;
  }

  async function run() {
    const mine = { abort: new AbortController(), away: false };
    flight = mine;
    try {
      while (wanted && flight === mine) await ask(mine, wanted);
    } finally {
      if (flight === mine) flight = null;
    }
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
