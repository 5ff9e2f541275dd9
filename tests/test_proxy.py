"""deploy/nginx.conf in a real nginx, in front of the real server: what passes, what does not, and what it says then."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.conftest import ROOT
from tests.nginx import find_nginx
from tests.support.servers import SEVEN, START, running

CONFIGURATION = (ROOT / "deploy" / "nginx.conf").read_text()
PATIENCE = 30  # seconds


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def code(self) -> str:
        """The stable word of a failure, in the form of every failure."""
        failure = json.loads(self.body)
        assert set(failure) == {"error", "code"}
        return str(failure["code"])


def ask_port(port: int, path: str, method: str = "GET", body: bytes | None = None, headers: Any = None) -> Answer:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, headers or {})
        with connection.getresponse() as answer:
            return Answer(answer.status, answer.headers, answer.read())


@dataclass
class Proxy:
    """A proxy, and what stands behind it."""

    port: int
    server_port: int
    log: Path

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """Ask by a connection of its own; in the names of headers underscores stand for hyphens."""
        return ask_port(self.port, path, method, body, {key.replace("_", "-"): headers[key] for key in headers})

    def send(self, request: bytes) -> bytes:
        """Send bytes as they are, and return all that comes back until the connection ends, however it does."""
        answer = b""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(request)
            with suppress(ConnectionResetError):
                while piece := connection.recv(65536):
                    answer += piece
        return answer


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def configure(folder: Path, port: int, server_port: int, seconds: int) -> Path:
    """Write the committed configuration for this machine, and with other seconds for what it gives a client ten for."""
    text = CONFIGURATION
    changes = {
        "server digits:8000": f"server 127.0.0.1:{server_port}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        " /tmp/": f" {folder}/",
        "error_log stderr": f"error_log {folder}/error.log",
        "client_header_timeout 10s": f"client_header_timeout {seconds}s",
        "client_body_timeout 10s": f"client_body_timeout {seconds}s",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "nginx.conf"
    path.write_text(text)
    return path


@contextmanager
def run_nginx(folder: Path, server_port: int, seconds: int = 10) -> Iterator[int]:
    """Run nginx in front of a port; yields its own."""
    program, port = find_nginx(), find_port()
    if program is None:
        pytest.skip("no nginx is installed: make proxy")
    options = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    process = subprocess.Popen([program, "-c", str(configure(folder, port, server_port, seconds)), "-g", options])
    try:
        deadline = time.monotonic() + START
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert process.poll() is None, "nginx ended"
                assert time.monotonic() < deadline
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(START)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    log = folder / "log"
    with running(log, workers=1, proxies=1) as server, run_nginx(folder, server.port) as port:
        yield Proxy(port, server.port, log)


def test_a_picture_is_read_through_the_proxy(proxy: Proxy) -> None:
    answer = proxy.ask("/predict", "POST", SEVEN)
    assert (answer.status, json.loads(answer.body)["digit"]) == (200, 7)


@pytest.mark.parametrize(
    ("path", "status", "code"), (("/nowhere", 404, "not_found"), ("/predict", 405, "method_not_allowed"))
)
def test_what_the_server_refuses_is_passed_on_as_it_is(proxy: Proxy, path: str, status: int, code: str) -> None:
    answer = proxy.ask(path)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"  # the proxy's own have none


@pytest.mark.parametrize(
    "path",
    (
        "/metrics",
        "/metrics/",
        "/metrics?x=1",
        "/metrics/x/..",
        "/metrics/.",
        "/metrics;x",
        "/metrics%2f",
        "/%6detrics",
        "/%6Detrics/",
        "//metrics",
        "///metrics//",
        "/./metrics",
        "/x/../metrics",
        "/x/%2e%2e/metrics",
        "/%2fmetrics",
        "/.%2fmetrics",
        "http://127.0.0.1/metrics",
    ),
)
def test_metrics_stay_inside_however_they_are_asked_for(proxy: Proxy, path: str) -> None:
    answer = proxy.ask(path)
    assert (answer.status, answer.code) == (404, "not_found")
    assert b"digits_requests" in ask_port(proxy.server_port, "/metrics").body


def test_a_client_cannot_forge_its_address(proxy: Proxy) -> None:
    said = {"X_Forwarded_For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X_Real_IP": "203.0.113.9"}
    proxy.ask("/spoofed", "GET", None, **said, X_Request_ID="chosen")
    (line,) = [json.loads(line) for line in proxy.log.read_text().splitlines() if "/spoofed" in line]
    assert line["client"] == "127.0.0.1"
    assert line["request_id"] != "chosen"


def test_a_client_without_a_host_is_answered(proxy: Proxy) -> None:
    assert proxy.send(b"GET /health/live HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "request_bytes",
    (
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n\r\n",
        b"hello\r\n\r\n",
    ),
    ids=("no host", "two words", "two lengths", "length and chunks", "gzip", "huge chunk", "no HTTP"),
)
def test_a_request_that_two_servers_could_interpret_differently_is_refused(proxy: Proxy, request_bytes: bytes) -> None:
    answer = proxy.send(request_bytes)
    assert (answer[9:12], b'"bad_request"' in answer) == (b"400", True), answer


def test_an_incomplete_body_never_reaches_the_server(proxy: Proxy, tmp_path: Path) -> None:
    head = b"POST /halfway HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
    started = time.monotonic()
    with run_nginx(tmp_path, proxy.server_port, seconds=1) as port:
        assert replace(proxy, port=port).send(head + b"x" * 500)[9:12] in (b"", b"408")
    assert time.monotonic() - started < PATIENCE
    assert "/halfway" not in proxy.log.read_text()


def test_a_body_that_is_too_large_is_refused_on_its_headers(proxy: Proxy) -> None:
    answer = proxy.send(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 18000000\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (head[9:12], json.loads(body)["code"]) == (b"413", "too_large")


def test_a_missing_server_is_reported_in_the_servers_own_form(tmp_path: Path) -> None:
    with run_nginx(tmp_path, find_port()) as port:
        answer = ask_port(port, "/predict", "POST", SEVEN)
        assert (answer.status, answer.code) == (503, "not_ready")
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["Content-Type"] == "application/json"


def test_requests_of_one_address_are_limited(tmp_path: Path) -> None:
    """A server that is not there answers fastest: the limit comes first. All requests wait for nginx, not for us."""
    live = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
    with run_nginx(tmp_path, find_port()) as port:
        answers = Proxy(port, 0, tmp_path).send(399 * (live + b"\r\n") + live + b"Connection: close\r\n\r\n")
    heads = re.findall(rb"^HTTP/1.1 (\d+) .*?\r\n\r\n", answers, re.MULTILINE | re.DOTALL)
    assert {*heads} == {b"503", b"429"}
    assert heads[:100] == [b"503"] * 100
    assert len(heads) == 400
    refused = answers.partition(b"HTTP/1.1 429 ")[2].partition(b"HTTP/1.1 ")[0]
    assert b'"too_many_requests"' in refused
    assert b"\r\nRetry-After: 1\r\n" in refused
