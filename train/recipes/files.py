"""A recipe of one's own: a Python file that is named on the command line and holds RECIPE, a Recipe."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ..errors import TrainingError
from .recipe import Recipe

SUFFIX = ".py"
NAME = "RECIPE"


def is_file(name: str) -> bool:
    """Return whether a recipe is named by the path of a file."""
    return name.endswith(SUFFIX)


def load_recipe(path: Path) -> Recipe:
    """Run a file and return the recipe that it holds.

    Raises:
        TrainingError: there is no such file, it fails, or it holds none.
    """
    specification = importlib.util.spec_from_file_location(path.stem, path)
    if specification is None or specification.loader is None or not path.is_file():
        raise TrainingError(f"There is no file {path}. Name a recipe, or a Python file that holds {NAME}.")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:  # whatever the file does
        raise TrainingError(f"{path} fails: {type(error).__name__}: {error}") from error
    recipe = getattr(module, NAME, None)
    if not isinstance(recipe, Recipe):
        found = "nothing" if recipe is None else type(recipe).__name__
        raise TrainingError(f"{path} holds {found} as {NAME}; expected a train.recipes.recipe.Recipe.")
    return recipe
