"""Digits as bitmaps: letters drawn by a library differ from version to version, these do not."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

ROWS, COLUMNS = 7, 5
"""of one digit"""

_DIGITS = (
    "01110 10001 10011 10101 11001 10001 01110",
    "00100 01100 00100 00100 00100 00100 01110",
    "01110 10001 00001 00110 01000 10000 11111",
    "11110 00001 00001 01110 00001 00001 11110",
    "00010 00110 01010 10010 11111 00010 00010",
    "11111 10000 11110 00001 00001 10001 01110",
    "00110 01000 10000 11110 10001 10001 01110",
    "11111 00001 00010 00100 01000 01000 01000",
    "01110 10001 10001 01110 10001 10001 01110",
    "01110 10001 10001 01111 00001 00010 01100",
)
"""Rows from the top, 1 for ink; open enough that 3, 5, 6, 8 and 9 stay apart when a picture is made smaller."""


@cache
def bitmap(number: int, unit: int) -> NDArray[np.bool_]:
    """A number in digits of 7 x 5 dots, a dot's width apart, each dot `unit` pixels wide: (7 * unit, W), True for ink.

    Raises:
        ValueError: the number is negative, or `unit` is not positive.

    >>> for row in bitmap(14, 1): print("".join(".#"[int(ink)] for ink in row))
    ..#......#.
    .##.....##.
    ..#....#.#.
    ..#...#..#.
    ..#...#####
    ..#......#.
    .###.....#.
    """
    if number < 0 or unit < 1:
        raise ValueError(f"a number from 0 in dots of at least 1 pixel can be drawn, got {number} in dots of {unit}")
    dots: list[NDArray[np.bool_]] = []
    for digit in str(number):
        dots += [np.array([[dot == "1" for dot in row] for row in _DIGITS[int(digit)].split()])]
        dots += [np.zeros((ROWS, 1), np.bool_)]
    drawn = np.concatenate(dots[:-1], axis=1).repeat(unit, axis=0).repeat(unit, axis=1)
    drawn.setflags(write=False)  # it is kept
    return drawn
