"""Contact sheets show what training sees."""

from __future__ import annotations

from pathlib import Path

from train.handwriting.synthesis import synthesise_digits
from train.reports.sheets import write_sheets


def test_sheets_show_every_label_and_the_rest(tmp_path: Path) -> None:
    paths = write_sheets(tmp_path / "sheets", 0, synthesise_digits(2, seed=0)[0])
    assert {path.name for path in paths} == {
        *(f"digit-{label}.png" for label in range(10)),
        "non-digits.png",
        "framed.png",
        "morphs.png",
        "augmented.png",
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
