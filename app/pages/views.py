"""Own the pages that people see: the drawing page and the pages about the models.

Knows neither pictures nor networks: what a page says about a model comes from its card and its report.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request, send_file, send_from_directory
from flask.typing import ResponseReturnValue

from ..errors import DigitsError, NotFound
from ..models.classifier import Classifier
from ..models.files import BadModel, read_file
from ..models.layers import Opaque, describe_layers
from ..reading.answers import read_one, read_several
from ..settings import SERVED
from ..web.failures import wants_page
from ..web.metrics import count_answers
from ..web.requests import read_pictures, take_in_time
from ..web.served import chosen_classifier, served_corrections, served_models
from .report import draw_curves, draw_reliability, find_report, measure_png, shade_confusion
from .texts import LANGUAGES, choose_language, load_texts, translator

STATIC = SERVED / "static"
SERVICE_WORKER = "service-worker.js"
IMPORT = re.compile(r"^(?:import|}) .*?from '(\..+?)';$", re.MULTILINE)
THEMES = ("light", "dark")
YEAR = 365 * 24 * 60 * 60  # seconds


bp = Blueprint("pages", __name__)


@cache
def find_modules(page: str) -> tuple[str, ...]:
    """Return the scripts that a script imports as it starts, and theirs, so that a browser asks for all at once."""
    found: set[str] = set()
    waiting = [page]
    while waiting:
        module = waiting.pop()
        for name in IMPORT.findall((STATIC / module).read_text("utf-8")):
            imported = (STATIC / module).parent.joinpath(name).resolve().relative_to(STATIC.resolve()).as_posix()
            if imported not in found:
                found.add(imported)
                waiting.append(imported)
    return tuple(sorted(found))


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the page to draw on; tell a program that the server is alive, as KServe's version 1 asks."""
    if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
        return jsonify(status="alive"), {"Vary": "Accept"}
    return render_template(
        "index.html",
        script_texts=load_texts(choose_language())["script"],
        modules=find_modules("page.js"),
        models=_classifiers(),
        default=served_models().default,
        max_bytes=current_app.config["MAX_CONTENT_LENGTH"],
    )


@bp.post("/")
def upload() -> str:
    """Read the pictures of the form that the page has for browsers without scripts."""
    pictures = read_pictures(request, current_app.config["MAX_PICTURES"])
    classifier = chosen_classifier()
    if pictures.several:
        readings = read_several(classifier, take_in_time(pictures.bodies))
    else:
        readings = [read_one(classifier, pictures.bodies[0])]
    count_answers(readings)
    return render_template("readings.html", readings=readings)


@bp.get("/models")
def models() -> ResponseReturnValue:
    """Show all models: a page to a browser, their cards to a program."""
    if wants_page():
        registry = served_models()
        return render_template("models.html", models=_classifiers(), default=registry.default, refused=registry.refused)
    cards = [{**classifier.card, "name": classifier.name} for classifier in _classifiers()]
    refused = [dataclasses.asdict(one) for one in served_models().refused]
    response = jsonify({"default": served_models().default, "models": cards, "refused": refused})
    response.vary.add("Accept")
    return response


@bp.get("/models/<name>")
def model(name: str) -> str:
    """Show what is known about one model."""
    classifier = served_models().get(name)
    return render_template(
        "model.html",
        model=classifier,
        card=classifier.card,
        curves=draw_curves(classifier.card.get("history", {})),
        reliability=draw_reliability(classifier.card.get("metrics", {}).get("calibration", {}).get("bins", [])),
        shades=shade_confusion(classifier.card.get("confusion", [])),
        pictures=find_report(classifier.folder),
    )


@bp.get("/models/<name>/report/<picture>.png")
def report(name: str, picture: str) -> Response:
    """Send a picture of a model's report.

    Raises:
        NotFound: there is no such picture; a link to a file outside the model's folder is not followed.
    """
    folder = served_models().get(name).folder
    try:
        body = read_file(folder, f"report/{Path(picture).name}.png")
        measure_png(body)
    except BadModel as error:
        raise NotFound(f"The model {name} has no picture {picture}.") from error
    return send_file(io.BytesIO(body), "image/png", etag=hashlib.sha256(body).hexdigest())


@bp.get("/models/<name>/layers")
def layers(name: str) -> ResponseReturnValue:
    """Send a model's layers with their weights, for the page to compute what is inside.

    Raises:
        NotFound: it cannot be shown layer by layer.
    """
    try:
        body = _describe_layers(served_models().get(name))
    except (BadModel, Opaque) as error:
        raise NotFound(f"The model {name} cannot be shown layer by layer: {error}.") from error
    response = Response(body, mimetype="application/octet-stream")
    response.set_etag(hashlib.sha256(body).hexdigest())
    response.headers["Cache-Control"] = "no-cache"  # keep it, and ask whether it is still the one
    return response.make_conditional(request)


@lru_cache(maxsize=4)  # of up to 2 MB each
def _describe_layers(classifier: Classifier) -> bytes:
    return describe_layers(classifier.folder, classifier.card)


@bp.get(f"/{SERVICE_WORKER}")
def service_worker() -> Response:
    """Send the script that keeps the page for when the server is away; it may do so only for paths below its own."""
    return send_from_directory(STATIC, SERVICE_WORKER)


@bp.get("/robots.txt")
def robots() -> Response:
    """Send what search engines may look at."""
    return send_from_directory(STATIC, "robots.txt")


def show_failure(error: DigitsError) -> str:
    """Make the page that says what went wrong."""
    code = error.code if f"failure.{error.code}" in load_texts(choose_language())["page"] else "internal"
    return render_template("failure.html", error=error, code=code)


def _classifiers() -> list[Classifier]:
    return [served_models().get(name) for name in served_models().names]


@bp.app_context_processor
def provide_texts() -> dict[str, Any]:
    """Give every template its language, its theme and the texts."""
    language = choose_language()
    theme = request.cookies.get("theme")
    return {
        "language": language,
        "other_language": next(other for other in LANGUAGES if other != language),
        "theme": theme if theme in THEMES else None,
        "corrections": served_corrections().are_kept,
        "t": translator(language),
        "said": load_texts(language)["page"].get,  # where there may be no such text
    }


@bp.after_app_request
def remember_language(response: Response) -> Response:
    """Keep the language that was chosen by the address."""
    if not request.query_string:
        return response
    if (choice := request.args.get("language")) in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie("language", str(choice), max_age=YEAR, samesite="Lax")
    return response
