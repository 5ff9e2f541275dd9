"""Decode the bytes of a picture.

    bytes -> open (format, size) -> load (drafted, reduced) -> upright -> on paper -> Picture

Owns formats, modes, limits and what damaged files are answered with. Does not know what is drawn in the picture.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from .errors import TooLarge, Unreadable, UnsupportedFormat
from .explanation import Step, Steps

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
FORMATS_TEXT = "PNG, JPEG, WebP, GIF, BMP or TIFF"
MAX_PIXELS = 64_000_000  # width times height of a picture as sent: the largest phone cameras' 50 megapixels, and room
WORKING_SIDE = 1000  # pixels: larger pictures are reduced to no less; a digit a tenth as high still has 100, not 28
COLOURED = 16  # grey levels between a pixel's strongest and weakest colour from which a picture is not grey
LIGHT_INK = 160  # grey level: where even the darkest ink on a transparent sheet is lighter, the sheet becomes black
TURNED_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height. Source: Exif 2.32, tag 0x0112

# How files of the formats begin: one that begins so but cannot be opened is damaged.
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")

# Formats that people try and that we do not read, by the bytes at an offset.
CONVERSIONS = (
    (4, b"ftypavi", "AVIF pictures are not read: open it in a browser and save it as PNG."),
    (4, b"ftyp", "HEIC and HEIF pictures are not read: export it as JPEG, or send a screenshot of it."),
    (0, b"%PDF", "PDF documents are not read: export the page as PNG or JPEG."),
    (0, b"<svg", "SVG drawings are not read: export it as PNG."),
    (0, b"<?xml", "SVG drawings are not read: export it as PNG."),
)

DAMAGED = "The picture is truncated or damaged. Save it again and send the whole file."
# What Pillow raises for damaged files: each of its plugins reads bytes that may be anything.
DAMAGES = (
    OSError,
    AssertionError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    EOFError,
    ArithmeticError,
    AttributeError,
    MemoryError,
    RuntimeError,
    struct.error,
)

Image.MAX_IMAGE_PIXELS = None  # _check_size does, before any pixel is read
warnings.filterwarnings("ignore", module=r"PIL\.")  # odd metadata in pictures that can be read well


@dataclass(frozen=True)
class Picture:
    """An upright picture on paper, and the size that it had before it was reduced."""

    pixels: NDArray[np.uint8]  # (h, w) grey, or (h, w, 3) RGB where it has colour
    width: int
    height: int


def decode_picture(body: bytes, steps: Steps | None = None) -> Picture:
    """Decode the bytes of a picture, upright and laid on paper; a huge one comes reduced.

    Raises:
        UnsupportedFormat: not one of FORMATS.
        TooLarge: more than MAX_PIXELS.
        Unreadable: truncated or damaged.
    """
    try:
        picture, orientation = _decode(body)
    except Warning:  # where warnings are errors
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture, orientation = _decode(body)
    if steps is not None:
        turned = "turned upright by the camera's note" if orientation > 1 else "upright as it was sent"
        steps.append(Step("decode", f"{picture.width} by {picture.height} pixels, {turned}", picture.pixels))
    return picture


def _decode(body: bytes) -> tuple[Picture, int]:
    """Decode a picture, and return the orientation (1 to 8) that its EXIF noted."""
    image = _open(body)
    width, height = image.size
    try:
        image = _load(image)
        orientation = _read_orientation(image)
        if orientation > 1:
            image = ImageOps.exif_transpose(image)
        pixels = _lay_on_paper(image)
    except Warning:
        raise
    except DAMAGES as error:
        raise Unreadable(DAMAGED) from error
    if orientation in TURNED_SIDEWAYS:
        width, height = height, width
    return Picture(pixels, width, height), orientation


def _open(body: bytes) -> Image.Image:
    """Read what a picture says about itself, but none of its pixels."""
    _check_size(_sniff_webp_size(body))
    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
    except UnidentifiedImageError as error:
        if body.startswith(SIGNATURES) or (body[:4] == b"RIFF" and body[8:12] == b"WEBP"):
            raise Unreadable(DAMAGED) from error
        raise UnsupportedFormat(_explain_format(body)) from error
    except Warning:
        raise
    except DAMAGES as error:
        raise Unreadable(DAMAGED) from error
    _check_size(image.size)
    return image


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise TooLarge(f"The picture has {width} by {height} pixels; at most {MAX_PIXELS:,} in all are read.")


def _sniff_webp_size(body: bytes) -> tuple[int, int]:
    """Return the canvas that an extended WebP file asks for: Pillow makes room for it as soon as it opens one.

    Source: RFC 9649, section 2.7, Extended File Format.
    """
    if body[:4] != b"RIFF" or body[12:16] != b"VP8X" or len(body) < 30:
        return 0, 0
    return int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1


def _explain_format(body: bytes) -> str:
    """Say what to do with a file that is not a picture we read."""
    for offset, start, sentence in CONVERSIONS:
        if body[offset : offset + len(start)] == start:
            return f"{sentence} We read {FORMATS_TEXT}."
    return f"This is not a picture that we can read. Send {FORMATS_TEXT}."


def _load(image: Image.Image) -> Image.Image:
    """Read the pixels, averaged to a size near WORKING_SIDE: a JPEG while it is decoded, others after."""
    factor = max(image.size) / WORKING_SIDE
    if factor >= 2:
        image.draft(None, (int(image.width / factor), int(image.height / factor)))
    image.load()
    factor = max(image.size) // WORKING_SIDE
    if factor < 2 or image.mode[0] in "IF":
        return image
    reducible = image if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else image.convert(_plain_mode(image))
    orientation = _read_orientation(image)
    reduced = reducible.reduce(factor)
    if orientation > 1:
        reduced.getexif()[ExifTags.Base.Orientation] = orientation
    return reduced


def _read_orientation(image: Image.Image) -> int:
    """Return how the camera was held, 1 (upright) to 8. Source: Exif 2.32, tag 0x0112."""
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    return orientation if isinstance(orientation, int) and 1 < orientation <= 8 else 1


def _plain_mode(image: Image.Image) -> str:
    """Return the mode of 8 bits a band that holds everything there is to see in a picture."""
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        return "LA" if grey else "RGBA"
    return "L" if grey else "RGB"


def _lay_on_paper(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a picture of any mode, uint8 (h, w) or (h, w, 3), with transparency laid on paper."""
    if image.mode[0] in "IF":
        return _reduce(_scale_deep_grey(np.asarray(image)))
    mode = _plain_mode(image)
    if image.mode != mode:
        image = image.convert(mode)
    if mode == "L":
        return np.asarray(image)
    alpha = image.getchannel("A") if mode.endswith("A") else None
    image = _drop_colour(image)
    if alpha is not None and np.asarray(alpha).min() < 255:
        image = _fill_transparent(image, alpha)
    return np.asarray(image)


