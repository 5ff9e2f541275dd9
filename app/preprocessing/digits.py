"""Turn a picture into the digit that the networks know.

    bytes -> decoding -> picture -> paper -> marks -> ruling -> parts -> ink -> framing -> digit

Each stage has a module of its own, in this order:

    decoding   formats, sizes, transparency, EXIF
    levels     arrays saved unscaled, dots that print grey, checks of transparency
    paper      colours, sheet, shading, whether ink is dark or light
    ruling     the lines of ruled and squared paper
    parts      what belongs to the digit and what does not: found roughly, then looked at closely
    frames     what is around or beside it: frames, rings, walls between boxes, pens
    doubts     whether it may not be the digit that is meant
    ink        the digit's own ink, stretched and thickened

A drawing on flat paper, the commonest picture, takes a shorter way with the same answer: drawings.

Knows the order only.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import NoInk
from ..framing import DIGIT, NOTHING_DRAWN, SIDE, Framing, frame_digit
from .decoding import DECODED_SIDE, Body, Picture, decode_picture
from .doubts import has_dot, holds_another, is_circle, is_fold, is_ringed, is_weak, spans_picture, stands_alone
from .drawings import find_drawn_ink
from .explanation import Step, Steps
from .ink import draw_ink, is_coarse, is_faint
from .levels import scale_few_levels
from .paper import (
    NARROW_STROKES,
    PHOTO_SIDE,
    WIDEST_STROKES,
    Marks,
    Strokes,
    find_mixes,
    find_percentile,
    find_sides,
    mix_colours,
)
from .parts import GRID, find_parts, find_roughly, look_closely, show_digit

DRAFTED_SIDE = 500  # pixels of a JPEG's longer side, an eighth of a camera's 4,000: nearly paper's PHOTO_SIDE
FINER = 2  # times as fine is looked at a photograph in which nothing is found: a digit may be a fifteenth as high
LARGE = 256  # pixels of ink that is kept: a line around a digit is three or more wide then
STRONG = 95  # percentile of the contrasts, which is ink
PALER = (0.4, 0.6)  # of it, up to which marks may be shadows: they take up to half of the light
WEAK_COLOUR = 0.5  # of the contrast that a digit has in one mix of the colours: what has less in the next is no digit


@dataclass(frozen=True)
class FoundInk:
    """The ink of one digit, uint8 (h, w) or framed (28, 28), and whether it can be trusted to be the one that is meant.

    faint: there is too little of it; among_others: other ink is as large and as strong, and was left out; or it hangs
    together with a narrow shadow, or may be a fold of the paper. coarse: it has so few pixels that it looks better in a
    picture that is less reduced. uneven: the paper is, so that shadows may hang together with the ink: look_again().
    large: where the ink is framed, the same before, at most LARGE pixels high and wide: an outline shows in it.
    """

    ink: NDArray[np.uint8]
    faint: bool
    among_others: bool = False
    coarse: bool = False
    uneven: bool = False
    large: NDArray[np.uint8] | None = None


def read_picture(body: Body, steps: Steps | None = None, framing: Framing = DIGIT) -> NDArray[np.uint8]:
    """Read the one digit of a picture: read_ink(), framed, alone."""
    return read_ink(body, steps, framing).ink


def read_ink(body: Body, steps: Steps | None = None, framing: Framing = DIGIT) -> FoundInk:
    """Read the one digit of a picture: decode, find the ink, frame.

    Args:
        body: a picture file, a page of one, or a picture of Pillow.
        steps: collects what each step decided.
        framing: the one that the model was trained on.

    Returns:
        The digit, framed: uint8 (28, 28), paper 0 to ink 255.

    Raises:
        NoInk, TooLarge, Unreadable, UnsupportedFormat: each with a sentence for the person who sent it.
    """
    found = _decode_and_look(body, steps, framing)
    digit = frame_digit(found.ink, framing)
    if steps is not None:
        steps.append(Step("frame", framing.caption, digit))
    return replace(found, ink=digit, large=_reduce(found.ink))


def _reduce(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return ink no larger than an outline is looked for in."""
    scale = LARGE / max(ink.shape)
    if scale >= 1:
        return ink
    return np.asarray(cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _decode_and_look(body: Body, steps: Steps | None, framing: Framing) -> FoundInk:
    """Look for ink; in a JPEG that is decoded no larger than uneven paper is looked at, if that shows enough."""
    picture = decode_picture(body, steps, drafted_side=DRAFTED_SIDE)
    if max(picture.pixels.shape) >= min(DECODED_SIDE, max(picture.width, picture.height)):
        return look_for_ink(picture, steps, framing)
    with suppress(NoInk):
        found = look_for_ink(picture, steps, framing)
        if not found.coarse:
            return found
    if steps is not None:
        steps.clear()
    return look_for_ink(decode_picture(body, steps), steps, framing)


def find_ink(
    picture: Picture | NDArray[np.uint8], steps: Steps | None = None, framing: Framing = DIGIT
) -> NDArray[np.uint8]:
    """Find the ink of one digit: look_for_ink(), alone."""
    return look_for_ink(picture, steps, framing).ink


def look_for_ink(
    picture: Picture | NDArray[np.uint8], steps: Steps | None = None, framing: Framing = DIGIT, small: bool = True
) -> FoundInk:
    """Find the ink of one digit, and say whether it is faint.

    Args:
        picture: what decode_picture returns, or its pixels: uint8 (h, w) grey or (h, w, 3) RGB.
        steps: collects what each step decided.
        framing: in which a picture passes unchanged.
        small: where nothing is found in a photograph, a small digit is looked for.

    Returns:
        Its ink: uint8 (h, w), paper 0 to ink 255, cropped to the digit; a framed digit passes unchanged.

    Raises:
        NoInk: nothing is drawn.
    """
    pixels = scale_few_levels(picture.pixels if isinstance(picture, Picture) else picture)
    if steps is None and pixels.ndim == 2 and (drawn := find_drawn_ink(pixels)):
        return FoundInk(drawn.ink, drawn.faint, coarse=drawn.coarse)
    best = _look_beyond_shadows(pixels, steps is not None, framing, small)
    if steps is not None:
        steps += best.steps
    return best.found


@dataclass(frozen=True)
class _Look:
    """What was found in one grey picture.

    rating: of its ink, comparable between mixes of one picture's colours; 0 where it touches the border, as do stripes
    and patches of coloured paper, and infinite where no other mix need be tried.
    level: its strongest contrast.
    spans: whether it goes from border to border on uneven paper, and is not all that there is.
    """

    found: FoundInk
    rating: float
    level: float = 0.0
    spans: bool = False
    steps: Steps = field(default_factory=list)


def _look_beyond_shadows(pixels: NDArray[np.uint8], explained: bool, framing: Framing, small: bool) -> _Look:
    """Look for ink; where there is none, or it spans the picture, for ink that is no broader than in a narrow shadow.

    What is found so is doubted: it may be the shadow's edge. Where still nothing is found, look for a small digit.

    Raises:
        NoInk: nothing is drawn.
    """
    usual: _Look | None = None
    with suppress(NoInk):
        usual = _look_in_all(pixels, explained, framing)
        if not usual.spans:
            return usual
    try:
        narrow = _look_in_all(pixels, explained, framing, NARROW_STROKES)
    except NoInk:
        if usual is None and not small:
            raise
        return usual or _look_in_all(pixels, explained, framing, finer=FINER)
    if usual is not None and narrow.rating == 0:
        return usual
    return replace(narrow, found=replace(narrow.found, among_others=True))


def _look_in_all(
    pixels: NDArray[np.uint8], explained: bool, framing: Framing, strokes: Strokes = WIDEST_STROKES, finer: int = 1
) -> _Look:
    """Look for ink in a grey picture, or in each mix of the colours in which something stands out.

    Args:
        finer: so many times as fine as usual; on uneven paper.

    Returns:
        What looks most like a digit.

    Raises:
        NoInk: nothing is drawn in any of them.
    """
    looks: list[_Look] = []
    for mix in find_mixes(pixels) if pixels.ndim == 3 else (None,):
        steps: Steps = []
        collected = steps if explained else None
        with suppress(NoInk):
            grey = pixels if mix is None else mix_colours(pixels, collected, mix)
            look = _look_in(grey, collected, framing, strokes, finer)
            if any(look.level < WEAK_COLOUR * other.level for other in looks if other.rating > 0):
                continue
            looks.append(replace(look, steps=steps))
            if look.rating == math.inf:
                break
    if not looks:
        raise NoInk(NOTHING_DRAWN)
    return max(looks, key=lambda look: look.rating)  # the first of equal ones


def _look_in(grey: NDArray[np.uint8], steps: Steps | None, framing: Framing, strokes: Strokes, finer: int) -> _Look:
    """Look for the ink of one digit in a grey picture."""
    sides = find_sides(grey, steps, finer * PHOTO_SIDE, strokes=strokes)
    if sides[0].flat and _is_framed((only := sides[0].find()).contrast, framing):
        return _Look(FoundInk(only.contrast, is_faint(only.contrast, only)), math.inf)
    marks, parts = find_roughly(sides, finer * GRID)
    parts = look_closely(marks, parts, finer * GRID)
    contrast = show_digit(marks, parts)
    coarse = marks.flat and is_coarse(contrast, marks.least)
    main = int(parts.score.argmax())
    doubted = not stands_alone(parts) or has_dot(parts) or holds_another(parts) or is_ringed(parts)
    if not marks.flat:
        doubted = (
            doubted
            or is_weak(parts)
            or is_circle(parts)
            or is_fold(parts.boxes[main], parts.area[main], parts.labels.shape)
        )
    found = FoundInk(draw_ink(contrast, marks, steps), is_faint(contrast, marks), doubted, coarse, not marks.flat)
    rating = 0.0 if parts.contact[main] else math.inf if marks.flat else float(parts.score[main])
    level = cv2.minMaxLoc(contrast)[1]
    return _Look(found, rating, level, not marks.flat and spans_picture(parts, main))


def look_again(body: Body, framing: Framing = DIGIT) -> list[NDArray[np.uint8]]:
    """Look for the ink of one digit on uneven paper once more, without whatever is as pale as a shadow may be.

    Args:
        body: as read_ink's, which has found ink on uneven paper.
        framing: the one that the model was trained on.

    Returns:
        What may be the digit, framed: uint8 (28, 28) each. A network has to say which one is.
    """
    pixels = decode_picture(body, drafted_side=DRAFTED_SIDE).pixels
    grey = mix_colours(pixels) if pixels.ndim == 3 else pixels
    found = []
    for strokes in (WIDEST_STROKES[1:], NARROW_STROKES):
        with suppress(NoInk):
            marks, _ = find_roughly(find_sides(grey, strokes=strokes))
            strongest = find_percentile(marks.contrast[marks.contrast > marks.least], STRONG)
            for share in PALER:
                with suppress(NoInk):
                    found.append(frame_digit(_find_darker_ink(marks, share * strongest), framing))
    return found


def _find_darker_ink(marks: Marks, level: float) -> NDArray[np.uint8]:
    """Find the ink of one digit among what has more contrast than some level."""
    darker = replace(marks, contrast=np.asarray(cv2.subtract(marks.contrast, level), np.uint8))
    parts = find_parts(darker, darker.least)
    if not parts.score.any():
        raise NoInk(NOTHING_DRAWN)
    return draw_ink(show_digit(darker, look_closely(darker, parts)), darker)


def _is_framed(ink: NDArray[np.uint8], framing: Framing) -> bool:
    return ink.shape == (SIDE, SIDE) and bool(ink.any()) and np.array_equal(frame_digit(ink, framing), ink)
