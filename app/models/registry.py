"""The models that are served: every folder of models/ that holds a network, by name.

A folder that cannot be served hinders no other: it is refused, and the log and /models say so and why.

Owns which models there are and which is the default. Does not know how one answers, nor who asks.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadRequest, NotFound
from ..escaping import escape_controls
from .classifier import Classifier, load_classifier
from .files import CARD, BadModel, has_file
from .folder import Artifact, load
from .importing import import_folders
from .sources import has_network

PREFERRED = "robust"  # the model for real-world digits
GUARD = PREFERRED  # its doubts may be added to those of any model
REFUSED = "DIGITS_REFUSED"  # environment variable in which the master tells its workers what it refused

Stamp = tuple[tuple[str, int, int, int, int], ...]
_loaded: dict[Path, tuple[Stamp, Artifact]] = {}  # by their folders, with what was seen of their files

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refused:
    """A folder that is not served, and why."""

    name: str  # control characters are escaped
    error: str


@dataclass(frozen=True)
class Found:
    """What was found in models/, by name."""

    artifacts: tuple[Artifact, ...]
    refused: tuple[Refused, ...] = ()

    def check(self, models: Path, strict: bool = False) -> None:
        """See that there is something to serve, and in strict mode that nothing was refused.

        Raises:
            BadModel: it is not so.
        """
        if self.refused and (strict or not self.artifacts):
            raise BadModel(describe_refused(self.refused))
        if not self.artifacts:
            raise BadModel(f"{models} holds no model. Run `make train` or restore the folder.")


class Registry:
    """The served models, one of them the default."""

    def __init__(self, classifiers: Iterable[Classifier], default: str, refused: Sequence[Refused] = ()) -> None:
        """Keep the models under their names; those whose card says so are guarded."""
        self._classifiers = {classifier.name: classifier for classifier in classifiers}
        self.default = default
        self.refused = tuple(refused)
        for name in [name for name, each in self._classifiers.items() if each.card.get("guard")]:
            try:
                self._classifiers[name] = self.get_guarded(name)
            except BadRequest as error:
                log.warning(
                    "The card of %s asks for a guard. %s", name, str(error).removesuffix(" Ask without ?guard=1.")
                )

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

    def get_guarded(self, name: str | None = None) -> Classifier:
        """Return a model by name that doubts what the model for real-world digits doubts.

        Raises:
            NotFound: no model of that name is served.
            BadRequest: nothing can guard it.
        """
        classifier = self.get(name)
        if classifier.is_guarded or classifier.name == GUARD:
            return classifier
        guard = self._classifiers.get(GUARD)
        if guard is None or guard.classes != classifier.classes or guard.framing != classifier.framing:
            why = "is not served here" if guard is None else "reads other pictures than this model"
            raise BadRequest(f"Nothing can guard {classifier.name}: {GUARD} {why}. Ask without ?guard=1.")
        return classifier.guarded_by(guard)


def find_artifacts(models: Path, known: Mapping[str, str] | None = None) -> Found:
    """Read every model folder, by name. A folder with a card but no weights is a report, and is left out.

    Args:
        models: the folder of model folders.
        known: errors of folders that are known to be bad, by their escaped names; they are not read.

    Raises:
        BadModel: there is none that can be served.
    """
    artifacts: list[Artifact] = []
    refused: list[Refused] = []
    for folder in _list_folders(models):
        name = escape_controls(folder.name)
        if known and name in known:
            refused.append(Refused(name, known[name]))
            continue
        try:
            if not _is_report(folder):
                artifacts.append(_load_once(folder))
        except BadModel as error:
            refused.append(Refused(name, str(error)))
    artifacts = _import_foreign(artifacts, refused)
    found = Found(tuple(artifacts), tuple(sorted(refused, key=lambda one: one.name)))
    found.check(models)
    return found


def _load_once(folder: Path) -> Artifact:
    """Load a folder that was not loaded before or has changed since; a worker has what its master has read."""
    stamp = _stamp(folder)
    kept = _loaded.get(folder)
    if kept and kept[0] == stamp:
        return kept[1]
    artifact = load(folder)
    if "imported" not in artifact.card and not artifact.foreign:  # the compiled files of those lie elsewhere, too
        _loaded[folder] = stamp, artifact
    return artifact


def _stamp(folder: Path) -> Stamp:
    """Return what is the same as long as the files of a folder are."""
    stamp = []
    with contextlib.suppress(OSError):  # load() says why
        for path in sorted(folder.iterdir()):
            seen = path.stat()
            stamp.append((path.name, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns))
    return tuple(stamp)


def _import_foreign(artifacts: list[Artifact], refused: list[Refused]) -> list[Artifact]:
    """Import the networks among artifacts that others trained, and add those that cannot be to what is refused."""
    foreign = [artifact.folder for artifact in artifacts if artifact.foreign]
    errors = import_folders(foreign) if foreign else {}
    imported: list[Artifact] = []
    for artifact in artifacts:
        try:
            fresh = load(artifact.folder) if artifact.foreign else artifact
            error = errors.get(artifact.name, "")
        except BadModel as changed:
            error = str(changed)
        if error:
            refused.append(Refused(escape_controls(artifact.name), error))
        else:
            imported.append(fresh)
    return imported


def _list_folders(models: Path) -> list[Path]:
    """Return the folders in models/, and the links to folders that are not there."""
    try:
        entries = sorted(models.iterdir())
    except OSError as error:
        raise BadModel(f"{models} cannot be read: {error.strerror}.") from error
    return [entry for entry in entries if not entry.name.startswith(".") and (entry.is_dir() or not entry.exists())]


def choose_default(found: Found, wanted: str = "") -> str:
    """Return the name of the model that answers when none is asked for.

    Raises:
        BadModel: the wanted one is not there, or was refused.
    """
    names = [artifact.name for artifact in found.artifacts]
    if wanted and wanted not in names:
        why = "".join(f" It is refused: {one.error}" for one in found.refused if one.name == escape_controls(wanted))
        raise BadModel(f"DIGITS_DEFAULT_MODEL is {wanted!r}, expected one of {', '.join(names)}.{why}")
    return wanted or (PREFERRED if PREFERRED in names else names[0])


def load_registry(models: Path, default: str = "", runtime_threads: int = 1, strict: bool = False) -> Registry:
    """Load every model and let each answer once. One that cannot is refused, and the others are served.

    A worker serves what its master found and tried (survey.py): those that the master refused are left out, and all
    others have to be there, so that no worker serves less than another. Of them only the default one answers at the
    start; the other models of the folder here take 28 MB.

    Raises:
        BadModel: no model can be served; or one cannot, in strict mode or in a worker.
    """
    known = read_refused()
    found = find_artifacts(models, known)
    tried = set() if known is None else {each.name for each in found.artifacts} - {choose_default(found, default)}
    classifiers, refused = [], list(found.refused)
    for artifact in found.artifacts:
        if artifact.stale:
            log.warning("%s is served through TensorFlow: %s", artifact.name, artifact.stale)
        if artifact.forgetful:
            log.warning("%s is read without corrections: %s", artifact.name, artifact.forgetful)
        try:
            classifiers.append(load_classifier(artifact, runtime_threads, tried=artifact.name in tried))
        except BadModel as error:
            refused.append(Refused(artifact.name, str(error)))
    served = {classifier.name for classifier in classifiers}
    found = Found(
        tuple(artifact for artifact in found.artifacts if artifact.name in served),
        tuple(sorted(refused, key=lambda one: one.name)),
    )
    found.check(models, strict)
    if known is not None and (new := [one for one in found.refused if one.name not in known]):
        raise BadModel(describe_refused(new))
    if known is None:
        log_refused(found.refused)
    return Registry(classifiers, choose_default(found, default), found.refused)


def describe_refused(refused: Sequence[Refused]) -> str:
    """Say on one line which folders are refused, and why."""
    return " ".join(f"The model {one.name} is refused: {one.error}" for one in refused)


def log_refused(refused: Sequence[Refused]) -> None:
    """Write every folder that is refused to the log."""
    for one in refused:
        log.error("The model %s is not served: %s", one.name, one.error)


def tell_workers(refused: Sequence[Refused]) -> None:
    """Let the processes that this one starts know what it refused."""
    os.environ[REFUSED] = json.dumps({one.name: one.error for one in refused})


def read_refused() -> dict[str, str] | None:
    """Return what the process that started this one refused, by name; None where none looked before."""
    passed = os.environ.get(REFUSED)
    refused: dict[str, str] | None = None if passed is None else json.loads(passed)
    return refused


def _is_report(folder: Path) -> bool:
    """Say whether a folder holds a card and no network."""
    return has_file(folder, CARD) and not has_network(folder)
