"""Networks that other people trained are imported in every form, and served; the others are refused in a sentence."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from app import create_app
from app.framing import to_tensor
from app.models import importing
from app.models.card import read_card
from app.models.classifier import load_classifier
from app.models.conversion import compile_source
from app.models.files import CARD, COMPILED, BadModel
from app.models.folder import IMPORTED, load
from app.models.importing import Job, Outcome, choose_source, import_networks, load_ready
from app.models.registry import load_registry
from app.models.runtimes import Interpreter
from app.models.samples import LABELS, load_samples
from tests.conftest import MODELS, ROOT
from tests.support.drawings import draw_digit, to_png
from tests.support.foreign import softmax, train_weights
from tests.support.foreign_files import (
    Write,
    keras1_dense,
    keras1_layer,
    keras1_theano,
    keras2,
    keras2_functional,
    keras2_functions,
    keras2_normalised,
    keras3,
    keras3_functional,
    keras3_functions,
    write_any_size,
    write_code,
    write_estimator,
    write_json,
    write_keras,
    write_keras1,
    write_keras212,
    write_named_model,
    write_tensorflow1,
    write_tensorflow1_keras,
    write_tflite,
)


def export(folder: Path) -> None:
    keras3((28, 28)).export(folder, verbose=False)


def serve_layout(folder: Path) -> None:
    for number in ("1", "2"):
        write_keras(keras2, number)(folder)


def write_repository(folder: Path) -> None:
    """Write a program with its network and other weights, as repositories on the web hold them."""
    for name in ("templates", "model"):
        (folder / name).mkdir()
    (folder / "app.py").write_text("import flask")
    (folder / "templates" / "index.html").write_text("<html>")
    write_keras(keras2, "mnist.h5")(folder / "model")
    write_weights(folder / "model")


SERVED: dict[str, Write] = {
    "keras1_dense": keras1_dense(),
    "keras1_theano": keras1_theano(),
    "keras2_h5": write_keras(keras2, "mnist_model.h5"),
    "keras2_hdf5_255": write_keras(lambda: keras2(pair=(0, 255)), "mnist.hdf5"),
    "keras2_dark_ink": write_keras(lambda: keras2(pair=(1, 0)), "mnist.h5"),
    "keras2_normalised": write_keras(keras2_normalised, "mnist.h5"),
    "keras2_named_model": write_named_model,
    "keras2_logits": write_keras(lambda: keras2((28, 28), (-1, 1), "linear"), "mnist.h5"),
    "keras2_sigmoids": write_keras(lambda: keras2((784,), (0, 1), "sigmoid"), "mnist.h5"),
    "keras2_archive": write_keras(keras2, "mnist_model.keras"),
    "repository": write_repository,
    "keras212_archive": write_keras212,
    "keras2_json": write_json(keras2, "model.json", "model.h5"),
    "keras2_json_named": write_json(keras2, "mnist_model.json", "weights.h5"),
    "keras2_functional_h5": write_keras(keras2_functional, "mnist.h5"),
    "keras2_functional_archive": write_keras(keras2_functional, "m.keras"),
    "keras2_saved_model": write_keras(keras2, "saved"),
    "keras3_h5": write_keras(keras3, "mnist_model.h5"),
    "keras3_archive": write_keras(lambda: keras3((1, 28, 28), (-1, 1)), "mnist_model.keras"),
    "keras3_functional_h5": write_keras(keras3_functional, "m.h5"),
    "keras3_functional_archive": write_keras(keras3_functional, "m.keras"),
    "keras3_json": write_json(keras3, "model.json", "model.weights.h5"),
    "keras3_export": export,
    "serving_layout": serve_layout,
    "tensorflow1": write_tensorflow1,
    "tensorflow1_keras": write_tensorflow1_keras,
    "estimator": write_estimator,
    "keras2_functions": write_keras(keras2_functions, "mnist.h5"),
    "keras3_functions": write_keras(keras3_functions, "mnist.keras"),
    "any_size": write_any_size,
    "tflite": write_tflite(),
    "tflite_rows": write_tflite(shape=(1, 28, 28)),
    "tflite_batch": write_tflite(shape=(4, 784)),
    "tflite_uint8": write_tflite(tf.uint8),
    "tflite_int8": write_tflite(tf.int8),
}


def write_file(name: str, body: bytes = b"x" * 100) -> Write:
    return lambda folder: (folder / name).write_bytes(body) and None  # type: ignore[return-value]


def write_two(folder: Path) -> None:
    for name in ("a.h5", "b.h5"):
        write_keras(keras2, name)(folder)


def write_letters(folder: Path) -> None:
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(26)]).save(
        folder / "l.keras"
    )


def write_pair(folder: Path) -> None:
    entries = [keras.Input((28, 28, 1)), keras.Input((3,))]
    answer = keras.layers.Dense(10)(keras.layers.Concatenate()([keras.layers.Flatten()(entries[0]), entries[1]]))
    keras.Model(entries, answer).save(folder / "two.keras")


def write_lambda(folder: Path) -> None:
    layers = [keras.Input((28, 28, 1)), keras.layers.Lambda(lambda tensor: tensor / 255), keras.layers.Flatten()]
    keras.Sequential([*layers, keras.layers.Dense(10)]).save(folder / "l.keras")


def write_bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / "m.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b" " * (8 * 2**20))
        archive.writestr("model.weights.h5", b"")


def write_weights(folder: Path) -> None:
    with h5py.File(folder / "mnist_weights.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense"]
        file.create_group("dense").attrs["weight_names"] = []


def write_merge(folder: Path) -> None:
    write_keras1([keras1_layer("Merge", "merge_1", mode="concat")], {})(folder)


REFUSED: dict[str, tuple[Write, str]] = {
    "pytorch": (write_file("mnist.pth"), "holds a file of PyTorch"),
    "pickle": (write_file("model.pkl", pickle.dumps({"a": 1})), "holds a pickle, which is code and is never loaded"),
    "onnx": (write_file("mnist-8.onnx"), "holds an ONNX network"),
    "checkpoint": (write_file("model.ckpt.index"), "holds a checkpoint"),
    "frozen": (write_file("frozen.pb"), "holds a graph of TensorFlow 1 alone"),
    "program": (write_file("model.py", b"import os"), "holds a program, which is never run"),
    "notes": (write_file("notes.md"), "holds no network (notes.md)"),
    "git_lfs": (write_file("mnist.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:00"), "Git LFS keeps"),
    "yaml": (write_file("model.yaml", b"class_name: Sequential"), "describes its network in YAML"),
    "tensorflow_js": (write_file("group1-shard1of1.bin"), "holds a network of TensorFlow.js"),
    "paddle": (write_file("inference.pdmodel"), "holds a network of another library"),
    "empty": (lambda folder: None, "is empty"),
    "damaged_h5": (write_file("m.h5", b"\x89HDF\r\n\x1a\nxxxx"), "is damaged"),
    "damaged_tflite": (write_file("m.tflite", b"\x1c\0\0\0TFL3" + b"\xff" * 64), "is damaged"),
    "damaged_graph": (write_file("saved_model.pb"), "holds no graph"),
    "damaged_archive": (write_file("m.keras", b"PK\x03\x04xxxxxxx"), "is damaged, or not what Keras writes"),
    "bomb": (write_bomb, "unpacks to more than"),
    "weights": (write_weights, "holds weights alone"),
    "two": (write_two, "holds 2 networks (a.h5, b.h5); expected one"),
    "letters": (write_letters, "answers 26 numbers for a digit; expected 10"),
    "two_inputs": (write_pair, "takes 2 inputs; expected one, a digit"),
    "lambda": (write_lambda, "carries code or reads files (keras.layers.Lambda), which is never done"),
    "code": (write_code, "runs WriteFile, which is not known to compute only"),
    "merge": (write_merge, "carries code or reads files (keras.Merge)"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders with one network each, as others put them on the web."""
    root = tmp_path_factory.mktemp("written")
    for name, write in {**SERVED, **{name: write for name, (write, _) in REFUSED.items()}}.items():
        (root / name).mkdir()
        write(root / name)
    return root


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("imported")


