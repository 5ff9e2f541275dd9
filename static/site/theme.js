/** Owns the switch between dark and light. The choice is a cookie, so that the next page comes in the right colours. */

import { find } from './elements.js';

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
    document.dispatchEvent(new Event('theme'));
  });
  preferred.addEventListener('change', show);
  button.hidden = false;
  show();
}
