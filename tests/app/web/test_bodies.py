"""Bodies of every form: what is answered to wrong ones, and how much memory the largest ones take."""

from __future__ import annotations

import base64
import itertools
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import cv2
import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from app.web.json_bodies import MAX_MEMBERS, MAX_NESTING
from app.web.requests import FORM_STEP, MAX_BOUNDARY, MAX_PART_HEAD
from tests.conftest import ROOT
from tests.support.drawings import draw_digit, to_bytes, to_png

SEVEN = to_png(draw_digit(7))
TEXT = base64.b64encode(SEVEN).decode()
V1 = "/v1/models/plain:predict"
V2 = "/v2/models/plain/infer"
PATHS = ("/predict", "/read", V1, V2)
FORM = "multipart/form-data; boundary=x"
MAX_SENTENCE = 400  # characters of an answer to a wrong body


def check(answer: Any, status: int, sentence: str) -> None:
    """Check that an answer refuses a body with a short sentence."""
    assert answer.status_code == status, answer.text[:200]
    assert sentence in answer.get_json()["error"]
    assert len(answer.data) < MAX_SENTENCE


# ---- JSON ----


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    (
        (b"", 400, "not JSON"),
        (b" ", 400, "not JSON"),
        (b'{"image": 1} x', 400, "not JSON: Extra data: line 1 column 14"),
        (b'{"image": NaN}', 400, "NaN"),
        (b'{"image": 1e999}', 400, "beyond 64 bits"),
        (b'{"image": 1%s}' % (b"0" * 30), 400, "beyond 64 bits"),
        (b'{"image": 1%s}' % (b"0" * 5000), 400, "not JSON"),
        (b'{"image": "\\ud800"}', 400, "halves of characters"),
        (b'{"image": "\xff"}', 400, "not JSON"),
        (b'{"image": "\0"}', 400, "not JSON"),
        ('{"image": 1'.encode("utf-16"), 400, "not JSON"),
        (b"\xff\xfe{", 400, "not JSON"),
        (b"[" * 2000 + b"]" * 2000, 400, "not JSON"),
        (b'{"a":' * 2000 + b"1" + b"}" * 2000, 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b"[]", 400, "object, not a list"),
        (b"null", 400, "object, not null"),
        (b'"%s"' % (b"x" * 100_000), 400, "object, not 'xxx"),
        (b'{"image\\u0000": "a"}', 400, "holds a NUL"),
        (b'{"image": "a", "image": "b"}', 400, "'image' twice"),
        (b'{"%s": 1, "%s": 2}' % (b"x" * 9999, b"x" * 9999), 400, "xxx\u2026' twice"),
        (json.dumps(dict.fromkeys(map(str, range(MAX_MEMBERS + 1)))).encode(), 413, f"{MAX_MEMBERS + 1} names"),
    ),
)
def test_malformed_json_is_refused_with_the_reason(
    tiny_client: FlaskClient, path: str, body: bytes, status: int, sentence: str
) -> None:
    check(tiny_client.post(path, data=body, content_type="application/json"), status, sentence)


@pytest.mark.parametrize("encoding", ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"))
def test_json_may_be_in_any_unicode(tiny_client: FlaskClient, encoding: str) -> None:
    body = json.dumps({"image": TEXT, "note": "七"}, ensure_ascii=False).encode(encoding)
    assert tiny_client.post("/predict", data=body, content_type="application/json").status_code == 200


ANYTHING: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**63, "", "x", "x" * 10_000, [], [[]], [None], ["x"], [{}], [[1], []], {}, {"a": []},
    {"name": 1}, [0.5] * 784, "data:", "data:,", [[[[[[[[[[1]]]]]]]]]],
)  # fmt: skip
INPUT = {"name": "tensor", "shape": [1, 28, 28, 1], "datatype": "FP32", "data": [0.5] * 784}


