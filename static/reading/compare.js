/** Owns the comparison: two models read the same drawing, side by side. */

import { find } from '../site/elements.js';
import { classesOf, createAnswer } from './answer.js';
import { createReader } from './reader.js';

/**
 * @param {HTMLDetailsElement} panel
 * @param {() => TakePicture | null} takeSubject what to read, if there is anything
 */
export function createCompare(panel, takeSubject) {
  const columns = [...panel.querySelectorAll('.column')].map((column) => {
    const select = find(column, 'select');
    const answer = createAnswer(find(column, '.answer'), () => classesOf(select));
    const listener = { reading: answer.showReading, answered: answer.showAnswer, failed: answer.showProblem };
    const reader = createReader(listener, () => select.value);
    select.addEventListener('change', show);
    return { answer, reader };
  });

  function show() {
    if (!panel.open) return;
    const takePicture = takeSubject();
    for (const { answer, reader } of columns) {
      if (takePicture) {
        reader.request(takePicture);
      } else {
        reader.cancel();
        answer.showEmpty();
      }
    }
  }

  return { show };
}
