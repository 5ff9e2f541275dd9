/** Wires what the pages about the models have. */

import { carryDrawing } from '../drawing/link.js';
import { createThemeSwitch } from './theme.js';

createThemeSwitch();
carryDrawing(() => location.hash);
