"""The application that gunicorn's workers import."""

from __future__ import annotations

import logging
import sys
import time

from . import create_app
from .artifact import BadModel
from .lifecycle import has_served
from .settings import BadSetting

BOOT_ERROR = 3  # gunicorn's own code for a worker that cannot start: it stops instead of trying again
PAUSE = 2  # seconds before the next worker tries what this one could not

try:
    application = create_app()
except (BadModel, BadSetting) as error:
    if not has_served():
        print(f"Digits cannot start: {error}", file=sys.stderr, flush=True)
        sys.exit(BOOT_ERROR)
    print(f"Digits cannot replace a worker: {error}", file=sys.stderr, flush=True)
    time.sleep(PAUSE)
    sys.exit(1)  # the other workers go on with the models that they have
except Exception:
    if not has_served():
        raise
    logging.getLogger(__name__).exception("Digits cannot replace a worker")
    time.sleep(PAUSE)
    sys.exit(1)
