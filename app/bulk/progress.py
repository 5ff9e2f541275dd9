"""Show the progress of a run on standard error: a bar at a terminal, elsewhere a line a minute.

Owns the counts of a run: pictures, failures, uncertain ones, and the rate.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .rows import Row

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PERIOD = 60.0  # seconds between two lines, where there is no terminal


class Tally:
    """What has been read so far."""

    def __init__(self) -> None:
        """Start the clock."""
        self.began = time.monotonic()
        self.pictures = self.failures = self.uncertain = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Count rows."""
        for row in rows:
            self.pictures += 1
            self.failures += row["error"] is not None
            self.uncertain += row["certain"] is False

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.pictures / max(self.seconds, 1e-9)

    def __str__(self) -> str:
        counts = f"{_count(self.pictures, 'picture')}, {_count(self.failures, 'failure')}, {self.uncertain:,} uncertain"
        return f"{counts}, {self.seconds:,.1f} s, {self.rate:,.0f} pictures/s"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@contextmanager
def show_progress(count_all: Callable[[], int | None]) -> Iterator[Callable[[Sequence[Row]], None]]:
    """Show the progress of a run; yields a function to call with the rows of every batch. Prints the totals at the end.

    Args:
        count_all: returns the number of pictures, or None where it is unknown; called in a thread, only for a bar.
    """
    tally = Tally()
    follow = _follow_on_terminal if sys.stderr.isatty() and _has_rich() else _follow_in_lines
    try:
        with follow(tally, count_all) as show:

            def add(rows: Sequence[Row]) -> None:
                tally.add(rows)
                show()

            yield add
    finally:
        say(f"{tally}")


def _has_rich() -> bool:
    try:
        import rich  # noqa: F401
    except ModuleNotFoundError:  # the server's requirements do not have it
        return False
    return True


@contextmanager
def _follow_in_lines(tally: Tally, _count_all: Callable[[], int | None]) -> Iterator[Callable[[], None]]:
    last = tally.began

    def show() -> None:
        nonlocal last
        if time.monotonic() - last >= PERIOD:
            last = time.monotonic()
            say(f"so far {tally}")

    yield show


@contextmanager
def _follow_on_terminal(tally: Tally, count_all: Callable[[], int | None]) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[counts]}"), TimeRemainingColumn())
    shown = sys.stdout.isatty()  # then rows are written above the bar
    console = Console(stderr=True, soft_wrap=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=shown) as progress:
        task = progress.add_task("", total=None, counts="")
        threading.Thread(target=_find_total, args=(progress, task, count_all), daemon=True).start()
        yield lambda: progress.update(
            task, completed=tally.pictures, counts=f"{tally.rate:,.0f}/s, {_count(tally.failures, 'failure')}, left"
        )


def _find_total(progress: Progress, task: TaskID, count_all: Callable[[], int | None]) -> None:
    progress.update(task, total=count_all())


def say(sentence: str) -> None:
    """Print a line on standard error."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
