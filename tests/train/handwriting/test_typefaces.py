"""Which letters are printed as non-digits."""

from __future__ import annotations

from train.handwriting.scripts import list_letters
from train.handwriting.typefaces import LATIN_LOOK_ALIKES, PRINTED_LETTERS, typefaces


def test_letters_that_look_like_digits_are_not_printed() -> None:
    assert not set(PRINTED_LETTERS) & set(LATIN_LOOK_ALIKES)
    assert {"A", "K", "W", "h"} <= set(PRINTED_LETTERS)
    foreign = list_letters(str(next(path for path in typefaces() if path.name == "DejaVuSans.ttf")))
    assert not set(foreign) & {"\u0627", "\u05d5", "\u0555", "\u10d8", "\u0667"}  # alef, vav, Oh, in, 7 in Arabic
    assert {"\u05e9", "\u062b", "\u0544", "\u1401"} <= set(foreign)  # shin, theh, Men, E in Cree
    assert len(foreign) > 1000
