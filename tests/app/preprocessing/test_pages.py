"""Files of several pages: how many there are, each of them, and what they may cost."""

from __future__ import annotations

import io
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from app.errors import DigitsError, TooLarge, Unreadable, UnsupportedFormat
from app.preprocessing import inspection, pages
from app.preprocessing.decoding import decode_picture
from app.preprocessing.pages import MAX_PAGES, count_pages, open_pages
from app.reading import Reader
from tests.support.drawings import draw_digit, to_png

DIGITS = (7, 2, 5)
MAX_TIME = 10.0  # seconds of a core that no file may take


def draw_pages() -> list[Image.Image]:
    return [Image.fromarray(draw_digit(label)) for label in DIGITS]


def save_pages(images: Sequence[Image.Image], form: str, **options: Any) -> bytes:
    """Save pictures as one file."""
    stream = io.BytesIO()
    images[0].save(stream, form, save_all=True, append_images=list(images[1:]), **options)
    return stream.getvalue()


def save_with_thumbnail() -> bytes:
    """A TIFF whose second directory is a thumbnail, as scanners write them."""
    stream = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(stream) as writer:
        for number, image in enumerate((draw_pages()[0], draw_pages()[0].resize((70, 70)), *draw_pages()[1:])):
            image.save(writer, "TIFF", tiffinfo={254: number == 1})
            writer.newFrame()
    return stream.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "TIFF": lambda: save_pages(draw_pages(), "TIFF"),
    "TIFF, as faxes are": lambda: save_pages(
        [image.convert("1") for image in draw_pages()], "TIFF", compression="group4"
    ),
    "TIFF with a thumbnail": save_with_thumbnail,
    "GIF": lambda: save_pages(draw_pages(), "GIF"),
    "WebP": lambda: save_pages(draw_pages(), "WEBP", lossless=True),
    "PNG": lambda: save_pages(draw_pages(), "PNG"),
}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("kind", FILES)
def test_every_page_is_found_and_read(reader: Reader, kind: str) -> None:
    body = FILES[kind]()
    assert count_pages(body) == 3
    found = open_pages(body)
    assert [page.number for page in found] == [1, 2, 3]
    answers = [reader.read(decode_picture(page).pixels) for page in found]
    assert [(answer["digit"], answer["certain"]) for answer in answers] == [(label, True) for label in DIGITS]


def test_a_page_that_was_passed_is_opened_again() -> None:
    first, _, third = open_pages(FILES["GIF"]())
    shown = decode_picture(first).pixels
    decode_picture(third)
    np.testing.assert_array_equal(decode_picture(first).pixels, shown)


def test_the_pages_of_a_pdf_are_drawn(reader: Reader) -> None:
    found = open_pages(save_pages([image.convert("RGB") for image in draw_pages()], "PDF", resolution=72))
    pixels = [decode_picture(page).pixels for page in found]
    assert pixels[0].shape == (778, 778)  # 280 points at 200 dpi
    assert [reader.read(one)["digit"] for one in pixels] == list(DIGITS)


@pytest.mark.parametrize("path", ("/predict", "/read"))
@pytest.mark.parametrize("kind", FILES)
def test_the_server_answers_the_first_page_and_says_how_many_there_are(
    client: FlaskClient, path: str, kind: str
) -> None:
    answer = client.post(path, data=FILES[kind]()).get_json()
    assert answer["pages"] == 3
    assert str(answer.get("digit", answer.get("text"))) == "7"
    assert "pages" not in client.post(path, data=to_png(draw_digit(7))).get_json()


def test_the_server_says_it_of_each_of_several_files(client: FlaskClient) -> None:
    form = {"file": [(io.BytesIO(FILES["GIF"]()), "a.gif"), (io.BytesIO(to_png(draw_digit(2))), "b.png")]}
    answers = client.post("/predict", data=form).get_json()["predictions"]
    assert [answer.get("pages") for answer in answers] == [3, None]


def chain_directories(count: int, closed: bool) -> bytes:
    """A TIFF of many empty directories, the last of which may lead back to the first."""
    starts = [8 + 6 * number for number in range(count)]
    links = [*starts[1:], starts[0] if closed else 0]
    return b"II*\0" + struct.pack("<I", 8) + b"".join(struct.pack("<HI", 0, link) for link in links)


