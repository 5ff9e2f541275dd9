"""Processes that tests and benchmarks start or look at, by Linux's /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

INTERRUPTED = """
import signal, sys
import {module} as program

class Interrupting:
    def write(self, text):
        interrupt()
        return sys.__stderr__.write(text)

    def flush(self):
        interrupt()

def interrupt():
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)

program.{work} = lambda *_, **__: signal.raise_signal({number})
sys.stderr = Interrupting()
code = program.main(sys.argv[1:])
interrupt()
sys.exit(code)
"""


class Status(NamedTuple):
    """What a process is doing."""

    state: str  # one letter; Z where it has ended and was not waited for
    parent: int
    seconds: float  # of a processor, so far


def read_status(process: int) -> Status:
    """Read the status of a process. Source: proc(5), stat, fields 3, 4, 14 and 15.

    Raises:
        OSError: there is no such process.
    """
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Status(fields[0], int(fields[1]), ticks / os.sysconf("SC_CLK_TCK"))


def list_children(process: int) -> list[int]:
    """Return the processes that a process's main thread has started."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def heed_interrupts() -> None:
    """Let a process that starts end at Ctrl-C, also where the tests run in the background of a shell and ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupt_again(number: int, module: str, work: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command that gets a signal in its work, and more while it says so and ends.

    Args:
        number: of the first signal.
        module: of the command's main().
        work: name in the module of what main() calls.
    """
    program = INTERRUPTED.format(module=module, work=work, number=int(number))
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(__file__).parents[2],
        preexec_fn=heed_interrupts,
        capture_output=True,
        text=True,
        check=False,
    )
