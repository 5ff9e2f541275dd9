/** Owns the button that asks why: it names the second guess, and loads what explains it when it is first pressed. */

import { loadStyle } from '../site/elements.js';
import { t } from '../site/texts.js';
import { nameDigit } from './server.js';

/**
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} panel
 * @param {ReasonsParts} parts
 */
export function createReasons(button, panel, parts) {
  /** @type {Awaited<ReturnType<typeof import('../why/why.js').createWhy>> | null} */
  let why = null;

  function show() {
    const digit = parts.takeChosen();
    button.hidden = !digit;
    const other = digit ? nameSecond(digit) : '';
    if (digit) button.textContent = t(other ? 'answer.why' : 'answer.whyAlone', { digit: nameDigit(digit), other });
    if (!panel.hidden) why?.show();
  }

  /** Name the second guess; nothing where all others are 0. @param {FoundDigit} digit */
  function nameSecond({ digit, probabilities }) {
    const second = probabilities.map((share, place) => (place === digit ? 0 : share));
    const share = Math.max(...second);
    const place = second.indexOf(share);
    return share > 0 ? (parts.takeClasses()?.[place] ?? String(place)) : '';
  }

  async function toggle() {
    panel.hidden = !panel.hidden;
    button.setAttribute('aria-expanded', String(!panel.hidden));
    if (panel.hidden) {
      why?.show();
      return;
    }
    try {
      const [{ createWhy }] = await Promise.all([import('../why/why.js'), loadStyle('/static/why/why.css')]);
      why ??= await createWhy(panel, parts);
    } catch {
      panel.textContent = t('problem.later');
      return;
    }
    await why.show();
    panel.focus({ preventScroll: true }); // Tab goes on in what was opened
    panel.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }

  button.addEventListener('click', toggle);
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    toggle();
    button.focus();
  });
  return { show };
}
