"""The letters of scripts that are not Latin, and small printed pictures, that no person reads as a digit.

Source: the glyphs of DejaVu Sans, which comes with the plotting library and is alike on every machine. Left out is what
passes for a digit, in the eyes of a network that had learned digits alone and in ours: the round letters of Georgian,
the Arabic alef.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from fontTools.ttLib import TTFont

SCRIPTS = (
    "ARABIC LETTER",
    "ARMENIAN",
    "CANADIAN SYLLABICS",
    "DOMINO TILE",
    "GEORGIAN",
    "HEBREW LETTER",
    "HEXAGRAM",
    "LAO",
    "LISU LETTER",
    "NKO LETTER",
    "OLD ITALIC",
    "PLAYING CARD",
    "TETRAGRAM",
    "TIFINAGH",
)  # how the Unicode names of the glyphs begin

# By script, ranges of code points
LOOK_ALIKES = """
533-534 536 53A 53E-542 545 547 549-54B 54E-54F 551 555 563-564 566 56C 56E-56F 572-573 577 579-57A 57E 581 585

5D1 5D4-5D6 5D8-5DA 5DC 5DF 5E1 5E3-5E4 5E8 FB22-FB25 FB27 FB31-FB33 FB35-FB36 FB38 FB3A-FB3C FB41 FB43-FB44 FB48
FB4B-FB4E

621 623-627 629 62C-62E 630-632 637-638 642 647-64A 66F 67C 688-689 68C 68E-690 694 696 69F 6A1-6A2 6A5-6AB 6AD-6B2 6B4
6B8 6BB 6BD 6C6 6C8 6CB-6CC 6CE 6D0 6D5 FB5F FB6E FB74-FB75 FB78 FB7C-FB7D FB84-FB86 FB88 FB8E-FB90 FB92-FB94 FB9A FB9C
FBA0-FBA1 FBD3 FBD5 FBD9 FBDB FBDE FBE4 FBFC FE80 FE83-FE85 FE87-FE89 FE8D-FE8E FE93 FE98 FE9D FE9F FEA1-FEA3 FEA5 FEA7
FEAA-FEAD FEAF FEC1-FEC8 FECB FED3 FED5 FED7 FEDB FEE0 FEE9-FEEA FEED-FEEF FEF1

7CA-7CB 7D4-7D5 7D7 7DD-7DE 7E3-7E4

E87-E88 E8A EA3 EA5 EA7 EAD-EAF EB2-EB3 EBD EC0 EC3

10A0-10A4 10A7-10AA 10AF 10B1 10B3 10B7-10B8 10BD 10C2-10C4 10D0 10D2 10D4-10D6 10D8-10D9 10DB-10DE 10E0-10E2 10E7-10E8
10EC 10EE 10F0 10F2-10F5 10F7 10F9 2D03-2D04 2D08-2D09 2D0B 2D0E-2D0F 2D13 2D17-2D18 2D1D 2D1F 2D21-2D24

1418 141A 141F-1420 1423-1424 1433-1435 1437 1440-1443 1448 144A 1450 1452 145F-1460 146B 1470-1475 147D-1483 1485
1488-1489 1490-1493 149C-149F 14A1 14A3 14A8 14AC-14AD 14B4 14C0-14C3 14C6 14CA 14D3 14D7-14D9 14DC-14DD 14E5 14ED 14F1
14F7 1501 1506-1507 1510-1512 1516-151C 1526 152D 152F-1530 153A 153C 1542 1548 154A-154C 154E 1550 1552 1557 1564 1574
1579 157B 1583-1584 158A-158D 15A2-15A6 15AF 15DE 15E1 1646

2D30-2D31 2D35 2D3A 2D40-2D41 2D4F 2D52 2D54 2D56 2D59-2D5A 2D62

A4D0 A4D3 A4D5-A4D6 A4DC A4DE A4E2 A4E8 A4ED A4F1-A4F3 A4F6-A4F7 A4F9

10301 10303 10309 1030B 1030F 10312 1031A 1031C-1031D
"""


@lru_cache(maxsize=4)
def list_letters(font: str) -> str:
    """Return every letter of SCRIPTS that a font has and that is no look-alike.

    Args:
        font: path of a TrueType file.
    """
    return "".join(chr(code) for code in sorted(TTFont(font).getBestCmap()) if _is_foreign(chr(code)))


def _is_foreign(letter: str) -> bool:
    name = unicodedata.name(letter, "")
    is_drawn = unicodedata.category(letter) in ("Lo", "Lu", "Ll", "So")  # no combining marks, no digits
    return name.startswith(SCRIPTS) and is_drawn and ord(letter) not in look_alikes()


@lru_cache(maxsize=1)
def look_alikes() -> frozenset[int]:
    """Return the code points of LOOK_ALIKES."""
    bounds = [[int(bound, 16) for bound in span.split("-")] for span in LOOK_ALIKES.split()]
    return frozenset(code for span in bounds for code in range(span[0], span[-1] + 1))
