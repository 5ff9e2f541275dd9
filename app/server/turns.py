"""Turns of the worker's loop: who has one waits for no one longer than all others take once.

    a request that the loop answers -> await_turn() -> answered; at most MAX_A_TURN, then the loop looks at its sockets

A client that asks again at once would keep the loop from all others, and from accepting new ones: each has one answer
a turn, and those that wait are answered in the order in which they came. A turn ends early where its answers take
long. Knows no HTTP.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from time import perf_counter

import gevent
from gevent.hub import Waiter

MAX_A_TURN = 8  # answers in one turn of the loop,
MAX_SECONDS = 0.02  # that they take, before the last of them
TURN = 0.0001  # seconds until the next one, in which the loop looks at its sockets


class Turns:
    """The turns of the loop of this thread."""

    def __init__(self) -> None:
        """Start with no one waiting."""
        self._loop = gevent.get_hub().loop
        self._timer = self._loop.timer(TURN)
        self._turn = 0
        self._begun = 0.0  # seconds of perf_counter()
        self._is_timed = False
        self._answered: set[Hashable] = set()  # clients that had an answer in this turn
        self._waiting: deque[Waiter[None]] = deque()

    def await_turn(self, client: Hashable) -> None:
        """Wait until a client may have an answer."""
        if self._turn != self._loop.iteration:
            self._begin()
        if self._waiting or client in self._answered or self._is_over():
            waiter: Waiter[None] = Waiter()
            self._waiting.append(waiter)
            self._call_soon()
            waiter.get()
        self._answered.add(client)

    def is_crowded(self) -> bool:
        """Return whether some wait for another turn."""
        return bool(self._waiting)

    def _is_over(self) -> bool:
        return len(self._answered) >= MAX_A_TURN or perf_counter() - self._begun > MAX_SECONDS

    def _begin(self) -> None:
        self._turn, self._begun = self._loop.iteration, perf_counter()
        self._answered.clear()

    def _call_soon(self) -> None:
        if self._waiting and not self._is_timed:
            self._is_timed = True
            self._timer.start(self._call, update=True)

    def _call(self) -> None:
        """Let the first of those that wait go on, each until it waits for something."""
        self._is_timed = False
        self._begin()
        for _ in range(min(MAX_A_TURN, len(self._waiting))):
            self._waiting.popleft().switch(None)
            if self._is_over():
                break
        self._call_soon()
