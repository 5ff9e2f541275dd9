"""python -m tests.bench.bulk: how fast folders are read, by one process, two, and as many by Ray; into docs/scale.md.

    the ways once, then in turns, A B C D A B C D ..., each with so many pictures and twice as many -> rate, start

Two sizes tell the rate once a way has started (the slope) from what its start costs (the rest). The processor time of
everything that a way starts, Ray's own processes included, is measured besides: others on the machine change it little.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from app.bulk.connection import LOCAL, connect, prepare
from app.bulk.processes import read_sources
from app.bulk.rows import BATCH, Job
from app.bulk.sources import Source, name_source
from app.models.registry import choose_default, find_artifacts
from app.settings import read_settings
from tests.documents import replace_block
from tests.support.drawings import draw_digit, to_png
from tests.support.processes import read_status

from .machine import describe_machine
from .report import make_table
from .servers import ROOT

PAGE = ROOT / "docs" / "scale.md"
MANY = 100_000_000  # pictures
CORES = (10, 100, 1000)

Read = Callable[[Sequence[Source]], None]


@dataclass(frozen=True)
class Speed:
    """How fast one way of reading is."""

    rate: float  # pictures a second, once it has started
    start: float  # seconds
    work: float  # seconds of a processor for 1,000 pictures, likewise


class Meter:
    """The processor time of this process and all that descend from it, also of those that ended; Linux only."""

    def __init__(self) -> None:
        """Look now and again and again."""
        self._seconds: dict[int, float] = {}
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            self.read()
            time.sleep(0.1)

    def read(self) -> float:
        """Return the seconds so far."""
        every = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has just ended
                every[int(folder.name)] = read_status(int(folder.name))
        ours = {os.getpid()}
        while more := {process for process, status in every.items() if status.parent in ours} - ours:
            ours |= more
        self._seconds |= {process: every[process].seconds for process in ours if process in every}
        return sum(self._seconds.values())


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bulk", description="Measure the reading of folders.")
    parser.add_argument("--pictures", type=int, default=8000, help="of the smaller size (default 8000)")
    parser.add_argument("--turns", type=int, default=2, help="of each way, A B A B ... (default 2)")
    arguments = parser.parse_args()
    prepare(LOCAL)
    with tempfile.TemporaryDirectory() as folder, connect(LOCAL, find_job().model):
        sources = draw_pictures(Path(folder), 2 * arguments.pictures)
        tables = describe(measure(list_ways(Path(folder)), sources, arguments.turns))
    PAGE.write_text(replace_block(PAGE.read_text(encoding="utf-8"), "bulk", tables), encoding="utf-8")
    print(tables)


def find_job() -> Job:
    """Return the reading of one digit a picture by the default model."""
    settings = read_settings()
    folder = settings.models / choose_default(find_artifacts(settings.models))
    return Job(folder, many=False, max_bytes=settings.max_bytes)


def draw_pictures(folder: Path, count: int) -> list[Source]:
    """Draw digits of 280 by 280 pixels, each of another size, as often as need be."""
    drawn = [to_png(draw_digit(label, height=height)) for label in range(10) for height in (90, 120, 150, 180)]
    for number, body in zip(range(count), itertools.cycle(drawn)):
        (folder / f"{number:06d}.png").write_bytes(body)
    return [name_source(f"{folder}/{number:06d}.png") for number in range(count)]


def list_ways(folder: Path) -> Mapping[str, Read]:
    """Return the ways of reading, by name."""
    from app.bulk.cluster import Parts, read

    job = find_job()
    numbers = itertools.count()

    def by_processes(count: int) -> Read:
        def read_all(sources: Sequence[Source]) -> None:
            for _ in read_sources(job, sources, count):
                pass

        return read_all

    def by_ray(workers: int) -> Read:
        def read_all(sources: Sequence[Source]) -> None:
            parts = Parts(f"{folder}/parts-{next(numbers)}", {"model": job.model.name, "many": False}, resume=False)
            read(job, sources, parts, workers)
            parts.finish(len(sources))

        return read_all

    return {
        "1 process": by_processes(1),
        "2 processes": by_processes(2),
        "Ray, 1 worker": by_ray(1),
        "Ray, 2 workers": by_ray(2),
    }


def measure(ways: Mapping[str, Read], sources: Sequence[Source], turns: int) -> Mapping[str, Speed]:
    """Measure the ways in turns; the median of each is kept."""
    sizes = (len(sources) // 2, len(sources))
    meter = Meter()
    for read_all in ways.values():
        read_all(sources[: 4 * BATCH])  # Ray starts processes that it goes on to use
    spent: dict[tuple[str, int], list[tuple[float, float]]] = {(name, size): [] for name in ways for size in sizes}
    for _ in range(turns):
        for (name, size), turn in spent.items():
            began, worked = time.perf_counter(), meter.read()
            ways[name](sources[:size])
            turn.append((time.perf_counter() - began, meter.read() - worked))
            print(f"{name}, {size:,} pictures: {turn[-1][0]:.1f} s, {turn[-1][1]:.1f} s of a processor", flush=True)
    speeds = {}
    for name in ways:
        (small, work), (large, more_work) = (
            [median(column) for column in zip(*spent[name, size], strict=True)] for size in sizes
        )
        rate = (sizes[1] - sizes[0]) / max(large - small, 1e-9)
        speeds[name] = Speed(rate, max(0.0, small - sizes[0] / rate), 1000 * (more_work - work) / (sizes[1] - sizes[0]))
    return speeds


def describe(speeds: Mapping[str, Speed]) -> str:
    """Return the tables in Markdown."""
    one = speeds["1 process"]
    rows = [
        (name, f"{speed.rate:,.0f}", f"**{speed.rate / one.rate:.2f}**", f"{speed.work:.2f} s", f"{speed.start:.1f} s")
        for name, speed in speeds.items()
    ]
    by_ray = speeds["Ray, 2 workers"].work
    over = by_ray - speeds["2 processes"].work
    hours = MANY / 1000 * by_ray / 3600
    costs = [(f"{cores:,}", f"{60 * hours / cores:,.0f} min", f"{1000 / by_ray * cores:,.0f}") for cores in CORES]
    machine = describe_machine()
    busy = f"load {os.getloadavg()[1]:.0f}, as the machine was shared"
    return "\n\n".join(
        (
            f"Measured on {machine['date']} in one run, in turns, on {machine['name']} ({busy}); digits of 280 by 280 "
            "pixels, the default model, no network between the workers. Only the ratios mean something elsewhere.",
            make_table(("way", "pictures/s", "of one process", "processor time for 1,000", "start"), rows),
            f"For 1,000 pictures Ray takes {over:.2f} s of a processor more than processes do ({over / by_ray:.0%} of "
            f"its time), besides its start. On paper, {MANY:,} pictures take {hours:,.0f} hours of a core:",
            make_table(("cores", "time", "pictures/s"), costs),
        )
    )


if __name__ == "__main__":
    main()
