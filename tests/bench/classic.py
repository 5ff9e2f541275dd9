"""The digit server of the tutorials, to compare with: load_model, a bare resize, and model.predict for each request."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from flask import Flask, request
from keras.models import load_model
from numpy.typing import NDArray
from PIL import Image

application = Flask(__name__)
model = load_model(os.environ["BENCH_CLASSIC"], compile=False)


@application.post("/predict")
def predict() -> dict[str, Any]:
    """Answer one digit a picture; several files are predicted as one batch, which is kinder than the tutorials."""
    streams: list[Any] = list(request.files.values()) or [request.stream]
    probabilities = model.predict(np.stack([read_tensor(stream) for stream in streams]), verbose=0)
    answers = [{"digit": int(row.argmax()), "confidence": float(row.max())} for row in probabilities]
    return {"predictions": answers} if request.files else answers[0]


@application.get("/health/ready")
def ready() -> dict[str, Any]:
    """Answer that the server is ready."""
    return {}


def read_tensor(stream: Any) -> NDArray[np.float32]:
    """Make a picture small, and dark ink light; float32 (28, 28, 1)."""
    grey = np.asarray(Image.open(stream).convert("L").resize((28, 28)), np.float32)
    return np.asarray((255 - grey) / 255, np.float32)[..., None]
