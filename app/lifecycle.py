"""State that gunicorn's master and its workers share: which workers have loaded the models, and the server's end.

The bytes are shared memory: this module has to be imported before the workers are forked.
"""

from __future__ import annotations

import mmap

MAX_PLACES = 1024  # workers at the same time, old and new; each has a place of its own

_loaded = mmap.mmap(-1, MAX_PLACES)
_state = mmap.mmap(-1, 2)  # whether any worker has ever loaded, whether the server goes away


def announce_start(place: int) -> None:
    """Note that a worker starts in a place: it has not loaded its models."""
    _loaded[place % MAX_PLACES] = 0


def announce_loaded(place: int) -> None:
    """Note that the worker in a place has loaded its models."""
    _loaded[place % MAX_PLACES] = _state[0] = 1


def has_loaded(place: int) -> bool:
    """Return whether the worker in a place has loaded its models."""
    return _loaded[place % MAX_PLACES] == 1


def has_served() -> bool:
    """Return whether any worker has ever loaded its models."""
    return _state[0] == 1


def announce_stop() -> None:
    """Note that the server is going away: it is no longer ready, and still answers."""
    _state[1] = 1


def is_stopping() -> bool:
    """Return whether the server is going away."""
    return _state[1] == 1
