"""What the command lines of app and train share: sub-commands, usage errors in one sentence, and SIGTERM as Ctrl-C.

Imports only click, so that a command starts fast and sets its environment before NumPy is imported.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import click


class Terminated(KeyboardInterrupt):
    """SIGTERM came. Code that cleans up treats it like Ctrl-C."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM interrupt like Ctrl-C; after the first interruption the program ends, and further ones are ignored.

    Raises:
        Terminated: SIGTERM came.
    """
    former = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt:
        former = signal.SIG_IGN
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        raise
    finally:
        signal.signal(signal.SIGTERM, former)


def terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    """Handle SIGTERM.

    Raises:
        Terminated: always.
    """
    raise Terminated


@contextmanager
def without_greetings() -> Iterator[None]:
    """Discard what C++ libraries write to standard error when they start; exceptions are raised as usual."""
    former, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(former, 2)
        os.close(former)
        os.close(nowhere)


class NumberFrom(click.ParamType[int]):
    """A whole number with a minimum."""

    name = "N"

    def __init__(self, smallest: int) -> None:
        """Keep the smallest number that is accepted."""
        self.smallest = smallest

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or refuse the text with what was expected."""
        text = str(value)
        if not text.isdecimal() or int(text) < self.smallest:
            shown = text if text.lstrip("-").isdecimal() and text.startswith("-") else repr(text)
            self.fail(f"expected a whole number from {self.smallest}, got {shown}", param, ctx)
        return int(text)


class ShortFormGroup(click.Group):
    """A group with a default command, which runs where the arguments name no other."""

    def __init__(
        self,
        *arguments: object,
        default: str,
        aliases: Mapping[str, str] | None = None,
        loaders: Mapping[str, Callable[[], click.Command]] | None = None,
        **options: object,
    ) -> None:
        """Build the group.

        Args:
            arguments: of click.Group.
            default: name of the command that runs where none is named.
            aliases: other words for commands.
            loaders: import a command whose modules are too heavy to be imported for the other commands, by its name.
            options: of click.Group.
        """
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.default = default
        self.aliases = aliases or {}
        self.loaders = loaders or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in alphabetical order."""
        return sorted({*super().list_commands(ctx), *self.loaders})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, imported if need be."""
        load = self.loaders.get(cmd_name)
        return load() if load else super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name; suggest those too that are not imported."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            known = self.list_commands(ctx)
            raise click.exceptions.NoSuchCommand(error.command_name, possibilities=known, ctx=ctx) from error

    def name_command(self, arguments: Sequence[str]) -> str:
        """Return the name of the command that the arguments run."""
        first = self._find_named(arguments)
        return self.default if first is None else first

    def _find_named(self, arguments: Sequence[str]) -> str | None:
        """Return the name of the command that the first argument names, if it does."""
        first = self.aliases.get(arguments[0], arguments[0]) if arguments else None
        return first if first in self.commands or first in self.loaders else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name before the arguments where it is missing."""
        named = self._find_named(args)
        if named is not None:
            args = [named, *args[1:]]
        elif not args or (args[0] not in ctx.help_option_names and self._takes(args[0])):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def _takes(self, argument: str) -> bool:
        """Return whether the default command may begin with an argument: an option, or a word where it takes words."""
        takes_words = any(isinstance(each, click.Argument) for each in self.commands[self.default].params)
        return takes_words or argument.startswith("-")


def run_command(command: click.Command, name: str, arguments: Sequence[str]) -> int:
    """Run a command line.

    Unlike click's own main(), leaves KeyboardInterrupt and what the commands raise to the caller.

    Args:
        command: a command, or a group of them.
        name: how the program is called, for its help.
        arguments: without the program's name.

    Returns:
        The exit code: what the command returned, 0 for None; 2 after a usage error, which is one sentence on standard
        error.
    """
    try:
        with command.make_context(name, list(arguments)) as context:
            result: Any = command.invoke(context)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        click.echo(f"{describe_error(error)} See {path} --help.", err=True)
        return 2
    return result if isinstance(result, int) else 0


def describe_error(error: click.UsageError) -> str:
    """Describe a usage error in one sentence."""
    if (
        isinstance(error, click.BadParameter)
        and error.param is not None
        and not isinstance(error, click.MissingParameter)
    ):
        is_option = isinstance(error.param, click.Option)
        named = f"Option {error.param.opts[0]}" if is_option else f"Argument {error.param.human_readable_name}"
        sentence = f"{named}: {error.message}"
    else:
        sentence = error.format_message()
    sentence = sentence.splitlines()[0]
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
