"""Where a thing is in the next frame: by optical flow, or, where it moved too far for that, by its picture."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.hosted.cutout import box_of
from seewhy.perceive.motion import Floats, FlowEstimator, warp
from seewhy.types.masks import Mask
from seewhy.types.video import Image

SCALES = (0.85, 1.0, 1.18)
"""by which a thing may grow or shrink between two sampled frames"""
REACH, REACH_OF_SIZE = 0.15, 0.25
"""How far it is looked for: frame diagonals, and lengths of its own longer side."""
FAR, RESIZED = 1.0, 0.5
"""What a place that is a diagonal away, or a size that differs by a factor e, costs: as much as that share of the
difference between the pictures."""
LEAST_SIDE, LEAST_PIXELS = 6, 12
"""Smaller things have no picture to be recognized by."""
CLEARLY = 0.95
"""Of the flow's error: that of the picture has to be under this, for the flow is finer."""
AREA_COST = 10.0
"""Gray levels of error that a change of area by a factor e counts as."""
WORST = 60.0
"""Gray levels: pixels that differ by so much are of something else, however different it is."""


def expected(flow: FlowEstimator, before: Image, now: Image, back: Floats, mask: Mask, soft: Floats) -> Floats:
    """The chance of each pixel of `now` to show the thing, by where it was, (H, W).

    Args:
        before, now: the frames, (H, W, 3).
        back: flow from `now` to `before`, (H, W, 2).
        mask: the thing in `before`, not empty.
        soft: the same as a chance.
    """
    by_flow = warp(soft, back)
    moved = located(before, mask, now)
    if moved is None:
        return by_flow
    size = mask.shape[1], mask.shape[0]
    shifted = np.asarray(cv2.warpAffine(before, moved, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    rest = flow.between(_gray(now), _gray(shifted))
    by_picture = warp(np.asarray(cv2.warpAffine(soft, moved, size), np.float32), rest)
    area = float(soft.sum())
    flow_error = _error(now, warp(before.astype(np.float32), back), by_flow, area)
    picture_error = _error(now, warp(shifted.astype(np.float32), rest), by_picture, area)
    return by_picture if picture_error < CLEARLY * flow_error else by_flow


def located(before: Image, mask: Mask, now: Image) -> NDArray[np.float32] | None:
    """The shift and scale (2, 3), from pixels of `before` to those of `now`, at which the thing's picture fits best.

    None for things too small to be recognized.
    """
    left, top, right, bottom = box_of(mask)
    width, height = right - left, bottom - top
    if min(width, height) < LEAST_SIDE or np.count_nonzero(mask) < LEAST_PIXELS:
        return None
    diagonal = math.hypot(*mask.shape)
    reach = int(REACH * diagonal + REACH_OF_SIZE * max(width, height))
    x0, y0 = max(0, left - reach), max(0, top - reach)
    searched = now[y0 : bottom + reach, x0 : right + reach].astype(np.float32)
    picture, silhouette = before[top:bottom, left:right], mask[top:bottom, left:right].astype(np.uint8)
    best: tuple[float, float, int, int] | None = None
    for scale in SCALES:
        size = round(width * scale), round(height * scale)
        if size[0] > searched.shape[1] or size[1] > searched.shape[0]:
            continue
        pattern = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        shape = cv2.resize(silhouette, size, interpolation=cv2.INTER_NEAREST).astype(np.float32)
        pixels = float(shape.sum())
        if pixels < LEAST_PIXELS:
            continue
        squares = cv2.matchTemplate(searched, pattern, cv2.TM_SQDIFF, mask=np.repeat(shape[..., None], 3, axis=2))
        # Of the template's center, where it would be, from where it was.
        across = np.arange(squares.shape[1]) + x0 + size[0] / 2 - (left + right) / 2
        down = np.arange(squares.shape[0]) + y0 + size[1] / 2 - (top + bottom) / 2
        away = np.hypot(across[None, :], down[:, None]) / diagonal
        cost = np.sqrt(np.maximum(squares, 0) / (3 * pixels)) * (1 + FAR * away) * (1 + RESIZED * abs(math.log(scale)))
        y, x = divmod(int(cost.argmin()), cost.shape[1])
        if best is None or cost[y, x] < best[0]:
            best = float(cost[y, x]), scale, x + x0, y + y0
    if best is None:
        return None
    _, scale, x, y = best
    return np.array([[scale, 0, x - scale * left], [0, scale, y - scale * top]], np.float32)


def _error(now: Image, brought: Floats, place: Floats, area: float) -> float:
    """How badly what was brought here from the frame before fits where the thing is expected, in gray levels."""
    weight = float(place.sum())
    if weight < LEAST_PIXELS:
        return math.inf
    difference = np.abs(brought - now).mean(axis=2)
    mean = float((difference * place).sum()) / weight
    return min(mean, WORST) + AREA_COST * abs(math.log(weight / max(area, 1.0)))


def _gray(image: Image) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
