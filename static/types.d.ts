/**
 * Owns the shapes of what the modules hand to each other, for `make lint`; no browser loads this file.
 * The page's parts, the server's answers as JSON, drawings, and what is read and shown.
 */

/** The parts of the pages that scripts use, besides those found by their tag. */
interface Parts extends HTMLElementTagNameMap {
  '#answer': HTMLElement;
  '#bring': HTMLElement;
  '#camera': HTMLInputElement;
  '#camera-close': HTMLButtonElement;
  '#camera-take': HTMLButtonElement;
  '#camera-view': HTMLDialogElement;
  '#watch': HTMLButtonElement;
  '#again': HTMLButtonElement;
  '#challenge': HTMLDetailsElement;
  '#clear': HTMLButtonElement;
  '#correct': HTMLButtonElement;
  '#hand': HTMLDetailsElement;
  '#hand-copy': HTMLButtonElement;
  '#hand-export': HTMLButtonElement;
  '#hand-forget': HTMLButtonElement;
  '#hand-link': HTMLInputElement;
  '#hand-on': HTMLInputElement;
  '#hand-undo': HTMLButtonElement;
  '#keys': HTMLElement;
  '#learned': HTMLElement;
  '#code': HTMLDetailsElement;
  '#compare': HTMLDetailsElement;
  '#drawing': HTMLCanvasElement;
  '#drawings': HTMLDetailsElement;
  '#eraser': HTMLButtonElement;
  '#forget': HTMLButtonElement;
  '#found': HTMLElement;
  '#paper': HTMLElement;
  '#inside': HTMLDetailsElement;
  '#pen-mark': HTMLElement;
  '#pen-preview': HTMLElement;
  '#pen-status': HTMLElement;
  '#pictures': HTMLElement;
  '#redo': HTMLButtonElement;
  '#remove-all': HTMLButtonElement;
  '#replay': HTMLButtonElement;
  '#row': HTMLTemplateElement;
  '#rows': HTMLElement;
  '#samples': HTMLElement;
  '#unnamed': HTMLElement;
  '#save-csv': HTMLButtonElement;
  '#save-json': HTMLButtonElement;
  '#save-png': HTMLButtonElement;
  '#save-svg': HTMLButtonElement;
  '#save-zip': HTMLButtonElement;
  '#seen': HTMLImageElement;
  '#share': HTMLButtonElement;
  '#sight': HTMLDetailsElement;
  '#staged': HTMLImageElement;
  '#story': HTMLElement;
  '#texts': HTMLScriptElement;
  '#theme': HTMLButtonElement;
  '#undo': HTMLButtonElement;
  '#upload': HTMLInputElement;
  '#why': HTMLButtonElement;
  '#why-panel': HTMLElement;
  '#width': HTMLInputElement;
  '.answer': HTMLElement;
  '.bars': HTMLElement;
  '.gallery': HTMLElement;
  '.visit': HTMLElement;
  '.visit-heading': HTMLElement;
  '.when-kept': HTMLElement;
  '.when-taught': HTMLElement;
  '.controls': HTMLElement;
  '.inside': HTMLElement;
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

/** Why an answer is not certain; more words may come. */
type Doubt = 'not_a_digit' | 'ambiguous' | 'faint';

interface FoundDigit {
  digit: number;
  confidence: number; // 0 to 1
  certain: boolean;
  doubt?: Doubt; // where it is not certain
  picture?: string; // a data URL of what the network saw, with explain=1
  without_hand?: number; // what the network alone reads, where the hand's corrections decided
  probabilities: number[];
  box?: Box; // only from /read
  label?: string; // the name of the class, where it is not a digit
}

/** What /read answers. */
interface Reading {
  text: string;
  digits: FoundDigit[];
  marks?: Mark[];
  model: string;
}

/** Ink that is no digit: a sign, or null. */
interface Mark {
  sign: string | null;
  certain?: boolean; // whether it is no digit for sure
  box: Box;
}

/** What /predict answers. */
interface Prediction extends FoundDigit {
  model: string;
}

/** What /predict answers with explain=1. */
interface Explanation extends Prediction {
  steps: Step[];
  evidence: Evidence;
}

/** Why a digit is read as it is, and not as another one. */
interface Evidence {
  digit: number;
  against: number;
  map: number[][]; // 28 by 28: above 0 the ink speaks for the digit, below 0 against it
  parts: Part[];
  smallest: Change | null;
  like: { digit: number; similarity: number; picture: string }[];
}

/** What is read without some of the ink. */
interface Change extends FoundDigit {
  share: number; // of the ink
  ink: string; // a data URL of what is taken away
}

interface Part extends Change {
  place: string;
  shape: string;
  gain: number;
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

/** A drawing as the browser keeps it: as link.js writes it, and what was read. */
interface KeptDrawing {
  drawing: string;
  text: string;
}

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
  against?: string; // the class that an explanation compares with
  signal?: AbortSignal;
  progress?: (share: number) => void; // told how much of a large picture has gone, 0 to 1
}

/** Called when the request leaves, so that it takes the newest drawing. */
type TakePicture = () => Promise<Blob>;

/** What GET /hands/ID/corrections lists. */
interface Correction {
  id: number;
  digit: number;
  was: number;
  trusted: boolean;
  picture: string; // a data URL
}

interface CorrectionListener {
  takeDigit: () => FoundDigit | null;
  changed: () => Promise<unknown>; // what is on the stage is to be read again
}

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
  sent: Blob | null; // what the server reads
  pixels: [width: number, height: number] | null; // of what the server reads; null: as the file
  gone: number; // share that is on its way
  isSmall: boolean; // was made smaller for a slow line
  row: HTMLTableRowElement;
  address: string;
  reading: Reading | null;
  problem: Problem | null;
}

