"""The library: the server's answers without a server."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.errors import DigitsError
from app.models.files import BadModel
from app.reading import Reader
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png
from tests.support.notebooks import read_cells, run_notebook

NOTEBOOK = ROOT / "docs" / "library.ipynb"
PIXELS = draw_digit(7)
SEVEN = to_png(PIXELS)
STARTED = """
import sys
from app.reading import Reader
reader = Reader()
reader.read("{path}")
print(sorted({{"flask", "werkzeug", "gunicorn", "prometheus_client", "tensorflow", "keras"}} & sys.modules.keys()))
"""


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "7.png"
    path.write_bytes(SEVEN)
    return path


def on_its_side() -> Image.Image:
    """A picture of Pillow whose Exif says that it was photographed on its side."""
    image = Image.fromarray(np.rot90(PIXELS))
    image.getexif()[0x0112] = 6
    return image


GIVEN: dict[str, Callable[[Path], Any]] = {
    "a path": lambda path: path,
    "a name": str,
    "bytes": lambda _: SEVEN,
    "a bytearray": lambda _: bytearray(SEVEN),
    "a file": lambda _: io.BytesIO(SEVEN),
    "grey": lambda _: PIXELS,
    "grey with an axis": lambda _: PIXELS[..., None],
    "RGB": lambda _: np.dstack([PIXELS] * 3),
    "RGBA": lambda _: np.dstack([PIXELS] * 3 + [np.full_like(PIXELS, 255)]),
    "inverted": lambda _: 255 - PIXELS,
    "floats to 1": lambda _: PIXELS / 255,
    "floats to 255": lambda _: PIXELS.astype(np.float32),
    "64-bit whole numbers": lambda _: PIXELS.astype(np.int64),
    "bool": lambda _: PIXELS > 127,
    "a slice": lambda _: np.repeat(np.repeat(PIXELS, 2, 0), 2, 1)[::2, ::2],
    "Pillow, grey": lambda _: Image.fromarray(PIXELS),
    "Pillow, from a file": Image.open,
    "Pillow, 1 bit": lambda _: Image.fromarray(PIXELS).convert("1"),
    "Pillow, a palette": lambda _: Image.fromarray(PIXELS).convert("P"),
    "Pillow, CMYK": lambda _: Image.fromarray(PIXELS).convert("CMYK"),
    "Pillow, floats": lambda _: Image.fromarray(PIXELS).convert("F"),
    "Pillow, large": lambda _: Image.fromarray(PIXELS).resize((2800, 2800)),
    "Pillow, on its side": lambda _: on_its_side(),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_a_picture_is_read_in_every_form_in_which_programs_have_it(reader: Reader, path: Path, kind: str) -> None:
    answer = reader.read(GIVEN[kind](path))
    assert (answer["digit"], answer["certain"]) == (7, True)


def test_a_file_and_an_array_are_answered_as_the_server_answers(reader: Reader, client: FlaskClient) -> None:
    for path, read in (("/predict", reader.read), ("/read", reader.read_number)):
        answer = client.post(path, data=SEVEN).get_json()
        assert read(SEVEN) == read(PIXELS) == read(Image.fromarray(PIXELS)) == answer


def test_a_program_s_picture_is_left_as_it_is(reader: Reader) -> None:
    image = on_its_side()
    before = image.tobytes(), image.size, dict(image.getexif())
    reader.read(image)
    assert (image.tobytes(), image.size, dict(image.getexif())) == before


def test_many_are_read_in_their_order_and_a_bad_one_hinders_no_other(reader: Reader, path: Path) -> None:
    pictures: list[Any] = [
        PIXELS,
        b"a letter",
        path.with_name("none.png"),
        *(draw_digit(number % 10) for number in range(70)),
    ]
    answers = reader.read_several(iter(pictures))
    assert [answer.get("code") for answer in answers[:3]] == [None, "unsupported_format", "bad_request"]
    assert "none.png cannot be read: No such file or directory." in answers[2]["error"]
    assert [answer["digit"] for answer in answers[3:]] == [number % 10 for number in range(70)]
    assert [answer.get("text") for answer in reader.read_numbers([PIXELS, b"a letter"])] == ["7", None]
    assert reader.read_several([]) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    (
        (7, "Expected a path, bytes, a file open for bytes, a picture of Pillow or an array, not int."),
        (None, "not NoneType."),
        (io.StringIO("7"), "not StringIO."),
        (np.zeros((2, 2, 2), np.uint8), r"The array has the shape \(2, 2, 2\); expected \(h, w\)"),
        (np.zeros((0, 28), np.uint8), "The array has the shape"),
        (np.zeros((9, 28, 28, 1), np.uint8), "The array has the shape"),
        (np.array([["7"]]), "The array holds <U1; expected whole numbers"),
        (np.full((28, 28), 256), "The array holds 256 to 256; expected 0 to 255"),
        (np.full((28, 28), -1.0), "The array holds -1.0 to -1.0; expected"),
        (np.full((28, 28), np.nan), "The array holds nan to nan; expected"),
        (np.zeros((28, 28)), "Nothing is drawn"),
        (b"", "This is not a picture that we can read."),
        (Image.new("1", (8001, 8000)), "The picture has 8001 by 8000 pixels"),
    ),
)
def test_what_is_no_picture_is_refused_in_a_sentence(reader: Reader, given: Any, sentence: str) -> None:
    with pytest.raises(DigitsError, match=sentence):
        reader.read(given)


def test_a_file_that_is_not_there_is_pythons_own_error(reader: Reader) -> None:
    with pytest.raises(FileNotFoundError):
        reader.read("/nowhere/7.png")


def test_another_model_reads_and_one_that_is_not_there_is_named(tiny_models: Path) -> None:
    assert Reader("unsure", models=tiny_models).read(SEVEN)["model"] == "unsure"
    assert Reader(models=tiny_models).model == "plain"
    with pytest.raises(BadModel, match="none"):
        Reader("none", models=tiny_models)


def test_neither_flask_nor_tensorflow_is_loaded(path: Path) -> None:
    program = STARTED.format(path=path)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_notebook_shows_what_its_cells_give() -> None:
    notebook = json.loads(NOTEBOOK.read_text())
    assert (notebook["nbformat"], [cell["cell_type"] for cell in notebook["cells"]][:2]) == (4, ["markdown", "code"])
    shown = [cell["outputs"] for cell in read_cells(NOTEBOOK)]
    assert all(shown)
    assert run_notebook(NOTEBOOK) == shown
