"""The API of corrections: what is kept, shown, exported, read with and forgotten, and what is refused."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image

from app import corrections, create_app
from app.errors import DigitsError
from app.memory import database
from app.memory.limits import MAX_A_MINUTE
from app.preprocessing.digits import read_picture
from tests.app.memory.conftest import HAND, draw_odd_digit
from tests.support.drawings import draw_digit, to_png

OTHER = "another-hand-of-tests"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A client of an app with the committed models and a database of its own, for which it waits on a busy machine."""
    monkeypatch.setattr(database, "MAX_READING", 30)
    return create_app({"database": f"sqlite:///{tmp_path / 'digits.sqlite3'}"}).test_client()


def correct(client: FlaskClient, digit: int, picture: NDArray[np.uint8], hand: str = HAND) -> dict[str, Any]:
    answer = client.post(f"/corrections?digit={digit}&hand={hand}", data=to_png(picture))
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_a_correction_is_read_with_from_then_on_by_its_hand_alone(client: FlaskClient) -> None:
    picture = to_png(draw_odd_digit())
    before = client.post(f"/predict?hand={HAND}", data=picture).get_json()
    wrong = (before["digit"] + 1) % 10
    kept = [correct(client, wrong, draw_odd_digit()), correct(client, wrong, np.roll(draw_odd_digit(), 3))]
    assert kept[0] | {"id": 0} == {
        "id": 0,
        "digit": wrong,
        "was": before["digit"],
        "hand": HAND,
        "trusted": kept[0]["trusted"],
    }
    after = client.post(f"/predict?hand={HAND}", data=picture).get_json()
    assert after["digit"] == wrong
    assert after["without_hand"] == before["digit"]
    assert sum(after["probabilities"]) == pytest.approx(1, abs=1e-4)
    for path in ("/predict", f"/predict?hand={OTHER}", f"/predict?hand={HAND}&model=lenet5"):
        answer = client.post(path, data=picture).get_json()
        assert "without_hand" not in answer
    assert client.post("/predict", data=picture).get_json() == before
    number = client.post(f"/read?hand={HAND}", data=picture).get_json()
    assert [digit["digit"] for digit in number["digits"] if "without_hand" in digit] == [wrong] or len(
        number["digits"]
    ) != 1


def test_a_hand_is_counted_shown_and_exported(client: FlaskClient) -> None:
    kept = [correct(client, digit, draw_digit(digit)) for digit in (4, 4, 9)]
    assert client.get(f"/hands/{HAND}").get_json() == {"hand": HAND, "corrections": 3, "digits": {"4": 2, "9": 1}}
    shown = client.get(f"/hands/{HAND}/corrections").get_json()
    assert [each["id"] for each in shown["corrections"]] == [each["id"] for each in reversed(kept)]
    assert not shown["more"]
    first = shown["corrections"][0]
    png = base64.b64decode(first["picture"].partition(",")[2])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), read_picture(to_png(draw_digit(9))))
    assert (first["digit"], first["model"], first["version"]) == (9, "robust", "1")
    two = client.get(f"/hands/{HAND}/corrections?limit=2").get_json()
    assert two["more"]
    rest = client.get(f"/hands/{HAND}/corrections?before={two['corrections'][-1]['id']}").get_json()
    assert [each["id"] for each in rest["corrections"]] == [kept[0]["id"]]
    answer = client.get(f"/hands/{HAND}/export")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        names = archive.namelist()
        assert sorted({name.partition("/")[0] for name in names if name.endswith(".png")}) == ["4", "9"]
        assert len(names) == 4
        assert archive.read(names[-1]).startswith(b"file,digit,was,model,version,time")


