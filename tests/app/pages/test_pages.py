"""The pages as the server sends them: languages, colours, headers, compression, models and their reports."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from backports import zstd
from flask.testing import FlaskClient
from PIL import Image, ImageDraw

from app import create_app
from app.models.card import read_card, write_card
from app.pages.charts import TOP
from app.pages.report import draw_curves
from app.pages.texts import LANGUAGES, load_texts
from app.pages.views import STATIC

SCRIPT = "/static/drawing/drawing.js"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55")


@pytest.fixture
def reported(tiny_models: Path, tmp_path: Path) -> FlaskClient:
    """A client of an app whose plain model has a card in full and a report."""
    models = shutil.copytree(tiny_models, tmp_path / "models")
    folder = models / "plain"
    card = {
        **(read_card(folder) or {}),
        "claimed": "99.1 %",
        "parameters": 1234,
        "metrics": {
            "test_accuracy": 0.9912,
            "served_accuracy": 0.9876,
            "calibration": {"expected_error": 0.01, "bins": [{"confidence": 0.9, "accuracy": 0.8, "count": 10}]},
        },
        "history": {"accuracy": [0.9, 0.95], "validation_accuracy": [0.91, 0.94], "loss": [0.3, 0.2]},
        "confusion": [[9 if row == column else int(column == 3) for column in range(10)] for row in range(10)],
        "layers": [{"name": "conv", "type": "Conv2D", "output_shape": [26, 26, 8], "parameters": 80}],
    }
    write_card(folder, card)
    (folder / "report").mkdir(exist_ok=True)
    (folder / "report" / "errors.png").write_bytes(PNG)
    return create_app({"models": models}).test_client()


@pytest.fixture
def visitor(small_client: FlaskClient) -> FlaskClient:
    """A browser that has no cookies yet."""
    return small_client.application.test_client()


def test_every_text_is_there_in_every_language() -> None:
    english, *others = (load_texts(language)["page"] for language in LANGUAGES)
    for texts in others:
        of_description = {key for key in texts if key.startswith("docs.")}  # in English it is the description's own
        assert texts.keys() - of_description == english.keys() - of_description
        assert all(texts.values())


def test_every_text_that_a_script_says_is_there_in_every_language() -> None:
    english, *others = (load_texts(language)["script"] for language in LANGUAGES)
    for texts in others:
        assert texts.keys() >= english.keys()


def test_every_text_of_the_inside_is_there_in_every_language() -> None:
    english, *others = (
        json.loads((STATIC / "inside" / f"{language}.json").read_text("utf-8")) for language in LANGUAGES
    )
    for texts in others:
        assert texts.keys() == english.keys()
        for key, text in texts.items():
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[key])), key


@pytest.mark.parametrize(
    ("address", "accepted", "language"),
    (
        ("/", "de,en;q=0.5", "en"),
        ("/", "zh-CN,zh;q=0.9", "zh"),
        ("/", "de", "en"),
        ("/?language=zh", "en", "zh"),
        ("/?language=xx", "zh", "zh"),
    ),
)
def test_the_language_is_the_readers(visitor: FlaskClient, address: str, accepted: str, language: str) -> None:
    page = visitor.get(address, headers={"Accept-Language": accepted}).text
    assert f'<html lang="{language}"' in page


@pytest.mark.parametrize(("cookie", "attribute"), (("dark", ' data-theme="dark"'), ('"><script>', "")))
def test_only_known_colours_are_written_into_a_page(visitor: FlaskClient, cookie: str, attribute: str) -> None:
    visitor.set_cookie("theme", cookie)
    page = visitor.get("/").text
    assert f'<html lang="en"{attribute}>' in page


@pytest.mark.parametrize("path", ("/", "/models", "/models/plain"))
def test_pages_allow_nothing_inline_and_nothing_from_elsewhere(small_client: FlaskClient, path: str) -> None:
    response = small_client.get(path, headers={"Accept": BROWSER})
    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    own = (
        'property="og:image" content="http://localhost/static/icons/preview.png"'  # other sites need the whole address
    )
    assert own in response.text
    assert "://" not in response.text.replace("http://www.w3.org/", "").replace(own, "")
    assert " style=" not in response.text


@pytest.mark.parametrize(
    ("accepted", "encoding", "decompress"),
    (
        ("gzip", "gzip", gzip.decompress),
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip, deflate, br, zstd", "zstd", zstd.decompress),
    ),
)
def test_pages_and_scripts_are_compressed_for_browsers_that_ask(
    small_client: FlaskClient, accepted: str, encoding: str, decompress: Callable[[bytes], bytes]
) -> None:
    asked = {"Accept-Encoding": accepted}
    with small_client.get(SCRIPT) as whole, small_client.get(SCRIPT, headers=asked) as packed:
        assert packed.headers["Content-Encoding"] == encoding
        assert "Content-Length" in packed.headers
        assert decompress(packed.data) == whole.data == (STATIC / "drawing" / "drawing.js").read_bytes()
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert "Accept-Encoding" in whole.headers["Vary"]
    tag = packed.headers["ETag"]
    with small_client.get(SCRIPT, headers={**asked, "If-None-Match": tag}) as again:
        assert again.status_code == 304
    with small_client.get(SCRIPT, headers={"If-None-Match": tag}) as other:
        assert other.status_code == 200  # the tag is of the compressed file
    with small_client.head(SCRIPT, headers=asked) as head:
        assert head.headers["Content-Length"] == packed.headers["Content-Length"]


@pytest.mark.parametrize(
    "headers", ({"Accept-Encoding": "gzip;q=0"}, {"Accept-Encoding": "gzip", "Range": "bytes=0-4999"})
)
def test_an_answer_stays_uncompressed_where_gzip_is_refused_or_a_part_is_wanted(
    small_client: FlaskClient, headers: dict[str, str]
) -> None:
    with small_client.get(SCRIPT, headers=headers) as answer:
        assert "Content-Encoding" not in answer.headers
        assert (STATIC / "drawing" / "drawing.js").read_bytes().startswith(answer.data)


def test_a_small_answer_is_not_compressed(small_client: FlaskClient) -> None:
    answer = small_client.get("/health/ready", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("accepted", ("application/json", "*/*"))
def test_models_are_json_to_a_program(small_client: FlaskClient, accepted: str) -> None:
    answer = small_client.get("/models", headers={"Accept": accepted}).json
    assert answer
    assert answer["default"] == "plain"
    assert [card["name"] for card in answer["models"]] == ["plain", "unsure"]


def test_models_are_a_page_to_a_browser(small_client: FlaskClient) -> None:
    response = small_client.get("/models", headers={"Accept": BROWSER})
    assert response.mimetype == "text/html"
    assert 'href="/models/unsure"' in response.text


def test_a_models_page_says_what_its_card_says(reported: FlaskClient) -> None:
    page = reported.get("/models/plain").text
    for text in ("99.12%", "98.76%", "99.1%", "1,234", "26 \N{MULTIPLICATION SIGN} 26", "<polyline", 'class="heat-9"'):
        assert text in page
    assert 'src="/models/plain/report/errors.png" width="1" height="1"' in page


def test_the_first_epochs_do_not_flatten_the_curves() -> None:
    chart = draw_curves({"loss": [9.0, *[0.3 - epoch / 100 for epoch in range(19)]]})["loss"]
    assert [tick.text for tick in chart.y_ticks][-1] == "0.3"
    off, *shown = (y for _, y in chart.lines[0].points)
    assert off < TOP <= min(shown)


def test_a_model_without_a_card_has_a_page(small_client: FlaskClient) -> None:
    assert "<h1>unsure</h1>" in small_client.get("/models/unsure").text


def test_the_pictures_of_a_report_are_sent(reported: FlaskClient) -> None:
    with reported.get("/models/plain/report/errors.png") as response:
        assert response.mimetype == "image/png"
        assert response.data == PNG


@pytest.mark.parametrize(
    "path",
    (
        "/models/nobody",
        "/models/nobody/report/errors.png",
        "/models/plain/report/none.png",
        "/models/plain/report/../card.json",
        "/models/plain/report/..%2f..%2fsecret.png",
        "/models/..%2f..%2fapp/report/errors.png",
        "/models/plain/card.json",
    ),
)
def test_nothing_else_of_a_model_is_sent(reported: FlaskClient, path: str) -> None:
    response = reported.get(path)
    assert response.status_code == 404
    assert json.loads(response.data)["code"] == "not_found"


@pytest.mark.parametrize(
    ("accept", "kind"),
    (
        ("application/json", "application/json"),
        ("*/*", "text/html"),
        ("", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ),
)
def test_a_program_that_asks_for_json_is_told_that_the_server_is_alive(
    tiny_client: FlaskClient, accept: str, kind: str
) -> None:
    answer = tiny_client.get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (200, kind)
    assert "Accept" in answer.headers["Vary"]
    if kind == "application/json":
        assert answer.get_json() == {"status": "alive"}


@pytest.mark.parametrize(
    ("path", "status", "said"),
    (
        ("/nope", 404, "There is no such page"),
        ("/models/nope", 404, "There is no such page"),
        ("/predict", 405, "This cannot be done here"),
    ),
)
def test_a_failure_is_a_page_to_a_browser_and_json_to_a_program(
    visitor: FlaskClient, path: str, status: int, said: str
) -> None:
    page = visitor.get(path, headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert said in page.text
    for accept in ("*/*", "application/json", ""):
        answer = visitor.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (status, "application/json")
        assert "Accept" in answer.vary


def test_a_failure_is_said_in_the_visitors_language(visitor: FlaskClient) -> None:
    page = visitor.get("/nope", headers={"Accept": BROWSER, "Accept-Language": "zh"})
    assert "没有这个页面" in page.text
    assert "网址可能打错了" in page.text


def test_the_form_without_scripts_reads_pictures(client: FlaskClient) -> None:
    seven, blank = draw_png([(30, 20), (70, 20), (45, 80)]), draw_png([])
    form = {"file": [(io.BytesIO(seven), "7.png"), (io.BytesIO(blank), "blank.png")]}
    page = client.post("/", data=form, headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert "<b>7</b>" in page.text
    assert page.text.count("</li>") == 2
    assert "No digit was found" in page.text
    assert "Write larger and clearer" in page.text


def draw_png(line: list[tuple[int, int]]) -> bytes:
    picture = Image.new("L", (100, 100), 255)
    ImageDraw.Draw(picture).line(line, fill=0, width=8)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
