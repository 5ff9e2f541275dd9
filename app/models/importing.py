"""Import networks that other people trained: compile them, find how they take digits, and write a card.

    path -> a process of its own: Source -> model.tflite -> the samples, read in every way -> card -> model folder

TensorFlow is loaded in that process alone, which may be ended by what it loads: its time and memory are bounded, and
the others are imported by another. Nothing in what others saved is ever run as code.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import json
import logging
import os
import resource
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import IO, Any

from .adaptation import Adaptation
from .card import DIGITS, Card, read_card, write_card
from .files import CARD, COMPILED, BadModel, has_file, name_file
from .folder import IMPORTED, Artifact, check_name, checksum, load
from .recognition import Recognition, describe_adaptation, recognise
from .runtimes import BLOCK, Interpreter, LiteRTRuntime
from .samples import LABELS
from .sources import SAVED_MODEL, TFLITE, Source, find_compiled, find_source

MAX_SECONDS = 240  # for one network, TensorFlow's start included: it takes 15 on a machine with nothing else to do
MAX_MEMORY = 6 * 2**30  # bytes that the process may allocate; TensorFlow asks for more than it uses
ROOT = Path(__file__).parents[2]
SLOW = f"It could not be compiled within {MAX_SECONDS} s."
CRASHED = "It ended the process that compiled it: a file is damaged, or too large."
KEPT = ("title", "claimed", "certain_from", "guard", "version", "input", "output")  # fields that a person may write

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A network to import: from where, into which folder, and under which name."""

    path: str
    folder: str
    name: str


@dataclass(frozen=True)
class Outcome:
    """What came of a job: what the card says, or why there is none."""

    job: Job
    error: str = ""
    said: str = ""


def import_network(path: Path, models: Path, name: str) -> str:
    """Import one network as models/NAME, and return in a sentence what was found.

    Raises:
        BadModel: it cannot be imported, or the name is taken.
    """
    folder = models / name
    if not name or name.startswith(".") or {*name} & {*"/\\\0"}:
        raise BadModel(f"A model cannot be called {name!r}; expected a name such as mnist. Choose another --name.")
    check_name(folder)
    if os.path.lexists(folder):
        raise BadModel(f"{name} is in {models} already. Choose another --name, or take that folder away.")
    outcome = next(import_networks([Job(str(path.absolute()), str(folder.absolute()), name)]))
    if outcome.error:
        raise BadModel(outcome.error)
    return outcome.said


def import_networks(jobs: Sequence[Job]) -> Iterator[Outcome]:
    """Import networks one by one, in a process of its own; one that ends it is followed by another, for the rest."""
    waiting = list(jobs)
    while waiting:
        with _start_process() as process:
            while waiting:
                job = waiting.pop(0)
                outcome = _ask(process, job)
                yield outcome
                if outcome.error in (SLOW, CRASHED):
                    break


@contextlib.contextmanager
def _start_process() -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def _ask(process: subprocess.Popen[bytes], job: Job) -> Outcome:
    """Let the process import a network, and return what it says."""
    assert process.stdin
    assert process.stdout
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(asdict(job)).encode() + b"\n")
    line, deadline = b"", monotonic() + MAX_SECONDS
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - monotonic()))
        if not ready:
            return Outcome(job, SLOW)
        piece = os.read(process.stdout.fileno(), 2**16)
        if not piece:
            return Outcome(job, CRASHED)
        line += piece
    answer = json.loads(line)
    return Outcome(job, answer["error"], answer["said"])


