"""What a style is: one way to write a digit."""

from __future__ import annotations

from typing import NamedTuple

from ..curves import Draw


class Style(NamedTuple):
    """One way to write a digit, and how often it is drawn among the digit's styles."""

    name: str
    share: float
    draw: Draw
    fattest: float = 0.19  # widest pen, of the height: a wider one fills its loops and corners