@pytest.fixture(scope="module")
def outcomes(written: Path, models: Path) -> dict[str, Outcome]:
    """What came of importing each of them: one process, for the whole module."""
    jobs = [Job(str(written / name), str(models / name), name) for name in (*SERVED, *REFUSED)]
    return {outcome.job.name: outcome for outcome in import_networks(jobs)}


@pytest.mark.parametrize("name", SERVED)
def test_every_form_is_imported_and_answers_as_the_network_did(
    outcomes: dict[str, Outcome], models: Path, name: str
) -> None:
    assert outcomes[name].error == ""
    artifact = load(models / name)
    assert artifact.compiled
    prediction = load_classifier(artifact).predict(to_tensor(load_samples()))
    expected = softmax(train_weights().logits(to_tensor(load_samples()).reshape(20, -1)))
    assert (prediction.probabilities.argmax(axis=1) == expected.argmax(axis=1)).mean() >= 0.95
    if name not in ("keras2_sigmoids", "tflite_uint8", "tflite_int8"):
        np.testing.assert_allclose(prediction.probabilities, expected, atol=2e-3)
    told = artifact.card["imported"]
    assert (told["right"], told["samples"]) == ((prediction.probabilities.argmax(axis=1) == LABELS).sum(), 20)
    assert name in outcomes[name].said


