/** Owns how scripts find the parts of a page: each is there, and of its type. */

/**
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(root, selector, type) {
  const element = root.querySelector(selector);
  if (element instanceof type) return element;
  throw new TypeError(`Expected ${selector} to be one ${type.name}, found ${element}.`);
}