@pytest.mark.parametrize("value", ANYTHING, ids=lambda value: json.dumps(value)[:20])
def test_a_field_of_any_type_is_answered(tiny_client: FlaskClient, value: Any) -> None:
    bodies: list[tuple[str, Any]] = [
        *(("/predict", {key: each}) for key in ("image", "images") for each in (value, [value])),
        *((V1, {key: each}) for key in ("instances", "inputs") for each in (value, [value], {"tensor": value})),
        *((V1, {"instances": [{key: each}]}) for key in ("tensor", "picture", "b64") for each in (value, [value])),
        (V1, {"instances": [{"b64": TEXT}, value]}),
        (V1, {"instances": [{"tensor": [[[0.5]] * 28] * 28}, value]}),
        (V1, {"inputs": {"picture": value}}),
        (V1, {"signature_name": value, "instances": [[[[0.5]] * 28] * 28]}),
        *((V2, {"inputs": [INPUT], key: each}) for key in ("id", "parameters", "outputs") for each in (value, [value])),
        *((V2, {"inputs": each}) for each in (value, [value])),
        *((V2, {"inputs": [{**INPUT, key: each}]}) for key in INPUT for each in (value, [value])),
        *((V2, {"inputs": [{**INPUT, "parameters": each}]}) for each in (value, {"binary_data_size": value})),
        (V2, {"inputs": [{**INPUT, "name": "picture", "datatype": "BYTES", "shape": [1], "data": value}]}),
        *(
            (V2, {"inputs": [INPUT], "outputs": [{"name": "probabilities", "parameters": {key: value}}]})
            for key in ("classification", "binary_data")
        ),
        *((V2, {"inputs": [INPUT], "outputs": [{"name": each}]}) for each in (value, [value])),
        (V2, {"inputs": [INPUT], "parameters": {"binary_data_output": value}}),
    ]
    for path, body in bodies:
        answer = tiny_client.post(path, json=body)
        assert answer.status_code in (200, 400, 413, 415, 422), (path, json.dumps(body)[:200], answer.text)
        assert answer.status_code == 200 or len(answer.data) < MAX_SENTENCE, answer.text[:1000]
        assert b" object at 0x" not in answer.data


@pytest.mark.parametrize(
    ("body", "sentence"),
    (
        ('{"inputs": [{"name": "tensor", "datatype": "FP32", "data": [1], "shape": [%s, 28, 28, 1]}]}', "64 bits"),
        ('{"inputs": [{"name": "tensor", "datatype": "FP32", "shape": [1], "data": [%s]}]}', "64 bits"),
        ('{"inputs": [{"parameters": {"binary_data_size": %s}}]}', "64 bits"),
        ('{"outputs": [{"name": "probabilities", "parameters": {"classification": %s}}]}', "64 bits"),
    ),
)
@pytest.mark.parametrize("digits", (20, 4299, 4300, 5000))
def test_a_number_without_end_is_refused(tiny_client: FlaskClient, body: str, sentence: str, digits: int) -> None:
    answer = tiny_client.post(V2, data=body % ("9" * digits))
    check(answer, 400, "not JSON" if digits > 4300 else sentence)


def test_the_largest_number_of_classes_names_all(tiny_client: FlaskClient) -> None:
    outputs = [{"name": "probabilities", "parameters": {"classification": 2**64 - 1}}]
    answer = tiny_client.post(V2, json={"inputs": [INPUT], "outputs": outputs}).get_json()
    assert answer["outputs"][0]["shape"] == [1, 10]


# Lists whose numbers are as many as a tensor's, though they are not in its shape.
ROW = [[0.5]] * 28
RAGGED: dict[str, list[Any]] = {
    "a number and an empty list": [[ROW] * 27 + [[[0.5], [0.5, 0.5], *[[0.5]] * 25, []]]],
    "rows of other lengths": [[*[ROW] * 26, ROW[:27], [*ROW, [0.5]]]],
    "a list too deep": [[*[ROW] * 27, [*ROW[:27], [[0.5]]]]],
    "a bare number": [[*[ROW] * 27, [*ROW[:27], 0.5]]],
    "no list around a row": [*[[ROW] * 28], ROW],
    "a second digit that is empty": [[ROW] * 28, []],
}


@pytest.mark.parametrize("lists", RAGGED.values(), ids=RAGGED)
def test_lists_of_different_lengths_are_refused(tiny_client: FlaskClient, lists: list[Any]) -> None:
    given = {"name": "tensor", "shape": [len(lists), 28, 28, 1], "datatype": "FP32", "data": lists}
    for path, body in ((V1, {"instances": lists}), (V1, {"inputs": lists}), (V2, {"inputs": [given]})):
        check(tiny_client.post(path, json=body), 400, "differ in length")


