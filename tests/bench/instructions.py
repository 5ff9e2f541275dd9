"""Count the instructions of one request by callgrind: a figure that what else a machine does cannot move.

    python -m tests.bench.instructions        needs valgrind (apt-get install valgrind)

Each server's app answers in one process, without sockets: Digits as its worker calls it, the bare one likewise. What
valgrind shows a program is a processor with AVX2 and without AVX-512, as many are. Counting is turned on for some
requests at a time, after others have warmed the process up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import logging.config
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .posts import Post, many_pictures, one_page, one_picture
from .servers import BARE_NETWORK, ROOT

WARM_UP = 5  # requests before the first that is counted
COUNTED = 20  # pictures of a request each, or of requests with TOGETHER
TOGETHER = 32
APPS = ("Digits", "bare")
COMMAND = ("valgrind", "--tool=callgrind", "--instr-atstart=no", "--quiet")
TOTALS = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)


def measure_instructions() -> Mapping[str, Mapping[str, float]]:
    """Return the thousands of instructions of one picture in each post, by the server; nothing without valgrind."""
    if shutil.which(COMMAND[0]) is None:
        return {}
    return {name: _measure(name) for name in APPS}


def _measure(name: str) -> Mapping[str, float]:
    """Let an app answer under callgrind, and read what each post took."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        environment = {
            **os.environ,
            "BENCH_BARE": str(BARE_NETWORK),
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(ROOT),
        }
        command = [*COMMAND, f"--callgrind-out-file={out}", sys.executable, "-m", __spec__.name, name]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        counted: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
        written = [out.with_name(f"out.{number}") for number in range(1, len(counted) + 1)]
        totals = [int(TOTALS.findall(file.read_text())[-1]) for file in written]
        if keep := os.environ.get("BENCH_CALLGRIND"):  # a folder: what each function took
            for file, post in zip(written, counted, strict=True):
                shutil.copy(file, Path(keep) / f"{name} {post}.callgrind")
    return {post: total / counted[post] / 1000 for post, total in zip(counted, totals, strict=True)}


def answer(name: str) -> dict[str, int]:
    """Answer the posts, counted; return how many pictures of each were."""
    posts = [one_picture(mode) for mode in ("L", "RGB", "RGBA")]
    if name == "Digits":
        posts += [many_pictures(TOGETHER), replace(posts[0], name="/read, 1 digit", path="/read"), one_page(4, 5)]
    ask = (ask_digits if name == "Digits" else ask_bare)()
    counted = {}
    for post in posts:
        requests = max(1, COUNTED // post.pictures)
        for _ in range(min(WARM_UP, requests)):
            ask(post)
        _control("-i", "on")
        for _ in range(requests):
            ask(post)
        _control("-i", "off")
        _control("-d")
        counted[post.name] = requests * post.pictures
    return counted


def ask_digits() -> Callable[[Post], None]:
    """Return what asks the app by WSGI, its log written to nowhere."""
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    from app import create_app
    from app.web.logs import configure

    configuration = configure("info", as_json=True)
    logging.config.dictConfig(configuration)
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  as long as the process
    logging.getLogger().handlers[0].setStream(nowhere)  # type: ignore[attr-defined]
    app = create_app({"log_level": "info"})
    environments: dict[str, Any] = {}

    def ask(post: Post) -> None:
        if post.name not in environments:
            builder = EnvironBuilder(post.path, method="POST", data=post.body, content_type=post.content_type)
            environments[post.name] = builder.get_environ()
        environment = dict(environments[post.name])
        environment["wsgi.input"].seek(0)
        body, status, _ = run_wsgi_app(app, environment, buffered=True)
        assert status == "200 OK", b"".join(body)

    return ask


def ask_bare() -> Callable[[Post], None]:
    """Return what asks the bare app by ASGI."""
    from .bare import app

    loop = asyncio.new_event_loop()

    def ask(post: Post) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/predict",
            "raw_path": b"/predict",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"content-type", post.content_type.encode()), (b"content-length", b"%d" % len(post.body))],
        }
        statuses = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": post.body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            statuses.append(message.get("status"))

        loop.run_until_complete(app(scope, receive, send))  # type: ignore[arg-type]
        assert statuses[0] == 200

    return ask


def _control(*arguments: str) -> None:
    """Tell callgrind, which runs this process, to count or to write what it has counted."""
    subprocess.run(("callgrind_control", *arguments, str(os.getpid())), check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    print("\n" + json.dumps(answer(sys.argv[1]) if sys.argv[1:] else measure_instructions()))
