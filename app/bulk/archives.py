"""Read the pictures in zip and tar archives, one after the other, without unpacking anything to a disk.

    scans.zip -> (name in it, bytes), (name in it, bytes), ...

What an archive unpacks to is bounded. Names in it are only names: no file is opened by them.
"""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NamedTuple

from ..errors import DigitsError, TooLarge, Unreadable

ZIP = (".zip",)
TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
ARCHIVES = ZIP + TAR
MAX_MEMBERS = 1_000_000  # names in an archive: a zip keeps some 500 bytes for each
MAX_RATIO = 100  # bytes unpacked for each of the archive's: pictures hardly shrink, blank bitmaps a hundredfold
FREE = 2**28  # bytes that are unpacked whatever the ratio
ENCRYPTED = 1  # bit of a zip's flags. Source: APPNOTE.TXT 4.4.4

# What the standard library raises for archives that are damaged, or packed in a way that it does not know.
DAMAGES = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError,
           NotImplementedError, RuntimeError, OverflowError)  # fmt: skip


class Member(NamedTuple):
    """A picture in an archive: its name there, and its bytes or what is wrong with it."""

    name: str
    body: bytes | DigitsError


def is_archive(name: str) -> bool:
    """Return whether a file is an archive, by its name."""
    return name.lower().endswith(ARCHIVES)


def read_members(
    open_file: Callable[[], BinaryIO], name: str, is_wanted: Callable[[str], bool], max_bytes: int
) -> Iterator[Member]:
    """Yield the pictures of an archive: of a zip in the order of their names, of a tar in the order they come.

    Args:
        open_file: opens the archive.
        name: of the archive, which says of what kind it is.
        is_wanted: whether a member is to be read, by its name.
        max_bytes: of one member; one byte more is returned of a larger one.

    Yields:
        Where the archive ends early because it is damaged or too large, a member without a name that says so.
    """
    try:
        with open_file() as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            limit = MAX_RATIO * size + FREE
            walk = _walk_zip if name.lower().endswith(ZIP) else _walk_tar
            yield from walk(stream, is_wanted, max_bytes, limit)
    except DigitsError as error:
        yield Member("", error)
    except DAMAGES as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        yield Member("", Unreadable(f"The archive is damaged, or cannot be read ({reason}). Pack it again."))


def _walk_zip(stream: BinaryIO, is_wanted: Callable[[str], bool], max_bytes: int, limit: int) -> Iterator[Member]:
    with zipfile.ZipFile(stream) as archive:
        if len(archive.infolist()) > MAX_MEMBERS:
            raise TooLarge(f"The archive holds more than {MAX_MEMBERS:,} files. Split it.")
        members = [member for member in archive.infolist() if not member.is_dir() and is_wanted(member.filename)]
        unpacked = 0
        for member in sorted(members, key=lambda member: member.filename):
            body = _read_zipped(archive, member, max_bytes)
            yield Member(member.filename, body)
            unpacked += len(body) if isinstance(body, bytes) else max_bytes
            _check_unpacked(unpacked, limit)


def _read_zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo, max_bytes: int) -> bytes | DigitsError:
    if member.flag_bits & ENCRYPTED:
        return Unreadable("The picture has a password in its archive. Pack it without.")
    try:
        with archive.open(member) as packed:
            return packed.read(max_bytes + 1)
    except DAMAGES as error:
        return Unreadable(f"The picture is damaged in its archive ({error}). Pack it again.")


def _walk_tar(stream: BinaryIO, is_wanted: Callable[[str], bool], max_bytes: int, limit: int) -> Iterator[Member]:
    archive: Any
    with tarfile.open(fileobj=stream, mode="r|*") as archive:  # a stream: it is unpacked once
        number = 0
        while (member := archive.next()) is not None:
            number += 1
            if number > MAX_MEMBERS:
                raise TooLarge(f"The archive holds more than {MAX_MEMBERS:,} files. Split it.")
            _check_unpacked(member.offset_data + member.size, limit)
            if member.isreg() and is_wanted(member.name):
                yield Member(member.name, archive.extractfile(member).read(max_bytes + 1))
            archive.members.clear()  # it would keep every one


def _check_unpacked(unpacked: int, limit: int) -> None:
    if unpacked > limit:
        raise TooLarge(f"The archive unpacks to more than {limit:,} bytes; what comes after is not read. Split it.")
