"""Open the file that rows go to, in the form that its name asks for."""

from __future__ import annotations

from pathlib import Path

from .files import BadOutput, Common, Csv, JsonLines, Output, TextOutput, name_unfinished

HOW_TO_GET_PARQUET = (
    "Parquet is written with pyarrow: `pip install -r requirements-cluster.txt`, or write .csv or .jsonl."
)


def open_output(path: Path, settings: Common, resume: bool) -> Output:
    """Open the file that rows go to, by its suffix.

    Args:
        settings: what every row of the file has in common, "many" among it.
        resume: go on with what is there; without it, nothing may be.

    Raises:
        BadOutput: it cannot be written to as it was asked for.
    """
    for there in (path, name_unfinished(path)):
        if there.exists() and not resume:
            raise BadOutput(f"{there} is there already: --resume goes on with it, another name leaves it as it is.")
    try:
        match path.suffix.lower():
            case ".csv":
                return TextOutput(path, Csv(), settings)
            case ".jsonl" | ".ndjson":
                return TextOutput(path, JsonLines(), settings)
            case ".parquet":
                return open_parquet(path, settings)
    except OSError as error:
        raise BadOutput(f"{path} cannot be written: {error.strerror}.") from error
    raise BadOutput(f"--output {path} should end in .csv, .jsonl or .parquet, which says how it is written.")


def open_parquet(path: Path, settings: Common) -> Output:
    """Open a Parquet file.

    Raises:
        BadOutput: pyarrow is not installed.
    """
    try:
        from .parquet import ParquetOutput
    except ModuleNotFoundError as error:
        raise BadOutput(HOW_TO_GET_PARQUET) from error
    return ParquetOutput(path, settings)
