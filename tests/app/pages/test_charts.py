"""Numbers become charts: round ticks that enclose them, and points where they belong."""

from __future__ import annotations

import pytest

from app.pages.charts import BOTTOM, HEIGHT, LEFT, MAX_TICKS, RIGHT, TOP, WIDTH, choose_ticks, draw_lines


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    (
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (1, 10, [0, 2, 4, 6, 8, 10]),
        (0.982, 0.9931, [0.98, 0.9825, 0.985, 0.9875, 0.99, 0.9925, 0.995]),
        (3, 3, [3, 4]),
        (0, 0, [0, 0.2]),
    ),
)
def test_ticks_are_round_and_enclose_the_range(low: float, high: float, ticks: list[float]) -> None:
    assert choose_ticks(low, high) == ticks
    assert len(ticks) <= MAX_TICKS + 2


def test_the_ends_of_a_line_are_at_the_ends_of_the_axes() -> None:
    chart = draw_lines({"measured": [(0, 0), (1, 1)]}, percent=True)
    assert chart.lines[0].points == ((LEFT, HEIGHT - BOTTOM), (WIDTH - RIGHT, TOP))
    assert chart.lines[0].path == f"{LEFT},{HEIGHT - BOTTOM} {WIDTH - RIGHT},{TOP}"
    assert chart.y_ticks[-1].text == "100%"


def test_a_single_epoch_is_drawn_in_the_middle() -> None:
    chart = draw_lines({"training": [(1, 0.5)]})
    assert chart.lines[0].points[0][0] == (LEFT + WIDTH - RIGHT) / 2
