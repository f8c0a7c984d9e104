"""Shape of a silhouette: its outline's distance from the center, all around, against those of ideal shapes.

The radial profile, normalised by area, does not change with place and size, and turning the thing shifts it; so each
ideal shape is compared at its best turn. What no ideal fits is irregular.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.types.masks import Mask

Floats = NDArray[np.float64]

ANGLES = 72
"""directions in which the outline is measured, every 5 degrees"""
LEAST_PIXELS = 200
"""A smaller silhouette has a radius under 8 pixels, and a hexagon is a disc."""
FIT, BLUR = 0.022, 0.5
"""Deviation of a profile from its ideal: of a clean mask as a share of the radius, and of its border in pixels."""
NO_FIT = 0.105
"""Deviation from the best ideal at which a shape is as likely irregular: half of what separates circle and triangle."""
IRREGULAR = 0.85
"""What the score of an irregular shape is multiplied with: that it is tall or wide says more of it."""
SUREST = 0.95
"""Nobody is surer of a silhouette."""
TALL_FROM, TALL_SURELY = 1.35, 2.2
"""Height over width, or the other way round, that makes a thing tall, or wide, perhaps, and surely."""
ELONGATED_FROM, ELONGATED_SURELY = 2.2, 4.0
"""Length over breadth, however it lies."""
STRETCHES = (1.3, 1.6, 2.0, 2.6, 3.4)
"""Lengths over breadths of the ideal ovals and rectangles."""


class Silhouette(NamedTuple):
    """What was measured of an outline."""

    profile: Floats
    """(ANGLES,): distance from the centroid to the outline in each direction, in radii; from +x towards +y"""
    radius: float
    """pixels: of the disc of the same area"""
    stretch: float
    """length over breadth of the smallest rectangle around it, however it lies"""
    upright: float
    """height over width of its box"""

    @property
    def reach(self) -> float:
        """pixels: from the centroid to the farthest part of the outline, spurs averaged out"""
        return float(self.profile.max()) * self.radius


def silhouette(mask: Mask) -> Silhouette | None:
    """Measure the largest part of a mask (H, W), holes filled; None where it is smaller than LEAST_PIXELS."""
    import cv2

    contours, _ = cv2.findContours(np.pad(mask.astype(np.uint8), 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea, default=None)
    if contour is None or cv2.contourArea(contour) < LEAST_PIXELS:
        return None
    moments = cv2.moments(contour)
    center = np.array([moments["m10"], moments["m01"]]) / moments["m00"]
    points = _dense(contour[:, 0].astype(np.float64)) - center
    # The contour runs through the middles of the outermost pixels: half a pixel is missing all around.
    radius = math.sqrt(moments["m00"] / math.pi) + 0.5
    profile = (_radial(points) + 0.5) / radius
    (_, _, width, height), (_, sides, _) = cv2.boundingRect(contour), cv2.minAreaRect(contour)
    return Silhouette(profile, radius, (max(sides) + 1) / (min(sides) + 1), height / width)


def shape_scores(seen: Silhouette) -> dict[str, float]:
    """How well each shape fits a whole silhouette, 0..1; those that exclude each other sum to less than 1."""
    sigma = math.hypot(FIT, BLUR / seen.radius)
    names, transforms, energies = _ideals()
    best = np.fft.irfft(transforms * np.conj(np.fft.rfft(seen.profile)), n=ANGLES).max(axis=1)
    squared = np.maximum((seen.profile @ seen.profile + energies - 2 * best) / ANGLES, 0)
    fits: dict[str, float] = {"irregular": NO_FIT**2}
    for name, deviation in zip(names, squared, strict=True):
        fits[name] = min(fits.get(name, np.inf), float(deviation))
    nearest = min(fits.values())
    weights = {name: math.exp(-(fit - nearest) / (2 * sigma**2)) for name, fit in fits.items()}
    total = sum(weights.values())
    scores = {name: SUREST * weight / total for name, weight in weights.items()}
    scores["irregular"] *= IRREGULAR
    scores["tall"] = _ramp(seen.upright, TALL_FROM, TALL_SURELY)
    scores["wide"] = _ramp(1 / seen.upright, TALL_FROM, TALL_SURELY)
    scores["elongated"] = _ramp(seen.stretch, ELONGATED_FROM, ELONGATED_SURELY)
    return scores


def median_scores(looks: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Shape → the median of its scores over several looks, best first; empty for no looks."""
    names = sorted({name for look in looks for name in look})
    medians = {name: float(np.median([look.get(name, 0.0) for look in looks])) for name in names}
    return dict(sorted(medians.items(), key=lambda item: (-item[1], item[0])))


