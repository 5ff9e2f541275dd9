"""Files that hold several pictures: pages and archives, each picture a row."""

from __future__ import annotations

import gzip
import io
import struct
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.bulk import archives
from app.bulk.command import main
from app.bulk.sources import WHERE
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_png

from .test_command import read_rows, run

LABELS = (7, 2, 5)
PICTURES = {f"{label}/{label}.png": to_png(draw_digit(label)) for label in LABELS}
MAX_TIME = 10.0  # seconds of a core that no archive may take


def pack_zip(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return stream.getvalue()


def pack_tar(members: Mapping[str, bytes], mode: Any = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for name, body in members.items():
            information = tarfile.TarInfo(name)
            information.size = len(body)
            archive.addfile(information, io.BytesIO(body))
    return stream.getvalue()


ARCHIVES: dict[str, Callable[[Mapping[str, bytes]], bytes]] = {
    "scans.zip": pack_zip,
    "SCANS.ZIP": lambda members: pack_zip(members, zipfile.ZIP_LZMA),
    "scans.tar": pack_tar,
    "scans.tar.gz": lambda members: pack_tar(members, "w:gz"),
    "scans.tgz": lambda members: pack_tar(members, "w:gz"),
    "scans.tar.bz2": lambda members: pack_tar(members, "w:bz2"),
    "scans.tar.xz": lambda members: pack_tar(members, "w:xz"),
}


def read(tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    output = tmp_path / "read.jsonl"
    output.unlink(missing_ok=True)
    main([*arguments, "--output", str(output)])
    return read_rows(output)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A TIFF of three pages."""
    path = tmp_path / "scan.tif"
    first, *others = (Image.fromarray(draw_digit(label)) for label in LABELS)
    first.save(path, save_all=True, append_images=others)
    return path


def test_each_page_is_a_row(tmp_path: Path, pages: Path) -> None:
    rows = read(tmp_path, str(pages))
    assert [row["path"] for row in rows] == [str(pages), f"{pages}#2", f"{pages}#3"]
    assert [row["digit"] for row in rows] == list(LABELS)
    assert [row["text"] for row in read(tmp_path, str(pages), "--many")] == ["7", "2", "5"]


def test_each_page_of_a_pdf_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    first, *others = (Image.fromarray(draw_digit(label)).convert("RGB") for label in LABELS)
    first.save(path, save_all=True, append_images=others)
    assert [row["digit"] for row in read(tmp_path, str(tmp_path))] == list(LABELS)
    path.write_bytes(path.read_bytes()[:200])
    assert [row["code"] for row in read(tmp_path, str(path))] == ["unreadable"]


def test_without_their_packages_pdf_and_heic_say_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "b.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(16))
    program = (
        "import sys; sys.modules['pypdfium2'] = sys.modules['pillow_heif'] = None\n"
        "from app.bulk.command import main; main(sys.argv[1:])"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "pip install '.[pdf]'" in done.stdout
    assert "pillow-heif" in done.stdout
    assert "export it as JPEG" in done.stdout


@pytest.mark.parametrize("kept", (1, 2, 3))
def test_a_run_that_stopped_within_a_file_reads_its_other_pages(tmp_path: Path, pages: Path, kept: int) -> None:
    (tmp_path / "z.png").write_bytes(to_png(draw_digit(9)))
    whole = read(tmp_path, str(tmp_path / "*.[tp]*"))
    assert len(whole) == 4
    output = tmp_path / "read.jsonl"
    output.write_text("".join(output.read_text().splitlines(True)[:kept]))
    (tmp_path / "read.jsonl.unfinished").write_text('{"model": "robust", "many": false}\n')
    assert main([str(tmp_path / "*.[tp]*"), "--output", str(output), "--resume"]) == 0
    assert read_rows(output) == whole
    assert main([str(tmp_path / "*.[tp]*"), "--output", str(output), "--resume"]) == 0
    assert read_rows(output) == whole


@pytest.mark.parametrize("name", ARCHIVES)
def test_each_picture_of_an_archive_is_a_row(tmp_path: Path, name: str) -> None:
    junk = {"notes.txt": b"hello", "__MACOSX/7/._7.png": b"x", ".hidden/7.png": b"x"}
    (tmp_path / name).write_bytes(ARCHIVES[name]({**PICTURES, **junk, "bad/x.png": b"x", "pages.gif": make_gif()}))
    rows = read(tmp_path, str(tmp_path / name))
    by_name = {row["path"].removeprefix(f"{tmp_path / name}/"): row["digit"] for row in rows}
    assert by_name == {"7/7.png": 7, "2/2.png": 2, "5/5.png": 5, "bad/x.png": None, "pages.gif": 7, "pages.gif#2": 2}
    assert read(tmp_path, str(tmp_path)) == rows


def make_gif() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(draw_digit(7)).save(stream, "GIF", save_all=True, append_images=[Image.fromarray(draw_digit(2))])
    return stream.getvalue()


@pytest.mark.parametrize("name", ("scans.zip", "scans.tar.gz"))
def test_an_archive_is_compared_with_labels_and_resumed(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = {"3/8.png": PICTURES["7/7.png"], "3/pages.gif": make_gif()}
    (tmp_path / name).write_bytes(ARCHIVES[name]({**PICTURES, **wrong}))
    sheet = tmp_path / "wrong.png"
    rows = read(tmp_path, str(tmp_path / name), "--label-from", "folder", "--wrong", str(sheet))
    assert capfd.readouterr().out.startswith("3 of 6 right")
    with Image.open(sheet) as image:
        assert min(image.convert("L").crop((0, 0, 120, 120)).tobytes()) < 64  # the picture is shown
    output = tmp_path / "read.jsonl"
    assert main([str(tmp_path / name), "--output", str(output), "--resume"]) == 0
    assert read_rows(output) == rows


def lie_about_size(body: bytes) -> bytes:
    """A zip whose directory says that its picture has one byte."""
    start = body.index(b"PK\1\2")
    return body[: start + 24] + struct.pack("<I", 1) + body[start + 28 :]


def overlap(count: int) -> bytes:
    """A zip of some KiB whose many names all share one member that unpacks to 16 MiB."""
    body = pack_zip({"0.png": bytes(2**24)})
    start, end = body.index(b"PK\1\2"), body.index(b"PK\5\6")
    entry = body[start:end]
    entries = entry * count
    tail = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(entries), start, 0)
    return body[:start] + entries + tail


def encrypt(body: bytes) -> bytes:
    """A zip that says that its members have passwords."""
    start = body.index(b"PK\1\2")
    return body[:6] + b"\1" + body[7 : start + 8] + b"\1" + body[start + 9 :]


ONE = {"7.png": PICTURES["7/7.png"]}
HOSTILE: dict[str, tuple[str, Callable[[], bytes], list[str | None], str]] = {
    "a path that leads out": ("a.zip", lambda: pack_zip({"../../../etc/7.png": PICTURES["7/7.png"]}), [None], ""),
    "an absolute path": ("a.tar", lambda: pack_tar({"/etc/7.png": PICTURES["7/7.png"]}), [None], ""),
    "no archive": ("a.zip", lambda: b"hello", ["unreadable"], "The archive is damaged"),
    "an empty file": ("a.tar.gz", lambda: b"", ["unreadable"], "The archive is damaged"),
    "a zip cut short": ("a.zip", lambda: pack_zip(ONE)[:-30], ["unreadable"], "The archive is damaged"),
    "a tar cut short": ("a.tar.gz", lambda: pack_tar(ONE, "w:gz")[:-40], ["unreadable"], "damaged"),
    "no picture in it": ("a.zip", lambda: pack_zip({"a.txt": b"x"}), ["unsupported_format"], "holds no file that ends"),
    "a password": ("a.zip", lambda: encrypt(pack_zip(ONE)), ["unreadable"], "has a password"),
    "a wrong size": ("a.zip", lambda: lie_about_size(pack_zip(ONE)), ["unreadable"], ""),
    "a member that unpacks to 64 MiB": ("a.zip", lambda: pack_zip({"a.png": bytes(2**26)}), ["too_large"], "more than"),
    "a tar of 4 GiB of zeros": ("a.tar.gz", lambda: pack_tar_of_zeros(2**32), ["too_large"], "unpacks to more than"),
}


def pack_tar_of_zeros(size: int) -> bytes:
    """The head of a tar that announces a member of a size, and some of its zeros, compressed."""
    information = tarfile.TarInfo("a.txt")
    information.size = size
    return gzip.compress(information.tobuf() + bytes(2**20))


@pytest.mark.parametrize(("name", "make", "codes", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_harmless(
    tmp_path: Path, name: str, make: Callable[[], bytes], codes: list[str | None], sentence: str
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / name).write_bytes(make())
    began = time.process_time()
    rows = read(tmp_path, str(folder))
    assert time.process_time() - began < MAX_TIME
    assert [row["code"] for row in rows] == codes
    assert all(sentence in (row["error"] or "") for row in rows)
    assert all(row["path"].startswith(str(folder / name)) for row in rows)
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["given", name, "read.jsonl"])


def test_names_that_share_one_member_end_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "FREE", 2**26)
    (tmp_path / "a.zip").write_bytes(overlap(1000))
    rows = read(tmp_path, str(tmp_path / "a.zip"), "--processes", "1")
    assert len(rows) < 12
    assert rows[-1]["path"] == str(tmp_path / "a.zip")
    assert "what comes after is not read" in rows[-1]["error"]


def test_a_link_in_a_tar_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURES["7/7.png"])
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for kind, target in ((tarfile.SYMTYPE, str(tmp_path / "secret.png")), (tarfile.LNKTYPE, "../secret.png")):
            information = tarfile.TarInfo(f"{kind.decode()}.png")
            information.type, information.linkname = kind, target
            archive.addfile(information)
    assert [row["code"] for row in read(tmp_path, str(tmp_path / "a.tar"))] == ["unsupported_format"]


def test_a_file_uri_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "my scans"
    folder.mkdir()
    (folder / "7.png").write_bytes(PICTURES["7/7.png"])
    rows = read(tmp_path, folder.as_uri())
    assert [(row["path"], row["digit"]) for row in rows] == [(str(folder / "7.png"), 7)]


@pytest.mark.parametrize(
    ("path", "sentence"),
    (
        ("file://other/scans", "names the machine 'other'"),
        ("s3://bucket/scans", WHERE["s3"]),
        ("gs://bucket/scans", "it is read with --ray ADDRESS, or --ray local."),
        ("https://example.com/7.png", "fetch it first, e.g. curl URL | python -m app read -"),
        ("az://container/scans", "write abfs://"),
        ("nosuch://scans", "expected s3://, gs://, abfs://, hdfs:// with --ray, or a path"),
    ),
)
def test_a_place_elsewhere_says_how_it_is_read(path: str, sentence: str) -> None:
    code, written, said = run(path)
    assert (code, written) == (2, "")
    assert sentence in said
