/** Owns "try it" on the page about the API: each form asks the server as a program would, and shows the answer as it comes. */

const SIDE = 120; // pixels of the drawn 7

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form.try'))) {
  form.hidden = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    ask(form);
  });
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const { path = '', method = 'GET' } = form.dataset;
  const output = /** @type {HTMLOutputElement} */ (form.querySelector('output'));
  const body = method === 'POST' ? (form.querySelector('input')?.files?.[0] ?? (await drawSeven())) : null;
  try {
    const response = await fetch(path, { method, body, headers: { Accept: 'application/json' } });
    output.textContent = `${response.status} ${response.statusText}\n${writeJson(await response.json())}`;
  } catch (error) {
    output.textContent = String(error);
  }
}

/** @returns {Promise<Blob | null>} */
function drawSeven() {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [SIDE, SIDE];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = '#fff';
  context.fillRect(0, 0, SIDE, SIDE);
  context.lineWidth = 9;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.stroke(new Path2D('M36 24h48L54 98'));
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/**
 * Write JSON in lines, each list of numbers in one.
 * @param {unknown} answer
 */
function writeJson(answer) {
  return JSON.stringify(answer, null, 1).replace(/\[[\d\s.,e+-]+\]/g, (list) => list.replace(/\s+/g, ' '));
}
