"""How often one client address may ask, over all workers: DIGITS_RATE.

    address -> its number in a table -> this worker's count of this window; the sum over the workers is what counts

Each worker writes only its own part of the table, so that no worker waits for another or dies holding a lock.
The table is shared memory: this module has to be imported before the workers are forked. A client's
entry depends on a secret key, so that nobody can choose an address that shares another client's count.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import secrets
import threading
import time
from collections.abc import Callable

import numpy as np
from flask import Flask, request
from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from ..errors import TooManyRequests
from ..settings import read_settings
from .client_address import name_client
from .metrics import PLACE

ADDRESSES = 65536  # entries of the table; addresses with the same entry are counted together


def count_max_workers(workers: int) -> int:
    """Return the largest number of workers at a time: twice as many as run, since old and new ones overlap.

    Args:
        workers: DIGITS_WORKERS; 0 means one a core, at least 2.
    """
    return 2 * (workers or max(2, os.cpu_count() or 1))


MAX_WORKERS = count_max_workers(read_settings().workers)  # that count at the same time, in 512 KB each
_key = secrets.token_bytes(16)
_table = np.frombuffer(mmap.mmap(-1, MAX_WORKERS * ADDRESSES * 2 * 4), np.uint32).reshape(MAX_WORKERS, ADDRESSES, 2)


class SharedStorage(Storage):
    """Counts of the current window, by the workers together. Windows follow a clock that does not jump."""

    def __init__(self) -> None:
        """Count in this worker's part of the table."""
        super().__init__()
        self._place = int(os.environ.get(PLACE, "0")) % MAX_WORKERS
        self._lock = threading.Lock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing can fail here."""
        return RuntimeError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count a request, and return how many there were in this window."""
        entry, window = self._entry(key), self._window(expiry)
        own = _table[self._place, entry]
        with self._lock:
            own[1] = own[1] + amount if own[0] == window else amount
            own[0] = window
        return self._sum(entry, window)

    def get(self, key: str) -> int:
        """Return how many requests there were in the latest window."""
        entry = self._entry(key)
        return self._sum(entry, int(_table[:, entry, 0].max()))

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, which depends on the limit; the error says it instead."""
        return time.time()

    def check(self) -> bool:
        """Return that the table is there."""
        return True

    def reset(self) -> int | None:
        """Forget all counts."""
        _table[:] = 0
        return None

    def clear(self, key: str) -> None:
        """Forget a client's count."""
        _table[:, self._entry(key)] = 0

    def _sum(self, entry: int, window: int) -> int:
        counts = _table[:, entry]
        return int(counts[counts[:, 0] == window, 1].sum())

    def _entry(self, key: str) -> int:
        return int.from_bytes(hashlib.blake2b(key.encode(), key=_key, digest_size=8).digest()) % ADDRESSES

    def _window(self, expiry: float) -> int:
        return int(time.monotonic() // expiry) + 1  # 0 is an entry that was never used


def init_app(app: Flask, rate: str) -> None:
    """Limit POST and PUT requests to a rate like "60/minute" for each client address."""
    limit_client = make_limiter(rate)

    def limit_uploads() -> None:
        if request.method in ("POST", "PUT"):
            limit_client()

    app.before_request(limit_uploads)


def make_limiter(rate: str, what: str = "") -> Callable[[], None]:
    """Return what counts a request of a client address, and refuses one too many.

    Args:
        rate: like "60/minute".
        what: is counted apart from other things, e.g. "corrections".
    """
    limit = parse(rate)
    limiter = FixedWindowRateLimiter(SharedStorage())

    def limit_client() -> None:
        if not limiter.hit(limit, what, name_client(request.remote_addr or "")):
            window = limit.get_expiry()
            error = TooManyRequests(f"This address may ask {limit}. Wait and try again.")
            error.retry_after = int(window - time.monotonic() % window) + 1
            raise error

    return limit_client
