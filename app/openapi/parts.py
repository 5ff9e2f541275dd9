"""The parts of which descriptions are made: references by name, bodies with examples, operations and their answers."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

OBJECT: Schema = {"type": "object", "additionalProperties": True}  # of any members: clients drop what is not described


def get(identity: str, tag: str, summary: str, responses: Schema, *parameters: str) -> Schema:
    """Describe a path that is read by GET; `parameters` are names among the components."""
    return {
        "get": {
            "operationId": identity,
            "tags": [tag],
            "summary": summary,
            "parameters": [parameter(name) for name in (*parameters, "RequestId")],
            "responses": responses,
        }
    }


def answers(content: Schema, *errors: int, success: bool = True, status: int = 200) -> Schema:
    """Describe the answers of an operation: success, the expected failures, and any other."""
    request_id = {"X-Request-ID": {"$ref": "#/components/headers/RequestId"}}
    described = {"description": "The answer.", "headers": request_id, **({"content": content} if content else {})}
    answered = {str(status): described} if success else {}
    expected = {str(status): {"$ref": f"#/components/responses/{status}"} for status in (*errors, 429)}
    return {**answered, **expected, "default": {"$ref": "#/components/responses/Error"}}


def media(schema: Schema, *examples: Any) -> Schema:
    """Describe a body in JSON, with examples where there are any."""
    described: Schema = {"schema": schema}
    if len(examples) == 1:
        described["example"] = examples[0]
    elif examples:
        described["examples"] = {
            f"example {number}": {"value": value} for number, value in enumerate(examples, start=1)
        }
    return {"application/json": described}


def schema(name: str) -> Schema:
    """Refer to a schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def parameter(name: str) -> Schema:
    """Refer to a parameter of the components."""
    return {"$ref": f"#/components/parameters/{name}"}


def in_path(name: str, schema: Schema) -> Schema:
    """Describe a parameter that is part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def whole(required: Schema, optional: Schema | None = None) -> Schema:
    """Describe an object: its required and its optional properties."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def list_sizes(shape: tuple[int, ...]) -> str:
    """Return the sizes of a shape as text, e.g. "28, 28, 1"."""
    return ", ".join(str(size) for size in shape)
