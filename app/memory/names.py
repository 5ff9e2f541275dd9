"""The names of hands: random ones that clients make, or that are made here for them. Needs no database."""

from __future__ import annotations

import re
import secrets

from ..errors import BadRequest

HAND = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
RANDOM_BYTES = 16  # of a hand that is named here; 22 characters


def check_hand(hand: str) -> str:
    """Return the name of a hand.

    Raises:
        BadRequest: it is none.
    """
    if not HAND.fullmatch(hand):
        shown = f"{hand[:80]!a}"
        raise BadRequest(f"{shown} is no name of a hand; expected 16 to 64 random letters, digits, - or _.")
    return hand


def name_hand() -> str:
    """Return the name of a new hand, which nobody can guess."""
    return secrets.token_urlsafe(RANDOM_BYTES)
