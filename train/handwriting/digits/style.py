"""What a style is: one way to write a digit."""

from __future__ import annotations

from typing import NamedTuple

from ..curves import Draw


class Style(NamedTuple):
    """One way to write a digit, and how often it is drawn among the digit's styles.

    fattest: widest pen, of the height: a wider one fills its loops and corners.
    family: styles of one digit and one family are drawn by the same strokes in the same order, so that what lies
        between two of them is that digit too; "" has no such neighbours.
    lean: least and largest shear at which a person still reads the digit: how far the top moves right, of the height.
    widen: logarithms of the least and the largest factor of the width at which a person still reads it.
    """

    name: str
    share: float
    draw: Draw
    fattest: float = 0.19
    family: str = ""
    lean: tuple[float, float] = (-0.55, 0.75)
    widen: tuple[float, float] = (-0.5, 0.55)
