"""One thing cut out of one frame: by where it may be, its colors against those around it, and how it moves.

Each cue says of every pixel how likely it belongs to the thing; their odds multiply, and the product is smoothed along
the edges of the picture. Colors and motion are compared by histograms of the thing and of its surroundings, so that a
cue that does not tell the two apart has no weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.foreground import guided
from seewhy.perceive.histograms import color_bins, foreground_share, histogram, smooth_histogram
from seewhy.perceive.motion import Floats
from seewhy.types.masks import Mask
from seewhy.types.video import Image

Window = tuple[slice, slice]
"""rows, columns"""
PixelBox = tuple[int, int, int, int]
"""left, top, right, bottom; the last two are not in it"""

SURROUNDINGS = 0.5
"""Width of the frame around a thing in which it is compared with what is not it, in lengths of its longer side."""
LEAST_SURROUNDINGS = 4
"""pixels of it at least"""
MIDDLE, EDGE, OUTSIDE = 0.8, 0.35, 0.01
"""Chance that a pixel of a box belongs to what the box is of: in the middle, halfway to the corners, and around it."""
ROUNDS = 4
"""in which what is cut out of a box and its colors sharpen each other; more change nothing"""
COLOR_WEIGHT, MOTION_WEIGHT = 1.5, 0.4
"""Exponents of the odds of colors and of motion (each way), against 1 for the place."""
COLOR_MARGIN, MOTION_MARGIN, PLACE_MARGIN = 0.03, 0.05, 0.01
"""No cue makes a pixel more likely than 1 minus this, nor less than this."""
MOTION_BINS = 24
MOTION_UNIT, MOTION_STEP = 0.7, 0.2
"""Motion is counted by ln(1 + pixels / unit), in steps: a difference of a tenth of a pixel is noise, of ten pixels
to eleven, too."""
MOTION_PSEUDO = 2e-3
"""Of a motion that was never seen, as a fraction."""
GUIDE_RADIUS, GUIDE_EPSILON = 7, 1e-3
"""Of the filter that smooths along edges."""
CERTAIN = (0.1, 0.9)
"""GrabCut may not change what is less or more likely than this."""
CUT_ROUNDS = 2
PIECE = 0.2
"""Pieces smaller than this share of the largest are no part of the thing."""


@dataclass(frozen=True, eq=False)
class View:
    """A frame as it is compared, (H, W)."""

    image: Image
    bins: NDArray[np.intp]
    """color of each pixel"""
    stir: tuple[Floats, ...]
    """how far each pixel moves against the background from here to a neighboring frame, in pixels: 0 to 2 of them"""

    @classmethod
    def of(cls, image: Image, stir: Sequence[Floats]) -> View:
        lab = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.uint8)
        return cls(image, color_bins(lab), tuple(stir))


@dataclass(frozen=True, eq=False)
class Colors:
    """Histograms of a thing and of its surroundings, each with the sum 1."""

    thing: NDArray[np.float64]
    around: NDArray[np.float64]

    @classmethod
    def of(cls, view: View, chance: Floats, window: Window) -> Colors:
        """As seen in a frame. chance: (H, W), of belonging to the thing."""
        bins, inside = view.bins[window], chance[window]
        thing, around = histogram(bins, inside), histogram(bins, 1 - inside)
        return cls(thing / max(thing.sum(), 1e-9), around / max(around.sum(), 1e-9))

    def mixed(self, other: Colors, weight: float) -> Colors:
        """With the other's colors in it, at this weight."""
        keep = 1 - weight
        return Colors(keep * self.thing + weight * other.thing, keep * self.around + weight * other.around)

    def overlap(self, other: Colors) -> float:
        """What two things' colors have in common, 0..1."""
        return float(np.minimum(smooth_histogram(self.thing), smooth_histogram(other.thing)).sum())

    @property
    def contrast(self) -> float:
        """How different the thing is from its surroundings, 0..1."""
        return 1 - float(np.minimum(smooth_histogram(self.thing), smooth_histogram(self.around)).sum())


