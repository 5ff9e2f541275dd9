/** Owns the tasks of the challenge: what each asks for, its name in a link, and when a reading fulfils it. No page. */

/**
 * @typedef {{kind: 'reads', written: number, read: number} | {kind: 'few', read: number} | {kind: 'two'}} Task
 * @typedef {{strokes: number, length: number}} Effort the strokes of a drawing, and how long they are together
 * @typedef {{done: boolean, share: number}} Progress share: 0 to 1, how near it is
 */

/** Digits that can be taken for one another, each written as the first and read as the second. */
const LOOKALIKES = [
  [4, 9],
  [7, 1],
  [3, 8],
  [5, 6],
  [1, 7],
  [9, 4],
  [6, 0],
  [8, 3],
  [2, 7],
  [5, 3],
  [0, 6],
  [9, 7],
];
const FEW = [8, 4, 5, 3, 0, 9];

/** @type {Task[]} in the order in which they are offered: one of each kind, then the next of each */
export const TASKS = LOOKALIKES.flatMap(([written, read], place) => [
  { kind: 'reads', written, read },
  ...(place < FEW.length ? [/** @type {Task} */ ({ kind: 'few', read: FEW[place] })] : []),
  ...(place === 0 ? [/** @type {Task} */ ({ kind: 'two' })] : []),
]);

/** @param {Task} task */
export function nameTask(task) {
  if (task.kind === 'reads') return `${task.written}-reads-${task.read}`;
  return task.kind === 'few' ? `few-${task.read}` : 'two';
}

/**
 * Return the task of a link; null where there is none of that name.
 * @param {string} name
 * @returns {Task | null}
 */
export function parseTask(name) {
  const [, written, read] = /^(\d)-reads-(\d)$/.exec(name) ?? [];
  if (read && written !== read) return { kind: 'reads', written: Number(written), read: Number(read) };
  const [, few] = /^few-(\d)$/.exec(name) ?? [];
  if (few) return { kind: 'few', read: Number(few) };
  return name === 'two' ? { kind: 'two' } : null;
}

/**
 * Say how near a drawing is to what a task asks for.
 * @param {Task} task
 * @param {FoundDigit} digit as the chosen model reads it
 * @param {FoundDigit | null} other as the second model reads it, for a task for two
 * @returns {Progress}
 */
export function judge(task, digit, other) {
  if (task.kind === 'two') {
    if (!other) return { done: false, share: 0 };
    const apart = digit.probabilities.reduce(
      (sum, share, place) => sum + Math.abs(share - other.probabilities[place]),
      0,
    );
    return { done: digit.digit !== other.digit && digit.certain && other.certain, share: apart / 2 };
  }
  const share = digit.probabilities[task.read];
  const hit = digit.digit === task.read && digit.certain;
  return { done: hit && (task.kind === 'few' || secondOf(digit) === task.written), share };
}

/** @param {FoundDigit} digit */
export function secondOf({ digit, probabilities }) {
  const others = probabilities.map((share, place) => (place === digit ? -1 : share));
  return others.indexOf(Math.max(...others));
}

/**
 * @param {Stroke[]} strokes
 * @returns {Effort} length in units of a drawing; a dot is as long as the pen is wide
 */
export function measure(strokes) {
  const drawn = strokes.filter(({ eraser }) => !eraser);
  const length = drawn.reduce(
    (sum, { width, points }) =>
      sum +
      width +
      points.slice(1).reduce((way, [x, y], place) => way + Math.hypot(x - points[place][0], y - points[place][1]), 0),
    0,
  );
  return { strokes: drawn.length, length: Math.round(length) };
}

/** Say whether a drawing took less than another: fewer strokes, or as many and shorter ones. @param {Effort} one @param {Effort | null} best */
export function isLess(one, best) {
  if (!best) return true;
  return one.strokes < best.strokes || (one.strokes === best.strokes && one.length < best.length);
}
