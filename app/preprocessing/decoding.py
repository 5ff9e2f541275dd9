"""Decode the bytes of a picture.

    bytes -> open (format, size) -> load (drafted, reduced) -> upright -> on paper -> Picture

Owns formats, modes, limits and what damaged files are answered with. Does not know what is drawn in the picture.
"""

from __future__ import annotations

import functools
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import kornia_rs.image
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ..errors import Unreadable, UnsupportedFormat
from .explanation import Step, Steps
from .inspection import DAMAGED, PlainPNG, Source, check_memory, check_size, inspect_picture, is_webp, read_plain_png
from .pages import FRAME_PIXEL, Page

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
FORMATS_TEXT = "PNG, JPEG, WebP, GIF, BMP or TIFF"
DECODED_SIDE = 1000  # pixels: larger pictures are reduced to no less; a digit a tenth as high still has 100, not 28
COLOURED = 16  # grey levels between a pixel's strongest and weakest colour from which a picture is not grey
LIGHT_INK = 160  # grey level: where even the darkest ink on a transparent sheet is lighter, the sheet becomes black
TURNED_SIDEWAYS = (5, 6, 7, 8)  # orientations that swap width and height. Source: Exif 2.32, tag 0x0112

# How files of the formats begin: one that begins so but cannot be opened is damaged.
SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")

# Formats that people try and that we do not read, by the bytes at an offset.
CONVERSIONS = (
    (4, b"ftypavi", "AVIF pictures are not read: open it in a browser and save it as PNG."),
    (
        4,
        b"ftyp",
        "HEIC pictures are not read here, which pillow-heif would do: export it as JPEG, or send a screenshot of it.",
    ),
    (0, b"%PDF", "PDF documents are not read: export the page as PNG or JPEG."),
    (0, b"<svg", "SVG drawings are not read: export it as PNG."),
    (0, b"<?xml", "SVG drawings are not read: export it as PNG."),
)

HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")

# What Pillow raises for damaged files: each of its plugins reads bytes that may be anything.
# Not MemoryError: a server short of memory must not call a good picture damaged.
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
    RuntimeError,
    struct.error,
)

MAX_EXIF = 2**20  # bytes: what a camera notes has some KiB
PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}  # bytes that Pillow keeps; 4 of others
WEBP_PIXEL = 6  # bytes: a still WebP, as OpenCV decodes it
HEIC_PIXEL = 10  # bytes: libheif's planes and its colours, and a copy of Pillow's
TILE = 1024  # pixels, about: the side of the pieces in which large pictures are converted

Image.MAX_IMAGE_PIXELS = None  # check_size does, before any pixel is read
warnings.filterwarnings("ignore", module=r"PIL\.")  # odd metadata in pictures that can be read well

Crop = Callable[[tuple[int, int, int, int]], Image.Image]
Body = bytes | Page | Image.Image  # a picture as it comes: a file, a page of one, or what a program has opened


@dataclass(frozen=True)
class Picture:
    """An upright picture on paper, and the size that it had before it was reduced."""

    pixels: NDArray[np.uint8]  # (h, w) grey, or (h, w, 3) RGB where it has colour
    width: int
    height: int


def decode_picture(
    body: Body, steps: Steps | None = None, side: int = DECODED_SIDE, drafted_side: int | None = None
) -> Picture:
    """Decode the bytes of a picture, upright and laid on paper; a huge one comes reduced.

    Args:
        body: a file; or a page of one, or a picture that Pillow holds, which is left as it is.
        steps: collects what each step decided.
        side: pixels to which the longer side is reduced, and no further.
        drafted_side: likewise, of a JPEG, which is decoded the faster the smaller it is to be; as `side` where None.

    Raises:
        UnsupportedFormat: not one of FORMATS.
        TooLarge: more pixels than are read, or more work.
        Unreadable: truncated or damaged.
    """
    drafted_side = drafted_side or side
    try:
        picture, orientation = _decode(body, side, drafted_side)
    except Warning:  # where warnings are errors
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture, orientation = _decode(body, side, drafted_side)
    if steps is not None:
        turned = "turned upright by the camera's note" if orientation > 1 else "upright as it was sent"
        steps.append(Step("decode", f"{picture.width} by {picture.height} pixels, {turned}", picture.pixels))
    return picture


