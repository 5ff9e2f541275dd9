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
