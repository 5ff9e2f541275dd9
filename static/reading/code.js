/** Owns "use it from code": the drawing as a link, and as commands that work as they are. */

import { find } from '../site/elements.js';
import { t } from '../site/texts.js';

const PICTURE = '{picture}';
const ADDRESS = '{address}';

/** @type {Record<string, string>} */
const SNIPPETS = {
  curl: `curl -s '${ADDRESS}' \\
  -H 'Content-Type: application/json' \\
  -d '{"image": "${PICTURE}"}'
`,
  python: `import json
from urllib.request import Request, urlopen

picture = "${PICTURE}"
body = json.dumps({"image": picture}).encode()
request = Request("${ADDRESS}", body, {"Content-Type": "application/json"})
with urlopen(request) as response:
    print(json.load(response)["text"])
`,
  javascript: `const picture = '${PICTURE}';
const response = await fetch('${ADDRESS}', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ image: picture }),
});
console.log((await response.json()).text);
`,
};

/**
 * @param {HTMLDetailsElement} panel
 * @param {() => Promise<string | null>} takePicture a data URL of what is on the canvas
 * @param {() => string} takeFragment nothing where there is no drawing
 * @param {() => string} chooseModel
 */
export function createCode(panel, takePicture, takeFragment, chooseModel) {
  const link = find(panel, 'input');
  const status = find(panel, '.status');
  const share = find(panel, '#share');

  async function show() {
    const fragment = takeFragment();
    link.value = location.href.split(/[?#]/)[0] + fragment;
    link.closest('.snippet')?.toggleAttribute('hidden', !fragment);
    const address = new URL('/read', location.href);
    if (chooseModel()) address.searchParams.set('model', chooseModel());
    const picture = await takePicture();
    panel.toggleAttribute('data-empty', !picture);
    for (const block of panel.querySelectorAll('code')) {
      const snippet = SNIPPETS[String(block.dataset.language)];
      block.textContent = snippet.replace(ADDRESS, address.href).replace(PICTURE, String(picture));
    }
  }

  /** @param {HTMLButtonElement} button */
  async function copy(button) {
    const source = document.getElementById(button.getAttribute('aria-controls') ?? '');
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source instanceof HTMLInputElement ? source.value : source.textContent);
      status.textContent = t('code.copied');
    } catch {
      select(source);
      status.textContent = t('code.selected');
    }
  }

  share.hidden = !navigator.share;
  share.addEventListener('click', () =>
    navigator.share({ url: link.value, title: document.title }).catch(ignoreCancel),
  );
  panel.addEventListener('click', ({ target }) => {
    const button = target instanceof Element && target.closest('button');
    if (button && button !== share) copy(button);
  });
  return { show };
}

/**
 * Let the person copy, where the browser does not let the page.
 * @param {HTMLElement} source
 */
function select(source) {
  if (source instanceof HTMLInputElement) source.select();
  else getSelection()?.selectAllChildren(source);
}

/**
 * Whoever closes the browser's window for sharing has changed their mind; that is no failure.
 * @param {unknown} error
 */
function ignoreCancel(error) {
  if (!(error instanceof DOMException && error.name === 'AbortError')) throw error;
}
