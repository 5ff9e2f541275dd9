/** Owns what the page asks of the browser itself: to keep a text, to save a file, to take something out of the address. */

const LONG = 60_000; // milliseconds until a saved file is surely read

/**
 * @param {string} key
 * @returns {string} nothing where none is kept, or this person allows no storage
 */
export function recall(key) {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

/**
 * Keep a text in this browser; an empty one keeps nothing. Where the storage is full, or this person allows none, nothing is kept.
 * @param {string} key
 * @param {string} value
 */
export function keep(key, value) {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // What is not kept is there until the page is closed.
  }
}

/** @param {string} name @param {Blob} blob */
export function saveFile(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), LONG);
}

/**
 * Take a parameter out of the fragment of the page's address.
 * @param {string} name
 */
export function dropParameter(name) {
  const parameters = new URLSearchParams(location.hash.slice(1));
  if (!parameters.has(name)) return;
  parameters.delete(name);
  history.replaceState(null, '', `${location.pathname}${location.search}${parameters.size ? `#${parameters}` : ''}`);
}

/**
 * Return the bytes of a picture that is given as a data URL.
 * @param {string} url of a PNG
 */
export function readDataUrl(url) {
  const bytes = Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}
