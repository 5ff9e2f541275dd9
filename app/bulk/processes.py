"""Read batches of pictures with every core of one machine, and hand the rows on in the order of the pictures.

    sources -> batches -> processes, a few batches each in flight -> rows, in order

Owns the processes. Whatever a picture does to one of them, the others are read.
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

IN_FLIGHT = 3  # batches a process: one being read, and others so that it never waits
DEADLY = "Reading this picture ended the process that read it."

Batch = tuple[Source, ...]


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_sources(job: Job, sources: Iterable[Source], processes: int) -> Iterator[list[Row]]:
    """Read pictures and yield their rows, a batch at a time; no more is held than what is in flight.

    Args:
        processes: how many read at once; one, or a single batch, is read in this process.
    """
    batches = _batch(iter(sources))
    first = list(itertools.islice(batches, 2))
    batches = itertools.chain(first, batches)
    if processes == 1 or len(first) < 2:
        yield from (read_batch(job, batch) for batch in batches)
        return
    flying: deque[tuple[Batch, Future[list[Row]]]] = deque()
    pool = _open_pool(processes)
    try:
        for batch in itertools.chain(batches, itertools.repeat(None)):
            if batch is not None:
                flying.append((batch, _submit(pool, job, batch)))
                if len(flying) < IN_FLIGHT * processes:
                    continue
            elif not flying:
                break
            oldest, future = flying.popleft()
            try:
                rows = future.result()
            except BrokenProcessPool:
                pool.shutdown()
                rows = _read_alone(job, oldest)
                pool = _open_pool(processes)
                flying = deque((waiting, _submit_again(pool, job, waiting, lost)) for waiting, lost in flying)
            yield rows
    finally:
        pool.shutdown(cancel_futures=True)


def _batch(sources: Iterator[Source]) -> Iterator[Batch]:
    while batch := tuple(itertools.islice(sources, BATCH)):
        yield batch


def _open_pool(processes: int) -> ProcessPoolExecutor:
    """Open a pool of fresh processes: the runtimes do not survive a fork."""
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, spawn, initializer=_follow_parent)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _submit(pool: ProcessPoolExecutor, job: Job, batch: Batch) -> Future[list[Row]]:
    """Give a batch to a pool; to one that is broken, as a future that says so."""
    try:
        return pool.submit(read_batch, job, batch)
    except BrokenProcessPool as error:
        broken: Future[list[Row]] = Future()
        broken.set_exception(error)
        return broken


def _submit_again(pool: ProcessPoolExecutor, job: Job, batch: Batch, lost: Future[list[Row]]) -> Future[list[Row]]:
    return _submit(pool, job, batch) if lost.exception() else lost


def _read_alone(job: Job, batch: Batch) -> list[Row]:
    """Read the pictures of a batch one by one in a process of their own: one that ends it again is to blame."""
    rows = []
    pool = _open_pool(1)
    try:
        for source in batch:
            try:
                rows += pool.submit(read_batch, job, (source,)).result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = _open_pool(1)
                row = {"path": source.path, "error": DEADLY, "code": DigitsError.code}
                rows.append({**dict.fromkeys(COLUMNS), **row})
    finally:
        pool.shutdown(cancel_futures=True)
    return rows
