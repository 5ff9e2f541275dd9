"""What is posted: one drawn digit in each form in which clients send it, a photograph, and many digits at once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from tests.support.drawings import draw_digit, to_bytes

LABEL = 7
BOUNDARY = "digits-bench"
CELL = 70  # pixels a side of a page's square in which a digit stands
PHOTO_SHAPE = (3000, 4000)  # height and width: 12 megapixels


@dataclass(frozen=True)
class Post:
    """The body of a request, and the digits that are to be read in it."""

    name: str
    body: bytes
    content_type: str
    labels: list[int]
    path: str = "/predict"

    @property
    def pictures(self) -> int:
        """How many pictures it holds: a page is one, however many digits are read in it."""
        return 1 if self.path == "/read" else len(self.labels)


def one_picture(mode: str = "L") -> Post:
    """Return a drawing of 280x280 pixels as PNG; mode L, RGB, or RGBA as a browser's canvas gives it."""
    image = Image.fromarray(draw_digit(LABEL, pen=20)).convert(mode)
    return Post(f"280x280 PNG, {mode}", to_bytes(image), "image/png", [LABEL])


def one_photo() -> Post:
    """Return a digit on unevenly lit, noisy paper as a phone's JPEG of 12 megapixels."""
    drawing = draw_digit(LABEL, shape=(750, 1000), height=400, pen=24, paper=220, ink=60)
    height, width = PHOTO_SHAPE
    photo = np.asarray(cv2.resize(drawing, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    photo *= np.linspace(0.75, 1.1, width, dtype=np.float32)
    photo += np.random.default_rng(0).normal(0, 4, photo.shape).astype(np.float32)
    image = Image.fromarray(np.clip(photo, 0, 255).astype(np.uint8)).convert("RGB")
    return Post("12 MP JPEG", to_bytes(image, "JPEG", quality=85), "image/jpeg", [LABEL])


def one_page(rows: int, columns: int) -> Post:
    """Return digits in rows on a drawn page, 44 pixels high, to be read by /read."""
    labels = [number % 10 for number in range(rows * columns)]
    cells = [draw_digit(label, shape=(CELL, CELL), height=44, pen=6) for label in labels]
    page = np.vstack([np.hstack(cells[row * columns : (row + 1) * columns]) for row in range(rows)])
    return Post(f"/read, {len(labels)} digits", to_bytes(Image.fromarray(page)), "image/png", labels, "/read")


def many_pictures(count: int) -> Post:
    """Return drawings of all digits, 280x280 pixels each, as the files of one form."""
    labels = [number % 10 for number in range(count)]
    pictures = {label: to_bytes(draw_digit(label, pen=20)) for label in set(labels)}
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{number}.png"\r\n\r\n'.encode()
        + pictures[label]
        + b"\r\n"
        for number, label in enumerate(labels)
    ]
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    return Post(f"{count} PNG in a form", body, f"multipart/form-data; boundary={BOUNDARY}", labels)
