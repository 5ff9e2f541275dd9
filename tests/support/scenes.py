"""What a digit is written on and photographed with: paper, light and cameras, drawn for the tests.

Each takes a digit drawn dark on white, and returns a picture with it; blank paper is what it makes of a blank one.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Scene = Callable[[Grey], NDArray[np.uint8]]


def _mix(drawn: Grey, paper: NDArray[np.floating], ink: float = 40) -> NDArray[np.floating]:
    """Put ink on paper, both in grey levels, where something is drawn dark on white."""
    covered = (255 - drawn) / 255
    return np.asarray(paper * (1 - covered) + np.minimum(ink, paper) * covered)


def _grain(shape: tuple[int, ...], strength: float) -> NDArray[np.floating]:
    return np.random.default_rng(7).normal(0, strength, shape)


def _to_picture(grey: NDArray[np.floating]) -> Grey:
    return np.asarray(np.clip(grey, 0, 255), np.uint8)


def in_uneven_light(drawn: Grey) -> Grey:
    """Light from one side, to less than half on the other, and a camera's grain."""
    height, width = drawn.shape
    light = np.linspace(1, 0.4, width)[None] * np.linspace(1, 0.8, height)[:, None]
    return _to_picture(_mix(drawn, np.full(drawn.shape, 220.0), 50) * light + _grain(drawn.shape, 2))


def in_a_shadow(drawn: Grey) -> Grey:
    """A soft-edged shadow over half of the paper."""
    height, width = drawn.shape
    shadow = cv2.GaussianBlur((np.arange(width) > 0.45 * width).astype(np.float32)[None].repeat(height, 0), (0, 0), 6)
    return _to_picture(_mix(drawn, np.full(drawn.shape, 220.0)) * (1 - 0.45 * shadow) + _grain(drawn.shape, 2))


def in_a_band_of_shadow(drawn: Grey) -> Grey:
    """A soft shadow, no broader than a quarter of the paper, that falls across it and over its border."""
    height, width = drawn.shape
    along = (np.arange(width)[None] - 0.25 * np.arange(height)[:, None]) / width
    shadow = np.exp(-(((along - 0.4) / 0.1) ** 2))
    return _to_picture(_mix(drawn, np.full(drawn.shape, 210.0), 45) * (1 - 0.35 * shadow) + _grain(drawn.shape, 3))


def in_a_narrow_band_of_shadow(drawn: Grey) -> Grey:
    """A shadow with sharp edges, no broader than a digit, that falls across it and over the paper's border."""
    height, width = drawn.shape
    along = (np.arange(width)[None] - 0.25 * (np.arange(height)[:, None] - height / 2)) / width
    shadow = np.abs(along - 0.5) < 0.06
    return _to_picture(_mix(drawn, np.full(drawn.shape, 210.0), 45) * (1 - 0.4 * shadow) + _grain(drawn.shape, 3))


def on_ruled_paper(drawn: Grey) -> Grey:
    """Grey rules, of which some cross the digit, a little tilted."""
    return _to_picture(_mix(drawn, _rule(drawn.shape, 46)) + _grain(drawn.shape, 2))


def on_squared_paper(drawn: Grey) -> Grey:
    """Squares of grey rules, a little tilted."""
    paper = np.minimum(_rule(drawn.shape, 40), _rule(drawn.shape[::-1], 40).T)
    return _to_picture(_mix(drawn, paper) + _grain(drawn.shape, 2))


def _rule(shape: tuple[int, ...], apart: int) -> NDArray[np.floating]:
    height, width = shape
    rows = np.arange(height)[:, None] + 0.02 * np.arange(width)[None]
    return np.where(rows % apart < 2, 165.0, 225.0)


def underlined(drawn: Grey) -> Grey:
    """A line from border to border right under the digit."""
    paper = np.full(drawn.shape, 225.0)
    bottom = min(drawn.shape[0] - 4, max(np.flatnonzero((drawn < 128).any(axis=1)), default=200) + 3)
    paper[bottom : bottom + 2] = 90
    return _to_picture(_mix(drawn, paper) + _grain(drawn.shape, 2))


def on_a_table(drawn: Grey) -> Grey:
    """A sheet on a dark wooden table, turned by five degrees."""
    height, width = drawn.shape
    shape = (round(1.5 * height), round(1.5 * width))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 5, 1)
    turn[:, 2] += 0.25 * width, 0.25 * height
    sheet = cv2.warpAffine(_mix(drawn, np.full(drawn.shape, 215.0)), turn, shape[::-1])
    on_sheet = cv2.warpAffine(np.ones(drawn.shape), turn, shape[::-1])
    return _to_picture(sheet + (1 - on_sheet) * _wood(shape))


def _wood(shape: tuple[int, ...]) -> NDArray[np.floating]:
    return np.asarray(60 + cv2.GaussianBlur(_grain(shape, 60), (0, 0), sigmaX=8, sigmaY=1))


