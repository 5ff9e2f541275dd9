"""The default command is run where none is named, and what is wrong is one sentence."""

from __future__ import annotations

import click
import pytest

from app.commandline import NumberFrom, ShortFormGroup, run_command
from train.commandline import PositiveNumber


@click.group(cls=ShortFormGroup, default="add", aliases={"--count": "count"})
def group() -> None:
    """Do sums."""


@group.command("add")
@click.argument("number", type=NumberFrom(1))
@click.option("--times", type=PositiveNumber(), default=1.0)
def add(number: int, times: float) -> None:
    """Add."""
    click.echo(f"add {number} {times}")


@group.command("count")
def count() -> None:
    """Count."""
    click.echo("count")


@pytest.mark.parametrize(
    ("arguments", "printed"),
    (
        (["add", "3"], "add 3 1.0"),
        (["3"], "add 3 1.0"),
        (["--times", "2", "3"], "add 3 2.0"),
        (["count"], "count"),
        (["--count"], "count"),
        (["--help"], "Usage: sums [OPTIONS] COMMAND"),
        (["add", "--help"], "Usage: sums add"),
    ),
)
def test_arguments_run_the_command_named_or_the_default(
    arguments: list[str], printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(group, "sums", arguments) == 0
    assert capsys.readouterr().out.startswith(printed)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (["0"], "Argument NUMBER: expected a whole number from 1, got '0'. See sums add --help."),
        (["3", "--times", "inf"], "Option --times: expected a number above 0, got 'inf'. See sums add --help."),
        (["add"], "Missing argument 'NUMBER'. See sums add --help."),
        (["3", "--time", "1"], "No such option '--time'. Did you mean '--times'? See sums add --help."),
    ),
)
def test_a_wrong_argument_is_answered_with_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(group, "sums", arguments) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


def test_an_interruption_reaches_the_caller() -> None:
    @group.command("wait")
    def wait() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_command(group, "sums", ["wait"])
