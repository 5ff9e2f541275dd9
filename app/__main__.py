"""python -m app: serve on http://127.0.0.1:8000 with gunicorn. Other commands read folders, import networks, ...

`python -m app --port 8001` is short for `python -m app serve --port 8001`. Each command imports what it needs when it
runs: the server sets its environment before NumPy is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from .commandline import ShortFormGroup, run_command

PROGRAM = "python -m app"
ON_WINDOWS = (
    "Digits serves on Linux and macOS. On Windows, run it in WSL, or the container: docker run -p 8000:8000 digits"
)


def load_read() -> click.Command:
    """Import the command that reads pictures without a server."""
    from .bulk.command import read

    return read


def load_corrections() -> click.Command:
    """Import the command for what people corrected."""
    from .memory.command import corrections

    return corrections


def load_rpc() -> click.Command:
    """Import the command that serves over gRPC.

    Raises:
        click.UsageError: grpcio is not installed.
    """
    try:
        from .rpc.serving import serve_rpc
    except ImportError as error:
        raise click.UsageError(
            f"grpc needs {error.name or 'grpcio'}, which is not installed: pip install -r requirements-grpc.txt."
        ) from error
    return serve_rpc


@click.group(
    cls=ShortFormGroup,
    default="serve",
    loaders={"read": load_read, "corrections": load_corrections, "grpc": load_rpc},
    epilog=f"Without a command it serves: {PROGRAM} --port 8001 is short for {PROGRAM} serve --port 8001.",
)
def command_line() -> None:
    """Serve the page and the API; or read pictures, list corrections, import a network, serve over gRPC."""


@command_line.command("serve")
@click.option("--port", type=int, help="Port to listen on. Default: DIGITS_PORT, else 8000.")
@click.option("--reload", is_flag=True, help="Restart when a file changes.")
@click.option("--check", "only_check", is_flag=True, help=f"The same as {PROGRAM} check.")
def serve_command(*, port: int | None, reload: bool, only_check: bool) -> None:
    """Serve the page and the API with gunicorn."""
    if only_check:
        check()
        return
    if os.name == "nt":
        sys.exit(ON_WINDOWS)
    if port is not None:
        os.environ["DIGITS_PORT"] = str(port)
    from .server.application import serve

    serve(reload)


@command_line.command("check")
def check_command() -> None:
    """Load the models, list what would be served, and exit."""
    check()


@command_line.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the model. Default: that of the file or the folder.")
def import_command(*, path: Path, name: str | None) -> None:
    """Import a network that others trained.

    PATH is a file or a folder: model.json with its weights, .h5, .keras, a SavedModel or .tflite. It is compiled, tried
    on twenty sample digits and put into the models' folder. Nothing in it is run as code.
    """
    from .models.files import BadModel
    from .models.importing import import_network
    from .settings import BadSetting, read_settings

    path = path.absolute()
    chosen = name if name is not None else path.name if path.is_dir() else path.stem
    try:
        models = read_settings().models
        said = import_network(path, models, chosen)
    except (BadModel, BadSetting) as error:
        sys.exit(f"Digits cannot import this: {error}")
    click.echo(f"Imported {said}.")
    click.echo(
        f"It is served from the next start on, as {chosen}. What was found is in {models / chosen / 'card.json'}."
    )


def check() -> None:
    """Load every model as a worker would and list what would be served, or exit with the reason why it cannot be.

    One refused folder fails the check, though a start would serve the others: a running server checks before it loads
    new models, and keeps its current ones rather than serve fewer.
    """
    from .models.files import BadModel
    from .models.registry import choose_default, describe_refused
    from .models.survey import survey
    from .settings import BadSetting, read_settings

    try:
        settings = read_settings()
        found = survey(settings.models, settings.strict)
        default = choose_default(found, settings.default_model)
    except (BadModel, BadSetting) as error:
        sys.exit(f"Digits cannot serve this: {error}")
    names = sorted((artifact.name for artifact in found.artifacts), key=lambda name: (name != default, name))
    served = f"{', '.join(names)}; the default is {default}"
    if found.refused:
        sys.exit(f"Digits cannot serve this: {describe_refused(found.refused)} A start would serve {served}.")
    click.echo(served)


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    return run_command(command_line, PROGRAM, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
