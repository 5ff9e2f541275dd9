"""Flask for views that are plain functions: it need not look before every call whether one is asynchronous."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask


class SynchronousFlask(Flask):
    """An app without asynchronous views, and without functions that are asynchronous before or after them."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as it is: Flask would look ten times a request."""
        return func
