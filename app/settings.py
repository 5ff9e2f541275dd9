"""Settings of the server: from the environment with the prefix DIGITS_, checked before anything starts."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PREFIX = "DIGITS_"
# DIGITS_DATA belongs to train/ and the tests, DIGITS_REFUSED to registry.py, DIGITS_IMPORTED to folder.py
NOT_OURS = ("DATA", "REFUSED", "IMPORTED")
ROOT = Path(__file__).parents[1]
INSTALLED = Path(__file__).with_name("served")  # where an installed package has what lies beside app/ otherwise
SERVED = INSTALLED if INSTALLED.is_dir() else ROOT  # folder of models/, static/ and templates/
LOG_LEVELS = ("debug", "info", "warning", "error")
RATE = re.compile(r"[1-9]\d{0,8}/(second|minute|hour|day)")
ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")


class BadSetting(Exception):
    """A setting that cannot be used, with its name, its value and what was expected."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set. The comment of each says its unit; docs/settings.md lists them."""

    host: str = "127.0.0.1"  # address to listen on
    port: int = 8000  # 0 lets the system choose
    workers: int = 0  # processes; 0 means one a core, at least 2
    threads: int = 1  # threads a worker, each answering one request at a time
    runtime_threads: int = 1  # threads that LiteRT uses for one prediction
    queue: int = 64  # requests a worker that may wait for a thread; more are answered 503
    connections: int = 1000  # open connections a worker; of more, the one idle or slow for longest is closed
    memory: int = 500  # MB that requests may take in a worker, besides its models; 0 means any number
    timeout: int = 30  # seconds a request may take to arrive, its pictures to be read, and the server to stop
    drain: int = 0  # seconds to go on accepting after SIGTERM, for a load balancer to notice /health/ready
    watch: int = 0  # seconds between looks for new models, which are then served; 0 means only on SIGHUP
    models: Path = SERVED / "models"  # folder of model folders
    database: str = "sqlite"  # SQLAlchemy URL of the corrections; "sqlite" means digits.sqlite3 beside models; "" none
    default_model: str = ""  # name; "" means robust where it is there, else the first by name
    strict: bool = False  # 1 refuses to start where a model folder is bad; 0 serves the others and says so
    max_bytes: int = 16 * 2**20  # bytes of a request's body
    max_pictures: int = 1024  # pictures a request
    max_digits: int = 10_000  # digits in one tensor
    rate: str = ""  # requests a client address, e.g. "60/minute"; "" means any number
    proxies: int = 0  # proxies before the server whose X-Forwarded-For is believed
    origins: str = ""  # other sites whose pages may ask, e.g. "https://a.example,https://b.example", or "*"
    log_level: str = "info"  # debug, info, warning or error

    def __post_init__(self) -> None:
        """Check what a type cannot say."""
        ranges = {"port": (0, 65535), "workers": (0, 256), "threads": (1, 256), "runtime_threads": (1, 64),
                  "queue": (0, 100_000), "connections": (8, 100_000), "memory": (0, 1_000_000),
                  "timeout": (1, 3600), "drain": (0, 3600), "watch": (0, 3600),
                  "proxies": (0, 16), "max_bytes": (1, 2**31), "max_pictures": (1, 100_000),
                  "max_digits": (1, 1_000_000)}  # fmt: skip
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise _bad(name, getattr(self, name), f"a whole number from {low} to {high}")
        if self.log_level not in LOG_LEVELS:
            raise _bad("log_level", self.log_level, f"one of {', '.join(LOG_LEVELS)}")
        if self.rate and not RATE.fullmatch(self.rate):
            raise _bad("rate", self.rate, 'a number of requests and a time, e.g. "60/minute"')
        if not all(origin == "*" or ORIGIN.fullmatch(origin) for origin in filter(None, self.origins.split(","))):
            raise _bad("origins", self.origins, 'sites like "https://a.example", separated by commas, or "*"')
        if not self.models.is_dir():
            raise _bad("models", self.models, "a folder that holds model folders")


def read_settings(
    overrides: Mapping[str, object] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Read the settings from the environment; `overrides` (by their lower-case names) win.

    Raises:
        BadSetting: a name that does not exist, or a value that cannot be used.
    """
    environment = os.environ if environment is None else environment
    given: dict[str, Any] = {
        name[len(PREFIX) :].lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name[len(PREFIX) :] not in NOT_OURS
    }
    given.update(overrides or {})
    converters: dict[str, Callable[[Any], Any]] = {"str": str, "int": _to_int, "bool": _to_bool, "Path": _to_path}
    types = {field.name: str(field.type) for field in fields(Settings)}
    values = {}
    for name, value in given.items():
        if name not in types:
            raise _bad(name, value, f"one of the settings {', '.join(types)}")
        try:
            values[name] = converters[types[name]](value)
        except ValueError as error:
            raise _bad(name, value, "0 or 1" if types[name] == "bool" else "a whole number") from error
    return Settings(**values)


def _to_int(value: object) -> int:
    return int(str(value))


def _to_bool(value: object) -> bool:
    number = int(value) if isinstance(value, bool) else int(str(value))
    if number not in (0, 1):
        raise ValueError(value)
    return number == 1


def _to_path(value: object) -> Path:
    return Path(str(value)).resolve()


def _bad(name: str, value: object, expected: str) -> BadSetting:
    return BadSetting(f"{PREFIX}{name.upper()} is {str(value)!r}, expected {expected}.")