def chances(view: View, place: Floats, colors: Colors, window: Window) -> Floats:
    """(H, W): the chance of each pixel to belong to the thing; 0 outside the window.

    Args:
        place: (H, W), the same by where it is expected alone.
    """
    expected = place[window]
    # Counts, not fractions: colors that were never seen are counted against the number of pixels.
    pixels = float(expected.size)
    share = foreground_share(pixels * colors.thing, pixels * colors.around)[view.bins[window]]
    odds = _logit(expected, PLACE_MARGIN) + COLOR_WEIGHT * _logit(share.astype(np.float32), COLOR_MARGIN)
    for motion in view.stir:
        odds += MOTION_WEIGHT * _logit(_motion_share(motion[window], expected), MOTION_MARGIN)
    guide = np.asarray(cv2.cvtColor(view.image[window], cv2.COLOR_RGB2LAB), np.float32) / np.float32(255)
    whole = np.zeros_like(place)
    whole[window] = guided(np.asarray(1 / (1 + np.exp(-odds)), np.float32), guide, GUIDE_RADIUS, GUIDE_EPSILON)
    return whole


def cut_from_box(view: View, box: PixelBox) -> Mask:
    """What a box is of, (H, W); nothing where nothing in it stands out.

    GrabCut (Rother et al., 2004), begun with what the cues say, decides on the border.
    """
    left, top, right, bottom = box
    place = _box_place(view.bins.shape, box)
    window = surroundings(box, view.bins.shape)
    chance = place
    for _ in range(ROUNDS):
        chance = chances(view, place, Colors.of(view, chance, window), window)
    inside = np.zeros(place.shape, bool)
    inside[top:bottom, left:right] = True
    low, high = CERTAIN
    labels = np.where(chance > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[(chance < low) | ~inside] = cv2.GC_BGD
    labels[(chance > high) & inside] = cv2.GC_FGD
    near = np.ascontiguousarray(labels[window])
    front = (near == cv2.GC_FGD) | (near == cv2.GC_PR_FGD)
    cut = np.zeros(place.shape, bool)
    if front.any() and not front.all():  # or there is nothing to decide
        cv2.setRNGSeed(0)  # GrabCut's clusters begin at random, and must not depend on what ran before
        back_model, front_model = np.zeros((1, 65)), np.zeros((1, 65))
        image = np.ascontiguousarray(view.image[window])
        cv2.grabCut(image, near, (0, 0, 0, 0), back_model, front_model, CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
        cut[window] = (near == cv2.GC_FGD) | (near == cv2.GC_PR_FGD)
    return pieces(cut)


def pieces(mask: Mask) -> Mask:
    """The largest connected piece of a mask and those not much smaller."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return mask
    areas = stats[:, cv2.CC_STAT_AREA]
    large = areas >= PIECE * areas[1:].max()
    large[0] = False
    return np.asarray(large[labels], bool)


def box_of(mask: Mask) -> PixelBox:
    """The smallest box around a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def surroundings(box: PixelBox, shape: tuple[int, ...]) -> Window:
    """A box with what lies around it, within a picture of this shape (H, W)."""
    left, top, right, bottom = box
    margin = int(SURROUNDINGS * max(right - left, bottom - top)) + LEAST_SURROUNDINGS
    rows = slice(max(0, top - margin), min(shape[0], bottom + margin))
    return rows, slice(max(0, left - margin), min(shape[1], right + margin))


def _box_place(shape: tuple[int, ...], box: PixelBox) -> Floats:
    """(H, W): likely in the middle of the box, less so towards its corners."""
    left, top, right, bottom = box
    y = (np.arange(shape[0]) + 0.5 - (top + bottom) / 2) / ((bottom - top) / 2)
    x = (np.arange(shape[1]) + 0.5 - (left + right) / 2) / ((right - left) / 2)
    out = np.clip(1 - (y[:, None] ** 2 + x[None, :] ** 2), -1, 1)
    place = np.clip(EDGE + (MIDDLE - EDGE) * out, OUTSIDE, 1).astype(np.float32)
    place[np.maximum(np.abs(y)[:, None], np.abs(x)[None, :]) > 1] = OUTSIDE
    return np.asarray(place)


def _motion_share(motion: Floats, chance: Floats) -> Floats:
    """Of each pixel, by its motion: the probability of being the thing, both sides being equally likely."""
    bins = np.minimum(np.log1p(motion / MOTION_UNIT) / MOTION_STEP, MOTION_BINS - 1).astype(np.intp)
    sides = [
        np.bincount(bins.ravel(), weights.ravel(), MOTION_BINS)
        for weights in (np.where(chance > 0.5, chance, 0), 1 - chance)
    ]
    front, back = (
        np.convolve(side / max(side.sum(), 1e-9), (0.25, 0.5, 0.25), "same") + MOTION_PSEUDO for side in sides
    )
    return np.asarray((front / (front + back))[bins], np.float32)


def _logit(probability: Floats, margin: float) -> Floats:
    kept = np.clip(probability, margin, 1 - margin)
    return np.asarray(np.log(kept / (1 - kept)), np.float32)
