"""Find out which models can be served, without being harmed by one that cannot.

    models/ -> artifacts -> each loaded by a child process, which answers once -> served | refused, and why

A damaged file may crash the runtime that loads it, take all memory, or never end; it does so to the child. Runs in the
master before there is a worker, and for `python -m app --check`. The process that forks holds no runtime.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from .classifier import load_classifier
from .files import BadModel
from .folder import Artifact
from .registry import Found, Refused, find_artifacts

MAX_SECONDS = 60  # to load one model, TensorFlow included
MAX_MEMORY = 3 * 2**30  # bytes that the child may allocate; TensorFlow asks for more than it uses
SLOW = f"It could not be loaded within {MAX_SECONDS} s. Train it again or restore its files."
CRASHED = "It ended the process that loaded it: a file is damaged, or too large. Train it again or restore its files."


def survey(models: Path, strict: bool = False, meanwhile: Callable[[], None] | None = None) -> Found:
    """Load every model as a worker would, and say which can be served.

    Args:
        models: the folder of model folders.
        strict: one that cannot be loaded is an error.
        meanwhile: is called once, while the child loads.

    Raises:
        BadModel: none can; or, in strict mode, one cannot.
    """
    found = find_artifacts(models)
    refused = {one.name: one for one in found.refused}
    waiting = list(found.artifacts)
    while waiting:  # a child that is ended by a model is followed by another, for the rest
        loaded = _load_in_child(waiting, refused, meanwhile)
        meanwhile = None
        waiting = waiting[loaded:]
    artifacts = tuple(artifact for artifact in found.artifacts if artifact.name not in refused)
    found = Found(artifacts, tuple(refused[name] for name in sorted(refused)))
    found.check(models, strict)
    return found


def _load_in_child(
    artifacts: Sequence[Artifact], refused: dict[str, Refused], meanwhile: Callable[[], None] | None
) -> int:
    """Let a child load models, note those that it refuses, and return how many it came to."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_load_all, args=(artifacts, sender), daemon=True)
    child.start()
    sender.close()
    try:
        if meanwhile:
            meanwhile()
        for number, artifact in enumerate(artifacts, start=1):
            error = _receive(receiver)
            if error:
                refused[artifact.name] = Refused(artifact.name, error)
            if error in (SLOW, CRASHED):
                return number
        return len(artifacts)
    finally:
        receiver.close()
        child.kill()
        child.join()


def _receive(receiver: Connection) -> str:
    """Return what a child says about a model; nothing where it can be served."""
    if not receiver.poll(MAX_SECONDS):
        return SLOW
    try:
        error: str = receiver.recv()
    except EOFError:
        return CRASHED
    return error


def _load_all(artifacts: Sequence[Artifact], sender: Connection) -> None:
    """Be the child: load models one by one, and tell of each."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # what the runtimes say about themselves
        os.dup2(nowhere, stream)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for artifact in artifacts:
        try:
            load_classifier(artifact)
        except BadModel as error:
            sender.send(str(error))
        else:
            sender.send("")
