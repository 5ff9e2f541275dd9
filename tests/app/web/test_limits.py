"""Limits of what comes in, and the headers of what goes out."""

from __future__ import annotations

import base64
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray

from app import create_app
from app.preprocessing import grouping, strokes
from app.preprocessing.decoding import decode_picture
from app.web.limits import ADDRESSES, SharedStorage, count_max_workers
from app.web.metrics import PLACE
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, draw_text, to_bytes, to_png
from tests.support.servers import serve

SEVEN = to_png(draw_digit(7))


@pytest.fixture
def table() -> Iterator[SharedStorage]:
    storage = SharedStorage()
    storage.reset()
    yield storage
    storage.reset()


def test_a_client_that_asks_too_often_is_given_retry_after(tiny_models: Path, table: SharedStorage) -> None:
    client = create_app({"models": tiny_models, "rate": "3/hour"}).test_client()
    answers = [client.post("/predict", data=SEVEN) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].get_json()["code"] == "too_many_requests"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 3600
    assert client.get("/health/ready").status_code == 200
    other = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.post("/predict", data=SEVEN, environ_overrides=other).status_code == 200


def test_workers_count_a_client_together(table: SharedStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    for place in ("0", "1", "2"):
        monkeypatch.setenv(PLACE, place)
        counts.append(SharedStorage().incr("somebody", 3600, 2))
    assert counts == [2, 4, 6]
    assert table.get("somebody") == 6
    table.clear("somebody")
    assert table.get("somebody") == 0


def test_a_new_window_starts_at_nothing(table: SharedStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("app.web.limits.time.monotonic", lambda: now)
    assert [table.incr("x", 60), table.incr("x", 60)] == [1, 2]
    now += 60
    assert table.incr("x", 60) == 1


def test_every_worker_has_a_place_of_its_own_also_while_new_ones_come() -> None:
    assert [count_max_workers(workers) for workers in (1, 2, 256)] == [2, 4, 512]
    assert count_max_workers(0) >= 4


def test_addresses_that_share_a_count_cannot_be_predicted() -> None:
    """With crc32, which needs no key, this address shared the count of 203.0.113.9 wherever Digits ran."""
    victim, attacker = "LIMITS:LIMITER/203.0.113.9/3/1/hour", "LIMITS:LIMITER/198.51.239.202/3/1/hour"
    assert zlib.crc32(victim.encode()) % ADDRESSES == zlib.crc32(attacker.encode()) % ADDRESSES
    program = f"""if True:
        from app.web.limits import SharedStorage
        table = SharedStorage()
        table.incr({victim!r}, 3600)
        print(table.get({attacker!r}), table._entry({victim!r}))
        """
    done = [
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    (shared, entry), (other_shared, other_entry) = (each.stdout.split() for each in done)
    assert (shared, other_shared) == ("0", "0")
    assert entry != other_entry


@pytest.mark.parametrize(("proxies", "allowed"), ((0, 1), (1, 3)))
def test_a_proxy_is_believed_only_where_it_is_set(
    tiny_models: Path, table: SharedStorage, proxies: int, allowed: int
) -> None:
    client = create_app({"models": tiny_models, "rate": "1/hour", "proxies": proxies}).test_client()
    answers = [
        client.post("/predict", data=SEVEN, headers={"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(3)
    ]
    assert [answer.status_code for answer in answers].count(200) == allowed


@pytest.mark.parametrize(
    "spellings",
    (
        ("203.0.113.9", "203.0.113.9:1", "203.0.113.9:2", "::ffff:203.0.113.9", " 203.000.113.009", '"203.0.113.9"'),
        ("2001:db8::1", "[2001:db8::2]", "[2001:DB8::3]:443", "2001:0db8:0::4%eth0"),
        ("unknown", "nobody", "\x9b", "1.2.3.4.5", "x" * 5000),  # then the proxy's address is counted
    ),
    ids=("IPv4", "IPv6", "none"),
)
def test_a_client_is_counted_once_for_every_spelling_of_its_address(
    tiny_models: Path, table: SharedStorage, spellings: tuple[str, ...]
) -> None:
    client = create_app({"models": tiny_models, "rate": "1/hour", "proxies": 1}).test_client()
    codes = [
        client.post("/predict", data=SEVEN, headers={"X-Forwarded-For": spelling}).status_code for spelling in spellings
    ]
    assert codes == [200] + [429] * (len(spellings) - 1)


def test_the_workers_of_a_real_server_count_a_client_together() -> None:
    spellings = ("203.0.113.9", "203.0.113.9:5", "::ffff:203.0.113.9", "203.000.113.009")
    with serve(workers=3, rate="5/hour", proxies=1) as address:
        codes = [ask(address, spellings[number % 4]) for number in range(20)]
        assert codes.count(200) == 5
        assert codes.count(429) == 15
        assert ask(address, "198.51.100.7") == 200


def ask(address: str, forwarded: str) -> int:
    """Send a picture by a connection of its own, and return the status."""
    try:
        with urlopen(Request(f"{address}/predict", SEVEN, {"X-Forwarded-For": forwarded})) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


# ---- pictures ----


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is huge and holds few bytes."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(1000))))
    body = b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in (*chunks, (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + body


def bmp_of(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)


def gif_of(width: int, height: int) -> bytes:
    start = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return start + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02D\x01\x00;"


BOMBS = {
    "PNG": png_of(60_000, 60_000),
    "PNG in a line": png_of(2**31 - 1, 1),
    "BMP": bmp_of(60_000, 60_000),
    "GIF": gif_of(65_535, 65_535),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_huge_picture_is_refused_before_its_pixels_are_decoded(tiny_client: FlaskClient, bomb: bytes) -> None:
    answer = tiny_client.post("/predict", data=bomb)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text


@pytest.mark.parametrize("kind", ("PNG", "TIFF", "WEBP", "JPEG"))
def test_a_real_bomb_is_refused(tiny_client: FlaskClient, kind: str) -> None:
    from PIL import Image

    options: dict[str, dict[str, Any]] = {
        "TIFF": {"compression": "tiff_deflate"},
        "WEBP": {"lossless": True, "quality": 0, "method": 0},
    }
    bomb = to_bytes(Image.new("1" if kind in ("PNG", "TIFF") else "L", (16_000, 5_000)), kind, **options.get(kind, {}))
    assert len(bomb) < 2**21
    answer = tiny_client.post("/predict", data=bomb)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text


def test_form_fields_are_limited(small_client: FlaskClient, tiny_client: FlaskClient) -> None:
    many = {f"field{number}": "x" for number in range(2000)}
    answer = tiny_client.post("/predict", data=many, content_type="multipart/form-data")
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert "parts" in answer.get_json()["error"]


def test_the_time_for_the_pictures_of_a_request_is_limited(tiny_models: Path) -> None:
    client = create_app({"models": tiny_models}).test_client()
    client.application.config["MAX_SECONDS"] = 0
    text = base64.b64encode(SEVEN).decode()
    for path, message in (
        ("/predict", {"images": [text] * 2}),
        ("/read", {"images": [text] * 2}),
        ("/v1/models/plain:predict", {"instances": [{"b64": text}] * 2}),
    ):
        answer = client.post(path, json=message)
        assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text
        assert "0 of the 2 pictures took more than 0 seconds" in answer.get_json()["error"]


def test_a_picture_of_countless_strokes_is_refused(tiny_client: FlaskClient) -> None:
    page = np.where(np.random.default_rng(0).random((2000, 2000)) < 0.03, 255, 0).astype(np.uint8)
    answer = tiny_client.post("/read", data=to_png(page))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text[:200]
    assert "at most 2000 are read" in answer.get_json()["error"]


MARGIN = 60  # pixels of paper: what goes from border to border is a fold or a rule


def diagonals(side: int = 1999) -> NDArray[np.uint8]:
    """Lines so long and slanted that each one's box is nearly as large as the picture."""
    rows, columns = np.mgrid[: side - 2 * MARGIN, : side - 2 * MARGIN]
    return np.pad(np.where((rows + columns) % 8 < 2, 0, 255).astype(np.uint8), MARGIN, constant_values=255)


def test_a_picture_whose_strokes_reach_too_far_is_refused(tiny_client: FlaskClient) -> None:
    answer = tiny_client.post("/read", data=to_png(diagonals()))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text[:200]
    assert "at most 16,000,000 are read" in answer.get_json()["error"]


def test_more_than_a_thousand_strokes_are_read_only_where_they_are_small(
    tiny_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strokes, "MAX_MANY_BOXES", 500_000)
    rows, columns = np.mgrid[:1800, :1800] % 50
    page = np.where((abs(rows - columns) < 4) & (rows < 40) & (columns < 40), 0, 255).astype(np.uint8)
    answer = tiny_client.post("/read", data=to_png(np.pad(page, MARGIN, constant_values=255)))
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text[:200]
    assert "1296 strokes" in answer.get_json()["error"]
    assert "at most 500,000 are read" in answer.get_json()["error"]


def test_a_picture_with_too_much_that_may_be_a_digit_is_refused(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = to_png(draw_text("2385407196", height=90, pen=8, gap=-4 / 90))
    assert client.post("/read", data=page).status_code == 200
    monkeypatch.setattr(grouping, "MAX_LOOKS", 20)
    answer = client.post("/read", data=page)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large"), answer.text[:200]
    assert "at most 20 are looked at" in answer.get_json()["error"]


def test_the_steps_of_a_large_picture_are_small(tiny_client: FlaskClient) -> None:
    large = draw_digit(5, shape=(1500, 1200), height=900, pen=90)
    steps = tiny_client.post("/predict?explain=1", data=to_png(large)).get_json()["steps"]
    sizes = [decode_picture(base64.b64decode(step["picture"].partition(",")[2])).pixels.shape[:2] for step in steps]
    assert sizes[0] == (500, 400)
    assert sizes[-1] == (28, 28)


def test_the_steps_of_many_pictures_are_refused(tiny_client: FlaskClient) -> None:
    picture = np.random.default_rng(0).integers(200, 256, (500, 500, 3), np.uint8)
    picture[draw_digit(7, shape=(500, 500), height=300, pen=50) == 0] = 0, 0, 90
    texts = [base64.b64encode(to_png(picture)).decode()] * 20
    assert len(tiny_client.post("/predict", json={"images": texts}).get_json()["predictions"]) == 20
    answer = tiny_client.post("/predict?explain=1", json={"images": texts})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")
    assert "at most 16,777,216 are sent" in answer.get_json()["error"]


# ---- headers ----


@pytest.mark.parametrize(
    "path", ("/", "/docs", "/models", "/models/plain", "/health/live", "/nowhere", "/openapi.json", "/static/page.js")
)
def test_types_are_not_guessed_and_pages_load_nothing_from_elsewhere(tiny_client: FlaskClient, path: str) -> None:
    answer = tiny_client.get(path, headers={"Accept": "text/html"})
    answer.get_data()
    answer.close()  # the file that it may be
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers
    if answer.mimetype == "text/html":
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "camera=(self)" in answer.headers["Permissions-Policy"]
        assert " style=" not in answer.text
        assert "<script>" not in answer.text


def test_what_a_client_sends_comes_back_escaped(tiny_client: FlaskClient) -> None:
    for path in ("/models/<script>alert(1)</script>", "/<script>", "/?language=<script>"):
        answer = tiny_client.get(path)
        assert answer.mimetype == "application/json" or "<script>" not in answer.text


@pytest.mark.parametrize(
    ("origins", "asks", "allowed"),
    (
        ("", "https://a.example", None),
        ("https://a.example,https://b.example", "https://b.example", "https://b.example"),
        ("https://a.example", "https://evil.example", None),
        ("*", "https://anyone.example", "*"),
        ("http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::1]:8080", "http://1:8080", None),
    ),
)
def test_other_sites_may_ask_only_where_they_are_named(
    tiny_models: Path, origins: str, asks: str, allowed: str | None
) -> None:
    client = create_app({"models": tiny_models, "origins": origins}).test_client()
    headers = {"Origin": asks, "Access-Control-Request-Method": "POST"}
    before = client.options("/predict", headers=headers)
    assert before.headers.get("Access-Control-Allow-Origin") == allowed
    assert ("POST" in before.headers.get("Access-Control-Allow-Methods", "")) == (allowed is not None)
    answer = client.post("/predict", data=SEVEN, headers={"Origin": asks})
    assert answer.status_code == 200
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    if origins:  # a cache must not give one site's answer to another
        assert "Origin" in client.get("/health/live").headers["Vary"]
