"""Whose turn it is in the loop: no client is answered twice before all that wait were answered once."""

from __future__ import annotations

from collections import Counter

import gevent
import pytest

from app.server import turns as turns_module
from app.server.turns import MAX_A_TURN, MAX_SECONDS, Turns


class Clock:
    """Time that passes where a test lets it, however long this machine takes."""

    seconds = 0.0

    def read(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(turns_module, "perf_counter", clock.read)
    return clock


def ask(turns: Turns, client: int, times: int, answered: list[int]) -> None:
    """Ask as a client does that always has its next request ready."""
    for _ in range(times):
        turns.await_turn(client)
        answered.append(client)


@pytest.mark.parametrize("clients", (2, MAX_A_TURN, 3 * MAX_A_TURN + 1))
def test_clients_that_ask_on_are_answered_by_turns(clients: int) -> None:
    turns, answered = Turns(), list[int]()
    asking = [gevent.spawn(ask, turns, client, 10, answered) for client in range(clients)]
    gevent.joinall(asking, timeout=10, raise_error=True)
    assert len(answered) == 10 * clients
    for end in range(1, len(answered) + 1):
        counts = Counter(dict.fromkeys(range(clients), 0))
        counts.update(answered[:end])
        assert max(counts.values()) - min(counts.values()) <= 2  # the first may ask again before the last has asked


def test_a_client_alone_does_not_wait_for_its_first_answer() -> None:
    turns, answered = Turns(), list[int]()
    gevent.sleep(0.001)
    iteration = gevent.get_hub().loop.iteration
    ask(turns, 1, 1, answered)
    assert gevent.get_hub().loop.iteration == iteration
    assert not turns.is_crowded()


def test_the_loop_looks_at_its_sockets_between_answers() -> None:
    turns, answered = Turns(), list[int]()
    asking = [gevent.spawn(ask, turns, client, 50, answered) for client in range(5 * MAX_A_TURN)]
    gevent.sleep(0.001)
    assert turns.is_crowded()
    before = len(answered)
    ready, arrived = gevent.get_hub().loop.async_(), []
    ready.start(lambda: arrived.append(len(answered)))
    ready.send()
    gevent.joinall(asking, timeout=10, raise_error=True)
    ready.stop()
    assert arrived[0] - before <= 3 * MAX_A_TURN


def test_a_client_that_goes_while_it_waits_holds_up_no_other() -> None:
    turns, answered = Turns(), list[int]()
    asking = [gevent.spawn(ask, turns, client, 5, answered) for client in range(3)]
    gevent.sleep(0)
    asking[0].kill()
    gevent.joinall(asking, timeout=10, raise_error=True)
    assert Counter(answered)[1] == Counter(answered)[2] == 5
    assert not turns.is_crowded()


def test_a_turn_ends_early_where_answers_take_long(clock: Clock) -> None:
    turns, begun = Turns(), list[tuple[int, int]]()

    def answer_slowly(client: int) -> None:
        for _ in range(3):
            turns.await_turn(client)
            begun.append((client, gevent.get_hub().loop.iteration))
            clock.seconds += 0.6 * MAX_SECONDS  # at work, not waiting: nothing else is done meanwhile

    asking = [gevent.spawn(answer_slowly, client) for client in range(MAX_A_TURN)]
    gevent.joinall(asking, timeout=10, raise_error=True)
    assert len(begun) == 3 * MAX_A_TURN
    assert max(Counter(iteration for _, iteration in begun).values()) == 2
