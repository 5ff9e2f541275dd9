"""The README names what there is: every module and every setting."""

from __future__ import annotations

from dataclasses import fields

import pytest

from app.settings import PREFIX, Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
MODULES = sorted(
    path.name
    for folder, pattern in (
        ("app", "*.py"),
        ("app/bulk", "[!_]*.py"),
        ("app/protocols", "[!_]*.py"),
        ("train", "*.py"),
        ("static", "*.js"),
    )
    for path in (ROOT / folder).glob(pattern)
)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_its_line_in_the_tree(module: str) -> None:
    assert f"  {module} " in README


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_is_listed(setting: str) -> None:
    assert f"`{PREFIX}{setting.upper()}`" in README
