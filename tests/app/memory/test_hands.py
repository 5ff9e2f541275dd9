"""What a process remembers of hands: ready without waiting, never older than promised, and bounded."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.memory import corrections, hands
from app.memory.changes import announce_change, latest_change
from app.memory.corrections import Read
from app.memory.database import Database, Result, Unreachable, Work, read_version
from app.memory.hands import FRESH, Memory
from app.models.classifier import Classifier, load_classifier
from app.models.folder import load
from app.models.registry import Registry
from tests.app.memory.conftest import HAND, SETTLING
from tests.conftest import MODELS

OTHER = "another-hand-of-tests"


class Counting(Database):
    """A database that counts how often it is read, and can be lost."""

    reads = 0
    lost = False

    def read(self, work: Work[Result], max_seconds: float | None = None) -> Result:
        """Return what some work reads."""
        self.reads += 1
        if self.lost:
            raise Unreachable("It is lost.")
        return super().read(work, max_seconds)


@pytest.fixture
def database(url: str) -> Iterator[Counting]:
    found = Counting(url)
    found.write(read_version, 30)  # makes the tables
    yield found
    found.close()


@pytest.fixture
def memory(database: Counting, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """Corrections for which nothing asks in the background, unless a test does, and which age by set_back() alone."""
    began, ticks = time.monotonic(), itertools.count()
    monkeypatch.setattr(hands, "monotonic", lambda: began + 1e-9 * next(ticks))
    monkeypatch.setattr(Memory, "_start_asking", lambda _: None)
    return Memory(database)


def odd(seed: int = 0) -> NDArray[np.uint8]:
    """A blot that is no digit that the network knows."""
    blot = np.random.default_rng(seed).random((7, 7)) < 0.4
    return np.asarray(np.kron(blot, np.ones((4, 4))) * 255, np.uint8)


def correct(memory: Memory, hand: str, seed: int = 0) -> int:
    return memory.add(hand, 4, Read(odd(seed), 9, "robust", "1"))


def count(reader: Classifier | None) -> int:
    """Return how many examples a classifier reads with."""
    adjust = reader and reader._adjust
    return len(adjust.keywords["examples"].numbers) if adjust else 0  # type: ignore[attr-defined]


def set_back(memory: Memory, seconds: float) -> None:
    """Let all that is remembered be older."""
    for remembered in memory._remembered.values():
        remembered.looked -= seconds


def test_a_hand_is_ready_once_it_was_asked_for(memory: Memory, robust: Classifier) -> None:
    assert memory.find_reader(robust, HAND) is None
    reader = memory.personalise(robust, HAND)
    assert reader is robust
    assert memory.find_reader(robust, HAND) is robust
    correct(memory, HAND)
    assert memory.find_reader(robust, HAND) is None
    reader = memory.personalise(robust, HAND)
    assert count(reader) == 1
    assert memory.find_reader(robust, HAND) is reader


def test_a_model_that_cannot_be_corrected_is_always_ready(memory: Memory, database: Counting) -> None:
    lenet = load_classifier(load(MODELS / "lenet5"))
    assert lenet.prototypes is None
    before = database.reads
    assert memory.find_reader(lenet, HAND) is lenet
    assert memory.personalise(lenet, HAND) is lenet
    assert database.reads == before


def test_every_change_of_this_machine_is_seen_by_the_next_request(memory: Memory, robust: Classifier) -> None:
    numbers = [correct(memory, HAND, seed) for seed in range(3)]
    assert count(memory.personalise(robust, HAND)) == 3
    beside = Memory(Database(memory.database.url.render_as_string()))  # another worker
    assert count(beside.personalise(robust, HAND)) == 3
    beside.delete_one(HAND, numbers[0])
    assert memory.find_reader(robust, HAND) is None
    assert count(memory.personalise(robust, HAND)) == 2
    beside.forget(HAND)
    assert memory.find_reader(robust, HAND) is None
    assert memory.personalise(robust, HAND) is robust


def test_a_file_that_did_not_change_is_not_asked_again(memory: Memory, database: Counting, robust: Classifier) -> None:
    correct(memory, HAND)
    time.sleep(SETTLING)
    reader = memory.personalise(robust, HAND)
    before = database.reads
    for _ in range(5):
        set_back(memory, FRESH)
        assert memory.find_reader(robust, HAND) is reader
    assert database.reads == before
    beside = Memory(Database(database.url.render_as_string()))
    correct(beside, OTHER)
    set_back(memory, FRESH)
    assert memory.find_reader(robust, HAND) is None
    assert count(memory.personalise(robust, HAND)) == 1


def test_two_changes_within_a_tick_of_the_file_s_time_are_both_seen(
    memory: Memory, database: Counting, robust: Classifier, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time_ns()
    correct(memory, HAND, 0)
    with monkeypatch.context() as patch:
        patch.setattr("app.memory.database.time_ns", lambda: began)  # the file has only just changed
        assert count(memory.personalise(robust, HAND)) == 1
    files = [Path(f"{url.removeprefix('sqlite:///')}{suffix}") for suffix in ("", "-wal")]
    times = [file.stat().st_mtime_ns for file in files]
    database.write(lambda connection: corrections.add(connection, HAND, 4, Read(odd(1), 9, "robust", "1")))
    for file, then in zip(files, times, strict=True):
        os.utime(file, ns=(then, then))
    set_back(memory, FRESH)
    assert memory.find_reader(robust, HAND) is None
    assert count(memory.personalise(robust, HAND)) == 2


def test_an_announced_change_is_asked_for_whatever_the_file_s_time(memory: Memory, robust: Classifier) -> None:
    correct(memory, HAND)
    time.sleep(SETTLING)
    memory.personalise(robust, HAND)
    assert memory.find_reader(robust, HAND) is not None
    announce_change(HAND)
    assert memory.find_reader(robust, HAND) is None


def test_hands_in_use_are_asked_for_together(memory: Memory, database: Counting, robust: Classifier) -> None:
    names = [f"hand-number-{number:04}-of-many" for number in range(4)]
    for name in names[1:]:
        correct(memory, name)
    readers = [memory.personalise(robust, name) for name in names]
    set_back(memory, FRESH)
    correct(Memory(Database(database.url.render_as_string())), names[3])  # the file is another one for all
    before = database.reads
    assert memory.ask_for_all()
    assert database.reads == before + 1
    assert [memory.find_reader(robust, name) for name in names] == [*readers[:3], None]
    assert count(memory.personalise(robust, names[3])) == 2


def test_a_change_while_all_are_asked_for_is_not_overlooked(
    memory: Memory, database: Counting, robust: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(memory, HAND)
    memory.personalise(robust, HAND)
    set_back(memory, FRESH)
    beside = Memory(Database(database.url.render_as_string()))

    def read_and_change(*arguments: object) -> dict[str, int]:
        found = corrections.read_marks(*arguments)  # type: ignore[arg-type]
        threading.Thread(target=correct, args=(beside, HAND, 1)).start()
        while latest_change(HAND) == before:
            time.sleep(0.01)
        return found

    before = latest_change(HAND)
    monkeypatch.setattr(hands, "read_marks", read_and_change)
    memory.ask_for_all()
    assert memory.find_reader(robust, HAND) is None
    assert count(memory.personalise(robust, HAND)) == 2


def test_hands_that_nobody_uses_are_not_asked_for(
    memory: Memory, database: Counting, robust: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(memory, HAND)
    memory.personalise(robust, HAND)
    monkeypatch.setattr(hands, "IN_USE", 0.0)
    before = database.reads
    assert not memory.ask_for_all()
    assert database.reads == before


def test_a_thread_asks_while_a_hand_is_in_use_and_then_ends(
    database: Counting, robust: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "EVERY", 0.02)
    monkeypatch.setattr(hands, "FRESH", 5.0)  # while it is read for the first time, on a busy machine too
    memory = Memory(database)
    correct(memory, HAND)
    reader = memory.personalise(robust, HAND)
    assert memory._is_asking
    set_back(memory, 10 * FRESH)
    deadline = time.monotonic() + 30
    while memory.find_reader(robust, HAND) is not reader:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    monkeypatch.setattr(hands, "IN_USE", 0.0)
    while memory._is_asking:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_guarded_model_and_the_same_without_a_guard_are_told_apart(memory: Memory) -> None:
    registry = Registry([load_classifier(load(MODELS / name)) for name in ("robust", "robust")], "robust")
    plain = registry.get()
    guarded = plain.guarded_by(plain)
    correct(memory, HAND)
    readers = [memory.personalise(each, HAND) for each in (guarded, plain, guarded)]
    assert [each.is_guarded for each in readers] == [True, False, True]
    assert memory.find_reader(plain, HAND) is readers[1]


def test_a_hand_stays_as_it_was_while_the_database_is_lost(
    memory: Memory, database: Counting, robust: Classifier
) -> None:
    correct(memory, HAND)
    assert count(memory.personalise(robust, HAND)) == 1
    database.lost = True
    set_back(memory, FRESH)
    assert memory.find_reader(robust, HAND) is None
    reader = memory.personalise(robust, HAND)
    assert count(reader) == 1
    before = database.reads
    assert memory.find_reader(robust, HAND) is reader  # nobody waits for it for a while
    assert memory.personalise(robust, OTHER) is robust
    assert database.reads == before + 1
    database.lost = False
    correct(Memory(Database(database.url.render_as_string())), OTHER)
    assert memory.find_reader(robust, OTHER) is None
    assert count(memory.personalise(robust, OTHER)) == 1


def test_a_hand_whose_pictures_could_not_be_had_is_not_taken_for_one_without_any(
    memory: Memory, database: Counting, robust: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct(memory, HAND)

    def lose(*_: object) -> dict[int, bytes]:
        raise Unreachable("It is lost.")

    with monkeypatch.context() as patch:
        patch.setattr(hands, "read_pngs", lose)
        assert memory.personalise(robust, HAND) is robust
    assert memory.find_reader(robust, HAND) is None
    assert count(memory.personalise(robust, HAND)) == 1


def test_the_hands_that_were_asked_for_longest_ago_make_room(
    memory: Memory, robust: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "MAX_HANDS", 3)
    names = [f"hand-number-{number:04}-of-many" for number in range(4)]
    for name in names[:3]:
        memory.personalise(robust, name)
    assert memory.find_reader(robust, names[0]) is robust  # it is asked for again
    memory.personalise(robust, names[3])
    assert {*memory._remembered} == {names[0], names[2], names[3]}


def test_the_examples_of_all_hands_are_bounded(
    memory: Memory, robust: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "MAX_REMEMBERED", 7)
    names = [f"hand-number-{number:04}-of-many" for number in range(5)]
    for name in names:
        for seed in range(3):
            correct(memory, name, seed)
        assert count(memory.personalise(robust, name)) == 3
        assert sum(each.size for each in memory._remembered.values()) <= 7
    assert {*memory._remembered} == {*names[-2:]}
