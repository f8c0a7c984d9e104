"""Masks as annotations write them (run lengths, polygons, boxes), checked, as the RLE that a twin keeps.

Files come from anywhere: pycocotools trusts what it is given, and reads or writes outside its memory where run lengths
or coordinates are absurd. So everything is checked before it gets there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco

from seewhy.errors import AnnotationError
from seewhy.types.masks import Rle, encode, run_lengths

CONTINUES = 0x20
"""Bit of a character of COCO's run lengths: the number goes on with the next."""
MOST_SIDE = 16_384
"""Pixels: no camera's picture is wider or higher, and masks of it still fit into memory."""
MOST_POINTS = 100_000
"""of one polygon"""
OUTSIDE = 1.0
"""Widths or heights of the picture by which a polygon may reach out of it: tools let people draw beyond the border."""

Size = tuple[int, int]
"""(height, width) in pixels"""


def size_of(height: int, width: int, where: str) -> Size:
    """The size of a picture. Asked for before any mask is read: what a mask takes in memory grows with it.

    Raises:
        AnnotationError: no camera has such pictures.
    """
    if not (0 < height <= MOST_SIDE and 0 < width <= MOST_SIDE):
        raise AnnotationError(f"{where}: a picture of {width} x {height} pixels; sides are 1 to {MOST_SIDE}")
    return height, width


def compressed(counts: str, size: Size, where: str) -> Rle | None:
    """COCO's compressed run lengths, as they are; None for an empty mask.

    Raises:
        AnnotationError: they do not describe a mask of this size.
    """
    height, width = size
    if not all("0" <= letter <= "o" for letter in counts):
        raise AnnotationError(f"{where}: run lengths with characters that COCO does not use: {counts[:40]!r}")
    if counts and ord(counts[-1]) - 48 & CONTINUES:
        raise AnnotationError(f"{where}: run lengths that end within a number: {counts[-40:]!r}")
    try:
        runs = run_lengths(counts)
    except ValueError as error:
        raise AnnotationError(f"{where}: {error}") from error
    _check_runs(runs.tolist(), height * width, where)
    return Rle(size=size, counts=counts) if runs[1::2].any() else None


def uncompressed(counts: Sequence[int], size: Size, where: str) -> Rle | None:
    """COCO's list of run lengths, column by column, zeros first; None for an empty mask.

    Raises:
        AnnotationError: they do not describe a mask of this size.

    >>> uncompressed([1, 2, 1], (2, 2), "here").counts
    '121'
    """
    height, width = size
    _check_runs(counts, height * width, where)
    if not any(counts[1::2]):
        return None
    pixels = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return encode(pixels.reshape(width, height).T)


def _check_runs(runs: Sequence[int], pixels: int, where: str) -> None:
    if not runs:
        raise AnnotationError(f"{where}: no run lengths")
    if min(runs) < 0 or max(runs) > pixels or sum(runs) != pixels:
        raise AnnotationError(
            f"{where}: run lengths from {min(runs)} to {max(runs)} that cover {sum(runs)} pixels, the mask has {pixels}"
        )


def polygons(rings: Sequence[Sequence[float]], size: Size, where: str) -> Rle | None:
    """The union of polygons x0, y0, x1, y1, ... in pixels, filled as COCO fills them; None where nothing is filled.

    Raises:
        AnnotationError: fewer than three points, too many, or coordinates far from the picture.
    """
    height, width = size
    for ring in rings:
        if len(ring) < 6 or len(ring) % 2 or len(ring) > 2 * MOST_POINTS:
            raise AnnotationError(f"{where}: a polygon of {len(ring)} numbers; it takes 3 points or more, two each")
        reach = ((width, ring[0::2]), (height, ring[1::2]))
        for side, values in reach:
            for value in values:
                if not -OUTSIDE * side <= value <= (1 + OUTSIDE) * side:  # NaN is not either
                    raise AnnotationError(f"{where}: a polygon's point at {value}, the picture has {side} pixels")
    if not rings:
        return None
    parts = coco.frPyObjects([[float(value) for value in ring] for ring in rings], height, width)
    merged: dict[str, Any] = coco.merge(parts)
    return compressed(merged["counts"].decode("ascii"), size, where)


def rectangle(x0: float, y0: float, x1: float, y1: float, size: Size, where: str) -> Rle | None:
    """A box as a mask: the pixels whose centers lie in it; None where there is none.

    Raises:
        AnnotationError: coordinates are no numbers, or the wrong way round.

    >>> rectangle(0.4, 0, 2.5, 1, (1, 3), "here").counts == encode(np.array([[True, True, False]])).counts
    True
    """
    if not all(math.isfinite(value) for value in (x0, y0, x1, y1)) or x1 < x0 or y1 < y0:
        raise AnnotationError(f"{where}: a box from ({x0}, {y0}) to ({x1}, {y1}) is none")
    height, width = size
    columns, rows = np.arange(width) + 0.5, np.arange(height) + 0.5
    pixels = np.outer((rows >= y0) & (rows < y1), (columns >= x0) & (columns < x1))
    return encode(pixels) if pixels.any() else None
