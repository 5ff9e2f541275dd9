"""Bytes become an upright picture on paper, or one sentence that says why not."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps, PngImagePlugin

from app.errors import TooLarge, Unreadable, UnsupportedFormat
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import read_picture
from app.preprocessing.inspection import MAX_PIXELS
from tests.support.drawings import draw_digit, to_bytes, to_png

FIVE = Image.fromarray(draw_digit(5))
FRAMED = read_picture(to_png(FIVE))


def alike(digit: NDArray[np.uint8]) -> float:
    """Return how far a framed digit is from the five, in grey levels on average."""
    return float(np.abs(digit.astype(int) - FRAMED).mean())


def in_mode(mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(FIVE, np.uint16) * 257)
    if mode == "12 bits":
        return Image.fromarray(np.asarray(FIVE, np.uint16) * 16)
    if mode == "I":
        return Image.fromarray(np.asarray(FIVE, np.int32) * 257)
    if mode == "F":
        return Image.fromarray(np.asarray(FIVE, np.float32) / 255)
    if mode == "P, transparent":
        palette = Image.fromarray(np.where(np.asarray(FIVE) < 128, 1, 0).astype(np.uint8)).convert("P")
        palette.putpalette([255, 0, 255, 0, 0, 0])
        palette.info["transparency"] = 0
        return palette
    return FIVE.convert("RGB").convert(mode) if mode == "CMYK" else FIVE.convert(mode)


GREY = ("1", "L", "P", "RGB")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in (*GREY, "LA", "RGBA", "P, transparent", "I;16", "12 bits")),
        *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
        *(("WEBP", mode) for mode in ("L", "RGB", "RGBA")),
        *(("GIF", mode) for mode in (*GREY, "P, transparent")),
        *(("BMP", mode) for mode in GREY),
        *(("TIFF", mode) for mode in (*GREY, "LA", "RGBA", "CMYK", "LAB", "I;16", "12 bits", "I", "F")),
    ],
)
def test_every_format_and_mode_gives_the_same_digit(kind: str, mode: str) -> None:
    assert alike(read_picture(to_bytes(in_mode(mode), kind))) < 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_in_any_way_gives_an_upright_picture(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the transposition that the orientation takes back
    held = (
        FIVE.resize((280, 300))
        if orientation == 1
        else FIVE.resize((280, 300)).transpose(Image.Transpose(undo[orientation]))
    )
    picture = decode_picture(to_bytes(held, "JPEG", exif=exif, quality=95))
    assert (picture.width, picture.height) == (280, 300)
    assert np.abs(picture.pixels.astype(int) - np.asarray(FIVE.resize((280, 300)))).mean() < 3


@pytest.mark.parametrize(
    ("ink", "mode"), ((0, "LA"), (0, "RGBA"), (255, "LA"), (255, "RGBA"), (60, "RGBA"), (230, "RGBA"))
)
def test_dark_and_light_ink_read_on_a_transparent_sheet(ink: int, mode: str) -> None:
    layer = Image.new("L", FIVE.size, ink)
    layer.putalpha(ImageOps.invert(FIVE))
    assert alike(read_picture(to_png(layer.convert(mode)))) < 8


def test_the_colour_of_what_is_transparent_does_not_matter() -> None:
    layer = Image.new("RGB", FIVE.size, (0, 0, 0))
    layer.paste((200, 30, 90), mask=FIVE)
    layer.putalpha(ImageOps.invert(FIVE))
    assert alike(read_picture(to_png(layer))) < 6


def test_only_the_first_picture_of_an_animation_is_read() -> None:
    blank = Image.new("L", FIVE.size, 255)
    assert alike(read_picture(to_bytes(FIVE, "GIF", save_all=True, append_images=[blank, blank]))) < 6


@pytest.mark.parametrize("kind", ("PNG", "JPEG", "TIFF"))
def test_a_huge_picture_comes_reduced_and_keeps_its_size(kind: str) -> None:
    huge = FIVE.resize((4200, 3000))
    picture = decode_picture(to_bytes(huge, kind))
    assert (picture.width, picture.height) == (4200, 3000)
    assert 1000 <= max(picture.pixels.shape) < 2000
    assert alike(read_picture(to_bytes(huge.resize((3000, 3000)), kind))) < 6


@pytest.mark.parametrize("mode", ("L", "LA", "RGB", "RGBA", "P", "P, transparent", "1", "CMYK", "LAB"))
def test_a_huge_picture_is_reduced_in_tiles_as_it_is_as_a_whole(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (2237, 3301, 4), np.uint8))
    huge = noise.convert("RGB").convert("P") if mode.startswith("P") else noise
    huge = huge if mode.startswith("P") else Image.new("LAB", noise.size) if mode == "LAB" else noise.convert("RGB")
    huge = noise.convert(mode) if mode in ("L", "LA", "RGB", "RGBA", "1") else huge
    huge = huge.convert("CMYK") if mode == "CMYK" else huge
    options = {"transparency": 9} if mode == "P, transparent" else {}
    file = to_bytes(huge, "TIFF" if mode in ("CMYK", "LAB") else "PNG", **options)
    tiled = decode_picture(file).pixels
    monkeypatch.setattr("app.preprocessing.decoding.TILE", 10_000)
    np.testing.assert_array_equal(tiled, decode_picture(file).pixels)


@pytest.mark.parametrize("mode", ("RGB", "RGBA"))
@pytest.mark.parametrize("lossless", (False, True))
def test_a_huge_webp_is_what_pillow_makes_of_it(mode: str, lossless: bool) -> None:
    smooth = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 30, 4), np.uint8)).resize((2101, 2050))
    exif = Image.Exif()
    exif[0x0112] = 6
    file = to_bytes(smooth.convert(mode), "WEBP", lossless=lossless, method=0, exif=exif)
    as_png = to_bytes(Image.open(io.BytesIO(file)), "PNG", compress_level=0, exif=exif)
    np.testing.assert_array_equal(decode_picture(file).pixels, decode_picture(as_png).pixels)
    with pytest.raises(Unreadable):
        decode_picture(file[: len(file) // 2])


@pytest.mark.parametrize("shape", ((3000, 2000), (2, 200_000), (200_000, 2)))
def test_a_huge_picture_of_deep_grey_comes_reduced(shape: tuple[int, int]) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.full(shape, 40_000, np.uint16)).save(stream, "TIFF")
    picture = decode_picture(stream.getvalue())
    assert max(picture.pixels.shape) < 2000
    assert (picture.height, picture.width) == shape


def test_a_huge_picture_on_its_side_keeps_its_upright_size() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for kind in ("JPEG", "PNG"):
        picture = decode_picture(to_bytes(FIVE.resize((2200, 3000)), kind, exif=exif))
        assert (picture.width, picture.height) == (3000, 2200)
        assert picture.pixels.shape[0] < picture.pixels.shape[1]


def claim(width: int, height: int) -> dict[str, bytes]:
    """Return small files of each format that claim a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    png += b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    gif = b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0"
    gif += b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x01\x04\0;"
    bmp = b"BM" + struct.pack("<IIIIiiHHIIiiII", 1000, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 9))
    tiff = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in tags)
    webp_size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    webp = b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + webp_size
    jpeg = bytearray(to_bytes(FIVE, "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return {"PNG": png, "GIF": gif, "BMP": bmp, "TIFF": tiff + b"\0" * 4, "WEBP": webp, "JPEG": bytes(jpeg)}


@pytest.mark.parametrize("kind", claim(1, 1))
def test_a_bomb_of_any_format_is_refused_before_its_pixels_are_read(kind: str) -> None:
    with pytest.raises(TooLarge, match=r"15000 by 15000 pixels; at most 64,000,000"):
        decode_picture(claim(15000, 15000)[kind])


def test_the_largest_phones_are_not_bombs() -> None:
    assert MAX_PIXELS > 8160 * 6120


def test_a_bomb_in_a_text_chunk_is_refused() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "0" * 70_000_000, zip=True)
    with pytest.raises(Unreadable):
        decode_picture(to_bytes(FIVE, "PNG", pnginfo=notes))


@pytest.mark.parametrize("kind", ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
@pytest.mark.parametrize("share", (0.02, 0.3, 0.9))
def test_a_truncated_file_is_unreadable(kind: str, share: float) -> None:
    file = to_bytes(FIVE.convert("RGB"), kind, **({"lossless": True} if kind == "WEBP" else {}))
    with pytest.raises(Unreadable, match="truncated or damaged"):
        decode_picture(file[: max(20, int(share * len(file)))])


@pytest.mark.parametrize("kind", ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
def test_damage_anywhere_gives_a_picture_or_an_error_of_ours(kind: str) -> None:
    file = to_bytes(FIVE.resize((40, 40)).convert("RGB"), kind)
    places = np.random.default_rng(3)
    for _ in range(60):
        damaged = bytearray(file)
        for place in places.integers(4, len(file), 4):
            damaged[place] = int(places.integers(256))
        with contextlib.suppress(Unreadable, UnsupportedFormat, TooLarge):
            assert decode_picture(bytes(damaged)).pixels.size


@pytest.mark.parametrize(
    ("body", "advice"),
    (
        (b"hello", "Send PNG, JPEG, WebP, GIF, BMP or TIFF"),
        (b"", "Send PNG"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "Send PNG"),
        (b"<html><body>no picture", "Send PNG"),
        (b"\0\0\0\x18ftyphev9\0\0\0\0", "export it as JPEG"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "AVIF"),
        (b"%PDF-1.7\n", "Export the page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (to_bytes(FIVE, "PPM"), "Send PNG"),
        (to_bytes(FIVE, "ICO"), "Send PNG"),
    ),
)
def test_what_is_no_picture_we_read_says_what_to_send(body: bytes, advice: str) -> None:
    with pytest.raises(UnsupportedFormat, match=f"(?i){advice}"):
        decode_picture(body)


def test_odd_metadata_of_a_good_picture_is_no_error() -> None:
    file = to_bytes(FIVE, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x05\0garbage")
    assert alike(read_picture(file)) < 6


def test_colours_are_kept_only_where_there_are_any() -> None:
    assert decode_picture(to_png(FIVE.convert("RGBA"))).pixels.ndim == 2
    red = ImageOps.colorize(FIVE, "red", "white")
    assert decode_picture(to_png(red)).pixels.shape == (280, 280, 3)


def save_in_memory(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, **options)
    return stream.getvalue()


def test_a_picture_of_one_pixel_is_decoded() -> None:
    assert decode_picture(save_in_memory(Image.new("L", (1, 1), 9), format="PNG")).pixels.tolist() == [[9]]


def tint(pixels: NDArray[np.uint8], levels: int) -> NDArray[np.uint8]:
    """Make grey a little red in every third row."""
    colours = np.dstack((pixels, pixels, pixels))
    colours[::3, :, 0] = np.minimum(255, colours[::3, :, 0].astype(int) + levels)
    return colours


@pytest.mark.parametrize("shape", ((280, 280), (275, 301), (7, 9), (1, 1)))
@pytest.mark.parametrize("levels", (0, 1, 15, 16, 60))
@pytest.mark.parametrize("opacity", (None, 255, 254, 0))
def test_a_plain_png_has_the_pixels_that_it_has_in_any_other_file(
    shape: tuple[int, int], levels: int, opacity: int | None
) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    image = Image.fromarray(tint(grey, levels) if levels else grey)
    if opacity is not None:
        image = image.convert("RGBA")
        image.putalpha(opacity)
    plain, other = decode_picture(to_bytes(image)), decode_picture(to_bytes(image, "TIFF"))
    np.testing.assert_array_equal(plain.pixels, other.pixels)
    assert (plain.width, plain.height) == (other.width, other.height)


@pytest.mark.parametrize("place", (45, 60, -20))
def test_a_plain_png_with_one_wrong_bit_is_damaged_whoever_decodes_it(place: int) -> None:
    body = bytearray(to_png(FIVE))
    body[place] ^= 1
    with pytest.raises((Unreadable, UnsupportedFormat)):
        decode_picture(bytes(body))


def damage_pixels(place: int) -> bytes:
    """Return a PNG with a wrong bit in its compressed pixels, and the checksums of its chunks made right again."""
    body = to_png(FIVE)
    start = body.index(b"IDAT")
    length = int.from_bytes(body[start - 4 : start], "big")
    pixels = bytearray(body[start + 4 : start + 4 + length])
    pixels[place] ^= 1
    chunk = b"IDAT" + pixels
    return body[:start] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + body[start + 8 + length :]


def test_a_plain_png_whose_compressed_pixels_are_damaged_is_damaged() -> None:
    with pytest.raises(Unreadable):
        decode_picture(damage_pixels(0))  # zlib's own header


def test_a_plain_png_is_read_though_the_last_checksum_of_its_pixels_is_wrong() -> None:
    np.testing.assert_array_equal(decode_picture(damage_pixels(-1)).pixels, decode_picture(to_png(FIVE)).pixels)


@pytest.mark.parametrize("name", (b"gAMA", b"sRGB", b"pHYs"))
@pytest.mark.parametrize("length", (0, 3, 400))
def test_a_plain_png_is_read_though_a_small_chunk_has_a_wrong_length(name: bytes, length: int) -> None:
    body, content = to_png(FIVE), name + bytes(length)
    chunk = length.to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")
    start = body.index(b"IDAT") - 4
    read = decode_picture(body[:start] + chunk + body[start:])
    np.testing.assert_array_equal(read.pixels, decode_picture(body).pixels)


def test_a_plain_png_without_room_for_its_pixels_is_not_called_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise MemoryError

    body = to_png(FIVE)
    monkeypatch.setattr("app.preprocessing.decoding.np.empty", refuse)
    with pytest.raises(MemoryError):
        decode_picture(body)
