"""Rows of digits and signs as people write them, with their text: dates, decimals, times, touching digits, words.

    kind -> a text -> Writer (one hand and pen, or digits of a split with signs drawn beside them) -> page

Constants of reading are chosen on these rows, from validation digits and drawn ones; never on a test split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ..data.datasets import Split
from ..handwriting.curves import Path
from ..handwriting.digits.style import Style
from ..handwriting.letters import TABLES
from ..handwriting.pens import pick_hand, write
from ..handwriting.styles import pick_variant
from ..handwriting.writing import pick
from .pages import lay_on_noisy_paper, to_png
from .punctuation import DRAWN, draw_mark
from .tall import TALL, draw_tall_sign

Ink = NDArray[np.uint8]  # (h, w), paper 0 to ink 255
Pick = Callable[[np.random.Generator], str]

HIGH = (40, 100)  # pixels of a row's digits
PENS = (0.03, 0.17)  # width of the pen, of the digits' height
GAP = (0.08, 0.45)  # of the digits' height, between neighbours
MARGIN = 60  # pixels around a row
TOUCHING = {"touching 0": 0.0, "touching -4": -4 / 90, "touching -10": -10 / 90}  # gap, of the digits' height
FINER = 4  # times: drawn larger, then reduced
ALIKE = 0.08  # slant of a split's digits that one person may have written


def _number(rng: np.random.Generator, shortest: int, longest: int) -> str:
    return "".join(str(digit) for digit in rng.integers(0, 10, rng.integers(shortest, longest + 1)))


def _date(sign: str, rng: np.random.Generator) -> str:
    """Write a day as people do: 7/8/26, 12/03/2024, 24/12; with a minus the year may come first."""
    day, month, year = rng.integers(1, 32), rng.integers(1, 13), rng.integers(1950, 2050)
    way = rng.integers(4)
    if way == 0:
        return f"{day}{sign}{month}{sign}{year % 100:02}"
    if way == 1:
        return f"{day:02}{sign}{month:02}{sign}{year}"
    if way == 2 and sign == "-":
        return f"{year}-{month:02}-{day:02}"
    return f"{day}{sign}{month}" if sign == "/" else f"{day}{sign}{month}{sign}{year}"


def _ones(rng: np.random.Generator) -> str:
    """Write numbers in which 1 is frequent: what a slash must not be taken for."""
    return "".join(rng.choice(list("1110123456789"), rng.integers(2, 8)))


def _long_fraction(rng: np.random.Generator) -> str:
    """Write two numbers of which one has three digits: a blood pressure, a house and a flat, a part of a thousand.

    None begins with a nought: only days and months do.
    """
    if rng.random() < 0.5:
        return f"{rng.integers(90, 200)}/{rng.integers(50, 130)}"
    long, short = rng.integers(100, 1000), rng.integers(*rng.choice(((1, 10), (10, 100), (100, 1000))))
    return f"{long}/{short}" if rng.random() < 0.5 else f"{short}/{long}"


KINDS: dict[str, Pick] = {
    "plain": lambda rng: _number(rng, 2, 7),
    "ones": _ones,
    "date /": lambda rng: _date("/", rng),
    "date .": lambda rng: _date(".", rng),
    "date -": lambda rng: _date("-", rng),
    "fraction": lambda rng: f"{rng.integers(1, 30)}/{rng.integers(2, 100)}",
    "decimal .": lambda rng: f"{_number(rng, 1, 3)}.{_number(rng, 1, 3)}",
    "decimal ,": lambda rng: f"{_number(rng, 1, 3)},{_number(rng, 1, 3)}",
    "time": lambda rng: f"{rng.integers(0, 24)}:{rng.integers(0, 60):02}",
    "minus": lambda rng: f"-{_number(rng, 1, 4)}",
    "plus": lambda rng: (
        f"+{_number(rng, 1, 4)}" if rng.random() < 0.5 else f"{rng.integers(1, 99)}+{rng.integers(1, 99)}"
    ),
    "difference": lambda rng: f"{rng.integers(1, 999)}-{rng.integers(1, 99)}",
    "dirt": lambda rng: _number(rng, 2, 6),
    **{kind: lambda rng: _number(rng, 2, 4) for kind in TOUCHING},
    "long fraction": _long_fraction,
}
WORDS = "word"  # a kind whose text is not known: only doubt is right


def compose_written(
    split: Split, count: int, seed: int, kinds: Sequence[str] = tuple(KINDS)
) -> Iterable[tuple[str, str, bytes]]:
    """Compose rows of each kind, half of them of a split's digits and half drawn: its name, the text and a picture."""
    writer = Writer(split)
    for place, kind in enumerate(kinds):
        rng = np.random.default_rng((seed, place))
        for number in range(count):
            text = KINDS[kind](rng)
            row = writer.write(text, number, rng, TOUCHING.get(kind))
            if kind == "dirt":
                _sprinkle(row, rng)
            yield kind, text, to_png(lay_row(row, rng))


