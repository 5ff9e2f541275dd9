"""Count the pages of a picture's file, and open each: scans of several pages in one TIFF, animated pictures, PDF.

    bytes -> open_document() -> Page, Page, ... -> decoding, one at a time

A server answers the first page and says how many there are; folders are read page by page. Knows no digits.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from PIL import Image

from ..errors import TooLarge, Unreadable, UnsupportedFormat
from .inspection import MAX_PIXELS, Source, check_memory, check_size, inspect_directory, inspect_picture, is_webp

MAX_PAGES = 1_000  # of one file: a thick binder, 40 seconds of an animation
MAX_PAGE_PIXELS = 16 * MAX_PIXELS  # pixels of all pages of one file: 10 s of a core; 110 pages of A4 at 300 dpi
FRAME_PIXEL = 16  # bytes of an animated one: libwebp's canvas, the one before, a copy, the picture
PAGE_PIXEL = 4  # bytes a pixel of a TIFF's page, at the most
PDF_SCALE = 200 / 72  # pixels a point: 200 dpi, at which a digit 5 mm high has 40 pixels
ANIMATED = 2  # bit of VP8X's flags. Source: RFC 9649, section 2.7.1
GIF_IMAGE, GIF_EXTENSION = b",", b"!"
MAX_BLOCKS = 100_000  # of a GIF that are walked through: 16 MiB have 65,000 whole ones
SUBFILE = 254  # tag of a TIFF directory, the lowest that there is, so the first. Source: TIFF 6.0, NewSubfileType
NO_PAGE = 1 | 4  # bits of it: a thumbnail, or a mask
HOW_TO_GET_PDF = "PDF documents are read where pypdfium2 is installed: `pip install '.[pdf]'`. Or export it as PNG."


class Directory(NamedTuple):
    """A page of a TIFF: its number among the directories, from 0, and where it begins."""

    number: int
    start: int


@dataclass(frozen=True)
class Page:
    """A page of a file that is open: the first has the number 1."""

    document: Document
    number: int

    def open(self) -> Image.Image:
        """Return the page as a picture of Pillow, upright as the file says, still to be laid on paper.

        Raises:
            TooLarge: it has too many pixels, or the pages before it had.
            Unreadable: it is truncated or damaged.
        """
        return self.document.open_page(self.number)


class Document:
    """A file of several pages, opened once: its pages come in order without decoding those before again."""

    def __init__(self, body: bytes) -> None:
        """Open a file.

        Raises:
            DigitsError: it cannot be opened, or holds too many pages.
        """
        self._body = body
        self._pixels: dict[int, int] = {}  # of each page that was opened
        self._pdf = body.startswith(b"%PDF")
        self._opened: Any = None
        if self._pdf:
            self._opened = _open_pdf(body)
        self._directories = [*zip(range(MAX_PAGES + 1), _walk_tiff(body), strict=False)] if is_tiff(body) else []
        self.pages = len(self._opened) if self._pdf else count_pages(body)
        if self.pages > MAX_PAGES:
            raise TooLarge(f"The file has more than {MAX_PAGES:,} pages. Split it.")

    def open_page(self, number: int) -> Image.Image:
        """Return a page, by its number from 1; they are meant to be opened in order.

        Raises:
            TooLarge: it has too many pixels, or the pages before it had.
            Unreadable: it is truncated or damaged.
        """
        return self._render(number) if self._pdf else self._seek(number)

    def _seek(self, number: int) -> Image.Image:
        if self._opened is None:
            inspect_picture(self._body)
            self._opened = Image.open(Source(self._body), formats=("TIFF", "GIF", "WEBP", "PNG"))
        image: Any = self._opened
        if isinstance(image.fp, Source):
            image.fp.start_again()
        opened = number
        if self._directories:
            number, start = self._directories[number - 1][1]
            held = inspect_directory(self._body, start)
            image.seek(number)
            check_memory(image.width, image.height, PAGE_PIXEL, held)
        else:
            image.seek(number - 1)
            check_memory(image.width, image.height, FRAME_PIXEL)
        self._check(opened, *image.size)
        page: Image.Image = image
        return page

    def _render(self, number: int) -> Image.Image:
        page = self._opened[number - 1]
        try:
            width, height = page.get_size()
            scale = PDF_SCALE
            self._check(number, int(width * scale), int(height * scale))
            rendered: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil()
        finally:
            page.close()
        return rendered

    def _check(self, number: int, width: int, height: int) -> None:
        check_size(width, height)
        self._pixels[number] = width * height
        if sum(self._pixels.values()) > MAX_PAGE_PIXELS:
            raise TooLarge(f"The pages of this file have more than {MAX_PAGE_PIXELS:,} pixels in all. Split it.")


def open_pages(body: bytes) -> list[Page]:
    """Return the pages of a file; none where it is a picture of one page, or cannot be read.

    Raises:
        DigitsError: it holds too many, or is a PDF that cannot be opened.
    """
    if not (body.startswith(b"%PDF") or count_pages(body) > 1):
        return []
    document = Document(body)
    return [Page(document, number) for number in range(1, document.pages + 1)]


def _open_pdf(body: bytes) -> Any:
    try:
        import pypdfium2
    except ModuleNotFoundError as error:
        raise UnsupportedFormat(HOW_TO_GET_PDF) from error
    try:
        return pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("The PDF is damaged or has a password. Save it again, or export it as PNG.") from error


def count_pages(body: bytes) -> int:
    """Count the pages of a picture from its headers; 1 for every file that has none, and at most MAX_PAGES + 1."""
    found: Iterator[Any]
    if is_tiff(body):
        found = _walk_tiff(body)
    elif body.startswith((b"GIF87a", b"GIF89a")):
        found = _walk_gif(body)
    elif is_webp(body) and body[12:16] == b"VP8X" and len(body) > 20 and body[20] & ANIMATED:
        found = _walk_webp(body)
    elif body.startswith(b"\x89PNG"):
        return _count_png(body)
    else:
        return 1
    return max(1, sum(1 for _, _ in zip(range(MAX_PAGES + 1), found, strict=False)))


def is_tiff(body: bytes) -> bool:
    """Tell whether a file begins as TIFF does, but no BigTIFF, of which only the first page is known here."""
    return body[:4] in (b"II*\0", b"MM\0*")


def _walk_tiff(body: bytes) -> Iterator[Directory]:
    """Give the directories of a TIFF that are pages: no thumbnails and masks. Source: TIFF 6.0, section 2 and 8."""
    order = "<" if body[:2] == b"II" else ">"
    at = 4
    seen: set[int] = set()
    while at + 4 <= len(body):
        start = struct.unpack_from(order + "I", body, at)[0]
        if start == 0 or start in seen or start + 2 > len(body):
            return
        entries = struct.unpack_from(order + "H", body, start)[0]
        first = struct.unpack_from(order + "HHII", body, start + 2) if start + 14 <= len(body) else (0, 0, 0, 0)
        if not seen or first[0] != SUBFILE or not first[3] & NO_PAGE:
            yield Directory(len(seen), start)
        seen.add(start)
        at = start + 2 + 12 * entries


def _walk_gif(body: bytes) -> Iterator[int]:
    """Give where each frame of a GIF begins, of at most MAX_BLOCKS blocks. Source: GIF89a, section 12 to 27."""
    at, blocks = 13 + _measure_colours(body, 10), 0
    while body[at : at + 1] in (GIF_IMAGE, GIF_EXTENSION):
        if body[at : at + 1] == GIF_IMAGE:
            yield at
            at += 10 + _measure_colours(body, at + 9) + 1  # the size of the codes
        else:
            at += 2
        while at < len(body) and body[at] and blocks < MAX_BLOCKS:
            at += 1 + body[at]
            blocks += 1
        at += 1


def _measure_colours(body: bytes, at: int) -> int:
    """Return the bytes of a table of colours, from the flags that announce it."""
    flags = body[at] if at < len(body) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _walk_webp(body: bytes) -> Iterator[int]:
    """Give where each frame of an animated WebP begins. Source: RFC 9649, section 2.7.1.1."""
    at = 12
    while at + 8 <= len(body):
        if body[at : at + 4] == b"ANMF":
            yield at
        length = int.from_bytes(body[at + 4 : at + 8], "little")
        at += 8 + length + length % 2


def _count_png(body: bytes) -> int:
    """Return the frames that an animated PNG announces before its pixels. Source: PNG, third edition, 11.3.4.1."""
    at = body.find(b"acTL", 0, max(0, body.find(b"IDAT")))
    return max(1, int.from_bytes(body[at + 4 : at + 8], "big")) if at > 0 else 1