def _decode(body: Body, side: int, drafted_side: int) -> tuple[Picture, int]:
    """Decode a picture, and return the orientation (1 to 8) that its EXIF noted."""
    if not isinstance(body, bytes):
        return _lay_out(body, side)
    plain = read_plain_png(body, 2 * DECODED_SIDE - 1)  # larger ones are reduced
    if plain and (picture := _decode_plain_png(body, plain)):
        return picture, 1
    more = inspect_picture(body)
    image = _open(body)
    width, height = image.size
    try:
        check_memory(width, height, count_pixel_bytes(image, body), more)
        image = _load(image, body, side, drafted_side)
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


def _decode_plain_png(body: bytes, plain: PlainPNG) -> Picture | None:
    """Decode a PNG of a canvas in Rust: to the pixels that Pillow gives, in a third of the time and less.

    Returns:
        None where its compressed pixels are damaged, for Pillow to say so.
    """
    width, height, mode = plain
    np.empty(2 * width * height * len(mode), np.uint8)  # MemoryError where there is no room, of which Rust would die
    try:
        decoded = kornia_rs.image.Image.decode(body, mode)
    except Exception:  # its errors have no other class
        return None
    pixels = np.asarray(decoded.data, np.uint8).reshape(height, width, len(mode))
    if mode == "L":
        return Picture(pixels[..., 0], width, height)
    if mode == "RGBA":
        packed = pixels.view("<u4")[..., 0]  # a number for each pixel, in which opacity is the highest byte
        if np.bitwise_and.reduce(packed, axis=None) >> 24 < 255:
            return Picture(_lay_on_paper(Image.fromarray(pixels)), width, height)
        rows = packed[_choose_rows(height)]
        if not ((rows ^ rows >> 8) & 0xFFFF).any():  # red, green and blue are the same
            return Picture((packed >> 8).astype(np.uint8), width, height)
    spread = _measure_spread(pixels[_choose_rows(height)])
    if spread == 0:
        return Picture(np.asarray(cv2.extractChannel(pixels, 1), np.uint8), width, height)
    colours = pixels if mode == "RGB" else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB), np.uint8)
    grey = spread < COLOURED
    return Picture(np.asarray(Image.fromarray(colours).convert("L") if grey else colours), width, height)


def _lay_out(body: Page | Image.Image, side: int) -> tuple[Picture, int]:
    """Do the same for a page, or for a picture of Pillow, without touching it."""
    try:
        image = body.open() if isinstance(body, Page) else body
        check_size(*image.size)
        orientation = _read_orientation(image)
        image = ImageOps.exif_transpose(image)  # a copy, without the file
        width, height = image.size
        factor = max(image.size) // side
        pixels = _lay_on_paper(image if factor < 2 or _is_deep(image) else _reduce_in_tiles(image, factor))
    except Warning:
        raise
    except DAMAGES as error:
        raise Unreadable(DAMAGED) from error
    return Picture(pixels, width, height), orientation


def _open(body: bytes) -> Image.Image:
    """Read what a picture says about itself, but none of its pixels."""
    heic = is_heic(body) and register_heic()
    try:
        image = Image.open(Source(body), formats=(*FORMATS, "HEIF") if heic else FORMATS)
    except UnidentifiedImageError as error:
        if heic or has_signature(body):
            raise Unreadable(DAMAGED) from error
        raise UnsupportedFormat(_explain_format(body)) from error
    except Warning:
        raise
    except DAMAGES as error:
        raise Unreadable(DAMAGED) from error
    check_size(*image.size)
    return image


def count_pixel_bytes(image: Image.Image, body: bytes) -> float:
    """Return how many bytes a pixel takes while it is decoded, at the most."""
    if image.format in ("JPEG", "MPO"):  # reduced while it is decoded
        return 0
    if image.format == "WEBP":
        return WEBP_PIXEL if _is_large_webp(image, body) else FRAME_PIXEL
    if image.format == "HEIF":
        return HEIC_PIXEL
    pixel = PIXEL.get(image.mode, 4)
    turned = (image.format == "TIFF" or _is_deep(image)) and _read_orientation(image) > 1  # before it is reduced
    return 2 * pixel if turned else pixel + _is_deep(image)


