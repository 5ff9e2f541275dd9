"""The memory of a worker: how much requests may take, and how it comes back.

Every number is a Linux process's own, from /proc; elsewhere memory is neither limited nor returned.
"""

from __future__ import annotations

import ctypes
import gc
import resource
from pathlib import Path

MB = 10**6  # bytes
MAX_KEPT = 32  # MB above its start that a worker may keep before it returns memory to the system
STATUS = Path("/proc/self/status")


class Watch:
    """What a worker took when its models were loaded, and how much it may take."""

    def __init__(self, budget: int) -> None:
        """Limit what requests may take from now on.

        Args:
            budget: MB besides what the process takes now; 0 means no limit.
        """
        self._budget = budget
        self._base = self.measure()
        self._tried = 0  # MB that were kept after the last attempt
        taken = _read("VmData")
        if budget and taken:
            max_bytes = taken + budget * MB
            _, hard = resource.getrlimit(resource.RLIMIT_DATA)
            resource.setrlimit(resource.RLIMIT_DATA, (max_bytes if hard < 0 else min(max_bytes, hard), hard))
        libc = ctypes.CDLL(None)
        self._trim = getattr(libc, "malloc_trim", None)  # glibc only

    def measure(self) -> int:
        """Return the MB that the process takes."""
        return _read("VmRSS") // MB

    def give_back(self) -> None:
        """Return to the system what requests have freed."""
        taken = self.measure()
        if taken <= self._base + MAX_KEPT or self._trim is None or taken == self._tried:
            return
        gc.collect()
        self._trim(0)
        self._tried = self.measure()

    def is_too_large(self) -> bool:
        """Return whether the process keeps more than half of what requests may take: a new one starts small."""
        return bool(self._budget) and self.measure() > self._base + self._budget / 2


def _read(field: str) -> int:
    """Return a field of the process's status, in bytes; 0 where there is none. Source: proc(5)."""
    try:
        lines = STATUS.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), 0)
