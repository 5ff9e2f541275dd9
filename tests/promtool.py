"""Find the promtool that checks the alert rules, or install Debian's, which comes with its Prometheus, as root."""

from __future__ import annotations

import shutil
import sys

from tests.support.debian import provide


def find_promtool() -> str | None:
    """Return the path of an installed promtool; None where there is none."""
    return shutil.which("promtool")


if __name__ == "__main__":
    sys.exit(provide(find_promtool, "prometheus", "Prometheus"))
