"""Name the machine and the versions that were measured: without them the figures mean nothing."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PACKAGES = (
    "flask",
    "fastapi",
    "uvicorn",
    "gunicorn",
    "pillow",
    "numpy",
    "opencv-python-headless",
    "ai-edge-litert",
    "tensorflow",
)
EIGHT_BITS = "avx512_vnni"  # flag of processors that multiply numbers of eight bits several times as fast


def describe_machine() -> Mapping[str, str]:
    """Return what the figures of a run depend on."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "name": f"{os.cpu_count()} cores {_name_processor()}, {gibibytes:.0f} GiB, {platform.system()}",
        "versions": f"Python {platform.python_version()}, {versions}",
        "date": datetime.now(UTC).date().isoformat(),
    }


def _name_processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = {flag for line in lines if line.startswith("flags") for flag in line.partition(":")[2].split()}
    if not named:
        return platform.machine()
    return f"{named[0]} {'with' if EIGHT_BITS in flags else 'without'} AVX-512 VNNI"
