"""Every way to write every digit."""

from __future__ import annotations

from . import eight, five, four, nine, one, seven, six, three, two, zero
from .style import Style

STYLES: dict[int, tuple[Style, ...]] = {
    0: zero.STYLES,
    1: one.STYLES,
    2: two.STYLES,
    3: three.STYLES,
    4: four.STYLES,
    5: five.STYLES,
    6: six.STYLES,
    7: seven.STYLES,
    8: eight.STYLES,
    9: nine.STYLES,
}
