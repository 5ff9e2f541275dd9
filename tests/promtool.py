"""Find the promtool that checks the alert rules, or install Debian's, which comes with its Prometheus, as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys


def find_promtool() -> str | None:
    """Return the path of an installed promtool; None where there is none."""
    return shutil.which("promtool")


def install_promtool() -> None:
    """Install Debian's Prometheus; its service is not started where the system has a policy against that."""
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "prometheus"], check=True)


if __name__ == "__main__":
    if find_promtool() is None and shutil.which("apt-get") and os.geteuid() == 0:
        install_promtool()
    sys.exit(0 if find_promtool() else "No promtool was found or could be installed. Install Prometheus and try again.")
