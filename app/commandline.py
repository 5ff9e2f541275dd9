"""What the commands of this project have in common: a wrong option is one sentence, SIGTERM an interruption."""

from __future__ import annotations

import argparse
from types import FrameType
from typing import NoReturn


class Terminated(KeyboardInterrupt):
    """SIGTERM came; to everything that cleans up it is an interruption like Ctrl-C."""


class OneSentenceParser(argparse.ArgumentParser):
    """A parser that answers a wrong option with one sentence."""

    def error(self, message: str) -> NoReturn:
        """Leave with the sentence."""
        self.exit(2, f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.\n")


def terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """Handle SIGTERM.

    Raises:
        Terminated: always.
    """
    raise Terminated
