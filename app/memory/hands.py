"""What a process remembers of the hands that it reads with: their examples, as each of its models sees them.

    hand -> has it changed? (asked at most every FRESH seconds) -> new corrections -> features -> Examples

Most requests find all of it ready and wait for nothing: find_reader(). To ask costs more than to read a digit, so a
thread asks for all hands in use together. Knows the database's functions and the comparison; no one asks for a hand but
through this.
"""

from __future__ import annotations

import logging
import threading
import weakref
from dataclasses import dataclass, field
from time import monotonic, sleep

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from ..models.classifier import Classifier
from ..models.prototypes import References
from .changes import announce_change, latest_change
from .comparing import Examples, judge_examples
from .corrections import (
    Correction,
    Read,
    add,
    count_digits,
    delete_one,
    forget_hand,
    list_newest,
    list_numbers,
    read_all,
    read_mark,
    read_marks,
    read_pngs,
)
from .database import Database, Unreachable
from .personal import Taught, find_prototypes, read_with_examples, see
from .pngs import decode_png

FRESH = 0.8  # seconds for which a hand is taken to be as it was
EVERY = 0.35  # seconds after which all hands in use are asked for again
IN_USE = 10.0  # seconds for which a hand is in use after a request: several drawings
MAX_LISTING = 5.0  # seconds that all corrections of a hand may take to come
MAX_EXAMPLES = 2000  # newest corrections of a hand that are read with
MAX_HANDS = 500  # that a process remembers
MAX_REMEMBERED = 20_000  # examples of all of them, counted for each model that has seen them: 33 MB at most, measured

log = logging.getLogger(__name__)


@dataclass
class Remembered:
    """A hand as it was when it was looked at last."""

    mark: int | None = None
    change: int = 0
    looked: float = -FRESH
    stamp: tuple[int, ...] | None = None  # of a database in a file
    used: float = field(default_factory=monotonic)  # when it was asked for last
    labels: dict[int, int] = field(default_factory=dict)  # by the corrections' numbers
    features: dict[str, dict[int, NDArray[np.float32]]] = field(default_factory=dict)  # by model, by number
    examples: dict[str, Examples] = field(default_factory=dict)  # by model
    readers: dict[tuple[str, bool], Classifier] = field(default_factory=dict)  # models as the hand taught them
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_fresh(self, hand: str) -> bool:
        """Return whether the hand may be taken to be as it was."""
        return monotonic() - self.looked < FRESH and latest_change(hand) == self.change

    @property
    def size(self) -> int:
        """How many examples are kept: those of each model."""
        return sum(len(seen) for seen in [*self.features.values()])


