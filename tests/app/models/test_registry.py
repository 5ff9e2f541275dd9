"""models/ is read as a whole: every folder is served, and a damaged one is refused."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from app.errors import NotFound
from app.models.card import write_card
from app.models.files import COMPILED, BadModel
from app.models.registry import REFUSED, choose_default, find_artifacts, load_registry, tell_workers


@pytest.fixture
def models(tiny_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_models, tmp_path / "models"))


def test_every_folder_is_served_the_default_first(models: Path) -> None:
    registry = load_registry(models, "unsure")
    assert registry.names == ["unsure", "plain"]
    assert registry.get().name == "unsure"
    assert registry.get("plain").name == "plain"
    with pytest.raises(NotFound, match=r"no model 'none'\. Served here: unsure, plain"):
        registry.get("none")


def test_robust_is_preferred(models: Path) -> None:
    shutil.copytree(models / "plain", models / "robust")
    assert choose_default(find_artifacts(models)) == "robust"


def test_a_folder_half_written_and_one_without_weights_are_left_out(models: Path) -> None:
    (models / ".plain-x").mkdir()
    (models / "large").mkdir()
    write_card(models / "large", {"title": "Weights kept elsewhere", "sha256": {}})
    assert [artifact.name for artifact in find_artifacts(models).artifacts] == ["plain", "unsure"]


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match=r"holds no model\. Run `make train`"):
        find_artifacts(tmp_path)


def test_a_stray_folder_is_refused_and_the_others_are_served(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    (models / "notes").mkdir()
    registry = load_registry(models)
    assert registry.names == ["plain", "unsure"]
    assert [(one.name, one.error[:14]) for one in registry.refused] == [("notes", "notes is empty")]
    assert "The model notes is not served: notes is empty" in caplog.text
    with pytest.raises(BadModel, match="notes is empty"):
        load_registry(models, strict=True)


def test_a_default_that_is_not_there_stops_the_start(models: Path) -> None:
    with pytest.raises(BadModel, match="expected one of plain, unsure"):
        load_registry(models, "robust")


def test_a_folder_is_read_anew_only_after_it_has_changed(models: Path) -> None:
    before = find_artifacts(models).artifacts
    assert all(one is other for one, other in zip(find_artifacts(models).artifacts, before, strict=True))
    compiled = models / "plain" / COMPILED
    body = bytearray(compiled.read_bytes())
    body[-1] ^= 1
    compiled.write_bytes(body)
    plain, unsure = find_artifacts(models).artifacts
    assert plain.stale == f"{COMPILED} is not the one its card describes"
    assert unsure is before[1]


def test_where_another_process_tried_all_models_only_the_default_takes_memory(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[str] = []

    def note(path: Path, *_arguments: object) -> None:
        began.append(path.parent.name)
        raise BadModel("too late")

    tell_workers(())
    monkeypatch.setenv(REFUSED, os.environ.pop(REFUSED))
    registry = load_registry(models, "unsure")
    monkeypatch.setattr("app.models.runtimes.Interpreter", note)
    digit = np.zeros((1, 28, 28, 1), np.float32)
    registry.get().predict(digit)
    assert began == []
    with pytest.raises(BadModel, match="too late"):
        registry.get("plain").predict(digit)
    assert began == ["plain"]
