"""python -m tests.fuzz TARGET... [--seconds N]: let atheris look for bytes that break a target.

Starts from the corpus, and leaves what it finds in runs/fuzz, to be added there. Writes what came of each target:
"predict: 0" where nothing was found.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["app", "PIL"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.corpus import write_corpus

FOUND = Path(__file__).parents[2] / "runs" / "fuzz"  # what breaks a target is left here, to be added to corpus.py


def main() -> None:
    """Fuzz one target after another, each until its time is over or something breaks."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="+", choices=TARGETS, metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (default 600)")
    parser.add_argument("--seed", type=int, default=0, help="of what is tried; 0 means another each time (default 0)")
    arguments = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    codes = []
    for target in arguments.targets:
        codes.append(fuzz(target, arguments.seconds, arguments.seed))
        sys.stdout.write(f"{target}: {codes[-1]}\n")
        sys.stdout.flush()
    sys.exit(max(codes, key=abs))


def fuzz(target: str, seconds: int, seed: int) -> int:
    """Fuzz a target in a process of its own; return that process's exit code, or the signal that ended it, negative."""
    corpus = Path(tempfile.mkdtemp(prefix="digits-fuzz-"))
    write_corpus(target, corpus)
    options = (
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        "-max_len=20000",
        "-timeout=20",
        "-rss_limit_mb=3000",
        f"-artifact_prefix={FOUND}/{target}-",
        "-print_final_stats=1",
        str(corpus),
    )
    child = os.fork()  # libFuzzer ends its process at once, so that it could take nothing away
    if not child:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        atheris.Setup([sys.argv[0], *options], TARGETS[target])
        atheris.Fuzz()
        os._exit(0)
    try:
        _, status = os.waitpid(child, 0)
    finally:
        with contextlib.suppress(ProcessLookupError):  # there is no server that a target started
            os.killpg(child, signal.SIGTERM)
        shutil.rmtree(corpus, ignore_errors=True)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
