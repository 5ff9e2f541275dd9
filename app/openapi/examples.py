"""What the examples of requests and answers hold; the tests send them to a real server."""

from __future__ import annotations

from ..protocols.tensors import SHAPE

# A 7 of 28x28 pixels as PNG, for the examples.
SEVEN = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAQMAAABIw03XAAAABlBMVEX///9SUlI3EiauAAAARUlEQVR42lXNMQqAMAAEwckRMJXvsfTpPsUn"
    "WKYQtDGiVywLWxz/lasLVThhEVahwyEPiELYRQjbCBUmohGXEebXQPt+3zvICTgbjP3QAAAAAElFTkSuQmCC"
)
SEVEN_ROW = [0.0] * 5 + [0.01, 0.0, 0.98, 0.0, 0.01]  # probabilities of a 7
ONE_ROW = [0.0, 0.93] + [0.0] * 5 + [0.07, 0.0, 0.0]  # probabilities of a 1
EVIDENCE_EXAMPLE = {  # what speaks for a 7 and not a 1, shortened: without its bar it is a 1
    "digit": 7,
    "against": 1,
    "map": [[0.0] * SHAPE[1]] * 5 + [[0.0] * 8 + [3.1] * 12 + [0.0] * 8] * 3 + [[0.0] * SHAPE[1]] * 20,
    "picture": f"data:image/png;base64,{SEVEN}",
    "parts": [
        {
            "place": "top", "shape": "bar", "gain": 3.1, "share": 0.38, "ink": f"data:image/png;base64,{SEVEN}",
            "digit": 1, "confidence": 0.93, "certain": True, "probabilities": ONE_ROW,
        }
    ],
    "smallest": None,
    "like": [{"digit": 7, "similarity": 0.94, "picture": f"data:image/png;base64,{SEVEN}"}],
}  # fmt: skip
BLANK = [[[0.0]] * SHAPE[1]] * SHAPE[0]  # a digit without ink, as nested lists
HAND_EXAMPLE = "the-hand-of-an-example"  # nobody's: others are random
