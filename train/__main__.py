"""python -m train: run a recipe, list them, draw reports and samples, measure a saved model.

`python -m train NAME` is short for `python -m train run NAME`.

Exit codes: 0 done; 2 after a mistake, which one sentence on standard error explains; 130 after Ctrl-C and 143 after
SIGTERM, with the command to resume.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commandline import NumberFrom, ShortFormGroup, Terminated, interruptible, run_command

from .commandline import PositiveNumber

if TYPE_CHECKING:
    from rich.console import Console

    from .recipes.recipe import Recipe
    from .runs import Places

PROGRAM = "python -m train"
RESULTS = Path("docs/results.md")
FOLDER = click.Path(path_type=Path)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

data_option: Decorator = click.option(
    "--data",
    type=FOLDER,
    metavar="DIR",
    help="Folder of mnist.npz and fashion_mnist.npz; or your own digits: a folder of pictures by label (7/a.png) or of "
    "IDX files, or an .npz file. Default: DIGITS_DATA, else MNIST comes through Keras.",
)
output_option: Decorator = click.option(
    "--output", type=FOLDER, metavar="DIR", default=Path("models"), show_default=True, help="Folder of models."
)
runs_option: Decorator = click.option(
    "--runs",
    type=FOLDER,
    metavar="DIR",
    default=Path("runs"),
    show_default=True,
    help="Folder of checkpoints and sheets.",
)
seed_option: Decorator = click.option(
    "--seed", type=NumberFrom(0), default=0, show_default=True, help="Seed of all random numbers."
)


@click.group(
    cls=ShortFormGroup,
    default="run",
    aliases={"--list": "list"},
    epilog=f"{PROGRAM} RECIPE is short for {PROGRAM} run RECIPE.",
)
def command_line() -> None:
    """Train networks to read digits."""


@command_line.command("run")
@click.argument("recipe")
@data_option
@output_option
@runs_option
@click.option("--resume", is_flag=True, help="Go on after the last finished epoch of an interrupted run.")
@click.option("--epochs", type=NumberFrom(1), help="Passes over all training digits.")
@click.option("--batch-size", type=NumberFrom(1), help="Digits in a step.")
@click.option("--learning-rate", type=PositiveNumber(), help="Learning rate of every step, or the peak of a cosine.")
@click.option("--start", type=FOLDER, metavar="DIR", help="Start with the weights of this saved model of the recipe.")
@click.option("--patience", type=NumberFrom(1), metavar="N", help="End after N epochs without a lower validation loss.")
@click.option("--labels", type=click.Choice(("sparse", "one-hot")), help="Integer labels, or ten probabilities.")
@seed_option
@click.option(
    "--seeds",
    type=NumberFrom(1),
    default=1,
    show_default=True,
    help="Number of networks, from --seed on. The best is saved; with --start the mean of all.",
)
@click.option(
    "--ray", metavar="HOST:PORT", help='Train on this Ray cluster, each seed a task; "local" starts one here.'
)
@click.option("--tensorboard", type=FOLDER, metavar="DIR", help="Folder of logs for TensorBoard.")
def run_recipe_command(
    *,
    recipe: str,
    data: Path | None,
    output: Path,
    runs: Path,
    resume: bool,
    seed: int,
    seeds: int,
    ray: str | None,
    tensorboard: Path | None,
    **overrides: object,
) -> None:
    """Train RECIPE, "all" of them, or that of a Python file of yours, and save the model."""
    device, console = prepare()
    from .data import datasets
    from .runs import Places

    places = Places(datasets.data_folder(data), output, runs, tensorboard)
    overridden = {
        name: str(value) if isinstance(value, Path) else value for name, value in overrides.items() if value is not None
    }
    train_recipes(recipe, overridden, places, [seed + number for number in range(seeds)], resume, ray, device, console)


@command_line.command("list")
def list_command() -> None:
    """Show the recipes as a table."""
    _, console = prepare()
    list_recipes(console)


@command_line.command("report")
@data_option
@output_option
def report_command(data: Path | None, output: Path) -> None:
    """Draw every model's report again and write the table of results."""
    _, console = prepare()
    from .data import datasets
    from .reports.rebuilding import rebuild

    rebuild(output, datasets.data_folder(data), RESULTS, console)


@command_line.command("samples")
@data_option
@runs_option
@seed_option
def samples_command(data: Path | None, runs: Path, seed: int) -> None:
    """Draw contact sheets of what training sees into RUNS/samples."""
    _, console = prepare()
    from .data import datasets
    from .reports import sheets

    dataset = datasets.load("mnist", datasets.data_folder(data))
    for path in sheets.write_sheets(runs / "samples", seed, dataset.training.digits):
        console.print(str(path))


