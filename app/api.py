"""The JSON contract: POST /predict reads one digit a picture, POST /read a written number; health of the server.

Owns what a client may ask; what it is answered is reading/'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from flask import Blueprint, Response, current_app

from .errors import BadRequest
from .reading.answers import Answer, predict_one, predict_several, read_one, read_several
from .web.metrics import count_answers
from .web.requests import read_pictures, take_in_time
from .web.served import (
    asks_nothing_else,
    check_ready,
    chosen_classifier,
    read_flag,
    served_corrections,
    served_models,
)
from .web.synchronous import asked

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment
    from werkzeug.datastructures import Headers

bp = Blueprint("api", __name__)

CLASSES = frozenset("0123456789")  # by their places


@bp.route("/predict", methods=["POST", "PUT"])  # curl -T sends PUT
def predict() -> Response:
    """Read one digit in each picture of the request."""
    classifier = chosen_classifier()
    request = asked()
    explained, against = (False, None) if asks_nothing_else() else (read_flag("explain"), _class("against"))
    pictures = read_pictures(request, current_app.config["MAX_PICTURES"])
    if not pictures.several:
        answer = predict_one(classifier, pictures.bodies[0], explained, against)
        count_answers([answer])
        return _to_json(answer)
    answers = predict_several(classifier, take_in_time(pictures.bodies), explained, against)
    count_answers(answers)
    return _to_json({"predictions": answers})


@bp.route("/read", methods=["POST", "PUT"])
def read() -> Response:
    """Read all digits of each picture of the request, in reading order."""
    classifier = chosen_classifier()
    explained = read_flag("explain")
    pictures = read_pictures(asked(), current_app.config["MAX_PICTURES"])
    if not pictures.several:
        answer = read_one(classifier, pictures.bodies[0], explained)
        count_answers([answer])
        return _to_json(answer)
    answers = read_several(classifier, take_in_time(pictures.bodies), explained)
    count_answers(answers)
    return _to_json({"readings": answers})


@bp.get("/health/live")
def live() -> Answer:
    """Answer that the process is alive."""
    return {"live": True}


@bp.get("/health/ready")
def ready() -> Answer:
    """Answer that the models have worked once (else create_app() fails), until the server goes away."""
    check_ready()
    registry = served_models()
    answer: Answer = {"ready": True, "models": registry.names, "corrections": served_corrections().describe()}
    return answer | ({"refused": [one.name for one in registry.refused]} if registry.refused else {})


def _class(name: str) -> int | None:
    """Return the class that the query names by its place, 0 to 9; None where it names none.

    Raises:
        BadRequest: it names something else.
    """
    value = asked().args.get(name)
    if value is None:
        return None
    if value not in CLASSES:
        raise BadRequest(f"?{name}={value} is not possible; expected {name}=0 to {name}=9.")
    return int(value)


class Encoded(Response):
    """An answer of known bytes, which go nowhere else: none of its headers is still to be worked out."""

    def get_wsgi_headers(self, _environ: WSGIEnvironment) -> Headers:
        """Return the headers as they are."""
        return self.headers


def _to_json(answer: Answer) -> Response:
    return Encoded(orjson.dumps(answer), content_type="application/json")
