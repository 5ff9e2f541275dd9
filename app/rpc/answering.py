"""Answer the calls of the Open Inference Protocol: each becomes a request to the app, and its answer a message.

    message -> POST /v2/models/M/infer, tensors in binary -> the app -> message, or a status with the app's sentence

So limits, errors, log and answers are those of HTTP. Knows messages and WSGI; does not know digits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import quote

import grpc
import numpy as np
from werkzeug.test import EnvironBuilder, run_wsgi_app

from .messages import find_class

STATUSES = {  # of gRPC, by those of HTTP
    HTTPStatus.BAD_REQUEST: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.UNPROCESSABLE_ENTITY: grpc.StatusCode.INVALID_ARGUMENT,
    HTTPStatus.TOO_MANY_REQUESTS: grpc.StatusCode.RESOURCE_EXHAUSTED,
    HTTPStatus.SERVICE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
}
CONTENTS = {  # the field of typed contents, and how its numbers come in binary, by datatype
    **dict.fromkeys(("INT16", "INT32"), "int_contents"),
    **dict.fromkeys(("UINT8", "UINT16", "UINT32"), "uint_contents"),
    "INT64": "int64_contents", "UINT64": "uint64_contents", "FP32": "fp32_contents", "FP64": "fp64_contents",
    "BYTES": "bytes_contents",
}  # fmt: skip
BINARY = {"FP32": "<f4", "FP64": "<f8", "BYTES": ""} | {
    f"{sign}INT{bits}": f"<{sign.lower() or 'i'}{bits // 8}" for sign in ("", "U") for bits in (8, 16, 32, 64)
}
JSON_LENGTH = "Inference-Header-Content-Length"
FORWARDED = ("x-request-id", "traceparent")  # metadata that the log names
CODE = "digits-code"  # trailing metadata: the stable word of an error

App = Callable[..., Iterable[bytes]]


class Failed(Exception):
    """The app answered with an error: its status, its sentence and its code."""

    def __init__(self, status: int, sentence: str, code: str) -> None:
        """Keep them."""
        super().__init__(sentence)
        self.status = STATUSES.get(HTTPStatus(status), grpc.StatusCode.INTERNAL)
        self.sentence, self.code = sentence, code


class Answering:
    """The methods of the service, each a function of a message and the call that it came by."""

    def __init__(self, app: App) -> None:
        """Keep the app."""
        self._app = app

    def answer(self, method: str, message: Any, context: grpc.ServicerContext) -> Any:
        """Answer a call, or end it with a status."""
        try:
            found: Any = getattr(self, f"_{method}")(message, context)
        except Failed as failed:
            context.set_trailing_metadata(((CODE, failed.code),))
            context.abort(failed.status, failed.sentence)
        return found

    def _ask(
        self, context: grpc.ServicerContext, path: str, body: bytes | None = None, length: int | None = None
    ) -> tuple[dict[str, Any], bytes]:
        """Let the app answer; return its JSON, and the binary tensors after it.

        Raises:
            Failed: it answers an error.
        """
        sent = {key: str(value) for key, value in context.invocation_metadata() or () if key in FORWARDED}
        if length is not None:
            sent[JSON_LENGTH] = str(length)
        environment = EnvironBuilder(
            path, method="GET" if body is None else "POST", input_stream=BytesIO(body or b""), headers=sent
        ).get_environ()
        environment["CONTENT_LENGTH"] = str(len(body or b""))
        environment["REMOTE_ADDR"] = name_peer(context.peer())
        answers, status, headers = run_wsgi_app(self._app, environment, buffered=True)
        answer = b"".join(answers)
        code = int(status.split()[0])
        split = int(headers.get(JSON_LENGTH, len(answer)))
        found = json.loads(answer[:split])
        if code != HTTPStatus.OK:
            raise Failed(code, found["error"], found["code"])
        return found, answer[split:]

    def _ServerLive(self, message: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802  as the protocol has it
        return find_class("ServerLiveResponse")(live=True)

    def _ServerReady(self, message: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        return find_class("ServerReadyResponse")(ready=self._is_there(context, "/v2/health/ready"))

    def _ModelReady(self, message: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return find_class("ModelReadyResponse")(
            ready=self._is_there(context, f"{name_path(message.name, message.version)}/ready")
        )

    def _is_there(self, context: grpc.ServicerContext, path: str) -> bool:
        """Say whether the app is ready, or a model of it; no is an answer, too."""
        try:
            self._ask(context, path)
        except Failed as failed:
            if failed.status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND):
                return False
            raise
        return True

    def _ServerMetadata(self, message: Any, context: grpc.ServicerContext) -> Any:  # noqa: ARG002, N802
        found, _ = self._ask(context, "/v2")
        extensions = [name for name in found["extensions"] if name == "classification"]  # the others are of HTTP
        return find_class("ServerMetadataResponse")(**{**found, "extensions": extensions})

    def _ModelMetadata(self, message: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        found, _ = self._ask(context, name_path(message.name, message.version))
        return find_class("ModelMetadataResponse")(**found)

    def _ModelInfer(self, message: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        described, binary = describe_request(message)
        body = json.dumps(described).encode()
        path = f"{name_path(message.model_name, message.model_version)}/infer"
        found, tensors = self._ask(context, path, body + binary, len(body))
        return write_response(found, tensors, raw=bool(message.raw_input_contents))


def name_path(name: str, version: str) -> str:
    """Return the path of a model."""
    return f"/v2/models/{quote(name, safe='')}" + (f"/versions/{quote(version, safe='')}" if version else "")


def name_peer(peer: str) -> str:
    """Return a client's address out of what gRPC calls it: ipv4:127.0.0.1:5000, ipv6:%5B::1%5D:5000 or unix:..."""
    kind, _, rest = peer.partition(":")
    address = rest.rpartition(":")[0].replace("%5B", "").replace("%5D", "").strip("[]")
    return address if kind in ("ipv4", "ipv6") else "127.0.0.1"


