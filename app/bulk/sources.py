"""Find the pictures that a command line names: files, folders, patterns and standard input.

    PATH... -> Source, Source, ...    in the order given, sorted within a folder; no picture is opened yet

Knows names, not pictures: whether a file can be read shows when it is read. Only archives are opened here: what they
hold comes as bytes.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote_to_bytes, urlsplit

from ..errors import DigitsError, Unreadable, UnsupportedFormat
from ..preprocessing.decoding import find_conversion, has_signature
from .archives import Member, is_archive, read_members

STANDARD_INPUT = "-"
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff")  # read in folders
# Also taken from folders, so that each gets the sentence that says how to convert it, rather than being skipped.
CONVERTIBLE = (".heic", ".heif", ".avif", ".pdf", ".svg")
READ_SIZE = 65536  # bytes read from standard input at once
HEAD = 16  # bytes that tell a picture from a list of names


# Where pyarrow reads with --ray, and what to do about other places.
STORES = ("s3", "gs", "abfs", "hdfs")
WITH_RAY = "it is read with --ray ADDRESS, or --ray local"
WHERE = {
    **dict.fromkeys((*STORES, "gcs", "abfss", "viewfs", "local"), WITH_RAY),
    **dict.fromkeys(("http", "https", "ftp"), "fetch it first, e.g. curl URL | python -m app read -"),
    "az": "write abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH and read it with --ray",
}

OpenFile = Callable[[str], BinaryIO]


class BadPath(Exception):
    """A path that names no picture, with a sentence for whoever typed it."""


@dataclass(frozen=True)
class Source:
    """Where one picture is: its name in the output, and the place to open, or its bytes, or what is wrong with it."""

    path: str
    place: str
    body: bytes | DigitsError | None = None
    done: int = 0  # pages of it that are read already


def check_paths(paths: Iterable[str]) -> None:
    """Check that every path leads to a picture, before any is read.

    Raises:
        BadPath: one leads to none.
    """
    for path in paths:
        if path != STANDARD_INPUT and next(find_files(path), None) is None:
            raise BadPath(_explain(path))


def _explain(path: str) -> str:
    scheme, separator, _ = path.partition("://")
    if separator:
        where = WHERE.get(scheme.lower(), f"expected {', '.join(f'{one}://' for one in STORES)} with --ray, or a path")
        return f"{path} is not on this machine: {where}."
    if Path(path).is_dir():
        return f"{path} holds no picture: no file that ends in {', '.join(SUFFIXES)}."
    if glob.has_magic(path):
        return f"{path} matches no file."
    return f"There is no file or folder {path}."


def localise(path: str) -> str:
    """Return a path as it is, and a file:// URI as the path that it means.

    Raises:
        BadPath: the URI names another machine.
    """
    if not path.lower().startswith("file://"):
        return path
    parts = urlsplit(path)
    if parts.netloc not in ("", "localhost"):
        raise BadPath(f"{path} names the machine {parts.netloc!r}; expected file:///FOLDER, a path of this one.")
    return os.fsdecode(unquote_to_bytes(parts.path))


def find_sources(
    paths: Sequence[str], standard_input: BinaryIO, open_file: OpenFile, max_bytes: int = 2**31
) -> Iterator[Source]:
    """Find every picture named, in the order of the paths, and within a folder in the order of the names.

    Args:
        paths: as they were typed.
        standard_input: where a picture or names come from, for the path "-".
        open_file: opens an archive.
        max_bytes: of a picture in an archive; of a larger one comes a byte more.
    """
    for path in paths:
        found = read_standard_input(standard_input) if path == STANDARD_INPUT else map(name_source, find_files(path))
        for source in found:
            if source.body is None and is_archive(source.place):
                yield from open_archive(source, open_file, max_bytes)
            else:
                yield source


def open_archive(archive: Source, open_file: OpenFile, max_bytes: int) -> Iterator[Source]:
    """Find the pictures in an archive; a row says so where there is none."""
    empty = True
    for member in read_members(lambda: open_file(archive.place), archive.place, is_wanted, max_bytes):
        empty = False
        name = escape_surrogates(member.name)
        yield Source(f"{archive.path}/{name}" if name else archive.path, archive.place, member.body)
    if empty:
        ends = ", ".join(SUFFIXES)
        yield Source(archive.path, archive.place, UnsupportedFormat(f"The archive holds no file that ends in {ends}."))


def is_wanted(name: str) -> bool:
    """Return whether a member of an archive is to be read: as in folders, nothing whose name begins with a dot."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    hidden = any(part.startswith(".") and part not in (".", "..") for part in parts)
    return is_picture(name) and not hidden and "__MACOSX" not in parts


def escape_surrogates(name: str) -> str:
    """Return a name as it can be written to a file: what is no UTF-8 with backslashes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read_named(name: str, open_file: OpenFile, max_bytes: int) -> Source:
    """Return the source of a picture by its name in a row, from its archive where it is in one."""
    for folder in PurePosixPath(name).parents:
        if is_archive(str(folder)) and os.path.isfile(folder):  # noqa: PTH113 - as above
            inside = name[len(str(folder)) + 1 :]

            def is_it(member: str, inside: str = inside) -> bool:
                return escape_surrogates(member) == inside

            found = read_members(lambda place=folder: open_file(str(place)), str(folder), is_it, max_bytes)  # type: ignore[misc]
            return Source(name, str(folder), next(found, Member("", Unreadable("It is no longer there."))).body)
    return name_source(name)


def name_source(place: str) -> Source:
    """Return the source at a place of the file system; a name that is no UTF-8 is written with backslashes."""
    return Source(escape_surrogates(place), place)


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
        elif is_picture(name) or is_archive(name):
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
