"""Digits: reads handwritten digits from pictures. create_app() is the only place that wires the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Mapping[str, object] | None = None) -> Flask:
    """Create the server with its models loaded.

    Args:
        settings: values that win over the environment, by their lower-case names, e.g. {"max_pictures": 8}.

    Raises:
        BadSetting: a setting that cannot be used.
        BadModel: a model folder that cannot be served.
    """
    import cv2

    from . import api, corrections
    from .memory.opening import Corrections
    from .models.registry import load_registry
    from .openapi import views as openapi
    from .pages import views as pages
    from .protocols import names, open_inference, tf_serving
    from .settings import SERVED, read_settings
    from .web import client_address, clock, cross_origin, failures, headers, logs, metrics, served
    from .web.synchronous import SynchronousFlask

    cv2.setNumThreads(1)  # requests already run in parallel
    chosen = read_settings(settings)
    app = SynchronousFlask(__name__, static_folder=str(SERVED / "static"), template_folder=str(SERVED / "templates"))
    app.url_map.strict_slashes = False  # the classic pages POST to /predict/
    app.url_map.merge_slashes = False  # a program gets a 404 it can read, no redirect
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config.update(
        MAX_CONTENT_LENGTH=chosen.max_bytes,
        MAX_FORM_MEMORY_SIZE=chosen.max_bytes,  # a form's field may hold a picture as text
        MAX_FORM_PARTS=chosen.max_pictures,
        MAX_PICTURES=chosen.max_pictures,
        MAX_DIGITS=chosen.max_digits,
        MAX_SECONDS=chosen.timeout,
    )
    app.extensions[served.MEMORY] = Corrections(chosen)
    app.extensions[served.EXTENSION] = load_registry(
        chosen.models, chosen.default_model, chosen.runtime_threads, chosen.strict
    )
    clock.init_app(app)
    logs.init_app(app)
    metrics.init_app(app)
    failures.init_app(app, pages.show_failure)
    names.init_app(app)
    for module in (api, corrections, pages, tf_serving, open_inference):
        app.register_blueprint(module.bp)
    headers.init_app(app)
    openapi.init_app(app)
    if app.extensions[served.MEMORY].are_kept:
        corrections.init_app(app)
    if chosen.rate:
        from .web import limits

        limits.init_app(app, chosen.rate)
    if chosen.origins:
        cross_origin.init_app(app, chosen.origins)
    app.wsgi_app = client_address.name_clients(app.wsgi_app, chosen.proxies)  # type: ignore[assignment,method-assign]
    return app
