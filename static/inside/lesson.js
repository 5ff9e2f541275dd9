/** Owns the lesson: six short steps, from a pixel to a wrong answer, on the learner's own drawing. */

import { make, makeButton } from './elements.js';
import { say } from './texts.js';

export const LESSON = ['pixel', 'kernel', 'map', 'pooling', 'answer', 'wrong'];

/**
 * @param {(step: string) => Record<string, string | number> | null} show shows a step's part of the network, and returns
 *     the numbers that its text names; null where nothing is drawn yet
 * @param {() => void} ended
 */
export function createLesson(show, ended) {
  const place = make('p', { class: 'place' });
  const heading = make('h3', { tabindex: '-1' });
  const text = make('p', { class: 'said' });
  const task = make('p', { class: 'task' });
  const back = makeButton(say('lesson.back'), () => go(step - 1), { id: 'lesson-back' });
  const next = makeButton(say('lesson.next'), () => go(step + 1), { id: 'lesson-next', class: 'primary' });
  const close = makeButton(say('lesson.close'), end, { id: 'lesson-close' });
  const root = make(
    'section',
    { class: 'lesson', hidden: '', 'aria-label': say('lesson.name') },
    place,
    heading,
    text,
    task,
    make('div', { class: 'choices' }, back, next, close),
  );
  let step = 0;

  /** @param {number} to */
  function go(to) {
    if (to === LESSON.length) {
      end();
      return;
    }
    step = Math.max(0, to);
    root.hidden = false;
    refresh();
    heading.focus({ preventScroll: true });
    root.scrollIntoView({ block: 'start' });
  }

  function refresh() {
    if (root.hidden) return;
    const name = LESSON[step];
    const values = show(name);
    place.textContent = say('lesson.place', { step: step + 1, steps: LESSON.length });
    heading.textContent = say(`lesson.${name}`);
    text.textContent = values ? say(`lesson.${name}.text`, values) : say('lesson.empty');
    task.textContent = values ? say(`lesson.${name}.task`, values) : '';
    back.setAttribute('aria-disabled', String(step === 0));
    next.textContent = say(step === LESSON.length - 1 ? 'lesson.done' : 'lesson.next');
  }

  function end() {
    root.hidden = true;
    ended();
  }

  return {
    root,
    start: () => go(0),
    /** Say the step anew: the drawing has changed. */
    refresh,
    get isOn() {
      return !root.hidden;
    },
  };
}
