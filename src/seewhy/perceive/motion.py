"""Motion between sampled frames: dense flow, the camera's part of it, and what is left.

Flow is DIS (Kroeger et al., ECCV 2016), both ways. The camera's part is a homography fitted with RANSAC
to flow vectors that agree both ways; what is left is the motion of things, and the parallax of a scene
that is not flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.seams import CameraStep

Floats = NDArray[np.float32]

REFINEMENTS = 0
"""Variational rounds on each scale, of the preset's five: without them the masks are as good, and come sooner."""
GRID_STEP = 9
"""pixels between the flow vectors that the homography is fitted to"""
CONSISTENT = 1.0
"""pixels: a vector counts when going there and back misses by less"""
LEAST_VECTORS = 40
"""with fewer consistent vectors, all are used: better a poor fit than none"""
RANSAC_PIXELS = 0.8
RANSAC_ROUNDS = 300
"""Enough to find a background of 40 % of the picture with 99.9 % certainty."""
CUT_OVERLAP = 0.55
"""Histogram intersection under which two frames may be of different shots ..."""
CUT_CONSISTENT = 0.35
"""... if also less than this share of the flow agrees both ways. Either alone is a fast pan or a flash."""
HISTOGRAM_BINS = (8, 8, 8)


@dataclass(frozen=True, slots=True)
class Motion:
    """From one frame to the next, at one working size (H, W)."""

    forward: Floats
    """(H, W, 2): pixels that what is seen at a place moves by until the next frame (dx, dy)"""
    backward: Floats
    """(H, W, 2): the same from the next frame back to this one"""
    camera: CameraStep
    """homography in pixels of the working size"""
    residual_forward: Floats
    """(H, W): length of `forward` less the camera's motion, pixels"""
    residual_backward: Floats
    """(H, W): the same for `backward`"""


class FlowEstimator:
    """Dense optical flow between gray pictures of one size."""

    def __init__(self) -> None:
        self._dis: Any = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._dis.setVariationalRefinementIterations(REFINEMENTS)

    def between(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Floats:
        """(H, W, 2) float32: where each pixel of `before` goes."""
        flow: Floats = self._dis.calc(before, after, None)
        return flow


def motion_between(
    estimator: FlowEstimator, before: NDArray[np.uint8], after: NDArray[np.uint8], overlap: float
) -> Motion:
    """Everything about the step from one RGB frame to the next, both (H, W, 3) at the working size.

    Args:
        overlap: histogram intersection of the two frames, 0..1, see `color_overlap`.
    """
    gray_before, gray_after = cv2.cvtColor(before, cv2.COLOR_RGB2GRAY), cv2.cvtColor(after, cv2.COLOR_RGB2GRAY)
    forward = estimator.between(np.asarray(gray_before), np.asarray(gray_after))
    backward = estimator.between(np.asarray(gray_after), np.asarray(gray_before))
    consistent = length(forward + warp(backward, forward)) < CONSISTENT
    homography, inliers = _camera(forward, consistent)
    cut = overlap < CUT_OVERLAP and float(consistent.mean()) < CUT_CONSISTENT
    residual_forward = length(forward - _flow_of(homography, forward.shape))
    inverse = np.asarray(np.linalg.inv(homography), np.float64)
    residual_backward = length(backward - _flow_of(inverse, forward.shape))
    return Motion(forward, backward, CameraStep(homography, inliers, cut), residual_forward, residual_backward)


def color_overlap(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Intersection of two pictures' RGB histograms, 0 (nothing in common) to 1."""
    a, b = (
        cv2.calcHist([picture], [0, 1, 2], None, list(HISTOGRAM_BINS), [0, 256] * 3) / (picture.size / 3)
        for picture in (before, after)
    )
    return float(np.minimum(a, b).sum())


def length(vectors: Floats) -> Floats:
    """(H, W, 2) → (H, W): how long each vector is."""
    return np.asarray(cv2.magnitude(vectors[..., 0], vectors[..., 1]))


def warp(picture: Floats, flow: Floats) -> Floats:
    """`picture` (H, W[, C]) of the other frame, looked up where `flow` points from each pixel of this one."""
    x, y = _grid(flow.shape[0], flow.shape[1])
    warped = cv2.remap(picture, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32)


def resized_flow(flow: Floats, width: int, height: int) -> Floats:
    """Flow (H, W, 2) at another size, in pixels of that size."""
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) * scale, np.float32)


def _camera(flow: Floats, consistent: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    height, width = flow.shape[:2]
    y, x = (a.ravel() for a in np.mgrid[GRID_STEP // 2 : height : GRID_STEP, GRID_STEP // 2 : width : GRID_STEP])
    usable = consistent[y, x]
    if usable.sum() >= LEAST_VECTORS:
        y, x = y[usable], x[usable]
    start = np.stack([x, y], axis=1).astype(np.float32)
    if len(start) < 4:
        return np.eye(3), 0.0
    cv2.setRNGSeed(0)
    fitted, inliers = cv2.findHomography(
        start, start + flow[y, x], cv2.RANSAC, RANSAC_PIXELS, maxIters=RANSAC_ROUNDS, confidence=0.999
    )
    if fitted is None or abs(np.linalg.det(fitted)) < 1e-6:
        return np.eye(3), 0.0
    return np.asarray(fitted, np.float64), float(np.mean(inliers))


def _flow_of(homography: NDArray[np.float64], shape: tuple[int, ...]) -> Floats:
    """The flow (H, W, 2) of a picture that moves by a homography."""
    x, y = _grid(shape[0], shape[1])
    h = homography.astype(np.float32)
    over = h[2, 0] * x + h[2, 1] * y + h[2, 2]
    flow = np.empty((shape[0], shape[1], 2), np.float32)
    np.subtract((h[0, 0] * x + h[0, 1] * y + h[0, 2]) / over, x, out=flow[..., 0])
    np.subtract((h[1, 0] * x + h[1, 1] * y + h[1, 2]) / over, y, out=flow[..., 1])
    return flow


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> tuple[Floats, Floats]:
    """Every pixel's x, (1, W), and y, (H, 1)."""
    x, y = np.arange(width, dtype=np.float32)[None, :], np.arange(height, dtype=np.float32)[:, None]
    x.setflags(write=False)
    y.setflags(write=False)
    return x, y