def main() -> None:
    """Be the process: import what is asked for on standard input, and tell of each on standard output."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):  # what the libraries say about themselves
        os.dup2(nowhere, stream)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        job = Job(**json.loads(line))
        error = said = ""
        try:
            said = run_job(job)
        except BadModel as refused:
            error = str(refused)
        except MemoryError:
            error = "It takes more memory than there is to compile it."
        except Exception as failed:  # one network must not stop the others
            error = f"It cannot be imported: {type(failed).__name__}: {str(failed)[:200]}"
        _answer(answers, {"error": error, "said": said})


def _answer(answers: IO[bytes], answer: Mapping[str, str]) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")


def run_job(job: Job) -> str:
    """Import a network here, in this process, and return in a sentence what was found.

    Raises:
        BadModel: it cannot be imported.
    """
    path, folder = Path(job.path), Path(job.folder)
    given = (read_card(path) if path.is_dir() else None) or {}
    source = choose_source(path, given)
    if path == folder and has_file(path, COMPILED) and "imported" not in given:  # theirs is never written over
        source = Source(TFLITE, path, (COMPILED,))
    with _folder_for(folder, path) as target:
        compiled, form, known = _compile(source, target)
        try:
            recognition = examine(compiled, given, name_file(source.folder, source.title))
        except BadModel:
            if compiled != source.folder / source.title:
                compiled.unlink()
            raise
        card = describe_import(job.name, source, form, recognition, {**known, **_pick_fields(given)})
        card["sha256"] = {**_sum_source(source), COMPILED: checksum(compiled)}
        write_card(target, card)
    return describe_card(card)


def choose_source(path: Path, card: Mapping[str, Any] | None = None) -> Source:
    """Find the network that a path leads to; where TensorFlow is not installed, one that needs none.

    Raises:
        BadModel: there is none.
    """
    has_tensorflow = importlib.util.find_spec("tensorflow") is not None
    source = (None if has_tensorflow else find_compiled(path)) or find_source(path, card)
    if source.form != TFLITE and not has_tensorflow:
        raise BadModel(
            f"{source.title} is a {source.form}, which TensorFlow compiles, and TensorFlow is not installed here. "
            "Run `python -m app import` where it is (`pip install -r requirements.txt`), and copy the folder it writes."
        )
    return source


@contextlib.contextmanager
def _folder_for(folder: Path, path: Path) -> Iterator[Path]:
    """Give the folder to write in: the one that holds the network itself, or a new one, put in its place at the end."""
    if folder.is_dir() and path.is_dir() and folder.samefile(path):
        yield folder
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield beside
        beside.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        beside.replace(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _compile(source: Source, target: Path) -> tuple[Path, str, dict[str, Any]]:
    """Compile a network into a folder; return the file, the network's form in words, and what is known about it."""
    from .conversion import compile_source

    compiled = compile_source(source)
    place = target / COMPILED
    if not (source.form == TFLITE and source.folder == target and source.title == COMPILED):
        beside = target / f".{COMPILED}"
        beside.write_bytes(compiled.body)
        beside.replace(place)
    return place, compiled.form, compiled.known


def examine(compiled: Path, given: Mapping[str, Any], title: str) -> Recognition:
    """Find how a compiled network takes digits.

    Raises:
        BadModel: it takes none, or does not read the samples.
    """
    try:
        single = Interpreter(compiled, 0)
        shape, fixed = single.shape, 0 if _takes_any_number(compiled, single) else single.full_shape[0]
        runtime = LiteRTRuntime(compiled, adaptation=Adaptation(shape=shape, batch=fixed))
        card = {**given, "input": {**given.get("input", {}), "batch": fixed}}
        found = recognise(runtime.answer_raw, shape, card, single.limits)
    except BadModel as error:
        sentence = str(error)
        whole = sentence[:1].isupper() or "/" in sentence.partition(" ")[0]
        raise BadModel(sentence if whole else f"{title} {sentence}.") from error
    except (ValueError, RuntimeError) as error:  # LiteRT's own
        if "Select TensorFlow op" in str(error):
            raise BadModel(
                f"{title} needs operations of TensorFlow that are not in LiteRT (Flex). Convert it without "
                "SELECT_TF_OPS, or import the network that it was converted from."
            ) from error
        first = next(iter(str(error).strip().splitlines()), "")[:200]
        raise BadModel(f"{title} cannot be run by LiteRT: {first}") from error
    return found


