"""What lies between two skeletons."""

from __future__ import annotations

import numpy as np
import pytest

from train.handwriting.blending import SHORTEST, blend
from train.handwriting.curves import Glyph, Path, ring, trace

FLAG: Glyph = [[(-0.3, 0.3), (0.0, 0.0, 1.0), (0.0, 1.0)]]
TOP: Glyph = [[(0.0, 0.0), (0.3, 0.0), (0.6, 0.0, 1.0), (0.4, 0.5), (0.2, 1.0)]]


def farthest(path: Path, other: Path) -> float:
    """Return how far the points of a path are from the nearest of another, at most."""
    other = np.concatenate([other, (other[1:] + other[:-1]) / 2])
    return float(np.sqrt(((path[:, None] - other[None]) ** 2).sum(axis=2)).min(axis=1).max())


@pytest.mark.parametrize(("share", "end"), [(0.0, FLAG), (1.0, TOP)])
def test_the_ends_are_the_skeletons_themselves(share: float, end: Glyph) -> None:
    blended = trace(blend(FLAG, TOP, share)[0])
    assert farthest(blended, trace(end[0])) < 0.05
    assert farthest(trace(end[0]), blended) < 0.08


def test_a_corner_between_two_corners_is_a_corner() -> None:
    middle = blend(FLAG, TOP, 0.5)[0]
    corners = [point for point in middle if point[2] > 0.9]
    assert len(corners) == 1
    np.testing.assert_allclose(corners[0][:2], (0.3, 0.0), atol=0.02)


def test_a_ring_half_way_to_a_ring_half_as_wide_is_a_ring() -> None:
    wide, slim = ring((0.3, 0.5), (0.4, 0.5), -0.25, -1.0), ring((0.3, 0.5), (0.2, 0.5), -0.25, -1.0)
    between = ring((0.3, 0.5), (0.3, 0.5), -0.25, -1.0)
    assert farthest(trace(blend([wide], [slim], 0.5)[0]), trace(between)) < 0.06


def test_a_stroke_of_one_skeleton_alone_shrinks_as_that_one_recedes() -> None:
    barred: Glyph = [*TOP, [(0.2, 0.5), (0.6, 0.5)]]
    bars = [blend(TOP, barred, share)[1:] for share in (SHORTEST / 2, 0.5, 1.0)]
    assert bars[0] == []
    np.testing.assert_allclose([point[0] for point in bars[1][0]], (0.3, 0.5))
    np.testing.assert_allclose([point[0] for point in bars[2][0]], (0.2, 0.6))


def test_no_two_points_of_a_blend_lie_so_near_that_jitter_knots_them() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        points = np.array([point[:2] for point in blend(FLAG, TOP, rng.random())[0]])
        assert (np.hypot(*np.diff(points, axis=0).T) > 0.05).all()


def test_a_straight_stretch_of_a_blend_has_no_more_points_than_its_ends() -> None:
    steep: Glyph = [[(0.0, 0.0), (0.0, 0.3), (0.0, 0.5), (0.0, 1.0)]]
    leaning: Glyph = [[(0.3, 0.0), (0.1, 0.667), (0.0, 1.0)]]
    assert len(blend(steep, leaning, 0.5)[0]) == 2


def test_a_stroke_that_begins_with_a_corner_has_it_once() -> None:
    cornered: Glyph = [[(0.0, 0.0, 1.0), (0.3, 0.3), (0.0, 1.0)]]
    starts = [point[:2] for point in blend(cornered, cornered, 0.5)[0]]
    assert starts.count((0.0, 0.0)) == 1