@command_line.command("measure")
@click.argument("name", metavar="[MODEL]", required=False)
@click.option("--model", metavar="NAME", default="robust", show_default=True, help="Saved model; the same as MODEL.")
@click.option("--pictures", type=FOLDER, metavar="DIR", help="Folder of real-world pictures with a pictures.csv.")
@click.option("--corrections", is_flag=True, help="Measure how much corrections help, and whom they harm.")
@data_option
@output_option
@runs_option
def measure_command(
    name: str | None, model: str, pictures: Path | None, corrections: bool, data: Path | None, output: Path, runs: Path
) -> None:
    """Measure a saved model on real-world pictures and non-digits, and write the figures into its card."""
    _, console = prepare()
    if corrections:
        measure_corrections(name or model, pictures, output, console)
    else:
        measure_model(name or model, pictures, data, output, runs, console)


@command_line.command("fit-corrections")
@click.argument("model", default="robust")
@data_option
@output_option
def fit_corrections_command(model: str, data: Path | None, output: Path) -> None:
    """Fit how much a correction weighs against a saved model, and print what app/memory/comparing.py is to hold."""
    _, console = prepare()
    from .fits import fit_corrections

    fit_corrections(model, data, output, console)


@command_line.command("fit-pages")
@click.argument("model", default="robust")
@click.option("--compare", is_flag=True, help="Compare with what the app holds, on other pages: takes twice as long.")
@data_option
@output_option
def fit_pages_command(model: str, compare: bool, data: Path | None, output: Path) -> None:
    """Fit what tells a slash from a 1, and what sure digits tell of others, on pages; print what the app is to hold."""
    _, console = prepare()
    from .fits import fit_pages

    fit_pages(model, compare, data, output, console)


@command_line.command("adapt")
@click.option("--model", metavar="NAME", default="robust", show_default=True, help="Saved model that learns.")
@click.option("--hand", metavar="ID", help="Whose corrections. Default: everybody's.")
@click.option("--database", metavar="URL", help="Database of the corrections. Default: DIGITS_DATABASE.")
@click.option("--epochs", type=NumberFrom(1), default=3, show_default=True, help="At most; the best is kept.")
@click.option("--steps", type=NumberFrom(1), default=300, show_default=True, help="Batches in an epoch.")
@seed_option
@data_option
@output_option
def adapt_command(
    *,
    model: str,
    hand: str | None,
    database: str | None,
    epochs: int,
    steps: int,
    seed: int,
    data: Path | None,
    output: Path,
) -> None:
    """Fine-tune a saved model with what people corrected, and save it as its next version if nothing got worse."""
    _, console = prepare()
    from .adaptation import adapt_model, read_corrections
    from .data import datasets
    from .recipes.adapting import Effort

    corrections = read_corrections(database, hand)
    adapt_model(output / model, corrections, datasets.data_folder(data), Effort(epochs, steps, seed), console)


def prepare() -> tuple[str, Console]:
    """Prepare the device that is trained on, and return its name and a console."""
    from .learning.devices import prepare_device

    device = prepare_device()
    from .learning.progress import open_console

    return device, open_console()


def main(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take all of a GPU's memory
    if not arguments:
        print(f"Name a recipe: {PROGRAM} list shows them, {PROGRAM} --help everything else.", file=sys.stderr)
        return 2
    from app.models.files import BadModel

    from .errors import TrainingError

    try:
        with interruptible():
            return run_command(command_line, PROGRAM, arguments)
    except (TrainingError, BadModel) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or 'A file'} could not be read or written: {error.strerror}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interruption:
        if isinstance(command_line, ShortFormGroup) and command_line.name_command(arguments) == "run":
            again = [argument for argument in arguments if argument != "--resume"]
            command = shlex.join([*PROGRAM.split(), *again, "--resume"])
            print(f"Interrupted. Every finished epoch is kept; resume with: {command}", file=sys.stderr)
        return 143 if isinstance(interruption, Terminated) else 130


def list_recipes(console: Console) -> None:
    """Show the recipes as a table of at most 80 columns."""
    from rich.table import Table

    from .data.datasets import TITLES
    from .recipes.catalogue import RECIPES

    table = Table("recipe", "data", "parameters", "training", "claimed", box=None, pad_edge=False, width=80)
    for column in table.columns[:4]:
        column.no_wrap = True
    for name, recipe in RECIPES.items():
        training = f"{recipe.optimiser}, {recipe.epochs} x {recipe.batch_size}"
        parameters = f"{recipe.network().count_params():,}"
        table.add_row(name, TITLES[recipe.dataset], parameters, training, recipe.claimed)
    console.print(table)
    console.print("training: optimiser, epochs x batch size\nclaimed: test accuracy that the tutorial states")


