/**
 * Owns the replay: the strokes draw themselves again, and what was read is noted after each one. Loaded when it is first
 * wanted.
 */

import { formatShare, t } from '../site/texts.js';
import { nameReading } from './server.js';

const SPEED = 0.45; // units a millisecond
const PAUSE = 250; // milliseconds between strokes

/**
 * @param {Drawing} drawing
 * @param {() => Promise<Reading | null>} readShown reads what is on the canvas now
 * @param {{button: HTMLButtonElement, story: HTMLElement}} parts
 */
export function createReplay(drawing, readShown, { button, story }) {
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  /** @type {object | null} */
  let playing = null;

  async function play() {
    const mine = {};
    const strokes = drawing.strokes.all;
    setPlaying(mine);
    story.replaceChildren();
    for (let count = 1; count <= strokes.length && playing === mine; count += 1) {
      if (!still.matches) await growStroke(mine, strokes, count - 1);
      if (playing === mine) await noteStroke(mine, strokes.slice(0, count), count);
    }
    if (playing === mine) stop();
  }

  /** @param {object} mine @param {Stroke[]} strokes @param {number} index */
  async function growStroke(mine, strokes, index) {
    const stroke = strokes[index];
    const ends = distances(stroke.points);
    const begun = performance.now();
    for (let count = 1; count < stroke.points.length; ) {
      const travelled = ((await nextFrame()) - begun) * SPEED;
      if (playing !== mine) return;
      while (count < stroke.points.length && ends[count] <= travelled) count += 1;
      drawing.show([...strokes.slice(0, index), { ...stroke, points: stroke.points.slice(0, count) }]);
      readShown();
    }
  }

  /** @param {object} mine @param {Stroke[]} strokes @param {number} count */
  async function noteStroke(mine, strokes, count) {
    drawing.show(strokes);
    const reading = await readShown();
    if (playing !== mine) return;
    story.append(describeStroke(count, reading));
    await pause();
  }

  /** @param {object | null} next */
  function setPlaying(next) {
    playing = next;
    button.setAttribute('aria-pressed', String(Boolean(next)));
  }

  function stop() {
    if (!playing) return;
    setPlaying(null);
    drawing.show(null);
  }

  function forget() {
    stop();
    story.replaceChildren();
  }

  function toggle() {
    if (playing) {
      stop();
      readShown();
    } else {
      play();
    }
  }

  return { toggle, forget };
}

/** @param {number} count @param {Reading | null} reading */
function describeStroke(count, reading) {
  const item = document.createElement('li');
  const share = reading?.digits.length === 1 ? formatShare(reading.digits[0].confidence) : '';
  const [text, detail] = [document.createElement('b'), document.createElement('span')];
  const certain = reading?.digits.every((digit) => digit.certain);
  text.textContent = reading ? nameReading(reading) + (certain ? '' : ' ?') : '–';
  detail.textContent = share;
  item.append(text, detail);
  item.title = t('replay.after', { count });
  return item;
}

/** @param {Point[]} points */
function distances(points) {
  let sum = 0;
  return points.map(([x, y], index) => {
    const [beforeX, beforeY] = points[Math.max(0, index - 1)];
    sum += Math.hypot(x - beforeX, y - beforeY);
    return sum;
  });
}

/** @returns {Promise<number>} milliseconds */
const nextFrame = () => new Promise(requestAnimationFrame);
const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE));
