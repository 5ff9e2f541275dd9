"""python -m app: serve on http://127.0.0.1:8000 with gunicorn, as in production; python -m app read: read folders."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> None:
    """Serve, or read pictures without a server."""
    if sys.argv[1:2] == ["read"]:
        from .bulk.command import main as read

        sys.exit(read(sys.argv[2:]))
    parser = argparse.ArgumentParser(
        prog="python -m app",
        description="Serve the page and the API with gunicorn.",
        epilog="python -m app read PATH... reads pictures without a server; see python -m app read --help.",
    )
    parser.add_argument("--port", type=int, help="port to listen on (DIGITS_PORT, default 8000)")
    parser.add_argument("--reload", action="store_true", help="start again when a file changes")
    parser.add_argument("--check", action="store_true", help="load the models, say what would be served, and end")
    arguments = parser.parse_args()
    if arguments.check:
        check()
        return
    if arguments.port is not None:
        os.environ["DIGITS_PORT"] = str(arguments.port)
    from .server.application import serve

    serve(arguments.reload)


def check() -> None:
    """Load every model as a worker would, and say what would be served, or leave with why it cannot be.

    One folder that is refused fails the check, though a start would serve the others: the server runs it before it
    serves anew, and goes on with the models that it has rather than with fewer. Whoever runs it wants to know.
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
    print(served)  # noqa: T201


if __name__ == "__main__":
    main()
