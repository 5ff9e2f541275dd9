"""What answers hold: the schemas, headers and failures that the paths name. Nothing here depends on a setting."""

from __future__ import annotations

from typing import get_args

from ..models.classifier import Doubt
from ..preprocessing.decoding import FORMATS_TEXT
from ..preprocessing.pieces import PLACES, SHAPES
from ..preprocessing.signs import SIGNS
from ..protocols.open_inference import EXTENSIONS
from .parts import OBJECT, Schema, media, schema, whole

ERRORS = {
    400: ("bad_request", "The request does not say what it should."),
    403: ("corrections_off", "This server keeps no corrections."),
    404: ("not_found", "The path, the model or the version does not exist."),
    413: ("too_large", "Too many bytes, pixels, pictures or digits."),
    415: ("unsupported_format", f"Not a picture in a format that is read: {FORMATS_TEXT}."),
    422: ("no_ink, unreadable", "The picture is blank, truncated or damaged."),
    429: ("too_many_requests", "This address asks more often than the server allows."),
    503: ("not_ready, overloaded", "The server is going away, or has too much to do. Ask again after Retry-After."),
}
CODES = (
    "bad_request", "corrections_off", "not_found", "method_not_allowed", "too_large", "unsupported_format", "no_ink",
    "unreadable", "too_many_requests", "internal", "not_ready", "overloaded",
)  # fmt: skip

PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
TEXT = {"type": "string"}
DIGIT = {"type": "integer", "minimum": 0, "maximum": 9}
NUMBER = {"type": "integer", "minimum": 1}
HAND = {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$", "description": "A random name, which the client makes."}
TRUSTED = {
    "type": "boolean",
    "description": "False where it contradicts what the model knows: it counts once a second one agrees.",
}
READING = {
    "digit": DIGIT,
    "confidence": PROBABILITY,
    "certain": {"type": "boolean", "description": "False where the answer should not be trusted."},
    "probabilities": {"type": "array", "items": PROBABILITY},
}
SIZES = {"type": "array", "items": {"type": "integer"}}
TENSORS = {"type": "array", "items": whole({"name": TEXT, "datatype": TEXT, "shape": SIZES})}
CONFIGURED = {"type": "array", "items": whole({"name": TEXT, "data_type": TEXT, "dims": SIZES})}
ANSWERED = whole({"name": TEXT, "datatype": TEXT, "shape": SIZES})
ANSWERED["properties"]["data"] = {"type": "array", "items": {}, "description": "Left out where it follows the JSON."}
PAGES = {"type": "integer", "minimum": 2, "description": "How many the file has, if several; the first is read."}
MORE = {
    "without_hand": {**DIGIT, "description": "What is read without the hand's corrections, where they decided."},
    "doubt": {
        **TEXT,
        "description": "Why the answer should not be trusted; only there where it should not. A program should expect "
        f"other words, too: there are {', '.join(get_args(Doubt))}.",
        "examples": list(get_args(Doubt)),
    },
}
BOX = {
    "box": {
        "type": "array",
        "items": {"type": "integer"},
        "minItems": 4,
        "maxItems": 4,
        "description": "x, y, width, height in pixels of the upright picture.",
    }
}
PICTURE = {**TEXT, "description": "A data URL of a PNG."}
CHANGED = {
    **READING,
    "share": {**PROBABILITY, "description": "Of the ink, that is taken away."},
    "ink": {**PICTURE, "description": "What is taken away: a data URL of a PNG of 28 by 28 pixels, light on dark."},
}
GAIN = {"type": "number", "description": "The mean of the map over its ink."}
EVIDENCE = whole(
    {
        "digit": DIGIT,
        "against": {**DIGIT, "description": "What the answer is compared with."},
        "map": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "number"}},
            "description": "28 rows of 28 numbers: above 0 the ink there speaks for the digit, below 0 against it. How "
            "much the natural logarithm of their odds changes without the ink around; 0.7 doubles or halves them.",
        },
        "picture": {
            **PICTURE,
            "description": "The map, for people: what speaks for the digit hatched, against dotted.",
        },
        "parts": {
            "type": "array",
            "items": whole(
                {"place": {"enum": list(PLACES)}, "shape": {"enum": list(SHAPES)}, "gain": GAIN, **CHANGED}, MORE
            ),
            "description": "What would be read without each part of the digit.",
        },
        "smallest": {
            "anyOf": [whole(CHANGED, MORE), {"type": "null"}],
            "description": "As little ink as was found to change the answer; null where no small change does.",
        },
        "like": {
            "type": "array",
            "items": whole({"digit": DIGIT, "similarity": {"type": "number", "maximum": 1}, "picture": PICTURE}),
            "description": "Digits that the model learned from and that look most like this one to it, the nearest "
            "first; none of a model that does not show what it sees.",
        },
    }
)
EXPLAINED = {
    "steps": {
        "type": "array",
        "items": whole({"name": TEXT, "decision": TEXT, "picture": PICTURE}),
        "description": "With ?explain=1: each step from the picture to the digit.",
    },
    "evidence": {**schema("Evidence"), "description": "With ?explain=1: why this digit and not another."},
}
MARK = {
    "sign": {"enum": [*SIGNS, None], "description": "The sign, as in the text; null for ink that is neither."},
    "certain": {"type": "boolean", "description": "False where it may be a digit as well."},
}

