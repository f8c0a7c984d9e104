"""What is one thing twice, and what is part of another, on masks made by formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from test_stitching import GREEN, RED, SIZE, piece, still

from seewhy.perceive.local.overlaps import insides, ious, mask_iou
from seewhy.perceive.local.parts import merge_duplicates, with_parts
from seewhy.perceive.seams import MaskTrack
from seewhy.types.masks import Mask, encode, iou

HEIGHT, WIDTH = SIZE
COUNT = 24
Path = Callable[[int], tuple[float, float]]


def box(left: float, top: float, width: int, height: int) -> Mask:
    mask = np.zeros(SIZE, bool)
    mask[max(0, round(top)) : max(0, round(top) + height), max(0, round(left)) : max(0, round(left) + width)] = True
    return mask


def track(at: Path, width: int, height: int, positions: Sequence[int] = range(COUNT)) -> MaskTrack:
    return MaskTrack({n: encode(box(*at(n), width, height)) for n in positions}, 0.5)


def parents(*tracks: MaskTrack, shots: Sequence[int] = (0,) * COUNT) -> list[int | None]:
    return [one.part_of for one in with_parts(tracks, shots)]


def test_overlaps_of_all_with_all() -> None:
    masks = [box(0, 0, 10, 10), box(5, 0, 10, 10), box(0, 0, 5, 10)]
    rles = [encode(mask) for mask in masks]
    np.testing.assert_allclose(ious(rles, rles), [[iou(a, b) for b in rles] for a in rles])
    np.testing.assert_allclose(insides(rles, rles[:2]), [[1, 0.5], [0.5, 1], [1, 0]])
    assert ious(rles, []).shape == (3, 0)
    assert mask_iou(masks[0], masks[1]) == pytest.approx(1 / 3)
    assert mask_iou(masks[0] & False, masks[0] & False) == 0.0


# parts and wholes


def test_a_wheel_that_moves_with_its_car_is_a_part_of_it() -> None:
    car, wheel = track(lambda n: (2 * n, 10), 50, 30), track(lambda n: (2 * n + 6, 30), 10, 10)
    assert parents(car, wheel) == [None, 0]
    assert parents(wheel, car) == [1, None]


def test_a_wheel_stays_a_part_while_the_car_comes_nearer() -> None:
    car = MaskTrack({n: encode(box(5, 5, 20 + 2 * n, 10 + n)) for n in range(COUNT)}, 0.5)
    wheel = MaskTrack(
        {n: encode(box(5 + (20 + 2 * n) // 8, 5 + (10 + n) // 2, 5 + n // 2, 5 + n // 2)) for n in range(COUNT)}, 0.5
    )
    assert parents(car, wheel) == [None, 0]


def test_a_ball_that_rolls_across_a_wall_is_no_part_of_it() -> None:
    wall, ball = track(still(0, 0), WIDTH, 50), track(lambda n: (4 * n, 20), 8, 8)
    assert parents(wall, ball) == [None, None]


def test_a_ball_that_bounces_before_a_wall_is_no_part_of_it() -> None:
    wall, ball = track(still(0, 0), WIDTH, 58), track(lambda n: (50, 20 + 15 * math.sin(n)), 8, 8)
    assert parents(wall, ball) == [None, None]


def test_a_ball_that_passes_a_person_is_no_part_of_them() -> None:
    person, ball = track(still(50, 5), 20, 50), track(lambda n: (4 * n, 30), 8, 8)
    assert parents(person, ball) == [None, None]


def test_a_thing_that_is_seen_beside_another_most_of_the_time_is_no_part_of_it() -> None:
    person = track(still(50, 5), 20, 50)
    bag = track(lambda n: (54, 20) if n < 14 else (75, 20), 8, 8)
    assert parents(person, bag) == [None, None]


def test_what_is_as_large_is_no_whole() -> None:
    assert parents(track(still(10, 10), 20, 20), track(still(10, 10), 20, 19)) == [None, None]


def test_a_part_of_a_part_belongs_to_the_smaller_whole() -> None:
    tracks = [track(lambda n, d=d: (n + d, d), size, size) for d, size in ((0, 50), (5, 25), (10, 8))]
    assert parents(*tracks) == [None, 0, 1]


def test_a_part_need_not_be_seen_as_long_as_its_whole() -> None:
    assert parents(track(lambda n: (n, 5), 50, 40), track(lambda n: (n + 5, 15), 10, 10, range(8, 14))) == [None, 0]


def test_a_cut_may_move_a_part_within_its_whole() -> None:
    """The car is seen from the other side: each shot by itself shows a wheel that stays in its place."""
    car, wheel = track(still(10, 10), 60, 30), track(lambda n: (14, 30) if n < 12 else (55, 30), 10, 10)
    assert parents(car, wheel) == [None, None]
    assert parents(car, wheel, shots=[0] * 12 + [1] * 12) == [None, 0]


# duplicates


def test_the_better_of_two_stays_and_has_both_names() -> None:
    sure = piece("a", range(20), still(5, 5), label="dog", score=0.9, side=10)
    unsure = piece("b", range(20), still(5, 6), label="animal", score=0.5, side=10)
    (one,) = merge_duplicates([unsure, sure])
    assert one.aliases == ("a", "b")
    assert one.masks == sure.masks
    assert {label.name for label in one.labels} == {"dog", "animal"}


def test_what_one_lacks_the_other_fills_in() -> None:
    first, second = piece("a", range(12), still(5, 5)), piece("b", range(8, 30), still(5, 5))
    (one,) = merge_duplicates([first, second])
    assert one.aliases == ("b", "a")
    assert list(one.masks) == list(one.scores) == list(one.places) == list(range(30))


def test_different_things_are_left_as_they_are() -> None:
    pieces = [
        piece("a", range(20), still(5, 5)),
        piece("b", range(20), still(9, 9)),
        piece("c", range(30, 40), still(5, 5)),
    ]
    assert merge_duplicates(pieces) == pieces
    assert merge_duplicates([]) == []


def test_a_tracker_that_jumps_onto_another_thing_loses_what_is_not_its_own() -> None:
    """From frame 14 on both follow the thing of the surer one. Two things, not one, and not two there."""
    mine = piece("mine", range(20), still(60, 20), color=GREEN, score=0.9)
    jumped = piece("jumped", range(20), lambda n: (5, 5) if n < 14 else (60, 20), color=RED, score=0.6)
    found = {one.aliases[0]: one for one in merge_duplicates([jumped, mine])}
    assert found["mine"].masks == mine.masks
    assert list(found["jumped"].masks) == list(range(14))


def test_three_of_one_thing_become_one() -> None:
    pieces = [piece(name, range(start, 20), still(5, 5)) for name, start in (("a", 0), ("b", 5), ("c", 10))]
    assert [one.aliases for one in merge_duplicates(pieces)] == [("a", "b", "c")]
