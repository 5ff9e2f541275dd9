"""The server as one program: settings, gunicorn's configuration, and the app that its workers load."""

from __future__ import annotations

import contextlib
import importlib
import logging
import logging.config
import os
import resource
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: matrices here are small, and workers share the cores
os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # before the workers' threads: what they free comes back from two heaps

from gunicorn.app.base import BaseApplication

from ..lifecycle import has_served
from ..memory.opening import EMBEDDED, find_database, start_describing
from ..models.files import BadModel
from ..models.folder import IMPORTED
from ..models.registry import choose_default, describe_refused, log_refused, tell_workers
from ..models.survey import survey
from ..settings import BadSetting, Settings, read_settings
from ..web import logs, metrics
from . import arbiter
from .worker import Worker

MEMORY = Path("/dev/shm")  # a file system in memory
MAX_FILES = 65536  # open files a process asks for
MIN_FILES = 60  # open files: a worker has some 25 open itself and keeps 16 free
BOOT_ERROR = 3  # gunicorn's exit code for a worker that cannot start: it stops instead of retrying
PAUSE = 2  # seconds before the next worker retries


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn's custom application: its configuration comes from our settings alone."""

    def __init__(self, settings: Settings, reload: bool, load: Callable[[], Any] | None = None) -> None:
        """Keep the settings; `reload` starts workers again when a file of the code changes, `load` replaces the app."""
        self.settings = settings
        self._reload = reload
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        """Configure gunicorn by the settings."""
        settings = self.settings
        for name, value in {
            "bind": f"[{settings.host}]:{settings.port}"
            if ":" in settings.host
            else f"{settings.host}:{settings.port}",
            "workers": settings.workers or max(2, os.cpu_count() or 1),  # one a core: reading does nothing but compute
            "worker_class": Worker,
            "timeout": settings.timeout,
            "graceful_timeout": settings.timeout,
            "keepalive": 5,  # seconds; longer than a pause between two strokes
            "worker_tmp_dir": find_memory_folder(),  # the heartbeat must not wait for a disk
            "control_socket_disable": True,
            "limit_request_fields": 64,  # headers
            "forwarded_allow_ips": "",  # DIGITS_PROXIES alone says which proxies are trusted
            "http_parser": "python",
            "reload": self._reload,
            "logconfig_dict": logs.configure(settings.log_level),
            **{name: getattr(arbiter, name) for name in ("pre_fork", "post_fork", "post_worker_init", "child_exit")},
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Load the app with its models, in a worker."""
        from .. import create_app

        try:
            return self._load() if self._load else create_app()
        except (BadModel, BadSetting) as error:
            if not has_served():
                print(f"Digits cannot start: {error}", file=sys.stderr, flush=True)
                sys.exit(BOOT_ERROR)
            print(f"Digits cannot replace a worker: {error}", file=sys.stderr, flush=True)
        except Exception:
            if not has_served():
                raise
            logging.getLogger(__name__).exception("Digits cannot replace a worker")
        time.sleep(PAUSE)
        sys.exit(1)  # the other workers keep serving the models that they have


def serve(reload: bool = False, load: Callable[[], Any] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C. Ends the process; an error at the start is one sentence.

    Args:
        reload: start workers again when a file of the code changes.
        load: what a worker loads instead of the app, for benchmarks; no model is checked then.
    """
    try:
        settings = read_settings()
        logging.config.dictConfig(logs.configure(settings.log_level))  # what is imported is said while it happens
        serving = "serving another application" if load else describe_serving(settings, not reload)
        raise_file_limit()
    except (BadSetting, BadModel) as error:
        sys.exit(f"Digits cannot start: {error}")
    if settings.port and not has_inherited_socket():
        check_port(settings)
    if settings.rate or (find_database(settings) and not load):
        importlib.import_module("app.web.limits")  # its table is to be shared
    importlib.import_module("app.memory.changes")  # its table is to be shared
    sys.argv = ["-m", "app", *sys.argv[1:]]  # what gunicorn starts again at SIGUSR2
    server = Server(settings, reload, load)
    folder = make_metrics_folder()
    try:
        arbiter.Arbiter(server, serving).run()
    finally:
        if folder and os.getpid() == folder[1]:
            shutil.rmtree(folder[0], ignore_errors=True)


def describe_serving(settings: Settings, import_it: bool) -> str:
    """Make models and corrections ready, and say what is served and where corrections are kept.

    Args:
        import_it: import the app, too, while other processes do that.

    Raises:
        BadModel, BadSetting: it cannot be served.
    """
    receive_description = start_describing(settings)
    serving = survey_models(settings, partial(import_app, settings) if import_it else None)
    return f"{serving.removesuffix('.')}. {receive_description()}"


def survey_models(settings: Settings, meanwhile: Callable[[], None] | None) -> str:
    """Load every model once, in a separate process, and return what will be served; workers get the list of the rest.

    Args:
        meanwhile: is called while that process loads them.

    Raises:
        BadModel: no model can be served.
    """
    if has_inherited_socket():  # what the process before it imported goes with that
        os.environ.pop(IMPORTED, None)
    found = survey(settings.models, settings.strict, meanwhile)
    default = choose_default(found, settings.default_model)
    tell_workers(found.refused)
    log_refused(found.refused)
    runtimes = {
        runtime: [each.name for each in found.artifacts if (each.compiled is None) == (runtime == "TensorFlow")]
        for runtime in ("LiteRT", "TensorFlow")
    }
    served = " and ".join(f"{', '.join(names)} by {runtime}" for runtime, names in runtimes.items() if names)
    return f"serving {served}; the default is {default}. {describe_refused(found.refused)}".removesuffix(". ")


def raise_file_limit() -> None:
    """Raise the limit of open files as far as the system allows: one a connection.

    Raises:
        BadSetting: fewer than MIN_FILES.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, MAX_FILES) if hard > 0 else MAX_FILES, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < MIN_FILES:
        raise BadSetting(f"A process may open {soft} files here (ulimit -n), expected {MIN_FILES} or more.")


def check_port(settings: Settings) -> None:
    """Exit with a sentence where the port is not available: gunicorn would retry for five seconds."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = f"cannot listen on {settings.host}:{settings.port} ({error.strerror})"
            sys.exit(f"Digits cannot start: it {reason}. Stop what uses it, or choose another port: PORT=8001 make run")


def has_inherited_socket() -> bool:
    """Return whether gunicorn took its socket over from a process before it."""
    return "GUNICORN_FD" in os.environ


def import_app(settings: Settings) -> None:
    """Import once what every worker needs, so that they share its memory: no model and no TensorFlow."""
    if settings.database not in (EMBEDDED, ""):
        importlib.import_module("app.memory.hands")
    for module in (
        "api",
        "openapi.views",
        "pages.views",
        "protocols.open_inference",
        "protocols.tf_serving",
        "web.headers",
    ):
        importlib.import_module(f"app.{module}")
    importlib.import_module("ai_edge_litert.interpreter")


def find_memory_folder() -> str | None:
    """Return a folder in memory that can be written to; None where there is none."""
    return str(MEMORY) if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None


def make_metrics_folder() -> tuple[str, int] | None:
    """Create the folder of the workers' counters, and return it with the process that removes it.

    Without a folder each worker counts alone.
    """
    if (
        metrics.FOLDER in os.environ and not has_inherited_socket()
    ):  # an inherited folder is removed by the process before
        return None
    try:
        folder = tempfile.mkdtemp(prefix="digits-metrics-", dir=find_memory_folder())
    except OSError as error:
        logging.getLogger("gunicorn.error").warning(
            "No folder to count in, so /metrics shows one worker at a time: %s", error
        )
        return None
    os.environ[metrics.FOLDER] = folder
    return folder, os.getpid()
