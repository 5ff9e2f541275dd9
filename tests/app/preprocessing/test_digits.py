"""A picture of a digit becomes the same framed digit, whatever it is drawn on and wherever it stands."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.errors import NoInk
from app.framing import CENTRE, CORE, SIDE, WHOLE, frame_digit, to_tensor
from app.models.classifier import Classifier
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import find_ink, look_for_ink, read_picture
from app.preprocessing.explanation import Steps
from tests.support.drawings import draw_digit, to_bytes, to_png
from tests.support.scenes import (
    SCENES,
    Grey,
    Scene,
    at_the_edge_of_a_sheet,
    in_a_frame,
    in_a_narrow_band_of_shadow,
    inverted,
    underlined,
    with_specks,
)

DIGITS = range(10)
SAME = 0.06  # of the ink, that may differ between two framings of the same drawing: a row more or less at its edge
ALIKE = 0.2  # likewise, where a small drawing stands between two pixels


def difference(one: Grey, other: Grey) -> float:
    """Return how much of the ink differs between two framed digits, at the best of nine shifts by a pixel."""
    shifted = [np.roll(other, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    apart = min(float(np.abs(one.astype(int) - shift).sum()) for shift in shifted)
    return apart / float(one.astype(int).sum() + other.astype(int).sum())


def read(classifier: Classifier, digits: list[Grey]) -> list[int]:
    """Return what a model reads framed digits as."""
    return [int(label) for label in classifier.predict(to_tensor(np.stack(digits))).probabilities.argmax(axis=1)]


# Framing


def test_a_digit_is_framed_as_mnist_frames_it() -> None:
    framed = frame_digit(255 - draw_digit(4))
    rows, columns = np.flatnonzero(framed.any(axis=1)), np.flatnonzero(framed.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == CORE
    mass = framed / framed.sum(dtype=float)
    assert abs((mass.sum(axis=1) * np.arange(SIDE)).sum() - CENTRE) <= 0.5
    assert abs((mass.sum(axis=0) * np.arange(SIDE)).sum() - CENTRE) <= 0.5


def test_proportions_are_kept() -> None:
    tall = np.full((80, 10), 255, np.uint8)
    assert np.count_nonzero(frame_digit(tall).any(axis=0)) == 2 or np.count_nonzero(frame_digit(tall).any(axis=0)) == 3


@pytest.mark.parametrize("shape", ((1, 1), (1, 300), (300, 1), (2, 9), (28, 28), (1000, 3)))
def test_ink_of_any_shape_is_framed(shape: tuple[int, int]) -> None:
    assert frame_digit(np.full(shape, 255, np.uint8)).shape == (SIDE, SIDE)


def test_framing_what_is_framed_changes_nothing() -> None:
    framed = frame_digit(255 - draw_digit(7))
    assert np.array_equal(frame_digit(framed), framed)


def test_a_garment_is_framed_as_fashion_mnist_frames_it() -> None:
    ink = np.zeros((200, 300), np.uint8)
    ink[20:180, 100:180] = 255
    ink[20:60, 100:280] = 255  # far more ink on one side
    garment = frame_digit(ink, WHOLE)
    assert cv2.boundingRect(garment) == (0, 1, 28, 25)
    np.testing.assert_array_equal(frame_digit(garment, WHOLE), garment)
    np.testing.assert_array_equal(read_picture(to_png(garment), framing=WHOLE), garment)


def test_no_ink_cannot_be_framed() -> None:
    with pytest.raises(NoInk):
        frame_digit(np.zeros((5, 5), np.uint8))


def test_mnist_digits_pass_unchanged(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    digits, _ = mnist_test
    changed = [np.abs(frame_digit(find_ink(digit)).astype(int) - digit).mean() for digit in digits]
    assert np.mean(np.array(changed) <= 1) >= 0.999


def test_mnist_digits_sent_as_files_pass_unchanged(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    for digit in mnist_test[0][:300]:
        assert np.array_equal(read_picture(to_png(digit)), read_picture(to_png(255 - digit)))
        assert np.abs(read_picture(to_png(digit)).astype(int) - digit).mean() <= 1


def test_a_tensor_goes_from_paper_0_to_ink_1() -> None:
    tensor = to_tensor(np.array([[[0, 255]]], np.uint8))
    assert tensor.dtype == np.float32
    assert tensor.shape == (1, 1, 2, 1)
    assert tensor.ravel().tolist() == [0.0, 1.0]


# Wherever and however it is drawn

PLACES = [(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0)]
HEIGHTS = (40, 70, 110, 160, 230)  # pixels of a picture of 280
PENS = (0.03, 0.07, 0.12, 0.16)  # of the digit's height


def drawn_everywhere(label: int, place: tuple[float, float]) -> list[Grey]:
    """Draw a digit in each size and pen and both polarities, at a place of the page."""
    pictures = []
    for height in HEIGHTS:
        for pen in PENS:
            margin = height * (0.5 + pen) + 2
            centre = tuple(margin + share * (280 - 2 * margin) for share in place)
            picture = draw_digit(label, height=height, pen=max(1, pen * height), centre=(centre[0], centre[1]))
            pictures += [picture, inverted(picture)]
    return pictures


@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_reads_the_same_in_every_place_size_pen_and_polarity(robust: Classifier, label: int) -> None:
    digits = [read_picture(to_png(picture)) for place in PLACES for picture in drawn_everywhere(label, place)]
    assert set(read(robust, digits)) == {label}


@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_is_framed_the_same_in_every_place_and_polarity(label: int) -> None:
    anywhere = [[frame_digit(find_ink(picture)) for picture in drawn_everywhere(label, place)] for place in PLACES]
    for same_size_and_pen in zip(*anywhere, strict=True):
        assert max(difference(same_size_and_pen[0], digit) for digit in same_size_and_pen) < ALIKE


@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_of_any_size_is_framed_alike(label: int) -> None:
    framed = [frame_digit(find_ink(draw_digit(label, height=height, pen=0.12 * height))) for height in HEIGHTS]
    assert max(difference(framed[-1], digit) for digit in framed) < 0.15


@pytest.mark.parametrize("length", (240, 241, 300, 900))
@pytest.mark.parametrize("lying", (False, True))
def test_a_straight_line_of_one_pixel_is_read_whatever_its_length(length: int, lying: bool) -> None:
    page = np.full((1000, 300), 255, np.uint8)
    page[50 : 50 + length, 150] = 0
    digit = read_picture(to_png(page.T.copy() if lying else page))
    ink = (digit.T if lying else digit) > 0
    height, width = ink.any(1).sum(), ink.any(0).sum()
    assert height == CORE
    assert 1 <= width <= 4


@pytest.mark.parametrize("label", DIGITS)
def test_a_hairline_becomes_as_thick_as_a_pen(label: int) -> None:
    hairline = frame_digit(find_ink(draw_digit(label, shape=(900, 900), height=700, pen=1)))
    pen = frame_digit(find_ink(draw_digit(label, shape=(900, 900), height=700, pen=0.12 * 700)))
    assert hairline.max() > 200
    assert difference(pen, hairline) < 0.35


def test_fat_ink_that_fills_half_of_the_picture_is_ink() -> None:
    fat = draw_digit(8, shape=(28, 28), height=20, pen=7)
    assert difference(frame_digit(find_ink(fat)), frame_digit(255 - fat)) < 0.1


@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_that_touches_every_edge_is_read_whole(label: int) -> None:
    drawn = draw_digit(label, pen=22)
    rows, columns = np.flatnonzero((drawn < 255).any(axis=1)), np.flatnonzero((drawn < 255).any(axis=0))
    tight = drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert difference(frame_digit(255 - drawn), frame_digit(find_ink(tight))) < SAME


@pytest.mark.parametrize("label", DIGITS)
@pytest.mark.parametrize("side", (8, 12, 16, 28))
def test_tiny_pictures_are_read(robust: Classifier, label: int, side: int) -> None:
    digit = read_picture(to_png(draw_digit(label, shape=(side, side), height=0.85 * side, pen=0.1 * side)))
    assert read(robust, [digit]) == [label]


@pytest.mark.parametrize("label", DIGITS)
@pytest.mark.parametrize("side", (200, 231))
def test_a_tiny_picture_that_was_enlarged_to_blocks_is_read(robust: Classifier, label: int, side: int) -> None:
    tiny = cv2.resize(draw_digit(label, shape=(280, 280), height=250, pen=34), (8, 8), interpolation=cv2.INTER_AREA)
    blocks = cv2.resize(tiny, (side, side), interpolation=cv2.INTER_NEAREST)
    found = look_for_ink(blocks)
    assert difference(frame_digit(found.ink), frame_digit(find_ink(tiny))) < SAME
    assert read(robust, [frame_digit(found.ink)]) == [label]


@pytest.mark.parametrize("side", (100, 256))
@pytest.mark.parametrize("light_ink", (False, True))
def test_tiny_pictures_that_were_enlarged_smoothly_are_read(robust: Classifier, side: int, light_ink: bool) -> None:
    digits = []
    for label in DIGITS:
        drawn = draw_digit(label, shape=(280, 280), height=245, pen=34, paper=0, ink=255)
        tiny = cv2.resize(drawn, (11, 11), interpolation=cv2.INTER_AREA).astype(int)
        strong = (tiny * 255 // tiny.max()).astype(np.uint8)
        smooth = np.asarray(cv2.resize(strong, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)
        digits.append(read_picture(to_png(smooth if light_ink else 255 - smooth)))
    assert read(robust, digits) == list(DIGITS)


@pytest.mark.parametrize("label", DIGITS)
@pytest.mark.parametrize("side", (24, 28, 32))
def test_small_pictures_that_a_digit_fills_are_read(robust: Classifier, label: int, side: int) -> None:
    drawn = draw_digit(label, shape=(280, 280), height=276, pen=34)
    small = cv2.resize(255 - drawn, (side, side), interpolation=cv2.INTER_AREA)
    found = look_for_ink(small)
    assert difference(frame_digit(small), frame_digit(found.ink)) < ALIKE
    assert read(robust, [frame_digit(found.ink)]) == [label]


# Whatever it is drawn on

MARKED = (with_specks, underlined, at_the_edge_of_a_sheet, in_a_frame)  # a blot or a line, where there is nothing else


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_only_the_digit_is_left_of_a_scene(robust: Classifier, scene: Scene) -> None:
    drawn = [draw_digit(label, shape=(360, 360), height=190, pen=20, centre=(190, 170)) for label in DIGITS]
    digits = [frame_digit(find_ink(scene(digit))) for digit in drawn]
    apart = [difference(frame_digit(255 - digit), found) for digit, found in zip(drawn, digits, strict=True)]
    assert max(apart) < 0.3
    assert read(robust, digits) == list(DIGITS)


@pytest.mark.parametrize("scene", [scene for scene in SCENES if scene not in MARKED], ids=lambda scene: scene.__name__)
def test_a_scene_without_a_digit_has_no_ink(scene: Scene) -> None:
    with pytest.raises(NoInk):
        find_ink(scene(np.full((360, 360), 255, np.uint8)))


PAPERS = {  # ink, paper, what crosses it
    "a stripe": ((0, 40, 255), (0, 255, 255), (255, 200, 0)),
    "stripes": ((220, 30, 30), (230, 230, 90), (90, 230, 230)),
}


def on_colours(label: int, across: str) -> NDArray[np.uint8]:
    """Draw a digit on paper that stripes of another colour cross, which differ from it more than the ink does."""
    shape = (200, 200)
    drawn = draw_digit(label, shape=shape, height=110, pen=10, paper=0, ink=255)[..., None] / 255
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    along = columns - 100 + 0.4 * (rows - 100)
    striped = np.sin(along * 2 * np.pi / 60) > 0 if across == "stripes" else np.clip(1.5 - np.abs(along) / 20, 0, 1)
    ink, paper, other = (np.array(colour) for colour in PAPERS[across])
    striped_paper = paper + striped[..., None] * (other - paper)
    return np.asarray(striped_paper + drawn * (ink - striped_paper), np.uint8)


@pytest.mark.parametrize("across", PAPERS)
@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_on_paper_of_several_colours_is_read(robust: Classifier, label: int, across: str) -> None:
    assert read(robust, [frame_digit(find_ink(on_colours(label, across)))]) == [label]


def test_only_the_colours_in_which_the_digit_was_found_are_explained() -> None:
    steps: Steps = []
    assert np.array_equal(look_for_ink(on_colours(7, "a stripe"), steps).ink, find_ink(on_colours(7, "a stripe")))
    assert [step.name for step in steps].count("colour") == 1


def test_parts_of_a_digit_stay_together() -> None:
    broken = draw_digit(5)
    broken[70:90, 120:150] = 255  # between the hat and the belly
    whole, kept = frame_digit(255 - broken), frame_digit(find_ink(broken))
    assert difference(whole, kept) < SAME


def test_a_mark_in_the_corner_is_not_the_digits() -> None:
    marked = draw_digit(3)
    marked[265:275, 230:275] = 0
    assert difference(frame_digit(255 - draw_digit(3)), frame_digit(find_ink(marked))) < SAME


def lay_out(drawn: Grey, page: int, corner: int, *, captioned: bool = False) -> Grey:
    """Lay a drawing on a larger page as a card, or a canvas, whose corners are round by so many pixels."""
    side = len(drawn)
    card = np.zeros(drawn.shape, np.uint8)
    cv2.rectangle(card, (corner, 0), (side - 1 - corner, side - 1), 1, -1)
    cv2.rectangle(card, (0, corner), (side - 1, side - 1 - corner), 1, -1)
    for x, y in ((corner, corner), (side - 1 - corner, corner), (corner, side - 1 - corner)):
        cv2.circle(card, (x, y), corner, 1, -1)
    cv2.circle(card, (side - 1 - corner, side - 1 - corner), corner, 1, -1)
    laid = np.pad(np.where(card, drawn, page).astype(np.uint8), 60, constant_values=page)
    if captioned:
        cv2.putText(laid, "Draw a digit", (40, 35), cv2.FONT_HERSHEY_SIMPLEX, 1, 255 - page, 2)
        laid[-40:-15, 40:150] = 120  # a button
    return laid


def on_a_light_card(label: int) -> Grey:
    return lay_out(draw_digit(label, shape=(260, 260), height=160), page=90, corner=40)


CARDS: dict[str, Callable[[int], Grey]] = {
    "dark, round corners": lambda label: lay_out(
        draw_digit(label, shape=(260, 260), height=160, paper=70, ink=255), page=255, corner=50
    ),
    "light, round corners": on_a_light_card,
    "round": lambda label: lay_out(
        draw_digit(label, shape=(260, 260), height=120, paper=70, ink=255), page=255, corner=129
    ),
    "dark canvas among a caption and a button": lambda label: lay_out(
        draw_digit(label, shape=(260, 260), height=160, paper=0, ink=255), page=255, corner=0, captioned=True
    ),
    "framed canvas among a caption and a button": lambda label: lay_out(
        cv2.rectangle(draw_digit(label, shape=(260, 260), height=160), (0, 0), (259, 259), 0, 1),
        page=255,
        corner=0,
        captioned=True,
    ),
    "small, on a large page": lambda label: np.pad(
        draw_digit(label, shape=(60, 60), height=40, pen=5, paper=0, ink=255), 120, constant_values=255
    ),
}


@pytest.mark.parametrize("card", CARDS)
def test_a_digit_on_a_card_is_read_and_not_the_card(robust: Classifier, card: str) -> None:
    found = [look_for_ink(CARDS[card](label)) for label in DIGITS]
    assert read(robust, [frame_digit(one.ink) for one in found]) == list(DIGITS)
    assert not any(one.faint or one.among_others for one in found)


@pytest.mark.parametrize("strips", (((0, 0), (0, 9)), ((12, 0), (5, 0)), ((3, 8), (20, 0))))
@pytest.mark.parametrize("level", (0, 130))
def test_strips_of_a_bad_crop_are_no_ink(level: int, strips: tuple[tuple[int, int], ...]) -> None:
    drawn = draw_digit(4)
    found = look_for_ink(np.pad(drawn, strips, constant_values=level))
    assert difference(frame_digit(255 - drawn), frame_digit(found.ink)) < SAME
    assert not found.among_others


def test_the_bar_of_a_7_along_the_border_is_no_strip(robust: Classifier) -> None:
    seven = np.full((140, 108), 255, np.uint8)
    cv2.polylines(seven, [np.array([[0, 2], [105, 2], [36, 140]])], False, 0, 3)
    assert read(robust, [frame_digit(find_ink(seven))]) == [7]


@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_that_is_small_in_a_photograph_is_read(robust: Classifier, label: int) -> None:
    page = draw_digit(label, shape=(480, 640), height=36, pen=4, centre=(380, 200))
    grain = np.random.default_rng(3).normal(0, 2, page.shape)
    photograph = np.clip(page * np.linspace(0.6, 0.9, 640) + grain, 0, 255).astype(np.uint8)
    assert read(robust, [frame_digit(find_ink(photograph))]) == [label]


@pytest.mark.parametrize("width", (30, 60, 80))
@pytest.mark.parametrize("corner", (0, 14))
def test_a_thick_bar_is_a_1_and_no_card(robust: Classifier, width: int, corner: int) -> None:
    bar = lay_out(np.zeros((240, 240), np.uint8), page=255, corner=corner)
    bar[:, 60 + width : -60] = 255  # the left part of it
    bar[:, 60 + width - corner : 60 + width] = bar[:, 60 : 60 + corner][:, ::-1]
    assert read(robust, [frame_digit(find_ink(bar))]) == [1]


@pytest.mark.parametrize("thickness", (30, 44))
def test_a_thick_nought_is_no_card(robust: Classifier, thickness: int) -> None:
    nought = lay_out(np.zeros((140, 140), np.uint8), page=255, corner=55)
    cv2.ellipse(nought, (130, 130), (70 - thickness, 70 - thickness), 0, 0, 360, 255, -1)
    assert read(robust, [frame_digit(find_ink(nought))]) == [0]


def blank(level: int) -> Grey:
    return np.full((200, 260), level, np.uint8)


def noisy(strength: float) -> Grey:
    grain = np.random.default_rng(1).normal(0, strength, (200, 260))
    return np.clip(200 + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "picture",
    (
        blank(255),
        blank(0),
        blank(131),
        np.full((200, 260, 3), (250, 240, 90), np.uint8),
        np.zeros((1, 1), np.uint8),
        np.full((3, 500), 255, np.uint8),
        noisy(1),
        noisy(4),
        noisy(20),
        np.linspace(60, 240, 260).astype(np.uint8)[None].repeat(200, 0),
        np.minimum(blank(255), (np.add.outer(np.arange(200), np.arange(260)) // 2).astype(np.uint8)),
    ),
    ids=(
        "white",
        "black",
        "grey",
        "yellow",
        "one pixel",
        "strip",
        "noise",
        "more noise",
        "much noise",
        "shade",
        "corner",
    ),
)
def test_blank_paper_has_no_ink(picture: NDArray[np.uint8]) -> None:
    with pytest.raises(NoInk, match="Draw a digit"):
        find_ink(picture)


def test_the_sides_of_a_jpeg_photo_agree_with_the_drawing() -> None:
    drawn = draw_digit(2)
    photo = np.stack([drawn // 2 + 90, drawn // 2 + 85, drawn // 2 + 70], axis=-1)
    assert difference(frame_digit(255 - drawn), read_picture(to_bytes(photo, "JPEG", quality=70))) < ALIKE


@pytest.mark.parametrize(
    ("height", "uneven", "decoded"),
    ((1600, False, 500), (1600, True, 500), (200, False, 1000), (300, True, 500)),
    ids=("drawing", "photo", "small drawing", "small photo"),
)
def test_a_large_jpeg_is_decoded_no_larger_than_its_digit_needs(height: int, uneven: bool, decoded: int) -> None:
    drawn = draw_digit(2, shape=(3000, 4000), height=height, pen=height // 12)
    shade = np.linspace(0.6, 1.0, 4000) if uneven else 1.0
    jpeg = to_bytes((drawn * shade).astype(np.uint8), "JPEG", quality=90)
    steps: Steps = []
    digit = read_picture(jpeg, steps)
    assert [max(step.picture.shape) for step in steps if step.name == "decode"] == [decoded]
    assert np.array_equal(read_picture(jpeg), digit)
    alone = draw_digit(2, height=200, pen=200 // 12)
    assert difference(digit, read_picture(to_png(alone))) < ALIKE


def test_a_faint_drawing_in_a_large_jpeg_is_looked_for_in_more_pixels() -> None:
    hairline = to_bytes(draw_digit(2, shape=(3000, 4000), height=1600, pen=5, paper=255, ink=242), "JPEG", quality=95)
    with pytest.raises(NoInk):
        look_for_ink(decode_picture(hairline, drafted_side=500))
    assert read_picture(hairline).any()


# Why


@pytest.mark.parametrize(
    ("picture", "decision"),
    (
        (draw_digit(5), "dark ink on light paper"),
        (255 - draw_digit(5), "light ink on dark paper"),
        (draw_digit(5, pen=1), "strokes that are thin"),
        (np.stack([draw_digit(5), np.full((280, 280), 255, np.uint8), draw_digit(5)], axis=-1), "% green"),
        *((scene(draw_digit(5)), "shading") for scene in SCENES if scene.__name__ in {"in_uneven_light", "on_a_table"}),
        *((scene(draw_digit(5)), "sheet") for scene in SCENES if scene.__name__ in {"on_a_table", "on_a_pasted_sheet"}),
    ),
)
def test_every_decision_is_explained_with_its_picture(picture: NDArray[np.uint8], decision: str) -> None:
    steps: Steps = []
    digit = read_picture(to_png(picture), steps)
    assert decision in " ".join(step.decision for step in steps)
    assert np.array_equal(steps[-1].picture, digit)
    assert all(step.picture.dtype == np.uint8 and step.picture.ndim in (2, 3) for step in steps)
    assert np.array_equal(read_picture(to_png(picture)), digit)


# Too little ink


def on_noisy_paper(digit: Grey, strength: float) -> Grey:
    """Return a photograph of a digit whose ink is as many grey levels darker than its shaded paper, with grain of 6."""
    rng = np.random.default_rng(5)
    paper = np.linspace(150, 220, digit.shape[1])[None] + rng.normal(0, 6, digit.shape)
    return np.asarray(np.clip(paper - strength * (255 - digit.astype(float)) / 255, 0, 255), np.uint8)


FAINT = {
    "pale": lambda label: np.asarray(255 - (255 - draw_digit(label)) // 16, np.uint8),
    "of a few pixels": lambda label: draw_digit(label, shape=(60, 60), height=5, pen=1),
}
CLEAR = {
    "black": draw_digit,
    "grey": lambda label: np.asarray(255 - (255 - draw_digit(label)) // 4, np.uint8),
    "small": lambda label: draw_digit(label, shape=(60, 60), height=14, pen=2),
    "photographed": lambda label: on_noisy_paper(draw_digit(label), 90),
}


@pytest.mark.parametrize("draw", FAINT.values(), ids=FAINT)
def test_ink_of_which_there_is_too_little_is_faint(draw: Callable[[int], Grey]) -> None:
    assert [look_for_ink(draw(label)).faint for label in (2, 3, 8)] == [True] * 3


@pytest.mark.parametrize("draw", CLEAR.values(), ids=CLEAR)
def test_what_is_drawn_clearly_is_not_faint(draw: Callable[[int], Grey]) -> None:
    assert [look_for_ink(draw(label)).faint for label in (2, 3, 8)] == [False] * 3


# Shadows with hard edges


def shade(lean: float, across: float, depth: float, grain: float = 2) -> Grey:
    """Return empty paper, photographed with the hard edge of a shadow over it."""
    down, right = np.mgrid[0:300, 0:400]
    lit = 1 / (1 + np.exp(-np.clip((right - across * 400 + lean * (down - 150)) / 0.8, -50, 50)))
    noise = np.random.default_rng(4).normal(0, grain, lit.shape)
    return np.asarray(np.clip(215 * (depth + (1 - depth) * lit) + noise, 0, 255), np.uint8)


@pytest.mark.parametrize("lean", (0.0, 0.1, 0.5))
@pytest.mark.parametrize("across", (0.3, 0.6))
@pytest.mark.parametrize("depth", (0.25, 0.4, 0.5, 0.7, 0.8))
def test_a_shadows_edge_on_empty_paper_is_no_ink(lean: float, across: float, depth: float) -> None:
    with pytest.raises(NoInk):
        look_for_ink(shade(lean, across, depth))


@pytest.mark.parametrize("label", DIGITS)
def test_a_digit_that_hangs_together_with_a_narrow_shadow_is_found_and_doubted(label: int) -> None:
    page = draw_digit(label, shape=(360, 480), height=150, pen=12)
    found = look_for_ink(in_a_narrow_band_of_shadow(page))
    assert found.among_others
    assert difference(frame_digit(found.ink), frame_digit(find_ink(page))) < ALIKE


@pytest.mark.parametrize("grain", (1, 4))
def test_the_edge_of_a_deep_shadow_on_smooth_or_grainy_paper_is_no_ink(grain: float) -> None:
    with pytest.raises(NoInk):
        look_for_ink(shade(0.3, 0.6, 0.4, grain))


# Other ink that is as large


def beside(labels: tuple[int, ...], height: int) -> Grey:
    """Return a page with a digit, and others of a height to its right."""
    page = draw_digit(labels[0], shape=(200, 400), height=120, centre=(80, 100), pen=9)
    for place, label in enumerate(labels[1:], 1):
        other = draw_digit(label, shape=(200, 400), height=height, centre=(80 + 110 * place, 100), pen=9)
        page = np.minimum(page, other)
    return page


@pytest.mark.parametrize("labels", ((4, 2), (1, 1), (8, 0, 7)))
@pytest.mark.parametrize(
    "paper", (lambda page: page, lambda page: on_noisy_paper(page, 90)), ids=("flat", "photographed")
)
def test_a_digit_beside_others_as_large_is_among_others(labels: tuple[int, ...], paper: Callable[[Grey], Grey]) -> None:
    assert look_for_ink(paper(beside(labels, 120))).among_others


@pytest.mark.parametrize("height", (20, 45))
@pytest.mark.parametrize(
    "paper", (lambda page: page, lambda page: on_noisy_paper(page, 90)), ids=("flat", "photographed")
)
def test_a_digit_beside_smaller_ink_stands_alone(height: int, paper: Callable[[Grey], Grey]) -> None:
    assert not look_for_ink(paper(beside((4, 2), height))).among_others


@pytest.mark.parametrize(
    "paper", (lambda page: page, lambda page: on_noisy_paper(page, 90)), ids=("flat", "photographed")
)
@pytest.mark.parametrize(("label", "dot"), ((1, 250), (7, 252), (1, 40)), ids=("!", "?", "i"))
def test_a_digit_with_a_dot_over_or_under_it_is_doubted(label: int, dot: int, paper: Callable[[Grey], Grey]) -> None:
    drawn = draw_digit(label, shape=(300, 300), height=140)
    assert not look_for_ink(paper(drawn)).among_others
    cv2.circle(drawn, (150, dot), 13, 0, -1)
    assert look_for_ink(paper(drawn)).among_others


def test_a_digit_on_dirty_paper_is_not_doubted_for_its_dots() -> None:
    drawn = draw_digit(7, shape=(300, 300), height=140)
    for across in range(30, 300, 40):
        cv2.circle(drawn, (across, 252), 10, 0, -1)
    assert not look_for_ink(drawn).among_others


@pytest.mark.parametrize(
    "paper", (lambda page: page, lambda page: on_noisy_paper(page, 90)), ids=("flat", "photographed")
)
def test_a_nought_with_something_in_it_is_doubted(paper: Callable[[Grey], Grey]) -> None:
    clock = draw_digit(0, shape=(300, 300), height=200)
    assert not look_for_ink(paper(clock)).among_others
    cv2.polylines(clock, [np.array([[140, 110], [150, 150], [170, 165]])], False, 0, 9)
    assert look_for_ink(paper(clock)).among_others
