"""The packages that are installed: pinned where we name them, and locked by hashes with all that they bring along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

NAMED = ("app/requirements.txt", "requirements.txt", "requirements-cluster.txt", "tests/requirements.txt")
LOCKED = tuple(name.replace(".txt", ".lock") for name in NAMED if name != "requirements-cluster.txt")
PIN = re.compile(r"([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)")
LOCK_LINE = re.compile(r"([a-z0-9.-]+)(?:\[[\w,]+\])?==([\w.]+)( ; [^#]+?)?((?: --hash=sha256:[0-9a-f]{64})+)")


def read_pins(name: str) -> dict[str, str]:
    """Return the versions that a file of ours names, also through the files that it includes."""
    pins: dict[str, str] = {}
    for line in filter(None, (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())):
        if line.startswith("-r "):
            pins |= read_pins(str((Path(name).parent / line.removeprefix("-r ")).as_posix()))
            continue
        pin = PIN.fullmatch(line)
        assert pin, f"{name}: {line} is not pinned exactly"
        pins[normalise(pin[1])] = pin[2]
    return pins


def read_lock(name: str) -> list[tuple[str, str, str]]:
    """Return the name, version and marker of every line of a lock, each of which has hashes."""
    lines = (ROOT / name).read_text().replace(" \\\n   ", "").splitlines()
    found = [(line, LOCK_LINE.fullmatch(line)) for line in lines]
    assert [line for line, match in found if not match] == []
    return [(normalise(match[1]), match[2], match[3] or "") for _, match in found if match]


def normalise(name: str) -> str:
    """Spell a package's name as the index does. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", NAMED)
def test_every_dependency_is_pinned_exactly(name: str) -> None:
    assert read_pins(name)


@pytest.mark.parametrize("name", LOCKED)
def test_the_lock_holds_every_pin_and_hashes_of_every_package(name: str) -> None:
    """Where this fails: make lock."""
    locked = [(package, version) for package, version, _ in read_lock(name)]
    pins = read_pins(str(Path(name).with_suffix(".txt").as_posix()))
    assert set(pins.items()) - set(locked) == set()
    assert len(locked) > len(pins)


@pytest.mark.parametrize("name", LOCKED)
def test_a_lock_names_no_place_that_packages_come_from(name: str) -> None:
    text = (ROOT / name).read_text()
    assert re.search(r"://|file:|^\s*-(?!-hash)|@", text, re.MULTILINE) is None


def test_serving_training_and_tests_install_the_same_versions() -> None:
    largest = set(read_lock("tests/requirements.lock"))
    for name in LOCKED:
        versions = {(package, version) for package, version, _ in read_lock(name)}
        assert versions <= {(package, version) for package, version, _ in largest}


def test_a_lock_that_misses_a_hash_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_requirements.ROOT", tmp_path)
    (tmp_path / "broken.lock").write_text("flask==3.1.3\n")
    with pytest.raises(AssertionError, match="flask"):
        read_lock("broken.lock")
