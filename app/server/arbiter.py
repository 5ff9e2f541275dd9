"""gunicorn's arbiter, which replaces workers by generations: new ones serve before the old ones go.

    SIGHUP, or changed model folders -> a separate process checks them -> a new generation loads -> the old one drains
    SIGTERM -> /health/ready says 503 -> DIGITS_DRAIN -> what was accepted is answered -> the end

Nothing here blocks: every signal is obeyed at once. There are never more than twice the workers.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Any

from gunicorn.arbiter import Arbiter as GunicornArbiter

from .. import lifecycle
from ..models.registry import REFUSED, tell_workers
from ..settings import ROOT, Settings
from ..web import metrics

HEARTBEAT = 10  # seconds without a heartbeat after which a worker is replaced; it sends one every second
LOADING = 120  # seconds that a worker may take to load its models: TensorFlow alone takes 6 and more
MAX_SAID = 64 * 1024  # bytes of what a check of the models says


class Arbiter(GunicornArbiter):  # type: ignore[misc]
    """The process that starts the workers and watches over them."""

    def __init__(self, app: Any, serving: str) -> None:
        """Start nothing yet.

        Args:
            serving: what is printed of the models, once they are served.
        """
        super().__init__(app)
        self.settings: Settings = app.settings
        self.generation = 0
        self.serving = serving
        self.announcement = ""  # printed when the latest generation serves
        self.wanted = False  # the models are to be reloaded
        self.checking: Check | None = None
        self.stop_at: float | None = None  # when the server goes away, once it drains
        self.folders = Folders(self.settings)

    def start(self) -> None:
        """Listen, and prepare what to print once the models are served."""
        super().start()
        host, port = self.LISTENERS[0].sock.getsockname()[:2]
        address = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104  compared, not listened on
        self.announcement = f"Digits on http://{address}:{port} {self.serving}"

    def handle_hup(self) -> None:
        """Reload the models; several signals at once count as one."""
        self.wanted = True

    def handle_term(self) -> None:
        """Announce that the server is going away, answer for a while, then stop; a second signal stops it at once.

        Raises:
            StopIteration: it is time to stop.
        """
        if self.stop_at is None and self.settings.drain:
            lifecycle.announce_stop()
            self.stop_at = monotonic() + self.settings.drain
            return
        lifecycle.announce_stop()
        raise StopIteration

    def stop(self, graceful: bool = True) -> None:
        """Stop the workers, and what checks models."""
        lifecycle.announce_stop()
        if self.checking is not None:
            self.checking.process.kill()
        super().stop(graceful)

    def manage_workers(self) -> None:
        """Start and stop workers as needed; called every second, and after every event.

        Raises:
            StopIteration: the server has drained.
        """
        if self.stop_at is not None:
            if monotonic() >= self.stop_at:
                raise StopIteration
        else:
            self._renew_models()
        self._replace_workers()

    def murder_workers(self) -> None:
        """Kill the workers without a heartbeat: none of them could still exit by itself."""
        for pid, worker in list(self.WORKERS.items()):
            with contextlib.suppress(OSError, ValueError):  # it has exited meanwhile
                silent = monotonic() - worker.tmp.last_update()
                if silent > (HEARTBEAT if lifecycle.has_loaded(worker.place) else LOADING):
                    self.log.critical("Worker %s had no heartbeat for %.0f s and is replaced.", pid, silent)
                    self.kill_worker(pid, signal.SIGKILL)

    def _renew_models(self) -> None:
        """Check the models after a reload was requested, and start a generation once they pass."""
        if self.folders.have_changed():
            self.wanted = True
        if self.checking is None and self.wanted:
            self.wanted, self.checking = False, Check(max(self.settings.timeout, LOADING))
        if self.checking is None or not self.checking.is_over():
            return
        said, problem = self.checking.said, self.checking.problem
        self.checking = None
        if problem:
            self.log.error("Kept the models that were served. %s", problem)
            return
        tell_workers(())
        self.generation += 1
        self.announcement = f"Digits has reloaded its models: {said}"

    def _replace_workers(self) -> None:
        workers = sorted(self.WORKERS.values(), key=lambda worker: worker.age)
        latest = [worker for worker in workers if worker.generation == self.generation][-self.num_workers :]
        former = [worker for worker in workers if worker not in latest]
        serving = [worker for worker in former if lifecycle.has_loaded(worker.place)]
        missing = self.num_workers - len(latest)
        if missing == 0 and all(lifecycle.has_loaded(worker.place) for worker in latest):
            self._announce()
            spare = serving
        else:  # the newest of those that serve go on until the latest generation does
            spare = serving[: -self.num_workers]
        for worker in former:
            if worker in spare:
                self.kill_worker(worker.pid, signal.SIGTERM)
            elif worker not in serving:
                self.kill_worker(worker.pid, signal.SIGKILL)  # it was still loading, and serves no one
        for _ in range(min(missing, 2 * self.num_workers - len(workers))):
            self.spawn_worker()

    def _announce(self) -> None:
        if self.announcement:
            print(self.announcement, flush=True)
            self.announcement = ""


class Check:
    """A separate process that loads the model folders, since what it loads is not trusted."""

    def __init__(self, max_seconds: float) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "app", "--check"]
        environment = {name: value for name, value in os.environ.items() if name != REFUSED}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.said = self.problem = ""
        self._max_seconds = max_seconds
        self._deadline = monotonic() + max_seconds
        self._pipes = [pipe.fileno() for pipe in (self.process.stdout, self.process.stderr) if pipe]
        self._texts = [b"", b""]
        for pipe in self._pipes:
            os.set_blocking(pipe, False)

    def is_over(self) -> bool:
        """Return whether it has ended, and then what it printed or what is wrong.

        gunicorn reaps every child, and with it how this one ended: its output decides.
        """
        open_pipes = [self._read(number) for number in (0, 1)]
        late = monotonic() > self._deadline
        if late:
            self.problem = f"Loading others took over {self._max_seconds:.0f} s."
            self.process.kill()
        elif any(open_pipes):
            return False
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        self.process.poll()
        said, problem = (text.decode(errors="replace").strip().splitlines() for text in self._texts)
        if said:
            self.said = said[-1]
        else:
            self.problem = self.problem or (problem or ["the check failed"])[-1]
        return True

    def _read(self, number: int) -> bool:
        """Read what is in a pipe; return whether it is still open."""
        with contextlib.suppress(BlockingIOError):
            while piece := os.read(self._pipes[number], MAX_SAID):
                self._texts[number] = (self._texts[number] + piece)[-MAX_SAID:]
            return False
        return True


class Folders:
    """The model folders when last checked, every DIGITS_WATCH seconds."""

    def __init__(self, settings: Settings) -> None:
        """Check the folders for the first time."""
        self._models, self._pause = settings.models, settings.watch
        self._next_look = monotonic() + self._pause
        self._served = self._seen = self._look() if self._pause else []

    def have_changed(self) -> bool:
        """Return true once after the folders have changed and then stayed the same between two checks."""
        if not self._pause or monotonic() < self._next_look:
            return False
        self._next_look = monotonic() + self._pause
        seen, self._seen = self._seen, self._look()
        if self._seen != seen or seen == self._served:
            return False
        self._served = seen
        return True

    def _look(self) -> list[tuple[Path, int]]:
        seen = []
        for path in sorted(self._models.glob("[!.]*/*.*")):
            with contextlib.suppress(OSError):  # it is being replaced
                seen.append((path, path.stat().st_mtime_ns))
        return seen


# ---- gunicorn's hooks ----


def pre_fork(arbiter: Arbiter, worker: Any) -> None:
    """Give a worker the lowest free place, whose files it counts in, and the models of its time."""
    taken = {other.place for other in arbiter.WORKERS.values()}
    worker.place = next(place for place in range(len(taken) + 1) if place not in taken)
    worker.generation = arbiter.generation
    lifecycle.announce_start(worker.place)


def post_fork(arbiter: Arbiter, worker: Any) -> None:
    """Reserve the files in which a worker counts; without disk space it counts alone."""
    folder = os.environ.get(metrics.FOLDER)
    if folder is None:
        return
    try:
        metrics.reserve_files(Path(folder), worker.place)
    except OSError as error:
        arbiter.log.warning("No room to count in %s, so /metrics shows one worker at a time: %s", folder, error)
        return
    metrics.use_files(worker.place)


def post_worker_init(worker: Any) -> None:
    """Note that the models are loaded: older workers may stop. A worker that is too late exits by itself."""
    lifecycle.announce_loaded(worker.place)
    if lifecycle.is_stopping():  # its SIGTERM may have come before it could be handled
        worker.alive = False
    worker.log.debug("Worker %s has loaded its models", worker.pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.ppid, signal.SIGCHLD)  # the arbiter looks at its workers now


def child_exit(_arbiter: Arbiter, worker: Any) -> None:
    """Discard the requests in flight of a worker that has ended."""
    if metrics.FOLDER in os.environ:
        metrics.forget_worker(worker.place)
