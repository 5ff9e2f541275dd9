"""Find the network in what other programs wrote: which file, and in which form. Opens nothing but their beginnings.

path -> Source, or a sentence that says what was found instead
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .files import CARD, COMPILED, NETWORK, WEIGHTS, BadModel, has_file, name_file, open_file

KERAS_JSON, KERAS_HDF5, KERAS_ARCHIVE = "Keras JSON and HDF5", "Keras HDF5", "Keras archive"
SAVED_MODEL, TFLITE = "SavedModel", "TensorFlow Lite"
GRAPH = "saved_model.pb"
HDF5 = (".h5", ".hdf5", ".hdf", ".he5")
UNNAMED = ("", ".model", ".hf5", ".h5py", ".bin", ".dat", ".ckpt", ".weights")  # of which any may be HDF5
MAX_SOURCE = 512 * 2**20  # bytes of a file
MAX_FILES = 1000  # that a folder is searched for
MAX_LEVELS = 3  # of folders within a folder: estimators write export/Servo/1700000000
CONFIG = b"model_config"
HEAD = 8  # bytes that say what a file is
SIGNATURES = {b"\x89HDF\r\n\x1a\n": KERAS_HDF5, b"PK\x03\x04": KERAS_ARCHIVE}
POINTER = b"version https://git-lfs.github.com/spec/"
MAX_POINTER = 1024  # bytes. Source: git-lfs, docs/spec.md
TFLITE_AT, TFLITE_MARK = 4, b"TFL3"
CONVERT = "Save the network as a Keras file, a SavedModel or .tflite, and import that."
OTHERS = {  # what is refused, by the endings of its files
    (".pth", ".pt", ".ckpt.pt", ".safetensors", ".pt.tar", ".pth.tar"): "holds a file of PyTorch",
    (".pkl", ".pickle", ".joblib", ".sav", ".p"): "holds a pickle, which is code and is never loaded",
    (".onnx",): "holds an ONNX network, which is not read here",
    (".ckpt", ".index", ".meta", ".data-00000-of-00001"): "holds a checkpoint, which does not describe its network",
    (".pb", ".pbtxt"): "holds a graph of TensorFlow 1 alone, without the signature that a SavedModel has",
    (
        ".mlmodel",
        ".caffemodel",
        ".prototxt",
        ".params",
        ".model",
        ".pdmodel",
        ".xml",
        ".cntk",
        ".mar",
    ): "holds a network of another library",
    (".yaml", ".yml"): "describes its network in YAML, which is not read; write model.to_json() beside its weights",
    (".npz", ".npy", ".mat", ".bin", ".weights"): "holds arrays without the network that they belong to",
    (".zip", ".gz", ".tgz", ".tar", ".7z", ".rar"): "holds an archive; unpack it first",
    (".py", ".ipynb"): "holds a program, which is never run",
}


@dataclass(frozen=True)
class Source:
    """A network that others saved: its form, and its files."""

    form: str
    folder: Path  # that the files lie in; nothing outside is opened
    files: tuple[str, ...]  # the network first, then its weights

    @property
    def title(self) -> str:
        """How it is called: by its file, or by the folder of a SavedModel."""
        return self.files[0]


def find_source(path: Path, card: Mapping[str, Any] | None = None) -> Source:
    """Find the network that a path leads to: a file, or a folder with one network in it.

    Args:
        path: the file or the folder.
        card: of the folder, if it has one; what an import compiled is not the source.

    Raises:
        BadModel: there is none that can be read, or several.
    """
    if not os.path.lexists(path):
        raise BadModel(f"{path} is not there; expected a file or a folder with a network.")
    if not path.is_dir():
        return _find_file(path)
    compiled = (card or {}).get("imported", {}).get("file", COMPILED) != COMPILED
    found = [source for source in _list_sources(path) if not (compiled and source.files == (COMPILED,))]
    found = found or list(_list_deeper(path))
    if not found:
        raise BadModel(f"{path.name} {_describe_others(path)} {CONVERT}")
    order = (KERAS_JSON, KERAS_ARCHIVE, KERAS_HDF5, SAVED_MODEL, TFLITE)
    found.sort(key=lambda source: order.index(source.form))
    best = [source for source in found if source.form == found[0].form]
    if len(best) > 1 and best[0].form == KERAS_HDF5:  # weights alone often lie beside the network
        best = [source for source in best if _is_whole(source)] or best
    if len(best) > 1:
        names = ", ".join(sorted(source.title for source in best)[:5])
        raise BadModel(f"{path.name} holds {len(best)} networks ({names}); expected one. Name one of them to import.")
    return best[0]


def has_network(folder: Path) -> bool:
    """Say whether anything in a folder is a network, or a part of one."""
    own = any(has_file(folder, name) for name in (NETWORK, WEIGHTS, COMPILED))
    return own or any(_list_sources(folder)) or any(_list_deeper(folder))


def find_compiled(path: Path) -> Source | None:
    """Return the network in a folder that needs no TensorFlow to be imported; None where there is none, or several."""
    found = [source for source in _list_sources(path) if source.form == TFLITE] if path.is_dir() else []
    return found[0] if len(found) == 1 else None


def _find_file(path: Path) -> Source:
    folder, name = path.parent, path.name
    if name == GRAPH:
        return Source(SAVED_MODEL, folder, (GRAPH,))
    if name.endswith(".json"):
        weights = _find_weights(folder, name)
        if weights is None:
            raise BadModel(f"{name_file(folder, name)} has no weights beside it; expected {Path(name).stem}.h5.")
        return Source(KERAS_JSON, folder, (name, weights))
    form = read_form(folder, name)
    if form is None:
        said = _describe_pointer(folder, name) or _describe_name(name) or f"holds {name}, which is no network"
        raise BadModel(f"{folder.name} {said}. {CONVERT}")
    return Source(form, folder, (name,))


def read_form(folder: Path, name: str) -> str | None:
    """Say by its beginning what a file is; None for none of the forms."""
    with open_file(folder, name, MAX_SOURCE) as stream:
        head = stream.read(HEAD)
    if head[TFLITE_AT:] == TFLITE_MARK:
        return TFLITE
    return next((form for mark, form in SIGNATURES.items() if head.startswith(mark) and _fits(form, name)), None)


def _fits(form: str, name: str) -> bool:
    return form != KERAS_ARCHIVE or name.endswith(".keras")  # other archives begin alike


def _list_sources(folder: Path) -> Iterator[Source]:
    """Yield the networks in a folder, and in the folders of TensorFlow Serving's layout: of these the newest."""
    names = _list_names(folder)
    if (folder / GRAPH).exists():
        yield Source(SAVED_MODEL, folder, (GRAPH,))
    elif deeper := [name for name in names if (folder / name / GRAPH).is_file()]:
        numbered = sorted((name for name in deeper if name.isdecimal()), key=int)
        for name in numbered[-1:] or deeper:
            yield Source(SAVED_MODEL, folder, (f"{name}/{GRAPH}",))
    taken = {CARD}
    for name in names:
        if name.endswith(".json") and name != CARD and (weights := _find_weights(folder, name)):
            taken |= {name, weights}
            yield Source(KERAS_JSON, folder, (name, weights))
    for name in names:
        if name not in taken and _may_be_network(folder, name):
            form = read_form(folder, name)
            if form and not (form == KERAS_HDF5 and name.endswith(".weights.h5")):
                yield Source(form, folder, (name,))