@pytest.mark.parametrize(
    "lists",
    ([], [[[]]], [[[], []], *[[]] * 99], [[[[], []], []], []], [[[[[[[[[[1]]]]]]]]]]),
    ids=lambda lists: json.dumps(lists)[:20],
)
def test_lists_without_numbers_are_refused(tiny_client: FlaskClient, lists: list[Any]) -> None:
    sentence = f"more than {MAX_NESTING} deep" if "1" in json.dumps(lists) else "empty"
    check(tiny_client.post(V1, json={"instances": lists}), 400, sentence)
    check(tiny_client.post(V2, json={"inputs": [{**INPUT, "data": lists}]}), 400, sentence)


@pytest.mark.parametrize("values", ([0.5, True], [1, None], [1, "2"], [1, {}], [[1], ["x" * 60_000]]))
def test_only_numbers_are_numbers(tiny_client: FlaskClient, values: list[Any]) -> None:
    check(tiny_client.post(V1, json={"instances": values}), 400, "no number")
    check(tiny_client.post(V2, json={"inputs": [{**INPUT, "data": values}]}), 400, "no number")


# ---- base64 and data URLs ----


@pytest.mark.parametrize("seed", range(20))
def test_percent_encoding_is_decoded_as_urllib_does(seed: int, tiny_client: FlaskClient) -> None:
    from app.web.requests import decode_base64

    words = random.Random(seed).choices(["%", "%%", "%4", "%41", "%fF", "%g1", "A", "é", "%E4%B8%83", "+"], k=seed)
    assert decode_base64("data:," + "".join(words)) == unquote_to_bytes("".join(words))


@pytest.mark.parametrize(
    "text",
    (
        TEXT,
        TEXT.rstrip("="),
        TEXT.replace("+", "-").replace("/", "_"),
        "\n".join(TEXT[at : at + 76] for at in range(0, len(TEXT), 76)),
        quote(TEXT, safe=""),
        quote(TEXT, safe="").replace("%2F", "%2f"),
        f"data:image/png;base64,{TEXT}",
        f"data:image/png;base64,{quote(TEXT, safe='')}",
        f"DATA:image/png,{quote(SEVEN)}",
    ),
)
def test_base64_is_read_however_it_is_written(tiny_client: FlaskClient, text: str) -> None:
    expected = tiny_client.post("/predict", data=SEVEN).get_json()
    for body in ({"json": {"image": text}}, {"data": {"field": text}, "content_type": "multipart/form-data"}):
        assert tiny_client.post("/predict", **body).get_json() == expected


# ---- forms ----


def form_of(*parts: tuple[str, bytes], end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts) + end


FILE = 'Content-Disposition: form-data; name="f"; filename="a.png"'
FIELD = 'Content-Disposition: form-data; name="f"'


@pytest.mark.parametrize("size", (0, 1, FORM_STEP - 60, *range(FORM_STEP - 8, FORM_STEP + 8), 3 * FORM_STEP))
@pytest.mark.parametrize("content", (b"\r", b"\n", b"\r\n", b"\r\n--", b"\r\n--y", b"-", b"a", b"\0\xff"))
def test_a_file_arrives_as_it_was(content: bytes, size: int, tiny_client: FlaskClient) -> None:
    from app.web.requests import _split_parts

    body = (content * size)[:size]
    files, fields = _split_parts(form_of((FILE, body), (FIELD, body), (FILE, b"second")), b"x", 3)
    assert files == [body, b"second"]
    assert fields == [body]


