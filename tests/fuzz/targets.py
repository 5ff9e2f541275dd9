"""Each way in, as a function of bytes that fails where the server would."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from app.errors import DigitsError
from app.memory.archives import BadArchive, read_archive
from app.memory.command import frame
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import read_picture
from app.preprocessing.writing import find_writing

from .wire import wire

MODELS = Path(__file__).parents[2] / "models"
STATUSES = {200, 201, 400, 413, 415, 422}  # what a body alone may lead to


@cache
def _client() -> tuple[object, str]:
    from app import corrections, create_app
    from app.memory import database

    database.MAX_READING = 30  # seconds: the machine may be busy
    corrections.RATE = "1000000/second"
    url = f"sqlite:///{tempfile.mkdtemp(prefix='digits-fuzz-')}/digits.sqlite3"
    app = create_app({"max_bytes": 2**20, "max_pictures": 16, "max_digits": 16, "database": url})
    return app.test_client(), app.extensions["digits"].default


def _post(path: str, body: bytes, headers: dict[str, str] | None = None) -> None:
    client, model = _client()
    answer = client.post(path.format(model=model), data=body, headers=headers)  # type: ignore[attr-defined]
    assert answer.status_code in STATUSES, (answer.status_code, answer.text)
    if answer.mimetype == "application/json":
        json.loads(answer.text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


def _check(error: DigitsError) -> None:
    assert error.status in STATUSES, error


def read_one(body: bytes) -> None:
    """Bytes become one framed digit, or a sentence."""
    try:
        digit = read_picture(body)
    except DigitsError as error:
        _check(error)
        return
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8


def read_several(body: bytes) -> None:
    """Bytes become digits with boxes within the picture, or a sentence."""
    try:
        picture = decode_picture(body)
        found = find_writing(picture).items
    except DigitsError as error:
        _check(error)
        return
    for one in found:
        x, y, width, height = one.box
        assert 0 <= x <= x + width <= picture.width
        assert 0 <= y <= y + height <= picture.height


def predict(body: bytes) -> None:
    """A body of /predict, its first byte choosing the form."""
    kinds = ("", "application/json", "multipart/form-data; boundary=x", "text/plain", "image/png")
    kind = kinds[body[0] % len(kinds)] if body else ""
    _post("/predict", body[1:], {"Content-Type": kind} if kind else None)


def correct(body: bytes) -> None:
    """A body of /corrections, of a hand that is new each time."""
    _post("/corrections?digit=4", body)


def archive(body: bytes) -> None:
    """A zip that is imported as corrections, or a sentence."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(body)
        file.flush()
        try:
            found = list(read_archive(Path(file.name)))
        except BadArchive:
            return
    for each in found:
        assert 0 <= each.digit <= 9
        with contextlib.suppress(BadArchive):
            frame(each)


def tf_serving(body: bytes) -> None:
    """A body of TensorFlow Serving's :predict."""
    _post("/v1/models/{model}:predict", body)


def open_inference(body: bytes) -> None:
    """A body of .../infer; its first two bytes say how much of it is JSON, and whether it is compressed."""
    length = int.from_bytes(body[:2], "little")
    headers = {"Inference-Header-Content-Length": str(length & 0x3FFF)} if length & 0x8000 else {}
    if length & 0x4000:
        headers["Content-Encoding"] = "gzip"
    _post("/v2/models/{model}/infer", body[2:], headers)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (read_one, read_several, predict, correct, archive, tf_serving, open_inference, wire)
}
