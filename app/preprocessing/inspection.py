"""Judge from a file's headers what decoding it costs, before anything is decoded.

    bytes -> pieces counted by format -> refused with a sentence, or left to the decoder

Linear and cheap: it counts and stops at a limit. Every limit is a count with the cost that it bounds on a core of
2020, measured with Pillow 13; what a decoder does in silence, such as scans, strips and chunks, costs no more than two
seconds and MAX_MEMORY. What cannot be understood is left to the decoder: it reads through a Source, which stops it.

One module for all formats: each takes 20 to 100 lines, and all share the limits, whose table reads as one.
"""

from __future__ import annotations

import io
import re
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from ..errors import TooLarge, Unreadable, UnsupportedFormat

MAX_PIXELS = 64_000_000  # width times height of a picture as sent: the largest phone cameras' 50 megapixels, and room
MAX_MEMORY = 300  # MB that decoding one picture takes: three workers' worth of models
ROW = 24  # bytes that Pillow keeps a row besides its pixels, which counts where rows are a pixel long
MAX_RAW = 260_000_000  # bytes of pixels as a file holds them: inflating and unfiltering them takes 1 to 1.5 s

MAX_READS = 1_000_000  # reads of a file, a microsecond each: what loops in Python, such as junk between JPEG's segments
MAX_SECONDS = 2.0  # of processor time until the last byte of a picture is read
CHECKED_EACH = 1024  # reads: how often the time is looked at
LARGE_READ = 4096  # bytes: likewise at each larger read

MAX_CHUNKS = 50_000  # of PNG: 16 MiB in pieces of 335 bytes; 3 microseconds each
MAX_COMPRESSED = 4 * 2**20  # bytes of PNG's compressed texts and profiles: a printer's profile has 2 MiB
MAX_BLOCKS = 100_000  # of GIF before its first picture: 0.6 microseconds and 170 bytes each
MAX_RIFF_CHUNKS = 20_000  # of WebP: frames, mostly
MAX_SEGMENTS = 1_000  # of JPEG: 256 of the longest fill 16 MiB
MAX_EXIF_SEGMENTS = 16  # of JPEG: Pillow joins them, each time copying what it has
MAX_METADATA = 8 * 2**20  # bytes of JPEG's segments: depth maps and profiles have some MiB
MAX_SCANS = 100  # of JPEG: progressive ones have about 10
MAX_SCANNED = 1_000_000_000  # samples over all scans of a JPEG: 1.1 nanoseconds each, though a scan be a few bytes long
MAX_ENTRIES = 4_096  # of a TIFF directory: scanners' have 30
MAX_PIECES = 20_000  # strips or tiles of a TIFF: rows of the largest scans; 10 to 40 microseconds each
MAX_COVER = 2 * MAX_PIXELS  # pixels of all strips or tiles, which may stick out or overlap
MAX_RUN_LENGTH_PIXELS = 10_000_000  # of a BMP in run lengths, which Pillow unpacks in Python: 130 nanoseconds each

PNG_CHUNK = struct.Struct(">I4s")
PNG_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples a pixel, by colour type. Source: PNG, 11.2.1
COMPRESSED_CHUNKS = (b"zTXt", b"iTXt", b"iCCP")

# Source: PNG, 11.2.1: width, height, depth, colour type, compression, filter, interlace
PNG_START, PNG_HEADER = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", struct.Struct(">IIBBBBB")
PLAIN_WAYS = {(8, 0, 0, 0, 0): "L", (8, 2, 0, 0, 0): "RGB", (8, 6, 0, 0, 0): "RGBA"}  # the modes of Pillow
PLAIN_CHUNKS = {b"IHDR", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"pHYs"}
MAX_PLAIN_CHUNKS = 100  # browsers write 8 KiB in each
MAX_PLAIN = 2**20  # bytes

# A marker of JPEG, except stuffed zeros, fill bytes and restarts. Source: ITU-T T.81, B.1.1.2
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
START, END, SCAN, APPLICATION, EXIF = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1
PROGRESSIVE = 0xC2
FRAMES = (0xC0, 0xC1, PROGRESSIVE)  # the first two baseline and extended; all coded by Huffman
OTHER_FRAMES = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)  # lossless, hierarchical, arithmetic
RARE_JPEG = "This kind of JPEG (lossless, hierarchical or arithmetic) is not read. Save it as an ordinary JPEG or PNG."