@pytest.mark.parametrize(
    ("kind", "body", "status", "sentence"),
    (
        ("multipart/form-data", form_of((FILE, SEVEN)), 400, "boundary"),
        ("multipart/form-data; boundary=" + "x" * (MAX_BOUNDARY + 1), b"x", 400, "boundary"),
        ("multipart/form-data; boundary=七", b"x", 400, "boundary"),
        (FORM, b"x", 400, "not whole"),
        (FORM, form_of((FILE, SEVEN), end=b""), 400, "not whole"),
        (FORM, form_of((FILE, SEVEN))[:200], 400, "not whole"),
        (FORM, form_of(("Content-Type: image/png", SEVEN)), 400, "not whole"),
        (FORM, b"--x\r\n\xff: y\r\n\r\n\r\n--x--\r\n", 400, "not whole"),
        (FORM, form_of(), 400, "no picture"),
        (FORM, form_of((FIELD, b"")), 400, "no picture"),
        (FORM, form_of((FIELD, b"!")), 400, "not base64"),
        (FORM, form_of((FILE, b"x"), *[(FIELD, b"")] * 1024), 413, "1,024 parts"),
        (FORM, form_of((FILE + "\r\na:b" * 2 * MAX_PART_HEAD, SEVEN)), 413, "bytes of headers"),
        (FORM, form_of((FILE + ";" * 3 * MAX_PART_HEAD, SEVEN)), 413, "bytes of headers"),
        (FORM, b"\r\n" * 2 * MAX_PART_HEAD + form_of((FILE, SEVEN)), 413, "bytes of headers"),
    ),
)
def test_a_malformed_form_is_refused_with_the_reason(
    tiny_client: FlaskClient, kind: str, body: bytes, status: int, sentence: str
) -> None:
    check(tiny_client.post("/predict", data=body, content_type=kind), status, sentence)


def test_the_head_of_a_part_may_be_as_long_as_is_said(tiny_client: FlaskClient) -> None:
    head = FILE + "\r\nX-Note: "
    head += "a" * (MAX_PART_HEAD - len(head))
    answer = tiny_client.post("/predict", data=form_of((head, SEVEN)), content_type=FORM)
    assert answer.status_code == 200


# ---- memory ----

MAX_MEMORY = 400  # MiB beside what a worker has and the body, so that with all models it stays below 600
MEASURE = """
import io, sys
from app import create_app
from tests.app.web.test_bodies import LARGE, make_large
client = create_app({"models": sys.argv[1]}).test_client()

def read(field):
    return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith(field))

for name in LARGE:
    path, kind, body = make_large(name)
    before = read("VmRSS")
    open("/proc/self/clear_refs", "w").write("5")
    answer = client.post(path, input_stream=io.BytesIO(body), content_type=kind, content_length=len(body))
    print(answer.status_code, read("VmHWM") - before, name, flush=True)
"""
SIZE = 16 * 2**20
JSON = "application/json"
DIGIT = json.dumps([[[0]] * 28] * 28, separators=(",", ":")).encode()
DIGITS = SIZE // (len(DIGIT) + 1) - 1
V2_START = b'{"inputs":[{"name":"tensor","datatype":"FP32","shape":[%d,28,28,1],"data":['
# name: path, type, start, unit, separator, end, status
LARGE: dict[str, tuple[str, str, bytes, bytes, bytes, bytes, int]] = {
    **{
        f"{path} of {unit.decode()}": (path, JSON, start, unit, b",", end, status)
        for unit, (path, start, end, status) in itertools.product(
            (b"[]", b"[[[[1]]]]", b"{}", b'""', b"1", b"1e9", b"null", b'{"b64":""}'),
            (
                (V1, b'{"instances":[', b"]}", 0),
                (V2, V2_START % 1, b"]}]}", 0),
                ("/predict", b'{"images":[', b"]}", 413),
            ),
        )
    },
    "digits": (V1, JSON, b'{"instances":[', DIGIT, b",", b"]}", 200),
    "digits by name": (V1, JSON, b'{"instances":[', b'{"tensor":' + DIGIT + b"}", b",", b"]}", 200),
    "digits in version 2": (V2, JSON, V2_START % DIGITS, DIGIT, b",", b"]}]}", 200),
    "one string among short ones": (V1, JSON, b'{"instances":["%s",' % (b"a" * 60_000), b'"b"', b",", b"]}", 400),
    "names": ("/predict", JSON, b'{"image":"",', b'"x":{}', b",", b"}", 413),
    "sizes": (V2, JSON, V2_START[:46] + b'"data":[1],"shape":[', b"1", b",", b"]}]}", 400),
    "outputs": (V2, JSON, b'{"outputs":[', b'{"name":"certainty"}', b",", b"]}", 400),
    "base64": ("/predict", JSON, b'{"image":"', b"A", b"", b'"}', 415),
    "base64 with spaces": ("/predict", JSON, b'{"image":"', b"AA ", b"", b'"}', 415),
    "base64 in wide characters": ("/predict", JSON, '{"image":"\U0001f600'.encode(), b"A", b"", b'"}', 400),
    "percent signs": ("/predict", JSON, b'{"image":"data:,', b"%", b"", b'"}', 415),
    "percent-encoded": ("/predict", "text/plain", b"data:,", b"%41", b"", b"", 415),
    "a form of parts": ("/predict", FORM, b"", form_of((FILE, b"x"), end=b""), b"", b"", 413),
    "a form of headers": ("/predict", FORM, b"--x\r\n", b"a:b\r\n", b"", b"", 413),
    "a form of line breaks": ("/predict", FORM, f"--x\r\n{FILE}\r\n\r\n".encode(), b"\r\n", b"", b"--x--\r\n", 415),
    "percents in a form": ("/predict", FORM, f"--x\r\n{FIELD}\r\n\r\ndata:,".encode(), b"%41", b"", b"\r\n--x--", 415),
}  # fmt: skip


