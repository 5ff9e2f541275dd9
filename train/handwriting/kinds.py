"""The table of all kinds of non-digits.

    KINDS[name].draw(rng) -> ink

HELD_OUT_KINDS are never trained on, so that rejection is measured on kinds that no network has seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from . import marks, shapes, surfaces, typefaces
from .pens import Ink
from .writing import from_table


class Kind(NamedTuple):
    """One kind of non-digits, and how often it is drawn."""

    share: float
    draw: Callable[[np.random.Generator], Ink]
    held_out: bool = False


def visible(paint: Callable[[np.random.Generator], Ink], rng: np.random.Generator) -> Ink:
    """Draw until there is something to see."""
    while True:
        ink = paint(rng)
        if ink.size and int(ink.max()) > 40:
            return ink


def kind(share: float, paint: Callable[[np.random.Generator], Ink], held_out: bool = False) -> Kind:
    """Make a kind that never draws a blank."""
    return Kind(share, partial(visible, paint), held_out)


KINDS: dict[str, Kind] = {
    "upper case": kind(7, partial(from_table, "upper")),
    "lower case": kind(6, partial(from_table, "lower")),
    "printed letters": kind(6, partial(typefaces.printed, typefaces.PRINTED_LETTERS)),
    "cyrillic": kind(3, partial(from_table, "cyrillic")),
    "signs": kind(5, partial(from_table, "signs")),
    "printed signs": kind(2, partial(typefaces.printed, typefaces.PRINTED_SIGNS)),
    "printed lines": kind(3, typefaces.printed_lines),
    "foreign letters": kind(7, typefaces.foreign_letter),
    "scenes": kind(5, partial(from_table, "scenes")),
    "words": kind(3, marks.word),
    "rows of digits": kind(4, marks.row_of_digits),
    "digit and sign": kind(1.5, marks.sum_of_digits),
    "stacked digits": kind(1, marks.stacked_digits),
    "overwritten digits": kind(2, marks.overwritten_digits),
    "crossed out": kind(2.5, marks.crossed_out),
    "parts of digits": kind(3, marks.part_of_digit),
    "squeezed pairs": kind(4, marks.squeezed_pair),
    "touching halves": kind(4, partial(marks.broad, marks.touching_halves)),
    "parts of words": kind(5, partial(marks.broad, marks.part_of_word)),
    "random strokes": kind(7, marks.random_strokes),
    "random joints": kind(6, marks.random_joints),
    "cjk-like": kind(4, marks.cjk_like),
    "dashes": kind(1.5, shapes.dash),
    "dots": kind(1.5, surfaces.dots),
    "blots": kind(2, surfaces.blot),
    "scribbles": kind(4, shapes.scribble),
    "scrawls": kind(3, shapes.scrawl),
    "tangles": kind(4, shapes.tangle),
    "coils": kind(1.5, shapes.coil),
    "zigzags": kind(1.5, shapes.zigzag),
    "signatures": kind(1.5, marks.signature),
    "paragraphs": kind(0.7, marks.paragraph),
    "bundles": kind(2, shapes.bundle),
    "polygons": kind(3, shapes.polygon),
    "outlines": kind(1.5, shapes.outline),
    "dented": kind(4, shapes.dented),
    "branches": kind(3, shapes.branches),
    "filled shapes": kind(2, surfaces.filled_shape),
    "rings": kind(1.5, shapes.rings),
    "commas": kind(1.5, surfaces.comma),
    "shadows' edges": kind(2, surfaces.edge),
    "spectra": kind(2, surfaces.spectrum),
    "garments": kind(3, surfaces.garment),
    "stripes": kind(2, surfaces.stripes),
    "icons": kind(1.5, surfaces.icon),
    "noise": kind(3, surfaces.noise),
    "gradients": kind(1.5, surfaces.gradient),
    "solid": kind(1.5, surfaces.solid),
    "negatives": kind(1.5, marks.negative),
    "photos": kind(2, surfaces.photo),
    "framed marks": kind(1.5, marks.framed_mark),
    "kana": kind(2, partial(from_table, "kana")),
    "wheels": kind(1.5, shapes.wheel),
    "atoms": kind(1.5, shapes.atom),
    "notes": kind(1.5, surfaces.note),
    "paper clips": kind(1, shapes.paper_clip),
    "greek": kind(2, partial(from_table, "greek"), held_out=True),
    "hangul-like": kind(1, marks.hangul_like, held_out=True),
    "arrows": kind(1, partial(from_table, "arrows"), held_out=True),
    "figures": kind(1, partial(from_table, "figures"), held_out=True),
    "turned digits": kind(1, marks.turned_digit, held_out=True),
    "spirals": kind(1, shapes.spiral, held_out=True),
    "waves": kind(1, shapes.waves, held_out=True),
    "stars": kind(1, shapes.star, held_out=True),
    "hearts": kind(1, shapes.heart, held_out=True),
    "faces": kind(1, shapes.face, held_out=True),
    "lattices": kind(1, surfaces.lattice, held_out=True),
    "splashes": kind(1, surfaces.splash, held_out=True),
    "patches": kind(1, surfaces.patches, held_out=True),
    "silhouettes": kind(1, surfaces.silhouette, held_out=True),
    "fingerprints": kind(1, surfaces.fingerprint, held_out=True),
    "barcodes": kind(1, surfaces.barcode, held_out=True),
    "ticked boxes": kind(1, shapes.ticked_box, held_out=True),
}
HELD_OUT_KINDS = tuple(name for name, entry in KINDS.items() if entry.held_out)
TRAINING_KINDS = tuple(name for name, entry in KINDS.items() if not entry.held_out)
