"""JSON as clients send it, read without a Python object for each thing in it.

    bytes -> parse_object() -> the members of the outermost object; what they hold is read when it is asked for

Owns how much of a client's JSON becomes Python objects, and that every type is checked. Knows no protocol.

Decided by measuring 16 MiB (x86-64, Python 3.11, the whole worker): json.loads makes 730 to 1,000 MB of Python lists of
`[],` or `[[[[1]]]],` in up to 3.7 s, and 494 MB of 5,000 digits; simdjson keeps a tape of 8 bytes a bracket and 16 a
number, at most 130 MB beside the body, in 0.1 s, and hands numbers out as one buffer. Counting brackets and commas
before json.loads would refuse those 5,000 digits as well, as they look like `[1],[1],`.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeAlias, cast

import numpy as np
import simdjson
from numpy.typing import NDArray

from ..errors import BadRequest, TooLarge

List: TypeAlias = simdjson.Array  # a list in a client's JSON, still unread
Object: TypeAlias = simdjson.Object  # an object in it, likewise

MAX_MEMBERS = 64  # names in an object that is read
MAX_NESTING = 8  # lists within lists of numbers
MAX_QUOTED = 80  # characters of a client's value that an error quotes
MAX_EXPLAINED = 64 * 1024  # bytes of a body in which the position of an error is determined
NO_BRACKETS = bytes(set(range(256)) - set(b"[],"))


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse a JSON object, and return its members.

    Returns:
        Strings, numbers, true, false and null as Python has them; a List or an Object for what holds others.

    Raises:
        BadRequest: it is not JSON, or not an object.
        TooLarge: it has more than MAX_MEMBERS.
    """
    try:
        message: Any = simdjson.Parser().parse(_to_utf8(body))
    except (ValueError, RuntimeError) as error:  # too deep is a RuntimeError
        raise BadRequest(f"The body is not JSON: {_explain(body, error)}.") from error
    if not isinstance(message, Object):
        raise BadRequest(f"Expected a JSON object, not {quote(message)}.")
    return read_members(message)


def read_members(given: Object) -> dict[str, Any]:
    """Return the members of an object by their names.

    Raises:
        BadRequest: two have the same name, and programs differ in which one counts; or a name holds a NUL, at which
            simdjson would cut it off.
        TooLarge: more than MAX_MEMBERS.
    """
    if len(given) > MAX_MEMBERS:
        raise TooLarge(f"The JSON has an object of {len(given):,} names; at most {MAX_MEMBERS} are read.")
    members: dict[str, Any] = {}
    for name in given:  # not items(): it turns everything within into Python objects
        if name in members:
            raise BadRequest(f"The JSON has an object that holds {quote(name)} twice.")
        if "\0" in name:
            raise BadRequest(f"The JSON has an object with the name {quote(name)}, which holds a NUL.")
        members[name] = given[name]
    return members


def read_numbers(given: List, expected: str, max_numbers: int) -> NDArray[np.float64]:
    """Return the numbers of a list, or of lists in lists, as an array of the same shape.

    Args:
        given: what the client sent.
        expected: the expected shape, for the error's sentence.
        max_numbers: in all lists together.

    Raises:
        BadRequest: something other than numbers, an empty list, or lists of different lengths.
        TooLarge: more than `max_numbers`.
    """
    shape = _measure(given, expected)
    try:
        flat = np.frombuffer(given.as_buffer(of_type="d"), np.float64)  # all numbers, whatever their lists are like
    except TypeError as error:
        raise BadRequest(f"There is something that is no number; expected {expected} of numbers.") from error
    if flat.size > max_numbers:  # before their brackets are compared, which takes as much memory again
        raise TooLarge(f"The tensor holds {flat.size:,} numbers; at most {max_numbers:,} are read at once.")
    if len(shape) == 1:
        shape = (flat.size,)  # len() of a list ends at 2**24 - 1
    brackets = cast(bytes, given.mini).translate(None, NO_BRACKETS) if math.prod(shape) == flat.size else None
    if brackets != _draw_brackets(shape):
        raise BadRequest(f"The lists of numbers differ in length; expected {expected}.")
    return flat.reshape(shape)


def quote(value: object) -> str:
    """Return what a client sent, shortened."""
    if isinstance(value, List):
        return "a list"
    if isinstance(value, Object):
        return "an object"
    if isinstance(value, str):
        return repr(value if len(value) <= MAX_QUOTED else f"{value[:MAX_QUOTED]}…")
    return json.dumps(value)


def _measure(given: List, expected: str) -> tuple[int, ...]:
    """Return the shape of lists in lists as far as their first items tell."""
    shape: list[int] = []
    first: Any = given
    while isinstance(first, List):
        shape.append(len(first))
        if not shape[-1]:
            raise BadRequest(f"There is an empty list; expected {expected} of numbers.")
        if len(shape) > MAX_NESTING:
            raise BadRequest(f"There are lists in lists more than {MAX_NESTING} deep; expected {expected}.")
        first = first[0]
    return tuple(shape)


def _draw_brackets(shape: tuple[int, ...]) -> bytes:
    """Return what JSON of a shape looks like without its numbers."""
    drawn = b""
    for length in reversed(shape):
        drawn = b"[" + ((drawn + b",") * length)[:-1] + b"]"  # join() would take 88 bytes an item
    return drawn


def _to_utf8(body: bytes) -> bytes:
    """Return JSON in UTF-8, as some programs write UTF-16 or UTF-32."""
    encoding = json.detect_encoding(body)
    return body if encoding.startswith("utf-8") else body.decode(encoding).encode()


def _explain(body: bytes, error: Exception) -> str:
    """Return what is wrong with JSON, and where, unless it is large."""
    if len(body) <= MAX_EXPLAINED:
        try:
            json.loads(body)
        except (ValueError, RecursionError) as found:
            return str(found)
        return "NaN, Infinity, numbers beyond 64 bits and halves of characters (\\ud800) are not read"
    return str(error).removesuffix(".").partition(": ")[2] or str(error)