def measure_model(
    name: str, pictures: Path | None, data: Path | None, output: Path, runs: Path, console: Console
) -> None:
    """Measure a saved model through the server's own functions, and write the figures into its card."""
    from app.models.classifier import load_classifier
    from app.models.folder import load

    from .data import datasets
    from .evaluation import measurements
    from .reports import sheets

    folder = output / name
    found = load(folder)
    test = datasets.load("mnist", datasets.data_folder(data)).test
    measured = measurements.measure(load_classifier(found), test, pictures)
    measurements.note_measured(folder, found.card, measured)
    if pictures is not None:
        sheet = runs / "measure" / f"{name}-wrong.png"
        sheets.write_wrong(sheet, pictures, measured["pictures"]["wrong"])
        console.print(f"the pictures that were read wrong: {sheet}")
    for what, figures in measured.items():
        shown = {key: value for key, value in figures.items() if isinstance(value, int | float)}
        console.print(f"{what}: " + ", ".join(f"{key.replace('_', ' ')} {value:.4g}" for key, value in shown.items()))


def measure_corrections(name: str, pictures: Path | None, output: Path, console: Console) -> None:
    """Measure what corrections change in what a saved model reads, and write the figures into its card."""
    from rich.table import Table

    from app.models.classifier import load_classifier
    from app.models.folder import load

    from .evaluation import corrections
    from .evaluation.measurements import note_measured

    folder = output / name
    found = load(folder)
    measured = corrections.measure_corrections(load_classifier(found), pictures)
    note_measured(folder, found.card, {"corrections": measured})
    table = Table("digits of", "hands", "at most", "corrected", "errors before", "after", "left", "harmed", box=None)
    for group, by_count in measured.items():
        for count, each in by_count.items():
            shares = (f"{each['left']:.0%}", f"{each['harmed']:.3%}")
            numbers = [str(each[key]) for key in ("corrections", "errors_before", "errors_after")]
            table.add_row(group.replace("_", " "), str(each["hands"]), count, *numbers, *shares)
    console.print(table)


def train_recipes(
    name: str,
    overridden: dict[str, Any],
    places: Places,
    seeds: list[int],
    resume: bool,
    ray: str | None,
    device: str,
    console: Console,
) -> None:
    """Run one recipe, or all of them; an interrupted series is resumed.

    Args:
        name: of a recipe, or all.
        overridden: fields of the recipe that the command line replaces.
        places: where the runs read and write.
        seeds: of the networks that are trained of each recipe.
        resume: continue after the last finished epoch of an interrupted run.
        ray: address of a cluster, or None.
        device: name of what is trained on.
        console: where progress is shown.

    Raises:
        TrainingError: no such recipe, no such data, or nowhere to write.
    """
    from . import cluster, runs
    from .errors import TrainingError
    from .learning import checkpoints
    from .recipes.catalogue import RECIPES
    from .recipes.files import is_file

    if ray and is_file(name):
        raise TrainingError(
            f"The recipe of {name} is trained on this machine: a cluster has no such file. Remove --ray."
        )
    series = name == "all"
    names = list(RECIPES) if series else [name]
    recipes = {each: find_recipe(each).override(overridden) for each in names}
    for folder in (places.output, places.runs, places.tensorboard):
        if folder is not None:
            check_writable(folder)
    what = {"seeds": seeds, "overridden": overridden, "output": str(places.output.resolve())}
    pending = []
    for each, recipe in recipes.items():
        title = Path(each).stem if is_file(each) else each
        if series and checkpoints.is_done(places.runs / each, what):
            console.print(f"{each}: already finished before the interruption")
        else:
            pending.append(runs.Run(title, recipe, places, device, console, overridden, resume or series))
    one_by_one = (runs.train_seeds(run, seeds) for run in pending)
    results = cluster.train_on_cluster(ray, pending, seeds) if ray else one_by_one
    for run, trained in zip(pending, results, strict=True):
        runs.save_best(run, trained)
        if series:
            checkpoints.mark_done(places.runs / run.name, what)
    for each in names:
        checkpoints.clear(places.runs / (Path(each).stem if is_file(each) else each))


def find_recipe(name: str) -> Recipe:
    """Return a recipe by its name, or from a file: RECIPE of the Python file named, and of no other.

    Raises:
        TrainingError: there is none.
    """
    from .errors import TrainingError
    from .recipes.catalogue import RECIPES
    from .recipes.files import is_file, load_recipe

    if is_file(name):
        return load_recipe(Path(name))
    if name not in RECIPES:
        raise TrainingError(f"There is no recipe {name!r}. There are: {', '.join(RECIPES)}.")
    return RECIPES[name]


def check_writable(folder: Path) -> None:
    """Make a folder if need be and write to it, so that a long training does not end without a place for its model.

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
