/** Owns the strokes of a drawing and their history. Knows neither the canvas nor the server. */

/** @typedef {import('./ink.js').Stroke} Stroke */

/**
 * Make an empty drawing. Every change keeps the list of strokes before it, so undoing a clear is like undoing a stroke.
 */
export function createStrokes() {
  /** @type {Stroke[]} */
  let current = [];
  const past = [];
  const future = [];

  function change(next) {
    past.push(current);
    future.length = 0;
    current = next;
  }

  function move(from, to) {
    if (!from.length) return;
    to.push(current);
    current = from.pop();
  }

  return {
    get all() {
      return current;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    /** @param {Stroke} stroke */
    add: (stroke) => change([...current, stroke]),
    /** @param {Stroke[]} strokes */
    replace: (strokes) => change([...strokes]),
    clear() {
      if (current.length) change([]);
    },
    undo: () => move(past, future),
    redo: () => move(future, past),
  };
}
