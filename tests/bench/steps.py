"""What one request costs, step by step, in one thread.

Time is processor time of the thread, so that what else the machine does counts little.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import thread_time_ns
from typing import Any

import numpy as np
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from app import create_app
from app.framing import frame_digit, to_tensor
from app.preprocessing.decoding import decode_picture
from app.preprocessing.digits import find_ink
from app.reading.answers import describe_predictions

from .posts import Post, one_photo, one_picture

STEPS = ("decode", "ink", "frame", "predict", "JSON", "HTTP")
REPEATS = 300  # requests; of each step the median counts
PHOTO_REPEATS = 15


def measure_steps(app: Flask, post: Post, repeats: int) -> Mapping[str, float]:
    """Return the microseconds of each step of a request. HTTP is everything that is no other step."""
    with app.app_context():
        rows = np.array([_time_request(app, post) for _ in range(repeats)])
    return dict(zip(STEPS, np.median(rows, axis=0).round(1).tolist(), strict=True))


def _time_request(app: Flask, post: Post) -> list[float]:
    """Take a picture through the steps by hand, then through the whole app."""
    classifier = app.extensions["digits"].get()
    ticks = [thread_time_ns()]
    picture = decode_picture(post.body)
    ticks.append(thread_time_ns())
    ink = find_ink(picture)
    ticks.append(thread_time_ns())
    digit = frame_digit(ink)
    ticks.append(thread_time_ns())
    prediction = classifier.predict(to_tensor(digit[None]))
    ticks.append(thread_time_ns())
    json.dumps(describe_predictions(classifier, prediction, [False])[0])
    ticks.append(thread_time_ns())
    environment = EnvironBuilder("/predict", method="POST", data=post.body, content_type=post.content_type)
    request = environment.get_environ()
    begin = thread_time_ns()
    body, status, _ = run_wsgi_app(app, request, buffered=True)
    whole = thread_time_ns() - begin
    assert status == "200 OK", b"".join(body)
    steps = np.diff(ticks) / 1000
    return [*steps.tolist(), whole / 1000 - float(steps.sum())]


def main() -> None:
    """Print the steps of each kind of picture as JSON."""
    app = create_app({"log_level": "info"})
    posts = [(one_picture(mode), REPEATS) for mode in ("L", "RGB", "RGBA")] + [(one_photo(), PHOTO_REPEATS)]
    measured: dict[str, Any] = {post.name: measure_steps(app, post, repeats) for post, repeats in posts}
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
