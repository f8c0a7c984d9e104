"""J and F by the definitions of DAVIS (Perazzi et al., CVPR 2016), frame by frame.

* J, region similarity: intersection over union; two empty masks agree fully (1).
* F, boundary accuracy: harmonic mean of the precision and recall of boundary pixels, each found if a boundary pixel
  of the other mask lies within a disc of radius ceil(0.008 x the frame's diagonal) pixels.

The public evaluation dilates full-frame boundary maps with that disc. Here an exact Euclidean distance transform over
the box of both masks says the same thing, several times as fast.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from seewhy.types.masks import Mask

BOUNDARY_TOLERANCE = 0.008
"""Of the frame's diagonal; DAVIS's choice."""


def region_similarity(predicted: Mask, truth: Mask) -> float:
    """J of two masks (H, W) of one frame, 0..1."""
    _same_size(predicted, truth)
    union = np.count_nonzero(predicted | truth)
    return np.count_nonzero(predicted & truth) / union if union else 1.0


def boundary_accuracy(predicted: Mask, truth: Mask) -> float:
    """F of two masks (H, W) of one frame, 0..1. A mask that fills the frame has no boundary."""
    _same_size(predicted, truth)
    radius = math.ceil(BOUNDARY_TOLERANCE * math.hypot(*truth.shape))
    window = _window(predicted | truth)
    if window is None:
        return 1.0
    found, wanted = boundary(predicted[window]), boundary(truth[window])
    n_found, n_wanted = np.count_nonzero(found), np.count_nonzero(wanted)
    if n_found == 0 or n_wanted == 0:
        return float(n_found == n_wanted)
    precision = np.count_nonzero(found & _within(wanted, radius)) / n_found
    recall = np.count_nonzero(wanted & _within(found, radius)) / n_wanted
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def boundary(mask: Mask) -> Mask:
    """Pixels that differ from the one to the right, below, or below right: a boundary one pixel wide.

    The frame's edge is no boundary, except where a mask begins or ends along it.

    >>> boundary(np.array([[0, 0, 0], [0, 1, 1], [0, 1, 1]], bool)).astype(int)
    array([[1, 1, 1],
           [1, 0, 0],
           [1, 0, 0]])
    """
    edges = np.zeros(mask.shape, bool)
    edges[:, :-1] |= mask[:, :-1] != mask[:, 1:]
    edges[:-1, :] |= mask[:-1, :] != mask[1:, :]
    edges[:-1, :-1] |= mask[:-1, :-1] != mask[1:, 1:]
    return edges


def _within(points: Mask, radius: int) -> Mask:
    """Pixels at most `radius` pixels (Euclidean) from a point."""
    distance = cv2.distanceTransform(np.where(points, 0, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Squared distances are integers, so half a unit keeps float32 rounding from deciding the rim.
    return np.asarray(distance * distance <= radius * radius + 0.5)


def _window(mask: Mask) -> tuple[slice, slice] | None:
    """The mask's box, one pixel wider within the frame: all that can hold a boundary. None for an empty mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return None
    top, left = max(rows[0] - 1, 0), max(columns[0] - 1, 0)
    return slice(top, rows[-1] + 2), slice(left, columns[-1] + 2)


def _same_size(predicted: Mask, truth: Mask) -> None:
    if predicted.shape != truth.shape:
        raise ValueError(f"masks of shapes {predicted.shape} and {truth.shape} cannot be compared; resize one first")
