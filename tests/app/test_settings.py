"""Settings come from the environment, and a wrong one says its name, its value and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import BadSetting, Settings, read_settings


def test_the_environment_is_read(tmp_path: Path) -> None:
    settings = read_settings(environment={"DIGITS_PORT": "9000", "DIGITS_MODELS": str(tmp_path), "HOME": "/"})
    assert (settings.port, settings.models) == (9000, tmp_path)


def test_overrides_win() -> None:
    assert read_settings({"threads": 2}, {"DIGITS_THREADS": "8"}).threads == 2


def test_the_folder_of_data_is_not_a_setting_of_the_server() -> None:
    assert read_settings(environment={"DIGITS_DATA": "/somewhere"}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    (
        ("DIGITS_PORT", "http", "a whole number"),
        ("DIGITS_PORT", "70000", "from 0 to 65535"),
        ("DIGITS_THREADS", "0", "from 1 to 256"),
        ("DIGITS_STRICT", "yes", "0 or 1"),
        ("DIGITS_STRICT", "2", "0 or 1"),
        ("DIGITS_WORKERS", "-1", "from 0 to 256"),
        ("DIGITS_MODELS", "/nowhere/at/all", "a folder that holds model folders"),
        ("DIGITS_PROT", "8000", "one of the settings host, port"),
    ),
)
def test_a_wrong_setting_says_what_was_expected(name: str, value: str, expected: str) -> None:
    with pytest.raises(BadSetting) as caught:
        read_settings(environment={name: value})
    assert str(caught.value).startswith(f"{name} is {value!r}, expected ")
    assert expected in str(caught.value)
