"""Provide programs that tests run and that are no Python packages, by Debian's package manager where root runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable


def provide(find: Callable[[], str | None], package: str, name: str) -> str | None:
    """Install a program where it is not found; its service is not started where the system has a policy against that.

    Args:
        find: returns the program's path, None where there is none.
        package: of Debian, which holds the program.
        name: by which people know what is to be installed.

    Returns:
        None where the program is there, else a sentence that says that it is not: what sys.exit() takes.
    """
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", package], check=True)
    return None if find() else f"{name} was not found and could not be installed. Install it and try again."
