/** Owns the switch between dark and light. The choice is a cookie, so that the next page comes in the right colours. */

import { find } from './elements.js';

/** @type {Record<string, string>} style.css's --ground */
const GROUND = { light: '#f5f4f0', dark: '#121315' };
const YEAR = 365 * 24 * 60 * 60; // seconds

/** Show the switch, which works only with scripts. */
export function createThemeSwitch() {
  const button = find(document, '#theme');
  const root = document.documentElement;
  const preferred = matchMedia('(prefers-color-scheme: dark)');

  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : preferred.matches);
  const show = () => button.setAttribute('aria-pressed', String(isDark()));

  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=${YEAR}; samesite=lax`;
    show();
    colourBrowser(root.dataset.theme);
    document.dispatchEvent(new Event('theme'));
  });
  preferred.addEventListener('change', show);
  button.hidden = false;
  show();
}

/**
 * Give the browser's own bars the colour of the page.
 * @param {string} theme
 */
function colourBrowser(theme) {
  const metas = [...document.querySelectorAll('meta[name="theme-color"]')];
  for (const meta of metas) {
    meta.removeAttribute('media');
    meta.setAttribute('content', GROUND[theme]);
  }
}
