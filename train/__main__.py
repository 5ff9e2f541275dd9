"""python -m train: choose a recipe, run it, say what came of it.

Exit codes: 0 done; 2 something to put right, said in one sentence on standard error; 130 after Ctrl-C and 143 after
SIGTERM, with how to go on.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.commandline import OneSentenceParser, Terminated, terminate

if TYPE_CHECKING:
    from rich.console import Console

    from .recipes.recipe import Recipe

README = Path("README.md")
DEFAULT_SEED = 0
OVERRIDES = ("epochs", "batch_size", "learning_rate", "labels")  # options that are fields of a recipe too


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneSentenceParser(prog="python -m train", description="Teach networks to read digits.")
    parser.add_argument(
        "recipe",
        nargs="?",
        help='name of a recipe; or "all"; or "report": draw every model\'s pictures again and write README\'s results; '
        'or "samples": draw what training sees into RUNS/samples; or "measure": how well a saved model reads what is '
        "not MNIST's, written into its card",
    )
    parser.add_argument("--list", action="store_true", help="show the recipes as a table")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of mnist.npz and fashion_mnist.npz (DIGITS_DATA, else keras)"
    )
    parser.add_argument(
        "--pictures", type=Path, metavar="DIR", help="folder of other people's pictures.csv, for measure (none)"
    )
    parser.add_argument("--model", metavar="NAME", default="robust", help="saved model, for measure (robust)")
    parser.add_argument("--output", type=Path, default=Path("models"), metavar="DIR", help="folder of models (models)")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of checkpoints (runs)")
    parser.add_argument(
        "--resume", action="store_true", help="go on after the last finished epoch of an interrupted run"
    )
    parser.add_argument("--epochs", type=_positive, metavar="N", help="passes over all training digits")
    parser.add_argument("--batch-size", type=_positive, metavar="N", help="digits in a step")
    parser.add_argument("--learning-rate", type=_rate, metavar="RATE", help="of every step; replaces a schedule")
    parser.add_argument("--labels", choices=("sparse", "one-hot"), help="whole numbers, or ten shares")
    parser.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, metavar="N", help=f"whole number, of all chance ({DEFAULT_SEED})"
    )
    parser.add_argument(
        "--seeds", type=_positive, default=1, metavar="N", help="number of networks, with seeds from --seed on (1)"
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="train on the Ray cluster at HOST:PORT, every seed a task; or on one here: local",
    )
    parser.add_argument("--tensorboard", type=Path, metavar="DIR", help="folder of logs for TensorBoard")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"argument --seed: expected a whole number from 0, got {options.seed}")
    if not options.list and options.recipe is None:
        parser.error("Name a recipe, or ask for them with --list")
    return options


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, got {text!r}")
    return number


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return rate


def main(arguments: list[str]) -> int:
    """Run the command line and return the exit code."""
    options = parse_arguments(arguments)
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take all of a GPU's memory
    from app.artifact import BadModel

    from .errors import TrainingError

    former = signal.signal(signal.SIGTERM, terminate)
    try:
        dispatch(options)
    except (TrainingError, BadModel) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'A file'} could not be read or written: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interruption:
        if options.list or options.recipe in ("report", "samples", "measure"):
            return 130
        again = [argument for argument in arguments if argument != "--resume"]
        command = shlex.join(["python", "-m", "train", *again, "--resume"])
        print(f"Interrupted. Every finished epoch is kept; go on with: {command}", file=sys.stderr)
        return 143 if isinstance(interruption, Terminated) else 130
    finally:
        signal.signal(signal.SIGTERM, former)
    return 0


def dispatch(options: argparse.Namespace) -> None:
    """Do what was asked for.

    Raises:
        TrainingError: it cannot be done, and why.
    """
    from .learning.devices import prepare_device

    device = prepare_device()
    from .learning.progress import open_console

    console = open_console()
    if options.list:
        list_recipes(console)
    elif options.recipe == "report":
        from .data import datasets
        from .reports.rebuilding import rebuild

        rebuild(options.output, datasets.data_folder(options.data), README, console)
    elif options.recipe == "samples":
        draw_samples(options, console)
    elif options.recipe == "measure":
        measure_model(options, console)
    else:
        train_recipes(options, device, console)


def list_recipes(console: Console) -> None:
    """Show the recipes as a table."""
    from rich.table import Table

    from .data.datasets import TITLES
    from .recipes.catalogue import RECIPES

    table = Table("recipe", "what", "data", "parameters", "training", "claimed", box=None, pad_edge=False)
    for column in (table.columns[0], table.columns[2]):
        column.no_wrap = True
    for name, recipe in RECIPES.items():
        training = f"{recipe.optimiser}, {recipe.epochs} x {recipe.batch_size}"
        parameters = f"{recipe.network().count_params():,}"
        table.add_row(name, recipe.title, TITLES[recipe.dataset], parameters, training, recipe.claimed)
    console.print(table)
    console.print("training: optimiser, epochs x batch size; claimed: by the tutorial, on the test pictures")


def draw_samples(options: argparse.Namespace, console: Console) -> None:
    """Draw sheets of what training sees: written digits, what is none, and augmentation."""
    from .data import datasets
    from .reports import sheets

    dataset = datasets.load("mnist", datasets.data_folder(options.data))
    for path in sheets.write_sheets(options.runs / "samples", options.seed, dataset.training.digits):
        console.print(str(path))


def measure_model(options: argparse.Namespace, console: Console) -> None:
    """Measure a saved model through the server's own functions, and write the figures into its card."""
    from app import artifact
    from app.classifier import load_classifier

    from .data import datasets
    from .evaluation import measurements
    from .reports import sheets

    folder = options.output / options.model
    found = artifact.load(folder)
    test = datasets.load("mnist", datasets.data_folder(options.data)).test
    measured = measurements.measure(load_classifier(found), test, options.pictures)
    artifact.write_card(folder, {**found.card, "measured": measured})
    if "pictures" in measured:
        sheet = options.runs / "measure" / f"{options.model}-wrong.png"
        sheets.write_wrong(sheet, options.pictures, measured["pictures"]["wrong"])
        console.print(f"the pictures that were read wrong: {sheet}")
    for name, figures in measured.items():
        shown = {key: value for key, value in figures.items() if isinstance(value, int | float)}
        console.print(f"{name}: " + ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in shown.items()))


