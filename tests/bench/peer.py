"""python -m tests.bench.peer MODULE: serve the application of a module as the real server is, to compare with."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from app.server.application import serve


def load() -> Any:
    """Load the application, in a worker."""
    return importlib.import_module(MODULE).application


MODULE = sys.argv[1]

if __name__ == "__main__":
    serve(load=load)
