/**
 * Owns the shapes of what the modules hand to each other, for `make lint`; no browser loads this file.
 * The page's parts, the server's answers as JSON, drawings, and what is read and shown.
 */

/** The parts of the pages that scripts use, besides those found by their tag. */
interface Parts extends HTMLElementTagNameMap {
  '#answer': HTMLElement;
  '#bring': HTMLElement;
  '#camera': HTMLInputElement;
  '#clear': HTMLButtonElement;
  '#code': HTMLDetailsElement;
  '#compare': HTMLDetailsElement;
  '#drawing': HTMLCanvasElement;
  '#eraser': HTMLButtonElement;
  '#forget': HTMLButtonElement;
  '#found': HTMLElement;
  '#paper': HTMLElement;
  '#pen-mark': HTMLElement;
  '#pen-status': HTMLElement;
  '#pictures': HTMLElement;
  '#redo': HTMLButtonElement;
  '#replay': HTMLButtonElement;
  '#row': HTMLTemplateElement;
  '#rows': HTMLElement;
  '#samples': HTMLElement;
  '#save-csv': HTMLButtonElement;
  '#save-json': HTMLButtonElement;
  '#sight': HTMLDetailsElement;
  '#staged': HTMLImageElement;
  '#story': HTMLElement;
  '#texts': HTMLScriptElement;
  '#theme': HTMLButtonElement;
  '#undo': HTMLButtonElement;
  '#upload': HTMLInputElement;
  '#width': HTMLInputElement;
  '.answer': HTMLElement;
  '.label': HTMLElement;
  '.number': HTMLElement;
  '.pixels': HTMLImageElement;
  '.second': HTMLElement;
  '.sentence': HTMLElement;
  '.status': HTMLElement;
  '.steps': HTMLElement;
  '.verdict': HTMLElement;
  '[data-part="confidence"]': HTMLElement;
  '[data-part="name"]': HTMLElement;
  '[data-part="note"]': HTMLElement;
  '[data-part="text"]': HTMLElement;
}

/** In pixels of the picture. */
type Box = [x: number, y: number, width: number, height: number];

interface FoundDigit {
  digit: number;
  confidence: number; // 0 to 1
  certain: boolean;
  doubt?: string;
  probabilities: number[];
  box?: Box; // only from /read
  label?: string; // the name of the class, where it is not a digit
}

/** What /read answers. */
interface Reading {
  text: string;
  digits: FoundDigit[];
  model: string;
}

/** What /predict answers. */
interface Prediction extends FoundDigit {
  model: string;
}

/** What /predict answers with explain=1. */
interface Explanation extends Prediction {
  steps: Step[];
}

interface Step {
  name: string;
  decision: string;
  picture: string; // a data URL
}

/** What every path answers where it fails. */
interface Failure {
  error?: string;
  code?: string;
}

/** In units of a drawing; pressure 1 is the pen's own width. */
type Point = [x: number, y: number, pressure: number];

interface Stroke {
  width: number;
  eraser: boolean;
  points: Point[];
}

/** The events of the canvas. */
interface HTMLElementEventMap {
  begin: CustomEvent<null>; // before the drawing changes
  ink: CustomEvent<{ settled: boolean; points: number }>; // settled: no stroke is under way; points: of the one that is
  pen: CustomEvent<{ down: boolean }>;
}

type Drawing = ReturnType<typeof import('./drawing/drawing.js').createDrawing>;

/** The states of #answer, for scripts and tests: its data-state. */
type AnswerState = 'empty' | 'reading' | 'answered' | 'uncertain' | 'problem';

type Problem = import('./reading/server.js').Problem;

interface ReadOptions {
  model?: string;
  signal?: AbortSignal;
}

/** Called when the request leaves, so that it takes the newest drawing. */
type TakePicture = () => Promise<Blob>;

interface ReadingListener {
  reading: () => void;
  answered: (reading: Reading, settled: boolean) => void;
  failed: (problem: Problem) => void;
}

/** A request that was sent, or waits until the server is back. */
interface Flight {
  abort: AbortController;
  away: boolean;
}

/** A picture that somebody uploaded. */
interface Picture {
  file: File;
  row: HTMLTableRowElement;
  address: string;
  reading: Reading | null;
  problem: Problem | null;
}

interface PictureListParts {
  list: HTMLElement;
  rows: HTMLElement;
  template: HTMLTemplateElement;
  maxBytes: number;
  chooseModel: () => string;
  stage: (picture: Picture) => void;
  changed: (picture: Picture) => void;
}
