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
    if (digit) button.textContent = t('answer.why', { digit: nameDigit(digit), other: nameSecond(digit) });
    if (!panel.hidden) why?.show();
  }

  /** @param {FoundDigit} digit */
  function nameSecond({ digit, probabilities }) {
    const second = probabilities.map((share, place) => (place === digit ? -1 : share));
    const place = second.indexOf(Math.max(...second));
    return parts.takeClasses()?.[place] ?? String(place);
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
      panel.textContent = t('problem.away');
      return;
    }
    await why.show();
    panel.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  }

  button.addEventListener('click', toggle);
  return { show };
}
