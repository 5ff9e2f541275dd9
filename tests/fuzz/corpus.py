"""What fuzzing starts from: good bodies of every kind, and every bad one that ever broke something."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.drawings import draw_digit, to_bytes

from . import wire

SEVEN = draw_digit(7, shape=(40, 40), height=24, pen=3)


def good_pictures() -> Iterator[bytes]:
    """Small pictures in every format and mode that is read."""
    grey = Image.fromarray(SEVEN)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        yield to_bytes(grey, kind)
        yield to_bytes(grey.convert("RGB"), kind)
    for mode in ("1", "LA", "P", "RGBA", "I;16"):
        yield to_bytes(grey.convert("L").convert(mode), "PNG")
    for mode in ("1", "CMYK", "F", "I;16", "RGBA"):
        yield to_bytes(grey.convert(mode), "TIFF")
    yield to_bytes(grey, "TIFF", compression="tiff_lzw")
    yield to_bytes(grey, "TIFF", compression="tiff_adobe_deflate")
    yield to_bytes(grey.convert("1"), "TIFF", compression="group4")
    yield to_bytes(grey, "JPEG", progressive=True)
    frames = [grey, Image.fromarray(255 - SEVEN)]
    yield to_bytes(grey, "GIF", save_all=True, append_images=frames)
    yield to_bytes(grey, "PNG", save_all=True, append_images=frames)
    exif = Image.Exif()
    exif[0x0112] = 6
    yield to_bytes(grey, "JPEG", exif=exif)


def bad_pictures() -> Iterator[bytes]:
    """Pictures that are truncated, lie about themselves, or hold nothing."""
    for body in good_pictures():
        yield body[: len(body) // 2]
        yield body[:20]
    yield from (
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"BM",
        b"II*\0",
        b"RIFF\0\0\0\0WEBP",
        b"%PDF",
        b"<svg/>",
    )
    for size in ((0, 0), (1, 1), (60_000, 60_000), (2**31 - 1, 1)):
        yield _png(size, bytes(100))
    for depth, colour in ((16, 6), (1, 3), (7, 0), (8, 9)):
        yield _png((8, 8), bytes(1000), depth, colour)
    for grey in (0, 128, 255):
        yield to_bytes(np.full((30, 30), grey, np.uint8), "PNG")
    yield to_bytes(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8), "PNG")
    for shape in ((1, 300), (300, 1), (2, 2)):
        yield to_bytes(np.arange(np.prod(shape), dtype=np.uint8).reshape(shape), "PNG")
    yield to_bytes(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF")
    yield to_bytes(Image.fromarray(np.array([[np.inf, -np.inf], [0, 1]], np.float32)), "TIFF")
    line = np.zeros((400, 40), np.uint8)
    line[40:360, 20] = 255
    yield to_bytes(line, "PNG")  # one pixel wide: halving it left nothing
    yield to_bytes(Image.fromarray(np.eye(200_000, 2, dtype=np.int32) * 60_000), "TIFF")  # once took half a minute


def archives() -> Iterator[bytes]:
    """Zips of corrections, and what is none."""
    table = b"file,digit,was,model,version,time\n4/a.png,4,9,robust,1,2026-01-01T00:00:00+00:00\n"
    contents: tuple[dict[str, bytes], ...] = (
        {"4/a.png": to_bytes(SEVEN, "PNG"), "corrections.csv": table},
        {"4/a.png": to_bytes(SEVEN, "PNG"), "corrections.csv": b"file\n\0\n" + table.replace(b"2026", b"x")},
        {"deep/4/a.jpg": to_bytes(SEVEN, "JPEG")},
        {"../4/a.png": b"no picture", "4/": b""},
        {"a.png": to_bytes(SEVEN, "PNG")},
        {},
    )
    for files in contents:
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", method) as archive:
                for name, body in files.items():
                    archive.writestr(name, body)
            whole = stream.getvalue()
            yield whole
            yield whole[: len(whole) // 2]
            yield whole.replace(b"PK\1\2", b"PK\1\3")


def messages(target: str) -> Iterator[bytes]:
    """Bodies of a protocol."""
    text = base64.b64encode(to_bytes(SEVEN, "PNG")).decode()
    zeros = np.zeros((1, 28, 28, 1)).tolist()
    tensor = {"name": "tensor", "datatype": "FP32", "shape": [1, 28, 28, 1]}
    picture = {"name": "picture", "datatype": "BYTES", "shape": [1]}
    classes = [{"name": "probabilities", "parameters": {"classification": 3, "binary_data": True}}]
    bodies: dict[str, tuple[Any, ...]] = {
        "predict": ({"image": text}, {"images": [text, ""]}, {"image": f"data:image/png;base64,{text}"}),
        "tf_serving": (
            {"instances": [{"b64": text}]},
            {"instances": zeros},
            {"signature_name": "certainty", "inputs": {"tensor": zeros}},
            {"instances": [{"picture": {"b64": text}}]},
        ),
        "open_inference": (
            {"inputs": [{**picture, "data": [text]}], "outputs": classes},
            {"id": "1", "inputs": [{**tensor, "data": zeros}]},
            {"inputs": [{**tensor, "data": [0.5] * 784}], "parameters": {"binary_data_output": True}},
        ),
    }
    for body in bodies[target]:
        yield json.dumps(body).encode()
    for wrong in (
        '{"instances": [NaN]}',
        '{"inputs": 1e999}',
        "[" * 2000,
        '{"image": 1%s}' % ("0" * 5000),
        "\0",
        "null",
    ):
        yield wrong.encode()
    if target == "open_inference":
        head = json.dumps({"inputs": [{**tensor, "parameters": {"binary_data_size": 3136}}]}).encode()
        yield struct.pack("<H", 0x8000 | len(head)) + head + bytes(3136)
        yield struct.pack("<H", 0x4000) + gzip.compress(b"{}")


def write_corpus(target: str, folder: Path) -> None:
    """Write a target's corpus as files, as libFuzzer reads it."""
    for number, body in enumerate(corpus(target)):
        (folder / f"{number:03}").write_bytes(body)


def corpus(target: str) -> Iterator[bytes]:
    """Return everything that a target is tried with before anything is made up."""
    if target == "wire":
        yield from wire.corpus()
        return
    if target == "archive":
        yield from archives()
        return
    prefix = {"predict": b"\0", "open_inference": b"\0\0"}.get(target, b"")
    if target != "tf_serving":
        for picture in (*good_pictures(), *bad_pictures()):
            yield prefix + picture
    if target not in ("read_one", "read_several", "correct"):
        for message in messages(target):
            yield (b"\1" if target == "predict" else prefix) + message


def _png(size: tuple[int, int], pixels: bytes, depth: int = 8, colour: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
