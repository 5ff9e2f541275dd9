"""How soon a server is ready, and what its workers weigh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from statistics import median
from typing import Any

from .load import run_wrk, write_body
from .posts import one_picture
from .servers import serve, weigh_workers

STARTS = {"Digits": 5, "bare": 3, "constant": 3, "classic": 1}  # how often each is started
CONNECTIONS = 8
SECONDS = 2  # of load before the workers are weighed, so that every thread has answered


def measure_starts() -> Mapping[str, Any]:
    """Return seconds until ready (medians), and the heaviest worker's memory after some load, of each server."""
    seconds: dict[str, list[float]] = {name: [] for name in STARTS}
    weights: dict[str, Any] = {}
    with write_body(one_picture()) as file:
        for turn in range(max(STARTS.values())):
            for name in (name for name, starts in STARTS.items() if turn < starts):
                with serve(name) as server:
                    seconds[name].append(server.seconds)
                    if turn == 0:
                        run_wrk(server, file, one_picture(), CONNECTIONS, SECONDS)
                        heaviest = max(weigh_workers(server), key=lambda weight: weight.resident)
                        weights[name] = asdict(heaviest)
    return {name: {"seconds": median(spent), **weights[name]} for name, spent in seconds.items()}
