"""python -m tests.bench.bulk: how fast folders are read, by one process, two, and Ray with as many; kept in README.

    the ways in turns, A B C D A B C D ..., each with so many pictures and twice as many -> rate, and cost of a start

Two sizes tell the rate once a way has started (the slope) from what its start costs (the rest).
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from app.bulk.connection import LOCAL, connect, prepare
from app.bulk.processes import read_sources
from app.bulk.rows import Job
from app.bulk.sources import Source, name_source
from app.registry import choose_default, find_artifacts
from app.settings import read_settings
from tests.app.drawings import draw_digit, to_png

from .machine import describe_machine
from .report import README, make_table

MARKS = re.compile(r"(<!-- bulk:begin -->\n).*?(<!-- bulk:end -->)", re.DOTALL)
MANY = 100_000_000  # pictures
CORES = (10, 100, 1000)

Read = Callable[[Sequence[Source]], None]


@dataclass(frozen=True)
class Speed:
    """How fast one way of reading is."""

    rate: float  # pictures a second, once it has started
    start: float  # seconds


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bulk", description="Measure the reading of folders.")
    parser.add_argument("--pictures", type=int, default=2000, help="of the smaller size (default 2000)")
    parser.add_argument("--turns", type=int, default=3, help="of each way, A B A B ... (default 3)")
    arguments = parser.parse_args()
    prepare(LOCAL)
    with tempfile.TemporaryDirectory() as folder, connect(LOCAL, find_job().model):
        sources = draw_pictures(Path(folder), 2 * arguments.pictures)
        tables = describe(measure(list_ways(Path(folder)), sources, arguments.turns))
    README.write_text(MARKS.sub(lambda found: f"{found[1]}{tables}\n{found[2]}", README.read_text()))
    print(tables)


def find_job() -> Job:
    """Return the reading of one digit a picture by the default model."""
    settings = read_settings()
    artifacts = {artifact.name: artifact for artifact in find_artifacts(settings.models)}
    return Job(artifacts[choose_default(list(artifacts.values()))].folder, many=False, most_bytes=settings.max_bytes)


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
    seconds: dict[tuple[str, int], list[float]] = {(name, size): [] for name in ways for size in sizes}
    for _ in range(turns):
        for (name, size), turn in seconds.items():
            began = time.perf_counter()
            ways[name](sources[:size])
            turn.append(time.perf_counter() - began)
            print(f"{name}, {size:,} pictures: {turn[-1]:.1f} s", flush=True)
    speeds = {}
    for name in ways:
        small, large = (median(seconds[name, size]) for size in sizes)
        rate = (sizes[1] - sizes[0]) / (large - small)
        speeds[name] = Speed(rate, max(0.0, small - sizes[0] / rate))
    return speeds


def describe(speeds: Mapping[str, Speed]) -> str:
    """Return the tables in Markdown."""
    one = speeds["1 process"].rate
    rows = [
        (name, f"{speed.rate:,.0f}", f"**{speed.rate / one:.2f}**", f"{speed.start:.1f} s")
        for name, speed in speeds.items()
    ]
    over = {
        workers: 1000 / speeds[f"Ray, {workers} worker{'s' * (workers > 1)}"].rate
        - 1000 / speeds[f"{workers} process{'es' * (workers > 1)}"].rate
        for workers in (1, 2)
    }
    by_core = speeds["Ray, 2 workers"].rate / 2
    costs = [(f"{cores:,}", f"{MANY / by_core / cores / 3600:,.1f} h", f"{by_core * cores:,.0f}") for cores in CORES]
    machine = describe_machine()
    busy = f"load {os.getloadavg()[1]:.0f}, as the machine was shared"
    return "\n\n".join(
        (
            f"Measured on {machine['date']} in one run, in turns, on {machine['name']} ({busy}); digits of 280 by 280 "
            "pixels, the default model, no network between the workers. Only the ratios mean something elsewhere.",
            make_table(("way", "pictures/s", "of one process", "start"), rows),
            f"Ray costs {over[1]:.2f} s more per 1,000 pictures with one worker and {over[2]:.2f} s with two, besides "
            f"its start. On paper, {MANY:,} pictures take {MANY / by_core / 3600:,.0f} hours of a core:",
            make_table(("cores", "time", "pictures/s"), costs),
        )
    )


if __name__ == "__main__":
    main()