def _may_be_network(folder: Path, name: str) -> bool:
    """Say whether to look into a file: by its name, or where no other kind of file is called so, as digits.model."""
    named = name.lower().endswith((*HDF5, ".keras", ".tflite", ".lite"))
    return named or (Path(name).suffix.lower() in UNNAMED and (folder / name).is_file())


def _list_deeper(folder: Path) -> Iterator[Source]:
    """Yield the networks in the folders of a folder, as a whole repository has them: the least deep ones."""
    level = [""]
    for _ in range(MAX_LEVELS):
        level = [
            f"{above}{name}/"
            for above in level
            for name in _list_names(folder / above)
            if (folder / above / name).is_dir() and not (folder / above / name).is_symlink()
        ][:MAX_FILES]
        found = [
            Source(source.form, folder, tuple(inner + file for file in source.files))
            for inner in level
            for source in _list_sources(folder / inner)
        ]
        yield from found
        if found:
            return


def _is_whole(source: Source) -> bool:
    """Say whether an HDF5 file holds a network, and not weights alone: by the name of the attribute that does."""
    with open_file(source.folder, source.files[0], MAX_SOURCE) as stream:
        before = b""
        while piece := stream.read(2**20):
            if CONFIG in before + piece:
                return True
            before = piece[-len(CONFIG) :]
    return False


def _find_weights(folder: Path, name: str) -> str | None:
    """Return the file of weights that belongs to a network in JSON: model.h5, else of its name, else the only one."""
    named = [other for other in _list_names(folder) if other.lower().endswith(HDF5)]
    stem = name.removesuffix(".json")
    for wanted in ((WEIGHTS,) if name == NETWORK else ()) + tuple(stem + ending for ending in HDF5):
        if wanted in named:
            return wanted
    return named[0] if len(named) == 1 and _has_class(folder, name) else None


def _has_class(folder: Path, name: str) -> bool:
    """Say whether a JSON file looks like a network: others lie beside them."""
    with open_file(folder, name, MAX_SOURCE) as stream:
        return b"class_name" in stream.read(2**16)


def _list_names(folder: Path) -> list[str]:
    """Return the names in a folder, without hidden ones.

    Raises:
        BadModel: it cannot be read, or holds very many.
    """
    try:
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise BadModel(f"{folder.name} cannot be read: {error.strerror}.") from error
    if len(names) > MAX_FILES:
        raise BadModel(f"{folder.name} holds {len(names):,} files; expected a folder with one network.")
    return names


def _describe_others(folder: Path) -> str:
    """Say what is in a folder without a network."""
    names = _list_names(folder)
    said = next((text for name in names if (text := _describe_pointer(folder, name))), None)
    said = said or next((text for name in names if (text := _describe_name(name))), None)
    if said:
        return f"{said}."
    if NETWORK in names:
        return f"has no {WEIGHTS}."
    weights = [name for name in names if name.lower().endswith(HDF5)]
    if weights:
        return f"has no {NETWORK}, and {weights[0]} is no HDF5 file of a whole network."
    listed = ", ".join(names[:3])
    return f"holds no network ({listed})." if names else "is empty; expected a network."


def _describe_pointer(folder: Path, name: str) -> str | None:
    """Say that a file only stands for one that was not fetched; None for any other."""
    if not (folder / name).is_file() or (folder / name).stat().st_size > MAX_POINTER:
        return None
    with open_file(folder, name, MAX_POINTER) as stream:
        pointer = stream.read(len(POINTER)) == POINTER
    return f"holds only a pointer to {name:.60}, which Git LFS keeps: fetch it with `git lfs pull`" if pointer else None


def _describe_name(name: str) -> str | None:
    if "-shard" in name and name.endswith(".bin"):
        return f"holds a network of TensorFlow.js, which tensorflowjs_converter turns into a Keras file ({name:.60})"
    for endings, said in OTHERS.items():
        if name.lower().endswith(endings) and name != COMPILED:
            return f"{said} ({name:.60})"
    return None
