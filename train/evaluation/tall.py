"""Signs as tall as digits, drawn as people write them: a plus, =, ÷ and x."""

from __future__ import annotations

import numpy as np

from ..handwriting.curves import Path

PLUS = "\N{FULLWIDTH PLUS SIGN}"  # in a text that is written: a plus as tall as digits; "+" is a smaller one
OTHERS = "x=÷"  # signs that are not read: they become marks
TALL = PLUS + OTHERS
HIGH = (0.75, 1.1)  # how high a plus is, of the digits' height


def draw_tall_sign(sign: str, slant: float, pen: float, rng: np.random.Generator) -> list[Path]:
    """Draw a sign beside digits that are 1 high, from -0.5 to their base line at 0.5: as tall as they are.

    Args:
        slant: of the hand; signs lean with it.
        pen: width, of the digits' height.
    """
    u = rng.uniform
    if sign == PLUS:
        return _draw_plus(slant, pen, rng)
    if sign == "x":
        wide, high, middle = u(0.45, 0.85), u(0.55, 1.0), u(-0.02, 0.1)
        bow = u(-0.05, 0.05, 2)
        along = np.linspace(-0.5, 0.5, 7)
        bends = 1 - 4 * along**2
        return [
            np.stack((wide * along + bow[0] * bends, middle + high * along), axis=1),
            np.stack((wide * along + bow[1] * bends, middle - high * along * u(0.85, 1.15)), axis=1),
        ]
    wide, middle, tilt = u(0.45, 0.9), u(-0.05, 0.1), u(-0.12, 0.08)
    across = np.array([-0.5, 0.0, 0.5]) * wide
    bar = np.stack((across, tilt * across + np.array([0, u(-0.03, 0.03), 0])), axis=1)
    if sign == "=":
        apart = max(2.2 * pen, u(0.2, 0.45))
        upper, lower = np.array([0, middle - apart / 2]), np.array([u(-0.04, 0.04), middle + apart / 2])
        return [bar + upper, bar * (u(0.85, 1.15), 1.0) + lower]
    if sign == "÷":
        apart = max(2.5 * pen, u(0.25, 0.42))
        dots = [np.array([[0.0, side * apart], [u(0, 0.03), side * apart + u(0, 0.03)]]) for side in (-1, 1)]
        return [path + np.array([0, middle]) for path in (bar, *dots)]
    raise ValueError(f"Expected one of {TALL}, not {sign!r}.")


def _draw_plus(slant: float, pen: float, rng: np.random.Generator) -> list[Path]:
    """Draw two bars that cross, or one line of the pen: down the post, and back up to where the bar begins."""
    u = rng.uniform
    high = u(*HIGH)
    wide = float(np.clip(high * np.exp(rng.normal(-0.1, 0.2)), max(0.4, 3.5 * pen), 1.2))
    middle, raised = u(-0.06, 0.06) + 0.5 - high / 2, u(-0.12, 0.12) * high
    lean, tilt = slant + u(-0.1, 0.1), rng.normal(-0.05, 0.08)
    along = np.linspace(-0.5, 0.5, 9)
    bow = 1 - 4 * along**2
    post = np.stack((-lean * high * along + u(-0.04, 0.04) * bow, middle + high * along), axis=1)
    aside = u(-0.1, 0.1) * wide
    bar = np.stack((aside + wide * along, middle + raised + tilt * wide * along + u(-0.04, 0.04) * bow), axis=1)
    way = rng.random()
    if way < 0.12:  # in one line, like a 4
        return [np.concatenate((post, bar))]
    if way < 0.2:  # begun with a hook
        post = np.concatenate(([post[0] + (-u(0.05, 0.15), u(0.02, 0.1))], post))
    elif way < 0.28:  # with a tail, like a t
        post = np.concatenate((post, [post[-1] + (u(0.08, 0.2), -u(0.0, 0.08))]))
    return [bar, post]