def test_a_correction_and_a_hand_are_forgotten(client: FlaskClient) -> None:
    kept = [correct(client, digit, draw_digit(digit)) for digit in (4, 9)]
    correct(client, 3, draw_digit(3), OTHER)
    assert client.delete(f"/hands/{OTHER}/corrections/{kept[0]['id']}").status_code == 404
    assert client.delete(f"/hands/{HAND}/corrections/{kept[0]['id']}").status_code == 204
    assert client.get(f"/hands/{HAND}").get_json()["digits"] == {"9": 1}
    again = correct(client, 4, draw_digit(4))
    assert again["id"] > kept[1]["id"]
    answer = client.delete(f"/hands/{HAND}")
    assert (answer.status_code, answer.data) == (204, b"")
    assert client.get(f"/hands/{HAND}").get_json()["corrections"] == 0
    assert client.get(f"/hands/{OTHER}").get_json()["corrections"] == 1


def test_what_was_deleted_is_kept_again_when_its_picture_is_sent_again(client: FlaskClient) -> None:
    number = correct(client, 4, draw_odd_digit())["id"]
    shown = client.get(f"/hands/{HAND}/corrections").get_json()["corrections"][0]
    client.delete(f"/hands/{HAND}/corrections/{number}")
    answer = client.post(f"/corrections?digit=4&hand={HAND}", json={"image": shown["picture"]})
    assert answer.status_code == 201
    assert client.get(f"/hands/{HAND}/corrections").get_json()["corrections"][0]["picture"] == shown["picture"]


def test_a_hand_that_is_not_named_gets_a_name(client: FlaskClient) -> None:
    hands = {client.post("/corrections?digit=4", data=to_png(draw_digit(4))).get_json()["hand"] for _ in range(2)}
    assert len(hands) == 2
    assert all(client.get(f"/hands/{hand}").get_json()["corrections"] == 1 for hand in hands)


@pytest.mark.parametrize(
    "kind", ("body", "form", "json", "data URL")
)  # fmt: skip
def test_a_correction_comes_in_every_form_of_a_picture(client: FlaskClient, kind: str) -> None:
    png = to_png(draw_digit(7))
    text = base64.b64encode(png).decode()
    bodies: dict[str, dict[str, Any]] = {
        "body": {"data": png},
        "form": {"data": {"any": (io.BytesIO(png), "7.png")}},
        "json": {"json": {"images": [text]}},
        "data URL": {"data": f"data:image/png;base64,{text}", "content_type": "text/plain"},
    }
    assert client.post(f"/corrections?digit=7&hand={HAND}", **bodies[kind]).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    (
        ("POST", f"/corrections?hand={HAND}", 400, "bad_request"),
        ("POST", f"/corrections?digit=10&hand={HAND}", 400, "bad_request"),
        ("POST", f"/corrections?digit=&hand={HAND}", 400, "bad_request"),
        ("POST", "/corrections?digit=4&hand=short", 400, "bad_request"),
        ("POST", "/corrections?digit=4&hand=" + "x" * 65, 400, "bad_request"),
        ("POST", "/corrections?digit=4&hand=" + "ä" * 20, 400, "bad_request"),
        ("POST", f"/corrections?digit=4&hand={HAND}&model=none", 404, "not_found"),
        ("POST", "/predict?hand=short", 400, "bad_request"),
        ("POST", "/read?hand=", 400, "bad_request"),
        ("GET", "/hands/short", 400, "bad_request"),
        ("DELETE", "/hands/short", 400, "bad_request"),
        ("GET", "/hands/short/corrections", 400, "bad_request"),
        ("GET", "/hands/short/export", 400, "bad_request"),
        ("GET", f"/hands/{HAND}/corrections?limit=0", 400, "bad_request"),
        ("GET", f"/hands/{HAND}/corrections?limit=101", 400, "bad_request"),
        ("GET", f"/hands/{HAND}/corrections?before=-1", 400, "bad_request"),
        ("GET", f"/hands/{HAND}/corrections?before=" + "9" * 40, 400, "bad_request"),
        ("DELETE", f"/hands/{HAND}/corrections/1", 404, "not_found"),
        ("DELETE", f"/hands/{HAND}/corrections/" + "9" * 40, 404, "not_found"),
        ("DELETE", f"/hands/{HAND}/corrections/x", 404, "not_found"),
        ("POST", f"/hands/{HAND}", 405, "method_not_allowed"),
        ("GET", "/corrections", 405, "method_not_allowed"),
    ),
)
def test_what_cannot_be_done_is_one_sentence(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    data = to_png(draw_digit(4)) if method == "POST" else None
    answer = client.open(path, method=method, data=data)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    (
        ({"data": b""}, 400, "bad_request"),
        ({"data": b"hello"}, 415, "unsupported_format"),
        ({"data": to_png(np.full((60, 60), 255, np.uint8))}, 422, "no_ink"),
        ({"json": {"images": [base64.b64encode(to_png(draw_digit(4))).decode()] * 2}}, 400, "bad_request"),
    ),
)
def test_a_picture_that_cannot_be_read_is_not_kept(
    client: FlaskClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(f"/corrections?digit=4&hand={HAND}", **body)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)
    assert client.get(f"/hands/{HAND}").get_json()["corrections"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    (
        ("POST", f"/corrections?digit=4&hand={HAND}"),
        ("GET", f"/hands/{HAND}"),
        ("DELETE", f"/hands/{HAND}"),
        ("GET", f"/hands/{HAND}/corrections"),
        ("DELETE", f"/hands/{HAND}/corrections/1"),
        ("GET", f"/hands/{HAND}/export"),
    ),
)
def test_where_corrections_are_off_all_of_it_says_so(method: str, path: str, tiny_models: Path) -> None:
    client = create_app({"database": "", "models": tiny_models}).test_client()
    answer = client.open(path, method=method, data=to_png(draw_digit(4)) if method == "POST" else None)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "corrections_off")
    assert client.get("/health/ready").get_json()["corrections"] == "off"
    assert client.post(f"/predict?hand={HAND}", data=to_png(draw_digit(4))).status_code == 200


