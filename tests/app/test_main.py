"""The command line of the server: which command arguments run, its usage errors, and what it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.__main__ import main
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("arguments", "usage"),
    (
        (["--help"], "Usage: python -m app [OPTIONS] COMMAND"),
        (["serve", "--help"], "Usage: python -m app serve [OPTIONS]"),
        (["--port", "1", "--help"], "Usage: python -m app serve [OPTIONS]"),
        (["read", "--help"], "Usage: python -m app read [OPTIONS] PATH..."),
        (["check", "--help"], "Usage: python -m app check [OPTIONS]"),
    ),
)
def test_arguments_run_the_command_named_or_serve(
    arguments: list[str], usage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith(usage)


@pytest.mark.parametrize("arguments", (["--check"], ["check"], ["serve", "--check"]))
def test_every_way_to_check_lists_what_would_be_served(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.endswith("; the default is robust\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    (
        (["--port", "http"], "Option --port: 'http' is not a valid integer. See python -m app serve --help."),
        (["--prot", "1"], "No such option '--prot'. Did you mean '--port'? See python -m app serve --help."),
        (["raed", "a.png"], "No such command 'raed'. Did you mean 'read'? See python -m app --help."),
        (["check", "a"], "Got unexpected extra argument (a). See python -m app check --help."),
        (["read"], "Missing argument 'PATH...'. See python -m app read --help."),
    ),
)
def test_a_usage_error_is_one_sentence(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


def test_numpy_is_not_imported_before_the_server_sets_its_environment() -> None:
    program = """if True:
        import os
        import sys
        from app.__main__ import main
        assert not {"numpy", "cv2", "PIL", "flask"} & set(sys.modules), "the command line is heavy"

        class Watch:
            def find_spec(self, name, *_):
                if name == "numpy":
                    print(os.environ["OPENBLAS_NUM_THREADS"], flush=True)
                    os._exit(0)

        sys.meta_path.insert(0, Watch())
        main([])
        """
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def test_windows_is_told_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setattr(os, "name", "nt")
    with pytest.raises(SystemExit, match="On Windows, run it in WSL, or the container"):
        main(["serve"])
