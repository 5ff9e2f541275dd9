"""What goes over the wire: HTTP's edges, clients that pipeline or do not read, and evictions when too many come."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
import select
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from tests.support.drawings import draw_digit, side_by_side, to_png
from tests.support.servers import SEVEN, START, Server, ask, receive, running

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
METRICS = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PICTURE = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(SEVEN), SEVEN)
CHUNKED = b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
MANY = 8  # connections that the server of the tests of too many takes


@pytest.fixture(scope="module")
def server(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with running(log, models=tiny_models, workers=1, max_bytes=2**20) as server:
        yield server
        assert "Traceback" not in log.read_text()


def exchange(server: Server, request: bytes) -> bytes:
    """Send bytes and nothing more, and return all that comes back."""
    with server.connect() as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    return received


BROKEN: dict[str, tuple[bytes, int]] = {
    "a space before the colon": (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello", 400),
    "a folded header": (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n 5\r\n\r\nhello", 400),
    "a header folded into another": (
        b"POST /predict HTTP/1.1\r\nHost: x\r\nX: y\r\n Content-Length: 5\r\n\r\nhello",
        400,
    ),
    "a list of lengths": (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
    "a length with a sign": (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", 400),
    "two lengths": (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nContent-Length: 5\r\n\r\nhello", 400),
    "both ways to say a length": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
    ),
    "a coding that ends otherwise": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
    ),
    "a coding that is like one": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "chunks in HTTP/1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "a host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "an empty host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "a coding besides chunks": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "an expectation twice": (
        b"PUT / HTTP/1.1\r\nHost: x\r\n" + 2 * b"Expect: 100-continue\r\n" + b"Content-Length: 1\r\n\r\nx",
        400,
    ),
    "CONNECT": (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405),
    "a zero byte": (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n", 400),
    "an expectation of something else": (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: rain\r\n\r\n", 400),
    "lines ended by LF alone": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "a chunk's size in 17 digits": (CHUNKED + b"00000000000000005\r\n\r\n\r\n", 400),
    "a chunk without its end": (CHUNKED + b"5\r\nhelloo0\r\n\r\n0\r\n\r\n", 400),
    "a wrong chunk extension": (CHUNKED + b"5;\x01\r\nhello\r\n0\r\n\r\n", 400),
    "a trailer that is no trailer": (CHUNKED + b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", 400),
    "trailers without end": (CHUNKED + b"0\r\n" + b"X: y\r\n" * 20_000, 413),
}


@pytest.mark.parametrize(("request_bytes", "status"), BROKEN.values(), ids=BROKEN)
def test_what_is_ambiguous_is_refused_and_nothing_after_it_is_read(
    server: Server, request_bytes: bytes, status: int
) -> None:
    received = exchange(server, request_bytes + LIVE)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), received
    assert received.count(b"HTTP/1.1 ") == 1
    assert set(json.loads(body)) == {"error", "code"}
    assert b"Connection: close" in head
    assert b"X-Content-Type-Options: nosniff" in head
    identity = re.search(rb"X-Request-ID: ([0-9a-f]{16})", head)
    assert identity
    assert identity[1].decode() in server.log.read_text()


UNREAD = b"POST /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000)
FINE: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "an empty line first": (b"\r\n" + LIVE, (200, 200)),
    "HEAD": (LIVE.replace(b"GET", b"HEAD"), (200, 200)),
    "HEAD of what is not there": (b"HEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n", (404, 200)),
    "a body that nobody reads": (UNREAD, (405, 200)),
    "trailers": (CHUNKED + b"5\r\nhello\r\n0\r\nX: y\r\n\r\n", (415, 200)),
    "a chunk's extension": (CHUNKED + b"5;a=b\r\nhello\r\n0\r\n\r\n", (415, 200)),
    "an unknown method": (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", (405, 200)),
    "HTTP/1.0, which ends the connection": (b"GET /health/live HTTP/1.0\r\n\r\n", (200,)),
    "HTTP/1.0 that asks first": (b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", (405,)),
    "a path from a header": (
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nPATH_INFO: /x\r\nSCRIPT_NAME: /y\r\n\r\n",
        (200, 200),
    ),
}


@pytest.mark.parametrize(("request_bytes", "statuses"), FINE.values(), ids=FINE)
def test_what_is_allowed_is_answered_and_what_follows_too(
    server: Server, request_bytes: bytes, statuses: tuple[int, ...]
) -> None:
    received = exchange(server, request_bytes + LIVE)
    assert tuple(map(int, re.findall(rb"HTTP/1\.[01] (\d+) ", received))) == statuses, received


def test_a_whole_request_in_pieces_does_not_hold_a_thread(server: Server) -> None:
    with server.connect() as slow:
        slow.sendall(CHUNKED + b"0000000000000005\r\nhel")
        assert ask(server.port)[0] == 200
        slow.sendall(b"lo\r\n0\r\n\r\n")
        assert receive(slow)[0] == 415


# ---- clients ----


@pytest.mark.parametrize("size", (b"ffffffffffffffff", b"7fffffffffffffff", b"f" * 4000))
def test_a_chunk_larger_than_any_number_ends_its_own_connection_alone(
    tiny_models: Path, tmp_path: Path, size: bytes
) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1, timeout=2) as server:
        before = server.workers()
        with server.connect() as connection, server.connect() as other:
            connection.sendall(CHUNKED + size + b"\r\nhello")
            other.sendall(LIVE)
            assert receive(other)[0] == 200
            assert receive(connection)[0] == 400
            other.sendall(LIVE)
            assert receive(other)[0] == 200
        assert server.workers() == before


def test_bodies_in_the_smallest_chunks_do_not_delay_others(server: Server) -> None:
    body = CHUNKED + b"1\r\nx\r\n" * 170_000 + b"0\r\n\r\n"
    answered: list[int] = []

    def send() -> None:
        with server.connect() as connection:
            connection.sendall(body)
            answered.append(receive(connection)[0])

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    beside = 0
    while any(sender.is_alive() for sender in senders):
        assert ask(server.port, b"", "/health/live", "GET")[0] == 200
        beside += 1
    assert set(answered) <= {413, 415}
    assert len(answered) == 4
    assert beside > 6  # one at a time between the bodies would be four


def read_metrics(server: Server) -> str:
    with urllib.request.urlopen(f"{server.address}/metrics", timeout=START) as answer:
        text: str = answer.read().decode()
    return text


def count_answered(metrics: str, route: str) -> float:
    """Return how many requests of a route have been answered, as /metrics says it."""
    lines = re.findall(rf'^digits_requests_total{{.*route="{route}".*}} (\S+)$', metrics, re.MULTILINE)
    return sum(map(float, lines))


def read_to_end(connection: socket.socket) -> str:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received.decode()


def test_a_request_of_many_pictures_does_not_delay_single_ones(server: Server) -> None:
    page = base64.b64encode(to_png(side_by_side([draw_digit(label, shape=(900, 450)) for label in (4, 7)]))).decode()
    many = json.dumps({"images": [page] * 60}).encode()
    statuses: list[int] = []

    def ask_for_many() -> None:
        statuses.append(ask(server.port, many, "/read", Content_Type="application/json")[0])

    for _ in range(9):  # where this machine stalls, the many may be read before the others are sent
        answered = server.log.read_text().count("/read 200")
        before = count_answered(read_metrics(server), "/read")
        large = [threading.Thread(target=ask_for_many) for _ in range(2)]
        for thread in large:
            thread.start()
        while "digits_requests_in_flight 3.0" not in read_metrics(server):  # both, and the question itself
            if not any(thread.is_alive() for thread in large):
                break
            time.sleep(0.01)
        with contextlib.ExitStack() as stack:
            with server.halted():
                in_time = server.log.read_text().count("/read 200") == answered
                others = [stack.enter_context(server.connect()) for _ in range(3)]
                for other in others:
                    other.sendall(PICTURE + LIVE + METRICS)
            received = [read_to_end(other) for other in others]
        for thread in large:
            thread.join()
        if in_time:
            break
    assert in_time
    assert 200 in statuses
    assert {*statuses} <= {200, 503}  # after 15 s, where this machine stalls: the second waited too long
    assert [text.count("HTTP/1.1 200") for text in received] == [3] * 3
    assert {count_answered(text, "/read") for text in received} == {before}


def peak_memory(server: Server) -> int:
    """Return the peak memory of the one worker, in MiB."""
    (worker,) = server.workers()
    lines = Path(f"/proc/{worker}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def test_a_client_that_pipelines_far_ahead_is_held_back(server: Server) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (b"x" * 8000)
    count, before = 5000, peak_memory(server)
    with server.connect() as connection:
        answered = bytearray()

        def read() -> None:
            while answered.count(b"HTTP/1.1 200") < count and (piece := connection.recv(2**20)):
                answered.extend(piece)

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(count // 50):
            connection.sendall(50 * request)
        reader.join(START)
    assert answered.count(b"HTTP/1.1 200") == count
    assert peak_memory(server) < before + 20  # MiB; 40 were sent


def test_a_client_that_does_not_read_its_answer_does_not_delay_others(server: Server) -> None:
    digit = json.dumps([[[0]] * 28] * 28, separators=(",", ":"))
    body = gzip.compress(f'{{"signature_name":"certainty","instances":[{",".join([digit] * 3000)}]}}'.encode())
    head = b"POST /v1/models/plain:predict HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    with running(server.log.with_name("slow"), models=server_models(server), workers=1) as own, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536
        )  # as over a network: the server's buffer stays small
        slow.settimeout(START)
        slow.connect(("127.0.0.1", own.port))
        slow.sendall(head % len(body) + body + LIVE)
        own.wait_for("/v1/models/plain:predict 200")
        assert [ask(own.port)[0] for _ in range(5)] == [200] * 5
        time.sleep(0.2)
        received = b""
        while b'{"live":true}' not in received:
            received += slow.recv(65536)
        assert received.count(b"HTTP/1.1 200") == 2
        _, _, body = received.partition(b"\r\n\r\n")
        assert len(json.JSONDecoder().raw_decode(body.decode())[0]["predictions"]) == 3000


def server_models(server: Server) -> str:
    """Return the folder of the models of a running server."""
    environment = Path(f"/proc/{server.process.pid}/environ").read_text().split("\0")
    return next(line for line in environment if line.startswith("DIGITS_MODELS=")).partition("=")[2]


def test_large_bodies_wait_outside_and_small_ones_are_answered(server: Server) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % 2**20
    holders = [server.connect() for _ in range(6)]
    for connection in holders:
        connection.sendall(head + bytes(2**20 - 1000))
    refused, _, _ = select.select(holders, [], [], START)
    answers = [receive(connection) for connection in refused]
    assert answers
    assert {(status, body["code"]) for status, body in answers} == {(503, "overloaded")}
    assert ask(server.port)[0] == 200
    for connection in holders:
        connection.close()


def test_the_slowest_client_is_evicted_when_there_are_too_many(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1, connections=MANY) as server:
        slow = []
        for _ in range(3 * MANY):
            slow.append(server.connect())
            slow[-1].sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        assert [ask(server.port)[0] for _ in range(5)] == [200] * 5
        answers = []
        for connection in slow[:MANY]:
            with contextlib.suppress(RemoteDisconnected, ConnectionResetError):  # it went before its first byte came
                status, body = receive(connection)
                answers.append((status, body["code"]))
        assert set(answers) == {(503, "overloaded")}
        for connection in slow:
            connection.close()
        idle = []
        for _ in range(2 * MANY):
            idle.append(server.connect())
            idle[-1].sendall(LIVE)
            assert receive(idle[-1])[0] == 200
        assert ask(server.port, SEVEN)[0] == 200
        for connection in idle:
            connection.close()


def test_a_client_evicted_during_a_second_request_is_closed(tiny_models: Path, tmp_path: Path) -> None:
    with running(tmp_path / "log", models=tiny_models, workers=1, connections=MANY) as server:
        kept = server.connect()
        kept.sendall(LIVE)
        assert receive(kept)[0] == 200
        kept.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        time.sleep(0.2)  # it is being received when the others come
        others = []
        for _ in range(2 * MANY):
            others.append(server.connect())
            others[-1].sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        kept.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert kept.recv(1) == b""
        for connection in (kept, *others):
            connection.close()


def test_a_client_that_pipelines_lets_others_go_first(server: Server) -> None:
    answered = bytearray()
    with server.connect() as connection:
        connection.sendall(LIVE * 2000)
        for _ in range(5):
            assert ask(server.port)[0] == 200
        connection.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while piece := connection.recv(2**20):
                answered.extend(piece)
        before = answered.count(b"HTTP/1.1 200")
        connection.settimeout(START)
        while answered.count(b"HTTP/1.1 200") < 2000 and (piece := connection.recv(2**20)):
            answered.extend(piece)
    assert before < 2000
    assert answered.count(b"HTTP/1.1 200") == 2000