@pytest.mark.parametrize("name", REFUSED)
def test_the_others_are_refused_in_one_sentence(outcomes: dict[str, Outcome], models: Path, name: str) -> None:
    error = outcomes[name].error
    assert REFUSED[name][1] in error
    assert error.isprintable()
    assert len(error) < 500
    assert not (models / name).exists()


def test_nothing_that_a_graph_would_write_is_written(outcomes: dict[str, Outcome], written: Path) -> None:
    assert outcomes["code"].error
    assert not (written / "code" / "written").exists()


def test_the_card_says_what_was_adapted_and_what_it_was(outcomes: dict[str, Outcome], models: Path) -> None:
    card = read_card(models / "keras2_logits") or {}
    assert card["imported"]["form"] == "Keras 2, HDF5"
    assert card["imported"]["adapted"] == ["input (28, 28)", "paper -1, ink 1", "softmax added"]
    assert card["parameters"] == 784 * 32 + 32 + 320 + 10
    assert [layer["type"] for layer in card["layers"]] == ["Flatten", "Dense", "Identity", "Dense"]
    assert {*card["sha256"]} == {"mnist.h5", COMPILED}
    assert "paper -1, ink 1, softmax added" in outcomes["keras2_logits"].said


def test_the_newest_of_servings_versions_is_taken(outcomes: dict[str, Outcome], models: Path) -> None:
    assert (read_card(models / "serving_layout") or {})["imported"]["file"] == "2/saved_model.pb"


@pytest.mark.parametrize(
    "layer",
    (
        tf_keras.layers.GRU(4),
        tf_keras.layers.SimpleRNN(4),
        tf_keras.layers.Bidirectional(tf_keras.layers.LSTM(4, activation="relu")),
    ),
    ids=("gru", "simple", "bidirectional"),
)
def test_a_recurrent_saved_model_is_compiled_for_one_digit_at_once(tmp_path: Path, layer: Any) -> None:
    with warnings.catch_warnings(action="ignore"):
        network = tf_keras.Sequential([tf_keras.layers.InputLayer((28, 28)), layer, tf_keras.layers.Dense(10)])
        network.save(tmp_path / "recurrent", save_format="tf")
    (tmp_path / COMPILED).write_bytes(compile_source(choose_source(tmp_path / "recurrent")).body)
    digits = to_tensor(load_samples())[:3, ..., 0]
    found = [Interpreter(tmp_path / COMPILED, 1).answer(digits[at : at + 1])[0][0] for at in range(3)]
    np.testing.assert_allclose(found, network(digits).numpy(), atol=1e-5)


@pytest.fixture
def placed(written: Path, outcomes: dict[str, Outcome], models: Path, tmp_path: Path) -> Path:
    """A folder of models with one that is imported and one that only lies there."""
    shutil.copytree(models / "keras2_dark_ink", tmp_path / "dark")
    shutil.copytree(written / "tflite_int8", tmp_path / "small")
    return tmp_path


