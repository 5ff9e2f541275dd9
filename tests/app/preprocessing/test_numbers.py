"""Several digits in one picture are found in reading order, each framed as if it were alone."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.errors import NoInk
from app.framing import frame_digit, to_tensor
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import read_picture
from app.preprocessing.looking import Look
from app.preprocessing.numbers import FoundDigit
from app.preprocessing.writing import find_writing
from app.reading.answers import Answer, predict_one, read_one
from app.reading.numbers import read_number
from tests.support import drawings
from tests.support.drawings import PLUS_IN_ONE, STROKES, TALL_PLUS, draw_digit, draw_text, to_bytes, to_png
from tests.support.scenes import (
    Grey,
    Scene,
    at_the_edge_of_a_sheet,
    beside_a_cable,
    in_a_band_of_shadow,
    in_a_shadow,
    in_faint_pencil,
    in_uneven_light,
    inverted,
    on_a_sheet_seen_askew,
    on_a_table,
    on_ruled_paper,
)

PAGE = (300, 640)  # height and width in pixels


@functools.cache
def robust() -> Classifier | None:
    folder = Path(__file__).parents[3] / "models" / "robust"
    return load_classifier(load(folder)) if folder.is_dir() else None


def the_robust() -> Classifier:
    classifier = robust()
    if classifier is None:
        pytest.skip("models/robust is not there: make train RECIPE=robust")
    return classifier


def write(text: str, *, height: float = 60, gap: float = 16, pen: float = 8, shape: tuple[int, int] = PAGE) -> Grey:
    """Write lines of digits, dark on white; a space leaves room for a digit."""
    page = np.full(shape, 255, np.uint8)
    for row, line in enumerate(text.split("\n")):
        for column, digit in enumerate(line):
            if digit != " ":
                centre = (50 + column * (0.6 * height + gap), 60 + row * 1.7 * height)
                page = np.minimum(page, draw_digit(int(digit), shape=shape, height=height, centre=centre, pen=pen))
    return page


def read(picture: NDArray[np.uint8] | bytes) -> str:
    """Return the text of a picture as the committed model reads it."""
    classifier = robust()
    if classifier is None:
        pytest.skip("models/robust is not there: make train RECIPE=robust")
    return read_number(classifier, decode_picture(picture if isinstance(picture, bytes) else to_png(picture))).text


@pytest.mark.parametrize(
    "text", ("2024", "0123456789", "10", "7", "3141\n5926", "1\n2\n3", "12 34\n567", "88888\n1\n90")
)
def test_numbers_are_read_line_by_line(text: str) -> None:
    assert read(write(text, height=50)) == text.replace(" ", "")


PAPERS = (
    *(inverted, in_uneven_light, in_a_shadow, in_a_band_of_shadow, on_ruled_paper, in_faint_pencil),
    *(on_a_table, on_a_sheet_seen_askew, at_the_edge_of_a_sheet, beside_a_cable),
)


@pytest.mark.parametrize("scene", PAPERS)
def test_numbers_are_read_on_any_paper(scene: Scene) -> None:
    assert read(scene(write("2024\n1357", height=70))) == "2024\n1357"


def test_a_digit_that_the_border_cuts_through_is_left_out() -> None:
    page = in_uneven_light(write("4720", height=70))
    assert read(np.ascontiguousarray(page[:, 60:])) == "720"


@pytest.mark.parametrize("gap", (18, 10, 5, 2))
def test_digits_may_nearly_touch(gap: float) -> None:
    assert read(write("20485", height=80, gap=gap + 8)) == "20485"


@pytest.mark.parametrize(("text", "gap"), (("25", 2), ("03", 2), ("84", 0), ("66", 2)))
def test_touching_digits_are_cut(text: str, gap: float) -> None:
    assert read(write(text, height=100, gap=gap, pen=10)) == text


@pytest.mark.parametrize(("text", "gap"), (("06", 0), ("38", 0), ("4071", 0), ("2385", -4), ("4071", -8)))
def test_digits_that_touch_or_overlap_are_read(text: str, gap: float) -> None:
    assert read(draw_text(text, height=90, pen=8, gap=gap / 90)) == text


def test_two_digits_that_overlap_are_read_whichever_they_are() -> None:
    numbers = [f"{number:02d}" for number in range(100)]
    misread = [text for text in numbers if read(draw_text(text, height=90, pen=8, gap=-4 / 90)) != text]
    assert len(misread) <= 4, misread


@pytest.mark.parametrize(
    ("text", "gap"),
    (
        ("1994", -4),
        ("2385", -8),
        ("2009", -8),
        ("95", -10),
        ("6248", -10),
        pytest.param("2385", -10, marks=pytest.mark.xfail(strict=True, reason="a doubted 2335 to 1.8.0's network")),
        ("360", -14),
    ),
)
def test_overlapping_digits_are_parted_along_the_lines_of_the_pen(text: str, gap: float) -> None:
    assert read(draw_text(text, height=90, pen=8, gap=gap / 90)) == text


def test_what_two_ways_to_cut_read_alike_is_certain() -> None:
    answer = read_one(the_robust(), to_png(draw_text("06", height=90, pen=8, gap=-10 / 90)))
    assert (answer["text"], [digit["certain"] for digit in answer["digits"]]) == ("06", [True, True])


@pytest.mark.parametrize(("text", "gap"), (("8153", -4), ("1994", -8), ("38", -10), ("7163", -10), ("0826", -14)))
def test_what_is_misread_among_touching_digits_is_doubted(text: str, gap: float) -> None:
    answer = read_one(the_robust(), to_png(draw_text(text, height=90, pen=8, gap=gap / 90)))
    assert answer["text"] == text or not all(digit["certain"] for digit in answer["digits"])


def test_sizes_and_base_lines_may_differ() -> None:
    page = np.full(PAGE, 255, np.uint8)
    for number, (digit, height, rise) in enumerate(((3, 70, 0), (1, 100, -12), (4, 60, 14), (1, 84, 6), (5, 110, -4))):
        centre = (70 + 100 * number, 150 + rise)
        page = np.minimum(page, draw_digit(digit, shape=PAGE, height=height, centre=centre, pen=9))
    assert read(page) == "31415"


def test_a_line_may_climb() -> None:
    page = np.full(PAGE, 255, np.uint8)
    for number, digit in enumerate((2, 7, 1, 8, 2)):
        drawn = draw_digit(digit, shape=PAGE, height=70, centre=(60 + 110 * number, 250 - 45 * number), pen=9)
        page = np.minimum(page, drawn)
    assert read(page) == "27182"


def turned(page: Grey, degrees: float) -> Grey:
    high, wide = page.shape
    matrix = cv2.getRotationMatrix2D((wide / 2, high / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(page, matrix, (wide, high), borderValue=255), np.uint8)


@pytest.mark.parametrize("degrees", (-14, -8, 5, 11, 15))
@pytest.mark.parametrize("text", ("2  7  1\n8  2  8\n1  8  2", "31  41\n59  26\n53  58"))
def test_columns_are_read_along_rows_that_slant(text: str, degrees: float) -> None:
    page = np.pad(write(text, height=44, pen=6, shape=(240, 400)), 80, constant_values=255)
    assert read(turned(page, degrees)) == text.replace(" ", "")


def write_rows(*rows: tuple[str, float, tuple[float, float]]) -> Grey:
    """Write rows of digits: the text, the height, and where the middle of the first digit is."""
    page = np.full((440, 640), 255, np.uint8)
    for text, height, (x, y) in rows:
        for place, digit in enumerate(text):
            centre = (x + 0.95 * height * place, y)
            page = np.minimum(
                page, draw_digit(int(digit), shape=page.shape, height=height, centre=centre, pen=0.11 * height)
            )
    return page


@pytest.mark.parametrize("scene", (np.copy, in_uneven_light, inverted))
@pytest.mark.parametrize("high", (24, 32, 48, 64))
def test_rows_of_digits_much_smaller_than_others_are_read(high: float, scene: Scene) -> None:
    page = write_rows(("3082", 130, (100, 110)), ("94725", high, (100, 260)), ("60318", high, (100, 360)))
    assert read(scene(page)) == "3082\n94725\n60318"


@pytest.mark.parametrize("below", (0, 8, 16))
def test_a_small_row_close_above_large_digits_is_a_row_of_its_own(below: int) -> None:
    page = write_rows(("34725", 44, (110, 110)), ("6802", 110, (130, 110 + 22 + 55 + 10 + below)))
    assert read(page) == "34725\n6802"


def test_many_small_digits_are_no_dirt() -> None:
    rows = [("4902735862", 24, (60, 200 + 44 * row)) for row in range(5)]
    assert read(write_rows(("35", 130, (100, 90)), *rows)) == "\n".join(["35", *["4902735862"] * 5])


def test_a_small_digit_far_from_large_ones_is_not_lost_unseen() -> None:
    answer = read_one(the_robust(), to_png(write_rows(("3082", 130, (100, 110)), ("2", 22, (560, 400)))))
    assert answer["text"] == "3082"
    assert not is_sure(answer)


def test_commas_of_a_list_are_no_ones() -> None:
    assert read(draw_text("3,2,5,4", height=70, pen=8)) == "3,2,5,4"


@pytest.mark.parametrize("pen", (5, 8, 10))
@pytest.mark.parametrize("lower_end", (0, -3, 3))
def test_a_comma_that_stands_on_the_line_is_no_certain_point(pen: int, lower_end: int) -> None:
    page = write("27", height=90, gap=70, pen=8)
    bottom, left, right = find_gap(page)
    middle, base = (left + right) // 2, bottom + lower_end - pen // 2
    cv2.line(page, (middle + 4, base - max(10, pen)), (middle - 4, base), 0, pen, cv2.LINE_AA)
    answer = read_one(the_robust(), to_png(page))
    assert answer["text"] == "2,7"
    assert not is_sure(answer)


def find_gap(page: Grey) -> tuple[int, int, int]:
    """Return the base line of two digits, and where the first ends and the second begins."""
    inked = np.flatnonzero((page < 100).any(axis=0))
    gap = int(np.diff(inked).argmax())
    return int(np.flatnonzero((page < 100).any(axis=1)).max()) + 1, int(inked[gap]) + 1, int(inked[gap + 1])


def test_rows_that_slant_each_its_own_way_are_read_one_by_one() -> None:
    page = np.full((420, 640), 255, np.uint8)
    for row, (text, slope) in enumerate((("27182", 0.22), ("31415", 0.0), ("16180", -0.2))):
        for place, digit in enumerate(text):
            centre = (110 + 80 * place, 90 + 120 * row + slope * (80 * place - 160))
            page = np.minimum(page, draw_digit(int(digit), shape=page.shape, height=60, centre=centre, pen=8))
    assert read(page) == "27182\n31415\n16180"


def test_a_digit_far_below_the_next_one_stays_in_its_line() -> None:
    page = np.full(PAGE, 255, np.uint8)
    for place, (digit, height, y) in enumerate(((4, 44, 180), (7, 44, 146), (2, 78, 160), (3, 66, 158), (0, 70, 162))):
        drawn = draw_digit(digit, shape=PAGE, height=height, centre=(60 + 58 * place, y), pen=8)
        page = np.minimum(page, drawn)
    assert read(page) == "47230"


@pytest.mark.parametrize(("x", "long"), ((290, 40), (300, 60), (310, 40), (315, 60), (320, 40)))
def test_the_hat_of_a_five_is_no_minus(x: int, long: int) -> None:
    page = np.minimum(
        write("33", height=90, gap=40, pen=9), draw_digit(8, shape=PAGE, height=90, centre=(430, 60), pen=9)
    )
    cv2.ellipse(page, (280, 78), (22, 24), 0, -100, 150, 0, 9, cv2.LINE_AA)
    cv2.line(page, (268, 56), (268, 44), 0, 9, cv2.LINE_AA)
    cv2.line(page, (x, 34), (x + long, 31), 0, 9, cv2.LINE_AA)
    assert read(page) == "3358"


@pytest.mark.parametrize("turns", (1, 2, 3))
def test_a_sheet_that_lies_on_its_side_or_upside_down_is_never_certain(turns: int) -> None:
    page = np.pad(write("2746\n3152", height=60), 40, constant_values=255)
    answer = read_one(the_robust(), to_png(np.ascontiguousarray(np.rot90(page, turns))))
    assert not is_sure(answer)


def test_specks_dashes_and_underlines_are_no_digits() -> None:
    page = write("42", height=90, gap=30)
    page[150:154, 10:400] = 0  # an underline that reaches no border
    page[60:66, 300:340] = 0  # a dash
    page[20:26, 500:506] = 0  # a speck
    assert read(page) == "42"


def test_the_parts_of_a_digit_stay_one() -> None:
    page = write("55", height=100, gap=40)
    page[38:44] = 255  # between the hats and the bellies
    assert read(page) == "55"


SIGNED = ("-7", "-380", "+12", "3+4", "12-5", "7.3", "0.5", "406.01", "3,890", "12:45", "7/8", "7/8/26", "24.12.2025")


@pytest.mark.parametrize("pen", (3, 8, 14))
@pytest.mark.parametrize("text", SIGNED)
def test_signs_are_read(text: str, pen: float) -> None:
    assert read(draw_text(text, pen=pen)) == text


@pytest.mark.parametrize("scene", (in_uneven_light, in_a_shadow, on_ruled_paper, inverted))
@pytest.mark.parametrize("text", ("-72", "7.25", "20/3/24"))
def test_signs_are_read_on_any_paper(text: str, scene: Scene) -> None:
    assert read(scene(draw_text(text, height=70))) == text


@pytest.mark.parametrize("height", (50, 60))
def test_a_thin_pens_colon_is_read_in_a_photograph(height: float) -> None:
    assert read(in_uneven_light(draw_text("22:46", height=height, pen=1.5))) == "22:46"


@pytest.mark.parametrize("text", ("9082", "3082", "8064"))
@pytest.mark.parametrize("inwards", (5, 7))
def test_a_point_may_stand_under_the_end_of_the_digit_before_it(text: str, inwards: int) -> None:
    page = draw_text(text, height=80, pen=8, gap=0.3)
    x, y, width, height = find_writing(page).digits[1].box
    page[y + height - 6 : y + height + 2, x + width - inwards : x + width - inwards + 8] = 0
    assert read(page) == f"{text[:2]}.{text[2:]}"


@pytest.mark.parametrize("apart", (1, 2))
def test_a_colon_may_be_close_to_the_digit_after_it(apart: int) -> None:
    page = draw_text("12:04", height=80, pen=8)
    colon = find_writing(page).marks[0].box
    dots = page[:, colon[0] - 1 : colon[0] + colon[2] + 1].copy()
    page[:, colon[0] - 1 : colon[0] + colon[2] + 1] = 255
    x = find_writing(page).digits[2].box[0]
    page[:, x - apart - dots.shape[1] : x - apart] = dots
    assert read(page) == "12:04"


def test_a_minus_may_be_close_to_the_digit_after_it() -> None:
    page = draw_text("8350", height=80, pen=8, gap=0.6)
    x, y, _, height = find_writing(page).digits[2].box
    page[y + round(0.45 * height) :][:8, x - 38 : x - 3] = 0
    assert read(page) == "83-50"


@pytest.mark.parametrize("slant", (0.0, 0.2, 0.4))
@pytest.mark.parametrize("text", ("7/8/26", "23/5", "120/80"))
def test_a_slash_leans_more_than_the_hand(text: str, slant: float) -> None:
    assert read(draw_text(text, slant=slant)) == text


@pytest.mark.parametrize("slant", (0.0, 0.2, 0.4))
def test_a_plain_one_leans_as_the_hand_does(slant: float, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = (((0.32, 0.00), (0.31, 1.00)),)
    monkeypatch.setattr(drawings, "STROKES", (STROKES[0], plain, *STROKES[2:]))
    assert read(draw_text("21815", slant=slant)) == "21815"


@pytest.mark.parametrize(("text", "lean"), (("3619", 0.5), ("56183", 0.5), ("7183", 0.35), ("36194", 0.5)))
def test_ones_of_many_hands_are_no_slashes(text: str, lean: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawings, "STROKES", (STROKES[0], (((0.32, 0.00), (0.31, 1.00)),), *STROKES[2:]))
    others = ((66, 6, -0.2), (80, 8, 0.3))
    hands = [(80, 8, lean) if digit == "1" else others[place % 2] for place, digit in enumerate(text)]
    assert read(write_by_many(text, hands)) == text


@pytest.mark.parametrize("pen", (4, 8))
@pytest.mark.parametrize("text", ("+8", "48+80"))
def test_a_plus_that_leans_far_is_no_four(text: str, pen: float) -> None:
    assert read(draw_text(text, slant=0.6, pen=pen)) == text


@pytest.mark.parametrize("scene", (np.asarray, in_uneven_light))
@pytest.mark.parametrize(
    ("plus", "pen"), ((TALL_PLUS, 3), (TALL_PLUS, 8), (TALL_PLUS, 12), (PLUS_IN_ONE, 3), (PLUS_IN_ONE, 8))
)
@pytest.mark.parametrize("text", ("12+7", "345+68", "+50"))
def test_a_plus_as_tall_as_digits_is_no_digit(text: str, plus: str, pen: float, scene: Scene) -> None:
    assert read(scene(draw_text(text.replace("+", plus), pen=pen))) == text


@pytest.mark.parametrize("lean", (-0.1, 0.0, 0.3))
def test_a_four_beside_a_tall_plus_stays_a_four(lean: float) -> None:
    assert read(draw_text(f"44{TALL_PLUS}4", slant=lean)) == "44+4"


@pytest.mark.parametrize("pen", (5, 8, 12))
@pytest.mark.parametrize("text", ("12=12", "6=2", "8÷2", "960÷32", "3x5", "12x40"))
def test_signs_that_are_not_read_are_doubted_marks(text: str, pen: float) -> None:
    answer = read_one(the_robust(), to_png(draw_text(text, pen=pen)))
    assert answer["text"] == text.translate({ord(sign): None for sign in "=÷x"})
    assert [(mark["sign"], mark["certain"]) for mark in answer["marks"]] == [(None, False)]


@pytest.mark.parametrize(("high", "pen", "lean"), ((42, 10, 0.0), (48, 12, 0.2), (54, 10, 0.2)))
def test_a_small_four_is_no_plus(high: float, pen: float, lean: float) -> None:
    assert read(write_by_many("2954", [(80, 8, 0.1)] * 3 + [(high, pen, lean)])) == "2954"


@pytest.mark.parametrize(("sheet", "page"), ((150, 200), (250, 30), (230, 255)))
@pytest.mark.parametrize("text", ("0585", "7"))
def test_a_small_sheet_pasted_on_a_page_is_read(text: str, sheet: int, page: int) -> None:
    pasted = np.minimum(draw_text(text, height=50, pen=5, margin=20), sheet)
    picture = np.full((pasted.shape[0] * 3, pasted.shape[1] * 4), page, np.uint8)
    picture[90 : 90 + pasted.shape[0], 120 : 120 + pasted.shape[1]] = pasted
    answer = read_one(the_robust(), to_png(picture))
    assert answer["text"] == text
    x, y, wide, high = answer["digits"][0]["box"]
    assert 120 <= x < x + wide <= 120 + pasted.shape[1]
    assert 90 <= y < y + high <= 90 + pasted.shape[0]


def test_a_fat_bar_is_no_sheet() -> None:
    page = np.full((280, 280), 255, np.uint8)
    page[50:230, 120:165] = 0
    assert predict_one(the_robust(), to_png(page))["digit"] == 1


def write_by_many(text: str, hands: Sequence[tuple[float, float, float]]) -> Grey:
    """Write digits side by side, each as another hand does: height, pen and slant."""
    page = np.full(PAGE, 255, np.uint8)
    x = 40
    for digit, (height, pen, slant) in zip(text, hands, strict=True):
        drawn = draw_text(digit, height=height, pen=pen, slant=slant, margin=20)
        page[80 : 80 + len(drawn), x : x + drawn.shape[1]] &= drawn
        x += drawn.shape[1] - 15
    return page


def test_a_sign_has_a_box_and_is_no_digit() -> None:
    page = draw_text("7.2")
    writing = find_writing(page)
    assert [mark.sign for mark in writing.marks] == ["."]
    x, y, width, height = writing.marks[0].box
    assert (page[y : y + height, x : x + width] < 128).mean() > 0.6
    assert [one.box[0] < x for one in writing.digits] == [True, False]


@pytest.mark.parametrize("size", (1, 2))
def test_dirt_is_no_point(size: int) -> None:
    page = draw_text("4825", pen=8)
    for x, y in ((140, 136), (80, 150), (260, 100)):
        page[y : y + size, x : x + size] = 0
    writing = find_writing(page)
    assert (len(writing.digits), writing.marks) == (4, [])


@pytest.mark.parametrize(("high", "pen", "size", "rises"), ((48, 3, 2, 2), (80, 8, 8, 62), (80, 8, 6, 40)))
def test_a_touch_of_the_pen_between_digits_that_is_no_sign_is_doubted(
    high: int, pen: int, size: int, rises: int
) -> None:
    classifier = the_robust()
    page = draw_text("4825", height=high, pen=pen, gap=0.4)
    boxes = [one.box for one in find_writing(page).digits]
    x, base = (boxes[1][0] + boxes[1][2] + boxes[2][0]) // 2, boxes[1][1] + boxes[1][3]
    assert is_sure(read_one(classifier, to_png(page)))
    page[base - rises - size : base - rises, x : x + size] = 0
    answer = read_one(classifier, to_png(page))
    assert (answer["text"], is_sure(answer)) == ("4825", False)


def test_a_tail_apart_from_its_three_is_no_minus() -> None:
    page = draw_text("3813")
    x, y, width, height = find_writing(page).digits[0].box
    page[y + round(0.65 * height) :][:6, x - 2 : x + round(0.5 * width)] = 0
    assert read(page) == "3813"


def test_a_crumb_after_a_number_is_no_point() -> None:
    page = draw_text("482", pen=8)
    x, y, width, height = find_writing(page).digits[-1].box
    page[y + height - 6 : y + height, x + width + 12 : x + width + 18] = 0
    assert read(page) == "482"


def test_a_point_after_a_number_is_read() -> None:
    assert read(draw_text("12.", pen=8)) == "12."


@pytest.mark.parametrize("high", (36, 42, 48))
def test_a_short_one_among_tall_digits_is_doubted(high: int) -> None:
    page = draw_text("5824", height=80, gap=0.5)
    x, _, width, _ = find_writing(page).digits[0].box
    page[90 : 90 + high, x + width + 10 : x + width + 18] = 0
    answer = read_one(the_robust(), to_png(page))
    assert answer["text"] == "5824" or not answer["digits"][1]["certain"]


def test_ink_that_is_neither_is_a_mark() -> None:
    page = draw_text("42", gap=0.8)
    page[52:60, 130:140] = 0  # as high as the top of the digits, where no sign stands
    page[52:72, 130:134] = 0
    (mark,) = find_writing(page).marks
    assert (mark.sign, mark.doubted) == (None, True)


def find(picture: Grey) -> list[FoundDigit]:
    return find_writing(decode_picture(to_png(picture))).digits


@pytest.mark.parametrize("strength", (0.15, 0.25, 0.4))
@pytest.mark.parametrize("text", ("472038", "975326"))
def test_digits_much_paler_than_their_neighbours_are_read(text: str, strength: float) -> None:
    page = np.full((200, 640), 235.0)
    for place, digit in enumerate(text):
        drawn = draw_digit(int(digit), shape=page.shape, height=70, centre=(70 + 95 * place, 100), pen=8)
        page -= (255.0 - drawn) * 0.75 * (strength if place % 2 else 1)
    page += np.random.default_rng(1).normal(0, 3, page.shape)
    assert read(np.clip(page, 0, 255).astype(np.uint8)) == text


@pytest.mark.parametrize("paler", (0.45, 0.5))
@pytest.mark.parametrize("text", ("8098", "0986"))
def test_a_pencils_digits_keep_what_was_pressed_less_beside_those_of_a_pen(text: str, paler: float) -> None:
    page = np.full((340, 560), 225.0)
    pressed = np.interp(np.arange(340), (205, 235), (paler, 1.0))[:, None]  # less at the digits' tops
    for place, digit in enumerate(text):
        bold = draw_digit(int(digit), shape=page.shape, height=90, centre=(90 + 120 * place, 90), pen=11)
        thin = draw_digit(int(digit), shape=page.shape, height=90, centre=(90 + 120 * place, 235), pen=5)
        page -= 0.8 * (255.0 - bold) + 0.48 * pressed * (255.0 - thin)
    page += np.random.default_rng(1).normal(0, 2, page.shape)
    assert read(np.clip(page, 0, 255).astype(np.uint8)) == f"{text}\n{text}"


def press_unevenly(page: Grey, palest: float, wave: float) -> Grey:
    """Let ink grow pale and dark again along its lines, as a pen does that runs dry."""
    rows, columns = np.mgrid[: page.shape[0], : page.shape[1]]
    pressed = palest + (1 - palest) * np.cos(np.pi * (columns + 1.7 * rows) / wave) ** 2
    return np.asarray(255 - (255 - page) * pressed, np.uint8)


@pytest.mark.parametrize(("palest", "wave", "pen"), ((0.1, 23, 4), (0.1, 37, 8), (0.2, 37, 4), (0.2, 37, 8)))
@pytest.mark.parametrize("text", ("8098", "472038", "453911"))
def test_what_a_dry_pen_writes_is_not_taken_to_pieces(text: str, palest: float, wave: float, pen: int) -> None:
    assert read(in_uneven_light(press_unevenly(draw_text(text, pen=pen), palest, wave))) == text


@pytest.mark.parametrize("strength", (12, 25, 40))
def test_a_smear_across_digits_is_not_part_of_their_lines(strength: float) -> None:
    page = np.asarray(draw_text("472038", pen=6), float)
    page[30:50] = np.minimum(page[30:50], 255.0 - strength)
    assert read(in_uneven_light(page.astype(np.uint8))) == "472038"


def test_a_pale_stripe_beside_digits_is_no_one_but_doubted() -> None:
    page = 235.0 - 0.75 * (255.0 - write("4720", height=70))
    page[30:95, 330:336] -= 40
    page += np.random.default_rng(1).normal(0, 3, page.shape)
    answer = read_one(the_robust(), to_png(np.clip(page, 0, 255).astype(np.uint8)))
    assert answer["text"] == "4720"
    assert not is_sure(answer)


def is_sure(answer: Answer) -> bool:
    return all(part["certain"] for part in (*answer["digits"], *answer["marks"]))


@pytest.mark.parametrize("scene", (np.copy, in_uneven_light))
@pytest.mark.parametrize(("wide", "high", "pen", "dot"), ((30, 40, 4, 3), (44, 44, 5, 3), (60, 70, 7, 5)))
def test_noughts_that_touch_and_hold_a_dot_are_no_empty_cells(
    wide: int, high: int, pen: int, dot: int, scene: Scene
) -> None:
    page = draw_digit(1, shape=(160, 360), height=high, centre=(50, 80), pen=pen)
    for number in range(3):
        centre = (100 + number * wide, 80)
        cv2.ellipse(page, centre, (wide // 2, high // 2), 0, 0, 360, 0, pen, cv2.LINE_AA)
        cv2.circle(page, centre, dot, 0, -1)
    answer = read_one(the_robust(), to_png(scene(page)))
    assert len(answer["text"]) >= 4
    assert answer["text"] == "1000" or not is_sure(answer)


def test_a_box_lies_around_its_digit() -> None:
    page = write("27\n3", height=80, gap=30)
    for one in find(page):
        x, y, width, height = one.box
        inside = page[y : y + height, x : x + width]
        assert (inside < 128).any(axis=0).mean() > 0.8
        assert abs(height - 88) <= 6
    assert [one.line for one in find(page)] == [0, 0, 1]


@pytest.mark.parametrize("scene", (in_uneven_light, on_a_table))
def test_a_box_is_in_pixels_of_the_picture_as_it_was_sent(scene: Scene) -> None:
    page = scene(write("64", height=110, gap=50))
    larger = np.asarray(page.repeat(4, axis=0).repeat(4, axis=1))
    small = find_writing(decode_picture(to_bytes(page, "PNG"))).digits
    large = find_writing(decode_picture(to_bytes(larger, "PNG"))).digits
    assert len(small) == len(large) == 2
    for one, other in zip(small, large, strict=True):
        assert np.abs(4 * np.array(one.box) - other.box).max() <= 24
        x, y, width, height = one.box
        assert 0 <= x < x + width <= page.shape[1]
        assert 0 <= y < y + height <= page.shape[0]


@pytest.mark.parametrize("label", range(10))
def test_a_single_digit_is_framed_as_in_a_picture_of_its_own(label: int) -> None:
    picture = to_png(in_uneven_light(draw_digit(label)))
    (found,) = find_writing(decode_picture(picture)).digits
    assert np.array_equal(found.digit, read_picture(picture))


def test_pixels_are_taken_for_a_picture_as_it_was_sent() -> None:
    page = write("12")
    assert [one.box for one in find_writing(page).digits] == [one.box for one in find(page)]


@pytest.mark.parametrize("page", (np.full(PAGE, 255, np.uint8), on_ruled_paper(np.full(PAGE, 255, np.uint8))))
def test_an_empty_page_has_no_digits(page: Grey) -> None:
    with pytest.raises(NoInk):
        find(page)


def test_pages_of_mnist_digits_are_read(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    digits, labels = mnist_test
    chance = np.random.default_rng(11)
    right = []
    for _ in range(40):
        page, text = np.full((200, 600), 235, np.uint8), ""
        x = 20
        for index in chance.integers(0, len(digits), chance.integers(2, 8)):
            columns = np.flatnonzero(digits[index].any(axis=0))
            ink = digits[index][:, columns[0] : columns[-1] + 1].repeat(2, axis=0).repeat(2, axis=1)
            y = int(chance.integers(54, 66))
            window = page[y : y + ink.shape[0], x : x + ink.shape[1]]
            window[:] = np.minimum(window, 235 - (ink * 0.8).astype(np.uint8))
            x += ink.shape[1] + int(chance.integers(5, 25))
            text += str(labels[index])
        right.append(read(in_uneven_light(page)) == text)
    assert np.mean(right) >= 0.85


def certain(page: NDArray[np.uint8]) -> list[int]:
    """Return the digits of a page that are certain."""
    return [digit["digit"] for digit in read_one(the_robust(), to_png(page))["digits"] if digit["certain"]]


@pytest.mark.parametrize("font", (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX))
def test_no_letter_of_printed_lines_is_certain(font: int) -> None:
    page = np.full((240, 560), 255, np.uint8)
    for row, line in enumerate(("still all of it will fall", "oil and milk, total cash", "single or several")):
        cv2.putText(page, line, (20, 60 + 70 * row), font, 1.2, 0, 2, cv2.LINE_AA)
    assert certain(page) == []


def test_bars_of_a_code_are_no_certain_ones() -> None:
    page = np.full((220, 420), 255, np.uint8)
    for number, broad in enumerate((4, 12, 4, 8, 16, 4, 8, 4, 12)):
        page[50:170, 40 + 38 * number : 40 + 38 * number + broad] = 20
    answer = read_one(the_robust(), to_png(page))
    assert not any(digit["certain"] for digit in answer["digits"])


@pytest.mark.parametrize("broad", (8, 20))
def test_bars_of_a_chart_are_no_certain_ones(broad: int) -> None:
    page = np.full((300, 600), 255, np.uint8)
    for place, high in enumerate((200, 90, 150, 220, 100, 170, 80, 210, 130)):
        page[260 - high : 260, 40 + 60 * place : 40 + 60 * place + broad] = 0
    assert certain(page) == []


def test_a_number_with_many_ones_is_certain() -> None:
    assert certain(draw_text("1171111")) == [1, 1, 7, 1, 1, 1, 1]


@pytest.mark.parametrize("text", ("71", "17"))
@pytest.mark.parametrize("lean", (0.0, 0.35, 0.7))
@pytest.mark.parametrize("pen", (6, 14))
def test_a_slanting_seven_and_one_side_by_side_are_two_certain_digits(text: str, lean: float, pen: int) -> None:
    page, left, height = np.full((300, 460), 255, np.uint8), 50.0, 180.0
    for digit in text:
        strokes = {"7": ((0, 0), (0.55, 0), (0.2, 1)), "1": ((0, 0), (0, 1))}[digit]
        points = [(left + height * (x + lean * (1 - y)), 40 + height * y) for x, y in strokes]
        cv2.polylines(page, [np.array(points, np.int32)], isClosed=False, color=0, thickness=pen, lineType=cv2.LINE_AA)
        left += height * (0.55 if digit == "7" else 0) + pen + 0.1 * height
    assert certain(page) == [int(digit) for digit in text]


def test_a_digit_alone_beside_one_that_the_picture_was_not_meant_for_is_doubted() -> None:
    page = write("42", height=90, gap=60)
    assert not predict_one(the_robust(), to_png(page))["certain"]


def test_a_small_digit_that_is_left_out_is_a_doubted_mark() -> None:
    page = draw_text("42", height=120)
    page = np.pad(page, ((0, 150), (0, 300)), constant_values=255)
    page = np.minimum(page, draw_digit(8, shape=page.shape, height=26, centre=(page.shape[1] - 60, 290), pen=3))
    writing = find_writing(page, look_with(the_robust()))
    assert len(writing.digits) == 2
    assert [(mark.sign, mark.doubted) for mark in writing.marks] == [(None, True)]


def test_dirt_that_is_left_out_is_no_mark() -> None:
    page = np.pad(draw_text("42", height=120), ((0, 150), (0, 300)), constant_values=255)
    page[-40:-38, -60:-45] = 0
    assert find_writing(page, look_with(the_robust())).marks == []


def look_with(classifier: Classifier) -> Look:
    """Return how a classifier looks at framed digits."""

    def look(digits: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        prediction = classifier.predict(to_tensor(digits))
        return prediction.probabilities, prediction.certainty

    return look


@pytest.mark.parametrize("text", ("2356", "4690"))
def test_soft_edges_of_digits_stay_soft_on_uneven_paper(text: str) -> None:
    page = np.asarray(cv2.GaussianBlur(write(text, height=70, gap=40), (0, 0), 2), np.uint8)
    alone = [np.asarray(255 - page[:, x : x + 82], np.uint8) for x in range(9, 9 + 82 * len(text), 82)]
    soft = np.stack([frame_digit(np.where(ink >= 13, ink, np.uint8(0))) for ink in alone]).astype(int)
    found = np.stack([one.digit for one in find(in_uneven_light(page))]).astype(int)
    apart = np.abs(found - soft).mean(axis=(1, 2)) / soft.mean(axis=(1, 2))
    assert np.median(apart) < 0.2  # hardened, they were apart by 0.3, bolder and larger


@pytest.mark.parametrize(("down", "across", "high"), ((40, 30, 26), (24, 50, 22)))
def test_a_page_of_more_than_a_thousand_digits_is_read_to_its_borders(down: int, across: int, high: int) -> None:
    lines = ["".join(str((7 * row + 3 * column) % 10) for column in range(across)) for row in range(down)]
    rows = [draw_text(line, height=high, pen=2.5, gap=0.4, margin=8) for line in lines]
    wide = max(row.shape[1] for row in rows)
    page = np.concatenate([np.pad(row, ((0, 0), (0, wide - row.shape[1])), constant_values=255) for row in rows])
    assert read(np.pad(page, 20, constant_values=255)) == "\n".join(lines)


def test_small_digits_of_a_large_photograph_are_read_less_reduced() -> None:
    rows = [("35204917", 16, (60 + 40 * row, 60 + 90 * row)) for row in range(3)]
    drawn = write_rows(*rows)
    page = np.pad(drawn, ((700, 700), (900, 900)), constant_values=255).astype(np.float64)
    page = 60 + 0.7 * page + np.random.default_rng(1).normal(0, 5, page.shape)
    body = to_bytes(Image.fromarray(np.clip(page, 0, 255).astype(np.uint8)), "JPEG")
    answer = read_one(the_robust(), body)
    assert answer["text"] == "\n".join(["35204917"] * 3)
    x, y, width, height = answer["digits"][0]["box"]
    assert abs(x + width / 2 - 960) < 8
    assert abs(y + height / 2 - 760) < 8
