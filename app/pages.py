"""Own the pages that people see: the drawing page and the pages about the models.

Knows neither pictures nor networks: what a page says about a model comes from its card and its report.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request, send_file, send_from_directory
from flask.typing import ResponseReturnValue

from .charts import LineChart, draw_lines
from .classifier import Classifier
from .errors import NotFound
from .model_files import BadModel, open_file, read_file
from .registry import Registry
from .settings import SERVED

STATIC = SERVED / "static"
SERVICE_WORKER = "service-worker.js"
MODULES = sorted({path.relative_to(STATIC).as_posix() for path in STATIC.glob("*/*.js")} - {"site/site.js"})
LANGUAGES = ("en", "zh")
THEMES = ("light", "dark")
YEAR = 365 * 24 * 60 * 60  # seconds
EARLY = 10  # of so many epochs one is the early one
HEAT = 9  # shades of a confusion matrix, besides none

REPORT_PICTURES = ("errors", "filters", "pixels", "samples")  # those that the page does not draw from the card itself

PNG_HEAD = 24  # bytes at the beginning of a PNG, up to its width and height

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
}
COMPRESSED = {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}
SMALL = 860  # bytes: an answer that fits in one network packet gains nothing from compression

bp = Blueprint("pages", __name__)


@dataclass(frozen=True)
class ReportPicture:
    """A picture of a model's report, with its size in pixels so that the page keeps its place."""

    name: str
    width: int
    height: int


@bp.get("/")
def index() -> str:
    """Show the page to draw on."""
    return render_template(
        "index.html",
        script_texts=load_texts(choose_language())["script"],
        modules=MODULES,
        models=_classifiers(),
        default=_registry().default,
        max_bytes=current_app.config["MAX_CONTENT_LENGTH"],
    )


@bp.get("/models")
def models() -> ResponseReturnValue:
    """Show all models: a page to a browser, their cards to a program."""
    if request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html":
        registry = _registry()
        return render_template("models.html", models=_classifiers(), default=registry.default, refused=registry.refused)
    cards = [{**classifier.card, "name": classifier.name} for classifier in _classifiers()]
    refused = [dataclasses.asdict(one) for one in _registry().refused]
    response = jsonify({"default": _registry().default, "models": cards, "refused": refused})
    response.vary.add("Accept")
    return response


@bp.get("/models/<name>")
def model(name: str) -> str:
    """Show what is known about one model."""
    classifier = _registry().get(name)
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
        NotFound: there is no such picture; a link to a file outside the model's folder is none.
    """
    folder = _registry().get(name).folder
    try:
        body = read_file(folder, f"report/{Path(picture).name}.png")
        _measure_png(body)
    except BadModel as error:
        raise NotFound(f"The model {name} has no picture {picture}.") from error
    return send_file(io.BytesIO(body), "image/png", etag=hashlib.sha256(body).hexdigest())


@bp.get(f"/{SERVICE_WORKER}")
def service_worker() -> Response:
    """Send the script that keeps the page for when the server is away; it may do so only for paths below its own."""
    return send_from_directory(STATIC, SERVICE_WORKER)


def draw_curves(history: dict[str, list[float]]) -> dict[str, LineChart]:
    """Lay out loss and accuracy over the epochs, for training and validation where both are known.

    The axis is the range of the later epochs: the first tenth is so far off that nothing else could be told apart.
    """
    charts = {}
    for quantity in ("accuracy", "loss"):
        series = {
            part: list(enumerate(history[key], start=1))
            for part, key in (("training", quantity), ("validation", f"validation_{quantity}"))
            if history.get(key)
        }
        if series:
            later = [value for points in series.values() for _, value in points[len(points) // EARLY :]]
            charts[quantity] = draw_lines(series, y_range=(min(later), max(later)), percent=quantity == "accuracy")
    return charts


def draw_reliability(bins: list[dict[str, float]]) -> LineChart | None:
    """Lay out how often a model is right over how sure it is, beside the line of a perfectly calibrated one."""
    if not bins:
        return None
    measured = [(each["confidence"], each["accuracy"]) for each in bins]
    return draw_lines({"perfect": [(0, 0), (1, 1)], "measured": measured}, x_range=(0, 1), percent=True)


def shade_confusion(confusion: list[list[int]]) -> list[list[tuple[int, int]]]:
    """Pair every count with its shade: 0 for none, 1 to HEAT by its share of the most frequent mistake."""
    mistakes = [count for row, counts in enumerate(confusion) for column, count in enumerate(counts) if row != column]
    most = max(mistakes, default=0) or 1
    return [[(count, min(HEAT, -(-HEAT * count // most))) for count in counts] for counts in confusion]


def find_report(folder: Path) -> list[ReportPicture]:
    """Return the pictures of a model's report that are there, in the order of the page."""
    found = []
    for name in REPORT_PICTURES:
        try:
            with open_file(folder, f"report/{name}.png") as file:
                found.append(ReportPicture(name, *_measure_png(file.read(PNG_HEAD))))
        except BadModel:  # it is not there, or no picture
            continue
    return found


