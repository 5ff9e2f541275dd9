"""Turn a picture into the digit that the networks know.

    bytes -> decoding -> picture -> paper -> marks -> ruling -> parts -> ink -> framing -> digit

Each stage has a module of its own, in this order:

    decoding   formats, sizes, transparency, EXIF
    paper      colours, sheet, shading, whether ink is dark or light
    ruling     the lines of ruled and squared paper
    parts      what belongs to the digit and what does not: found roughly, then looked at closely
    ink        the digit's own ink, stretched and thickened

Knows the order only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..framing import DIGIT, SIDE, Framing, frame_digit
from .decoding import Body, Picture, decode_picture
from .explanation import Step, Steps
from .ink import draw_ink
from .paper import find_marks
from .parts import find_roughly, look_closely


def read_picture(body: Body, steps: Steps | None = None, framing: Framing = DIGIT) -> NDArray[np.uint8]:
    """Read the one digit of a picture: decode, find the ink, frame.

    Args:
        body: a picture file, a page of one, or a picture of Pillow.
        steps: collects what each step decided.
        framing: the one that the model was trained on.

    Returns:
        uint8 (28, 28), paper 0 to ink 255.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: each with a sentence for the person who sent it.
    """
    digit = frame_digit(find_ink(decode_picture(body, steps), steps, framing), framing)
    if steps is not None:
        steps.append(Step("frame", framing.caption, digit))
    return digit


def find_ink(
    picture: Picture | NDArray[np.uint8], steps: Steps | None = None, framing: Framing = DIGIT
) -> NDArray[np.uint8]:
    """Find the ink of one digit.

    Args:
        picture: what decode_picture returns, or its pixels: uint8 (h, w) grey or (h, w, 3) RGB.
        steps: collects what each step decided.
        framing: in which a picture passes unchanged.

    Returns:
        uint8 (h, w), paper 0 to ink 255, cropped to the digit; a framed digit passes unchanged.

    Raises:
        NoInk: nothing is drawn.
    """
    sides = find_marks(picture.pixels if isinstance(picture, Picture) else picture, steps)
    if sides[0].flat and _is_framed(sides[0].contrast, framing):
        return sides[0].contrast
    marks, parts = find_roughly(sides)
    return draw_ink(marks, look_closely(marks, parts), steps)


def _is_framed(ink: NDArray[np.uint8], framing: Framing) -> bool:
    return ink.shape == (SIDE, SIDE) and bool(ink.any()) and np.array_equal(frame_digit(ink, framing), ink)
