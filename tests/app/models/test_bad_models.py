"""Model folders that are damaged or hostile: each is refused in one sentence, and the others are served."""

from __future__ import annotations

import faulthandler
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from app import create_app
from app.models import survey
from app.models.classifier import load_classifier
from app.models.files import CARD, COMPILED, NETWORK, WEIGHTS, BadModel
from app.models.folder import load
from app.models.keras_files import check_size, check_weights
from app.models.registry import REFUSED, choose_default, load_registry, tell_workers
from tests.conftest import MODELS, ROOT
from tests.support.servers import running

BROWSER = "text/html"
DEEP = b"[" * 200_000


@pytest.fixture
def models(tiny_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_models, tmp_path / "models"))


@pytest.fixture
def folder(models: Path) -> Path:
    return models / "plain"


def change_card(folder: Path, **fields: Any) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, **fields}))


def check(models: Path, **settings: object) -> tuple[int, str, str]:
    """Run `python -m app --check`; the exit code, what it writes and what it says."""
    environment = {**os.environ, "DIGITS_MODELS": str(models)}
    environment |= {f"DIGITS_{name.upper()}": str(value) for name, value in settings.items()}
    command = [sys.executable, "-m", "app", "--check"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


# ---- card.json ----


def each(field: str, *values: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field, value) for value in values)


DEPTHS: Any = [[[[1]]]]
FIELDS: tuple[tuple[str, Any], ...] = (
    *each("classes", None, "0123456789", [1, 2], {}, [], ["a"], [""] * 10, ["a", None], ["\x1b"] * 10),
    *each("framing", None, [], {}, 5),
    *each("certain_from", None, "x", [], True, -1, 2, 1e999),
    *each("unlike_below", None, "x", [], True, -1, 2, 1e999),
    *each("ambiguous_below", None, "x", [], True, -1, 2, 1e999),
    *each("version", None, 1.5, [], True, "", "one", "\N{SUPERSCRIPT TWO}", 2**63, -1),
    *each("sha256", None, [], "x", {"model.json": 5}, {"model.json": "x"}),
    *each("title", None, 5, [], "a\nb", "\x1b[31m", "\u202e", "x" * 501, "\ud800"),
    *each("claimed", 5, {}, None),
    *each("dataset", 5, []),
    *each("parameters", None, "x", -1, 1.5, True, 10**400, []),
    *each("history", 5, [], None, {"loss": 5}, {"loss": ["x"]}, {"loss": [None]}, {"loss": []}),
    *each("history", {"loss": [1e300]}, {"loss": [1.0], "accuracy": [1.0, 0.5]}, {"x": DEPTHS}),
    *each("metrics", 5, [], None, {"test_accuracy": "x"}, {"served_accuracy": 7}, {"other": []}),
    *each("metrics", {"calibration": 5}, {"calibration": {}}, {"calibration": None}),
    *each("metrics", {"calibration": {"expected_error": 0.1, "bins": [{}]}}),
    *each("confusion", 7, [7], [[1]] * 10, [[1] * 10] * 9, [[-1] * 10] * 10, {}, None),
    *each("per_class", 7, [7] * 10, [{"recall": "x"}] * 10, [{"recall": 0.5}]),
    *each("layers", 7, [7], [{}], [{"name": 1, "type": "a", "output_shape": [1], "parameters": 1}]),
    *each(
        "layers", *([{"name": "a", "type": "a", "output_shape": shape, "parameters": 1}] for shape in (7, ["x"], [1.5]))
    ),
    *each("training", 7, [], {"seconds": "x"}, {"seconds": 5}, {"seconds": -1}),
    *each("weight_bits", 7, "8", True, [], None),
    *each("seed", "x", -1, []),
    *each("examples", 7, {"test": "x"}),
    *each("versions", 7, {"keras": 3}),
    *each("versions", {"x" * 100_000: 3}),
    *each("wrong", 7, ["x"]),
)


@pytest.mark.parametrize(("field", "value"), FIELDS, ids=[f"{name}-{str(value)[:30]!r}" for name, value in FIELDS])
def test_a_field_that_is_not_what_it_should_be_is_named(folder: Path, field: str, value: Any) -> None:
    change_card(folder, **{field: value})
    with pytest.raises(BadModel, match=r"card\.json ") as caught:
        load(folder)
    sentence = str(caught.value)
    assert field in sentence or "damaged" in sentence or "control characters" in sentence
    assert sentence.isprintable()
    assert len(sentence) < 600