def _ramp(value: float, start: float, full: float) -> float:
    return SUREST * min(max((value - start) / (full - start), 0.0), 1.0)


def _radial(points: Floats) -> Floats:
    """(ANGLES,): mean length of the points (N, 2) in each direction; directions without any are interpolated."""
    angle = np.arctan2(points[:, 1], points[:, 0])
    bins = np.floor((angle / (2 * math.pi) + 1) * ANGLES).astype(np.intp) % ANGLES
    count = np.bincount(bins, minlength=ANGLES)
    summed = np.bincount(bins, np.hypot(points[:, 0], points[:, 1]), ANGLES)
    seen = np.flatnonzero(count)
    return np.interp(np.arange(ANGLES), seen, summed[seen] / count[seen], period=ANGLES)


def _dense(points: Floats) -> Floats:
    """The outline (N, 2) with points between, so that no direction goes without one near the center."""
    following = np.roll(points, -1, axis=0)
    return np.concatenate([points + share * (following - points) for share in (0.0, 0.25, 0.5, 0.75)])


@lru_cache(maxsize=1)
def _ideals() -> tuple[tuple[str, ...], NDArray[np.complex128], Floats]:
    """Names, Fourier transforms (K, ANGLES // 2 + 1) and energies (K,) of the ideal profiles."""
    polygons: list[tuple[str, Floats]] = [
        ("round", _regular(72)),
        ("square", _regular(4)),
        ("hexagonal", _regular(6)),
        ("pentagonal", _regular(5)),
        ("triangular", _regular(3)),
        ("triangular", _regular(3) * (1.0, 1.35)),
        ("triangular", _regular(3) * (1.35, 1.0)),
        ("star-shaped", _regular(10, 0.38)),
        ("star-shaped", _regular(10, 0.48)),
        *(("cross-shaped", _cross(arm)) for arm in (0.25, 0.36, 0.45)),
        *(("diamond-shaped", _regular(4) * (1.0, stretch)) for stretch in (1.5, 1.9)),
        *(("oval", _regular(72) * (1.0, stretch)) for stretch in STRETCHES),
        *(("rectangular", _box(stretch)) for stretch in STRETCHES),
    ]
    profiles = np.stack([_profile(corners) for _, corners in polygons])
    return tuple(name for name, _ in polygons), np.fft.rfft(profiles), (profiles**2).sum(axis=1)


def _regular(corners: int, dents: float = 1.0) -> Floats:
    """Corners (n, 2) of a regular polygon in the unit circle; with `dents` < 1 every other one lies that far in."""
    angles = 2 * math.pi * np.arange(corners) / corners
    radii = np.where(np.arange(corners) % 2 == 0, 1.0, dents)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def _box(stretch: float) -> Floats:
    return np.array([(stretch, 1.0), (-stretch, 1.0), (-stretch, -1.0), (stretch, -1.0)])


def _cross(arm: float) -> Floats:
    """A plus of reach 1; `arm` is half an arm's breadth."""
    quarter = np.array([(1.0, arm), (arm, arm), (arm, 1.0)])
    turned = [quarter @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]]) for a in _QUARTERS]
    return np.concatenate(turned)


_QUARTERS = tuple(math.pi / 2 * k for k in range(4))


def _profile(corners: Floats) -> Floats:
    """(ANGLES,) distance of a polygon's outline from its centroid, averaged over each direction's 5 degrees."""
    steps = np.linspace(0, 1, 400, endpoint=False)[:, None, None]
    x, y = corners.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    area = abs(cross.sum()) / 2
    center = ((corners + np.roll(corners, -1, axis=0)) * cross[:, None]).sum(axis=0) / (3 * cross.sum())
    points = (corners + steps * (np.roll(corners, -1, axis=0) - corners)).reshape(-1, 2) - center
    return _radial(points) / math.sqrt(area / math.pi)
