"""What costs too much to decode is refused with a reason before it is decoded; ordinary files never are."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.errors import TooLarge, Unreadable, UnsupportedFormat
from app.preprocessing import decoding, inspection
from app.preprocessing.decoding import decode_picture
from app.preprocessing.inspection import (
    MAX_CHUNKS,
    MAX_MEMORY,
    MAX_PIECES,
    MAX_READS,
    MAX_SCANS,
    Source,
    inspect_picture,
)
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_bytes, to_png

FIVE = Image.fromarray(draw_digit(5))
Entry = tuple[int, int, int, int | bytes]  # tag, type, count, value
SHORT, LONG, LONG8 = 3, 4, 16


# ---- PNG ----


def chunk(name: bytes, content: bytes = b"") -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png(size: tuple[int, int] = (280, 280), depth: int = 8, colour: int = 0, before: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + before + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND")


# ---- JPEG ----


def jpeg(size: tuple[int, int], mode: str = "L", progressive: bool = True, **options: int) -> bytes:
    return to_bytes(Image.new(mode, size), "JPEG", progressive=progressive, quality=10, **options)


def repeat_scan(file: bytes, times: int) -> bytes:
    """Return a JPEG whose last scan comes several times more."""
    last = [found.start() for found in re.finditer(rb"\xff\xda", file)][-1]
    return file[:-2] + file[last:-2] * times + b"\xff\xd9"


def claim_jpeg_size(file: bytes, width: int, height: int, frame: bytes = b"\xff\xc2") -> bytes:
    start = file.index(frame)
    return file[: start + 5] + struct.pack(">HH", height, width) + file[start + 9 :]


def segments(marker: int, content: bytes, times: int) -> bytes:
    """Return a JPEG with more segments after its start."""
    more = (b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content) * times
    file = to_bytes(FIVE, "JPEG")
    return file[:2] + more + file[2:]


def single_scans(file: bytes, times: int) -> bytes:
    """Return a sequential JPEG each of whose scans has the first of its three components."""
    head = file[: file.index(b"\xff\xda")]
    return head + b"\xff\xda\0\x08\1\1\0\0\x3f\0" * times + b"\xff\xd9"


# ---- TIFF ----


def tiff(entries: Sequence[Entry], pixels: bytes = b"\xff" * 16, order: str = "<", big: bool = False) -> bytes:
    """Return a TIFF with a directory of these entries; pixels come first, after the header."""
    start = 16 if big else 8
    word, entry_size, head = ("Q", 20, 8) if big else ("I", 12, 2)
    directory = start + len(pixels)
    blobs = directory + head + entry_size * len(entries) + struct.calcsize(order + word)
    written, blob = b"", b""
    for tag, kind, count, value in entries:
        code = {SHORT: "H", LONG: "I", LONG8: "Q"}.get(kind, "I")
        packed = value if isinstance(value, bytes) else struct.pack(order + code, value)
        if len(packed) > struct.calcsize(order + word):
            packed, blob = struct.pack(order + word, blobs + len(blob)), blob + packed
        written += struct.pack(f"{order}HH{word}", tag, kind, count) + packed.ljust(
            struct.calcsize(order + word), b"\0"
        )
    mark = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    mark += struct.pack(order + "HHQ", 8, 0, directory) if big else struct.pack(order + "I", directory)
    number = struct.pack(order + ("Q" if big else "H"), len(entries))
    return mark + pixels + number + written + struct.pack(order + word, 0) + blob


def strips(
    width: int, height: int, rows: int, number: int, *, kind: int = LONG, compression: int = 1, order: str = "<"
) -> list[Entry]:
    """Return entries of an 8-bit grey picture in strips that all lie at the beginning."""
    code = order + {SHORT: "H", LONG: "I", LONG8: "Q"}[kind]
    return [
        (256, LONG, 1, width),
        (257, LONG, 1, height),
        (258, SHORT, 1, 8),
        (259, SHORT, 1, compression),
        (262, SHORT, 1, 1),
        (273, kind, number, struct.pack(code, 16) * number),
        (278, LONG, 1, rows),
        (279, kind, number, struct.pack(code, 8) * number),
    ]


def tiles(width: int, height: int, side: int, compression: int = 1) -> list[Entry]:
    number = -(-width // side) * -(-height // side)
    return [
        *strips(width, height, 1, 0, compression=compression)[:5],
        (322, LONG, 1, side),
        (323, LONG, 1, side),
        (324, LONG, number, struct.pack("<I", 8) * number),
        (325, LONG, number, struct.pack("<I", 1) * number),
    ]


def jpeg_in_tiff(scans: int, number: int) -> bytes:
    """Return a TIFF all of whose strips are the same JPEG of several scans."""
    inside = repeat_scan(jpeg((8000, 16)), scans)
    entries = strips(8000, 16 * number, 16, number, compression=7)
    entries[5] = (273, LONG, number, struct.pack("<I", 8) * number)
    entries[7] = (279, LONG, number, struct.pack("<I", len(inside)) * number)
    return tiff(entries, inside)


# ---- others ----


def gif(before: bytes) -> bytes:
    head = b"GIF89a" + struct.pack("<HHBBB", 280, 280, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + before + b",\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0;"


def webp(canvas: tuple[int, int], frames: int = 2) -> bytes:
    """Return an animated WebP whose frames are smaller than its canvas."""
    pictures = [Image.new("RGB", (16, 16), (level, 0, 0)) for level in (0, 255)]
    file = to_bytes(pictures[0], "WEBP", save_all=True, append_images=pictures[1:])
    first = file.index(b"ANMF")
    frame = file[first : first + 8 + struct.unpack_from("<I", file, first + 4)[0]]
    size = b"".join((side - 1).to_bytes(3, "little") for side in canvas)
    body = file[8:24] + size + file[30:first] + frame * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def run_length_bmp(width: int, height: int, runs: bytes) -> bytes:
    head = b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078)
    head += struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return head + bytes(range(256)) * 4 + runs


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "PNG of countless chunks": (lambda: png(before=chunk(b"abCd") * (MAX_CHUNKS + 1)), "more than 50,000 chunks"),
    "PNG of countless empty pieces": (lambda: png(before=chunk(b"IDAT") * (MAX_CHUNKS + 1)), "more than 50,000 chunks"),
    "PNG of compressed texts": (lambda: png(before=chunk(b"zTXt", b"a\0\0" + bytes(2**21)) * 3), "compressed texts"),
    "PNG of 16-bit colours": (lambda: png((8000, 8000), 16, 6), "holds 512 MB of pixels; at most 260"),
    "PNG that says a second size": (
        lambda: png(before=chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0))),
        "60000 by 60000 pixels",
    ),
    "PNG of a row": (lambda: png((64_000_000, 1), 8, 6), "needs 768 MB to decode; at most 300"),
    "PNG of a column": (lambda: png((1, 64_000_000)), "MB to decode"),
    "JPEG of countless scans": (lambda: repeat_scan(jpeg((280, 280)), MAX_SCANS), "more than 100 scans"),
    "JPEG of long scans": (lambda: repeat_scan(jpeg((7900, 7900)), 20), "1,000,000,000 samples in its scans"),
    "JPEG of short scans of a large size": (
        lambda: repeat_scan(claim_jpeg_size(jpeg((8, 8)), 8000, 8000), 20),
        "samples in its scans",
    ),
    "JPEG of long scans, none progressive": (
        lambda: single_scans(jpeg((4000, 4000), "RGB", progressive=False, subsampling=0), MAX_SCANS),
        "samples in its scans",
    ),
    "JPEG of one component a scan": (
        lambda: single_scans(jpeg((7900, 7900), "RGB", progressive=False, subsampling=0), 3),
        "needs 37[45] MB to decode",
    ),
    "JPEG of four colours, progressive": (
        lambda: claim_jpeg_size(jpeg((80, 80), "CMYK"), 6400, 6400),
        "needs 328 MB to decode",
    ),
    "JPEG of countless segments": (lambda: segments(0xE5, b"", 1001), "more than 1,000 segments"),
    "JPEG of countless markers": (lambda: b"\xff\xd8" + b"\xff\x01" * 2000, "more than 1,000 segments"),
    "JPEG of Exif after Exif": (lambda: segments(0xE1, b"Exif\0\0" + bytes(99), 17), "more than 16 Exif"),
    "JPEG of metadata": (lambda: segments(0xED, b"Photoshop 3.0\0" + bytes(65_000), 130), "bytes of metadata"),
    "JPEG of fill bytes": (lambda: b"\xff\xd8" + b"\xff" * (MAX_READS + 9), "1,000,000 pieces"),
    "GIF of countless extensions": (lambda: gif(b"!\xfe\1a\0" * 60_000), "blocks before its picture"),
    "GIF of a long extension": (lambda: gif(b"!\xfe" + b"\1a" * 100_001 + b"\0"), "blocks before its picture"),
    "GIF of junk": (lambda: gif(b"\7" * 100_001), "blocks before its picture"),
    "WebP of a large canvas": (lambda: webp((8000, 8000)), "needs 1,024 MB to decode"),
    "WebP of one frame on a large canvas": (lambda: webp((8000, 8000), 1), "needs 1,024 MB to decode"),
    "WebP of countless frames": (lambda: webp((16, 16), 20_001), "more than 20,000 chunks"),
    "BMP of run lengths": (lambda: run_length_bmp(8000, 8000, b"\0\0" * 8000), "64,000,000 pixels in run lengths"),
    "BMP of endless runs": (lambda: run_length_bmp(3000, 3000, b"\xff\1" * (MAX_READS // 2)), "1,000,000 pieces"),
    "TIFF of countless strips": (lambda: tiff(strips(1, MAX_PIECES + 1, 1, MAX_PIECES + 1)), "20,000 strips or tiles"),
    "TIFF of more strips than there are": (lambda: tiff(strips(9, 9, 9, MAX_PIECES + 1)), "20,000 strips or tiles"),
    "TIFF of fewer strips than there are": (
        lambda: tiff(strips(1, MAX_PIECES + 1, 1, 1, compression=8)),
        "20,000 strips or tiles",
    ),
    "TIFF of strips upon each other": (lambda: tiff(strips(4000, 4000, 3999, 100)), "pixels in its strips or tiles"),
    "TIFF of tiny tiles": (lambda: tiff(tiles(1000, 1000, 1)), "20,000 strips or tiles"),
    "TIFF of a huge tile": (lambda: tiff(tiles(280, 280, 32768, 8)), "128,000,000 pixels in its strips or tiles"),
    "TIFF of one deep strip": (
        lambda: tiff([(258, SHORT, 1, 32), *[e for e in strips(6500, 6500, 6500, 1, compression=8) if e[0] != 258]]),
        "MB to decode",
    ),
    "TIFF of a large directory": (
        lambda: tiff([*strips(1, 1, 1, 1), *((40_000 + i, SHORT, 1, 1) for i in range(4096))]),
        "4,096 entries",
    ),
    "TIFF of JPEGs of countless scans": (lambda: jpeg_in_tiff(60, 400), "samples in its scans"),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("path", ("/predict", "/read"))
def test_a_bomb_is_refused_with_its_reason_before_it_is_decoded(
    tiny_client: FlaskClient, monkeypatch: pytest.MonkeyPatch, bomb: str, path: str
) -> None:
    make, reason = BOMBS[bomb]
    if "runs" not in bomb:  # these are stopped while they are read

        def decode(image: Image.Image) -> Image.Image:
            raise AssertionError(f"{image.size} is decoded")

        monkeypatch.setattr(decoding, "_load", decode)
    answer = tiny_client.post(path, data=make())
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text
    assert re.search(reason, answer.get_json()["error"]), answer.text


@pytest.mark.parametrize(("order", "big"), (("<", False), (">", False), ("<", True)))
@pytest.mark.parametrize("kind", (SHORT, LONG, LONG8))
def test_strips_are_counted_in_any_byte_order_and_size(order: str, big: bool, kind: int) -> None:
    few, many = (strips(2, number, 1, number, kind=kind, order=order) for number in (100, MAX_PIECES + 1))
    inspect_picture(tiff(few, order=order, big=big))
    with pytest.raises(TooLarge, match="strips or tiles"):
        inspect_picture(tiff(many, order=order, big=big))


def test_what_decoders_understand_differently_is_damaged() -> None:
    entries = strips(9, 9, 9, 1)
    for twice in entries:
        with pytest.raises(Unreadable):
            decode_picture(tiff([*entries, twice]))
    with pytest.raises(Unreadable):
        decode_picture(tiff([*(entry for entry in entries if entry[0] != 278), (278, 11, 1, 1)]))  # a float
    with pytest.raises(Unreadable):
        decode_picture(tiff(entries, order=">", big=True))


@pytest.mark.parametrize("frame", (0xC3, 0xC9, 0xCA))
def test_a_rare_kind_of_jpeg_is_not_read(frame: int) -> None:
    file = bytearray(to_bytes(FIVE, "JPEG"))
    file[file.index(b"\xff\xc0") + 1] = frame
    with pytest.raises(UnsupportedFormat, match="Save it as an ordinary JPEG"):
        decode_picture(bytes(file))


def many_idat() -> bytes:
    """A PNG in pieces of 256 bytes, as small as any program writes them."""
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500), np.uint8)
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in noise), 0)
    file = png((1500, 1500))
    head = file[: file.index(b"IDAT") - 4]
    return head + b"".join(chunk(b"IDAT", packed[i : i + 256]) for i in range(0, len(packed), 256)) + chunk(b"IEND")


def with_thumbnail() -> bytes:
    """A JPEG with a progressive thumbnail in its Exif, and a film after its end."""
    thumbnail = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + repeat_scan(jpeg((80, 80)), 200)
    return segments(0xE1, thumbnail[:60_000], 1) + b"\xff\xda" * 10_000


ORDINARY: dict[str, Callable[[], bytes]] = {
    "progressive JPEG": lambda: jpeg((5000, 4000), "RGB", subsampling=0),
    "progressive JPEG of 50 megapixels": lambda: claim_jpeg_size(jpeg((80, 80), "RGB"), 8160, 6120),
    "JPEG with a thumbnail and a film": with_thumbnail,
    "JPEG with a printer's profile": lambda: to_bytes(FIVE.convert("CMYK"), "JPEG", icc_profile=bytes(3_000_000)),
    "JPEG with restarts": lambda: to_bytes(FIVE, "JPEG", restart_marker_blocks=1),
    "PNG in small pieces": many_idat,
    "PNG with a text": lambda: png(before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(500_000)))),
    "PNG of 50 megapixels": lambda: png((8160, 6120), 8, 2),
    "scan of one row a strip": lambda: tiff(strips(2, 14_000, 1, 14_000)),
    "scan of one strip": lambda: to_bytes(Image.new("1", (4960, 7016)), "TIFF", compression="group4"),
    "scan of JPEGs": lambda: to_bytes(FIVE.resize((2480, 3508)), "TIFF", compression="jpeg"),
    "BMP in run lengths": lambda: run_length_bmp(2480, 3508, b"\xff\1"),
    "GIF with comments": lambda: gif((b"!\xfe" + (b"\xff" + bytes(255)) * 40 + b"\0") * 20),
    "animated WebP": lambda: webp((1000, 1000), 300),
    "WebP of 48 megapixels": lambda: to_bytes(Image.new("RGB", (8000, 6000)), "WEBP", method=0),
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_an_ordinary_file_is_left_to_the_decoder(kind: str) -> None:
    file = ORDINARY[kind]()
    needed = inspect_picture(file)
    with Image.open(io.BytesIO(file)) as image:
        inspection.check_memory(*image.size, decoding.count_pixel_bytes(image, file), needed)


def test_a_decoder_that_reads_too_often_or_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(b"\0" * (MAX_READS + 1))
    assert source.getvalue()[:1] == source.read(1)
    for _ in range(MAX_READS - 1):
        source.read(0)
    with pytest.raises(TooLarge, match="pieces"):
        source.read(1)
    monkeypatch.setattr(inspection, "MAX_SECONDS", -1.0)
    late = Source(b"\0" * 9000)
    assert late.read(9) == bytes(9)
    with pytest.raises(TooLarge, match="seconds to decode"):
        late.read(8000)


@pytest.mark.parametrize("name", [*BOMBS, *ORDINARY])
def test_damage_anywhere_is_left_to_the_decoder(name: str) -> None:
    file = (BOMBS[name][0] if name in BOMBS else ORDINARY[name])()
    places = np.random.default_rng(7)
    for _ in range(30):
        damaged = bytearray(file[: int(places.integers(8, len(file)))] if places.random() < 0.3 else file)
        ends = min(len(damaged), 400), len(damaged)
        for place in (*places.integers(2, ends[0], 3), places.integers(2, ends[1])):
            damaged[place] = int(places.choice((0, 1, 255, int(places.integers(256)))))
        with contextlib.suppress(TooLarge, Unreadable, UnsupportedFormat):
            assert inspect_picture(bytes(damaged)) >= 0


def test_a_bomb_in_a_png_s_exif_is_not_read() -> None:
    entries = struct.pack("<HHQQ", 0x9999, 4, 1, 1) * 100_000
    exif = b"II\x2b\0\x08\0\0\0" + struct.pack("<QQ", 16, 100_000) + entries + bytes(8)
    file = to_png(FIVE)
    start = file.index(b"IDAT") - 4
    assert decode_picture(file[:start] + chunk(b"eXIf", exif) + file[start:]).pixels.shape == (280, 280)


# ---- memory ----

QUICK_PNG, QUICK_WEBP = {"compress_level": 1}, {"method": 0}  # to write; to read they take as much as others
LARGE: dict[str, tuple[str, str, dict[str, Any]]] = {  # of 8000 by 8000 pixels, or as many as are read
    "PNG of grey": ("L", "PNG", QUICK_PNG),
    "PNG of colours": ("RGB", "PNG", QUICK_PNG),
    "PNG with transparency": ("RGBA", "PNG", QUICK_PNG),
    "PNG of 16 bits": ("I;16", "PNG", QUICK_PNG),
    "TIFF of floating point": ("F", "TIFF", {"compression": "tiff_deflate"}),
    "TIFF of four colours": ("CMYK", "TIFF", {"compression": "tiff_lzw"}),
    "GIF": ("P", "GIF", {}),
    "WebP": ("RGB", "WEBP", QUICK_WEBP),
    "progressive JPEG": ("RGB", "JPEG", {"progressive": True}),
}
SIDES = {"F": 7500, "RGB WEBP": 7000}  # pixels
MEASURE = """
import sys
from pathlib import Path
from app.preprocessing.decoding import decode_picture

def measure(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1000

decode_picture(Path(sys.argv[1]).read_bytes())
body, before = Path(sys.argv[2]).read_bytes(), measure("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
assert decode_picture(body).pixels.size
print(measure("VmHWM") - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads Linux's /proc")
@pytest.mark.parametrize("kind", LARGE)
def test_a_large_picture_takes_no_more_memory_than_is_allowed(kind: str, tmp_path: Path) -> None:
    mode, suffix, options = LARGE[kind]
    side = SIDES.get(f"{mode} {suffix}", SIDES.get(mode, 8000))
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(to_bytes(Image.new(mode, (30, 30)), suffix))
    large.write_bytes(to_bytes(Image.new(mode, (side, side)), suffix, **options))
    command = [sys.executable, "-c", MEASURE, str(small), str(large)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) < 1.1 * MAX_MEMORY
