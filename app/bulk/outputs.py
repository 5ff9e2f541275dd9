"""Open the output file, in the format of its suffix."""

from __future__ import annotations

from pathlib import Path

from .files import BadOutput, Common, Csv, JsonLines, Output, TextOutput, name_unfinished

HOW_TO_GET_PARQUET = (
    "Parquet is written with pyarrow: `pip install -r requirements-cluster.txt`, or write .csv or .jsonl."
)


def open_output(path: Path, settings: Common, resume: bool) -> Output:
    """Open the output file, in the format of its suffix.

    Args:
        settings: what all rows of the file share, such as "many".
        resume: continue an existing file; without it, the file must not exist.

    Raises:
        BadOutput: the file exists, has another suffix or cannot be written.
    """
    for there in (path, name_unfinished(path)):
        if there.exists() and not resume:
            raise BadOutput(f"{there} already exists. Add --resume to continue it, or choose another name.")
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
    raise BadOutput(f"--output is {path}, expected a name that ends in .csv, .jsonl or .parquet.")


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
