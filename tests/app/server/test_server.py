"""The server as it runs: gunicorn, its workers, and what it says at the start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from app.models.folder import load
from tests.conftest import MODELS, ROOT
from tests.support.drawings import draw_digit, to_png
from tests.support.servers import serve, set_up, start_server

POSTED = 2000  # digits sent as files


def post(address: str, body: bytes) -> dict[str, Any]:
    request = urllib.request.Request(f"{address}/predict", body, {"Content-Type": "application/octet-stream"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        reading: dict[str, Any] = json.load(answer)
    return reading


def test_fifty_people_at_once_each_get_their_own_answer(server: str) -> None:
    drawn = [(label, to_png(draw_digit(label, height=120 + 8 * nth))) for nth in range(5) for label in range(10)]
    with ThreadPoolExecutor(len(drawn)) as pool:
        answers = list(pool.map(lambda one: post(server, one[1]), drawn))
    assert [answer["digit"] for answer in answers] == [label for label, _ in drawn]
    alone = [post(server, body)["probabilities"] for _, body in drawn]
    np.testing.assert_allclose([answer["probabilities"] for answer in answers], alone, atol=1e-6)


def test_digits_posted_as_files_agree_with_the_card(
    server: str, mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]
) -> None:
    digits, labels = (array[:POSTED] for array in mnist_test)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda digit: post(server, to_png(digit)), digits))
    right = np.array([answer["digit"] for answer in answers]) == labels
    card = load(MODELS / answers[0]["model"]).card
    on_the_card = np.ones(len(mnist_test[1]), bool)
    on_the_card[card["wrong"]] = False
    assert right.mean() == pytest.approx(on_the_card[:POSTED].mean(), abs=0.002)


def test_it_says_where_it_is_and_what_it_serves(tiny_models: Path) -> None:
    process = start_server(set_up({"models": tiny_models}))
    assert process.stdout
    line = process.stdout.readline()
    process.terminate()
    process.communicate(timeout=60)
    assert line.startswith("Digits on http://127.0.0.1:")
    assert line.endswith(
        "serving plain, unsure by LiteRT; the default is plain. Corrections are off: DIGITS_DATABASE is empty.\n"
    )


def test_it_serves_through_tensorflow_without_the_compiled_file(tiny_models: Path, tmp_path: Path) -> None:
    import shutil

    models = Path(shutil.copytree(tiny_models, tmp_path / "models"))
    body = to_png(draw_digit(3))
    with serve(models=tiny_models) as address:
        compiled = post(address, body)
    for compiled_file in models.glob("*/model.tflite"):
        compiled_file.unlink()
    with serve(models=models) as address:
        answer = post(address, body)
    np.testing.assert_allclose(answer["probabilities"], compiled["probabilities"], atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    (
        ({"DIGITS_PORT": "http"}, "DIGITS_PORT is 'http', expected a whole number."),
        ({"DIGITS_MODELS": "/nowhere"}, "DIGITS_MODELS is '/nowhere', expected a folder that holds model folders."),
        ({"DIGITS_MODELS": str(ROOT / "static")}, " holds no network ("),
        ({"DIGITS_DEFAULT_MODEL": "none"}, "DIGITS_DEFAULT_MODEL is 'none', expected one of "),
    ),
)
def test_a_start_that_cannot_succeed_says_why(settings: dict[str, str], sentence: str) -> None:
    status, said = start({"DIGITS_PORT": "0", **settings})
    assert status not in (0, None)
    assert said.startswith("Digits cannot start: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_a_taken_port_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, said = start({"DIGITS_PORT": str(taken.getsockname()[1])})
    assert status not in (0, None)
    assert "Address already in use" in said
    assert said.count("\n") == 1


def test_a_model_that_no_worker_can_load_stops_the_server(tiny_models: Path, tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(tiny_models / "plain", tmp_path / "models" / "plain"))
    (folder / "model.h5").write_bytes(b"not HDF5")
    status, said = start({"DIGITS_PORT": "0", "DIGITS_MODELS": str(folder.parent), "DIGITS_WORKERS": "1"})
    assert status not in (0, None)
    assert "Digits cannot start: " in said
    assert "cannot be loaded" in said
    assert "Traceback" not in said


def start(settings: dict[str, str]) -> tuple[int | None, str]:
    """Start the server and return how it ended and what it wrote to its standard error."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **settings}
    process = start_server(environment, stderr=subprocess.PIPE)
    _, said = process.communicate(timeout=60)
    return process.returncode, said
