"""POST /predict and /read: bytes in, JSON out, through the real app and the committed models."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from flask.testing import FlaskClient

from app.preprocessing.decoding import FORMATS_TEXT
from tests.support.drawings import draw_digit, draw_text, side_by_side, to_bytes, to_png

from .conftest import FEW, MAX_BYTES

SEVEN = to_png(draw_digit(7))
TWO = to_png(draw_digit(2))
BLANK = to_png(np.full((100, 100), 255, np.uint8))
TEXT = base64.b64encode(SEVEN).decode()
DATA_URL = f"data:image/png;base64,{TEXT}"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
JQUERY = "application/x-www-form-urlencoded; charset=UTF-8"

Sent = dict[str, Any]


def one_file(field: str = "file", body: bytes = SEVEN, name: str = "7.png") -> Sent:
    return {"data": {field: (io.BytesIO(body), name)}}


def one_part(head: str) -> Sent:
    """A form as Java's clients send it, whose part names no file."""
    head = f'--x\r\nContent-Disposition: form-data; name="file"\r\n{head}\r\n'
    return {"data": head.encode() + SEVEN + b"\r\n--x--\r\n", "content_type": MULTIPART}


FORMS: dict[str, Callable[[], Sent]] = {
    "a file": one_file,
    "a file under any field name": lambda: one_file("anything at all"),
    "a file whose name is a path": lambda: one_file(name="../../etc/passwd"),
    "a data URL as a form's field": lambda: {"data": {"image": DATA_URL}, "content_type": "multipart/form-data"},
    "image/png": lambda: {"data": SEVEN, "content_type": "image/png"},
    "a wrong image type": lambda: {"data": SEVEN, "content_type": "image/jpeg"},
    "application/octet-stream": lambda: {"data": SEVEN, "content_type": "application/octet-stream"},
    "no type": lambda: {"data": SEVEN},
    "what curl --data-binary claims": lambda: {"data": SEVEN, "content_type": FORM},
    "JSON, base64": lambda: {"json": {"image": TEXT}},
    "JSON, data URL": lambda: {"json": {"image": DATA_URL}},
    "JSON, base64 in lines": lambda: {"json": {"image": base64.encodebytes(SEVEN).decode()}},
    "JSON, base64 without padding": lambda: {"json": {"image": TEXT.rstrip("=")}},
    "JSON, URL-safe base64": lambda: {"json": {"image": base64.urlsafe_b64encode(SEVEN).decode()}},
    "JSON of another type": lambda: {"data": f'{{"image": "{TEXT}"}}', "content_type": "application/vnd.api+json"},
    "a data URL as text": lambda: {"data": DATA_URL, "content_type": "text/plain;charset=UTF-8"},
    "a data URL as jQuery sends it": lambda: {"data": DATA_URL, "content_type": JQUERY},
    "a data URL, percent-encoded": lambda: {"data": DATA_URL.replace("+", "%2B"), "content_type": FORM},
    "a part with a picture's type and no file name": lambda: one_part("Content-Type: image/png\r\n"),
    "a part of octets and no file name": lambda: one_part("Content-Type: application/octet-stream\r\n"),
    "a part without a type and a file name": lambda: one_part(""),
    "JSON as curl -d sends it": lambda: {"data": f' {{"image": "{TEXT}"}}', "content_type": FORM},
    "JSON that is said to be text": lambda: {"data": f'{{"image": "{DATA_URL}"}}', "content_type": "text/plain"},
    "JSON without a type": lambda: {"data": f'{{"image": "{TEXT}"}}'},
    "base64 as text": lambda: {"data": TEXT, "content_type": "text/plain"},
    "base64 in lines as text": lambda: {"data": base64.encodebytes(SEVEN), "content_type": "text/plain"},
    "base64 as curl -d sends it": lambda: {"data": TEXT, "content_type": FORM},
    "base64 as a form's field": lambda: {"data": {"image": TEXT}},
    "base64 as a field, not encoded": lambda: {"data": f"image={TEXT}&submit=1", "content_type": FORM},
    "a form's field, percent-encoded": lambda: {"data": f"imgBase64={quote(DATA_URL, safe='')}", "content_type": FORM},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("path", ("/predict", "/predict/"))
def test_a_picture_is_read_in_every_form(client: FlaskClient, path: str, form: Callable[[], Sent]) -> None:
    answer = client.post(path, **form())
    assert answer.status_code == 200, answer.text
    reading = answer.get_json()
    assert reading["digit"] == 7
    assert reading["certain"] is True
    assert reading["model"] == client.application.extensions["digits"].default
    assert reading["confidence"] == max(reading["probabilities"])
    assert sum(reading["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert len(reading["probabilities"]) == 10


@pytest.mark.parametrize("path", ("/predict", "/read", "/predict?explain=1"))
def test_what_should_not_be_trusted_says_why(client: FlaskClient, path: str) -> None:
    pale = to_png(np.asarray(255 - (255 - draw_digit(7)) // 16, np.uint8))
    for body, doubt in ((SEVEN, None), (pale, "faint")):
        answer = client.post(path, data=body).get_json()
        digit = answer["digits"][0] if "digits" in answer else answer
        assert (digit["digit"], digit["certain"], digit.get("doubt")) == (7, doubt is None, doubt)


def test_put_is_what_curl_upload_sends(client: FlaskClient) -> None:
    assert client.put("/predict", data=SEVEN).get_json()["digit"] == 7


SEVERAL: dict[str, Callable[[], Sent]] = {
    "files": lambda: {"data": {"a": [(io.BytesIO(SEVEN), "7.png"), (io.BytesIO(BLANK), "blank.png")],
                               "b": [(io.BytesIO(b"hello"), "note.txt"), (io.BytesIO(TWO), "2.png")]}},
    "JSON": lambda: {"json": {"images": [base64.b64encode(body).decode() for body in (SEVEN, BLANK, b"hello", TWO)]}},
}  # fmt: skip


@pytest.mark.parametrize("form", SEVERAL.values(), ids=SEVERAL)
def test_several_pictures_are_answered_in_the_order_sent(client: FlaskClient, form: Callable[[], Sent]) -> None:
    predictions = client.post("/predict", **form()).get_json()["predictions"]
    assert [one.get("digit", one.get("code")) for one in predictions] == [7, "no_ink", "unsupported_format", 2]


def test_a_list_of_one_is_answered_by_a_list(client: FlaskClient) -> None:
    predictions = client.post("/predict", json={"images": [TEXT]}).get_json()["predictions"]
    assert [one["digit"] for one in predictions] == [7]


def test_several_read_the_same_as_one_by_one(client: FlaskClient) -> None:
    bodies = [to_png(draw_digit(label)) for label in range(10)]
    alone = [client.post("/predict", data=body).get_json() for body in bodies]
    texts = [base64.b64encode(body).decode() for body in bodies]
    together = client.post("/predict", json={"images": texts}).get_json()["predictions"]
    assert [one["digit"] for one in together] == list(range(10))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], atol=2e-6)


def test_the_model_is_chosen_by_name(client: FlaskClient) -> None:
    for name in client.application.extensions["digits"].names:
        assert client.post(f"/predict?model={name}", data=SEVEN).get_json()["model"] == name


def test_explain_adds_the_steps(client: FlaskClient) -> None:
    steps = client.post("/predict?explain=1", data=SEVEN).get_json()["steps"]
    assert len(steps) >= 2
    for step in steps:
        assert set(step) == {"name", "decision", "picture"}
        assert step["picture"].startswith("data:image/png;base64,")


def test_explain_says_what_of_the_ink_speaks_for_the_answer(client: FlaskClient) -> None:
    evidence = client.post("/predict?explain=1", data=SEVEN).get_json()["evidence"]
    assert (evidence["digit"], np.array(evidence["map"]).shape) == (7, (28, 28))
    assert evidence["against"] not in (7, None)
    assert {part["place"]: part["digit"] for part in evidence["parts"]}["top"] == 1
    assert [like["digit"] for like in evidence["like"]] == [7] * 8
    for picture in (evidence["picture"], evidence["smallest"]["ink"], evidence["like"][0]["picture"]):
        assert picture.startswith("data:image/png;base64,")


@pytest.mark.parametrize(("against", "compared"), (("1", 1), ("3", 3)))
def test_the_answer_can_be_compared_with_any_digit(client: FlaskClient, against: str, compared: int) -> None:
    answers = client.post(f"/predict?explain=1&against={against}", json={"images": [TEXT, TEXT]}).get_json()
    assert [one["evidence"]["against"] for one in answers["predictions"]] == [compared] * 2


def test_the_answer_compared_with_itself_is_compared_with_the_second_guess(client: FlaskClient) -> None:
    usual, itself = (
        client.post(f"/predict?explain=1{query}", data=SEVEN).get_json()["evidence"] for query in ("", "&against=7")
    )
    assert itself == usual


def test_evidence_that_fills_an_answer_is_refused(small_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.reading.answers.MAX_STEPS", 40_000)
    assert small_client.post("/predict?explain=1", data=SEVEN).status_code == 200
    answer = small_client.post("/predict?explain=1", json={"images": [TEXT, TEXT]})
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("model", "decision"), (("robust", "longer side made 20"), ("lenet_sigmoid", "longer side made 28"))
)
def test_a_picture_is_framed_as_the_model_was_trained(client: FlaskClient, model: str, decision: str) -> None:
    steps = client.post(f"/predict?explain=1&model={model}", data=SEVEN).get_json()["steps"]
    assert steps[-1]["decision"].startswith(decision)


def test_a_model_with_names_for_its_classes_says_the_label(small_client: FlaskClient) -> None:
    answer = small_client.post("/predict?model=unsure", data=SEVEN).get_json()
    assert answer["label"] == f"garment {answer['digit']}"
    assert "label" not in small_client.post("/predict?model=plain", data=SEVEN).get_json()


BAD_REQUESTS: dict[str, tuple[Sent, int, str, str]] = {
    "no body": ({}, 400, "bad_request", "holds no picture"),
    "an empty file": (one_file(body=b""), 400, "bad_request", "holds no picture"),
    "a form without a file": ({"data": {}, "content_type": MULTIPART}, 400, "bad_request", "no picture"),
    "text": ({"data": b"hello"}, 415, "unsupported_format", FORMATS_TEXT),
    "base64 of text": ({"data": base64.b64encode(b"hello"), "content_type": FORM}, 415, "unsupported_format", "Send"),
    "bad JSON by curl -d": ({"data": "{'image': 1}", "content_type": FORM}, 400, "bad_request", "not JSON"),
    "HTML": ({"data": b"<!doctype html>7", "content_type": "text/html"}, 415, "unsupported_format", FORMATS_TEXT),
    "a damaged HEIC": ({"data": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"}, 422, "unreadable", "damaged"),
    "AVIF": ({"data": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"}, 415, "unsupported_format", "AVIF"),
    "a blank picture": ({"data": BLANK}, 422, "no_ink", "Nothing"),
    "a truncated PNG": ({"data": SEVEN[: len(SEVEN) // 2]}, 422, "unreadable", "truncated or damaged"),
    "not JSON": ({"data": "{", "content_type": "application/json"}, 400, "bad_request", "not JSON"),
    "deep JSON": ({"data": "[" * 3000, "content_type": "application/json"}, 400, "bad_request", "not JSON"),
    "a JSON list": ({"json": [TEXT]}, 400, "bad_request", '"image"'),
    "JSON without a picture": ({"json": {}}, 400, "bad_request", '"image"'),
    "JSON with both": ({"json": {"image": "", "images": []}}, 400, "bad_request", "either"),
    "JSON with a number": ({"json": {"image": 7}}, 400, "bad_request", "as a string"),
    "JSON with an empty list": ({"json": {"images": []}}, 400, "bad_request", "empty"),
    "not base64": ({"json": {"image": "seven!"}}, 400, "bad_request", "not base64"),
    "a data URL cut short": ({"data": "data:image/png;base64", "content_type": FORM}, 400, "bad_request", "comma"),
    "too many bytes": ({"data": bytes(MAX_BYTES + 1)}, 413, "too_large", f"{MAX_BYTES:,} bytes"),
    "too many pictures": ({"json": {"images": ["AAAA"] * (FEW + 1)}}, 413, "too_large", f"at most {FEW}"),
}  # fmt: skip


@pytest.mark.parametrize("path", ("/predict", "/read"))
@pytest.mark.parametrize(("sent", "status", "code", "sentence"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_a_bad_request_is_refused_with_what_was_expected(
    small_client: FlaskClient, path: str, sent: Sent, status: int, code: str, sentence: str
) -> None:
    if isinstance(sent.get("data"), dict):  # a stream can be sent only once
        sent = {**sent, "data": {name: (io.BytesIO(b""), "empty.png") for name in sent["data"]}}
    answer = small_client.post(path, **sent)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text
    assert sentence in answer.get_json()["error"]
    assert set(answer.get_json()) == {"error", "code"}


@pytest.mark.parametrize("format_", ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
def test_curl_is_told_of_data_binary_only_where_it_took_bytes_out(client: FlaskClient, format_: str) -> None:
    black_and_white = np.where(draw_digit(7) < 128, 0, 255).astype(np.uint8)  # so a BMP or TIFF may hold no line end
    picture = to_bytes(black_and_white, format_)
    answer = client.post("/predict", data=picture, content_type=FORM)
    assert (answer.status_code, answer.get_json().get("digit")) == (200, 7), answer.text
    answer = client.post("/predict", data=picture.translate(None, b"\0\r\n"), content_type=FORM)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_request"), answer.text
    assert "--data-binary" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "sentence"),
    (
        ("GET", "/predict", 405, "method_not_allowed", "Use POST, PUT"),
        ("GET", "/predict?model=plain", 405, "method_not_allowed", "GET is not possible at /predict"),
        ("DELETE", "/read", 405, "method_not_allowed", "Use POST, PUT"),
        ("GET", "/nowhere", 404, "not_found", "nothing at /nowhere"),
        ("POST", "/predict?model=none", 404, "not_found", "Served here: plain, unsure"),
        ("POST", "/predict?explain=yes", 400, "bad_request", "explain=1"),
        ("POST", "/predict?explain=1&against=10", 400, "bad_request", "against=0 to against=9"),
        ("POST", "/predict?against=", 400, "bad_request", "against=0 to against=9"),
    ),
)
def test_a_wrong_path_says_what_is_there(
    small_client: FlaskClient, method: str, path: str, status: int, code: str, sentence: str
) -> None:
    answer = small_client.open(path, method=method, data=SEVEN)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert sentence in answer.get_json()["error"]


def test_a_failure_of_ours_shows_no_traceback(tiny_models: Path, caplog: pytest.LogCaptureFixture) -> None:
    from app import create_app

    app = create_app({"models": tiny_models})

    @app.get("/broken")
    def broken() -> str:
        return str(1 / 0)

    answer = app.test_client().get("/broken")
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal")
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


def test_health(small_client: FlaskClient) -> None:
    assert small_client.get("/health/live").get_json() == {"live": True}
    ready = {"ready": True, "models": ["plain", "unsure"], "corrections": "off"}
    assert small_client.get("/health/ready").get_json() == ready


def test_an_upload_stays_in_memory(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    large = to_bytes(draw_digit(7, shape=(1000, 1000), height=600, pen=60), "BMP")  # 1 MB: werkzeug would use a file
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="7.bmp"\r\n\r\n'
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.__init__", None)
    answer = client.post("/predict", data=head + large + b"\r\n--x--\r\n", content_type=MULTIPART)
    assert answer.get_json()["digit"] == 7


def test_a_number_is_read_in_order(client: FlaskClient) -> None:
    page = side_by_side([draw_digit(label, shape=(280, 200)) for label in (4, 2, 7)])
    answer = client.post("/read", data=to_png(page)).get_json()
    assert answer["text"] == "427"
    assert [one["digit"] for one in answer["digits"]] == [4, 2, 7]
    lefts = [one["box"][0] for one in answer["digits"]]
    assert lefts == sorted(lefts)
    for one in answer["digits"]:
        x, y, width, height = one["box"]
        assert 0 <= x < x + width <= page.shape[1]
        assert 0 <= y < y + height <= page.shape[0]


def test_signs_are_in_the_text_and_among_the_marks(client: FlaskClient) -> None:
    answer = client.post("/read", data=to_png(draw_text("-7.2"))).get_json()
    assert answer["text"] == "-7.2"
    assert [one["digit"] for one in answer["digits"]] == [7, 2]
    assert [(mark["sign"], mark["certain"]) for mark in answer["marks"]] == [("-", True), (".", True)]
    lefts = [answer["marks"][0], answer["digits"][0], answer["marks"][1], answer["digits"][1]]
    assert lefts == sorted(lefts, key=lambda one: one["box"][0])


@pytest.mark.parametrize("label", range(10))
def test_one_digit_reads_the_same_by_read(client: FlaskClient, label: int) -> None:
    body = to_png(draw_digit(label))
    one = client.post("/predict", data=body).get_json()
    digits = client.post("/read", data=body).get_json()["digits"]
    assert [digit["digit"] for digit in digits] == [label]
    np.testing.assert_allclose(digits[0]["probabilities"], one["probabilities"], atol=0.02)
