"""Around the detection networks: windows of a frame, boxes back into the frame, and which of them stay."""

from __future__ import annotations

from itertools import pairwise

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seewhy.perceive.local.boxes import (
    MOST_BOXES,
    MOST_NAMES,
    Found,
    Window,
    from_centers,
    from_square,
    in_frame,
    settled,
    things,
    windows,
)

Box = tuple[float, float, float, float]


def _found(*boxes: Box, scores: list[float] | None = None, phrases: list[int] | None = None) -> Found:
    return Found(
        np.array(boxes).reshape(-1, 4),
        np.array(scores if scores is not None else [0.9 - 0.01 * n for n in range(len(boxes))]),
        np.array(phrases if phrases is not None else [0] * len(boxes), np.int64),
    )


# Windows


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(200, 1200))
def test_tiles_cover_the_frame_and_are_as_large_as_the_network_sees(height: int, width: int, side: int) -> None:
    whole, *tiles = windows(height, width, side)
    assert whole == Window(0, 0, height, width)
    if max(height, width) <= 1.5 * side:
        assert tiles == []
        return
    rows, columns = np.zeros(height, bool), np.zeros(width, bool)
    for top, left, bottom, right in tiles:
        rows[top:bottom], columns[left:right] = True, True
        assert (bottom - top, right - left) == (min(side, height), min(side, width))
    assert rows.all()
    assert columns.all()
    assert len(tiles) == len(set(tiles)) == len({t.top for t in tiles}) * len({t.left for t in tiles})


def test_neighboring_tiles_overlap() -> None:
    lefts = sorted({tile.left for tile in windows(960, 3000, 960)[1:]})
    assert all(left + 960 - right >= 0.2 * 960 - 1 for left, right in pairwise(lefts))


# Boxes


@pytest.mark.parametrize(
    ("height", "width", "square", "frame"),
    [
        pytest.param(100, 200, (0.5, 0.1, 1.0, 0.4), (0.5, 0.2, 1.0, 0.8), id="wide"),
        pytest.param(200, 100, (0.1, 0.5, 0.4, 1.0), (0.2, 0.5, 0.8, 1.0), id="high"),
        pytest.param(100, 100, (0.1, 0.2, 0.3, 0.4), (0.1, 0.2, 0.3, 0.4), id="square"),
        pytest.param(480, 854, (0.0, 0.0, 1.0, 480 / 854), (0.0, 0.0, 1.0, 1.0), id="the whole frame"),
    ],
)
def test_boxes_leave_the_padded_square(height: int, width: int, square: Box, frame: Box) -> None:
    assert from_square(np.array([square]), height, width)[0] == pytest.approx(frame)


def test_boxes_as_centers_become_corners() -> None:
    assert from_centers(np.array([[0.5, 0.4, 0.2, 0.6]]))[0] == pytest.approx((0.4, 0.1, 0.6, 0.7))


def test_boxes_of_a_tile_become_boxes_of_the_frame() -> None:
    tile = Window(top=100, left=200, bottom=300, right=400)
    seen = in_frame(_found((0.25, 0.5, 0.75, 0.75)), tile, height=400, width=800)
    assert seen.boxes[0] == pytest.approx((250 / 800, 200 / 400, 350 / 800, 250 / 400))


@pytest.mark.parametrize(
    "box", [(0.0, 0.2, 0.5, 0.5), (0.2, 0.0, 0.5, 0.5), (0.5, 0.2, 1.0, 0.5), (0.2, 0.5, 0.5, 1.0)]
)
def test_what_the_border_of_a_tile_cuts_is_left_to_the_others(box: Box) -> None:
    inside = Window(100, 100, 200, 200)
    assert len(in_frame(_found(box), inside, 400, 400).boxes) == 0
    assert len(in_frame(_found(box), Window(0, 0, 400, 400), 400, 400).boxes) == 1, "the frame's own edge cuts, too"


# What stays


def test_boxes_are_cut_off_at_the_frame() -> None:
    (seen,) = settled([_found((-0.2, 0.3, 0.5, 1.4))], ["dog"])
    assert seen.box == pytest.approx((0.0, 0.3, 0.5, 1.0))
    assert all(type(number) is float for number in (*seen.box, seen.score))


@pytest.mark.parametrize(
    "box", [(1.1, 0.2, 1.4, 0.5), (0.2, -0.3, 0.4, 0.0), (0.9999, 0.1, 1.5, 0.5), (0.5, 0.5, 0.4, 0.6)]
)
def test_what_lies_in_the_padding_is_not_there(box: Box) -> None:
    assert settled([_found(box)], ["dog"]) == []


def test_of_two_boxes_on_one_thing_the_better_stays() -> None:
    seen = settled(
        [_found((0.1, 0.1, 0.5, 0.5), (0.12, 0.1, 0.52, 0.5), (0.6, 0.6, 0.9, 0.9), scores=[0.5, 0.7, 0.6])], ["dog"]
    )
    assert [detection.score for detection in seen] == [0.7, 0.6]


def test_boxes_of_one_phrase_side_by_side_stay() -> None:
    """They overlap by a third."""
    assert len(settled([_found((0.0, 0.0, 0.4, 1.0), (0.2, 0.0, 0.6, 1.0))], ["dog"])) == 2


def test_one_place_keeps_several_names_but_not_all() -> None:
    box = (0.1, 0.1, 0.5, 0.5)
    count = MOST_NAMES + 2
    seen = settled([_found(*[box] * count, phrases=list(range(count)))], [f"name {n}" for n in range(count)])
    assert [detection.phrase for detection in seen] == [f"name {n}" for n in range(MOST_NAMES)]
    assert [thing.phrase for thing in things(seen)] == ["name 0"]


def test_things_in_different_places_are_different_things() -> None:
    seen = settled([_found((0.1, 0.1, 0.5, 0.5), (0.1, 0.1, 0.5, 0.3), phrases=[0, 1])], ["dog", "head"])
    assert things(seen) == seen
    assert things([]) == []


def test_looks_at_windows_are_put_together_best_first() -> None:
    whole = _found((0.1, 0.1, 0.3, 0.3), scores=[0.4])
    tile = _found((0.11, 0.1, 0.3, 0.3), (0.5, 0.5, 0.6, 0.6), scores=[0.8, 0.3])
    assert [detection.score for detection in settled([whole, tile], ["dog"])] == [0.8, 0.3]


def test_boxes_without_end_are_bounded() -> None:
    grid = [(x / 60, y / 60, (x + 1) / 60, (y + 1) / 60) for x in range(60) for y in range(60)]
    assert len(settled([_found(*grid, scores=[0.5] * len(grid))], ["dog"])) == MOST_BOXES


def test_nothing_found_is_nothing() -> None:
    assert settled([_found()], ["dog"]) == []
