/** Owns how scripts find the parts of a page. types.d.ts lists them. */

/**
 * @template {keyof Parts} Selector
 * @param {ParentNode} root
 * @param {Selector} selector
 */
export function find(root, selector) {
  const part = root.querySelector(selector);
  if (!part) throw new TypeError(`This page has no ${selector}.`);
  return /** @type {Parts[Selector]} */ (part);
}

/**
 * Load a style sheet that only a part of the page needs, once.
 * @param {string} address
 * @returns {Promise<void>}
 */
export function loadStyle(address) {
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  return new Promise((resolve) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = address;
    link.onload = () => resolve();
    link.onerror = () => resolve(); // the part works without, only plainer
    document.head.append(link);
  });
}
