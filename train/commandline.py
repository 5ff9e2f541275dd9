"""A type of option that only training has. Knows nothing of training."""

from __future__ import annotations

import click


class PositiveNumber(click.ParamType[float]):
    """A finite number above 0."""

    name = "NUMBER"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number, or refuse the text with what was expected."""
        try:
            number = float(str(value))
        except ValueError:
            number = 0.0
        if not 0 < number < float("inf"):
            self.fail(f"expected a number above 0, got {str(value)!r}", param, ctx)
        return number
