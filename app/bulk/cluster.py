"""Read pictures on a Ray cluster: as many machines as there are, and as many pictures.

    names -> fetch (tasks) -> read (actors, a classifier each) -> Parquet parts in one folder

Ray Data schedules, ships and retries. A part's name says which task wrote it: one that is written again, because its
machine died, replaces the first. Imported only where a cluster is asked for, after connection.prepare().
"""

from __future__ import annotations

import functools
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import ray.data
from pyarrow import fs
from ray.exceptions import RayError

from ..memory.personal import Taught
from .archives import is_archive
from .connection import BadCluster, find_sent
from .files import BadOutput, Common, check_line, to_line
from .parquet import to_table
from .rows import (
    BATCH,
    Failure,
    Job,
    Row,
    check_regular,
    find_page,
    make_rows,
    open_body,
    open_classifier,
    open_regular,
)
from .sources import BadPath, Source, find_sources, is_picture

UNFINISHED = "_unfinished"  # in the folder of parts, holds the settings; readers of Parquet pass over such names
BLOCKS = 4  # blocks a worker, at least: all workers finish at about the same time
MAX_BLOCK = 16 * BATCH  # pictures of a block, and rows of a part
READER = 0.9  # of a processor, reserved by a reader: with all of it, none would be left for fetching, a deadlock
FETCHER = 0.1  # of a processor, reserved by a task that fetches pictures or writes parts: it mostly waits
MAX_FETCHES = 16  # concurrent downloads of one task: object stores have high latency, but allow many requests

NAMES = pa.schema({"path": pa.string(), "place": pa.string()})
BODIES = pa.schema({"path": pa.string(), "body": pa.large_binary(), "error": pa.string(), "code": pa.string()})


class Parts:
    """The folder of Parquet parts that a run writes, on this machine's file system or any other."""

    def __init__(self, place: str, settings: Common, resume: bool) -> None:
        """Start or resume; an incomplete part, written when the machine stopped, is deleted.

        Raises:
            BadOutput: the folder exists, or was started with other options.
        """
        self.place = place
        self.filesystem, self.folder = open_filesystem(place)
        self._many = bool(settings["many"])
        self._marker = f"{self.folder}/{UNFINISHED}"
        found = self._list()
        if found and not resume:
            raise BadOutput(f"{place} already exists. Add --resume to continue it, or choose another name.")
        self._check_found(found)
        if self._marker in found:
            with self.filesystem.open_input_stream(self._marker) as stream:
                check_line(place, stream.read(), settings)
            self._remove_torn()
        self.filesystem.create_dir(self.folder, recursive=True)
        with self.filesystem.open_output_stream(self._marker) as stream:
            stream.write(to_line(settings))

    def _list(self) -> list[str]:
        selector = fs.FileSelector(self.folder, allow_not_found=True)
        information = self.filesystem.get_file_info(selector)
        if not information and self.filesystem.get_file_info(self.folder).type == fs.FileType.File:
            return [self.folder]
        return sorted(one.path for one in information)

    def _names(self) -> list[str]:
        return [path for path in self._list() if path.endswith(".parquet")]

    def _check_found(self, found: Sequence[str]) -> None:
        for path in found:
            if path != self._marker and not path.endswith(".parquet"):
                raise BadOutput(f"{self.place} holds {path}, which this program did not write. Choose another.")

    def _remove_torn(self) -> None:
        for path in self._names():
            try:
                pq.read_metadata(path, filesystem=self.filesystem)
            except pa.ArrowInvalid:
                self.filesystem.delete_file(path)

    def read_rows(self, *columns: str) -> Iterator[Row]:
        """Yield every row, or some columns of it, part after part and a little at a time."""
        for path in self._names():
            with pq.ParquetFile(path, filesystem=self.filesystem) as part:
                for batch in part.iter_batches(columns=list(columns) or None):
                    yield from batch.to_pylist()

    def finish(self, expected: int) -> None:
        """Mark the run as complete.

        Raises:
            BadOutput: the number of files is not the number of pictures; each page has a row.
        """
        written = sum(find_page(row["path"])[1] == 1 for row in self.read_rows("path"))
        if written != expected:
            raise BadOutput(f"{self.place} holds rows of {written:,} files, expected {expected:,}. Use --resume.")
        self.filesystem.delete_file(self._marker)


