"""A click group whose wrong options are answered by one sentence. Knows nothing of training."""

from __future__ import annotations

from collections.abc import Sequence

import click


class NumberFrom(click.ParamType[int]):
    """A whole number that is not smaller than the smallest one."""

    name = "N"

    def __init__(self, smallest: int) -> None:
        """Remember the smallest number that is accepted."""
        self.smallest = smallest

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number, or refuse the text with what was expected."""
        text = str(value)
        if not text.isdecimal() or int(text) < self.smallest:
            shown = text if text.lstrip("-").isdecimal() and text.startswith("-") else repr(text)
            self.fail(f"expected a whole number from {self.smallest}, got {shown}", param, ctx)
        return int(text)


class PositiveNumber(click.ParamType[float]):
    """A finite number above 0."""

    name = "NUMBER"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or refuse the text with what was expected."""
        try:
            number = float(str(value))
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            self.fail(f"expected a number above 0, got {str(value)!r}", param, ctx)
        return number


class ShortFormGroup(click.Group):
    """A group with a default command: arguments that begin with no command's name are the default command's."""

    def __init__(self, *arguments: object, default: str, aliases: dict[str, str], **options: object) -> None:
        """Build the group.

        Args:
            arguments: of click.Group.
            default: name of the command that is run where none is named.
            aliases: other words for commands.
            options: of click.Group.
        """
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.default = default
        self.aliases = aliases

    def name_command(self, arguments: Sequence[str]) -> str:
        """Return the name of the command that the arguments run."""
        first = self.aliases.get(arguments[0], arguments[0]) if arguments else self.default
        return first if first in self.commands else self.default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command's name before the arguments where it is missing."""
        if args and args[0] not in ctx.help_option_names:
            named = args[0] in self.commands or args[0] in self.aliases
            args = [self.name_command(args), *(args[1:] if named else args)]
        return super().parse_args(ctx, args)


def run_group(group: click.Group, name: str, arguments: Sequence[str]) -> int:
    """Run a command line.

    Unlike click's own main(), leaves KeyboardInterrupt and what the commands raise to the caller.

    Args:
        group: with its commands.
        name: how the program is called, for its help.
        arguments: without the program's name.

    Returns:
        The exit code: 2 after a wrong option, which is answered with one sentence on standard error.
    """
    try:
        with group.make_context(name, list(arguments)) as context:
            group.invoke(context)
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.UsageError as error:
        click.echo(f"{describe_error(error)} See {name} --help.", err=True)
        return 2
    return 0


def describe_error(error: click.UsageError) -> str:
    """Say in one sentence what is wrong with an option or an argument."""
    sentence = error.format_message().splitlines()[0]
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        if isinstance(error.param, click.Option):
            sentence = f"Option {error.param.opts[0]}: {error.message}"
        elif isinstance(error.param, click.Argument):
            sentence = f"Argument {error.param.opts[0].upper()}: {error.message}"
    return sentence if sentence.endswith((".", "?")) else f"{sentence}."
