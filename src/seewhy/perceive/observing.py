"""Where a track is in a frame: from its mask to an observation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seewhy.types.masks import Rle, decode
from seewhy.types.twin import Observation, mask_pointer
from seewhy.types.video import FrameTime


class Place(NamedTuple):
    """Where a mask lies, in fractions of the frame."""

    x: float
    y: float
    """centroid: the mean of the pixels' centers"""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1: the outer edges of the outermost pixels"""
    area: float


def place(mask: Rle) -> Place | None:
    """Where a mask lies; None for an empty one.

    >>> from seewhy.types.masks import encode
    >>> place(encode(np.array([[False, True], [False, True]])))
    Place(x=0.75, y=0.5, box=(0.5, 0.0, 1.0, 1.0), area=0.5)
    """
    pixels = decode(mask)
    height, width = mask.size
    columns, rows = pixels.sum(axis=0), pixels.sum(axis=1)
    count = int(rows.sum())
    if count == 0:
        return None
    x = float(columns @ (np.arange(width) + 0.5)) / count / width
    y = float(rows @ (np.arange(height) + 0.5)) / count / height
    (across,), (down,) = np.nonzero(columns), np.nonzero(rows)
    box = (int(across[0]) / width, int(down[0]) / height, int(across[-1] + 1) / width, int(down[-1] + 1) / height)
    return Place(x, y, box, count / (height * width))


def observation(time: FrameTime, track: int, where: Place, depth: float | None, score: float) -> Observation:
    """A track seen in a frame.

    Args:
        time: which frame.
        track: its id.
        where: its mask's place.
        depth: its rank among the masks of this frame, 0 = nearest.
        score: how surely the mask is right, 0..1.
    """
    return Observation(
        frame=time.index, t=time.t, x=where.x, y=where.y, box=where.box, area=where.area, depth=depth,
        mask=mask_pointer(time.index, track), score=score,
    )  # fmt: skip
