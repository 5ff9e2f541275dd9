"""Find the pictures that a command line names: files, folders, patterns and standard input.

    PATH... -> Source, Source, ...    in the order given, sorted within a folder; no file is opened yet

Knows names, not pictures: whether a file can be read shows when it is read.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..preprocessing.decoding import find_conversion, has_signature

STANDARD_INPUT = "-"
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff")  # read in folders
# Also taken from folders, so that each gets the sentence that says how to convert it, rather than being skipped.
CONVERTIBLE = (".heic", ".heif", ".avif", ".pdf", ".svg")
READ_SIZE = 65536  # bytes read from standard input at once
HEAD = 16  # bytes that tell a picture from a list of names


class BadPath(Exception):
    """A path that names no picture, with a sentence for whoever typed it."""


@dataclass(frozen=True)
class Source:
    """Where one picture is: its name in the output, and the place to open, or its bytes."""

    path: str
    place: str
    body: bytes | None = None


def check_paths(paths: Iterable[str]) -> None:
    """Check that every path leads to a picture, before any is read.

    Raises:
        BadPath: one leads to none.
    """
    for path in paths:
        if path != STANDARD_INPUT and next(find_files(path), None) is None:
            raise BadPath(_explain(path))


def _explain(path: str) -> str:
    if "://" in path:
        return f"{path} is not on this machine: it is read with --ray ADDRESS, or --ray local."
    if Path(path).is_dir():
        return f"{path} holds no picture: no file that ends in {', '.join(SUFFIXES)}."
    if glob.has_magic(path):
        return f"{path} matches no file."
    return f"There is no file or folder {path}."


def find_sources(paths: Sequence[str], standard_input: BinaryIO) -> Iterator[Source]:
    """Find every picture named, in the order of the paths, and within a folder in the order of the names."""
    for path in paths:
        if path == STANDARD_INPUT:
            yield from read_standard_input(standard_input)
        else:
            yield from (name_source(place) for place in find_files(path))


def name_source(place: str) -> Source:
    """Return the source at a place of the file system; a name that is no UTF-8 is written with backslashes."""
    return Source(os.fsencode(place).decode("utf-8", "backslashreplace"), place)


def find_files(path: str) -> Iterator[str]:
    """Find the files that a path names: itself, all pictures of a folder, or whatever matches a pattern."""
    if os.path.isdir(path):  # noqa: PTH112 - a Path would change how the name is written
        yield from _walk(path, frozenset())
    elif os.path.lexists(path):
        yield path
    elif glob.has_magic(path):
        for match in sorted(glob.glob(path, recursive=True)):  # noqa: PTH207 - as above
            if os.path.isfile(match):  # noqa: PTH113 - as above
                yield match
            elif "**" not in path:  # which finds what is in folders by itself
                yield from find_files(match)


def _walk(folder: str, above: frozenset[tuple[int, int]]) -> Iterator[str]:
    """Walk a folder, links included, unless one leads back to where it is; a folder that cannot be read is a name."""
    try:
        status = Path(folder).stat()
        with os.scandir(folder) as listing:
            entries = sorted((entry.name, _is_folder(entry)) for entry in listing if not entry.name.startswith("."))
    except OSError:
        yield folder
        return
    here = (status.st_dev, status.st_ino)
    if here in above:
        return
    for name, is_folder in entries:
        path = os.path.join(folder, name)  # noqa: PTH118 - ./a stays ./a
        if is_folder:
            yield from _walk(path, above | {here})
        elif is_picture(name):
            yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder or leads to one; a link that leads to itself does not."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def is_picture(name: str) -> bool:
    """Return whether a file of a folder is to be read, by its name."""
    return name.lower().endswith(SUFFIXES + CONVERTIBLE)


def read_standard_input(stream: BinaryIO) -> Iterator[Source]:
    """Find what comes on standard input: one picture, or names of files and folders, one a line or between NULs.

    Raises:
        BadPath: it is empty.
    """
    head = stream.read(HEAD)
    if not head:
        raise BadPath("Standard input is empty; expected a picture, or names of pictures.")
    if _begins_as_picture(head):
        yield Source(STANDARD_INPUT, STANDARD_INPUT, head + stream.read())
        return
    for name in _split_names(head, stream):
        place = os.fsdecode(name)
        if os.path.isdir(place):  # noqa: PTH112 - as above
            yield from (name_source(found) for found in find_files(place))
        else:
            yield name_source(place)


def _begins_as_picture(head: bytes) -> bool:
    """Return whether bytes are a picture, or a file that people take for one, rather than a list of names."""
    control = any(byte < 9 and byte != 0 for byte in head)  # text has none; NULs separate names
    return control or has_signature(head) or find_conversion(head) is not None


def _split_names(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Split at NULs, as `find -print0` writes them, where the first READ_SIZE has one; else at the ends of lines."""
    text = head + stream.read(READ_SIZE)
    separator = b"\0" if b"\0" in text else b"\n"
    while True:
        *names, rest = text.split(separator)
        yield from (name for name in (name.removesuffix(b"\r") for name in names) if name)
        chunk = stream.read(READ_SIZE)
        if not chunk:
            break
        text = rest + chunk
    if rest.strip(b"\r"):
        yield rest.removesuffix(b"\r")