def _measure_png(body: bytes) -> tuple[int, int]:
    """Return the width and height that a PNG begins with, in pixels.

    Raises:
        BadModel: it is none.
    """
    if len(body) < PNG_HEAD or not body.startswith(b"\x89PNG\r\n\x1a\n"):
        raise BadModel("It is no PNG.")
    width, height = struct.unpack(">II", body[16:PNG_HEAD])
    return width, height


def _registry() -> Registry:
    registry: Registry = current_app.extensions["digits"]
    return registry


def _classifiers() -> list[Classifier]:
    return [_registry().get(name) for name in _registry().names]


@bp.app_context_processor
def provide_texts() -> dict[str, Any]:
    """Give every template its language, its theme and the texts."""
    language = choose_language()
    theme = request.cookies.get("theme")
    return {
        "language": language,
        "other_language": next(other for other in LANGUAGES if other != language),
        "theme": theme if theme in THEMES else None,
        "t": translator(language),
    }


def choose_language() -> str:
    """Choose by the address, then by the choice made before, then by the browser."""
    for choice in (request.args.get("language"), request.cookies.get("language")):
        if choice in LANGUAGES:
            return choice
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def translator(language: str) -> Callable[..., str]:
    """Make the function that says a text by its key, with its {names} filled in."""
    texts = load_texts(language)["page"]
    return lambda key, **values: texts[key].format(**values)


@cache
def load_texts(language: str) -> dict[str, dict[str, str]]:
    """Load everything that the page says in one language."""
    texts: dict[str, dict[str, str]] = json.loads((STATIC / "texts" / f"{language}.json").read_text("utf-8"))
    return texts


@bp.after_app_request
def remember_language(response: Response) -> Response:
    """Keep the language that was chosen by the address."""
    if (choice := request.args.get("language")) in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie("language", str(choice), max_age=YEAR, samesite="Lax")
    return response


@bp.after_app_request
def secure(response: Response) -> Response:
    """Let a page load nothing from elsewhere, and let nothing guess the type of an answer."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if response.mimetype == "text/html":
        response.vary.update(("Accept", "Accept-Language", "Cookie"))
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
    return response


@bp.after_app_request
def compress(response: Response) -> Response:
    """Send pages, scripts and styles compressed to browsers that ask for it."""
    if request.method != "GET" or response.status_code != 200 or response.mimetype not in COMPRESSED:
        return response
    response.vary.add("Accept-Encoding")
    if not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) <= SMALL:
        return response
    response.set_data(gzip.compress(body, 6, mtime=0))
    response.content_encoding = "gzip"
    etag, _ = response.get_etag()
    if etag:
        response.set_etag(etag, weak=True)
    return response
