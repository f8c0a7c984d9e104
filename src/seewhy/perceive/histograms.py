"""Color histograms in CIE L*a*b*: counting, smoothing, and comparing foreground with background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.motion import Floats

BINS = (12, 20, 20)
"""Of L*, a*, b*: fewer for lightness, which shading changes."""
BIN_COUNT = BINS[0] * BINS[1] * BINS[2]
EVER = 0.1
"""Weight of frames however far away, against 1 for the frame itself."""
PSEUDO_COUNT = 1e-5
"""Of a color never seen, as a fraction: unknown colors speak for neither side."""


def color_bins(lab: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Flat histogram bin of each pixel: (H, W, 3) L*a*b* in 8 bits → (H, W)."""
    level = lab.astype(np.intp) * np.array(BINS) // 256
    return np.asarray((level[..., 0] * BINS[1] + level[..., 1]) * BINS[2] + level[..., 2], np.intp)


def histogram(bins: NDArray[np.intp], weights: Floats | None = None) -> NDArray[np.float64]:
    """(BIN_COUNT,): how many pixels, or how much weight, fall into each bin."""
    flat = None if weights is None else weights.ravel()
    return np.bincount(bins.ravel(), flat, BIN_COUNT).astype(np.float64)


def smooth_histogram(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spread each bin to its neighbors along each axis, 1-2-1, so that near colors help each other."""
    cube = counts.reshape(BINS)
    for axis in range(3):
        padding = [(1, 1) if a == axis else (0, 0) for a in range(3)]
        padded = np.moveaxis(np.pad(cube, padding, mode="edge"), axis, 0)
        cube = np.moveaxis(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:], 0, axis)
    return np.ascontiguousarray(cube).ravel()


def temporal_weights(count: int, position: int, spread: float) -> NDArray[np.float64]:
    """(count,): how much each frame counts for the one at `position`."""
    away = (np.arange(count) - position) / spread
    return np.exp(-(away**2) / 2) + EVER


def foreground_share(foreground: NDArray[np.float64], background: NDArray[np.float64]) -> NDArray[np.float64]:
    """(BIN_COUNT,): of each color, the probability that it is foreground, both sides being equally likely."""
    front, back = (
        counts / max(counts.sum(), 1.0) + PSEUDO_COUNT
        for counts in (smooth_histogram(foreground), smooth_histogram(background))
    )
    return np.asarray(front / (front + back))
