"""What clients, operators and machines do wrong, against real gunicorn: the others are still served."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from app.models.card import read_card, write_card
from app.server.worker import LAST_REQUEST
from tests.conftest import ROOT
from tests.support.drawings import to_bytes
from tests.support.processes import read_status
from tests.support.servers import SEVEN, START, Load, Server, ask, await_server, receive, running, set_up, wait_until

HALF = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf"


@pytest.fixture(scope="module")
def server(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with running(log, models=tiny_models, workers=1, threads=2, max_bytes=2**20, log_level="warning") as server:
        yield server
        assert "Traceback" not in log.read_text()


# ---- clients ----


def test_many_slow_senders_do_not_delay_others(server: Server) -> None:
    slow = [server.connect() for _ in range(100)]
    for connection in slow:
        connection.sendall(HALF)
    silent = [server.connect() for _ in range(20)]
    assert [ask(server.port)[0] for _ in range(20)] == [200] * 20
    slow[0].sendall(bytes(996))
    assert receive(slow[0])[0] == 415
    for connection in slow + silent:
        connection.close()


def test_a_body_by_the_byte_is_read(server: Server) -> None:
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(SEVEN), SEVEN)
        for index in range(0, 200):
            connection.sendall(request[index : index + 1])
        connection.sendall(request[200:])
        assert receive(connection)[0] == 200


def test_clients_that_vanish_leave_nothing_behind(server: Server) -> None:
    for _ in range(20):
        for part in (b"", b"POST /pre", HALF, b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhalf"):
            connection = server.connect()
            connection.sendall(part)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
            connection.close()
    assert ask(server.port)[0] == 200
    gone = "a thread may still answer one that has gone"
    wait_until(lambda: count(server, "digits_requests_in_flight") == 1, gone)


def test_a_connection_is_kept_alive_and_may_pipeline(server: Server) -> None:
    with server.connect() as connection:
        request = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(SEVEN), SEVEN)
        for _ in range(3):
            connection.sendall(request)
            assert receive(connection)[0] == 200
        live = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
        connection.sendall(2 * (live + b"\r\n") + live + b"Connection: close\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
        assert received.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("size", (2**20 + 1, 30_000_000))
def test_a_body_that_is_too_large_is_answered_not_reset(server: Server, size: int) -> None:
    status, body, headers = ask(server.port, bytes(size))  # this client reads only when all is sent
    assert (status, body["code"], headers["Connection"]) == (413, "too_large", "close")
    assert "1,048,576 bytes" in body["error"]


def test_chunks_are_read(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START)
    connection.request("POST", "/predict", iter((SEVEN[:100], SEVEN[100:101], SEVEN[101:])), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    (
        (b"%x\r\n%b\r\n0\r\n\r\n" % (2**20 + 10, bytes(2**20 + 10)), 413, "too_large"),
        (b"1\r\nx\r\n" * 300_000, 413, "too_large"),
        (b"seven\r\n", 400, "bad_request"),
        (b"1" * 9000, 400, "bad_request"),
        (b"1\r\nxx\r\n0\r\n\r\n", 400, "bad_request"),
    ),
)
def test_wrong_chunks_are_refused(server: Server, body: bytes, status: int, code: str) -> None:
    with server.connect() as connection:
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        answered = receive(connection)
    assert (answered[0], answered[1]["code"]) == (status, code)


@pytest.mark.parametrize(
    "head",
    (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n",
        b"PUT /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
    ),
    ids=("first", "last, as curl -T"),
)
def test_expect_continue_is_answered_by_continue_or_an_error(server: Server, head: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(head % len(SEVEN))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(SEVEN)
        assert receive(connection)[0] == 200
    with server.connect() as connection:
        connection.sendall(head % 10**9)
        assert receive(connection)[0] == 413


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    (
        (b"hello\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/9.9\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400, "bad_request"),
        (b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 413, "too_large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 413, "too_large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 65 + b"\r\n", 413, "too_large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: x\r\n" * 20_000, 413, "too_large"),
        (
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nhalf",
            400,
            "bad_request",
        ),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400, "bad_request"),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 4000 + b"\r\n\r\n", 413, "too_large"),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 400, "bad_request"),
        (
            b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
            400,
            "bad_request",
        ),
    ),
)
def test_a_malformed_request_is_answered_as_json(server: Server, request_bytes: bytes, status: int, code: str) -> None:
    with server.connect() as connection:
        connection.sendall(request_bytes)
        answered = receive(connection)
    assert (answered[0], answered[1]["code"]) == (status, code), answered


def test_an_endless_body_is_cut_off(tiny_models: Path, tmp_path: Path) -> None:
    with (
        running(tmp_path / "log", models=tiny_models, workers=1, timeout=3) as server,
        server.connect() as connection,
        server.connect() as silent,
    ):
        connection.sendall(HALF)
        assert receive(connection)[0] == 400
        assert silent.recv(1) == b""


def test_more_than_the_queue_holds_is_refused_at_once(tiny_models: Path, tmp_path: Path) -> None:
    many = json.dumps({"images": ["iVBORw0KGgo="] * 1000}).encode()  # keeps the one thread busy for a while
    with running(tmp_path / "log", models=tiny_models, workers=1, threads=1, queue=2) as server:
        clients = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=START) for _ in range(16)]
        with server.halted():
            for client in clients:
                client.request("POST", "/predict", many, {"Content-Type": "application/json"})
        answers = [client.getresponse() for client in clients]
        refused = [answer for answer in answers if answer.status == 503]
        assert {answer.status for answer in answers} == {200, 503}
        assert 1 <= len(refused) <= 13
        for answer in refused:
            assert json.load(answer)["code"] == "overloaded"
            assert int(answer.headers["Retry-After"]) >= 1
        for client in clients:
            client.close()
        assert ask(server.port)[0] == 200


# ---- operators ----


def test_stopping_under_load_loses_no_request(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=2, drain=5) as server:
        with Load(server.port) as load:
            load.wait_for(50)
            server.send(signal.SIGTERM)
            deadline = time.monotonic() + START
            while ask(server.port, b"", "/health/ready", "GET")[0] == 200:
                assert time.monotonic() < deadline
            assert ask(server.port)[0] == 200  # not ready, and still answering
            assert server.process.wait(START) == 0
        assert load.failures == []
        assert set(load.statuses) == {200}


def test_a_second_signal_to_stop_ends_the_draining(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1, drain=600) as server:
        server.send(signal.SIGTERM)
        deadline = time.monotonic() + START
        while ask(server.port, b"", "/health/ready", "GET")[0] == 200:
            assert time.monotonic() < deadline
        assert ask(server.port)[0] == 200
        server.send(signal.SIGTERM)
        assert server.process.wait(START) == 0


def test_a_kept_connection_is_answered_while_stopping(tiny_models: Path, tmp_path: Path) -> None:
    for _ in range(9):  # where this machine stalls, the connection is closed before the last request is sent
        with running(tmp_path / "log", models=tiny_models, workers=1) as server:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START)
            connection.request("POST", "/predict", SEVEN)
            connection.getresponse().read()
            began = time.monotonic()
            server.send(signal.SIGTERM)
            wait_until_refused(server)
            with contextlib.closing(connection), contextlib.suppress(ConnectionError):
                connection.request("POST", "/predict", SEVEN)
                answer = connection.getresponse()
                assert (answer.status, answer.headers["Connection"]) == (200, "close")
                return
            assert time.monotonic() - began > LAST_REQUEST
    raise AssertionError("no request was sent in time")


def wait_until_refused(server: Server) -> None:
    """Wait until no worker accepts connections any more."""
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        try:
            server.connect().close()
        except ConnectionRefusedError:
            return
        time.sleep(0.01)
    raise AssertionError("it still accepts connections")


def change_model(models: Path, **card: object) -> None:
    write_card(models / "plain", {**(read_card(models / "plain") or {}), **card})


@pytest.fixture
def models(tiny_models: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_models, tmp_path / "models"))


def version_of(server: Server) -> str:
    with urllib.request.urlopen(f"{server.address}/v1/models/plain", timeout=START) as answer:
        version: str = json.load(answer)["model_version_status"][0]["version"]
    return version


def test_a_new_model_is_served_without_a_gap_and_a_bad_one_is_not(models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=models, workers=2) as server, Load(server.port, clients=2) as load:
        change_model(models, version="2")
        server.send(signal.SIGHUP)
        deadline = time.monotonic() + START
        while {version_of(server) for _ in range(5)} != {"2"}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        while len(before := server.workers()) > 2:
            time.sleep(0.1)
        (models / "plain" / "model.json").write_text("{")
        server.send(signal.SIGHUP)
        server.wait_for("Kept the models that were served. Digits cannot serve this: ")
        assert "model.json is damaged" in server.log.read_text()
        assert server.workers() == before
        assert version_of(server) == "2"
        load.wait_for(20)
        assert load.failures == []
        assert set(load.statuses) == {200}


def booted(server: Server) -> set[int]:
    """The process ids of the workers that there ever were; the log has to show its debug lines."""
    return {int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", server.log.read_text())}


def catch_while_loading(server: Server) -> tuple[int, set[int]]:
    """Reload, and stop a new worker before it has loaded its models; return its process id, and those that serve."""
    for _ in range(20):
        known, serving = booted(server), {*server.workers()}
        server.send(signal.SIGHUP)
        deadline = time.monotonic() + START
        while not (new := booted(server) - known):
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.001)
        caught = new.pop()
        os.kill(caught, signal.SIGSTOP)
        while read_status(caught).state != "T":
            time.sleep(0.001)
        if f"Worker {caught} has loaded" not in server.log.read_text():
            return caught, serving
        os.kill(caught, signal.SIGCONT)
        wait_for_successors(server, known)
    raise AssertionError("every new worker was too fast")


def wait_for_successors(server: Server, known: set[int]) -> None:
    """Wait until all workers are new ones."""

    def have_come() -> bool:
        workers = server.workers()
        return len(workers) == 2 and not known & {*workers} and {*workers} <= booted(server)

    wait_until(have_come, "all workers are new ones")


def wait_for_version(server: Server, version: str) -> None:
    deadline = time.monotonic() + START
    while {version_of(server) for _ in range(10)} != {version} or len(server.workers()) != 2:
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.1)


def test_old_workers_serve_until_the_new_ones_can_and_one_that_dies_meanwhile_is_replaced(
    models: Path, tmp_path: Path
) -> None:
    with running(tmp_path / "log", models=models, workers=2, log_level="debug") as server:
        server.wait_for_workers(2)
        change_model(models, version="2")
        with Load(server.port, clients=2) as load:
            caught, old = catch_while_loading(server)
            time.sleep(3)  # the others have loaded, and gunicorn has looked at its workers
            assert old <= set(server.workers())
            os.kill(caught, signal.SIGKILL)
            wait_for_version(server, "2")
            assert not old & set(server.workers())
            load.wait_for(20)
        assert load.failures == []
        assert set(load.statuses) == {200}


def test_models_that_change_while_others_are_loaded_are_the_ones_served(models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=models, workers=2, log_level="debug") as server:
        server.wait_for_workers(2)
        change_model(models, version="2")
        caught, old = catch_while_loading(server)
        change_model(models, version="3")
        server.send(signal.SIGHUP)
        deadline = time.monotonic() + START
        while old & set(server.workers()):
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError):  # it was loading what is not wanted any more
            os.kill(caught, signal.SIGCONT)
        wait_for_version(server, "3")


def test_stopping_while_models_are_loaded_does_not_wait_for_them(models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=models, workers=2, log_level="debug") as server:
        server.wait_for_workers(2)
        caught, _ = catch_while_loading(server)
        server.send(signal.SIGTERM)
        time.sleep(1)
        os.kill(caught, signal.SIGCONT)
        assert server.process.wait(25) == 0  # gunicorn kills after 30


def test_a_changed_folder_is_noticed(models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=models, workers=1, watch=1) as server:
        deadline = time.monotonic() + START
        time.sleep(2)
        change_model(models, version="7")
        while version_of(server) != "7":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        (models / "plain" / "model.json").write_text("{")
        server.wait_for("Kept the models that were served. Digits cannot serve this: ")
        assert version_of(server) == "7"


def test_a_bad_model_and_a_dead_worker_leave_the_others_serving(models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=models, workers=2, log_level="debug") as server:
        victim, survivor = server.wait_for_workers(2)
        (models / "plain" / "model.json").write_text("{")
        os.kill(victim, signal.SIGKILL)
        server.wait_for("Digits cannot replace a worker: ")
        assert ask(server.port)[0] == 200
        assert survivor in server.workers()


def test_a_storm_of_reloads_never_has_more_than_twice_the_workers_and_stopping_is_obeyed(
    models: Path, tmp_path: Path
) -> None:
    with running(tmp_path / "log", models=models, workers=2, log_level="debug") as server:
        seen = []
        with Load(server.port, clients=2) as load:
            for _ in range(20):
                server.send(signal.SIGHUP)
                deadline = time.monotonic() + 0.1
                while time.monotonic() < deadline:
                    seen.append({*server.workers()})
                    time.sleep(0.01)
            load.wait_for(50)
        workers = booted(server)  # the others were checks of the models, which look like workers when they begin
        assert max(len(each & workers) for each in seen) <= 4
        assert load.failures == []
        assert set(load.statuses) == {200}
        server.send(signal.SIGHUP)
        server.send(signal.SIGTERM)
        assert server.process.wait(25) == 0  # gunicorn kills after 30


def test_a_worker_that_hangs_is_replaced_and_others_answer(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=2) as server:
        still = server.workers()[0]
        os.kill(still, signal.SIGSTOP)
        with Load(server.port, clients=1) as load:
            server.wait_for(f"Worker {still} had no heartbeat")
            load.wait_for(20)
        assert set(load.statuses) == {200}
        wait_until(lambda: still not in server.workers(), "it is replaced")


# ---- machines ----


def test_few_open_files_leave_room_for_new_clients(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", before="ulimit -n 64", models=tiny_models, workers=1) as server:
        slow = []
        for _ in range(100):
            slow.append(server.connect())
            slow[-1].sendall(b"GET / HTTP/1.1\r\n")
        assert [ask(server.port)[0] for _ in range(5)] == [200] * 5
        assert "Open files are limited" in server.log.read_text()
        for connection in slow:
            connection.close()


def test_clients_that_do_not_read_leave_room_for_new_ones(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", before="ulimit -n 100", models=tiny_models, workers=1) as server:
        slow = []
        for _ in range(120):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.settimeout(START)
            client.connect(("127.0.0.1", server.port))
            with contextlib.suppress(ConnectionError):  # it had to make room
                client.sendall(60 * b"GET /static/style.css HTTP/1.1\r\nHost: x\r\n\r\n")
            slow.append(client)
        assert [ask(server.port)[0] for _ in range(5)] == [200] * 5
        assert "Too many open files" not in server.log.read_text()
        for client in slow:
            client.close()


@pytest.mark.parametrize("files", (20, 50))
def test_too_few_open_files_stop_the_start(files: int) -> None:
    command = ["sh", "-c", f"ulimit -n {files} && exec {sys.executable} -m app"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=START, check=False)
    assert done.returncode != 0
    assert done.stderr == (
        f"Digits cannot start: A process may open {files} files here (ulimit -n), expected 60 or more.\n"
    )


JUMPING = """
import random, time
now = time.time
time.time = lambda: now() + random.choice((-86_400, 0, 86_400))
"""


def test_a_clock_that_jumps_changes_nothing(tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with running(tmp_path / "log", models=tiny_models, workers=2, rate="100000/hour") as server:
        before = server.workers()
        with Load(server.port, clients=2) as load:
            time.sleep(3)  # for gunicorn to look at its workers
            load.wait_for(20)
        assert load.failures == []
        assert set(load.statuses) == {200}
        assert server.workers() == before
        days = {json.loads(line)["time"][:10] for line in server.log.read_text().splitlines() if line[:1] == "{"}
        assert len(days) > 1


def count(server: Server, name: str) -> float:
    with urllib.request.urlopen(f"{server.address}/metrics", timeout=START) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def test_a_killed_worker_is_replaced_and_nothing_counted_is_lost(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=2, threads=2) as server:
        before = server.workers()
        with Load(server.port) as load:
            load.wait_for(50)
            counted = count(server, 'digits_requests_total{method="POST"')
            os.kill(before[0], signal.SIGKILL)
            load.wait_for(50)
        deadline = time.monotonic() + START
        while len(set(server.workers()) - {before[0]}) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert set(load.statuses) == {200}
        assert len(load.failures) <= load.clients  # what the worker was answering when it died
        assert (
            50 <= counted <= count(server, 'digits_requests_total{method="POST"') <= len(load.statuses) + load.clients
        )
        assert count(server, "digits_read_total") >= len(load.statuses)
        assert count(server, "digits_requests_in_flight") == 1.0


def can_mount() -> bool:
    """Return whether this machine lets a test have a file system of its own."""
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


DEVICES = (
    "mkdir /run/dev && cd /run/dev && for name in null urandom; do touch $name; mount --bind /dev/$name $name; done"
)
FILE_SYSTEMS = {
    "no /dev/shm": f"({DEVICES}) && mount --rbind /run/dev /dev",
    "a full /dev/shm": "mount -t tmpfs -o size=64k tmpfs /dev/shm && ! head -c 99k /dev/zero > /dev/shm/full",
    "only /tmp": "mount -t tmpfs -o ro tmpfs /dev/shm && mount --bind /tmp /tmp && mount -o remount,ro,bind /",
}


@pytest.mark.skipif(not can_mount(), reason="no right to mount")
@pytest.mark.parametrize("mounts", FILE_SYSTEMS.values(), ids=FILE_SYSTEMS)
def test_it_serves_on_hostile_file_systems(tiny_models: Path, mounts: str) -> None:
    program = f"mount -t tmpfs tmpfs /run && cp -r {tiny_models} /run/models && {mounts} && exec python -m app"
    environment = set_up({"workers": 2, "models": "/run/models"})
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    process = subprocess.Popen(
        ["unshare", "-m", "sh", "-c", program],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    with await_server(process) as address:
        port = int(address.rpartition(":")[2])
        assert [ask(port)[0] for _ in range(5)] == [200] * 5
        with urllib.request.urlopen(f"{address}/metrics", timeout=START) as answer:
            assert "digits_requests_total" in answer.read().decode()


def test_a_worker_out_of_memory_says_so_and_continues(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1) as server:
        (worker,) = server.workers()
        used = 1024 * int(Path(f"/proc/{worker}/statm").read_text().split()[0]) * 4
        resource.prlimit(worker, resource.RLIMIT_AS, (used + 2**26, used + 2**26))
        large = to_bytes(Image.new("RGB", (7000, 7000), "white"), "PNG", compress_level=1)
        status, body, _ = ask(server.port, large)
        assert status >= 400
        assert set(body) == {"error", "code"}
        assert ask(server.port)[0] == 200