def test_a_folder_is_served_as_it_was_put_there(placed: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    client = create_app({"models": placed}).test_client()
    answer = client.post("/predict?model=small", data=to_png(draw_digit(3)), content_type="image/png").get_json()
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert "Imported small: mnist.tflite (TensorFlow Lite), nothing to adapt; reads" in caplog.text
    assert {path.name for path in (placed / "small").iterdir()} == {"mnist.tflite", COMPILED, CARD}
    card = client.get("/models").get_json()["models"][1]
    assert card["imported"]["file"] == "mnist.tflite"
    page = client.get("/models/dark", headers={"Accept": "text/html"}).text
    assert "paper 1, ink 0" in page
    assert "mnist.h5" in page
    caplog.clear()
    load_registry(placed)
    assert "Import" not in caplog.text


def test_a_folder_that_cannot_be_written_to_is_compiled_elsewhere(
    placed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "small" not in str(path) and allowed(path, mode))
    monkeypatch.setenv(IMPORTED, "")
    assert load_ready(placed / "small").compiled != placed / "small" / COMPILED
    assert load_registry(placed).names == ["dark", "small"]
    assert [path.name for path in (placed / "small").iterdir()] == ["mnist.tflite"]


def test_a_person_may_change_the_card(placed: Path) -> None:
    card = json.loads((placed / "dark" / CARD).read_text())
    card["input"] |= {"paper": 0.0, "ink": 1.0}
    (placed / "dark" / CARD).write_text(json.dumps(card))
    samples = to_tensor(load_samples())
    wrong = load_classifier(load(placed / "dark")).predict(samples).probabilities.argmax(axis=1)
    assert (wrong == LABELS).sum() < 15


@pytest.mark.parametrize(
    ("card", "sentence"),
    (
        ({"input": {"colour": 1}}, "has input.colour 1; expected no such field"),
        ({"input": {"fit": "large"}}, "expected one of centred, resized"),
        ({"output": {"values": "numbers"}}, "expected one of probabilities"),
        ({"guard": "yes"}, "expected true or false"),
        ({"input": {"paper": "white"}}, "expected a number"),
    ),
)
def test_a_card_that_is_not_understood_is_refused(placed: Path, card: dict[str, Any], sentence: str) -> None:
    (placed / "small" / CARD).write_text(json.dumps(card))
    with pytest.raises(BadModel, match=sentence):
        load(placed / "small")


def test_a_card_that_was_there_before_decides(placed: Path) -> None:
    (placed / "small" / CARD).write_text(json.dumps({"title": "Mine", "input": {"paper": 0.0, "ink": 1.0}}))
    card = load_ready(placed / "small").card
    assert (card["title"], card["input"]["ink"], "imported" in card) == ("Mine", 1.0, True)


def test_what_changed_is_imported_again(placed: Path, written: Path) -> None:
    first = load_ready(placed / "small")
    shutil.copy(written / "tflite_uint8" / "mnist.tflite", placed / "small")
    assert load(placed / "small").foreign
    assert load_ready(placed / "small").card["sha256"] != first.card["sha256"]


def test_a_foreign_network_gets_doubts_from_the_one_for_real_world_digits(placed: Path) -> None:
    shutil.copytree(MODELS / "robust", placed / "robust")
    shutil.copytree(placed / "dark", placed / "careful")
    card = json.loads((placed / "careful" / CARD).read_text())
    (placed / "careful" / CARD).write_text(json.dumps({**card, "guard": True}))
    client = create_app({"models": placed}).test_client()
    scribble = np.full((200, 200), 255, np.uint8)
    scribble[40:160:8, 30:170] = 0

    def ask(query: str) -> dict[str, Any]:
        return dict(client.post(f"/predict?{query}", data=to_png(scribble), content_type="image/png").get_json())

    alone, guarded = ask("model=dark"), ask("model=dark&guard=1")
    assert alone["probabilities"] == guarded["probabilities"] == ask("model=careful")["probabilities"]
    assert (guarded["certain"], guarded["doubt"]) == (False, "not_a_digit")
    assert ask("model=careful")["doubt"] == "not_a_digit"
    assert ask("model=robust&guard=1") == ask("model=robust")
    assert ask("model=dark&guard=2")["code"] == "bad_request"
    seven = client.post("/predict?model=careful", data=to_png(draw_digit(7)), content_type="image/png").get_json()
    assert seven["certain"] == (seven["digit"] == 7 and seven["confidence"] >= 0.5)


def test_nothing_guards_where_the_model_for_it_is_not_served(placed: Path) -> None:
    answer = create_app({"models": placed}).test_client().post("/predict?guard=1", data=to_png(draw_digit(7)))
    assert (answer.status_code, "robust is not served here" in answer.get_json()["error"]) == (400, True)


def test_where_tensorflow_is_missing_only_what_needs_it_is_refused(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing.importlib.util, "find_spec", lambda name: None)  # type: ignore[attr-defined]
    assert choose_source(written / "tflite").title == "mnist.tflite"
    with pytest.raises(BadModel, match="TensorFlow is not installed here"):
        choose_source(written / "keras2_h5")


def run_import(models: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "import", *arguments]
    environment = {**os.environ, "DIGITS_MODELS": str(models)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_the_command_imports_a_file_under_a_name(written: Path, tmp_path: Path) -> None:
    path = written / "tflite" / "mnist.tflite"
    done = run_import(tmp_path, str(path), "--name", "theirs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Imported theirs: mnist.tflite (TensorFlow Lite), nothing to adapt; reads ")
    assert load(tmp_path / "theirs").compiled == tmp_path / "theirs" / COMPILED
    again = run_import(tmp_path, str(path), "--name", "theirs")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("Digits cannot import this: theirs is in ")
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ("../outside", "a/b", ".", "", "bad:name"))
def test_a_name_stays_in_the_folder_of_models(written: Path, tmp_path: Path, name: str) -> None:
    done = run_import(tmp_path, str(written / "tflite"), "--name", name)
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_is_followed_by_another_for_the_rest(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    ask: Callable[..., Outcome] = importing._ask

    def kill_first(process: Any, job: Job) -> Outcome:
        asked.append(job.name)
        if len(asked) == 1:
            process.kill()
        return ask(process, job)

    monkeypatch.setattr(importing, "_ask", kill_first)
    jobs = [Job(str(written / "tflite"), str(tmp_path / name), name) for name in ("first", "second")]
    first, second = import_networks(jobs)
    assert first.error == importing.CRASHED
    assert (second.error, (tmp_path / "second" / COMPILED).exists()) == ("", True)


@pytest.fixture(autouse=True)
def without_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(IMPORTED, raising=False)
    yield
    if folder := os.environ.get(IMPORTED):
        shutil.rmtree(folder, ignore_errors=True)
