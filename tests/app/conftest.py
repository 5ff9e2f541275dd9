"""What the server's tests share: model folders made through the real save(), and the app on them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.models.saving import save
from tests.support.sharing import make_once

MAX_BYTES = 4096  # bytes of a request, for the tests of the limit
FEW = 3  # pictures of a request


@pytest.fixture(scope="session")
def robust() -> Classifier:
    """The committed model."""
    folder = Path(__file__).parents[2] / "models" / "robust"
    if not folder.is_dir():
        pytest.skip("models/robust is not there: make train RECIPE=robust")
    return load_classifier(load(folder))


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models/ folder with two tiny untrained networks; the second has names for its classes and a certainty."""
    return make_once(tmp_path_factory, "tiny-models", _save_tiny_models)


@pytest.fixture(scope="session")
def small_client(tiny_models: Path) -> FlaskClient:
    """A client of an app with tiny networks and narrow limits."""
    app = create_app({"models": tiny_models, "max_bytes": MAX_BYTES, "max_pictures": FEW})
    return app.test_client()


@pytest.fixture(scope="session")
def tiny_client(tiny_models: Path) -> FlaskClient:
    """A client of an app with tiny networks and the usual limits."""
    return create_app({"models": tiny_models}).test_client()


@pytest.fixture(scope="session")
def client() -> FlaskClient:
    """A client of an app with the committed models."""
    return create_app().test_client()


def _save_tiny_models(models: Path) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(7)
    tensor = keras.Input((28, 28, 1))
    features = layers.Flatten()(layers.Conv2D(2, 5, strides=4)(tensor))
    probabilities = layers.Dense(10, activation="softmax")(features)
    save(keras.Model(tensor, probabilities), models / "plain", {"title": "Plain"})
    certainty = layers.Dense(1, activation="sigmoid")(features)
    names = [f"garment {number}" for number in range(10)]
    save(keras.Model(tensor, [probabilities, certainty]), models / "unsure", {"classes": names, "certain_from": 0.5})