DAMAGED = "The picture is truncated or damaged. Save it again and send the whole file."


class Source(io.BytesIO):
    """A file that stops a decoder which reads it in too many pieces, or for too long.

    The net below the counts: whatever way a decoder walks through a file, it has to read it.
    """

    def __init__(self, body: bytes) -> None:
        """Read from a file's bytes, which are not copied."""
        super().__init__(body)
        self._reads = 0
        self._until = time.thread_time() + MAX_SECONDS

    def start_again(self) -> None:
        """Count the reads and the time anew, for the next page of the file."""
        self._reads = 0
        self._until = time.thread_time() + MAX_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as BytesIO does.

        Raises:
            TooLarge: the decoder has read too often, or taken too long.
        """
        self._reads += 1
        if self._reads > MAX_READS:
            raise TooLarge(f"The picture's file is read in more than {MAX_READS:,} pieces. Save it again as PNG.")
        looked_at = self._reads % CHECKED_EACH == 0 or size is None or not 0 <= size < LARGE_READ
        if looked_at and time.thread_time() > self._until:
            raise TooLarge(f"The picture takes more than {MAX_SECONDS:.0f} seconds to decode. Save it again as PNG.")
        return super().read(size)


def inspect_picture(body: bytes) -> int:
    """Refuse a file that is longer to decode than a picture may be.

    Returns:
        Bytes that decoding takes besides the picture's own: a decoder's coefficients, a strip, two rows.

    Raises:
        TooLarge: it does; the sentence says what was counted.
        UnsupportedFormat: a rare kind of JPEG, which is not decoded.
        Unreadable: a TIFF that says something twice, which decoders understand differently.
    """
    if body.startswith(b"\x89PNG\r\n\x1a\n"):
        return _inspect_png(body)
    if body.startswith(b"\xff\xd8"):
        return _inspect_jpeg(body)
    if body[:2] in (b"II", b"MM"):
        return inspect_directory(body)
    if body.startswith((b"GIF87a", b"GIF89a")):
        _inspect_gif(body)
    elif is_webp(body):
        _inspect_webp(body)
    elif body.startswith(b"BM"):
        _inspect_bmp(body)
    return 0


def is_webp(body: bytes) -> bool:
    """Tell whether a file begins as WebP does. Source: RFC 9649, section 2.4."""
    return body[:4] == b"RIFF" and body[8:12] == b"WEBP"


def check_size(width: int, height: int) -> None:
    """Refuse more pixels than are read.

    Raises:
        TooLarge: there are.
    """
    if width * height > MAX_PIXELS:
        raise TooLarge(f"The picture has {width} by {height} pixels; at most {MAX_PIXELS:,} in all are read.")


def check_memory(width: int, height: int, pixel: float, more: float = 0) -> None:
    """Refuse a picture that takes too much memory to decode.

    Args:
        pixel: bytes a pixel.
        more: bytes besides.

    Raises:
        TooLarge: it does.
    """
    needed = (width * height * pixel + height * ROW + more) / 1e6
    if needed > MAX_MEMORY:
        raise TooLarge(
            f"The picture needs {needed:,.0f} MB to decode; at most {MAX_MEMORY} are used. Make it smaller than its "
            f"{width} by {height} pixels, or save it as a baseline JPEG."
        )


def _check_count(count: int, max_count: int, what: str) -> None:
    if count > max_count:
        raise TooLarge(f"The picture's file has more than {max_count:,} {what}; no more are read. Save it again.")


# ---- PNG ----


def _inspect_png(body: bytes) -> int:
    """Check the size and count the chunks; return the bytes of two rows, which unfiltering takes."""
    position, count, compressed, rows = 8, 0, 0, 0
    while position + 8 <= len(body):
        length, name = PNG_CHUNK.unpack_from(body, position)
        count += 1
        _check_count(count, MAX_CHUNKS, "chunks")
        if name == b"IHDR" and length >= 13 and position + 21 <= len(body):
            rows = max(rows, 2 * _check_png_header(body[position + 8 : position + 21]))
        elif name in COMPRESSED_CHUNKS:
            compressed += length
            _check_count(compressed, MAX_COMPRESSED, "bytes of compressed texts and profiles")
        position += 12 + length
    return rows


def read_plain_png(body: bytes, max_side: int) -> PlainPNG | None:
    """Return the size and the mode of an undamaged PNG as canvases and most programs write it; None of any other file.

    That is one with 8 bits of grey, RGB or RGBA, not interlaced, without palette, transparent colour, orientation or
    further pictures; its chunks are whole, few, and have the right checksums.

    Args:
        max_side: pixels.
    """
    if body[:16] != PNG_START or len(body) > MAX_PLAIN:
        return None
    width, height, *way = PNG_HEADER.unpack_from(body.ljust(PNG_HEADER.size + 16), 16)
    if tuple(way) not in PLAIN_WAYS or not (0 < width <= max_side and 0 < height <= max_side):
        return None
    position, name, view = 8, b"", memoryview(body)
    for _ in range(MAX_PLAIN_CHUNKS):
        if position + 12 > len(body):
            return None
        length, name = PNG_CHUNK.unpack_from(body, position)
        end = position + 8 + length
        if name not in PLAIN_CHUNKS or body[end : end + 4] != crc32(view[position + 4 : end]).to_bytes(4, "big"):
            return None
        position = end + 4
        if name == b"IEND":
            return PlainPNG(width, height, PLAIN_WAYS[*way]) if position == len(body) else None
    return None


class PlainPNG(NamedTuple):
    """The size of a PNG, and its mode as Pillow names it."""

    width: int
    height: int
    mode: str


def _check_png_header(header: bytes) -> int:
    """Return the bytes of a row."""
    width, height, depth, colour = struct.unpack_from(">IIBB", header)
    check_size(width, height)
    row = width * PNG_SAMPLES.get(colour, 4) * depth // 8 + 1
    raw = height * row
    if raw > MAX_RAW:
        raise TooLarge(
            f"The picture holds {raw / 1e6:,.0f} MB of pixels; at most {MAX_RAW / 1e6:.0f} are read. Make it smaller "
            f"than its {width} by {height} pixels, or save it with 8 bits a colour."
        )
    return int(row)


# ---- JPEG ----


@dataclass(frozen=True)
class Component:
    """One colour of a JPEG: how many samples it has."""

    identity: int
    samples: int


def _inspect_jpeg(body: bytes) -> int:
    """Count a JPEG's segments and scans as libjpeg walks through them, up to its end.

    Returns:
        Bytes of the coefficients, of two bytes, where they have to be kept until the last scan.
    """
    components: list[Component] = []
    scanned = metadata = exifs = scans = kept = 0
    for count, (marker, start, length) in enumerate(_walk_jpeg(body), 1):
        _check_count(count, MAX_SEGMENTS, "segments")
        if marker in OTHER_FRAMES:
            raise UnsupportedFormat(RARE_JPEG)
        if marker in FRAMES and not components:
            components = _read_frame(body, start)
            kept = 2 * sum(component.samples for component in components) if marker == PROGRESSIVE else 0
        elif marker == SCAN:
            named = body[start + 1 : start + 1 + 2 * body[start] : 2] if start < len(body) else b""
            own = sum(component.samples for component in components if component.identity in named)
            if scans == 0 and len(named) < len(components):
                kept = 2 * sum(component.samples for component in components)
            scans += 1
            scanned += own
            _check_count(scans, MAX_SCANS, "scans")
            _check_count(scanned, MAX_SCANNED, "samples in its scans")
        elif marker >= APPLICATION:
            metadata += length
            exifs += marker == EXIF and body[start : start + 6] == b"Exif\0\0"
            _check_count(metadata, MAX_METADATA, "bytes of metadata")
            _check_count(exifs, MAX_EXIF_SEGMENTS, "Exif segments")
    return kept


def _walk_jpeg(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Give each segment's marker, where its content starts, and its length.

    In a scan, the next marker ends it: restarts, stuffed zeros and fill bytes do not. Source: ITU-T T.81, B.1.1
    """
    position = 2
    while found := MARKER.search(body, position):
        marker, position = body[found.end() - 1], found.end()
        if marker == END:
            return
        if marker == START or marker < FRAMES[0]:  # without content
            yield marker, position, 0
            continue
        length = max(2, int.from_bytes(body[position : position + 2], "big"))
        yield marker, position + 2, length
        position += length