@functools.cache
def _open_root(uri: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of URIs that begin alike, and where in it they begin."""
    try:
        filesystem, root = fs.FileSystem.from_uri(uri)
    except pa.ArrowInvalid:  # not one of pyarrow's
        opened, root = fsspec.core.url_to_fs(uri)
        filesystem = fs.PyFileSystem(fs.FSSpecHandler(opened))
    return filesystem, root.rstrip("/")


def open_filesystem(place: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a path or URI, and the path within it.

    Raises:
        BadPath: no file system here can open it.
    """
    scheme, separator, rest = place.partition("://")
    if not separator:
        return fs.LocalFileSystem(), os.path.abspath(place)  # noqa: PTH100 - as it is written
    authority, _, path = rest.partition("/")
    try:
        filesystem, root = _open_root(f"{scheme}://{authority}/")
    except (ImportError, ValueError, OSError) as error:
        raise BadPath(f"{place} cannot be opened: {error}") from error
    return filesystem, f"{root}/{path.rstrip('/')}"


def find_places(paths: Sequence[str], standard_input: BinaryIO) -> Iterator[Source]:
    """Find every picture named, on this machine's file system or any other.

    Raises:
        BadPath: a path names no picture, or a picture comes on standard input.
    """
    for path in paths:
        if "://" in path:
            yield from _find_remote(path)
            continue
        for source in find_sources([path], standard_input, open_regular):
            if source.body is not None:
                what = "An archive" if is_archive(source.place) else "A picture on standard input"
                raise BadPath(f"{what} is read on this machine: remove --ray.")
            remote = "://" in source.place
            yield source if remote else Source(source.path, os.path.abspath(source.place))  # noqa: PTH100 - as above


def _find_remote(uri: str) -> Iterator[Source]:
    filesystem, root = open_filesystem(uri)
    try:
        information = filesystem.get_file_info(root)
        if information.type == fs.FileType.File:
            yield Source(uri, uri)
            return
        listing = filesystem.get_file_info(fs.FileSelector(root, recursive=True))
    except OSError as error:
        raise BadPath(f"{uri} cannot be listed: {error}") from error
    found = sorted(one.path for one in listing if one.type == fs.FileType.File and is_picture(one.path))
    if not found:
        raise BadPath(f"{uri} holds no picture.")
    for path in found:
        name = uri.rstrip("/") + path[len(root) :]
        yield Source(name, name)


def open_place(place: str) -> BinaryIO:
    """Open a picture for reading, wherever it is; do not wait for a pipe or a device that is there already.

    Raises:
        BadPath, OSError: it cannot be opened.
    """
    filesystem, path = open_filesystem(place)
    if isinstance(filesystem, fs.LocalFileSystem):
        check_regular(Path(path).stat())
    stream: BinaryIO = filesystem.open_input_stream(path, compression=None)
    return stream


def read_place(place: str, max_bytes: int) -> bytes | Failure:
    """Return the bytes of the picture at a place, or the failure."""
    return open_body(lambda: open_place(place), max_bytes)


def fetch(names: pa.Table, max_bytes: int) -> pa.Table:
    """Fetch the pictures at some places; a failure takes the place of its picture.

    Args:
        names: of the columns NAMES.
        max_bytes: of one picture.

    Returns:
        The columns BODIES.
    """
    with ThreadPoolExecutor(MAX_FETCHES) as pool:
        places = names["place"].to_pylist()
        bodies = list(pool.map(functools.partial(read_place, max_bytes=max_bytes), places))
    failures = [{} if isinstance(body, bytes) else body for body in bodies]
    return pa.table(
        {
            "path": names["path"],
            "body": [body if isinstance(body, bytes) else None for body in bodies],
            "error": [failure.get("error") for failure in failures],
            "code": [failure.get("code") for failure in failures],
        },
        schema=BODIES,
    )


class Reader:
    """An actor that owns a classifier."""

    def __init__(self, model: str, many: bool, taught: Taught | None) -> None:
        """Load the model that connect() sent."""
        self._many = many
        self._classifier = open_classifier(find_sent(model), taught)

    def __call__(self, fetched: pa.Table) -> pa.Table:
        """Read a batch of pictures: from the columns BODIES to rows."""
        rows = fetched.to_pylist()
        bodies: list[bytes | Failure] = [
            {"error": row["error"], "code": row["code"]} if row["body"] is None else row["body"] for row in rows
        ]
        return to_table(make_rows(self._classifier, [row["path"] for row in rows], bodies, self._many), self._many)


def read(job: Job, sources: Sequence[Source], parts: Parts, workers: int) -> None:
    """Read pictures on the connected cluster, and write their rows.

    Raises:
        BadCluster: the cluster failed.
    """
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = sys.stderr.isatty()
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    size = min(MAX_BLOCK, max(BATCH, -(-len(sources) // (BLOCKS * workers))))
    blocks = [make_block(sources[at : at + size]) for at in range(0, len(sources), size)]
    fetched = ray.data.from_arrow(blocks).map_batches(
        fetch,
        batch_size=BATCH,
        batch_format="pyarrow",
        compute=ray.data.TaskPoolStrategy(size=workers),
        num_cpus=FETCHER,
        fn_kwargs={"max_bytes": job.max_bytes},
    )
    rows = fetched.map_batches(
        Reader,
        batch_size=BATCH,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
        num_cpus=READER,
        fn_constructor_args=(job.model.name, job.many, job.taught),
    )
    try:
        rows.write_parquet(parts.folder, filesystem=parts.filesystem, ray_remote_args={"num_cpus": FETCHER})
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise BadCluster(f"The cluster failed ({reason}). What it has read is kept: use --resume.") from error


def make_block(sources: Sequence[Source]) -> pa.Table:
    """Return sources as a table of the columns NAMES."""
    table = {"path": [source.path for source in sources], "place": [source.place for source in sources]}
    return pa.table(table, schema=NAMES)