def at_the_edge_of_a_sheet(drawn: Grey) -> Grey:
    """A strip of the table along the left border."""
    paper = np.full(drawn.shape, 220.0)
    paper[:, : drawn.shape[1] // 16] = 70
    return _to_picture(_mix(drawn, paper) + _grain(drawn.shape, 2))


def on_a_sheet_seen_askew(drawn: Grey) -> Grey:
    """A sheet on a table, photographed from below: its sides are not parallel."""
    height, width = drawn.shape
    shape = (round(1.3 * height), round(1.3 * width))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    seen = corners + np.array([[0.2, 0.12], [0.07, 0.15], [0.14, 0.17], [0.1, 0.14]], np.float32) * (width, height)
    turn = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    sheet = cv2.warpPerspective(_mix(drawn, np.full(drawn.shape, 215.0)), turn, shape[::-1])
    on_sheet = cv2.warpPerspective(np.ones(drawn.shape), turn, shape[::-1])
    return _to_picture(cv2.GaussianBlur(sheet + (1 - on_sheet) * _wood(shape), (0, 0), 0.8))


def beside_a_cable(drawn: Grey) -> Grey:
    """Something dark and as narrow as a pen's line in one corner, which goes on outside of the picture."""
    height, width = drawn.shape
    cable = np.full(drawn.shape, 255, np.uint8)
    cv2.ellipse(cable, (width - 20, height), (150, 60), 0, 0, 360, 0, 14, cv2.LINE_AA)
    cv2.ellipse(cable, (width - 80, height), (50, 45), 0, 0, 360, 0, 14, cv2.LINE_AA)
    return _to_picture(_mix(np.minimum(drawn, cable), np.full(drawn.shape, 210.0)) + _grain(drawn.shape, 2))


def in_a_frame(drawn: Grey) -> Grey:
    """A line all around, away from the border."""
    framed = drawn.copy()
    height, width = drawn.shape
    cv2.rectangle(framed, (12, 12), (width - 13, height - 13), 0, 3)
    return framed


def on_a_pasted_sheet(drawn: Grey) -> Grey:
    """A grey scan pasted on a white page."""
    page = np.full((round(1.4 * drawn.shape[0]), round(1.6 * drawn.shape[1])), 255, np.uint8)
    page[30 : 30 + drawn.shape[0], 50 : 50 + drawn.shape[1]] = _to_picture(_mix(drawn, np.full(drawn.shape, 205.0)))
    return page


def with_specks(drawn: Grey) -> Grey:
    """Dirt all over the paper."""
    speckled = drawn.copy()
    for x, y in np.random.default_rng(7).integers(0, drawn.shape[0], (25, 2)):
        cv2.circle(speckled, (int(x), int(y)), 2, 0, -1)
    return speckled


def with_grain(drawn: Grey) -> Grey:
    """A camera in the dark."""
    return _to_picture(_mix(drawn, np.full(drawn.shape, 200.0), 60) + _grain(drawn.shape, 18))


def in_jpeg_blocks(drawn: Grey) -> Grey:
    """A JPEG of a very low quality."""
    encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 6])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def in_faint_pencil(drawn: Grey) -> Grey:
    """Little darker than the paper."""
    return _to_picture(_mix(drawn, np.full(drawn.shape, 215.0), 180) + _grain(drawn.shape, 2))


def on_a_blackboard(drawn: Grey) -> Grey:
    """Broken chalk on a board that was not wiped well."""
    board = 50 + cv2.GaussianBlur(_grain(drawn.shape, 60), (0, 0), 12)
    chalk = np.clip(0.85 + _grain(drawn.shape, 0.2), 0, 1) * (255 - drawn) / 255
    return _to_picture(board * (1 - chalk) + 220 * chalk)


def in_yellow_on_blue(drawn: Grey) -> Grey:
    """Ink and paper of the same lightness: only their colours differ."""
    covered = (255.0 - drawn[..., None]) / 255
    return _to_picture(np.array([150.0, 200, 230]) * (1 - covered) + np.array([240.0, 185, 60]) * covered)


def in_blue_on_red_rules(drawn: Grey) -> NDArray[np.uint8]:
    """A blue pen on paper with light red rules."""
    rules = (_rule(drawn.shape, 46) < 200)[..., None]
    paper = np.where(rules, np.array([235.0, 170, 170]), np.array([240.0, 240, 235]))
    covered = (255.0 - drawn[..., None]) / 255
    return _to_picture(paper * (1 - covered) + np.array([30.0, 40, 130]) * covered + _grain(drawn.shape, 2)[..., None])


def inverted(drawn: Grey) -> Grey:
    """Light on dark."""
    return 255 - drawn


SCENES: tuple[Scene, ...] = (
    in_uneven_light,
    in_a_shadow,
    on_ruled_paper,
    on_squared_paper,
    underlined,
    on_a_table,
    at_the_edge_of_a_sheet,
    in_a_frame,
    on_a_pasted_sheet,
    with_specks,
    with_grain,
    in_jpeg_blocks,
    in_faint_pencil,
    on_a_blackboard,
    in_yellow_on_blue,
    in_blue_on_red_rules,
    inverted,
)
