"""How much is kept of a hand."""

MAX_CORRECTIONS = 10_000  # of a hand
MAX_A_MINUTE = 120  # corrections that a hand gets: more than a person makes
