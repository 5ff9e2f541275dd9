"""What people correct: POST /corrections keeps one, /hands/ID shows, exports and forgets what a hand has taught.

A hand is a random name; who knows it may do all of this with it, and nobody else knows that it exists. Owns what a
client may ask; what is kept, and how, is memory/'s.
"""

from __future__ import annotations

import base64
import io
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request

from .errors import BadRequest, NotFound
from .memory.names import check_hand, name_hand
from .models.card import DIGITS
from .models.classifier import Classifier
from .reading.answers import frame_and_read
from .web.requests import read_pictures
from .web.served import needed_memory, served_models

RATE = "600/minute"  # corrections of a client address: a class behind one address
LISTED = 100  # corrections in one answer
MAX_NUMBER = 2**63 - 1
LIMITER = "digits.limit_corrections"  # under which the app keeps what counts them

bp = Blueprint("corrections", __name__)


def init_app(app: Flask) -> None:
    """Count corrections apart from other requests, where they are kept."""
    from .web.limits import make_limiter

    app.extensions[LIMITER] = make_limiter(RATE, "corrections")


@bp.after_request
def keep_private(response: Response) -> Response:
    """Let no cache on the way keep what belongs to a hand."""
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/corrections")
def correct() -> tuple[dict[str, Any], int]:
    """Keep what the digit of a picture is."""
    memory = needed_memory()
    digit = _read_digit()
    hand = request.args.get("hand")
    hand = name_hand() if hand is None else check_hand(hand)
    current_app.extensions[LIMITER]()
    classifier = _find_reader()
    pictures = read_pictures(request, current_app.config["MAX_PICTURES"])
    if len(pictures.bodies) != 1:
        raise BadRequest(f"A correction is one picture; {len(pictures.bodies)} came.")
    from .memory.corrections import Read

    picture, was = frame_and_read(memory.personalise(classifier, hand), pictures.bodies[0])
    read = Read(picture, was, classifier.name, str(classifier.card["version"]))
    number = memory.add(hand, digit, read)
    trusted = number not in memory.find_doubted(classifier, hand)
    return {"id": number, "digit": digit, "was": was, "hand": hand, "trusted": trusted}, 201


@bp.get("/hands/<hand>")
def show(hand: str) -> dict[str, Any]:
    """Count what a hand has corrected."""
    digits = needed_memory().count_digits(check_hand(hand))
    return {"hand": hand, "corrections": sum(digits.values()), "digits": {str(each): digits[each] for each in digits}}


@bp.delete("/hands/<hand>")
def forget(hand: str) -> tuple[str, int]:
    """Delete everything of a hand."""
    needed_memory().forget(check_hand(hand))
    return "", 204


@bp.get("/hands/<hand>/corrections")
def show_corrections(hand: str) -> dict[str, Any]:
    """Show what a hand has corrected, the newest first, with the pictures."""
    memory = needed_memory()
    classifier = _find_reader()
    limit, before = _read_number("limit", LISTED, LISTED), _read_number("before", MAX_NUMBER, MAX_NUMBER)
    found = memory.list_newest(check_hand(hand), limit + 1, before)
    doubted = memory.find_doubted(classifier, hand) if found else set()
    shown = [
        {
            "id": each.number,
            "digit": each.digit,
            "was": each.was,
            "model": each.model,
            "version": each.version,
            "time": each.time.isoformat(timespec="seconds"),
            "trusted": each.number not in doubted,
            "picture": "data:image/png;base64," + base64.b64encode(each.png).decode("ascii"),
        }
        for each in found[:limit]
    ]
    return {"hand": hand, "corrections": shown, "more": len(found) > limit}


@bp.delete("/hands/<hand>/corrections/<int:number>")
def forget_correction(hand: str, number: int) -> tuple[str, int]:
    """Delete one correction of a hand."""
    memory = needed_memory()
    if not memory.delete_one(check_hand(hand), min(number, MAX_NUMBER)):
        raise NotFound(f"This hand has no correction {min(number, MAX_NUMBER)}.")
    return "", 204


@bp.get("/hands/<hand>/export")
def export(hand: str) -> Response:
    """Send what a hand has corrected as a zip of PNGs in folders by label."""
    memory = needed_memory()
    from .memory.archives import write_zip

    stream = io.BytesIO()
    write_zip(stream, memory.read_all(check_hand(hand)))
    response = Response(stream.getvalue(), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="corrections.zip"'
    return response


def _read_digit() -> int:
    """Return the digit that the query says was written.

    Raises:
        BadRequest: it says none.
    """
    text = request.args.get("digit", "")
    if text not in DIGITS:
        raise BadRequest(f"?digit={text[:20]!a} is not possible; expected the digit that was written, 0 to 9.")
    return int(text)


def _read_number(name: str, default: int, max_value: int) -> int:
    """Return a number of the query.

    Raises:
        BadRequest: it is none, or too large.
    """
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(max_value)) or not 1 <= int(text) <= max_value:
        raise BadRequest(f"?{name}={text[:30]!a} is not possible; expected a whole number from 1 to {max_value}.")
    return int(text)


def _find_reader() -> Classifier:
    """Return the model that is corrected.

    Raises:
        NotFound: no model has the name.
        BadRequest: it reads something else than digits.
    """
    classifier = served_models().get(request.args.get("model"))
    if classifier.classes != DIGITS:
        raise BadRequest(f"The model {classifier.name} reads no digits, so it cannot be corrected. Name another.")
    return classifier
