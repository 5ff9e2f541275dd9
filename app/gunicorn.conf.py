"""How gunicorn runs the server: workers, threads, time-outs, draining, new models, and what it says at the start.

Every number is a setting of settings.py. SIGHUP serves new models without a gap, if they are good; SIGTERM drains.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # `gunicorn -c app/gunicorn.conf.py` runs from anywhere
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: matrices here are small, and workers share the cores

from app import lifecycle, logs, metrics
from app.artifact import CARD, BadModel
from app.registry import choose_default, find_artifacts
from app.settings import ROOT, BadSetting, read_settings
from app.worker import BufferingWorker

try:
    settings = read_settings()
except BadSetting as error:
    sys.exit(f"Digits cannot start: {error}")

if settings.rate:
    import app.limits  # noqa: F401  its table is to be shared

MEMORY = Path("/dev/shm")  # a file system in memory

wsgi_app = "app.wsgi:application"
bind = f"{settings.host}:{settings.port}"
workers = settings.workers or max(2, os.cpu_count() or 1)  # one a core: reading a picture does nothing but compute
# One thread a worker, beside the loop that receives. More would compete for the GIL, which OpenCV and Pillow give up at
# every call: with four, a request took 1.4 times the processor time and changed threads 39 times (docs/bench).
threads = settings.threads
timeout = settings.timeout
graceful_timeout = settings.timeout
keepalive = 5  # seconds; longer than a person pauses between strokes
preload_app = False  # TensorFlow hangs after a fork, and LiteRT's threads would not survive one
in_memory = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
worker_tmp_dir = str(MEMORY) if in_memory else None  # the heartbeat must not wait for a disk
control_socket_disable = True
limit_request_fields = 64  # headers
logconfig_dict = logs.configure(settings.log_level)
BufferingWorker.most_bytes = settings.max_bytes
BufferingWorker.most_waiting = settings.queue
BufferingWorker.most_seconds = settings.timeout
worker_class = BufferingWorker


def on_starting(server: Any) -> None:
    """Check what a worker would stumble over, before there is one: the port and the models."""
    try:
        artifacts = find_artifacts(settings.models)
        default = choose_default(artifacts, settings.default_model)
    except BadModel as error:
        sys.exit(f"Digits cannot start: {error}")
    if settings.port and not reloading():
        _check_port()
    runtimes = {
        runtime: [artifact.name for artifact in artifacts if (artifact.compiled is None) == (runtime == "TensorFlow")]
        for runtime in ("LiteRT", "TensorFlow")
    }
    served = " and ".join(f"{', '.join(names)} by {runtime}" for runtime, names in runtimes.items() if names)
    server.serving = f"serving {served}; the default is {default}"
    if not server.cfg.reload:  # workers would keep the code that the master imported
        _import_app()
    _raise_file_limit()
    _make_metrics_folder(server)
    server.handle_hup = partial(_reload_if_good, server, server.handle_hup)
    server.manage_workers = partial(_replace_when_loaded, server, server.manage_workers)
    server.handle_term = partial(_drain, server.handle_term)
    if settings.watch:
        server.murder_workers = partial(_look_for_models, server, server.murder_workers)


def when_ready(server: Any) -> None:
    """Say where the page is."""
    host, port = server.LISTENERS[0].sock.getsockname()[:2]
    address = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    print(f"Digits on http://{address}:{port} {server.serving}", flush=True)


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker the lowest free place, whose files it counts in."""
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in range(len(taken) + 1) if place not in taken)
    lifecycle.announce_start(worker.place)


def post_fork(server: Any, worker: Any) -> None:
    """Reserve the files in which a worker counts; without room for them it counts alone."""
    folder = os.environ.get(metrics.FOLDER)
    if folder is None:
        return
    try:
        metrics.reserve_files(Path(folder), worker.place)
    except OSError as error:
        server.log.warning("No room to count in %s, so /metrics shows one worker at a time: %s", folder, error)
        return
    os.environ[metrics.PLACE] = str(worker.place)


def post_worker_init(worker: Any) -> None:
    """Remember that the models could be loaded: older workers may go."""
    lifecycle.announce_loaded(worker.place)
    worker.log.debug("Worker %s has loaded its models", worker.pid)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget what a worker was doing when it ended."""
    if metrics.FOLDER in os.environ:
        metrics.forget_worker(worker.place)


def on_exit(server: Any) -> None:
    """Take away what the master made."""
    if hasattr(server, "metrics_folder"):
        shutil.rmtree(server.metrics_folder, ignore_errors=True)


def _import_app() -> None:
    """Import once what every worker needs, so that they share its memory: no model and no TensorFlow."""
    for module in ("api", "openapi", "pages", "protocols.open_inference", "protocols.tf_serving"):
        importlib.import_module(f"app.{module}")
    importlib.import_module("ai_edge_litert.interpreter")


def _raise_file_limit() -> None:
    """Allow as many open files as the system lets us: one a connection."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536) if most > 0 else 65536, most))


def _make_metrics_folder(server: Any) -> None:
    """Make the folder in which the workers count; without one each counts alone."""
    if metrics.FOLDER in os.environ:
        return
    try:
        server.metrics_folder = tempfile.mkdtemp(prefix="digits-metrics-", dir=worker_tmp_dir)
    except OSError as error:
        server.log.warning("No folder to count in, so /metrics shows one worker at a time: %s", error)
        return
    os.environ[metrics.FOLDER] = server.metrics_folder


def _reload_if_good(server: Any, reload: Any) -> None:
    """Replace the workers if a process of its own can serve what they would load; else keep them and say why."""
    check = [sys.executable, "-m", "app", "--check"]
    done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["the check failed"]
        server.log.error("Kept the models that were served. %s", reason[0])
        return
    reload()
    print(f"Digits serves anew: {done.stdout.strip()}", flush=True)


def _replace_when_loaded(server: Any, manage_workers: Any) -> None:
    """Let old workers go only when the new ones can answer: gunicorn by itself would not wait."""
    deadline = time.monotonic() + settings.timeout
    while len(server.WORKERS) > server.num_workers and time.monotonic() < deadline:
        workers = sorted(server.WORKERS.values(), key=lambda worker: worker.age)
        if all(lifecycle.has_loaded(worker.place) for worker in workers[-server.num_workers :]):
            break
        server.reap_workers()
        time.sleep(0.05)
    manage_workers()


def _drain(stop: Any) -> None:
    """Say that the server is going away, answer for a while longer, and stop."""
    lifecycle.announce_stop()
    time.sleep(settings.drain)
    stop()


def _look_for_models(server: Any, go_on: Any) -> None:
    """Reload once the model folders have changed and then stayed the same for a look; called every second."""
    go_on()
    now = time.monotonic()
    if now < getattr(server, "next_look", 0.0):
        return
    server.next_look = now + settings.watch
    cards = sorted(settings.models.glob(f"[!.]*/{CARD}"))
    seen = [(card, card.stat().st_mtime_ns) for card in cards if card.exists()]
    if seen == getattr(server, "seen", seen) and seen != getattr(server, "served", seen):
        server.served = seen
        server.handle_hup()
    server.seen = seen
    if not hasattr(server, "served"):
        server.served = seen


def reloading() -> bool:
    """Say whether gunicorn took its socket over from a process before it."""
    return "GUNICORN_FD" in os.environ


def _check_port() -> None:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            reason = f"cannot listen on {settings.host}:{settings.port} ({error.strerror})"
            sys.exit(f"Digits cannot start: it {reason}. Stop what uses it, or choose another port: PORT=8001 make run")
