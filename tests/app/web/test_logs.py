"""The log: an id for every request, one JSON object a line, and never what a client sent."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.web.logs import JSONFormatter, TerminalFormatter, configure
from tests.support.drawings import draw_digit, to_png


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What is logged meanwhile, as JSON."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def parse(lines: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_an_id_that_was_sent_comes_back_and_is_logged(tiny_client: FlaskClient, lines: StringIO) -> None:
    answer = tiny_client.post("/predict", data=to_png(draw_digit(7)), headers={"X-Request-ID": "trace-42"})
    assert answer.headers["X-Request-ID"] == "trace-42"
    (line,) = parse(lines)
    assert (line["request_id"], line["method"], line["path"], line["status"]) == ("trace-42", "POST", "/predict", 200)
    assert isinstance(line["milliseconds"], float)
    assert str(line["time"]).endswith("Z")


def test_a_trace_is_logged_by_its_ids(tiny_client: FlaskClient, lines: StringIO) -> None:
    sent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    tiny_client.post("/predict", data=to_png(draw_digit(7)), headers={"traceparent": sent})
    (line,) = parse(lines)
    assert (line["trace_id"], line["span_id"]) == ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
    assert line["request_id"]


@pytest.mark.parametrize(
    "sent",
    (
        "", "4bf92f3577b34da6a3ce929d0e0e4736", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-4bf92f3577b34da6a3ce929d0e0e4736-{'0' * 16}-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        '00-4bf92f3577b34da6a3ce929d0e0e473"-00f067aa0ba902b7-01',
    ),
)  # fmt: skip
def test_what_is_no_trace_is_not_logged(tiny_client: FlaskClient, lines: StringIO, sent: str) -> None:
    tiny_client.post("/predict", data=to_png(draw_digit(7)), headers={"traceparent": sent})
    (line,) = parse(lines)
    assert not {"trace_id", "span_id"} & set(line)


@pytest.mark.parametrize("sent", ("", "two words", "x" * 129, '"}', "ünicode"))
def test_an_id_that_could_break_a_line_is_replaced(tiny_client: FlaskClient, sent: str) -> None:
    headers = {"X-Request-ID": sent.encode("utf-8").decode("latin-1")}
    ids = {tiny_client.get("/health/live", headers=headers).headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2
    assert all(len(made) == 16 for made in ids)


@pytest.mark.parametrize(("method", "path", "status"), (("GET", "/nowhere", 404), ("GET", "/predict", 405)))
def test_failures_have_an_id_too(
    tiny_client: FlaskClient, lines: StringIO, method: str, path: str, status: int
) -> None:
    answer = tiny_client.open(path, method=method)
    assert answer.status_code == status
    assert [line["request_id"] for line in parse(lines)] == [answer.headers["X-Request-ID"]]


def test_what_a_client_sends_is_not_logged(tiny_client: FlaskClient, lines: StringIO) -> None:
    tiny_client.post("/predict?model=none&secret=1", data=b"secret", headers={"Authorization": "secret"})
    tiny_client.post("/predict", json={"image": "secret"})
    assert len(parse(lines)) == 2
    assert "secret" not in lines.getvalue()


def test_a_path_cannot_forge_a_line(tiny_client: FlaskClient, lines: StringIO) -> None:
    tiny_client.get("/a%0Ab" + "x" * 1000)
    (line,) = parse(lines)
    assert line["path"] == "/a\\nb" + "x" * 196


UNSEEN = ("\x1b[2J", "\x7f", "\x9b2J", "\u061c", "\u200b", "\u202e", "\u2028", "\u2029", "\u2066", "\ufeff", "\ud800")


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize("as_json", (True, False), ids=("JSON", "terminal"))
def test_unprintable_characters_are_never_written(unseen: str, as_json: bool) -> None:
    """Neither in a message, nor in what is added to it, nor in a traceback, whoever sent it."""
    formatter = JSONFormatter() if as_json else TerminalFormatter()
    try:
        raise ValueError(f"sent {unseen}\nforged")  # noqa: TRY301
    except ValueError:
        record = logging.LogRecord("digits", logging.INFO, "", 0, "got %s!\nforged", (unseen,), sys.exc_info())
    record.fields = {"name": unseen}
    text = formatter.format(record)
    assert all(line.isprintable() for line in text.split("\n"))
    text.encode("utf-8")
    if as_json:
        assert "\n" not in text
        assert (json.loads(text)["message"], json.loads(text)["name"]) == (f"got {unseen}!\nforged", unseen)
    else:
        assert text.split("\n")[0].endswith(f"got {json.dumps(unseen)[1:-1]}!\\nforged")


def test_the_words_of_every_language_stay_readable(lines: StringIO) -> None:
    logging.getLogger("digits").info("数字 é 7")
    assert "数字 é 7" in lines.getvalue()


def test_a_method_cannot_forge_a_line(tiny_client: FlaskClient, lines: StringIO) -> None:
    tiny_client.open("/predict", method="\x9bG\u202eT" + "X" * 1000)
    (line,) = parse(lines)
    assert line["method"] == "\\u009bG\\u202eT" + "X" * 16


@pytest.mark.parametrize(
    ("forwarded", "client"),
    (("[2001:db8::1]:443", "2001:db8::1"), ("::ffff:203.0.113.9", "203.0.113.9"), ("\x9b2J", "127.0.0.1")),
)
def test_the_client_is_logged_by_its_one_address(
    tiny_models: Path, lines: StringIO, forwarded: str, client: str
) -> None:
    app = create_app({"models": tiny_models, "proxies": 1})
    app.test_client().get("/", headers={"X-Forwarded-For": forwarded})
    assert [line["client"] for line in parse(lines)] == [client]


def test_probes_are_not_logged(tiny_client: FlaskClient, lines: StringIO) -> None:
    for path in ("/health/live", "/health/ready", "/v2/health/ready", "/metrics"):
        tiny_client.get(path)
    assert not lines.getvalue()


def test_a_traceback_stays_on_one_line(lines: StringIO) -> None:
    try:
        int("broken\nin two")
    except ValueError:
        logging.getLogger("digits").exception("It failed")
    (line,) = parse(lines)
    assert "ValueError: invalid literal" in str(line["traceback"])
    assert str(line["traceback"]).count("\n") >= 2


@pytest.mark.parametrize("as_json", (True, False), ids=("JSON", "terminal"))
def test_the_configuration_writes_to_stderr(as_json: bool) -> None:
    program = (
        "import logging, logging.config, app.web.logs\n"
        f"logging.config.dictConfig(app.web.logs.configure('info', {as_json}))\n"
        "logging.getLogger('gunicorn.error').info('chatter')\n"
        "logging.getLogger('digits').info('hello')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (json.loads(done.stderr)["message"] if as_json else done.stderr.split()[2]) == "hello"


def test_a_terminal_gets_lines_for_a_person_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert configure("info")["formatters"]["line"]["()"] == "app.web.logs.TerminalFormatter"
