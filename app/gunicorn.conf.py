"""How gunicorn runs the server: workers, threads, time-outs, draining, new models, and what it says at the start.

Every number is a setting of settings.py. SIGHUP serves new models without a gap, if they are good; SIGTERM drains.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import shutil
import signal
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
from app.artifact import BadModel
from app.registry import choose_default, describe_refused, log_refused, tell_workers
from app.settings import ROOT, BadSetting, read_settings
from app.survey import survey
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
forwarded_allow_ips = ""  # whom to believe is said by DIGITS_PROXIES alone
sendfile = False  # what a client does not take of a file is sent by the worker's loop
logconfig_dict = logs.configure(settings.log_level)
BufferingWorker.most_bytes = settings.max_bytes
BufferingWorker.most_waiting = settings.queue
BufferingWorker.most_seconds = settings.timeout
worker_class = BufferingWorker


def on_starting(server: Any) -> None:
    """Check what a worker would stumble over, before there is one: the port and the models."""
    try:
        found = survey(settings.models, settings.strict)
        default = choose_default(found, settings.default_model)
    except BadModel as error:
        sys.exit(f"Digits cannot start: {error}")
    artifacts = found.artifacts
    tell_workers(found.refused)
    log_refused(found.refused)
    if settings.port and not reloading():
        _check_port()
    runtimes = {
        runtime: [artifact.name for artifact in artifacts if (artifact.compiled is None) == (runtime == "TensorFlow")]
        for runtime in ("LiteRT", "TensorFlow")
    }
    served = " and ".join(f"{', '.join(names)} by {runtime}" for runtime, names in runtimes.items() if names)
    server.serving = f"serving {served}; the default is {default}"
    if found.refused:
        server.serving += f". {describe_refused(found.refused)}"
    if not server.cfg.reload:  # workers would keep the code that the master imported
        _import_app()
    _raise_file_limit()
    _make_metrics_folder(server)
    server.generation, server.announcement = 0, ""
    server.handle_hup = partial(_serve_anew, server)
    server.manage_workers = partial(_manage_workers, server)
    server.handle_term = partial(_drain, server.handle_term)
    if settings.watch:
        server.murder_workers = partial(_look_for_models, server, server.murder_workers)


def when_ready(server: Any) -> None:
    """Say where the page is."""
    host, port = server.LISTENERS[0].sock.getsockname()[:2]
    address = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    print(f"Digits on http://{address}:{port} {server.serving}", flush=True)


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker the lowest free place, whose files it counts in, and the models of its time."""
    taken = {other.place for other in server.WORKERS.values()}
    worker.place = next(place for place in range(len(taken) + 1) if place not in taken)
    worker.generation = server.generation
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
    """Remember that the models could be loaded: older workers may go. A worker that came too late goes by itself."""
    lifecycle.announce_loaded(worker.place)
    if lifecycle.is_stopping():  # its SIGTERM may have come before it could be handled
        worker.alive = False
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
    if metrics.FOLDER in os.environ and not reloading():  # a folder of the process before it goes with that
        return
    try:
        server.metrics_folder = tempfile.mkdtemp(prefix="digits-metrics-", dir=worker_tmp_dir)
    except OSError as error:
        server.log.warning("No folder to count in, so /metrics shows one worker at a time: %s", error)
        return
    os.environ[metrics.FOLDER] = server.metrics_folder


def _serve_anew(server: Any) -> None:
    """Let new workers load the models if a process of its own can serve them; else keep the old ones and say why."""
    check = [sys.executable, "-m", "app", "--check"]
    try:
        done = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False, timeout=settings.timeout)
    except subprocess.TimeoutExpired:
        server.log.error("Kept the models that were served. Loading others took over %s s.", settings.timeout)  # noqa: TRY400
        return
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["the check failed"]
        server.log.error("Kept the models that were served. %s", reason[0])
        return
    tell_workers(())
    server.generation += 1
    server.announcement = f"Digits serves anew: {done.stdout.strip()}"
    server.manage_workers()


def _manage_workers(server: Any) -> None:
    """Have as many workers of the latest generation as wanted, and let all others go once these can answer.

    gunicorn calls this every second, and when a worker has ended. Its own way would not wait for new workers to load,
    and would let an old one stay in the place of a new one that died meanwhile.
    """
    latest = [worker for worker in server.WORKERS.values() if worker.generation == server.generation]
    for _ in range(server.num_workers - len(latest)):
        server.spawn_worker()
    workers = sorted(server.WORKERS.values(), key=lambda worker: worker.age)
    kept = [worker for worker in workers if worker.generation == server.generation][-server.num_workers :]
    if not all(lifecycle.has_loaded(worker.place) for worker in kept):
        return
    if server.announcement:
        print(server.announcement, flush=True)
        server.announcement = ""
    for worker in workers:
        if worker not in kept:
            server.kill_worker(worker.pid, signal.SIGTERM)


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
    seen = []
    for path in sorted(settings.models.glob("[!.]*/*.*")):
        with contextlib.suppress(OSError):  # it is being replaced
            seen.append((path, path.stat().st_mtime_ns))
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