def describe_request(message: Any) -> tuple[dict[str, Any], bytes]:
    """Return a request as HTTP has it: its JSON, and its tensors in binary.

    Raises:
        Failed: contents and inputs do not fit each other.
    """
    raw = list(message.raw_input_contents)
    if raw and len(raw) != len(message.inputs):
        raise _refuse(f"{len(raw)} raw_input_contents came for {len(message.inputs)} inputs; expected one for each.")
    if raw and any(entry.HasField("contents") for entry in message.inputs):
        raise _refuse("Both raw_input_contents and contents came; expected one of them.")
    parts = raw or [pack_contents(entry) for entry in message.inputs]
    inputs = [
        {
            "name": entry.name,
            "datatype": entry.datatype,
            "shape": list(entry.shape),
            "parameters": {**read_parameters(entry.parameters), "binary_data_size": len(part)},
        }
        for entry, part in zip(message.inputs, parts, strict=True)
    ]
    outputs = [
        {"name": one.name, "parameters": {**read_parameters(one.parameters), "binary_data": True}}
        for one in message.outputs
    ]
    described: dict[str, Any] = {"inputs": inputs, "outputs": outputs, "parameters": {"binary_data_output": True}}
    if message.id:
        described["id"] = message.id
    return described, b"".join(parts)


def _refuse(sentence: str) -> Failed:
    return Failed(HTTPStatus.BAD_REQUEST, sentence, "bad_request")


def read_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON has them."""
    return {
        name: getattr(value, chosen)
        for name, value in parameters.items()
        if (chosen := value.WhichOneof("parameter_choice"))
    }


def pack_contents(entry: Any) -> bytes:
    """Return typed contents in binary: of the field that its datatype names.

    Raises:
        Failed: there is no such field, another one is used, or a number does not fit the datatype.
    """
    field = CONTENTS.get(entry.datatype)
    if field is None:
        raise _refuse(
            f'The datatype of "{entry.name:.60}" is {entry.datatype[:20]!r}; expected one of {", ".join(CONTENTS)} '
            "with contents, or FP16 with raw_input_contents."
        )
    used = [descriptor.name for descriptor, _ in entry.contents.ListFields()]
    if used and used != [field]:
        raise _refuse(
            f'"{entry.name:.60}" holds {" and ".join(used)}; expected {field}, as its datatype is {entry.datatype}.'
        )
    values = getattr(entry.contents, field)
    if entry.datatype == "BYTES":
        return pack_texts(values)
    kind = np.dtype(BINARY[entry.datatype])
    numbers = np.array(values)
    if (
        kind.kind != "f"
        and numbers.size
        and not np.iinfo(kind).min <= numbers.min() <= numbers.max() <= np.iinfo(kind).max
    ):
        raise _refuse(f'"{entry.name:.60}" holds numbers that are no {entry.datatype}.')
    return bytes(numbers.astype(kind).tobytes())


def pack_texts(texts: Sequence[bytes]) -> bytes:
    """Return texts in binary: each after its length, a little-endian uint32."""
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


def unpack_texts(binary: bytes) -> list[bytes]:
    """Return the texts of what pack_texts() gives."""
    texts, at = [], 0
    while at < len(binary):
        length = int.from_bytes(binary[at : at + 4], "little")
        texts.append(binary[at + 4 : at + 4 + length])
        at += 4 + length
    return texts


def write_response(found: Mapping[str, Any], tensors: bytes, raw: bool) -> Any:
    """Return the app's answer as a message.

    Args:
        found: its JSON.
        tensors: what follows it.
        raw: whether the tensors stay in binary: where those of the request came so.
    """
    response = find_class("ModelInferResponse")(
        model_name=found["model_name"], model_version=found["model_version"], id=found.get("id", "")
    )
    at = 0
    for one in found["outputs"]:
        size = one["parameters"]["binary_data_size"]
        part, at = tensors[at : at + size], at + size
        output = response.outputs.add(name=one["name"], datatype=one["datatype"], shape=one["shape"])
        if raw:
            response.raw_output_contents.append(part)
        elif one["datatype"] == "BYTES":
            output.contents.bytes_contents.extend(unpack_texts(part))
        else:
            output.contents.fp32_contents.extend(np.frombuffer(part, "<f4"))
    return response
