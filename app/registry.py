"""The models that are served: every folder of models/ that holds a network, by name."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from .artifact import CARD, NETWORK, WEIGHTS, Artifact, BadModel, load
from .classifier import Classifier, load_classifier
from .errors import NotFound

PREFERRED = "robust"  # the model made for other people's digits

log = logging.getLogger(__name__)


class Registry:
    """The served models, one of them the default."""

    def __init__(self, classifiers: Iterable[Classifier], default: str) -> None:
        """Keep the models under their names."""
        self._classifiers = {classifier.name: classifier for classifier in classifiers}
        self.default = default

    @property
    def names(self) -> list[str]:
        """The names of the models, the default first."""
        return sorted(self._classifiers, key=lambda name: (name != self.default, name))

    def get(self, name: str | None = None) -> Classifier:
        """Return a model by name, or the default one.

        Raises:
            NotFound: no model of that name is served.
        """
        try:
            return self._classifiers[self.default if name is None else name]
        except KeyError:
            raise NotFound(f"There is no model {name!r}. Served here: {', '.join(self.names)}.") from None


def find_artifacts(models: Path) -> list[Artifact]:
    """Read every model folder, by name. A folder with a card but no weights is a report, and is left out.

    Raises:
        BadModel: there is none, or one is damaged.
    """
    folders = [folder for folder in sorted(models.iterdir()) if folder.is_dir() and not folder.name.startswith(".")]
    artifacts = [load(folder) for folder in folders if not _is_report(folder)]
    if not artifacts:
        raise BadModel(f"{models} holds no model. Run `make train` or restore the folder.")
    return artifacts


def choose_default(artifacts: list[Artifact], wanted: str = "") -> str:
    """Return the name of the model that answers when none is asked for.

    Raises:
        BadModel: the wanted one is not there.
    """
    names = [artifact.name for artifact in artifacts]
    if wanted and wanted not in names:
        raise BadModel(f"DIGITS_DEFAULT_MODEL is {wanted!r}, expected one of {', '.join(names)}.")
    return wanted or (PREFERRED if PREFERRED in names else names[0])


def load_registry(models: Path, default: str = "", runtime_threads: int = 1) -> Registry:
    """Load every model and let each answer once.

    Raises:
        BadModel: the folder is empty, or a model in it can be served by no runtime.
    """
    artifacts = find_artifacts(models)
    for artifact in artifacts:
        if artifact.stale:
            log.warning("%s is served through TensorFlow: %s", artifact.name, artifact.stale)
    classifiers = [load_classifier(artifact, runtime_threads) for artifact in artifacts]
    return Registry(classifiers, choose_default(artifacts, default))


def _is_report(folder: Path) -> bool:
    return (folder / CARD).is_file() and not (folder / NETWORK).exists() and not (folder / WEIGHTS).exists()