@pytest.mark.parametrize(
    ("body", "count"),
    (
        (b"", 1), (b"II*\0", 1), (b"GIF89a", 1), (b"\x89PNG", 1), (b"RIFF\0\0\0\0WEBPVP8X", 1), (b"%PDF", 1),
        (chain_directories(3, closed=True), 3),
        (chain_directories(10 * MAX_PAGES, closed=False), MAX_PAGES + 1),
        (FILES["GIF"]()[:200], 1),
        (b"GIF89a" + bytes(7) + b"," + bytes(10) + b"\1x" * 8_000_000, 1),
        (b"GIF89a" + bytes(7) + (b"," + bytes(10) + b"\0") * 1_000_000, MAX_PAGES + 1),
    ),
)  # fmt: skip
def test_counting_ends_soon_whatever_a_file_says(body: bytes, count: int) -> None:
    began = time.process_time()
    assert count_pages(body) == count
    assert time.process_time() - began < 1


def repeat_large_frames(count: int) -> bytes:
    """A GIF of some KiB whose frames have 16 megapixels each."""
    black = Image.new("L", (4000, 4000))
    one = save_pages([black, Image.new("L", (4000, 4000), 1)], "GIF")
    first = one.index(b"\x21\xf9")
    frames = one[first:-1]
    return one[:first] + frames * count + b";"


@pytest.mark.parametrize(
    ("make", "error"),
    (
        (lambda: chain_directories(2 * MAX_PAGES, closed=False), TooLarge),
        (lambda: b"%PDF-1.7\n" + bytes(1000), Unreadable),
        (lambda: b"%PDF", Unreadable),
    ),
)
def test_what_cannot_be_opened_is_refused(make: Callable[[], bytes], error: type[DigitsError]) -> None:
    with pytest.raises(error):
        open_pages(make())


def test_an_animation_of_large_frames_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_PAGE_PIXELS", 10 * 16_000_000)
    monkeypatch.setattr(inspection, "MAX_SECONDS", 60.0)  # of a page: on a busy machine one took longer than two
    found = open_pages(repeat_large_frames(20))
    assert len(found) > 20
    began = time.process_time()
    outcomes = []
    for page in found:
        try:
            decode_picture(page)
            outcomes.append("read")
        except TooLarge:
            outcomes.append("too large")
    assert outcomes == ["read"] * 10 + ["too large"] * (len(found) - 10)
    assert time.process_time() - began < MAX_TIME


def test_a_page_that_costs_too_much_is_refused_though_the_first_is_small() -> None:
    body = bytearray(save_pages([Image.new("L", (8, 8), 9), Image.new("L", (8, 8), 9)], "TIFF"))
    (first,) = struct.unpack_from("<I", body, 4)
    (entries,) = struct.unpack_from("<H", body, first)
    (second,) = struct.unpack_from("<I", body, first + 2 + 12 * entries)
    for entry in range(second + 2, second + 2 + 12 * 4, 12):
        if struct.unpack_from("<H", body, entry)[0] in (256, 257):
            struct.pack_into("<HI", body, entry + 2, 4, 1)
            struct.pack_into("<I", body, entry + 8, 60_000)
    one, two = open_pages(bytes(body))
    assert decode_picture(one).width == 8
    with pytest.raises(DigitsError):
        decode_picture(two)


def heic(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    stream = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels).convert("RGB")).save(stream, **options)
    return stream.getvalue()


def test_a_photograph_of_a_phone_is_read(reader: Reader, client: FlaskClient) -> None:
    body = heic(draw_digit(7))
    assert body[4:12] == b"ftypheic"
    assert reader.read(body)["digit"] == 7
    assert client.post("/predict", data=body).get_json()["digit"] == 7
    large = decode_picture(heic(np.repeat(np.repeat(draw_digit(7), 10, 0), 10, 1)))
    assert (large.width, large.height, large.pixels.shape[:2]) == (2800, 2800, (1400, 1400))


@pytest.mark.parametrize(
    ("change", "error"),
    (
        (lambda body: body[: len(body) // 2], Unreadable),
        (lambda body: body[:12], Unreadable),
        (lambda body: body.replace(b"hvcC", b"xxxx"), Unreadable),
        (lambda body: body.replace(b"ftypheic", b"ftypavif"), UnsupportedFormat),
    ),
)
def test_a_damaged_one_is_refused(change: Callable[[bytes], bytes], error: type[DigitsError]) -> None:
    with pytest.raises(error):
        decode_picture(change(heic(draw_digit(7))))