def is_heic(body: bytes) -> bool:
    """Return whether a file begins as iPhones' photographs do. Source: ISO/IEC 23008-12, 10.2 and B.4."""
    return body[4:8] == b"ftyp" and body[8:12] in HEIC_BRANDS


@functools.cache
def register_heic() -> bool:
    """Let Pillow read HEIC, where pillow-heif is installed; return whether it is."""
    try:
        import pillow_heif
    except ModuleNotFoundError:
        return False
    pillow_heif.options.DECODE_THREADS = 1  # requests already run in parallel
    pillow_heif.register_heif_opener(thumbnails=False)
    return True


def has_signature(body: bytes) -> bool:
    """Say whether bytes begin as a file of one of FORMATS does."""
    return body.startswith(SIGNATURES) or is_webp(body)


def find_conversion(body: bytes) -> str | None:
    """Return how to convert a file of a format that people try and that we do not read; None for all other files."""
    found = (sentence for offset, start, sentence in CONVERSIONS if body[offset : offset + len(start)] == start)
    return next(found, None)


def _explain_format(body: bytes) -> str:
    """Say what to do with a file that is not a picture we read."""
    conversion = find_conversion(body)
    if conversion:
        return f"{conversion} We read {FORMATS_TEXT}."
    return f"This is not a picture that we can read. Send {FORMATS_TEXT}."


def _load(image: Image.Image, body: bytes, side: int, drafted_side: int) -> Image.Image:
    """Read the pixels, averaged to a size near `side`: a JPEG while it is decoded, others after."""
    factor = max(image.size) / drafted_side
    if factor >= 2:  # of JPEGs only
        image.draft(None, (int(image.width / factor), int(image.height / factor)))
    factor = max(image.size) / side
    if _is_large_webp(image, body):
        return _reduce_in_tiles(image, max(1, int(factor)), _decode_webp(image, body))
    image.load()
    factor = max(image.size) // side
    return image if factor < 2 or _is_deep(image) else _reduce_in_tiles(image, factor)


def _is_large_webp(image: Image.Image, body: bytes) -> bool:
    """Tell whether a picture is a still WebP that will be reduced. Source of the flag: RFC 9649, section 2.7."""
    animated = body[12:16] == b"VP8X" and body[20] & 2  # though it has but one frame
    return image.format == "WEBP" and not animated and max(image.size) // DECODED_SIDE >= 2


def _decode_webp(image: Image.Image, body: bytes) -> Crop:
    """Decode a still WebP by OpenCV, to the same pixels as Pillow does, which takes 16 bytes for each."""
    pixels = cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[1::-1] != image.size or pixels.shape[2] not in (3, 4):
        raise Unreadable(DAMAGED)
    order = cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGBA

    def crop(box: tuple[int, int, int, int]) -> Image.Image:
        left, top, right, bottom = box
        return Image.fromarray(cv2.cvtColor(pixels[top:bottom, left:right], order))

    return crop


def _is_deep(image: Image.Image) -> bool:
    """Tell whether a picture is grey in more than 8 bits."""
    return image.mode[0] in "IF"


