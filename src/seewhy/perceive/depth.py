"""Ordinal depth of the objects in a frame, from the cues that need no model.

Cues that painters use (Cutting and Vishton, 1995, rank them): what covers another is in front of it; what stands lower
in the picture stands on nearer ground; what is larger is likely nearer. Covering is read from outlines: where two masks
touch, the one behind has a bite taken out of it, so that the one in front lies within its convex hull. What lies there
for the most part is carried, and stands where its carrier stands. Each pair of masks is compared, and the masks are
ranked by how clearly they come out nearer over all. This fails for what flies or hangs, so that confidence stays low.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from seewhy.types.masks import Mask, Rle, decode
from seewhy.types.video import Frame

LINES = 120
"""Masks are compared at about this height: cues of a few pixels are not trusted anyway."""

GROUND_WEIGHT = 0.75
SIZE_WEIGHT = 0.25
"""Of nearness: the mask's lowest row, and the square root of its area, both as fractions of the frame. Where things
stand says more than how large they are, which is first of all a matter of what they are."""

CLEAR_DIFFERENCE = 0.4
"""A difference in nearness from which on ground and size are as sure as they can be."""

MIN_BITE = 0.05
"""Share of a mask within another's convex hull; less is noise of the outlines."""

CARRIED = 0.5
"""Share of a mask within the convex hull of one that it covers, from which on the two go together."""

SUREST = 0.5
"""No answer is surer than this."""


class OrdinalDepth:
    """A `DepthEstimator` from ground contact, covering and size. The frame's pixels are not looked at."""

    source = "embedded.depth@1"

    def ranks(self, frame: Frame, masks: Sequence[Rle]) -> list[tuple[float, float]]:  # noqa: ARG002 - of the seam
        """See `DepthEstimator.ranks`. Ranks are evenly spaced, all different; of equals the first is nearer.

        A mask that is alone has rank 0.5 and confidence 0: there is nothing to be nearer than.
        """
        count = len(masks)
        if count < 2:
            return [(0.5, 0.0)] * count
        small = [_reduced(decode(mask)) for mask in masks]
        within = _within(small)
        in_front = within - within.T
        nearness = np.array([_nearness(mask) for mask in small])
        carries = (within.T >= CARRIED) & (in_front.T > 0)
        nearness = np.maximum(nearness, np.where(carries, nearness[:, None], 0).max(axis=0))
        by_ground = np.clip((nearness[:, None] - nearness) / CLEAR_DIFFERENCE, -1, 1)
        # (N, N): how surely the row's mask is nearer than the column's; negative: the other way round
        nearer = SUREST * np.where(in_front != 0, in_front, by_ground)
        order = np.argsort(-nearer.sum(axis=1).round(9), kind="stable")  # equal but for rounding is equal
        confidence = np.abs(nearer).sum(axis=1) / (count - 1)
        rank = np.empty(count)
        rank[order] = np.arange(count) / (count - 1)
        return [(float(r), float(c)) for r, c in zip(rank, confidence, strict=True)]


def _reduced(mask: Mask) -> NDArray[np.uint8]:
    step = max(1, mask.shape[0] // LINES)
    return np.ascontiguousarray(mask[step // 2 :: step, step // 2 :: step], dtype=np.uint8)


def _nearness(mask: NDArray[np.uint8]) -> float:
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return 0.0
    lowest, size = float(rows[-1] + 1) / len(mask), float(np.sqrt(mask.mean()))
    return GROUND_WEIGHT * lowest + SIZE_WEIGHT * size


def _within(masks: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    """(N, N): the share of the row's mask that lies in the convex hull of the column's, where the two touch."""
    import cv2

    count = len(masks)
    shares = np.zeros((count, count))
    grown = [np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), dtype=np.uint8) for mask in masks]
    hulls = [_hull(mask) for mask in masks]
    for a, b in permutations(range(count), 2):
        if (grown[min(a, b)] & masks[max(a, b)]).any():
            shares[a, b] = (masks[a] & hulls[b]).sum() / masks[a].sum()
    shares[np.maximum(shares, shares.T) < MIN_BITE] = 0
    return shares


def _hull(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The convex hull of a mask, filled."""
    import cv2

    filled = np.zeros_like(mask)
    if mask.any():
        cv2.fillConvexPoly(filled, cv2.convexHull(cv2.findNonZero(mask)), 1)
    return filled
