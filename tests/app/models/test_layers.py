"""A compiled network taken apart: what the page gets is what answers, and what cannot be shown says why."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray

from app.models.card import read_card
from app.models.files import BadModel
from app.models.layers import MAX_EXACT, Opaque, describe_layers
from app.models.runtimes import LiteRTRuntime
from tests.conftest import ROOT

TYPES = {"float32": "<f4", "float16": "<f2", "int8": "<i1"}
SERVED = sorted(path.parent.name for path in (ROOT / "models").glob("*/model.tflite"))


def parse(body: bytes) -> dict[str, Any]:
    """Read the body as the page does, its arrays in their places."""
    (length,) = struct.unpack_from("<I", body)
    head: dict[str, Any] = json.loads(body[4 : 4 + length])
    for layer in head["layers"]:
        for name in {"kernel", "bias", "scales"} & layer.keys():
            array = layer[name]
            count = int(np.prod(array["shape"]))
            layer[name] = np.frombuffer(body, TYPES[array["type"]], count, 4 + length + array["at"]).reshape(
                array["shape"]
            )
    return head


def describe(folder: Path) -> dict[str, Any]:
    card = read_card(folder)
    assert card
    return parse(describe_layers(folder, card))


@pytest.mark.parametrize("name", SERVED)
def test_every_served_model_is_a_chain_from_the_digit_to_the_answers(name: str) -> None:
    head = describe(ROOT / "models" / name)
    layers = head["layers"]
    assert layers[-1]["kind"] == "dense"
    assert layers[-1]["activation"] == "softmax"
    assert layers[-1]["shape"] == [len(head["classes"])]
    maps = 1
    for layer in layers:
        if layer["kind"] == "conv":
            assert layer["kernel"].shape[0] == layer["shape"][-1] == len(layer["bias"])
            assert layer["kernel"].shape[-1] == maps
        maps = layer["shape"][-1]


def test_lenet_has_the_layers_of_its_paper() -> None:
    layers = describe(ROOT / "models" / "lenet5")["layers"]
    assert [layer["name"] for layer in layers[1:7]] == ["c1", "s2", "c3", "s4", "c5", "f6"]
    assert layers[0]["kind"] == "scale"
    assert [layer["shape"] for layer in layers[1:5]] == [[28, 28, 6], [14, 14, 6], [10, 10, 16], [5, 5, 16]]


def test_a_layer_computed_from_the_body_is_the_one_that_answers(tiny_models: Path) -> None:
    conv, dense = describe(tiny_models / "plain")["layers"]
    tensor = np.random.default_rng(1).random((1, 28, 28, 1), np.float32)
    windows: NDArray[np.float32] = np.lib.stride_tricks.sliding_window_view(tensor[0, ..., 0], (5, 5))[::4, ::4]
    maps = np.einsum("yxij,oij->yxo", windows, conv["kernel"][..., 0]) + conv["bias"]
    sums = dense["kernel"] @ maps.ravel() + dense["bias"]
    powers = np.exp(sums - sums.max())
    expected = LiteRTRuntime(tiny_models / "plain" / "model.tflite")(tensor)[0][0]
    assert np.allclose(powers / powers.sum(), expected, atol=1e-5)


def test_only_large_kernels_are_rounded() -> None:
    for name in SERVED:
        for layer in describe(ROOT / "models" / name)["layers"]:
            if "kernel" in layer and layer["kernel"].dtype == np.float16:
                assert layer["kernel"].size > MAX_EXACT


def test_the_page_gets_the_layers_and_asks_for_them_once(tiny_client: FlaskClient) -> None:
    response = tiny_client.get("/models/plain/layers")
    assert response.mimetype == "application/octet-stream"
    assert parse(response.data)["model"] == "plain"
    again = tiny_client.get("/models/plain/layers", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_a_model_that_is_not_served_has_no_layers(tiny_client: FlaskClient) -> None:
    response = tiny_client.get("/models/nope/layers")
    assert (response.status_code, response.get_json()["code"]) == (404, "not_found")


def copy_model(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / folder.name))


def test_another_file_than_the_cards_is_not_shown(tiny_models: Path, tmp_path: Path) -> None:
    folder = copy_model(tiny_models / "plain", tmp_path)
    shutil.copy(tiny_models / "unsure" / "model.tflite", folder)
    with pytest.raises(Opaque, match="not the one"):
        describe(folder)


@pytest.mark.parametrize("body", (b"", b"x", bytes(1000), b"\xff" * 1000))
def test_a_damaged_file_is_a_bad_model(tiny_models: Path, tmp_path: Path, body: bytes) -> None:
    folder = copy_model(tiny_models / "plain", tmp_path)
    (folder / "model.tflite").write_bytes(body)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    card["sha256"]["model.tflite"] = hashlib.sha256(body).hexdigest()
    with pytest.raises(BadModel, match=r"plain/model\.tflite"):
        describe_layers(folder, card)


def test_a_network_whose_layers_meet_again_is_not_shown(tmp_path: Path) -> None:
    import keras
    from keras import layers

    from app.models.saving import save

    tensor = keras.Input((28, 28, 1))
    one = layers.Conv2D(2, 3, padding="same")(tensor)
    met = layers.Add()([one, layers.Conv2D(2, 3, padding="same")(one)])
    save(keras.Model(tensor, layers.Dense(10, activation="softmax")(layers.Flatten()(met))), tmp_path / "meeting", {})
    with pytest.raises(Opaque, match="chain"):
        describe(tmp_path / "meeting")