def compose_words(count: int, seed: int) -> Iterable[bytes]:
    """Write words of letters, one a picture."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        table = TABLES[str(rng.choice(["lower", "upper", "cyrillic", "greek"]))]
        hand, pen = pick_hand(rng, 0.7), _pick_pen(rng)
        glyphs = [write(pick(table, rng), hand, rng) for _ in range(rng.integers(3, 9))]
        yield to_png(lay_row(_draw(_join(glyphs, None, pen, rng), pen, rng), rng))


def take_turns(
    every: Iterable[str], kinds: Sequence[str] | None, count: int, seed: int, *way: int
) -> Iterator[tuple[str, int, np.random.Generator]]:
    """Return each kind so many times, with the number of the page and the kind's own random stream.

    Args:
        every: all kinds, of which the place decides on the stream: which others are asked for changes none.
        kinds: names among them; all where None.
        count: pages of each.
        seed: decides on the streams,
        way: and so do these.
    """
    for place, kind in enumerate(every):
        if kinds is None or kind in kinds:
            rng = np.random.default_rng((seed, place, *way))
            for number in range(count):
                yield kind, number, rng


class Writer:
    """Who writes rows: in odd turns they are set from digits of a split, in even ones a drawn hand writes them."""

    def __init__(self, split: Split) -> None:
        """Measure how much the digits of the split lean."""
        self._split = split
        self._slants = _measure_slants(split)

    def write(self, text: str, turn: int, rng: np.random.Generator, gap: float | None = None) -> Ink:
        """Write a text as ink of any height, cropped to it.

        Args:
            text: digits and signs.
            turn: number of the page: odd or even.
            rng: decides on the rest.
            gap: between neighbours, of the digits' height; None: any of GAP.
        """
        return self.write_all([text], turn, rng, gap)[0]

    def write_all(
        self, texts: Sequence[str], turn: int, rng: np.random.Generator, gap: float | None = None
    ) -> list[Ink]:
        """Write several texts likewise: in even turns with one hand, one way to write each digit, and one pen."""
        if turn % 2:
            return [_set_row(text, self._split, self._slants, gap, rng) for text in texts]
        return _write_rows(texts, gap, rng)


def _write_rows(texts: Sequence[str], gap: float | None, rng: np.random.Generator) -> list[Ink]:
    """Write texts with one hand, each as ink of its own."""
    hand, pen = pick_hand(rng), _pick_pen(rng)
    styles: dict[str, Style] = {}
    rows = []
    for text in texts:
        parts: list[list[Path]] = []
        for sign in text:
            if sign.isdigit():
                style = styles.setdefault(sign, pick_variant(int(sign), rng))
                pen = min(pen, style.fattest)
                parts.append(_to_size(write(style.draw(rng), hand, rng), rng))
            else:
                parts.append(_draw_any_sign(sign, hand.slant, pen, rng))
        rows.append(_draw(_join(parts, gap, pen, rng), pen, rng))
    return rows


def _set_row(text: str, split: Split, slants: NDArray[np.float64], gap: float | None, rng: np.random.Generator) -> Ink:
    """Set digits of a split that lean alike side by side, and draw signs beside them with a pen as thick."""
    high = int(rng.integers(*HIGH))
    slant = float(rng.choice(slants))
    inks: dict[int, Ink] = {}
    for place, sign in enumerate(text):
        if sign.isdigit():
            alike = np.flatnonzero((split.labels == int(sign)) & (np.abs(slants - slant) < ALIKE))
            chosen = (
                int(rng.choice(alike)) if alike.size else int(rng.choice(np.flatnonzero(split.labels == int(sign))))
            )
            inks[place] = _resize_to(split.digits[chosen], high * rng.uniform(0.9, 1.08))
    pen = float(np.median([_measure_pen(ink) for ink in inks.values()])) / high
    placed: list[tuple[Ink, float]] = []  # ink, and its bottom below the base line, of the height
    for place, sign in enumerate(text):
        if place in inks:
            placed.append((inks[place], rng.normal(0, 0.03)))
        else:
            paths = _draw_any_sign(sign, slant, pen, rng)
            points = np.concatenate(paths)
            drawn = _draw_paths(paths, pen, high)
            placed.append((drawn, float(points[:, 1].max()) + pen / 2 - 0.5))
    right, boxes = 0, []
    for ink, below in placed:
        apart = gap if gap is not None else rng.uniform(*GAP)
        bottom = round((1 + below) * high)
        boxes.append((right, bottom - len(ink), ink))
        right += ink.shape[1] + round(apart * high)
    top = min(y for _, y, _ in boxes)
    bottom = max(y + len(ink) for _, y, ink in boxes)
    row = np.zeros((bottom - top, max(x + ink.shape[1] for x, _, ink in boxes)), np.uint8)
    for x, y, ink in boxes:
        window = row[y - top : y - top + len(ink), x : x + ink.shape[1]]
        np.maximum(window, ink, out=window)
    return row


def draw_sign(sign: str, slant: float, pen: float, rng: np.random.Generator) -> list[Path]:
    """Draw a sign beside digits that are 1 high, from -0.5 to their base line at 0.5.

    Args:
        slant: of the hand; signs lean with it.
        pen: width, of the digits' height: a dot may be no more than a touch of it.
    """
    u = rng.uniform
    if sign == "/":
        high, steep = u(0.95, 1.45), max(0.0, slant) + u(0.2, 0.65)  # no hand leans it to the left
        middle, bow = u(-0.05, 0.1), u(-0.03, 0.03)
        along = np.linspace(-0.5, 0.5, 9)
        return [np.stack((-along * high * steep + bow * np.cos(np.pi * along), middle + along * high), axis=1)]
    if sign == ".":
        return [_dot(0.5 - u(0, 0.06), rng)]
    if sign == ":":
        low, apart = 0.45 - u(0, 0.15), u(0.3, 0.55)
        return [_dot(low, rng, 0.04 + slant * 0.1), _dot(low - apart, rng, 0.04 + slant * apart)]
    if sign == ",":
        long = max(0.14, 1.2 * pen) * u(0.9, 2.0)
        top = 0.5 - u(0.0, 0.1)
        return [np.array([[0.0, top], [u(-0.1, 0.15) * long, top + 0.4 * long], [-u(0.25, 0.7) * long, top + long]])]
    long, middle, tilt = max(u(0.25, 0.6), 3 * pen), u(-0.08, 0.12), u(-0.1, 0.06)
    across = np.array([-0.5, 0.0, 0.5]) * long
    bar = np.stack((across, middle + tilt * across + np.array([0, u(-0.02, 0.02), 0])), axis=1)
    if sign == "-":
        return [bar]
    along = np.array([-0.5, 0.0, 0.5]) * long * u(0.8, 1.3)
    lean, aside = slant + u(-0.1, 0.1), u(-0.1, 0.1) * long
    post = np.stack((aside - lean * along + np.array([0, u(-0.02, 0.02), 0]), middle + along), axis=1)
    return [bar, post]


def _draw_any_sign(sign: str, slant: float, pen: float, rng: np.random.Generator) -> list[Path]:
    if sign in DRAWN:
        return draw_mark(sign, slant, rng)
    draw = draw_tall_sign if sign in TALL else draw_sign
    return draw(sign, slant, pen, rng)


def _dot(y: float, rng: np.random.Generator, x: float = 0.0) -> Path:
    """Touch the paper: a point, or a dash as short as the pen is wide."""
    return np.array([[x, y], [x + rng.uniform(0, 0.04), y + rng.uniform(-0.02, 0.03)]])


def _pick_pen(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(*np.log(PENS))))


def _to_size(paths: list[Path], rng: np.random.Generator) -> list[Path]:
    """Let a digit stand on the base line, as high as the others."""
    points = np.concatenate(paths)
    top, bottom = points[:, 1].min(), points[:, 1].max()
    scale = rng.uniform(0.9, 1.08) / max(0.2, bottom - top)
    return [(path - (0, bottom)) * scale + (0, 0.5 + rng.normal(0, 0.03)) for path in paths]


def _join(parts: list[list[Path]], gap: float | None, pen: float, rng: np.random.Generator) -> list[Path]:
    """Set what is written side by side; the gap is between the ink of neighbours."""
    row: list[Path] = []
    right = 0.0
    for paths in parts:
        left = min(float(path[:, 0].min()) for path in paths)
        moved = [path + np.array([right - left, 0]) for path in paths]
        row += moved
        right = max(float(path[:, 0].max()) for path in moved) + (rng.uniform(*GAP) if gap is None else gap) + pen
    return row


def _draw(paths: list[Path], pen: float, rng: np.random.Generator) -> Ink:
    return _draw_paths(paths, pen, int(rng.integers(*HIGH)))


def _draw_paths(paths: list[Path], pen: float, high: int) -> Ink:
    """Draw paths on as little paper as they need, (h, w)."""
    points = np.concatenate(paths)
    low = points.min(axis=0)
    thick = max(1, round(pen * high * FINER))
    size = np.ceil((points.max(axis=0) - low) * high * FINER).astype(int) + 2 * thick + 2
    sheet = np.zeros((size[1] + -size[1] % FINER, size[0] + -size[0] % FINER), np.uint8)
    for path in paths:
        placed = ((path - low) * high * FINER + thick).round().astype(np.int32)
        cv2.polylines(sheet, [placed], False, 255, thick, cv2.LINE_AA)
    drawn = cv2.resize(sheet, (sheet.shape[1] // FINER, sheet.shape[0] // FINER), interpolation=cv2.INTER_AREA)
    return _crop(np.asarray(drawn, np.uint8))


def _crop(ink: Ink) -> Ink:
    x, y, width, height = cv2.boundingRect(ink)
    return ink[y : y + height, x : x + width]


def _resize_to(digit: Ink, high: float) -> Ink:
    """Resize a digit to a height; a flat one no wider than twice that."""
    ink = _crop(digit)
    scale = min(high / ink.shape[0], 2 * high / ink.shape[1])
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_CUBIC), np.uint8)


def _measure_slants(split: Split) -> NDArray[np.float64]:
    """Return how far each digit of a split leans to the right, of its height, (n,)."""
    return np.array([_measure_slant(digit) for digit in split.digits])


def _measure_slant(digit: Ink) -> float:
    """Return how far right the top of a digit is, of its height, by its moments."""
    moments = cv2.moments(digit)
    return -float(moments["mu11"] / max(1e-6, moments["mu02"]))


def _measure_pen(ink: Ink) -> float:
    drawn = (ink > 127).astype(np.uint8)
    depths = cv2.distanceTransform(cv2.copyMakeBorder(drawn, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0), cv2.DIST_L2, 3)
    return float(4 * depths[depths > 0].mean() - 1) if drawn.any() else 1.0


def _sprinkle(row: Ink, rng: np.random.Generator) -> None:
    """Drop dirt on a row: specks much smaller than a pen's touch."""
    height, width = row.shape
    for _ in range(int(rng.integers(1, 6))):
        side = int(rng.integers(1, max(2, round(0.025 * height)) + 1))
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        row[y : y + side, x : x + side] = np.maximum(row[y : y + side, x : x + side], 255)


def lay_row(row: Ink, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Lay a row on white paper, or on shaded grainy paper."""
    if rng.random() < 0.5:
        return lay_on_noisy_paper([row], rng)
    return np.asarray(
        255 - cv2.copyMakeBorder(row, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=0), np.uint8
    )
