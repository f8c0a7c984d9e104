"""What speaks for a pixel being foreground in one frame: it moves by itself, it stands out, it is far inside.

Six cues, each cheap and each blind where another sees: residual motion (nothing at rest), motion against
the surroundings (survives parallax, which is smooth), geodesic color distance to the border of the picture
(Wang et al., CVPR 2015: background tends to reach the border without crossing edges), nearness to the
middle, colors that the border lacks, and colors that are rare. They are added as log-odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.histograms import color_bins, histogram, smooth_histogram, temporal_weights
from seewhy.perceive.motion import Floats, Motion, length, resized_flow

NOISE_PIXELS = 0.35
"""Residuals under this are noise of the flow, whatever their median."""
LARGEST_RATIO = 50.0
"""Residuals this many times the median are all the same: moving."""
SURROUND = 0.21
"""Radius (standard deviation) of what counts as the surroundings, as a fraction of the picture's height."""
SURROUND_SHRINK = 3
"""The average is found in a picture so many times smaller: it is smooth."""
SURROUND_ROUNDS = 4
"""of leaving out what moves differently, then averaging again"""
BORDER = 0.065
"""Width of the border strip that counts threefold as background, as a fraction of the height."""
GEODESIC_STEP = 0.02
"""Cost of crossing one pixel without any edge: nearness to the border counts a little by itself."""
EDGE = 10.0
"""Levels of L*a*b* (8 bits) per pixel that make a full edge."""
GEODESIC_CAP = 1.5
"""No edge costs more, so that one sharp line inside the background is no wall."""
RARITY_WINDOW = 4.0
"""Frames (standard deviation) over which colors are counted."""
COLOR_BLUR = 1.5
"""pixels: evens out noise in the two color cues"""
CENTER_SPREAD = 0.35
"""Standard deviation of the middle, as a fraction of width and height."""


class Weights(NamedTuple):
    """Of the cues and of two products of cues, in log-odds per unit."""

    motion: float
    surround: float
    geodesic: float
    center: float
    unlike_border: float
    rare: float
    surround_geodesic: float
    """To move against the surroundings counts inside, and little at the border, where flow is poor."""
    geodesic_rare: float
    """Rare colors and being inside say the same in part, which this takes off."""
    constant: float


WEIGHTS = Weights(
    motion=0.53,
    surround=-1.34,
    geodesic=3.18,
    center=2.3,
    unlike_border=0.9,
    rare=2.38,
    surround_geodesic=0.81,
    geodesic_rare=-0.576,
    constant=-17.57,
)
"""Logistic regression on the 20 DAVIS-2016 validation clips and 12 synthetic ones, which count a quarter; rounded."""


class Cues(NamedTuple):
    """One frame's cues, each (H, W)."""

    motion: Floats
    surround: Floats
    geodesic: Floats
    center: Floats
    unlike_border: Floats
    rare: Floats


def cues(lab: NDArray[np.uint8], colors: Rarity, before: Motion | None, after: Motion | None) -> Cues:
    """The cues of one frame.

    Args:
        colors: of this frame among its neighbors.
        lab: (H, W, 3), CIE L*a*b* in 8 bits, at the working size.
        before: the step into this frame, at that size or larger; None: there is none.
        after: the step out of it.
    """
    height, width = lab.shape[:2]
    residuals, vectors = [], []
    for step, into in ((before, True), (after, False)):
        if step is None or step.camera.cut:
            continue
        residual = step.residual_backward if into else step.residual_forward
        flow = step.backward if into else step.forward
        residuals.append(_shrink(residual, (width, height)) * (height / flow.shape[0]))
        vectors.append(resized_flow(flow, width, height))
    still = np.zeros((height, width), np.float32)
    if residuals:
        # An occlusion gives one of the two directions a wild flow; what moves, moves in both.
        moving = np.minimum.reduce([r / max(NOISE_PIXELS, float(np.median(r))) for r in residuals])
        around = np.minimum.reduce([_against_surroundings(v) for v in vectors])
    else:
        moving = around = still
    return Cues(
        np.log1p(np.minimum(moving, LARGEST_RATIO)),
        np.log1p(np.minimum(around, LARGEST_RATIO)),
        np.log1p(_geodesic(lab)),
        _center(height, width),
        colors.unlike_border,
        colors.rare,
    )


def log_odds(found: Cues, weights: Weights) -> Floats:
    """(H, W): above 0 where foreground is likelier than background."""
    total = sum(weight * cue for weight, cue in zip(weights[: len(found)], found, strict=True))
    total = total + weights.surround_geodesic * found.surround * found.geodesic
    total = total + weights.geodesic_rare * found.geodesic * found.rare
    return np.asarray(total + weights.constant, np.float32)


