"""What each step of the way from a picture to a digit decided, for people who ask why.

Knows nothing of how the steps work; they append to it only when an explanation is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Step:
    """One step: its name, what it decided in a sentence, and the picture as it was after it."""

    name: str
    decision: str
    picture: NDArray[np.uint8]


Steps = list[Step]
