"""What in a frame is worth following: what a detector names, and what a grid of points lies on besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from seewhy.perceive.local.boxes import SAME_PLACE_IOU
from seewhy.perceive.local.grid import grid, outside, probe
from seewhy.perceive.local.overlaps import Box, box_iou
from seewhy.perceive.local.tracking import Prompt, Tracker
from seewhy.perceive.motion import warp
from seewhy.perceive.seams import Detection
from seewhy.perceive.watching import Watched
from seewhy.types.masks import Mask
from seewhy.types.video import Frame

EXPLAINED = 0.5
"""Of the picture: boxes that cover less leave much of it unexplained."""
UNNAMED = 0.25
"""Of a mask's quality is how surely it is an object, where no detector said so: about what open-vocabulary detectors
score what they are not sure of. Good masks of patches of ground are many."""
MOVING_PIXELS = 1.5
"""From one frame to the next, besides the camera, of the reduced frame (240 lines): what moves so is looked at, though
no detector knows it. Twice the error that the camera's motion is fitted with."""
HALO = 9
"""Pixels of the reduced frame around what is known that do not count as moving by themselves: flow is smooth."""


class Newcomer(NamedTuple):
    """Something in a frame that may be followed. Has a box or a mask."""

    found: float
    """how surely it is an object, 0..1"""
    phrases: Mapping[str, float]
    """what it is called → score; none: nobody named it"""
    box: Box | None = None
    """x0, y0, x1, y1 as fractions of the frame"""
    mask: Mask | None = None

    def prompt(self, number: int) -> Prompt:
        return Prompt(number, box=self.box, mask=self.mask)


def named(detections: Sequence[Detection]) -> list[Newcomer]:
    """One for each place, best first; boxes that overlap by SAME_PLACE_IOU are several names for what is in one."""
    places: list[tuple[Detection, dict[str, float]]] = []
    for detection in sorted(detections, key=lambda detection: -detection.score):
        for best, phrases in places:
            if box_iou(best.box, detection.box) >= SAME_PLACE_IOU:
                phrases.setdefault(detection.phrase, detection.score)
                break
        else:
            places.append((detection, {detection.phrase: detection.score}))
    return [Newcomer(best.score, phrases, box=best.box) for best, phrases in places]


def unnamed_at_first(tracker: Tracker, frame: Frame, boxes: Sequence[Box], min_area: float) -> list[Newcomer]:
    """In the first frame of a shot: what lies outside of the boxes, if these leave much of the picture unexplained."""
    height, width = frame.image.shape[:2]
    known = filled(boxes, height, width)
    if known.mean() >= EXPLAINED:
        return []
    return _probed(tracker, frame, outside(grid(height, width), known), min_area)


def unnamed_moving(
    tracker: Tracker, frame: Frame, watched: Watched, known: Mask, boxes: Sequence[Box], min_area: float
) -> list[Newcomer]:
    """In a later frame: what moves by itself, outside of the boxes and of what is followed.

    Args:
        known: what is followed, at the size of `watched.image`.
    """
    if watched.flow is None:
        return []
    height, width = known.shape
    halo = np.ones((2 * HALO + 1, 2 * HALO + 1), np.uint8)
    around = cv2.dilate((known | filled(boxes, height, width)).astype(np.uint8), halo) > 0
    still = np.asarray(watched.flow.residual_backward < MOVING_PIXELS)
    return _probed(tracker, frame, outside(grid(height, width), around | still), min_area)


def _probed(tracker: Tracker, frame: Frame, points: Sequence[tuple[float, float]], min_area: float) -> list[Newcomer]:
    return [Newcomer(UNNAMED * seen.score, {}, mask=seen.mask) for seen in probe(tracker, frame, points, min_area)]


def filled(boxes: Sequence[Box], height: int, width: int) -> Mask:
    """(height, width): the pixels whose centers lie in one of the boxes, which are fractions of the picture."""
    pixels = np.zeros((height, width), bool)
    for x0, y0, x1, y1 in boxes:
        rows = slice(max(0, round(y0 * height)), max(0, round(y1 * height)))
        pixels[rows, max(0, round(x0 * width)) : max(0, round(x1 * width))] = True
    return pixels


def carried(masks: Mapping[int, Mask], watched: Watched) -> dict[int, Mask]:
    """Where masks of the frame before are to be expected in this one, by its optical flow.

    Returns:
        object → mask at the size of `watched.image`; those that leave the picture are left out.
    """
    if watched.flow is None:
        return {}
    height, width = watched.image.shape[:2]
    expected = {}
    for number, mask in masks.items():
        small = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
        moved = warp(np.asarray(small, np.float32), watched.flow.backward) > 0.5
        if moved.any():
            expected[number] = moved
    return expected
