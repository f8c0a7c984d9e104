"""From the sizes at which objects are found to masks as large as the frames, and how sure each mask is."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from seewhy.perceive.foreground import guided
from seewhy.perceive.motion import Floats
from seewhy.types.masks import Mask
from seewhy.types.video import Image

LEAST_SIDE = 48
"""Smaller pictures are enlarged to it: optical flow needs a few patches."""
EDGE_BLUR = 0.7
"""Softens a mask before it is enlarged, pixels of the size at which it was found."""
EDGE_RADIUS, EDGE_EPSILON = 7, 1e-3
"""Of the guided filter that puts the edge of a mask on the edge of the picture."""
FAINT = 0.01
"""Softened masks count as nothing under it."""
RING = 4
"""Width of the ring around a mask that it is compared with, pixels of the size at which it was found."""
RING_WEIGHT = 0.5
"""How much foreground around a mask, which it then is only a part of, counts against it."""


def reduced(image: Image, lines: int) -> Image:
    """`image` (H, W, 3) with at most so many lines, and no side shorter than LEAST_SIDE."""
    height, width = image.shape[:2]
    scale = min(1.0, lines / height)
    size = max(LEAST_SIDE, round(width * scale)), max(LEAST_SIDE, round(height * scale))
    if size == (width, height):
        return image
    way = cv2.INTER_AREA if size[0] * size[1] < width * height else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=way), np.uint8)


def refined(masks: Sequence[Mask], image: Image, size: tuple[int, int]) -> list[Mask]:
    """Masks (h, w) of one frame, enlarged to `size` (height, width), edge on edge; no pixel is in two of them.

    Args:
        image: the frame at a size between the two, (H, W, 3).
    """
    height, width = image.shape[:2]
    guide = np.asarray(image, np.float32) / np.float32(255)
    best = np.full(size, 0.5, np.float32)
    owner = np.full(size, -1, np.int16)
    for number, mask in enumerate(masks):
        soft = np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), EDGE_BLUR), np.float32)
        soft = _at(soft, (height, width))
        sharp = np.zeros((height, width), np.float32)
        near = _window(soft)
        if soft[near].size:
            sharp[near] = guided(soft[near], guide[near], EDGE_RADIUS, EDGE_EPSILON)
        full = _at(sharp, size)
        better = full > best
        best[better], owner[better] = full[better], number
    return [owner == number for number in range(len(masks))]


def _window(soft: Floats) -> tuple[slice, slice]:
    """Where `soft` (H, W) is not nothing, and as far around it as the filter sees twice: the rest stays nothing."""
    rows, columns = (np.flatnonzero((soft > FAINT).any(axis=axis)) for axis in (1, 0))
    if rows.size == 0:
        return slice(0, 0), slice(0, 0)
    margin = 2 * EDGE_RADIUS
    top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
    return slice(top, int(rows[-1]) + margin + 1), slice(left, int(columns[-1]) + margin + 1)


def sureness(mask: Mask, probability: Floats) -> float:
    """How surely `mask` (h, w, not empty) is an object, 0..1: foreground in it, less foreground around it."""
    kernel = np.ones((2 * RING + 1, 2 * RING + 1), np.uint8)
    ring = cv2.dilate(mask.astype(np.uint8), kernel).astype(bool) & ~mask
    around = float(probability[ring].mean()) if ring.any() else 0.0
    return float(np.clip(probability[mask].mean() - RING_WEIGHT * around, 0, 1))


def _at(picture: Floats, size: tuple[int, int]) -> Floats:
    if picture.shape == size:
        return picture
    return np.asarray(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