def train_recipes(options: argparse.Namespace, device: str, console: Console) -> None:
    """Run one recipe, or all of them; a series goes on where it was interrupted.

    Raises:
        TrainingError: no such recipe, no such data, or nowhere to write.
    """
    from . import cluster, runs
    from .data import datasets
    from .learning import checkpoints
    from .recipes.catalogue import RECIPES

    series = options.recipe == "all"
    names = list(RECIPES) if series else [options.recipe]
    overridden = {name: getattr(options, name) for name in OVERRIDES if getattr(options, name) is not None}
    recipes = {name: replace(find_recipe(name), **overridden) for name in names}
    places = runs.Places(datasets.data_folder(options.data), options.output, options.runs, options.tensorboard)
    for folder in (places.output, places.runs, places.tensorboard):
        if folder is not None:
            check_writable(folder)
    seeds = [options.seed + number for number in range(options.seeds)]
    what = {"seeds": seeds, "overridden": overridden, "output": str(places.output.resolve())}
    every = []
    for name, recipe in recipes.items():
        if series and checkpoints.is_done(places.runs / name, what):
            console.print(f"{name}: was done before the interruption")
        else:
            every.append(runs.Run(name, recipe, places, device, console, overridden, options.resume or series))
    one_by_one = (runs.train_seeds(run, seeds) for run in every)
    results = cluster.train_on_cluster(options.ray, every, seeds) if options.ray else one_by_one
    for run, trained in zip(every, results, strict=True):
        runs.save_best(run, trained)
        if series:
            checkpoints.mark_done(places.runs / run.name, what)
    for name in names:
        checkpoints.clear(places.runs / name)


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its name.

    Raises:
        TrainingError: there is none.
    """
    from .errors import TrainingError
    from .recipes.catalogue import RECIPES

    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]


def check_writable(folder: Path) -> None:
    """Make a folder if need be and write to it, so that a long training does not end in a refusal.

    Raises:
        TrainingError: it cannot be made or written to.
    """
    from .errors import TrainingError

    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise TrainingError(f"The folder {folder} cannot be written to ({error.strerror}). Choose another.") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