def _drop_colour(image: Image.Image) -> Image.Image:
    """Return a picture without its transparency, grey where it has no colour to speak of."""
    if image.mode == "LA":
        return image.getchannel("L")
    spread = _measure_colour(image)
    if spread == 0:
        return image.getchannel("G")
    return image.convert("RGB" if spread >= COLOURED else "L")


def _scale_deep_grey(deep: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale 16-bit, 32-bit or floating-point grey to 8 bits: by the bits that its values use, so that none is cut."""
    values = np.nan_to_num(np.asarray(deep, np.float64), posinf=0.0, neginf=0.0)
    values -= min(float(values.min()), 0.0)
    highest = float(values.max())
    full = 1.0 if highest <= 1 else 2.0 ** np.ceil(np.log2(highest + 1)) - 1
    return (values * (255.0 / full)).astype(np.uint8)


def _reduce(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average to a size near WORKING_SIDE, as _load() does where Pillow can."""
    factor = max(grey.shape) // WORKING_SIDE
    if factor < 2:
        return grey
    height, width = (max(1, length // factor) for length in grey.shape)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _fill_transparent(image: Image.Image, alpha: Image.Image) -> Image.Image:
    """Lay a picture on white; where all that is visible is light, on black."""
    step = max(1, min(image.size) // 64)
    grey = np.asarray(image.convert("L"))[::step, ::step]
    visible = grey[np.asarray(alpha)[::step, ::step] > 127]
    darkest = visible.size // 20  # but for a twentieth: antialiasing, compression
    light = visible.size > 0 and np.partition(visible, darkest)[darkest] > LIGHT_INK
    paper = Image.new(image.mode, image.size, "black" if light else "white")
    paper.paste(image, mask=alpha)
    return paper


def _measure_colour(image: Image.Image) -> int:
    """Return how far the three colours lie apart, in every eighth row: a stroke that says something crosses one."""
    rows = np.asarray(image.resize((image.width, (image.height + 7) // 8), Image.Resampling.NEAREST))
    red, green, blue = cv2.split(rows[..., :3])
    return int(max(cv2.norm(red, green, cv2.NORM_INF), cv2.norm(green, blue, cv2.NORM_INF)))