def _read_frame(body: bytes, start: int) -> list[Component]:
    """Return the components of a frame, after checking its size."""
    if start + 6 > len(body):
        return []
    height, width, number = struct.unpack_from(">HHB", body, start + 1)
    check_size(width, height)
    described = [body[start + 6 + 3 * i : start + 9 + 3 * i] for i in range(number)]
    sampling = [(one[0], max(1, one[1] >> 4), max(1, one[1] & 15)) for one in described if len(one) == 3]
    across = max((horizontal for _, horizontal, _ in sampling), default=1)
    down = max((vertical for _, _, vertical in sampling), default=1)
    units = -(-width // (8 * across)) * -(-height // (8 * down))
    return [Component(name, units * 64 * one * other) for name, one, other in sampling]


# ---- GIF ----


def _inspect_gif(body: bytes) -> None:
    """Count the blocks before the first picture."""
    if len(body) < 13:
        return
    position = 13 + (3 << (body[10] & 7) + 1 if body[10] & 0x80 else 0)
    count = 0
    while position < len(body) and body[position] not in b",;":
        if body[position] != ord("!"):
            position += 1
            count += 1
        else:
            position += 2
            while position < len(body) and body[position]:
                position += 1 + body[position]
                count += 1
                _check_count(count, MAX_BLOCKS, "blocks before its picture")
            position += 1
            count += 1
        _check_count(count, MAX_BLOCKS, "blocks before its picture")


# ---- WebP ----


def _inspect_webp(body: bytes) -> None:
    """Check the canvas, for which libwebp makes room as soon as it opens a file, and count its chunks.

    Source: RFC 9649, section 2.7, Extended File Format.
    """
    if body[12:16] == b"VP8X" and len(body) >= 30:
        check_size(int.from_bytes(body[24:27], "little") + 1, int.from_bytes(body[27:30], "little") + 1)
    position, count = 12, 0
    while position + 8 <= len(body):
        length = int.from_bytes(body[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
        count += 1
        _check_count(count, MAX_RIFF_CHUNKS, "chunks")


# ---- BMP ----


def _inspect_bmp(body: bytes) -> None:
    if len(body) < 34 or int.from_bytes(body[14:18], "little") < 40:
        return
    width, height = struct.unpack_from("<Ii", body, 18)
    pixels = width * abs(height)
    check_size(width, abs(height))
    if int.from_bytes(body[30:34], "little") in (1, 2) and pixels > MAX_RUN_LENGTH_PIXELS:
        raise TooLarge(
            f"The picture has {pixels:,} pixels in run lengths; at most {MAX_RUN_LENGTH_PIXELS:,} are read. "
            "Save it as PNG."
        )


# ---- TIFF ----

# Tags that say how the pixels are stored. Source: TIFF 6.0, section 8 and 15
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, ROWS, COUNTS, PLANAR = 273, 277, 278, 279, 284
TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
STORAGE = {WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, SAMPLES, ROWS, COUNTS, PLANAR}
STORAGE |= {TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_COUNTS}
POINTERS = {34665, 34853, 40965}  # to directories of Exif, of the place and of what belongs together, read as well
INTEGERS = {1: "B", 3: "H", 4: "I", 6: "B", 8: "H", 9: "I", 13: "I", 16: "Q", 17: "Q", 18: "Q"}  # types of a tag
RAW, JPEG_INSIDE = 1, (6, 7)  # compressions
COLOURS_APART = 6  # photometric interpretation: YCbCr, which libtiff decodes to 4 bytes a pixel of its own
SEPARATE = 2  # planar configuration


@dataclass(frozen=True)
class Tag:
    """Whole numbers of a TIFF directory: how many, and the first eight."""

    count: int
    values: tuple[int, ...]
    start: int  # of all of them in the file
    code: str  # of one, as struct names it


def inspect_directory(body: bytes, start: int | None = None) -> int:
    """Count the entries, the strips or tiles of a TIFF directory, and what they cover; return the bytes of one.

    Args:
        start: where the directory is in the file; None is the first one.
    """
    tags, order = _read_directory(body, start)

    def first(tag: int, default: int) -> int:
        return tags[tag].values[0] if tag in tags and tags[tag].values else default

    width, height = first(WIDTH, 0), first(LENGTH, 0)
    check_size(width, height)
    samples = max(1, first(SAMPLES, 1))
    planes = samples if first(PLANAR, 1) == SEPARATE else 1
    rows = min(first(ROWS, height), height)
    pieces, held = [], 0
    if OFFSETS in tags or TILE_WIDTH not in tags:
        pieces.append((width, rows, tags.get(OFFSETS)))
    if TILE_WIDTH in tags or TILE_OFFSETS in tags:
        pieces.append((first(TILE_WIDTH, 0), first(TILE_LENGTH, 0), tags.get(TILE_OFFSETS)))
    for across, down, offsets in pieces:
        needed = -(-width // across) * -(-height // down) * planes if across and down else 0
        count = max(needed, offsets.count if offsets else 0)
        _check_count(count, MAX_PIECES, "strips or tiles")
        _check_count(count * across * down, MAX_COVER * planes, "pixels in its strips or tiles")
        if first(COMPRESSION, 1) != RAW:
            bits = max((1, *tags[BITS].values)) if BITS in tags else 1
            own = 4 if first(PHOTOMETRIC, 0) == COLOURS_APART else 0
            held = max(held, across * down * (bits * samples // (8 * planes) + own + 1))
        if first(COMPRESSION, 1) in JPEG_INSIDE:
            lengths = tags.get(COUNTS if offsets is tags.get(OFFSETS) else TILE_COUNTS)
            scans = _count_scans_inside(body, order, offsets, lengths, count)
            _check_count(scans * across * down, MAX_SCANNED, "samples in its scans")
    return held


def _read_directory(body: bytes, start: int | None) -> tuple[dict[int, Tag], str]:
    """Read the entries of a directory that say how the pixels are stored, and the byte order."""
    order = "<" if body[:2] == b"II" else ">"
    if body[2:4] == b"\0\x2b" and order == ">":
        raise Unreadable(DAMAGED)  # libtiff reads it as BigTIFF, Pillow as TIFF
    big = body[2:3] == b"\x2b"
    start = _unpack(body, order + ("Q" if big else "I"), 8 if big else 4) if start is None else start
    head, size = (8, 20) if big else (2, 12)
    number = _unpack(body, order + ("Q" if big else "H"), start)
    if number < 0:
        return {}, order
    _check_count(number, MAX_ENTRIES, "entries in its directory")
    tags: dict[int, Tag] = {}
    for entry in range(start + head, min(len(body) - size + 1, start + head + number * size), size):
        tag, kind, count = struct.unpack_from(order + ("HHQ" if big else "HHI"), body, entry)
        if tag in POINTERS:
            pointed = _unpack(body, order + ("Q" if big else "I"), entry + (12 if big else 8))
            _check_count(_unpack(body, order + ("Q" if big else "H"), pointed), MAX_ENTRIES, "entries in a directory")
        if tag not in STORAGE:
            continue
        if tag in tags or kind not in INTEGERS:
            raise Unreadable(DAMAGED)
        code = INTEGERS[kind]
        place = entry + (12 if big else 8)
        if count * struct.calcsize(order + code) > (8 if big else 4):
            place = _unpack(body, order + ("Q" if big else "I"), place)
        shown = min(count, 8)
        complete = place >= 0 and place + struct.calcsize(f"{order}{shown}{code}") <= len(body)
        values = struct.unpack_from(f"{order}{shown}{code}", body, place) if complete else ()
        tags[tag] = Tag(count, values, place, code)
    return tags, order


def _unpack(body: bytes, code: str, start: int) -> int:
    """Return a number of the file, or -1 where it has ended."""
    if start < 0 or start + struct.calcsize(code) > len(body):
        return -1
    return int(struct.unpack_from(code, body, start)[0])


def _count_scans_inside(body: bytes, order: str, offsets: Tag | None, lengths: Tag | None, count: int) -> int:
    """Return the scans of the JPEGs in all strips or tiles, at the most; libtiff reads MAX_SCANS of each.

    Where strips overlap in the file, each may hold all scans of the file.
    """
    scans = body.count(b"\xff\xda")
    if offsets is None or lengths is None or _overlap(body, order, offsets, lengths):
        return min(scans, MAX_SCANS) * count
    return scans


def _overlap(body: bytes, order: str, offsets: Tag, lengths: Tag) -> bool:
    """Tell whether some strips share their bytes."""
    if offsets.count != lengths.count:
        return True
    starts, sizes = (
        struct.unpack_from(f"{order}{tag.count}{tag.code}", body, tag.start)
        if 0 <= tag.start <= len(body) - struct.calcsize(f"{order}{tag.count}{tag.code}")
        else ()
        for tag in (offsets, lengths)
    )
    if len(starts) != offsets.count or len(sizes) != offsets.count:
        return True
    end = 0
    for start, size in sorted(zip(starts, sizes, strict=True)):
        if start < end:
            return True
        end = start + size
    return False
