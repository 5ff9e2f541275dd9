/** Owns the drawing that this browser keeps, so that it is still there after a reload. The server never sees it. */

const NAME = 'drawing';

/** @param {string} fragment as link.js writes it; an empty one keeps nothing */
export function keepDrawing(fragment) {
  try {
    if (fragment) localStorage.setItem(NAME, fragment);
    else localStorage.removeItem(NAME);
  } catch {
    // The storage is full, or this person allows none: the drawing is there until the page is closed.
  }
}

/** @returns {string} as link.js reads it */
export function keptDrawing() {
  try {
    return localStorage.getItem(NAME) ?? '';
  } catch {
    return '';
  }
}
