"""Read batches of pictures with every core of one machine, and hand the rows on in the order of the pictures.

    sources -> batches -> processes, a few batches each in flight -> rows, in order

Owns the processes. A picture that crashes one of them does not affect other pictures.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait

from ..errors import DigitsError
from .rows import BATCH, COLUMNS, Job, Row, read_batch
from .sources import Source

IN_FLIGHT = 3  # batches a process: one being read, the others so that it never waits
CRASHED = "Reading this picture ended the process that read it."

MAX_HELD = 2**24  # bytes of pictures from archives in a batch, after which it is full

Batch = tuple[Source, ...]


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_sources(job: Job, sources: Iterable[Source], processes: int) -> Iterator[list[Row]]:
    """Read pictures and yield their rows, a batch at a time; only batches in flight are held in memory.

    Args:
        processes: how many read at once; one, or a single batch, is read in this process.
    """
    batches = _batch(iter(sources))
    first = list(itertools.islice(batches, 2))
    batches = itertools.chain(first, batches)
    if processes == 1 or len(first) < 2:
        yield from (read_batch(job, batch) for batch in batches)
        return
    pool = _Pool(job, processes)
    try:
        for batch in batches:
            pool.submit(batch)
            if len(pool.waiting) == IN_FLIGHT * processes:
                yield pool.take_oldest()
        while pool.waiting:
            yield pool.take_oldest()
    finally:
        pool.close()


class _Pool:
    """Processes that read batches, replaced when one of them dies."""

    def __init__(self, job: Job, processes: int) -> None:
        self._job = job
        self._processes = processes
        self._executor = _open_executor(processes)
        self.waiting: deque[tuple[Batch, Future[list[Row]]]] = deque()  # batches in flight, the oldest first

    def submit(self, batch: Batch) -> None:
        """Queue a batch."""
        self.waiting.append((batch, _submit(self._executor, self._job, batch)))

    def take_oldest(self) -> list[Row]:
        """Wait for the rows of the oldest batch; after a crash, read it alone and submit lost batches again."""
        batch, future = self.waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            self._executor.shutdown()
            rows = _read_alone(self._job, batch)
            self._executor = _open_executor(self._processes)
            self.waiting = deque((each, self._submit_if_lost(each, former)) for each, former in self.waiting)
            return rows

    def _submit_if_lost(self, batch: Batch, former: Future[list[Row]]) -> Future[list[Row]]:
        return _submit(self._executor, self._job, batch) if former.exception() else former

    def close(self) -> None:
        """End the processes; batches that are not begun are dropped."""
        self._executor.shutdown(cancel_futures=True)


def _batch(sources: Iterator[Source]) -> Iterator[Batch]:
    """Yield batches of sources; those that bring their bytes along are fewer where they are large."""
    batch: list[Source] = []
    held = 0
    for source in sources:
        batch.append(source)
        held += len(source.body) if isinstance(source.body, bytes) else 0
        if len(batch) == BATCH or held > MAX_HELD:
            yield tuple(batch)
            batch, held = [], 0
    if batch:
        yield tuple(batch)


def _open_executor(processes: int) -> ProcessPoolExecutor:
    """Open a pool of fresh processes: the runtimes do not survive a fork."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, spawn, initializer=_follow_parent)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _submit(pool: ProcessPoolExecutor, job: Job, batch: Batch) -> Future[list[Row]]:
    """Submit a batch; a broken pool returns a future that raises."""
    try:
        return pool.submit(read_batch, job, batch)
    except BrokenProcessPool as error:
        broken: Future[list[Row]] = Future()
        broken.set_exception(error)
        return broken


def _read_alone(job: Job, batch: Batch) -> list[Row]:
    """Read the pictures of a batch one by one in a separate process: one that ends it again is the cause."""
    rows = []
    pool = _open_executor(1)
    try:
        for source in batch:
            try:
                rows += pool.submit(read_batch, job, (source,)).result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = _open_executor(1)
                row = {"path": source.path, "error": CRASHED, "code": DigitsError.code}
                rows.append({**dict.fromkeys(COLUMNS), **row})
    finally:
        pool.shutdown(cancel_futures=True)
    return rows