class Memory:
    """The corrections of a database, as one process reads with them and changes them. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        """Remember nothing yet."""
        self.database = database
        self._remembered: dict[str, Remembered] = {}
        self._lock = threading.Lock()
        self._is_asking = False

    # ---- reading with a hand ----

    def personalise(self, classifier: Classifier, hand: str) -> Classifier:
        """Return a classifier that reads with what a hand has corrected.

        It is the same where the hand has corrected nothing, where the model does not show what it sees, and where the
        database is away and was never asked for this hand.
        """
        found = self.find_reader(classifier, hand)
        if found:
            return found
        prototypes = find_prototypes(classifier)
        if prototypes is None:
            return classifier
        remembered = self._recall(hand)
        with remembered.lock:
            examples = self._update(hand, remembered, classifier, prototypes)
            reader = read_with_examples(classifier, examples) if examples else classifier
            if remembered.is_fresh(hand) and (examples or not remembered.labels):
                remembered.readers[_identify(classifier)] = reader
        self._start_asking()
        return reader

    def find_reader(self, classifier: Classifier, hand: str) -> Classifier | None:
        """Return what personalise() returns where it is ready; None where the database or the model has to be asked.

        It takes microseconds, and waits for no lock.
        """
        if find_prototypes(classifier) is None:  # it reads with no corrections
            return classifier
        remembered = self._remembered.get(hand)
        if remembered is None or not (remembered.is_fresh(hand) or self._is_unchanged(hand, remembered)):
            return None
        remembered.used = monotonic()
        return remembered.readers.get(_identify(classifier))

    def find_doubted(self, classifier: Classifier, hand: str) -> set[int]:
        """Return the numbers of a hand's corrections that a model does not trust yet."""
        prototypes = find_prototypes(classifier)
        if prototypes is None:
            return set()
        remembered = self._recall(hand)
        with remembered.lock:
            examples = self._update(hand, remembered, classifier, prototypes)
        return {examples.numbers[place] for place in np.flatnonzero(~examples.trusted)} if examples else set()

    def _update(
        self, hand: str, remembered: Remembered, classifier: Classifier, prototypes: References
    ) -> Examples | None:
        """Return a hand's examples as a model sees them; None where there are none, or none can be had."""
        self._look(hand, remembered)
        if not remembered.labels:
            return None
        if classifier.name not in remembered.examples:
            try:
                self._see(remembered, classifier, prototypes)
            except Unreachable:
                return None
        return remembered.examples[classifier.name]

    def _recall(self, hand: str) -> Remembered:
        """Return what is remembered of a hand."""
        with self._lock:
            remembered = self._remembered.get(hand)
            if remembered is None:
                remembered = self._remembered[hand] = Remembered()
                self._make_room()
            remembered.used = monotonic()
            return remembered

    def _make_room(self) -> None:
        """Forget hands that were asked for longest ago if they are too many, or have too many examples."""
        total = sum(each.size for each in self._remembered.values())
        while len(self._remembered) > MAX_HANDS or (total > MAX_REMEMBERED and len(self._remembered) > 1):
            oldest = min(self._remembered, key=lambda hand: self._remembered[hand].used)
            total -= self._remembered.pop(oldest).size

    def _look(self, hand: str, remembered: Remembered) -> None:
        """See whether a hand has changed; where the database is away it stays as it was."""
        if remembered.is_fresh(hand):
            return
        if self._is_unchanged(hand, remembered):
            return
        change, now, stamp = latest_change(hand), monotonic(), self.database.read_stamp()
        try:
            mark = self.database.read(lambda connection: read_mark(connection, hand))
            if mark != remembered.mark:
                labels = self.database.read(lambda connection: list_numbers(connection, hand, MAX_EXAMPLES))
                _keep(remembered, labels)
                remembered.mark = mark
        except Unreachable:
            remembered.looked = monotonic()
            return
        remembered.change, remembered.looked, remembered.stamp = change, now, stamp

    def _is_unchanged(self, hand: str, remembered: Remembered) -> bool:
        """Return whether the database is a file that has not changed since it was asked; then the hand is fresh."""
        now, stamp = monotonic(), self.database.read_stamp()
        if stamp is None or stamp != remembered.stamp or latest_change(hand) != remembered.change:
            return False
        remembered.looked = now
        return True

    def _start_asking(self) -> None:
        """Let a thread ask for the hands in use, if none does."""
        with self._lock:
            if self._is_asking:
                return
            self._is_asking = True
        threading.Thread(target=_ask_on, args=(weakref.ref(self),), daemon=True).start()

    def ask_for_all(self) -> bool:
        """Ask whether the hands in use have changed; those that have not are fresh again. Return whether there are any.

        A hand that has changed is left to its next request, which waits for what is new.
        """
        with self._lock:
            used = {hand: each for hand, each in self._remembered.items() if monotonic() - each.used < IN_USE}
            self._is_asking = bool(used)
        now, stamp, changes = monotonic(), self.database.read_stamp(), {hand: latest_change(hand) for hand in used}
        due = {hand: each for hand, each in used.items() if stamp is None or stamp != each.stamp}
        try:
            marks = self.database.read(lambda connection: read_marks(connection, [*due])) if due else {}
        except Unreachable:
            return bool(used)
        for hand, remembered in due.items():
            if not remembered.lock.acquire(blocking=False):  # a request asks for it now
                continue
            try:
                if marks.get(hand) == remembered.mark and now > remembered.looked:
                    remembered.change, remembered.looked, remembered.stamp = changes[hand], now, stamp
            finally:
                remembered.lock.release()
        return bool(used)

    def _see(self, remembered: Remembered, classifier: Classifier, prototypes: References) -> None:
        """Let a model see the pictures that it has not seen yet, and judge all of them."""
        seen = remembered.features.setdefault(classifier.name, {})
        missing = [number for number in remembered.labels if number not in seen]
        if missing:
            pngs = self.database.read(lambda connection: read_pngs(connection, missing))
            found = [number for number in missing if number in pngs]
            rows = see(classifier, [decode_png(pngs[number]) for number in found])
            seen.update((number, row.copy()) for number, row in zip(found, rows, strict=True))
            with self._lock:
                self._make_room()
        numbers = [number for number in remembered.labels if number in seen]
        features = np.array([seen[number] for number in numbers], np.float32).reshape(len(numbers), -1)
        labels = np.array([remembered.labels[number] for number in numbers], np.uint8)
        remembered.examples[classifier.name] = judge_examples(numbers, features, labels, prototypes)

    # ---- changing it ----

    def add(self, hand: str, digit: int, read: Read) -> int:
        """Keep a correction for good, and return its number.

        Raises:
            TooLarge, TooManyRequests: the hand has too many.
            Unreachable: the database is away.
        """
        number = self.database.write(lambda connection: add(connection, hand, digit, read))
        announce_change(hand)
        return number

    def delete_one(self, hand: str, number: int) -> bool:
        """Delete a correction of a hand, and say whether there was one."""
        found = self.database.write(lambda connection: delete_one(connection, hand, number))
        announce_change(hand)
        return found

    def forget(self, hand: str) -> int:
        """Delete everything of a hand, here too, and return how many corrections it had."""
        count = self.database.write(lambda connection: forget_hand(connection, hand))
        announce_change(hand)
        with self._lock:
            self._remembered.pop(hand, None)
        return count

    # ---- looking at it ----

    def count_digits(self, hand: str) -> dict[int, int]:
        """Return how many corrections a hand has of each digit that it has any of."""
        return self.database.read(lambda connection: count_digits(connection, hand))

    def list_newest(self, hand: str, limit: int, before: int | None) -> list[Correction]:
        """Return the newest corrections of a hand, the newest first."""
        return self.database.read(lambda connection: list_newest(connection, hand, limit, before))

    def read_taught(self, hand: str) -> Taught:
        """Return what a hand is read with: its newest corrections."""

        def work(connection: Connection) -> Taught:
            newest = list_newest(connection, hand, MAX_EXAMPLES)
            return Taught(hand, tuple((each.digit, each.png) for each in newest))

        return self.database.read(work, MAX_LISTING)

    def read_all(self, hand: str) -> list[Correction]:
        """Return all corrections of a hand, the oldest first."""
        return self.database.read(lambda connection: list(read_all(connection, hand)), MAX_LISTING)


def _ask_on(reference: weakref.ref[Memory]) -> None:
    """Ask for the hands in use again and again, until there are none or nobody has the memory any more."""
    while True:
        sleep(EVERY)
        memory = reference()
        if memory is None:
            return
        try:
            if not memory.ask_for_all():
                return
        except BaseException:
            memory._is_asking = False  # the next request begins again
            raise
        del memory


def _identify(classifier: Classifier) -> tuple[str, bool]:
    """Return what tells a model from the others: one that is guarded has the name of the same without a guard."""
    return classifier.name, classifier.is_guarded


def _keep(remembered: Remembered, labels: dict[int, int]) -> None:
    """Keep what is still there of a hand, and what models saw of it."""
    remembered.labels = labels
    remembered.examples, remembered.readers = {}, {}
    remembered.features = {
        model: {number: row for number, row in seen.items() if number in labels}
        for model, seen in remembered.features.items()
    }
