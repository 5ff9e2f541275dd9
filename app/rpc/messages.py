"""The messages of the Open Inference Protocol: what is sent over gRPC, as classes of protobuf.

Source: https://github.com/kserve/open-inference-protocol, specification/protocol/open_inference_grpc.proto (its licence
is Apache 2.0), whose names, numbers and types are kept. They are described here, in a pool of their own: code that
protoc writes fits few versions of protobuf, and a program may have loaded another copy of the same messages.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "inference"
SERVICE = f"{PACKAGE}.GRPCInferenceService"
METHODS = ("ServerLive", "ServerReady", "ModelReady", "ServerMetadata", "ModelMetadata", "ModelInfer")
PARAMETERS = "map parameters"
TENSOR = ("string name", "string datatype", "repeated int64 shape")
MESSAGES: dict[str, tuple[str, ...]] = {  # fields in the order of their numbers, from 1
    "InferParameter": (
        "oneof bool bool_param", "oneof int64 int64_param", "oneof string string_param", "oneof double double_param",
        "oneof uint64 uint64_param",
    ),
    "InferTensorContents": (
        "repeated bool bool_contents", "repeated int32 int_contents", "repeated int64 int64_contents",
        "repeated uint32 uint_contents", "repeated uint64 uint64_contents", "repeated float fp32_contents",
        "repeated double fp64_contents", "repeated bytes bytes_contents",
    ),
    "ServerLiveRequest": (),
    "ServerLiveResponse": ("bool live",),
    "ServerReadyRequest": (),
    "ServerReadyResponse": ("bool ready",),
    "ModelReadyRequest": ("string name", "string version"),
    "ModelReadyResponse": ("bool ready",),
    "ServerMetadataRequest": (),
    "ServerMetadataResponse": ("string name", "string version", "repeated string extensions"),
    "ModelMetadataRequest": ("string name", "string version"),
    "ModelMetadataResponse": (
        "string name", "repeated string versions", "string platform",
        "repeated ModelMetadataResponse.TensorMetadata inputs", "repeated ModelMetadataResponse.TensorMetadata outputs",
    ),
    "ModelMetadataResponse.TensorMetadata": TENSOR,
    "ModelInferRequest": (
        "string model_name", "string model_version", "string id", PARAMETERS,
        "repeated ModelInferRequest.InferInputTensor inputs",
        "repeated ModelInferRequest.InferRequestedOutputTensor outputs", "repeated bytes raw_input_contents",
    ),
    "ModelInferRequest.InferInputTensor": (*TENSOR, PARAMETERS, "InferTensorContents contents"),
    "ModelInferRequest.InferRequestedOutputTensor": ("string name", PARAMETERS),
    "ModelInferResponse": (
        "string model_name", "string model_version", "string id", PARAMETERS,
        "repeated ModelInferResponse.InferOutputTensor outputs", "repeated bytes raw_output_contents",
    ),
    "ModelInferResponse.InferOutputTensor": (*TENSOR, PARAMETERS, "InferTensorContents contents"),
}  # fmt: skip

Field = descriptor_pb2.FieldDescriptorProto


def describe_messages() -> Any:
    """Return the messages as protobuf describes them."""
    file = descriptor_pb2.FileDescriptorProto(name="open_inference.proto", package=PACKAGE, syntax="proto3")
    found: dict[str, Any] = {}
    for name, fields in MESSAGES.items():
        outer, _, inner = name.rpartition(".")
        message = found[name] = found[outer].nested_type.add() if outer else file.message_type.add()
        message.name = inner
        for number, text in enumerate(fields, 1):
            _add_field(name, message, number, text)
    return file


def _add_field(name: str, message: Any, number: int, text: str) -> None:
    *words, field_name = text.split()
    field = message.field.add(name=field_name, number=number, label=Field.LABEL_OPTIONAL)
    if words[0] in ("repeated", "map"):
        field.label = Field.LABEL_REPEATED
    if words[0] == "map":  # is a message of key and value, by protobuf's own rules
        entry = message.nested_type.add(name="ParametersEntry")
        entry.options.map_entry = True
        for place, kind in enumerate(("string key", "InferParameter value"), 1):
            _add_field(f"{name}.ParametersEntry", entry, place, kind)
        kind = f"{name}.ParametersEntry"
    else:
        kind = words[-1]
    if words[0] == "oneof":
        if not message.oneof_decl:
            message.oneof_decl.add(name="parameter_choice")
        field.oneof_index = 0
    if kind in MESSAGES or words[0] == "map":
        field.type, field.type_name = Field.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    else:
        field.type = Field.Type.Value(f"TYPE_{kind.upper()}")


POOL = descriptor_pool.DescriptorPool()
POOL.Add(describe_messages())


def find_class(name: str) -> Any:
    """Return the class of a message."""
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"{PACKAGE}.{name}"))
