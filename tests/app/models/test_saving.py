"""A model folder: what is saved is what is served, and nothing that is damaged or carries code is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from app.models.card import read_card
from app.models.classifier import load_classifier
from app.models.files import CARD, COMPILED, NETWORK, WEIGHTS, BadModel
from app.models.folder import load
from app.models.keras_files import load_keras
from app.models.saving import save
from tests.conftest import MODELS

KERAS2 = Path(__file__).parent / "keras2"  # written by tf_keras 2.21: to_json() and save_weights()
RAMP = np.linspace(0, 1, 784, dtype=np.float32).reshape(1, 28, 28, 1)


@pytest.fixture
def folder(tiny_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_models / "plain", tmp_path / "plain"))


def test_a_saved_folder_loads_as_compiled(folder: Path) -> None:
    artifact = load(folder)
    assert artifact.compiled == folder / COMPILED
    assert artifact.stale is None
    assert artifact.card["parameters"] == load_keras(folder).count_params()


def test_network_is_json_once(folder: Path) -> None:
    assert isinstance(json.loads((folder / NETWORK).read_text()), dict)


def test_without_the_compiled_file_tensorflow_answers_the_same(folder: Path) -> None:
    compiled = load_classifier(load(folder)).predict(RAMP)
    (folder / COMPILED).unlink()
    classifier = load_classifier(load(folder))
    assert classifier.runtime == "TensorFlow"
    np.testing.assert_allclose(classifier.predict(RAMP).probabilities, compiled.probabilities, atol=1e-4)


def test_a_network_newer_than_its_compiled_file_makes_it_stale(folder: Path, tiny_models: Path) -> None:
    (folder / NETWORK).write_text((folder / NETWORK).read_text() + "\n")
    assert load(folder).stale == "model.json is not the one its card describes"


@pytest.mark.parametrize("twice", (False, True), ids=("keras 2", "json within json"))
def test_a_folder_of_another_program_is_served(tmp_path: Path, twice: bool) -> None:
    folder = tmp_path / "foreign"
    folder.mkdir()
    network = (KERAS2 / NETWORK).read_text()
    (folder / NETWORK).write_text(json.dumps(network) if twice else network)
    shutil.copy(KERAS2 / WEIGHTS, folder)
    classifier = load_classifier(load(folder))
    expected = json.loads((KERAS2 / "answer.json").read_text())
    np.testing.assert_allclose(classifier.predict(RAMP).probabilities, expected, atol=1e-5)


def test_saving_keeps_the_report_and_replaces_the_rest(folder: Path) -> None:
    (folder / "report").mkdir()
    (folder / "report" / "curves.png").write_bytes(b"picture")
    save(load_keras(folder), folder, {"title": "Again"})
    assert (folder / "report" / "curves.png").read_bytes() == b"picture"
    assert (read_card(folder) or {})["title"] == "Again"
    assert [path.name for path in folder.parent.iterdir()] == ["plain"]


def test_weights_of_eight_bits_answer_nearly_the_same(tmp_path: Path) -> None:
    folder = MODELS / "lenet5"
    network = load_keras(folder)
    card = save(network, tmp_path / "small", {}, weight_bits=8)
    assert card["weight_bits"] == 8
    assert (tmp_path / "small" / COMPILED).stat().st_size < (folder / COMPILED).stat().st_size
    tensor = np.random.default_rng(0).random((40, 28, 28, 1), np.float32)
    exact, rounded = (load_classifier(load(path)).predict(tensor) for path in (folder, tmp_path / "small"))
    difference = np.abs(exact.probabilities - rounded.probabilities).max()
    assert 0 < difference < 0.05


def test_a_failed_save_leaves_the_old_folder(folder: Path) -> None:
    before = (folder / CARD).read_bytes()
    with pytest.raises(TypeError):
        save(load_keras(folder), folder, {"title": object()})
    assert (folder / CARD).read_bytes() == before
    assert [path.name for path in folder.parent.iterdir()] == ["plain"]


LAMBDA = {"class_name": "Lambda", "module": "keras.layers", "config": {}}
FOREIGN = {"class_name": "Model", "module": "somebody.else", "config": {}}
FETCHES = {"class_name": "function", "module": "keras.utils", "config": "get_file"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    (
        (NETWORK, b"{", "model.json is damaged"),
        (NETWORK, b"[1]", "not a Keras network"),
        (NETWORK, json.dumps({"class_name": "Sequential", "config": {"layers": [LAMBDA]}}).encode(), "carries code"),
        (NETWORK, json.dumps({"class_name": "Sequential", "config": {"layers": [FOREIGN]}}).encode(), "carries code"),
        (NETWORK, json.dumps({"class_name": "Sequential", "config": {"layers": [FETCHES]}}).encode(), "carries code"),
        (NETWORK, None, "has no model.json"),
        (WEIGHTS, None, "has no model.h5"),
        (CARD, b"{", "card.json is damaged"),
        (CARD, b"{}", "not a model's card"),
        (CARD, b'{"sha256": {}, "version": "one"}', "expected a whole number"),
        (CARD, b'{"sha256": {}, "version": 9223372036854775808}', "expected a whole number"),
    ),
)
def test_a_damaged_folder_says_what_is_wrong(folder: Path, name: str, content: bytes | None, sentence: str) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(BadModel, match=sentence):
        load(folder)


def test_damaged_weights_say_so(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"not HDF5")
    with pytest.raises(BadModel, match="cannot be loaded"):
        load_classifier(load(folder))


def test_a_damaged_compiled_file_is_not_trusted(folder: Path) -> None:
    (folder / COMPILED).write_bytes(b"damaged")
    assert load(folder).stale == "model.tflite is not the one its card describes"


def test_serving_a_compiled_model_imports_no_tensorflow(tiny_models: Path) -> None:
    program = (
        "import sys, app, app.preprocessing.digits\n"
        "from tests.support.drawings import draw_digit, to_png\n"
        f"client = app.create_app({{'models': {str(tiny_models)!r}}}).test_client()\n"
        "answer = client.post('/predict', data=to_png(draw_digit(3)))\n"
        "assert answer.status_code == 200, answer.text\n"
        "assert not {'tensorflow', 'keras', 'h5py', 'matplotlib'} & set(sys.modules)\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