def _takes_any_number(compiled: Path, single: Interpreter) -> bool:
    """Say whether a network answers BLOCK digits as it answers one: many files name the number 1, and take any."""
    import numpy as np

    tensor = np.random.default_rng(0).random((BLOCK, *single.shape), np.float32)
    try:
        together = Interpreter(compiled, BLOCK).answer(tensor)
        alone = Interpreter(compiled, 1)
        one_by_one = [alone.answer(tensor[at : at + 1]) for at in range(BLOCK)]
    except (ValueError, RuntimeError):
        return False
    expected = [np.concatenate(parts) for parts in zip(*one_by_one, strict=True)]
    return all(
        one.shape == other.shape and np.allclose(one, other, atol=1e-2, rtol=1e-2)
        for one, other in zip(together, expected, strict=True)
    )


def _pick_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in KEPT if name in given and name not in ("input", "output")}


def describe_import(name: str, source: Source, form: str, found: Recognition, known: Mapping[str, Any]) -> Card:
    """Return the card of an imported network, without its checksums."""
    return {
        "name": name,
        "version": "1",
        "classes": list(DIGITS),
        "framing": "digit",
        **known,
        **found.adaptation.to_card(),
        "imported": {
            "file": source.title[:200],
            "form": form,
            "adapted": describe_adaptation(found.adaptation),
            "right": found.right,
            "samples": len(LABELS),
        },
    }


def describe_card(card: Mapping[str, Any]) -> str:
    """Say on one line what was found about an imported network."""
    origin = card["imported"]
    adapted = ", ".join(origin["adapted"]) or "nothing to adapt"
    right = f"reads {origin['right']} of {origin['samples']} samples"
    return f"{card['name']}: {origin['file']} ({origin['form']}), {adapted}; {right}"


def _sum_source(source: Source) -> dict[str, str]:
    """Return the checksums of a network's files, by their names in its folder."""
    names = list(source.files)
    if source.form == SAVED_MODEL:
        root = (source.folder / source.files[0]).parent
        names += [
            str(path.relative_to(source.folder))
            for path in sorted(root.glob("variables/variables.*"))
            if path.is_file()
        ]
    return {name: checksum(source.folder / name) for name in names}


# ---- folders that are put into models/ as they are ----


def import_folders(folders: Sequence[Path]) -> dict[str, str]:
    """Import networks in models/ that were put there as they are: into their own folders, else into one that goes.

    Returns:
        Errors, by the names of folders.
    """
    jobs = [Job(str(folder.absolute()), str(_choose_target(folder)), folder.name) for folder in folders]
    errors = {}
    for job in jobs:
        log.info("Importing %s, which others trained: it is compiled and tried on the sample digits", job.name)
    for outcome in import_networks(jobs):
        if outcome.error:
            errors[outcome.job.name] = outcome.error
        else:
            log.info("Imported %s", outcome.said)
    return errors


def load_ready(folder: Path) -> Artifact:
    """Read a model folder, and import it first where others trained it.

    Raises:
        BadModel: it cannot be served.
    """
    artifact = load(folder)
    if not artifact.foreign:
        return artifact
    for error in import_folders([folder]).values():
        raise BadModel(error)
    return load(folder)


def _choose_target(folder: Path) -> Path:
    """Return where a network in models/ is compiled to: its own folder if that can be written to."""
    if os.access(folder, os.W_OK | os.X_OK) and not (has_file(folder, CARD) and not os.access(folder / CARD, os.W_OK)):
        return folder.absolute()
    known = os.environ.get(IMPORTED)
    if not known or not Path(known).is_dir():
        known = os.environ[IMPORTED] = tempfile.mkdtemp(prefix="digits-imported-")
        atexit.register(_remove_own, known, os.getpid())
    return Path(known) / folder.name


def _remove_own(folder: str, process: int) -> None:
    """Remove a temporary folder when the process ends that made it, not when one ends that it forked."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
