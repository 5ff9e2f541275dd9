/**
 * Owns "your drawings": what was written and cleared in this browser, kept there until it is removed, to be opened again or
 * saved as PNG, SVG, or all together as a zip of PNGs in folders by what was read. The server never sees the list.
 */

import { keep, recall, saveFile } from '../site/browser.js';
import { find } from '../site/elements.js';
import { t } from '../site/texts.js';
import { renderPicture } from './ink.js';
import { fromFragment, toFragment } from './link.js';

const NAME = 'drawings';
const MAX_KEPT = 100; // drawings: the oldest go
const THUMBNAIL = 160; // pixels, the width of a thumbnail on screens with two pixels to one

/**
 * @param {HTMLDetailsElement} panel
 * @param {{takeStrokes: () => Stroke[], open: (strokes: Stroke[]) => void}} stage
 */
export function createGallery(panel, { takeStrokes, open }) {
  const list = find(panel, '.gallery');
  const template = find(panel, 'template');
  let kept = recallDrawings();

  /**
   * Keep what was on the sheet.
   * @param {Stroke[]} strokes
   * @param {string} text what was read
   */
  function add(strokes, text) {
    const drawing = toFragment(strokes);
    if (!drawing || kept.some((each) => each.drawing === drawing)) return;
    kept = [{ drawing, text }, ...kept].slice(0, MAX_KEPT);
    save();
  }

  /** @param {KeptDrawing} removed */
  function remove(removed) {
    const place = kept.indexOf(removed);
    kept = kept.filter((each) => each !== removed);
    save();
    const next = list.children[Math.min(place, kept.length - 1)];
    (next?.querySelectorAll('button')[1] ?? find(panel, 'summary')).focus();
  }

  function save() {
    keep(NAME, kept.length ? JSON.stringify(kept) : '');
    show();
  }

  function show() {
    find(panel, '.when-kept').hidden = !kept.length;
    find(panel, '[data-part="note"]').hidden = kept.length > 0;
    if (panel.open) list.replaceChildren(...kept.map(describe));
  }

  /** @param {KeptDrawing} drawing */
  function describe(drawing) {
    const item = find(document.importNode(template.content, true), 'li');
    const [openButton, removeButton] = item.querySelectorAll('button');
    const strokes = fromFragment(drawing.drawing) ?? [];
    renderPicture(strokes, THUMBNAIL).then((png) => {
      const image = find(item, 'img');
      image.src = URL.createObjectURL(png);
      image.onload = () => URL.revokeObjectURL(image.src);
    });
    find(item, 'b').textContent = drawing.text || '?';
    openButton.setAttribute('aria-label', t('drawings.open', { text: drawing.text || '?' }));
    openButton.addEventListener('click', () => open(strokes));
    removeButton.setAttribute('aria-label', t('drawings.remove', { text: drawing.text || '?' }));
    removeButton.addEventListener('click', () => remove(drawing));
    return item;
  }

  async function saveZip() {
    const { zip } = await import('./zip.js');
    const files = await Promise.all(
      kept.map(async ({ drawing, text }, index) => ({
        name: `${text.replace(/[^0-9]/g, '') || 'unread'}/drawing-${index + 1}.png`,
        bytes: new Uint8Array(await (await renderPicture(fromFragment(drawing) ?? [])).arrayBuffer()),
      })),
    );
    saveFile('drawings.zip', new Blob([zip(files)], { type: 'application/zip' }));
  }

  panel.addEventListener('toggle', show);
  find(panel, '#save-png').parentElement?.removeAttribute('hidden'); // before, nothing would come of a click
  find(panel, '#save-zip').addEventListener('click', saveZip);
  /** Say that nothing can be saved, where nothing is drawn. */
  function isDrawn() {
    const drawn = takeStrokes().length > 0;
    find(panel, '.status').textContent = drawn ? '' : t('sight.empty');
    return drawn;
  }

  find(panel, '#save-png').addEventListener('click', async () => {
    if (isDrawn()) saveFile('drawing.png', await renderPicture(takeStrokes(), 1200));
  });
  find(panel, '#save-svg').addEventListener('click', async () => {
    const { toSvg } = await import('./svg.js');
    if (isDrawn()) saveFile('drawing.svg', new Blob([toSvg(takeStrokes())], { type: 'image/svg+xml' }));
  });
  find(panel, '#remove-all').addEventListener('click', () => {
    kept = [];
    save();
    find(panel, 'summary').focus();
  });
  show();
  return { add };
}

/** @returns {KeptDrawing[]} */
function recallDrawings() {
  try {
    const kept = JSON.parse(recall(NAME) || '[]');
    return Array.isArray(kept) ? kept.filter((each) => fromFragment(each?.drawing ?? '')?.length) : [];
  } catch {
    return [];
  }
}
