/** Owns "use it from code": the drawing now on the canvas as commands that work as they are, and as a link. */

import { t } from '../site/texts.js';

const PICTURE = '{picture}';
const ADDRESS = '{address}';

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
 * @param {() => string} takeFragment nothing where no drawing is on the canvas
 * @param {() => string} chooseModel
 */
export function createCode(panel, takePicture, takeFragment, chooseModel) {
  const link = panel.querySelector('input');
  const said = panel.querySelector('[role="status"]');

  async function show() {
    if (!panel.open) return;
    const fragment = takeFragment();
    link.value = location.href.split(/[?#]/)[0] + fragment;
    link.parentElement.hidden = !fragment;
    const address = new URL('/read', location.href);
    if (chooseModel()) address.searchParams.set('model', chooseModel());
    const picture = await takePicture();
    panel.toggleAttribute('data-empty', !picture);
    for (const block of panel.querySelectorAll('code[data-language]')) {
      block.textContent = SNIPPETS[block.dataset.language]
        .replace(ADDRESS, address.href)
        .replace(PICTURE, picture);
    }
  }

  async function copy(button) {
    const source = document.getElementById(button.getAttribute('aria-controls'));
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      said.textContent = t('code.copied');
    } catch {
      select(source);
      said.textContent = t('code.selected');
    }
  }

  panel.addEventListener('toggle', show);
  panel.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (button) copy(button);
  });
  return { show };
}

/** A browser that keeps the clipboard to itself leaves copying to the person. */
function select(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
}
