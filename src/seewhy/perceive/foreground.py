"""Foreground in every frame of a stretch of video: evidence is linked over time, by motion and by color.

Each round, the present estimate says which colors are foreground and which are background (near frames
count most), colors and place say which pixels are, edges of the picture sharpen the borders, and what a
pixel was a moment ago, and will be, along the flow, steadies it. This is the scheme of fast object
segmentation in unconstrained video (Papazoglou & Ferrari, ICCV 2013) with histograms in place of
mixtures, and guided filtering in place of graph cuts, for speed.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.evidence import WEIGHTS, color_rarity, cues, log_odds
from seewhy.perceive.histograms import color_bins, foreground_share, histogram, temporal_weights
from seewhy.perceive.motion import Floats, Motion, resized_flow, warp
from seewhy.perceive.parallel import each

ROUNDS = 2
EVIDENCE_MEMORY = 0.5
"""Of the evidence, this share is carried on from frame to frame along the flow."""
ESTIMATE_MEMORY = 0.3
PEAK_QUANTILE, PEAK, PEAK_PULL = 97.0, 1.0, 0.7
"""The strongest three percent of a stretch's pixels are pulled this far towards log-odds of 1: a stretch with weak
evidence everywhere still has something that stands out most."""
COLOR_WINDOW = 5.0
"""Frames (standard deviation) that say which colors are foreground."""
COLOR_WEIGHT, PLACE_WEIGHT, PRIOR_WEIGHT = 0.75, 0.7, 0.6
"""Of color, of the present estimate around the pixel, and of the first evidence, in log-odds."""
CERTAIN = (0.3, 0.7)
"""Below the first a pixel counts as background only, above the second as foreground only, for the colors."""
COLOR_MARGIN, PLACE_MARGIN, PRIOR_MARGIN = 0.02, 0.03, 0.05
"""None of them is surer than this, so that the other two together can always outvote it."""
PLACE_BLUR = 3.0
"""pixels at working size"""
GUIDE_RADIUS, GUIDE_EPSILON = 7, 2e-3
"""Of the guided filter (He et al., PAMI 2013): window in pixels, and variance of color that counts as an edge."""


def foreground(labs: Sequence[NDArray[np.uint8]], motions: Sequence[Motion]) -> list[Floats]:
    """Probability of foreground, (H, W) in 0..1, for each frame of one shot.

    Args:
        labs: the frames in order, (H, W, 3), L*a*b* in 8 bits, at the working size.
        motions: the steps between them, one fewer, at that size or larger.
    """
    height, width = labs[0].shape[:2]
    forward, backward = (
        [resized_flow(getattr(motion, way), width, height) for motion in motions] for way in ("forward", "backward")
    )
    rarity = color_rarity(labs)
    steps = [None, *motions, None]
    positions = range(len(labs))
    odds = each(lambda i: log_odds(cues(labs[i], rarity[i], steps[i], steps[i + 1]), WEIGHTS), positions)
    odds = _along_flow(odds, forward, backward, EVIDENCE_MEMORY)
    shift = PEAK_PULL * (PEAK - float(np.percentile(np.stack(odds), PEAK_QUANTILE)))
    estimate = prior = [_probability(o + shift) for o in odds]
    bins = [color_bins(lab) for lab in labs]
    guides = [np.asarray(lab, np.float32) / np.float32(255) for lab in labs]
    for _ in range(ROUNDS):
        colors = _color_probability(bins, estimate)

        def sharpened(i: int, colors: Sequence[Floats] = colors, now: Sequence[Floats] = estimate) -> Floats:
            mixed = _probability(
                COLOR_WEIGHT * _logit(colors[i], COLOR_MARGIN)
                + PLACE_WEIGHT * _logit(_blurred(now[i]), PLACE_MARGIN)
                + PRIOR_WEIGHT * _logit(prior[i], PRIOR_MARGIN)
            )
            return guided(mixed, guides[i])

        sharp = each(sharpened, positions)
        estimate = _along_flow(sharp, forward, backward, ESTIMATE_MEMORY)
    return estimate


def guided(picture: Floats, guide: Floats, radius: int = GUIDE_RADIUS, epsilon: float = GUIDE_EPSILON) -> Floats:
    """`picture` (H, W) smoothed along the edges of `guide` (H, W, 3), each channel by itself, averaged; in 0..1."""
    window = (radius, radius)
    mean_picture = cv2.blur(picture, window)[..., None]
    mean_guide = cv2.blur(guide, window)
    covariance = cv2.blur(guide * picture[..., None], window) - mean_guide * mean_picture
    variance = cv2.blur(guide * guide, window) - mean_guide * mean_guide
    slope = covariance / (variance + epsilon)
    offset = mean_picture - slope * mean_guide
    filtered = (cv2.blur(slope, window) * guide + cv2.blur(offset, window)).mean(axis=2)
    return np.asarray(np.clip(filtered, 0, 1), np.float32)


def _color_probability(bins: Sequence[NDArray[np.intp]], estimate: Sequence[Floats]) -> list[Floats]:
    low, high = CERTAIN
    sides = [np.clip((now - low) / (high - low), 0, 1) for now in estimate]
    front = np.stack([histogram(b, side) for b, side in zip(bins, sides, strict=True)])
    back = np.stack([histogram(b, 1 - side) for b, side in zip(bins, sides, strict=True)])

    def probability(position: int) -> Floats:
        near = temporal_weights(len(bins), position, COLOR_WINDOW)
        return foreground_share(near @ front, near @ back)[bins[position]].astype(np.float32)

    return each(probability, range(len(bins)))


def _along_flow(
    frames: Sequence[Floats], forward: Sequence[Floats], backward: Sequence[Floats], memory: float
) -> list[Floats]:
    """Average each pixel with what it was and will be along the flow, older and later frames counting less."""
    count = len(frames)
    past, future = [frames[0]], [frames[-1]]
    for i in range(1, count):
        past.append(frames[i] + memory * warp(past[-1], backward[i - 1]))
        future.append(frames[count - 1 - i] + memory * warp(future[-1], forward[count - 1 - i]))
    future.reverse()
    seen = [sum(memory**k for k in range(i + 1)) for i in range(count)]
    return [
        ((past[i] + future[i] - frames[i]) / (seen[i] + seen[count - 1 - i] - 1)).astype(np.float32)
        for i in range(count)
    ]


def _blurred(picture: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), PLACE_BLUR), np.float32)


def _probability(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def _logit(probability: Floats, margin: float) -> Floats:
    kept = np.clip(probability, margin, 1 - margin)
    return np.asarray(np.log(kept / (1 - kept)), np.float32)
