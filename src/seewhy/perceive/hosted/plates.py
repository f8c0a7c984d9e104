"""Where the numbers of tracks stand on a picture, so that each is read and none hides what it names.

A number goes to the middle of its object: the place farthest from the object's border, smaller objects in front of it
taken out (the rule of set-of-mark prompting, arXiv 2310.11441). An object that its number would cover in large part
gets it beside itself. Distances are counted in steps of the king on a chess board: whole numbers, so every machine
finds the same place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from seewhy.types.masks import Mask

ROOM = 3
"""A number stands inside its object if the object is at least so many times as large as the number's plate."""
APART = 2
"""Pixels between two plates."""


class Plate(NamedTuple):
    """A rectangle of pixels, its right and lower borders excluded."""

    left: int
    top: int
    right: int
    bottom: int

    def overlap(self, other: Plate, apart: int = 0) -> int:
        """Pixels that it shares with another one, which is `apart` pixels larger on every side."""
        wide = min(self.right, other.right + apart) - max(self.left, other.left - apart)
        high = min(self.bottom, other.bottom + apart) - max(self.top, other.top - apart)
        return max(wide, 0) * max(high, 0)


Size = tuple[int, int]
"""(height, width)"""


def place(masks: Mapping[int, Mask], sizes: Mapping[int, Size], gap: int) -> dict[int, Plate]:
    """Where each track's plate goes; all lie in the picture (those larger than it start at its corner), and no two
    overlap if there is room.

    Args:
        masks: track → its pixels, (H, W), all of one shape; a track with none gets no plate.
        sizes: track → size of its plate.
        gap: pixels between an object and a plate beside it.
    """
    pixels = {track: np.count_nonzero(mask) for track, mask in masks.items() if mask.any()}
    order = sorted(pixels, key=lambda track: (pixels[track], track))  # the smallest has the fewest places to be
    covered, small = (np.zeros_like(next(iter(masks.values()), np.zeros((1, 1), np.bool_))) for _ in range(2))
    for track in order:
        if not _roomy(masks[track], sizes[track]):
            small |= masks[track]
    placed: dict[int, Plate] = {}
    for track in order:
        own = masks[track] & ~covered
        if not own.any():
            own = masks[track]
        places = _places(masks[track], own, small, sizes[track], gap)
        placed[track] = _free(places, own.shape, sizes[track], list(placed.values()))
        covered |= masks[track]
    return placed


def middle(mask: Mask) -> tuple[int, int]:
    """(row, column) of the pixel farthest from the mask's border and from the picture's; of several, the one nearest to
    the center of the mask's box, then the uppermost, then the leftmost.

    >>> middle(np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1]], bool))
    (1, 1)
    """
    top, left, bottom, right = _box(mask)
    part = mask[top:bottom, left:right].astype(np.uint8)
    framed = cv2.copyMakeBorder(part, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    # Chess board distances are whole numbers, which floats hold exactly, however they are computed.
    distance = cv2.distanceTransform(framed, cv2.DIST_C, 3)[1:-1, 1:-1]
    rows, columns = np.nonzero(distance == distance.max())
    away = np.abs(2 * rows - (bottom - top - 1)) + np.abs(2 * columns - (right - left - 1))
    best = int(np.argmin(away))  # the first of the nearest, in order of rows, then columns
    return top + int(rows[best]), left + int(columns[best])


def _box(mask: Mask) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) around a mask, the last two excluded."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _roomy(mask: Mask, size: Size) -> bool:
    return bool(np.count_nonzero(mask) >= ROOM * size[0] * size[1])


def _places(whole: Mask, own: Mask, small: Mask, size: Size, gap: int) -> list[tuple[int, int]]:
    """(top, left) of plates in order of preference; `own` is what no smaller object covers of a mask, `small` all
    objects that a plate beside another should not hide."""
    height, width = size
    last = max(whole.shape[0] - height, 0), max(whole.shape[1] - width, 0)
    row, column = middle(own)
    inside = min(max(row - height // 2, 0), last[0]), min(max(column - width // 2, 0), last[1])
    top, left, bottom, right = _box(whole)
    down = min(max((top + bottom - height) // 2, 0), last[0])
    across = min(max((left + right - width) // 2, 0), last[1])
    beside = [
        (top - gap - height, across), (bottom + gap, across), (down, right + gap), (down, left - gap - width),
    ]  # fmt: skip
    beside.sort(
        key=lambda at: np.count_nonzero(
            small[max(at[0], 0) : max(at[0] + height, 0), max(at[1], 0) : max(at[1] + width, 0)]
        )
    )
    return [inside, *beside] if _roomy(own, size) else [*beside, inside]


def _free(wanted: Sequence[tuple[int, int]], picture: tuple[int, ...], size: Size, taken: Sequence[Plate]) -> Plate:
    """The first place that lies in the picture and on no other plate; else the nearest such one to the first place;
    else the one that hides the least."""
    height, width = size
    last = max(picture[0] - height, 0), max(picture[1] - width, 0)

    def plate(top: int, left: int) -> Plate:
        return Plate(left, top, left + width, top + height)

    for top, left in wanted:
        here = plate(top, left)
        if 0 <= top <= last[0] and 0 <= left <= last[1] and not any(here.overlap(p, APART) for p in taken):
            return here
    first = min(max(wanted[0][0], 0), last[0]), min(max(wanted[0][1], 0), last[1])
    # A nearest free place touches the picture's border or other plates, or is where it was wanted.
    tops = {first[0], 0, last[0], *(p.bottom + APART for p in taken), *(p.top - APART - height for p in taken)}
    lefts = {first[1], 0, last[1], *(p.right + APART for p in taken), *(p.left - APART - width for p in taken)}
    grid = [plate(t, le) for t in sorted(tops) if 0 <= t <= last[0] for le in sorted(lefts) if 0 <= le <= last[1]]
    return min(
        grid,
        key=lambda p: (
            sum(p.overlap(other, APART) for other in taken),
            (p.top - first[0]) ** 2 + (p.left - first[1]) ** 2,
            p,
        ),
    )
