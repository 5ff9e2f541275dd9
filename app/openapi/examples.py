"""What the examples of requests and answers hold; the tests send them to a real server."""

from __future__ import annotations

from ..protocols.tensors import SHAPE

# A 7 of 28x28 pixels as PNG, for the examples.
SEVEN = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcAQMAAABIw03XAAAABlBMVEX///9SUlI3EiauAAAARUlEQVR42lXNMQqAMAAEwckRMJXvsfTpPsUn"
    "WKYQtDGiVywLWxz/lasLVThhEVahwyEPiELYRQjbCBUmohGXEebXQPt+3zvICTgbjP3QAAAAAElFTkSuQmCC"
)
SEVEN_ROW = [0.0] * 5 + [0.01, 0.0, 0.98, 0.0, 0.01]  # probabilities of a 7
BLANK = [[[0.0]] * SHAPE[1]] * SHAPE[0]  # a digit without ink, as nested lists
HAND_EXAMPLE = "the-hand-of-an-example"  # nobody's: others are random
