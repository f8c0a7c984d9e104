"""Ordinal depth from ground contact, covering and size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from seewhy.perceive.depth import SUREST, OrdinalDepth
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.video import Frame

HEIGHT, WIDTH = 240, 320
FRAME = Frame(0, 0, Fraction(1), 0.0, np.zeros((HEIGHT, WIDTH, 3), np.uint8))


def _box(x0: int, y0: int, x1: int, y1: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def _disc(x: int, y: int, radius: int) -> Mask:
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 <= radius**2)


def _ranks(*masks: Mask) -> list[float]:
    return [rank for rank, _ in OrdinalDepth().ranks(FRAME, [encode(mask) for mask in masks])]


def _confidence(*masks: Mask) -> list[float]:
    return [confidence for _, confidence in OrdinalDepth().ranks(FRAME, [encode(mask) for mask in masks])]


def test_what_stands_lower_is_nearer() -> None:
    far, near, middle = _box(10, 40, 40, 100), _box(100, 160, 130, 220), _box(200, 100, 230, 160)
    assert _ranks(far, near, middle) == [1.0, 0.0, 0.5]


def test_of_two_that_stand_as_low_the_larger_is_nearer() -> None:
    assert _ranks(_box(10, 180, 40, 220), _box(100, 60, 200, 220)) == [1.0, 0.0]


def test_what_covers_another_is_in_front_even_when_it_stands_higher() -> None:
    ball = _disc(160, 110, 40)
    wall = _box(80, 60, 240, 230) & ~ball
    assert _ranks(ball, wall) == [0.0, 1.0]
    assert _ranks(wall, ball) == [1.0, 0.0]


def test_a_bite_at_the_side_counts_too() -> None:
    ball = _disc(100, 100, 50)
    bitten = _disc(160, 130, 60) & ~ball
    assert _ranks(bitten, ball) == [1.0, 0.0]


def test_what_is_carried_stands_where_its_carrier_stands() -> None:
    bag = _box(100, 90, 125, 130)
    carrier, farther = _box(90, 50, 135, 220) & ~bag, _box(200, 100, 240, 180)
    assert _ranks(carrier, farther, bag) == [0.5, 1.0, 0.0]


def test_two_that_only_stand_side_by_side_are_told_by_the_ground() -> None:
    assert _ranks(_box(100, 50, 160, 150), _box(160, 50, 220, 200)) == [1.0, 0.0]


def test_confidence_grows_with_the_difference_and_stays_low() -> None:
    level = _box(10, 100, 50, 140)
    slight, much = _confidence(level, _box(100, 110, 140, 150)), _confidence(level, _box(100, 200, 140, 240))
    assert 0 < slight[0] < much[0] <= SUREST
    assert slight[0] == slight[1]


def test_one_alone_has_the_middle_rank_and_no_confidence() -> None:
    assert OrdinalDepth().ranks(FRAME, [encode(_box(0, 0, 9, 9))]) == [(0.5, 0.0)]


def test_equals_are_ranked_in_the_order_given() -> None:
    assert _ranks(_box(10, 100, 50, 140), _box(100, 100, 140, 140)) == [0.0, 1.0]


def test_an_empty_mask_is_farthest() -> None:
    empty: Rle = encode(np.zeros((HEIGHT, WIDTH), bool))
    (first, _), (second, _) = OrdinalDepth().ranks(FRAME, [empty, encode(_box(10, 10, 50, 50))])
    assert (first, second) == (1.0, 0.0)
