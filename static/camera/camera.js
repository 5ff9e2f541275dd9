/**
 * Owns the camera's full-screen view: what it sees is read over and over, one shrunk picture at a time, and each digit is framed
 * where it is. A tap takes the picture. Loaded when it is first wanted.
 */

import { contextOf, toBlob } from '../drawing/ink.js';
import { nameDigit, nameReading, Problem, readPicture } from '../reading/server.js';
import { find } from '../site/elements.js';
import { t } from '../site/texts.js';

const READ_SIDE = 1000; // pixels, the longer side of a picture that is read: the server reads no more
const TAKEN_SIDE = 2000; // pixels, of the picture that is taken
const QUALITY = 0.85; // of a JPEG
const PAUSE = 150; // milliseconds between two readings: a phone must not get hot

/**
 * @param {HTMLDialogElement} dialog
 * @param {{chooseModel: () => string, take: (file: File) => void, unavailable: () => void}} listener
 */
export function createCamera(dialog, { chooseModel, take, unavailable }) {
  const video = find(dialog, 'video');
  const canvas = find(dialog, 'canvas');
  const note = find(dialog, '[data-part="note"]');
  /** @type {MediaStream | null} */
  let stream = null;

  async function open() {
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } },
      });
    } catch {
      unavailable();
      return;
    }
    video.srcObject = stream;
    dialog.showModal();
    note.textContent = t('camera.hint');
    await video.play();
    watch(stream);
  }

  /** @param {MediaStream} mine */
  async function watch(mine) {
    while (stream === mine) {
      await readFrame(mine);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** @param {MediaStream} mine */
  async function readFrame(mine) {
    if (!video.videoWidth) return;
    const frame = capture(READ_SIDE);
    try {
      const reading = await readPicture(await toBlob(frame, 'image/jpeg', QUALITY), { model: chooseModel() });
      if (stream === mine) show(reading, frame);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (stream === mine) show(null, frame, error);
    }
  }

  /** @param {number} side pixels, at most */
  function capture(side) {
    const scale = Math.min(1, side / Math.max(video.videoWidth, video.videoHeight));
    const frame = document.createElement('canvas');
    frame.width = Math.round(video.videoWidth * scale);
    frame.height = Math.round(video.videoHeight * scale);
    contextOf(frame).drawImage(video, 0, 0, frame.width, frame.height);
    return frame;
  }

  /** @param {Reading | null} reading @param {HTMLCanvasElement} frame @param {Problem | null} problem */
  function show(reading, frame, problem = null) {
    canvas.width = frame.width;
    canvas.height = frame.height;
    const context = contextOf(canvas);
    const size = Math.max(16, frame.height / 22);
    context.lineWidth = size / 8;
    context.font = `600 ${size}px system-ui, sans-serif`;
    context.textBaseline = 'bottom';
    for (const digit of reading?.digits ?? []) {
      if (digit.box) showDigit(context, digit, digit.box, size);
    }
    dialog.dataset.text = reading?.text ?? '';
    note.textContent = reading ? nameReading(reading) : problem?.temporary ? problem.message : t('camera.hint');
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {FoundDigit} digit
   * @param {Box} box
   * @param {number} size pixels, of the letters
   */
  function showDigit(context, digit, [x, y, width, height], size) {
    const colour = digit.certain ? '#9db2ff' : '#f0b86c';
    context.setLineDash(digit.certain ? [] : [size / 3, size / 4]);
    context.strokeStyle = colour;
    context.strokeRect(x, y, width, height);
    const name = nameDigit(digit) + (digit.certain ? '' : '?');
    context.fillStyle = '#121315';
    context.fillRect(x, y - size * 1.2, context.measureText(name).width + size / 2, size * 1.2);
    context.fillStyle = colour;
    context.fillText(name, x + size / 4, y - size * 0.05);
  }

  async function freeze() {
    if (!video.videoWidth) return;
    const taken = await toBlob(capture(TAKEN_SIDE), 'image/jpeg', QUALITY);
    dialog.close();
    take(
      new File([taken], `camera-${new Date().toISOString().slice(11, 19).replaceAll(':', '')}.jpg`, {
        type: taken.type,
      }),
    );
  }

  function stop() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    delete dialog.dataset.text;
  }

  dialog.addEventListener('close', stop);
  find(dialog, '#camera-take').addEventListener('click', freeze);
  find(dialog, '#camera-close').addEventListener('click', () => dialog.close());
  canvas.addEventListener('click', freeze);
  return { open };
}
