"""How models are named in the protocols' paths."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter


class ModelName(BaseConverter):
    """A model's name in a path, which ends before the colon of `:predict`."""

    regex = "[^/:]+"


def init_app(app: Flask) -> None:
    """Register the converter of <model:name>; call before the protocols are registered."""
    app.url_map.converters["model"] = ModelName
