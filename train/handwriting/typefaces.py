"""Letters and signs in type, bent so that they might have been written.

Leaves out the letters of LATIN_LOOK_ALIKES, which a person could read as a digit.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import scripts
from .pens import Ink

LATIN_LOOK_ALIKES = "OoDcGuIlijSsZzBbgqynta"  # printed letters that pass for 0, 1, 2, 4, 5, 6, 7, 8 or 9 in some hand
PRINTED_LETTERS = "".join(sorted(set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") - set(LATIN_LOOK_ALIKES)))
PRINTED_SIGNS = "+=%#*@&?!{}~±÷©®€"
SCRIPT_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf")  # have the letters of scripts.py


@lru_cache(maxsize=1)
def typefaces() -> tuple[Path, ...]:
    """Return the files of the typefaces that come with the plotting library: alike on every machine."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return tuple(
        path
        for path in sorted(folder.glob("*.ttf"))
        if path.name.startswith(("DejaVu", "STIXGeneral")) and "Display" not in path.name
    )


@lru_cache(maxsize=1)
def fonts() -> tuple[ImageFont.FreeTypeFont, ...]:
    """Return the typefaces, loaded."""
    return tuple(ImageFont.truetype(str(path), 56) for path in typefaces())


@lru_cache(maxsize=4096)
def print_letter(letter: str, font: int) -> Ink:
    """Set one letter or word in type."""
    left, top, right, bottom = fonts()[font].getbbox(letter)
    sheet = Image.new("L", (round(right - left) + 16, round(bottom - top) + 16))
    ImageDraw.Draw(sheet).text((8 - left, 8 - top), letter, 255, fonts()[font])
    return np.asarray(sheet)


def printed(letters: str, rng: np.random.Generator) -> Ink:
    """Print a letter, sometimes two, bent so that it might have been written."""
    text = letters[int(rng.integers(len(letters)))]
    if rng.random() < 0.1:
        text += letters[int(rng.integers(len(letters)))]
    return bend(print_letter(text, int(rng.integers(len(fonts())))), rng)


def foreign_letter(rng: np.random.Generator) -> Ink:
    """Print a letter of another script, bent so that it might have been written."""
    faces = [number for number, path in enumerate(typefaces()) if path.name in SCRIPT_FONTS]
    font = faces[int(rng.integers(len(faces)))]
    letters = scripts.list_letters(str(typefaces()[font]))
    return bend(print_letter(letters[int(rng.integers(len(letters)))], font), rng)


def printed_lines(rng: np.random.Generator) -> Ink:
    """Print lines too small to read, cut off anywhere: a receipt, a form, a page of a book."""
    signs = (
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:-%€ "
        if rng.random() < 0.6
        else "0123456789., "
    )
    font = int(rng.integers(len(fonts())))
    lines = []
    for _ in range(int(rng.integers(1, 6))):
        text = "".join(rng.choice(list(signs), int(rng.integers(3, 12))))
        lines.append(print_letter("A" + text, font))
    wide = max(line.shape[1] for line in lines)
    gap = int(rng.integers(0, 14))
    page = np.concatenate([np.pad(line, ((0, gap), (0, wide - line.shape[1]))) for line in lines])
    shape = (max(40, round(page.shape[1] * rng.uniform(0.5, 1))), max(30, round(len(page) * rng.uniform(0.6, 1))))
    top, left = int(rng.integers(0, max(1, len(page) - shape[1]))), int(rng.integers(0, max(1, wide - shape[0])))
    part = page[top : top + shape[1], left : left + shape[0]]
    scale = 100 / max(part.shape)
    size = (max(8, round(part.shape[1] * scale)), max(8, round(part.shape[0] * scale)))
    return bend(np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8), rng)


def bend(ink: Ink, rng: np.random.Generator) -> Ink:
    """Bow and slant print, and let its strokes grow or shrink."""
    height, width = ink.shape
    bow = cv2.resize(
        rng.normal(0, rng.uniform(0, 4), (3, 3, 2)).astype(np.float32),
        (width + 20, height + 20),
        interpolation=cv2.INTER_CUBIC,
    )
    y, x = np.mgrid[-10 : height + 10, -10 : width + 10].astype(np.float32)
    lean = rng.normal(0, 0.2)
    source = np.stack([x + lean * (y - height / 2), y], axis=-1, dtype=np.float32) + bow
    ink = np.asarray(cv2.remap(ink, source[..., 0], source[..., 1], cv2.INTER_LINEAR), np.uint8)
    wider = rng.random() < 0.6
    size = int(rng.integers(1, 5 if wider else 3))
    return np.asarray((cv2.dilate if wider else cv2.erode)(ink, np.ones((size, size), np.uint8)), np.uint8)
