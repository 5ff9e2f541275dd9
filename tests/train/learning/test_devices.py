"""The device is named, and libraries are kept from chattering."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from train.learning import devices
from train.learning.devices import fastest_dtype, prepare_device, without_greetings


def test_the_device_has_a_name() -> None:
    assert prepare_device()


@pytest.mark.parametrize(
    ("cpuinfo", "dtype"),
    (
        ("flags : fpu avx2 fma bmi1\n", "float32"),
        ("flags : fpu avx2 avx512f avx512_bf16 fma\n", "mixed_bfloat16"),
        ("flags : fpu amx_bf16 amx_tile\n", "mixed_bfloat16"),
        ("Features : fp asimd svebf16 i8mm\n", "float32"),
        ("Features : fp asimd bf16 i8mm\n", "mixed_bfloat16"),
        (None, "float32"),
    ),
)
def test_bfloat16_is_for_processors_that_have_it(
    cpuinfo: str | None, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "find_gpu", lambda: None)
    path = tmp_path / "cpuinfo"
    if cpuinfo is not None:
        path.write_text(cpuinfo)
    assert fastest_dtype(path) == dtype


def test_bfloat16_is_for_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "find_gpu", lambda: "NVIDIA A100")
    assert fastest_dtype(tmp_path / "none") == "mixed_bfloat16"


def test_greetings_are_kept_back_and_errors_are_not(capfd: pytest.CaptureFixture[str]) -> None:
    with without_greetings():
        os.write(2, b"I0000 custom operations are on\n")
    os.write(2, b"a real error\n")
    assert capfd.readouterr().err == "a real error\n"


def test_an_exception_passes() -> None:
    with pytest.raises(ValueError, match="real"), without_greetings():
        raise ValueError("real")
