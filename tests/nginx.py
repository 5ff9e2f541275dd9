"""Find the nginx that the proxy's tests run, or install Debian's as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PATH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


def find_nginx() -> str | None:
    """Return the path of an installed nginx; None where there is none."""
    return shutil.which("nginx", path=PATH)


def install_nginx() -> None:
    """Install Debian's nginx; its service is not started where the system has a policy against that."""
    subprocess.run(["apt-get", "update", "-qq"], check=True)
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "nginx-light"], check=True)


if __name__ == "__main__":
    if find_nginx() is None and shutil.which("apt-get") and os.geteuid() == 0:
        install_nginx()
    sys.exit(0 if find_nginx() else "No nginx was found or could be installed. Install nginx and try again.")