def test_a_hand_has_a_rate_and_an_address_too(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.memory.corrections.MAX_A_MINUTE", 3)
    statuses = [
        client.post(f"/corrections?digit=4&hand={HAND}", data=to_png(draw_digit(4))).status_code for _ in range(5)
    ]
    assert statuses == [201, 201, 201, 429, 429]
    assert MAX_A_MINUTE >= 60
    monkeypatch.setattr("app.web.limits.time", SimpleNamespace(monotonic=lambda: 0.0))  # all in the same minute
    monkeypatch.setattr(corrections, "RATE", "6/minute")
    corrections.init_app(client.application)
    statuses = [
        client.post(f"/corrections?digit=4&hand=another-hand-{number:06}", data=to_png(draw_digit(4))).status_code
        for number in range(8)
    ]
    assert statuses.count(429) >= 2
    assert 201 in statuses


def test_a_hand_has_a_limit(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.memory.corrections.MAX_CORRECTIONS", 2)
    answers = [client.post(f"/corrections?digit=4&hand={HAND}", data=to_png(draw_digit(4))) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 413]
    assert answers[-1].get_json()["code"] == "too_large"


def test_a_model_of_other_things_than_digits_cannot_be_corrected(tiny_models: Path, tmp_path: Path) -> None:
    client = create_app({"models": tiny_models, "database": f"sqlite:///{tmp_path / 'd.sqlite3'}"}).test_client()
    for model, status in (("plain", 201), ("unsure", 400)):
        answer = client.post(f"/corrections?digit=4&hand={HAND}&model={model}", data=to_png(draw_digit(4)))
        assert answer.status_code == status


def test_the_log_does_not_say_the_name_of_a_hand(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        client.get(f"/hands/{HAND}/corrections")
        client.post(f"/predict?hand={HAND}", data=to_png(draw_digit(4)))
        client.delete(f"/hands/{HAND}")
    lines = [json.dumps([record.getMessage(), getattr(record, "fields", {})]) for record in caplog.records]
    assert any("/hands/*/corrections" in line for line in lines)
    assert not any(HAND in line for line in lines)


def test_the_kinds_of_failure_have_codes_of_their_own() -> None:
    codes = [kind.code for kind in DigitsError.__subclasses__()]
    assert len(codes) == len(set(codes))
