"""Boxes around the detection networks: which parts of a frame they are shown, and what of their answers stays.

Boxes are (N, 4) arrays of x0, y0, x1, y1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.seams import Detection

Boxes = NDArray[np.float64]

TILE_FROM = 1.5
"""A frame whose longer side is so many times the network's input is shown in tiles, too. Below that little is lost by
reducing it, and each tile costs as much as the whole frame. Frames of 480 lines, as they come unless `video.lines` is
raised, are never tiled."""

TILE_OVERLAP = 0.2
"""of a tile's side, so that what a border cuts in one tile is whole in the next; 0.2 as in SAHI (Akyon et al., 2022)"""

CUT = 0.01
"""A box that ends within this share of a tile's side from a border inside the frame is of a thing cut in two."""

SAME_PHRASE_IOU = 0.5
"""Two boxes of one phrase that overlap more are of one thing, as PASCAL VOC counts."""

SAME_PLACE_IOU = 0.8
"""Two boxes of different phrases that overlap more are two names for one thing (Grounded SAM suppresses from 0.8)."""

MOST_NAMES = 5
"""phrases that are kept for one place, best first: as many as a track keeps labels"""

LEAST_SIDE = 0.001
"""of a box, as a fraction of the frame: half a pixel of 480. What is left of a box that lies beside the picture, in the
padding, is less."""

MOST_CANDIDATES = 1000
"""boxes of one frame that are compared, best first, so that a network gone wild costs no more than a tame one"""

MOST_BOXES = 300
"""of one frame in the end, as MMDetection keeps for LVIS (`max_per_img`)"""


class Window(NamedTuple):
    """A part of a frame, in pixels, half-open."""

    top: int
    left: int
    bottom: int
    right: int


class Found(NamedTuple):
    """What was found in one picture. All run in parallel."""

    boxes: Boxes
    """fractions of the picture"""
    scores: NDArray[np.float64]
    """(N,), 0..1"""
    phrases: NDArray[np.int64]
    """(N,): places in the list of phrases"""


def windows(height: int, width: int, side: int) -> tuple[Window, ...]:
    """The whole frame first, then its tiles where it is much larger than what the network sees.

    Args:
        height, width: of the frame, in pixels.
        side: of the network's input, in pixels.

    >>> windows(480, 854, side=960)
    (Window(top=0, left=0, bottom=480, right=854),)
    >>> [window[:2] for window in windows(900, 1600, side=960)]
    [(0, 0), (0, 0), (0, 640)]
    """
    whole = Window(0, 0, height, width)
    if max(height, width) <= TILE_FROM * side:
        return (whole,)
    tops, lefts = _starts(height, side), _starts(width, side)
    tiles = [Window(t, x, min(t + side, height), min(x + side, width)) for t in tops for x in lefts]
    return (whole, *tiles)


def _starts(length: int, side: int) -> tuple[int, ...]:
    """Where tiles begin that cover a length evenly."""
    if length <= side:
        return (0,)
    count = math.ceil((length - TILE_OVERLAP * side) / (side * (1 - TILE_OVERLAP)))
    return tuple(round(number * (length - side) / (count - 1)) for number in range(count))


def from_square(boxes: Boxes, height: int, width: int) -> Boxes:
    """Boxes in fractions of a square that a picture fills from the top left, as fractions of the picture.

    >>> from_square(np.array([[0.25, 0.0, 0.5, 0.25]]), height=100, width=200).tolist()
    [[0.25, 0.0, 0.5, 0.5]]
    """
    side = max(height, width)
    return np.asarray(boxes * np.array([side / width, side / height] * 2))


def from_centers(boxes: Boxes) -> Boxes:
    """Boxes as center x, center y, width, height to boxes as corners."""
    half = boxes[:, 2:] / 2
    return np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)


def in_frame(found: Found, window: Window, height: int, width: int) -> Found:
    """What was found in a window, with boxes as fractions of the frame; without things that a tile's border cuts."""
    x0, y0, x1, y1 = np.clip(found.boxes, 0, 1).T
    whole = (
        ((x0 > CUT) | (window.left == 0))
        & ((y0 > CUT) | (window.top == 0))
        & ((x1 < 1 - CUT) | (window.right == width))
        & ((y1 < 1 - CUT) | (window.bottom == height))
    )
    across, down = window.right - window.left, window.bottom - window.top
    boxes = found.boxes * np.array([across, down, across, down]) + np.array([window.left, window.top] * 2)
    return Found(boxes[whole] / np.array([width, height] * 2), found.scores[whole], found.phrases[whole])


def settled(parts: Sequence[Found], phrases: Sequence[str]) -> list[Detection]:
    """What of several looks at one frame stays, best first.

    Boxes are cut off at the frame's edges; what lies outside goes. Of boxes of one phrase that overlap by more than
    SAME_PHRASE_IOU the best stays. Boxes of different phrases in one place (SAME_PLACE_IOU) stay up to MOST_NAMES: a
    dog is an animal, too. To take each thing once, see `things`.
    """
    scores = np.concatenate([part.scores for part in parts])
    order = np.argsort(-scores, kind="stable")
    boxes = np.clip(np.concatenate([part.boxes for part in parts]), 0, 1)
    order = order[(boxes[:, 2:] - boxes[:, :2] >= LEAST_SIDE).all(axis=1)[order]][:MOST_CANDIDATES]
    boxes, scores = boxes[order], scores[order]
    named = np.concatenate([part.phrases for part in parts])[order]
    overlap = iou(boxes)
    kept: list[int] = []
    for place in range(len(order)):
        same_phrase = [k for k in kept if named[k] == named[place]]
        if (overlap[place, same_phrase] > SAME_PHRASE_IOU).any():
            continue
        if (overlap[place, kept] > SAME_PLACE_IOU).sum() < MOST_NAMES:
            kept.append(place)
        if len(kept) == MOST_BOXES:
            break
    return [Detection(phrases[named[k]], _box(boxes[k]), float(scores[k])) for k in kept]


def things(detections: Sequence[Detection]) -> list[Detection]:
    """Of detections in one frame, best first, those of different things: the best in each place.

    >>> box = (0.1, 0.1, 0.4, 0.4)
    >>> [thing.phrase for thing in things([Detection("puppy", box, 0.8), Detection("dog", box, 0.7)])]
    ['puppy']
    """
    overlap = iou(np.array([detection.box for detection in detections]).reshape(-1, 4))
    kept: list[int] = []
    for place in range(len(detections)):
        if not (overlap[place, kept] > SAME_PLACE_IOU).any():
            kept.append(place)
    return [detections[place] for place in kept]


def iou(boxes: Boxes) -> NDArray[np.float64]:
    """(N, N): intersection over union of each two boxes that have an area."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(common / (areas[:, None] + areas[None] - common))


def _box(box: NDArray[np.float64]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box.tolist()
    return x0, y0, x1, y1
