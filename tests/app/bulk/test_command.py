"""Folders of pictures, read without a server: what a person types, what is written, and the exit code."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import pyarrow.parquet as pq
import pytest
from flask.testing import FlaskClient
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile

from app.bulk import processes, sources
from app.bulk.command import main
from app.bulk.files import guard_formula, unguard_formula
from app.bulk.rows import BATCH, COLUMNS, UNEXPECTED, Job, open_regular
from app.bulk.sources import Source
from app.bulk.tables import describe_row
from tests.conftest import MODELS, ROOT
from tests.support.drawings import draw_digit, draw_text, side_by_side, to_bytes, to_png
from tests.support.processes import heed_interrupts, interrupt_again, list_children, read_status

Row = dict[str, Any]

BAD = (
    ("blank.png", to_png(draw_digit(1, ink=255)), "no_ink"),
    ("empty.png", b"", "unsupported_format"),
    ("letter.jpg", b"Dear Sir or Madam", "unsupported_format"),
    ("phone.heic", b"\0\0\0\x18ftypheic", "unreadable"),
    ("cut.png", to_png(draw_digit(5))[:300], "unreadable"),
    ("scan.tif", bytes(2**24 + 1), "too_large"),
)
ENOUGH = 12 * BATCH  # pictures: it can be killed before it is done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with each digit in a folder of its name, drawn twice."""
    folder = tmp_path / "scans"
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for name, height in (("large", 160), ("small", 60)):
            (folder / str(label) / f"{label}_{name}.png").write_bytes(to_png(draw_digit(label, height=height)))
    return folder


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of enough pictures, some of them bad, with names that need quotes."""
    folder = tmp_path_factory.mktemp("many")
    bodies = [to_png(draw_digit(label, shape=(64, 64), height=40, pen=5)) for label in range(10)] + [b'a "picture"']
    for number in range(ENOUGH):
        (folder / f'{number:04d} of "many", {number % 10}.png').write_bytes(bodies[number % len(bodies)])
    return folder


def read_csv(text: str) -> list[Row]:
    return [dict(row) for row in csv.DictReader(io.StringIO(text, newline=""))]


def read_rows(path: Path) -> list[Row]:
    """What any program finds in an output."""
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    rows = read_csv(path.read_text())
    words = ("path", "text", "error", "code")
    return [
        {name: value or None if name in words else json.loads(value or "null") for name, value in row.items()}
        for row in rows
    ]


def start(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start `python -m app read`."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", "read", *arguments],
        cwd=ROOT,
        preexec_fn=heed_interrupts,  # noqa: PLW1509
        **options,
    )


def run(*arguments: str, given: bytes = b"") -> tuple[int, str, str]:
    """Run `python -m app read`; the exit code, what it writes, and what it says."""
    with start(*arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        written, said = process.communicate(given)
    return process.returncode, written.decode(), said.decode()


@pytest.mark.parametrize("suffix", (".csv", ".jsonl", ".parquet"))
def test_a_folder_is_read_as_the_server_reads(folder: Path, tmp_path: Path, client: FlaskClient, suffix: str) -> None:
    output = tmp_path / f"read{suffix}"
    assert main([str(folder), "--output", str(output)]) == 0
    rows = read_rows(output)
    assert [row["path"] for row in rows] == sorted(map(str, folder.glob("*/*.png")))
    for row in rows:
        answer = client.post("/predict", data=Path(row["path"]).read_bytes()).get_json()
        expected = {name: answer[name] for name in ("digit", "confidence", "certain", "probabilities")}
        expected["doubt"] = answer.get("doubt")
        assert row == {"path": row["path"], "text": str(answer["digit"]), **expected, "error": None, "code": None}
    assert list(tmp_path.glob("*unfinished")) == []


@pytest.mark.parametrize("suffix", (".csv", ".jsonl", ".parquet"))
def test_numbers_are_read_as_the_server_reads(tmp_path: Path, client: FlaskClient, suffix: str) -> None:
    body = to_png(side_by_side([draw_digit(label, shape=(280, 200)) for label in (2, 0, 4)]))
    for name in ("one.png", "two.png"):
        (tmp_path / name).write_bytes(body)
    output = tmp_path / f"read{suffix}"
    assert main([str(tmp_path), "--many", "--output", str(output)]) == 0
    answer = client.post("/read", data=body).get_json()
    for row in read_rows(output):
        assert (row["text"], row["digit"]) == ("204", None)
        assert row["probabilities"] == [digit["probabilities"] for digit in answer["digits"]]
        assert row["confidence"] == min(digit["confidence"] for digit in answer["digits"])


def test_a_bad_picture_is_a_row_and_never_the_end(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, body, _ in BAD:
        (tmp_path / name).write_bytes(body)
    (tmp_path / "good.png").write_bytes(to_png(draw_digit(7)))
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    assert main([str(tmp_path)]) == 1
    written, said = capfd.readouterr()
    rows = {Path(row["path"]).name: row for row in read_csv(written)}
    codes = {name: row["code"] for name, row in rows.items()}
    assert codes == {name: code for name, _, code in BAD} | {"good.png": "", "gone.png": "not_found"}
    assert all(row["error"] for row in rows.values() if row["code"])
    assert rows["good.png"]["text"] == "7"
    assert "8 pictures, 7 failures" in said


OPENCV_ERROR = cv2.error("Insufficient memory")
OPENCV_ERROR.code = cv2.Error.StsNoMem


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    (
        (MemoryError(), "overloaded", "There is too little memory for this now. Try again, or send less at once."),
        (OPENCV_ERROR, "overloaded", "There is too little memory for this now. Try again, or send less at once."),
        (LookupError(), "internal", UNEXPECTED),
    ),
    ids=("Python", "OpenCV", "anything else"),
)
def test_a_lack_of_memory_is_named_in_the_row_of_its_picture_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    error: Exception, code: str, sentence: str,
) -> None:  # fmt: skip
    (tmp_path / "large.bmp").write_bytes(to_bytes(draw_digit(3), "BMP"))
    (tmp_path / "small.png").write_bytes(to_png(draw_digit(7)))

    def run_out(_image: Image.Image) -> None:
        raise error

    monkeypatch.setattr(BmpImageFile, "load", run_out)
    assert main([str(tmp_path)]) == 1
    large, small = read_csv(capsys.readouterr().out)
    assert (large["code"], large["error"]) == (code, sentence)
    assert (small["code"], small["text"]) == ("", "7")


def test_every_core_reads_and_the_order_is_that_of_the_names(many: Path, tmp_path: Path) -> None:
    alone, together = tmp_path / "alone.jsonl", tmp_path / "together.jsonl"
    for output, count in ((alone, "1"), (together, "3")):
        assert main([str(many), "--processes", count, "--output", str(output)]) == 1
    assert [row["path"] for row in read_rows(alone)] == sorted(map(str, many.iterdir()))
    assert alone.read_bytes() == together.read_bytes()


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _is_running(pid: int) -> bool:
    try:
        return read_status(pid).state != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("suffix", "torn"), ((".csv", b'"/a ""torn'), (".jsonl", b'{"path": "/a'), (".parquet", b'{"path": "/a'))
)
def test_a_killed_run_is_resumed_where_it_stopped(many: Path, tmp_path: Path, suffix: str, torn: bytes) -> None:
    output = tmp_path / f"read{suffix}"
    unfinished = tmp_path / f"read{suffix}.unfinished"
    growing = unfinished if suffix == ".parquet" else output
    some = f"{many}/0[0-4]*"
    held_open = subprocess.PIPE  # it waits for names: however slow this machine is, it has not ended when it is killed
    with start(some, "-", "--output", str(output), "--processes", "2", stdin=held_open) as process:
        wait_for(lambda: growing.exists() and growing.stat().st_size > 2000)
        workers = list_children(process.pid)
        process.send_signal(signal.SIGKILL)
    assert unfinished.exists()
    assert workers
    wait_for(lambda: not any(map(_is_running, workers)))
    with growing.open("ab") as file:
        file.write(torn)
    before = growing.read_bytes()[: -len(torn)].rpartition(b"\n")[0]
    code, _, said = run(str(many), "--output", str(output), "--resume")
    assert code == 1
    again = int(said.split(" pictures")[0].replace(",", ""))
    assert 0 < again < ENOUGH
    if suffix != ".parquet":
        assert output.read_bytes().startswith(before)
    assert not unfinished.exists()
    rows = read_rows(output)
    assert [row["path"] for row in rows] == sorted(map(str, many.iterdir()))
    assert [row["code"] for row in rows] == [
        "unsupported_format" if number % 11 == 10 else None for number in range(ENOUGH)
    ]


@pytest.mark.parametrize("suffix", (".csv", ".jsonl", ".parquet"))
def test_a_finished_output_is_added_to_by_resuming(folder: Path, tmp_path: Path, suffix: str) -> None:
    output = tmp_path / f"read{suffix}"
    assert main([str(folder), "--output", str(output)]) == 0
    before = read_rows(output)
    new = folder / "0" / "0_new.png"
    new.write_bytes(to_png(draw_digit(0)))
    assert main([str(folder), "--output", str(output), "--resume"]) == 0
    assert read_rows(output)[:-1] == before
    assert read_rows(output)[-1]["path"] == str(new)
    assert main([str(folder), "--output", str(output), "--resume"]) == 0
    assert len(read_rows(output)) == len(before) + 1
    assert list(tmp_path.glob("*unfinished")) == []


def test_a_parquet_file_of_digits_is_not_added_numbers_to(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "read.parquet"
    assert main([str(folder / "0"), "--output", str(output)]) == 0
    before = output.read_bytes()
    capsys.readouterr()
    assert main([str(folder), "--many", "--output", str(output), "--resume"]) == 2
    assert capsys.readouterr().err.startswith(f"{output} has other columns. Give the same options as before")
    assert output.read_bytes() == before


def test_a_parquet_file_that_was_whole_when_the_machine_stopped_is_not_doubled(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "read.parquet"
    unfinished = tmp_path / "read.parquet.unfinished"
    assert main([str(folder / "0"), "--output", str(output)]) == 0
    rows = read_rows(output)
    settings = {"model": "robust", "many": False, "after": 0}
    unfinished.write_text("".join(json.dumps(line) + "\n" for line in (settings, *rows)))
    assert main([str(folder / "0"), "--output", str(output), "--resume"]) == 0
    assert read_rows(output) == rows


@pytest.mark.parametrize("stopped_by", (signal.SIGINT, signal.SIGTERM))
def test_an_interrupted_run_says_how_to_resume(many: Path, tmp_path: Path, stopped_by: signal.Signals) -> None:
    output = tmp_path / "read.csv"
    options = ("--output", str(output), "--processes", "1")
    held_open = subprocess.PIPE
    with start(str(many), "-", *options, stdin=held_open, stderr=subprocess.PIPE) as process:
        wait_for(lambda: output.exists() and output.stat().st_size > 2000)
        process.send_signal(stopped_by)
        assert process.stderr
        said = process.stderr.read().decode().splitlines()
    assert process.returncode == 128 + stopped_by
    assert said[-1] == f"Interrupted; resume with: python -m app read {many} - --output {output} --processes 1 --resume"


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_a_run_that_is_interrupted_again_while_it_ends_says_how_to_resume(number: signal.Signals) -> None:
    done = interrupt_again(number, "app.bulk.command", "read_paths", "scans", "--output", "read.csv")
    assert done.stderr == "Interrupted; resume with: python -m app read scans --output read.csv --resume\n"
    assert done.returncode == 128 + number


def test_a_process_that_dies_loses_and_duplicates_no_picture(many: Path) -> None:
    job = Job(MODELS / "robust", many=False, max_bytes=2**24)
    found = list(sources.find_sources([str(many)], io.BytesIO(), open_regular))
    read = processes.read_sources(job, found, 2)
    rows = next(read)
    workers = [pid for pid in list_children(os.getpid()) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(workers[0], signal.SIGKILL)
    for batch in read:
        rows += batch
    assert [row["path"] for row in rows] == [source.path for source in found]
    assert {row["code"] for row in rows} == {None, "unsupported_format"}


def test_no_more_pictures_are_held_than_are_being_read(many: Path) -> None:
    taken = 0

    def name() -> Iterator[Source]:
        nonlocal taken
        for source in sources.find_sources([str(many)], io.BytesIO(), open_regular):
            taken += 1
            yield source

    given = farthest = 0
    for rows in processes.read_sources(Job(MODELS / "robust", False, 2**24), name(), 2):
        farthest = max(farthest, taken - given)
        given += len(rows)
    assert given == taken == ENOUGH
    assert farthest <= 2 * processes.IN_FLIGHT * BATCH


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        ((), "Missing argument 'PATH...'. See python -m app read --help."),
        (("{folder}/none.png",), "There is no file or folder {folder}/none.png."),
        (("{folder}/*.gif",), "{folder}/*.gif matches no file."),
        (("{folder}/empty",), "{folder}/empty holds no picture: no file that ends in .png, "),
        (("s3://bucket/scans",), "s3://bucket/scans is not on this machine: it is read with --ray ADDRESS"),
        (("{folder}", "--model", "gpt"), "There is no model 'gpt'. There are: "),
        (
            ("{folder}", "--output", "read.xlsx"),
            "--output is read.xlsx, expected a name that ends in .csv, .jsonl or .parquet",
        ),
        (("{folder}", "--output", "{folder}/there.csv"), "{folder}/there.csv already exists. Add --resume"),
        (
            ("{folder}", "--output", "{folder}/there.csv", "--resume"),
            "{folder}/there.csv was not written by this program. Choose another file.",
        ),
        (
            ("{folder}", "--output", "{folder}/there.parquet", "--resume"),
            "{folder}/there.parquet was not written by this program. Choose another file.",
        ),
        (
            ("{folder}", "--many", "--output", "{folder}/begun.csv", "--resume"),
            "begun.csv was started with many False; now it is True.",
        ),
        (("{folder}", "--output", "{folder}/none/read.csv"), "{folder}/none/read.csv cannot be written: No such file"),
        (("{folder}", "--resume"), "--resume continues a file: name it with --output."),
        (("{folder}", "--wrong", "wrong.png"), "--wrong shows wrong readings: say with --label-from"),
        (("{folder}", "--processes", "0"), "Option --processes: expected a whole number from 1, got '0'."),
        (("-", "-"), "Standard input can be read only once"),
    ),
)
def test_a_wrong_request_is_answered_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "7.png").write_bytes(to_png(draw_digit(7)))
    (tmp_path / "empty").mkdir()
    for name in ("there.csv", "there.parquet"):
        (tmp_path / name).write_text("name,marks\nAda,1")
    (tmp_path / "begun.csv.unfinished").write_text('{"model": "robust", "many": false}\n')
    code = main([argument.format(folder=tmp_path) for argument in arguments])
    written, said = capsys.readouterr()
    assert (code, written) == (2, "")
    assert said.startswith(sentence.format(folder=tmp_path))
    assert said.count("\n") == 1
    assert (tmp_path / "there.csv").read_text() == "name,marks\nAda,1"


@pytest.mark.parametrize(
    "given",
    (
        to_png(draw_digit(4)),
        to_bytes(draw_digit(4), "JPEG"),
        to_bytes(draw_digit(4), "WEBP"),
        to_bytes(draw_digit(4), "BMP"),
    ),
    ids=("png", "jpeg", "webp", "bmp"),
)
def test_a_picture_on_standard_input_is_read(given: bytes) -> None:
    code, written, _ = run("-", given=given)
    assert code == 0
    assert [(row["path"], row["text"]) for row in read_csv(written)] == [("-", "4")]


@pytest.mark.parametrize("end", ("\n", "\r\n", "\0"), ids=("lines", "windows", "nul"))
def test_a_list_of_names_on_standard_input_is_read(folder: Path, end: str) -> None:
    names = [f"{folder}/3", f"{folder}/0/0_small.png", f"{folder}/none.png"]
    code, written, _ = run("-", given=end.join(names).encode())
    assert code == 1
    expected = [(f"{folder}/3/3_large.png", "3"), (f"{folder}/3/3_small.png", "3"), (names[1], "0"), (names[2], "")]
    assert [(row["path"], row["text"]) for row in read_csv(written)] == expected


def test_empty_standard_input_is_an_error() -> None:
    code, written, said = run("-")
    assert (code, len(read_csv(written))) == (2, 0)
    assert "Standard input is empty; expected a picture, or names of pictures.\n" in said


def test_what_is_read_in_a_folder(tmp_path: Path) -> None:
    for name in ("b.PNG", "a/c.jpeg", "a.png", ".hidden.png", ".git/d.png", "notes.txt", "Thumbs.db", "e.heic"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert list(sources.find_files(f"{tmp_path}/**")) == [
        f"{tmp_path}/{name}" for name in ("Thumbs.db", "a.png", "a/c.jpeg", "b.PNG", "e.heic", "notes.txt")
    ]
    assert list(sources.find_files(f"{tmp_path}/[a]")) == [f"{tmp_path}/a/c.jpeg"]
    (tmp_path / "a" / "round").symlink_to(tmp_path)
    names = [os.path.relpath(found, tmp_path) for found in sources.find_files(str(tmp_path))]
    assert names == ["a/c.jpeg", "a.png", "b.PNG", "e.heic"]
    assert list(sources.find_files(f"{tmp_path}/notes.txt")) == [f"{tmp_path}/notes.txt"]


def test_a_name_that_is_not_text_is_read_and_resumed(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(to_png(draw_digit(2)))
    output = tmp_path / "read.jsonl"
    for resumed in ((), ("--resume",)):
        assert main([str(tmp_path), "--output", str(output), *resumed]) == 0
        assert [(row["path"], row["text"]) for row in read_rows(output)] == [(f"{tmp_path}/caf\\xe9.png", "2")]


@pytest.mark.parametrize("label_from", ("folder", "name"))
def test_what_was_read_is_compared_with_labels(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], label_from: str
) -> None:
    wrong = folder / "3" / "3_wrong.png"
    wrong.write_bytes(to_png(draw_digit(8)))
    (folder / "4" / "4_blank.png").write_bytes(to_png(draw_digit(4, ink=255)))
    (folder / "unlabelled.png").write_bytes(to_png(draw_digit(1)))
    output = tmp_path / "read.csv"
    assert main([str(folder), "--label-from", label_from, "--output", str(output)]) == 1
    written = capfd.readouterr().out.splitlines()
    assert written[0] == "20 of 22 right: accuracy 90.91%"
    assert written[1].split() == ["label", "-", *"0123456789", "read"]
    assert written[2 + 3].split() == ["3", ".", ".", ".", ".", "2", ".", ".", ".", ".", "1", "."]
    assert written[2 + 4].split() == ["4", "1", ".", ".", ".", ".", "2", ".", ".", ".", ".", "."]
    assert written[-1] == f"Wrong readings are shown in {tmp_path / 'read.wrong.png'}."
    with Image.open(tmp_path / "read.wrong.png") as sheet:
        assert sheet.size == (2 * 120, 154)
        assert min(sheet.convert("L").crop((0, 0, 120, 120)).tobytes()) < 64  # the 8 is to be seen


@pytest.mark.parametrize(
    ("name", "label"),
    (("7.png", "7"), ("2024_page.png", "2024"), ("007.png", "007"), ("scan-7.png", None), ("a/b.png", None)),
)
def test_labels_from_names(name: str, label: str | None) -> None:
    from app.bulk.truth import label_from_name

    assert label_from_name(f"3/{name}", many=False) == label


@pytest.mark.parametrize(
    ("name", "label", "one"),
    (
        ("-7.png", "-7", None),
        ("7.3_a.png", "7.3", "7"),
        ("+12,5.png", "+12,5", None),
        ("2024.08.07.png", "2024", "2024"),
    ),
)
def test_labels_of_numbers_may_have_a_sign_and_a_point(name: str, label: str, one: str | None) -> None:
    from app.bulk.truth import label_from_folder, label_from_name

    assert label_from_name(f"3/{name}", many=True) == label
    assert label_from_name(f"3/{name}", many=False) == one
    assert label_from_folder(f"{label}/a.png", many=True) == label
    assert label_from_folder("notes/a.png", many=True) is None


def test_numbers_are_compared_with_labels(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    body = to_png(side_by_side([draw_digit(label, shape=(280, 200)) for label in (2, 0, 4)]))
    for name in ("204.png", "205_wrong.png", "20.png"):
        (tmp_path / name).write_bytes(body)
    arguments = [str(tmp_path), "--many", "--label-from", "name", "--wrong", str(tmp_path / "sheet.png")]
    assert main(arguments) == 0
    said = capfd.readouterr().err
    assert "1 of 3 right: accuracy 33.33%" in said
    assert (tmp_path / "sheet.png").exists()


def test_a_terminal_shows_a_bar_and_a_table(folder: Path) -> None:
    leader, follower = pty.openpty()
    with start(str(folder), "--processes", "1", stdout=follower, stderr=follower) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                shown += os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
    os.close(leader)
    assert process.returncode == 0
    text = shown.decode()
    assert "read       sure  picture" in text
    assert f"100.0%  {folder}/7/7_small.png" in text.replace("\r\n", "\n")
    assert "/s, 0 failures, left" in text
    assert "20/20" in text


def test_a_closed_pipe_ends_the_run_quietly(many: Path) -> None:
    with start(str(many), "--processes", "1", stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == (",".join(COLUMNS) + "\n").encode()
        process.stdout.close()
        assert process.stderr
        said = process.stderr.read().decode()
    assert process.returncode == 141
    assert "Traceback" not in said


def test_two_runs_do_not_write_to_one_file(many: Path, tmp_path: Path) -> None:
    output = tmp_path / "read.csv"
    names = "".join(f"{path}\n" for path in many.iterdir()).encode()
    with start("-", "--output", str(output), stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(lambda: output.exists() and output.stat().st_size > 0)
        code, _, said = run(str(many), "--output", str(output), "--resume")
        process.communicate(names)
    assert (code, said) == (2, f"Another run is writing to {output}. Wait for it, or choose another file.\n")
    assert len(read_rows(output)) == ENOUGH


def test_the_server_loads_nothing_of_it() -> None:
    program = (
        "import sys; from app import create_app; create_app(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('rich', 'pyarrow', 'ray') or 'bulk' in name])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_pipe_or_device_is_an_error_row_and_is_not_waited_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.png").write_bytes(to_png(draw_digit(7)))
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    (tmp_path / "gone.png").symlink_to("nowhere.png")
    (tmp_path / "round.png").symlink_to("round.png")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.png"))
        assert main([str(tmp_path)]) == 1
    rows = {Path(row["path"]).stem: row for row in read_csv(capfd.readouterr().out)}
    assert rows["good"]["text"] == "7"
    assert {name: row["error"] for name, row in rows.items() if row["error"]} == {
        "device": "The file cannot be read: it is a device, not a file with a picture.",
        "gone": "There is no such file.",
        "pipe": "The file cannot be read: it is a pipe, not a file with a picture.",
        "round": "The file cannot be read: Too many levels of symbolic links.",
        "socket": "The file cannot be read: it is a socket, not a file with a picture.",
    }


FORMULAS = ("=1+1", "+cmd|calc", "-2+3", "@SUM(1)", "\tx", "\rx", "'=1", "''@x", "\N{FULLWIDTH EQUALS SIGN}1")
HARMLESS = ("-", "-5", "+1.5", "a=b", "'quoted'", "./=1", "/=1", "7")


def test_a_sign_is_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(to_png(draw_text("-72")))
    output = tmp_path / "read.jsonl"
    assert main([str(tmp_path / "a"), "--many", "--output", str(output)]) == 0
    (row,) = read_rows(output)
    assert (row["text"], row["digit"], row["certain"], len(row["probabilities"])) == ("-72", None, True, 2)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_compute_is_quoted_and_comes_back(text: str) -> None:
    assert guard_formula(text) == f"'{text}"
    assert unguard_formula(guard_formula(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_a_text_that_no_spreadsheet_computes_stays(text: str) -> None:
    assert guard_formula(text) == unguard_formula(text) == text


def test_names_that_begin_as_formulas_are_quoted_in_csv_and_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    names = ("=1+1.png", "@SUM(A1).png", "'=2.png", "plain.png")
    for name in names:
        (tmp_path / name).write_bytes(to_png(draw_digit(7)))
    monkeypatch.chdir(tmp_path)
    for resumed in ((), ("--resume",)):
        assert main([*names, "--output", "read.csv", *resumed]) == 0
    quoted = ["'=1+1.png", "'@SUM(A1).png", "''=2.png", "plain.png"]
    assert [row["path"] for row in read_csv(Path("read.csv").read_text())] == quoted
    capfd.readouterr()
    assert main(list(names)) == 0
    assert [row["path"] for row in read_csv(capfd.readouterr().out)] == quoted


def test_control_characters_in_names_are_escaped_for_people_and_kept_for_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "a\x1b[31m\x9bb\u202e.png"
    (tmp_path / name).write_bytes(to_png(draw_digit(7)))
    row = {"path": name, "error": None, "text": "7", "certain": True, "confidence": 1.0}
    for shown in (describe_row(row), describe_row({**row, "error": "Bad."})):
        assert r"a\x1b[31m\x9bb\u202e.png" in shown
        assert "\x1b" not in shown
    output = tmp_path / "read.jsonl"
    assert main([str(tmp_path), "--output", str(output)]) == 0
    assert read_rows(output)[0]["path"] == f"{tmp_path}/{name}"
    capsys.readouterr()
    assert main([f"{tmp_path}/\x1bc.png"]) == 2
    assert capsys.readouterr().err == f"There is no file or folder {tmp_path}/\\x1bc.png.\n"