class Rarity(NamedTuple):
    """Of one frame's colors, each (H, W)."""

    unlike_border: Floats
    rare: Floats


def color_rarity(labs: Sequence[NDArray[np.uint8]]) -> list[Rarity]:
    """How unlike the border's colors, and how rare, the colors of each frame are; near frames count most.

    Args:
        labs: frames of one shot in order, (H, W, 3), L*a*b* in 8 bits.
    """
    border = border_strip(*labs[0].shape[:2])
    bins = [color_bins(lab) for lab in labs]
    everywhere = np.stack([histogram(b) for b in bins])
    at_border = np.stack([histogram(b[border]) for b in bins])
    found = []
    for position, found_bins in enumerate(bins):
        near = temporal_weights(len(bins), position, RARITY_WINDOW)
        all_colors = smooth_histogram(near @ everywhere)
        border_colors = smooth_histogram(near @ at_border)
        all_colors /= all_colors.sum()
        border_colors /= border_colors.sum()
        unlike = np.clip(np.log((all_colors + 1e-5) / (border_colors + 1e-5)), -2, 3)[found_bins]
        rare = -np.log(all_colors + 1e-4)[found_bins]
        found.append(Rarity(_blurred(unlike), _blurred(rare)))
    return found


def _blurred(cue: NDArray[np.float64]) -> Floats:
    return np.asarray(cv2.GaussianBlur(cue.astype(np.float32), (0, 0), COLOR_BLUR), np.float32)


def _shrink(picture: Floats, size: tuple[int, int]) -> Floats:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)


def border_strip(height: int, width: int) -> NDArray[np.bool_]:
    """True in a strip along the picture's border, (H, W)."""
    strip = max(1, round(BORDER * height))
    border = np.ones((height, width), bool)
    border[strip:-strip, strip:-strip] = False
    return border


def _against_surroundings(flow: Floats) -> Floats:
    """How far each vector is from the robust average around it, in units of their typical distance."""
    height, width = flow.shape[:2]
    small = _shrink(flow, (max(4, width // SURROUND_SHRINK), max(4, height // SURROUND_SHRINK)))
    sigma = SURROUND * small.shape[0]
    prior = np.where(border_strip(*small.shape[:2]), np.float32(3), np.float32(1))
    weight = prior
    for _ in range(SURROUND_ROUNDS):
        total = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-4
        average = cv2.GaussianBlur(small * weight[..., None], (0, 0), sigma) / total[..., None]
        distance = length(small - average)
        typical = max(NOISE_PIXELS, 1.5 * float(np.median(distance)))
        weight = (prior * np.exp(-((distance / typical) ** 2)) + 1e-3).astype(np.float32)
    return length(flow - cv2.resize(average, (width, height), interpolation=cv2.INTER_LINEAR)) / np.float32(typical)


def _geodesic(lab: NDArray[np.uint8]) -> Floats:
    """Least sum of color steps on a way from the border to each pixel."""
    height, width = lab.shape[:2]
    smooth = cv2.GaussianBlur(lab.astype(np.float32), (0, 0), 1.0)
    edges = [cv2.Sobel(smooth, cv2.CV_32F, dx, 1 - dx) / 8 for dx in (0, 1)]
    strength = np.sqrt(sum((edge**2).sum(axis=2) for edge in edges)) / EDGE
    cost = (np.minimum(strength, GEODESIC_CAP) + GEODESIC_STEP).astype(np.float32)
    distance = np.zeros((height + 2, width + 2), np.float32)
    inner = distance[1:-1, 1:-1]
    inner[1:-1, 1:-1] = np.inf
    for _ in range(max(height, width)):  # ways are mostly straight: a quarter of it does as a rule
        around = np.minimum(
            np.minimum(distance[:-2, 1:-1], distance[2:, 1:-1]), np.minimum(distance[1:-1, :-2], distance[1:-1, 2:])
        )
        around += cost
        reached = np.minimum(inner, around)
        if np.array_equal(reached, inner):
            break
        inner[...] = reached
    return inner.copy()


def _center(height: int, width: int) -> Floats:
    x = (np.arange(width) + 0.5) / width - 0.5
    y = (np.arange(height) + 0.5) / height - 0.5
    return np.exp(-(x[None, :] ** 2 + y[:, None] ** 2) / (2 * CENTER_SPREAD**2)).astype(np.float32)