SCHEMAS: Schema = {
    "Error": whole({"error": {**TEXT, "description": "A sentence to act on."}, "code": {"enum": list(CODES)}}),
    "Reading": whole({**READING, "model": TEXT}, {**MORE, **EXPLAINED, "pages": PAGES}),
    "Evidence": EVIDENCE,
    "Readings": whole({"predictions": {"type": "array", "items": {"anyOf": [schema("Reading"), schema("Error")]}}}),
    "Number": whole(
        {
            "text": {
                **TEXT,
                "description": f'As written: digits, and the signs {" ".join(SIGNS)}. Lines are separated by "\\n".',
            },
            "digits": {"type": "array", "items": whole({**READING, **BOX}, MORE)},
            "marks": {
                "type": "array",
                "items": whole({**MARK, **BOX}),
                "description": "Ink that is no digit, without dirt, in reading order.",
            },
            "model": TEXT,
        },
        {"pages": PAGES},
    ),
    "Numbers": whole({"readings": {"type": "array", "items": {"anyOf": [schema("Number"), schema("Error")]}}}),
    "Cards": whole(
        {
            "default": TEXT,
            "models": {"type": "array", "items": whole({"name": TEXT})},
            "refused": {"type": "array", "items": whole({"name": TEXT, "error": TEXT})},
        }
    ),
    "ModelNames": whole({"models": {"type": "array", "items": TEXT}}),
    "ModelStatus": whole(
        {
            "model_version_status": {
                "type": "array",
                "items": whole({"version": TEXT, "state": {"const": "AVAILABLE"}, "status": OBJECT}),
            },
            "name": TEXT,
            "ready": {"type": "boolean"},
        }
    ),
    "ModelMetadata": whole({"model_spec": whole({"name": TEXT, "version": TEXT}), "metadata": OBJECT}),
    "RowPredictions": whole({"predictions": {"type": "array", "items": {}, "description": "One for each instance."}}),
    "ColumnPredictions": whole({"outputs": {"description": "A list, or an object of lists by the outputs' names."}}),
    "ServerMetadata": whole(
        {"name": TEXT, "version": TEXT, "extensions": {"type": "array", "items": {"enum": list(EXTENSIONS)}}}
    ),
    "Health": whole({"live": {"type": "boolean"}, "ready": {"type": "boolean"}}),
    "Ready": whole(
        {
            "ready": {"const": True},
            "models": {"type": "array", "items": TEXT},
            "corrections": {
                "enum": ["on", "off", "unreachable"],
                "description": "Whether corrections are kept; while their database is away, digits are read without.",
            },
        }
    ),
    "Hand": whole(
        {
            "hand": HAND,
            "corrections": {"type": "integer", "minimum": 0},
            "digits": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
        }
    ),
    "Corrected": whole({"id": NUMBER, "digit": DIGIT, "was": DIGIT, "hand": HAND, "trusted": TRUSTED}),
    "Corrections": whole(
        {
            "hand": HAND,
            "corrections": {
                "type": "array",
                "items": whole(
                    {
                        "id": NUMBER,
                        "digit": DIGIT,
                        "was": {**DIGIT, "description": "What was read."},
                        "model": TEXT,
                        "version": TEXT,
                        "time": {**TEXT, "format": "date-time"},
                        "trusted": TRUSTED,
                        "picture": {**TEXT, "description": "The framed digit: a data URL of a PNG of 28 by 28 pixels."},
                    }
                ),
            },
            "more": {"type": "boolean", "description": "Whether there are older ones: ask ?before= the last id."},
        }
    ),
    "ModelReady": whole({"name": TEXT, "ready": {"const": True}}),
    "TensorMetadata": whole(
        {
            "name": TEXT,
            "versions": {"type": "array", "items": TEXT},
            "platform": TEXT,
            "inputs": TENSORS,
            "outputs": TENSORS,
        }
    ),
    "ModelConfig": whole(
        {
            "name": TEXT,
            "platform": TEXT,
            "backend": TEXT,
            "version_policy": OBJECT,
            "max_batch_size": {"type": "integer"},
            "input": CONFIGURED,
            "output": CONFIGURED,
        }
    ),
    "IndexedModel": whole({"name": TEXT, "version": TEXT, "state": {"enum": ["READY", "UNAVAILABLE"]}, "reason": TEXT}),
    "InferResponse": whole(
        {"model_name": TEXT, "model_version": TEXT, "outputs": {"type": "array", "items": ANSWERED}}
    ),
}

HEADERS: Schema = {
    "RequestId": {"description": "The name of this request in the log.", "schema": TEXT},
    "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
}

RESPONSES: Schema = {
    "Error": {"description": "Any other failure.", "content": media(schema("Error"))},
    **{
        str(status): {
            "description": description,
            "content": media(schema("Error"), {"error": description, "code": code.split(",")[0]}),
            **({"headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}} if status >= 429 else {}),
        }
        for status, (code, description) in ERRORS.items()
    },
}
