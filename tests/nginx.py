"""Find the nginx that the proxy's tests run, or install Debian's as root."""

from __future__ import annotations

import os
import shutil
import sys

from tests.support.debian import provide

PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


def find_nginx() -> str | None:
    """Return the path of an installed nginx; None where there is none."""
    return shutil.which("nginx", path=PATH)


if __name__ == "__main__":
    sys.exit(provide(find_nginx, "nginx-light", "nginx"))