def _reduce_in_tiles(image: Image.Image, factor: int, crop: Crop | None = None) -> Image.Image:
    """Average a picture, converted where it has to be; in tiles, so that it is never converted as a whole.

    Args:
        crop: gives the tiles, where the picture itself is not loaded.
    """
    crop = crop or image.crop
    mode = image.mode if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else _plain_mode(image)
    width, height = image.size
    reduced = Image.new(mode, (-(-width // factor), -(-height // factor)))
    side = max(1, TILE // factor) * factor
    for top in range(0, height, side):
        for left in range(0, width, side):
            tile = crop((left, top, min(width, left + side), min(height, top + side)))
            tile = tile if tile.mode == mode else tile.convert(mode)
            reduced.paste(tile.reduce(factor), (left // factor, top // factor))
    if mode == image.mode:
        reduced.info = {name: value for name, value in image.info.items() if name == "transparency"}
    orientation = _read_orientation(image)
    if orientation > 1:
        reduced.getexif()[ExifTags.Base.Orientation] = orientation
    return reduced


def _read_orientation(image: Image.Image) -> int:
    """Return how the camera was held, 1 (upright) to 8. Source: Exif 2.32, tag 0x0112."""
    if len(image.info.get("exif") or b"") > MAX_EXIF:
        del image.info["exif"]
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
    if _is_deep(image):
        return _reduce(_scale_deep_grey(image))
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


def _scale_deep_grey(image: Image.Image) -> NDArray[np.uint8]:
    """Scale 16-bit, 32-bit or floating-point grey to 8 bits: by the bits that its values use, so that none is cut."""
    width, height = image.size
    rows = max(1, TILE * TILE // width)
    bands = [(0, top, width, min(height, top + rows)) for top in range(0, height, rows)]
    ranges = np.array([(band.min(), band.max()) for band in map(_keep_numbers, map(image.crop, bands))], np.float64)
    lowest = min(float(ranges[:, 0].min()), 0.0)
    highest = float(ranges[:, 1].max()) - lowest
    full = 1.0 if highest <= 1 else 2.0 ** np.ceil(np.log2(highest + 1)) - 1

    def scale(values: NDArray[np.generic]) -> NDArray[np.uint8]:
        return ((np.asarray(values, np.float64) - lowest) * (255.0 / full)).astype(np.uint8)

    levels = scale(np.arange(2**16)) if image.mode.startswith("I;16") else None  # looked up, four times as fast
    grey = np.empty((height, width), np.uint8)
    for box in bands:
        band = _keep_numbers(image.crop(box))
        grey[box[1] : box[3]] = scale(band) if levels is None else levels[band]
    return grey


def _keep_numbers(deep: Image.Image) -> NDArray[Any]:
    """Return the values of deep grey, 0 where one is no number."""
    values = np.asarray(deep)
    return np.nan_to_num(values, posinf=0.0, neginf=0.0) if deep.mode == "F" else values


def _reduce(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average to a size near DECODED_SIDE, as _load() does where Pillow can."""
    factor = max(grey.shape) // DECODED_SIDE
    if factor < 2:
        return grey
    height, width = (max(1, length // factor) for length in grey.shape)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _fill_transparent(image: Image.Image, alpha: Image.Image) -> Image.Image:
    """Lay a picture on white; where all that is visible is light, on black."""
    step = max(1, min(image.size) // 64)
    grey = np.asarray(image.convert("L"))[::step, ::step]
    visible = grey[np.asarray(alpha)[::step, ::step] > 127]
    darkest = visible.size // 20  # a twentieth is ignored: antialiasing, compression
    light = visible.size > 0 and np.partition(visible, darkest)[darkest] > LIGHT_INK
    paper = Image.new(image.mode, image.size, "black" if light else "white")
    paper.paste(image, mask=alpha)
    return paper


def _measure_colour(image: Image.Image) -> int:
    """Return how far the three colours lie apart, in every eighth row: a stroke that says something crosses one."""
    return _measure_spread(np.asarray(image.resize((image.width, (image.height + 7) // 8), Image.Resampling.NEAREST)))


@functools.lru_cache(maxsize=64)
def _choose_rows(height: int) -> NDArray[np.intp]:
    """Return every eighth row, spread as Pillow does: it adds up where the next one is."""
    steps = np.full((height + 7) // 8, height / ((height + 7) // 8))
    steps[0] /= 2
    return steps.cumsum().astype(np.intp)


def _measure_spread(rows: NDArray[np.uint8]) -> int:
    """Return how far the colours of pixels lie apart; green is the middle one of three."""
    one, green, other = cv2.split(rows[..., :3])
    return int(max(cv2.norm(one, green, cv2.NORM_INF), cv2.norm(green, other, cv2.NORM_INF)))
