"""A person at the page: digits as strokes, drawn on the canvas by mouse, finger or pen, or as picture files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from itertools import pairwise

from PIL import Image, ImageDraw
from playwright.sync_api import CDPSession, FilePayload, Page

Point = tuple[float, float]
Stroke = Sequence[Point]

WIDTH, HEIGHT = 400, 300  # units of a drawing
STEPS = 6  # moves between two points of a stroke

ONE: list[Stroke] = [[(200, 50), (200, 150), (198, 250)]]
FOUR: list[Stroke] = [[(190, 55), (150, 165), (262, 165)], [(228, 100), (224, 255)]]
SEVEN: list[Stroke] = [[(140, 65), (260, 62), (190, 250)]]


def shift(strokes: list[Stroke], right: float) -> list[Stroke]:
    """Move a digit to the right, by units."""
    return [[(x + right, y) for x, y in stroke] for stroke in strokes]


def shrink(strokes: list[Stroke], scale: float) -> list[Stroke]:
    """Draw a digit smaller, about the middle of the drawing."""
    x, y = WIDTH / 2, HEIGHT / 2
    return [[(x + (px - x) * scale, y + (py - y) * scale) for px, py in stroke] for stroke in strokes]


def draw_with_mouse(page: Page, strokes: Iterable[Stroke]) -> None:
    """Draw stroke after stroke with the mouse."""
    for stroke in strokes:
        begin_stroke(page, stroke)
        page.mouse.up()


def begin_stroke(page: Page, stroke: Stroke) -> None:
    """Draw a stroke with the mouse, and keep the button down."""
    page.locator("#drawing").scroll_into_view_if_needed()  # a click further down may have moved it out of sight
    first, *rest = (place(page, point) for point in stroke)
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point, steps=STEPS)


def draw_with_finger(page: Page, strokes: Iterable[Stroke]) -> None:
    """Draw with the pointer events of a finger, made in the page: Chromium may lose a touch under load."""
    for stroke in strokes:
        points = [place(page, point) for point in _dense(stroke)]
        page.locator("#drawing").evaluate(
            """(canvas, points) => {
                const touch = (type, [clientX, clientY]) => canvas.dispatchEvent(new PointerEvent(type, {
                    pointerType: 'touch', pointerId: 5, isPrimary: true, bubbles: true, cancelable: true,
                    button: type === 'pointermove' ? -1 : 0, buttons: type === 'pointerup' ? 0 : 1, clientX, clientY,
                }));
                touch('pointerdown', points[0]);
                points.slice(1).forEach((point) => touch('pointermove', point));
                touch('pointerup', points.at(-1));
            }""",
            points,
        )


def draw_with_pen(page: Page, strokes: Iterable[Stroke], pressure: float) -> None:
    """Draw with real pen events of one pressure, 0 to 1."""
    session = page.context.new_cdp_session(page)
    for stroke in strokes:
        points = [place(page, point) for point in _dense(stroke)]
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*points, points[-1]], strict=True):
            pen = {"pointerType": "pen", "force": pressure, "button": "left", "buttons": 1, "clickCount": 1}
            _send(session, "Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **pen})


def draw_picture(strokes: Iterable[Stroke], name: str = "seven.png") -> FilePayload:
    """Draw strokes as dark ink on a white PNG file."""
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    pencil = ImageDraw.Draw(picture)
    for stroke in strokes:
        pencil.line(list(stroke), fill=0, width=18, joint="curve")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": stream.getvalue()}


def place(page: Page, point: Point) -> Point:
    """Return where a point of a drawing is on the screen."""
    box = page.locator("#drawing").bounding_box()
    assert box
    return box["x"] + point[0] * box["width"] / WIDTH, box["y"] + point[1] * box["height"] / HEIGHT


def _dense(stroke: Stroke) -> list[Point]:
    points = [stroke[0]]
    for (x, y), (to_x, to_y) in pairwise(stroke):
        shares = [step / STEPS for step in range(1, STEPS + 1)]
        points += [(x + share * (to_x - x), y + share * (to_y - y)) for share in shares]
    return points


def _send(session: CDPSession, method: str, parameters: dict[str, object]) -> None:
    session.send(method, parameters)
