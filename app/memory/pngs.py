"""Framed digits as corrections keep them: PNG files of 28 by 28 pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..framing import SIDE


def encode_png(picture: NDArray[np.uint8]) -> bytes:
    """Return a framed digit as PNG, some 400 bytes."""
    _, encoded = cv2.imencode(".png", picture, (cv2.IMWRITE_PNG_COMPRESSION, 9))
    return encoded.tobytes()


def decode_png(png: bytes) -> NDArray[np.uint8]:
    """Return the framed digit of a PNG that encode_png() made.

    Raises:
        ValueError: it is something else.
    """
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None or picture.shape != (SIDE, SIDE):
        raise ValueError(f"a correction holds no PNG of {SIDE}x{SIDE} pixels")
    return np.asarray(picture, np.uint8)