def make_large(name: str) -> tuple[str, str, bytes]:
    """Make a body of 16 MiB: where it goes, its type and itself."""
    path, kind, start, unit, separator, end, _ = LARGE[name]
    count = (SIZE - len(start) - len(unit) - len(end)) // (len(unit) + len(separator))
    if unit == DIGIT and start == V2_START % DIGITS:
        count = DIGITS - 1
    return path, kind, start + (unit + separator) * count + unit + end


@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory are read from /proc")
def test_a_body_of_16_mib_takes_little_memory(tiny_models: Path) -> None:
    command = [sys.executable, "-c", MEASURE, str(tiny_models)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    measured = {name: (int(status), int(memory)) for status, memory, name in map(split_line, done.stdout.splitlines())}
    assert measured.keys() == LARGE.keys()
    assert {name: memory for name, (_, memory) in measured.items() if memory > MAX_MEMORY} == {}
    wrong = {name: status for name, (status, _) in measured.items() if status not in expected_statuses(name)}
    assert wrong == {}


def split_line(line: str) -> list[str]:
    return line.split(" ", 2)


def expected_statuses(name: str) -> tuple[int, ...]:
    status = LARGE[name][-1]
    return (status,) if status else (400, 413)


def test_more_numbers_than_digits_are_read_are_refused(tiny_client: FlaskClient) -> None:
    count = tiny_client.application.config["MAX_DIGITS"] * 784 + 1
    body = b'{"instances":[' + b",".join([b"0"] * count) + b"]}"
    check(tiny_client.post(V1, data=body), 413, "at most 7,840,000")


def test_an_answer_for_the_most_digits_is_small(tiny_client: FlaskClient) -> None:
    count = tiny_client.application.config["MAX_DIGITS"]
    body = V2_START % count + b",".join([b"0"] * (count * 784)) + b"]}]}"
    answer = tiny_client.post(V2, data=body)
    assert answer.status_code == 200
    assert np.shape(answer.get_json()["outputs"][0]["data"]) == (count * 10,)
    assert len(answer.data) < 4 * 2**20


def run_out_in_opencv() -> None:
    error = cv2.error("Insufficient memory")
    error.code = cv2.Error.StsNoMem
    raise error


def run_out_in_pillow() -> None:
    raise MemoryError


@pytest.mark.parametrize("fail", (run_out_in_pillow, run_out_in_opencv))
def test_a_picture_for_which_memory_is_short_is_not_called_damaged(
    tiny_client: FlaskClient, monkeypatch: pytest.MonkeyPatch, fail: Callable[[], None]
) -> None:
    def run_out(_image: Image.Image) -> None:
        fail()

    monkeypatch.setattr(PngImageFile, "load", run_out)
    palette = to_bytes(Image.fromarray(draw_digit(7)).convert("P"))  # Pillow's to decode, as are all but plain ones
    answer = tiny_client.post("/predict", data=palette, content_type="image/png")
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "overloaded"
    assert int(answer.headers["Retry-After"]) > 0
