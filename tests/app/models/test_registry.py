"""models/ is read as a whole: every folder is served, and a damaged one is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.errors import NotFound
from app.models.card import write_card
from app.models.files import BadModel
from app.models.registry import choose_default, find_artifacts, load_registry


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
