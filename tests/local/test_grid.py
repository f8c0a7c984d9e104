"""What a grid of points finds, on pictures whose objects are known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from truths import BLUE, GREEN, RED, Actor, film, still

from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.grid import BATCH, LEAST_QUALITY, distinct, grid, is_background, outside, probe
from seewhy.perceive.local.tracking import Prompt, Seen
from seewhy.types.masks import Mask
from seewhy.types.video import Frame

SIZE = (60, 80)


def box(left: int, top: int, width: int, height: int) -> Mask:
    mask = np.zeros(SIZE, bool)
    mask[top : top + height, left : left + width] = True
    return mask


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"), [(480, 854, 7, 12), (854, 480, 12, 7), (9, 9, 12, 12), (1, 99, 1, 12)]
)
def test_points_are_centers_of_cells_that_are_about_square(height: int, width: int, rows: int, columns: int) -> None:
    points = grid(height, width)
    assert len(points) == len(set(points)) == rows * columns
    assert points[0] == (0.5 / columns, 0.5 / rows)
    assert points == sorted(points, key=lambda point: (point[1], point[0]))
    assert all(0 < x < 1 and 0 < y < 1 for x, y in points)


def test_points_outside_of_what_is_known() -> None:
    left_half = np.zeros((2, 4), bool)
    left_half[:, :2] = True
    assert outside([(0.1, 0.1), (0.49, 0.9), (0.51, 0.5), (0.99, 0.99)], left_half) == [(0.51, 0.5), (0.99, 0.99)]


@pytest.mark.parametrize(
    ("mask", "background"),
    [
        (box(0, 40, 80, 20), True),  # ground
        (box(0, 0, 80, 25), True),  # sky
        (box(0, 0, 40, 60), True),  # a wall that fills the left half
        (box(0, 25, 80, 15), False),  # a train
        (box(30, 0, 15, 60), False),  # a tree trunk
        (box(0, 0, 40, 30), False),  # in a corner
        (box(10, 10, 60, 40), False),
        (~box(10, 10, 60, 40), True),  # a frame around everything
        (np.zeros(SIZE, bool), False),
    ],
)
def test_what_is_background(mask: Mask, background: bool) -> None:
    assert is_background(mask) is background


def test_of_overlapping_masks_the_best_stays() -> None:
    """IoU of the first two: 18/22 > 0.7; of first and third: 10/30."""
    found = [Seen(box(0, 0, 20, 10), 0.8), Seen(box(2, 0, 20, 10), 0.9), Seen(box(10, 0, 20, 10), 0.7)]
    kept = distinct(found)
    assert [seen.score for seen in kept] == [0.9, 0.7]
    equal = distinct([found[0], Seen(found[0].mask.copy(), 0.8)])
    assert len(equal) == 1
    assert equal[0].mask is found[0].mask, "the first of equals"
    assert distinct([]) == []


def test_a_grid_finds_each_thing_once() -> None:
    shown = film([Actor("a", RED, (20, 20), still(5, 5)), Actor("b", GREEN, (30, 25), still(45, 20))], 1)
    (frame,) = shown.frames
    tracker = FakeTracker((RED, GREEN, BLUE))
    found = probe(tracker, frame, grid(60, 80), 0.001)
    assert len(found) == 2
    masks = [seen.mask for seen in found]
    assert any(np.array_equal(mask, shown.truth[0]["a"]) for mask in masks)
    assert any(np.array_equal(mask, shown.truth[0]["b"]) for mask in masks)
    sizes = [len(prompts) for session in tracker.sessions for _, prompts in session.looks]
    assert sizes == [BATCH, 12 * 9 - BATCH]
    assert all(session.closed and len(session.looks) == 1 for session in tracker.sessions)


def test_what_is_small_or_background_is_no_thing() -> None:
    shown = film([Actor("a", RED, (20, 80), still(0, 40)), Actor("b", GREEN, (9, 9), still(45, 20))], 1)
    tracker = FakeTracker((RED, GREEN))
    (frame,) = shown.frames
    assert len(probe(tracker, frame, grid(60, 80), 0.001)) == 1
    assert probe(tracker, frame, grid(60, 80), 82 / 4800) == []
    assert probe(tracker, frame, [], 0.001) == []


class Unsure:
    """Of each point a mask around it, less sure from left to right."""

    source = "unsure@1"

    @contextmanager
    def session(self) -> Iterator[Unsure]:
        yield self

    def look(self, frame: Frame, prompts: Sequence[Prompt] = ()) -> Mapping[int, Seen]:
        height, width = frame.image.shape[:2]
        return {
            prompt.object: Seen(box(int(x * width) - 2, int(y * height) - 2, 4, 4), 1 - x)
            for prompt in prompts
            for x, y in prompt.points
        }

    def drop(self, objects: Collection[int]) -> None:
        raise AssertionError(f"nobody asked to drop {objects}")


def test_masks_of_low_quality_are_left_out_the_best_come_first() -> None:
    (frame,) = film([], 1).frames
    found = probe(Unsure(), frame, grid(60, 80), 0.001)
    assert len(found) == 2 * 9, "columns at 1/24 and 3/24"
    assert all(seen.score >= LEAST_QUALITY for seen in found)
    assert [seen.score for seen in found] == sorted((seen.score for seen in found), reverse=True)
