"""What the server counts, for Prometheus: GET /metrics.

Labels come from the routes, the models and the codes of errors.py, never from what a client sends, so their number
is bounded. Under gunicorn every worker counts in files of its own, which a scrape adds up; a worker's successor
continues its files, so that no count is lost and no file is left over when workers are replaced.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Flask, Response, abort, current_app
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess, values
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from .clock import elapsed
from .served import EXTENSION
from .synchronous import asked

if TYPE_CHECKING:
    from ..models.classifier import Classifier, Prediction
    from ..models.registry import Registry

PATH = "/metrics"
FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # environment variable of prometheus_client: where the workers' files are
PLACE = "PROMETHEUS_PLACE"  # environment variable of a worker: the number of its files
KINDS = ("counter", "histogram", "gauge_livesum", "gauge_livemax")  # the files of one worker
FILE_SIZE = 256 * 1024  # bytes, five times what all labels together need
BUCKETS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds
NO_ROUTE = "none"  # route of a request to a path that does not exist

bp = Blueprint("metrics", __name__)


class Metrics:
    """The counters of one process."""

    def __init__(self, models: Registry) -> None:
        """Start counting, in the files that use_files() chose or in this process alone."""
        self.registry = CollectorRegistry()
        self._requests = self._make(Counter, "requests", "Requests answered.", ("route", "method", "status"))
        self._seconds = self._make(
            Histogram, "request_seconds", "Seconds to answer a request.", ("route",), buckets=BUCKETS
        )
        self._digits = self._make(Counter, "read", "Digits read.", ("model", "digit"))
        self._uncertain = self._make(Counter, "uncertain", "Digits read that should not be trusted.", ("model",))
        self._rejected = self._make(Counter, "rejected", "Pictures or requests refused.", ("code",))
        self._in_flight = self._make(
            Gauge, "requests_in_flight", "Requests being answered.", (), multiprocess_mode="livesum"
        )
        self._in_flight.set(0)
        information = self._make(
            Gauge,
            "model_info",
            "A model that is served.",
            ("model", "version", "runtime", "default"),
            multiprocess_mode="livemax",
        )
        for name in models.names:
            classifier = models.get(name)
            default = str(name == models.default).lower()
            information.labels(name, str(classifier.card["version"]), classifier.runtime, default).set(1)
        # labels() takes longer than counting, so its results are kept
        self._count_request = cache(lambda *labels: self._requests.labels(*labels).inc)
        self._observe_seconds = cache(lambda route: self._seconds.labels(route).observe)
        self._count_digit = cache(lambda model, digit: self._digits.labels(model, digit).inc)

    def _make(self, kind: type[Any], name: str, text: str, labels: tuple[str, ...], **options: Any) -> Any:
        return kind(f"digits_{name}", text, labels, registry=self.registry, **options)

    def start_request(self) -> None:
        """Count a request that came."""
        self._in_flight.inc()

    def finish_request(self, response: Response) -> Response:
        """Count a request that is answered."""
        request = asked()
        rule = request.url_rule
        route = rule.rule if rule else NO_ROUTE
        method = request.method if rule else NO_ROUTE  # a path that does not exist accepts any method
        self._count_request(route, method, response.status_code)()
        self._observe_seconds(route)(elapsed())
        return response

    def end_request(self, _error: BaseException | None = None) -> None:
        """Count that a request is over, however it went."""
        self._in_flight.dec()

    def count_digits(self, model: str, digits: Sequence[int], uncertain: int) -> None:
        """Count the digits that a model read, and the uncertain ones."""
        for digit in digits:
            self._count_digit(model, digit)(1)
        if uncertain:
            self._uncertain.labels(model).inc(uncertain)

    def count_rejected(self, code: str) -> None:
        """Count a picture or a request that was refused."""
        self._rejected.labels(code).inc()

    def describe(self) -> bytes:
        """Return everything that was counted, by all workers, as Prometheus reads it."""
        if PLACE not in os.environ:
            return generate_latest(self.registry)
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def init_app(app: Flask) -> None:
    """Count the requests of an app, whose models are loaded."""
    metrics = Metrics(app.extensions[EXTENSION])
    app.extensions["metrics"] = metrics
    app.before_request(metrics.start_request)
    app.after_request(metrics.finish_request)
    app.teardown_request(metrics.end_request)
    app.register_blueprint(bp)


@bp.get(PATH)
def metrics() -> Response:
    """Show the counters, at this exact path only: a proxy that denies it may not deny /metrics/ or //metrics."""
    if asked().environ["PATH_INFO"] != PATH:
        abort(404)
    return Response(_metrics().describe(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def count_answers(answers: Iterable[Mapping[str, Any]]) -> None:
    """Count the answers: each digit by the model that read it, and each picture that was refused."""
    digits: dict[str, list[Mapping[str, Any]]] = {}
    for answer in answers:
        if "code" in answer:
            count_rejected(answer["code"])
        else:
            digits.setdefault(answer["model"], []).extend(answer.get("digits", (answer,)))
    for model, read in digits.items():
        uncertain = sum(not one["certain"] for one in read)
        _metrics().count_digits(model, [one["digit"] for one in read], uncertain)


def count_prediction(classifier: Classifier, prediction: Prediction) -> None:
    """Count a prediction for a client of the protocols."""
    uncertain = len(prediction.certainty) - np.count_nonzero(classifier.certain(prediction))
    _metrics().count_digits(classifier.name, prediction.probabilities.argmax(axis=1).tolist(), int(uncertain))


def count_rejected(code: str) -> None:
    """Count a picture or a request that was refused."""
    _metrics().count_rejected(code)


def reserve_files(folder: Path, place: int) -> None:
    """Reserve a worker's files at their full size: writing a page that a full disk cannot hold kills the process.

    Raises:
        OSError: there is no room.
    """
    for kind in KINDS:
        descriptor = os.open(folder / f"{kind}_{place}.db", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, FILE_SIZE)
        finally:
            os.close(descriptor)


def use_files(place: int) -> None:
    """Count in a place's files from now on, which a scrape of any worker adds up."""
    os.environ[PLACE] = str(place)
    values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]


def forget_worker(place: int) -> None:
    """Subtract the requests in flight of a worker that has ended."""
    multiprocess.mark_process_dead(place)  # type: ignore[no-untyped-call]


def _metrics() -> Metrics:
    metrics: Metrics = current_app.extensions["metrics"]
    return metrics