@pytest.mark.parametrize(
    "content", (b"", b"{", DEEP, b'{"a":' * 100_000, b"\xff\xfe", b"null", b"[]", b"5", b'"{}"', b'{"sha256": NaN}')
)
@pytest.mark.parametrize("name", (CARD, NETWORK))
def test_a_file_that_is_no_such_json_is_refused(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(BadModel, match=rf"plain/{name}"):
        load(folder)


@pytest.mark.parametrize("name", sorted(path.parent.name for path in MODELS.glob("*/model.json")))
def test_every_model_of_ours_is_accepted(name: str) -> None:
    assert load(MODELS / name).stale is None


# ---- what a name leads to ----


def to_pipe(path: Path) -> None:
    os.mkfifo(path)


def to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def to_outside(path: Path) -> None:
    path.symlink_to(shutil.copy(MODELS / "lenet5" / CARD, path.parent.parent / "outside"))


def to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


def to_folder(path: Path) -> None:
    path.mkdir()


def to_too_much(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


KINDS = (to_pipe, to_device, to_outside, to_itself, to_nothing, to_folder, to_too_much)


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("name", (CARD, NETWORK, WEIGHTS, COMPILED))
def test_only_a_regular_file_of_a_bounded_size_inside_the_folder_is_read(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    (folder / name).unlink()
    make(folder / name)
    with pytest.raises(BadModel, match=rf"plain(/| has no ){name}"):
        load(folder)


def test_links_within_the_folder_are_followed_as_kubernetes_mounts_files(folder: Path) -> None:
    (folder / "..2026").mkdir()
    for name in (CARD, NETWORK, WEIGHTS, COMPILED):
        (folder / name).rename(folder / "..2026" / name)
        (folder / name).symlink_to(Path("..data") / name)
    (folder / "..data").symlink_to("..2026")
    assert load(folder).stale is None


# ---- model.json ----


def put_layer(folder: Path, kind: str, config: Any, module: str = "keras.layers", at: int = 1) -> None:
    """Put a layer into a Sequential network without a card."""
    network = json.loads((MODELS / "lenet5" / NETWORK).read_text())
    layer = {"class_name": kind, "module": module, "config": config, "registered_name": None}
    network["config"]["layers"].insert(at, layer)
    for other in network["config"]["layers"]:
        other.pop("build_config", None)
    (folder / NETWORK).write_text(json.dumps(network))
    shutil.copy(MODELS / "lenet5" / WEIGHTS, folder)
    (folder / CARD).unlink()


def function(name: str, module: str) -> dict[str, Any]:
    return {"activation": {"class_name": "function", "module": module, "config": name, "registered_name": name}}


@pytest.mark.parametrize(
    ("kind", "module", "config"),
    (
        ("Lambda", "keras.layers", {}),
        ("__lambda__", "keras.layers", {"value": ["x", None, None]}),
        ("__lambda__", "builtins", {"value": ["x", None, None]}),
        ("TFSMLayer", "keras.layers", {"filepath": "/tmp/saved"}),
        ("TorchModuleWrapper", "keras.layers", {"module": "AAAA"}),
        ("JaxLayer", "keras.layers", {}),
        ("FlaxLayer", "keras.layers", {}),
        ("TextVectorization", "keras.layers", {"vocabulary": "/etc/passwd"}),
        ("StringLookup", "keras.layers", {"vocabulary": "/etc/passwd"}),
        ("IntegerLookup", "keras.layers", {"vocabulary": "/etc/passwd"}),
        ("load_model", "keras.models", {}),
        ("system", "os", {}),
        ("Dense", "keras.src.layers.core.dense", {}),
        ("Activation", "keras.layers", function("exec", "builtins")),
        ("Activation", "keras.layers", function("input", "builtins")),
        ("Activation", "keras.layers", function("get_file", "keras.utils")),
        ("Activation", "keras.layers", function("load_model", "keras.models")),
        ("Activation", "keras.layers", function("import_module", "importlib")),
    ),
)
def test_what_carries_code_or_reads_files_is_refused(folder: Path, kind: str, module: str, config: Any) -> None:
    put_layer(folder, kind, config, module)
    with pytest.raises(BadModel, match="carries code or reads files"):
        load(folder)


@pytest.mark.parametrize(
    ("kind", "config", "at", "sentence"),
    (
        ("Dense", {"units": 10**9}, -1, "parameters"),
        ("Conv2D", {"filters": 10**8, "kernel_size": [28, 28], "padding": "same"}, 1, "parameters"),
        ("UpSampling2D", {"size": [4096, 4096]}, 1, "too large to be served"),
        ("ZeroPadding2D", {"padding": 10**6}, 1, "too large to be served"),
        ("Dense", {"units": -1}, -1, "cannot be built"),
        ("Dense", {"units": "x"}, -1, "cannot be built"),
        ("Dense", {"activation": "keras.utils>get_file", "units": 3}, -1, "cannot be built"),
        ("Dense", None, -1, "cannot be built"),
    ),
)
def test_a_network_too_large_is_refused_before_it_is_built(
    folder: Path, kind: str, config: Any, at: int, sentence: str
) -> None:
    put_layer(folder, kind, None if config is None else {"name": "added", **config}, at=at)
    with pytest.raises(BadModel, match=sentence):
        check_size(load(folder).folder)


def test_a_network_of_too_many_layers_is_refused(folder: Path) -> None:
    network = json.loads((MODELS / "lenet5" / NETWORK).read_text())
    flatten = {"class_name": "Flatten", "module": "keras.layers", "registered_name": None}
    added = [{**flatten, "config": {"name": f"f{number}"}} for number in range(3000)]
    network["config"]["layers"] += added
    (folder / NETWORK).write_text(json.dumps(network))
    with pytest.raises(BadModel, match=r"has 3,0\d\d layers; expected at most 500"):
        load(folder)


def test_networks_nested_too_deeply_are_refused(folder: Path) -> None:
    network = json.loads((MODELS / "lenet5" / NETWORK).read_text())
    for _ in range(60):
        inner, network = network, {"class_name": "Sequential", "module": "keras", "registered_name": None}
        network["config"] = {"name": "s", "layers": [inner]}
    (folder / NETWORK).write_text(json.dumps(network))
    with pytest.raises(BadModel, match="nested"):
        load(folder)


def test_a_network_that_takes_something_else_is_refused(folder: Path) -> None:
    network = keras.Sequential([keras.Input((32, 32, 1)), layers.Flatten(), layers.Dense(10)])
    (folder / NETWORK).write_text(network.to_json())
    (folder / CARD).unlink()
    with pytest.raises(BadModel, match=r"takes \(32, 32, 1\); expected \(28, 28, 1\)"):
        load_classifier(load(folder))


def test_every_layer_that_is_allowed_is_one_of_keras() -> None:
    from app.models.keras_files import LAYERS

    assert {name for name in LAYERS if not hasattr(layers, name)} == set()


# ---- model.h5 ----


def first_array(file: h5py.File) -> str:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) and item.ndim > 1 else None)
    return found[0]


def put_external(file: h5py.File, name: str) -> None:
    file.create_dataset(name, shape=(5, 5), dtype="f4", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def put_external_link(file: h5py.File, name: str) -> None:
    file[name] = h5py.ExternalLink(str(MODELS / "cnn" / WEIGHTS), "/")


def put_soft_link(file: h5py.File, name: str) -> None:
    file[name] = h5py.SoftLink(f"/{name}")


def put_virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout((5, 5), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (5, 5))
    file.create_virtual_dataset(name, layout)


def put_huge(file: h5py.File, name: str) -> None:
    file.create_dataset(name, shape=(2_000_000_000,), dtype="f4", chunks=(1_000_000,), compression="gzip")


def put_texts(file: h5py.File, name: str) -> None:
    file.create_dataset(name, data=["x"], dtype=h5py.string_dtype())


@pytest.mark.parametrize(
    ("put", "sentence"),
    (
        (put_external, "keeps an array in another file"),
        (put_external_link, "holds a link"),
        (put_soft_link, "holds a link"),
        (put_virtual, "keeps an array in another file"),
        (put_huge, "expected at most"),
        (put_texts, "where numbers were expected"),
    ),
)
def test_weights_lead_to_no_other_file_and_have_a_bounded_size(
    folder: Path, put: Callable[[h5py.File, str], None], sentence: str
) -> None:
    with h5py.File(folder / WEIGHTS, "r+") as file:
        name = first_array(file)
        del file[name]
        put(file, name)
    with pytest.raises(BadModel, match=sentence):
        check_weights(folder)


def test_weights_that_are_no_numbers_are_refused(folder: Path) -> None:
    with h5py.File(folder / WEIGHTS, "r+") as file:
        name = first_array(file)
        file[name][...] = np.nan
    with pytest.raises(BadModel, match="answers what is no number"):
        load_classifier(load(folder))


# ---- the good ones are served ----


def test_the_page_and_the_json_say_what_is_refused_and_why(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    change_card(models / "unsure", history=5)
    client = create_app({"models": models}).test_client()
    answer = client.get("/models").get_json()
    assert [card["name"] for card in answer["models"]] == ["plain"]
    error = "unsure/card.json has history 5; expected an object. Train the model again, or restore the card."
    assert answer["refused"] == [{"name": "unsure", "error": error}]
    assert error in client.get("/models", headers={"Accept": BROWSER}).text
    assert "未启用的模型" in client.get("/models?language=zh", headers={"Accept": BROWSER}).text
    assert client.get("/health/ready").get_json()["refused"] == ["unsure"]
    assert client.get("/models/unsure").status_code == 404
    assert [record.levelname for record in caplog.records if error in record.getMessage()] == ["ERROR"]


def test_where_nothing_is_refused_nothing_is_said(models: Path) -> None:
    client = create_app({"models": models}).test_client()
    assert client.get("/models").get_json()["refused"] == []
    assert "refused" not in client.get("/health/ready").get_json()
    assert 'class="card refused"' not in client.get("/models", headers={"Accept": BROWSER}).text


@pytest.mark.parametrize(
    "name", ("bad\nname", "bad\x1b[31mname", "bad\x9bname", "bad:predict", os.fsdecode(b"bad\xff"))
)
def test_a_name_that_cannot_stand_in_an_address_or_a_line_is_refused_and_written_escaped(
    models: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    shutil.copytree(models / "plain", models / name)
    registry = load_registry(models)
    assert registry.names == ["plain", "unsure"]
    refused = registry.refused[0]
    assert refused.name.isprintable()
    assert "Rename it." in refused.error
    assert all(record.getMessage().isprintable() for record in caplog.records)


def test_a_name_in_html_is_served_escaped(models: Path) -> None:
    name = 'a"<img src=x onerror=alert(1)>'
    shutil.copytree(models / "plain", models / name)
    client = create_app({"models": models}).test_client()
    for path in ("/", "/models", f"/models/{name}"):
        response = client.get(path, headers={"Accept": BROWSER})
        assert response.status_code == 200
        assert "<img src=x" not in response.text


@pytest.mark.parametrize("link", ("/etc", ".", "nowhere", "bad"))
def test_a_link_to_no_model_folder_is_refused(models: Path, link: str) -> None:
    (models / "bad").symlink_to(link)
    assert [one.name for one in load_registry(models).refused] == ["bad"]


def test_strictly_one_bad_folder_stops_the_start(models: Path) -> None:
    change_card(models / "unsure", classes=None)
    with pytest.raises(BadModel, match=r"The model unsure is refused: unsure/card\.json has classes None"):
        create_app({"models": models, "strict": True})


def test_no_good_folder_stops_the_start(models: Path) -> None:
    for name in ("plain", "unsure"):
        change_card(models / name, framing=[])
    with pytest.raises(BadModel, match=r"The model plain is refused: .* The model unsure is refused: "):
        create_app({"models": models})


def test_a_default_that_is_refused_stops_the_start_and_says_why(models: Path) -> None:
    (models / "unsure" / NETWORK).write_text("{")
    with pytest.raises(
        BadModel, match=r"'unsure', expected one of plain\. It is refused: unsure/model\.json is damaged"
    ):
        load_registry(models, "unsure")


# ---- reports ----


@pytest.mark.parametrize("make", (to_pipe, to_device, to_outside, to_itself, to_nothing, to_folder, to_too_much))
def test_a_picture_of_a_report_is_a_file_inside_the_folder(models: Path, make: Callable[[Path], None]) -> None:
    (models / "plain" / "report").mkdir(exist_ok=True)
    (models / "plain" / "report" / "errors.png").unlink(missing_ok=True)
    make(models / "plain" / "report" / "errors.png")
    client = create_app({"models": models}).test_client()
    assert client.get("/models/plain/report/errors.png").status_code == 404
    page = client.get("/models/plain", headers={"Accept": BROWSER})
    assert (page.status_code, "report/errors.png" in page.text) == (200, False)


def test_a_report_that_is_linked_elsewhere_is_not_shown(models: Path, tmp_path: Path) -> None:
    shutil.rmtree(models / "plain" / "report", ignore_errors=True)
    (models / "plain" / "report").symlink_to(MODELS / "lenet5" / "report")
    client = create_app({"models": models}).test_client()
    assert client.get("/models/plain/report/errors.png").status_code == 404


# ---- the check, and what the workers learn of it ----


def test_the_check_says_what_is_refused_and_fails(models: Path) -> None:
    assert check(models) == (0, "plain, unsure; the default is plain\n", "")
    (models / "unsure" / NETWORK).unlink()
    to_pipe(models / "unsure" / NETWORK)
    for strict in (0, 1):
        code, written, said = check(models, strict=strict)
        assert (code, written, said.count("\n")) == (1, "", 1)
        assert said.startswith("Digits cannot serve this: The model unsure is refused: unsure/model.json is no regular")


@pytest.mark.parametrize("harm", ("crash", "memory", "hang"))
def test_a_model_that_ends_or_stops_the_process_that_loads_it_is_refused(
    models: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    shutil.copytree(models / "plain", models / "harmful")

    def load_it(artifact: Any) -> None:
        if artifact.name != "harmful":
            load_classifier(artifact)
        elif harm == "crash":
            faulthandler.disable()
            os.kill(os.getpid(), signal.SIGSEGV)
        elif harm == "hang":
            signal.pause()
        else:
            bytearray(2 * survey.MAX_MEMORY)

    monkeypatch.setattr(survey, "load_classifier", load_it)
    receive, seconds = survey._receive, iter((1 if harm == "hang" else 60, 60, 60))  # the harmful one comes first

    def receive_in_time(receiver: Connection) -> str:
        monkeypatch.setattr(survey, "MAX_SECONDS", next(seconds))
        return receive(receiver)

    monkeypatch.setattr(survey, "_receive", receive_in_time)
    found = survey.survey(models)
    assert [artifact.name for artifact in found.artifacts] == ["plain", "unsure"]
    assert [one.name for one in found.refused] == ["harmful"]
    assert choose_default(found) == "plain"


def test_a_worker_serves_what_its_master_found_and_nothing_less(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_card(models / "unsure", classes=None)
    found = survey.survey(models)
    monkeypatch.setenv(REFUSED, "")
    tell_workers(found.refused)
    assert load_registry(models).refused == found.refused
    shutil.copytree(models / "plain", models / "other")
    (models / "plain" / NETWORK).write_text("{")
    with pytest.raises(BadModel, match=r"The model plain is refused: plain/model\.json is damaged"):
        load_registry(models)


def test_a_server_serves_the_good_ones_and_keeps_them_when_told_to_reload(models: Path, tmp_path: Path) -> None:
    (models / "unsure" / CARD).unlink()
    to_pipe(models / "unsure" / CARD)
    with running(tmp_path / "log", models=models, workers=2, log_level="debug") as server:
        first, second = server.wait_for_workers(2)
        server.wait_for("The model unsure is not served: unsure/card.json is no regular file")
        os.kill(first, signal.SIGKILL)
        server.wait_for_workers(2)
        server.send(signal.SIGHUP)
        server.wait_for("Kept the models that were served. Digits cannot serve this: The model unsure is refused: ")
        assert second in server.workers()
        with urllib.request.urlopen(f"{server.address}/health/ready", timeout=30) as answer:
            ready = {"ready": True, "models": ["plain"], "refused": ["unsure"], "corrections": "off"}
            assert json.load(answer) == ready
        (models / "unsure" / CARD).unlink()
        shutil.copy(models / "plain" / CARD, models / "unsure")
        server.send(signal.SIGHUP)
        server.wait_for("unsure is served through TensorFlow")