/** Where a picture lies on the paper, in shares of the paper, and its size in pixels. */
interface Sheet {
  left: number;
  top: number;
  width: number;
  height: number;
  pixels: [width: number, height: number];
}

interface PictureListParts {
  list: HTMLElement;
  rows: HTMLElement;
  template: HTMLTemplateElement;
  maxBytes: number;
  chooseModel: () => string;
  stage: (picture: Picture) => void;
  changed: (picture: Picture) => void;
  chosen: () => void; // by a person, out of the list
}

/** What the inside of a network asks of the page. */
interface InsideHooks {
  drawing: Drawing;
  sheet: HTMLCanvasElement;
  clear: () => void;
  chooseModel: () => string;
  takeDigit: () => FoundDigit | null;
  takeSubject: () => TakePicture | null;
  takeStrokes: () => Stroke[];
}

/** An array in the body that /models/NAME/layers answers. */
interface PackedArray {
  at: number;
  type: 'float32' | 'float16' | 'int8';
  shape: number[];
}

/** A layer of a network, as inside/network.js computes it. */
interface Layer {
  kind: 'scale' | 'conv' | 'dense' | 'max' | 'average' | 'mean';
  name: string; // as its author called it; may be empty
  from: number[]; // shape of what goes in
  shape: number[]; // of what comes out
  activation: string;
  size: [down: number, right: number]; // of a patch
  strides: [down: number, right: number];
  padding: 'same' | 'valid';
  factor: number; // what the digit's numbers are multiplied by before the first layer
  offset: number; // and what is added
  kernel: Float32Array | null;
  bias: Float32Array | null;
  isRounded: boolean; // whether what goes in is rounded to eight bits
  isFirst: boolean; // whether it works on the digit itself
  isShifted: boolean; // and on other numbers than 0 to 1
}

interface Network {
  model: string;
  classes: string[];
  layers: Layer[];
}

/** What a layer made of a digit. */
interface Pass {
  layer: Layer;
  input: Float32Array;
  sums: Float32Array; // before the activation
  output: Float32Array;
}

/** How one number came about. */
interface Account {
  parts: AccountPart[];
  bias: number;
  sum: number;
  value: number;
}

interface AccountPart {
  source: number; // the map that goes in
  patch: (number | null)[]; // null: outside of the map
  weights: number[] | null;
  products: number[];
  sum: number;
}

interface ReasonsParts {
  takeChosen: () => FoundDigit | null; // the digit with its bars shown
  takeDigit: () => Promise<{ picture: Blob; digit: FoundDigit; alone: boolean; model: string } | null>;
  takeClasses: () => string[] | null; // as classesOf
  takeStrokes: () => Stroke[]; // of the drawing, where one is on the sheet
  showStrokes: (strokes: Stroke[] | null) => void; // instead of the drawing; null shows it again
}

interface ChallengeParts {
  takeReading: () => Reading | null;
  takeStrokes: () => Stroke[]; // of the drawing, where one is on the sheet
  takePicture: TakePicture; // of the drawing
  takeModels: () => { name: string; title: string }[]; // that read digits, the chosen one first
}
