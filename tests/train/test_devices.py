"""The device is named, and libraries are kept from chattering."""

from __future__ import annotations

import os

import pytest

from train.devices import prepare_device, without_greetings


def test_the_device_has_a_name() -> None:
    assert prepare_device()


def test_greetings_are_kept_back_and_errors_are_not(capfd: pytest.CaptureFixture[str]) -> None:
    with without_greetings():
        os.write(2, b"I0000 custom operations are on\n")
    os.write(2, b"a real error\n")
    assert capfd.readouterr().err == "a real error\n"


def test_an_exception_passes() -> None:
    with pytest.raises(ValueError, match="real"), without_greetings():
        raise ValueError("real")
