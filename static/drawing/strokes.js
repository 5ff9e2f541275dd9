/** Owns the strokes of a drawing and their history. Knows neither the canvas nor the server. */

/** Make an empty drawing. Each change keeps the list of strokes before it, so a clear is undone like a stroke. */
export function createStrokes() {
  /** @type {Stroke[]} */
  let current = [];
  /** @type {Stroke[][]} */
  const past = [];
  /** @type {Stroke[][]} */
  const future = [];

  /** @param {Stroke[]} next */
  function change(next) {
    past.push(current);
    future.length = 0;
    current = next;
  }

  /** @param {Stroke[][]} from @param {Stroke[][]} to */
  function move(from, to) {
    const next = from.pop();
    if (!next) return;
    to.push(current);
    current = next;
  }

  return {
    get all() {
      return current;
    },
    /** How many changes can be undone. */
    get depth() {
      return past.length;
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
