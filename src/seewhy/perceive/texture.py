"""Texture of a surface: plain, striped, checkered, dotted, or otherwise textured.

Inside the mask, shading taken out, the strongest direction of color says how much there is to see: next to nothing is
plain. Where the surface falls into two tones, their arrangement decides. Stripes are a function of one coordinate and
alternate along it; the edges of checks run in two directions at right angles; dots are many separate spots of one
tone, and their edges run in all directions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.types.masks import Mask
from seewhy.types.video import Image

LEAST_PIXELS = 180
"""of the inner surface: three periods of a pattern do not fit into less"""
RIM = 0.10
"""of the radius is left out along the outline, where pixels are mixed, but not less than ..."""
RIM_PIXELS = (3.2, 1.7)
"""... this many pixels, since masks often reach that far into the background; the second where too little is left"""
CORE_PIXELS = 5.5
"""Farther from the outline than this there is surely no background: what is plain there is plain."""
SMOOTHING = 0.7
"""pixels, against the sensor's noise"""

Floats = NDArray[np.float32]


class Surface(NamedTuple):
    """What was measured of a surface."""

    contrast: float
    """distance in CIE L*a*b* between its two tones, however it is split"""
    two_toned: float
    """share of the variance that the two tones explain, 0..1; 0.64 for a single tone with noise"""
    minority: float
    """share of the rarer tone"""
    straight: float
    """coherence of the edges' direction, 0..1: 1 when all are parallel"""
    crossed: float
    """the same with right angles counted as parallel"""
    banded: float
    """share of the variance that is a function of the place across the edges, 0..1"""
    bands: int
    """how often the tone changes along that coordinate"""
    spots: int
    """separate patches of the rarer tone"""
    patches: int
    """separate patches of the tone that has more of them"""


def surface(image: Image, mask: Mask) -> Surface | None:
    """Measure what `mask` (H, W) covers of `image` (H, W, 3); both are cut to the thing's box.

    Returns:
        None where too little is left inside the rim.
    """
    import cv2

    covered = mask.astype(np.uint8)
    radius = math.sqrt(covered.sum() / math.pi)
    depth = cv2.distanceTransform(np.pad(covered, 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rims = [rim for least in RIM_PIXELS if (depth > (rim := max(least, RIM * radius))).sum() >= LEAST_PIXELS]
    if not rims:
        return None
    rim = rims[0]
    inner = depth > rim
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    smooth = np.asarray(cv2.GaussianBlur(lab, (0, 0), SMOOTHING), np.float32)
    tone = _strongest(smooth, inner)
    values = tone[inner]
    threshold, two_toned, contrast = _two_tones(values)
    core = depth > CORE_PIXELS
    if core.sum() >= LEAST_PIXELS:
        contrast = min(contrast, _two_tones(_strongest(smooth, core)[core])[2])
    light = tone > threshold
    share = float(light[inner].mean())
    rare = light if share <= 0.5 else ~light
    straight, crossed, angle = _edges(tone, depth > rim + 1)
    banded, bands = _bands(tone, inner, angle)
    spots, others = _spots(rare & inner), _spots(~rare & inner)
    minority = min(share, 1 - share)
    return Surface(contrast, two_toned, minority, straight, crossed, banded, bands, spots, max(spots, others))


def texture_scores(seen: Surface) -> dict[str, float]:
    """Texture → how surely a surface is so, 0..1."""
    patterned = _step(seen.contrast, 11.0, 2.0)
    two_toned = patterned * _step(seen.two_toned, 0.76, 0.02)
    striped = _step(seen.straight, 0.55, 0.06) * _step(seen.banded, 0.5, 0.05) * _step(seen.bands, 2.7, 0.25)
    many, spotted = _step(seen.patches, 2.7, 0.25), _step(seen.spots, 2.7, 0.25)
    checkered = (1 - striped) * _step(seen.crossed, 0.35, 0.04) * _step(seen.minority, 0.34, 0.03) * many
    dotted = (1 - striped) * (1 - checkered) * (1 - _step(seen.minority, 0.4, 0.03)) * spotted
    scores = {"striped": striped, "checkered": checkered, "dotted": dotted}
    named = {name: 0.95 * two_toned * score for name, score in scores.items()}
    rest = max(patterned - sum(named.values()), 0.0)
    return {"plain": 0.95 * (1 - patterned), "textured": 0.8 * rest, **named}


def _step(value: float, middle: float, softness: float) -> float:
    return 1 / (1 + math.exp(min(max((middle - value) / softness, -30.0), 30.0)))


def _strongest(lab: Floats, inner: Mask) -> Floats:
    """(H, W): color along its direction of largest variance, in CIE L*a*b* units, shading taken out; 0 outside."""
    rows, columns = np.nonzero(inner)
    places = np.stack([rows, columns], axis=1).astype(np.float32)
    places = (places - places.mean(axis=0)) / max(float(places.std()), 1.0)
    slopes = np.concatenate([places, np.ones((len(places), 1), np.float32)], axis=1)
    values = lab[inner]
    values = values - slopes @ np.linalg.lstsq(slopes, values, rcond=None)[0]
    _, directions = np.linalg.eigh(values.T @ values)
    tone = np.zeros(inner.shape, np.float32)
    tone[inner] = values @ directions[:, -1]
    return tone


def _two_tones(values: Floats) -> tuple[float, float, float]:
    """Otsu's threshold, the share of the variance it explains, and the distance of the two means."""
    ordered = np.sort(values.astype(np.float64))
    count = len(ordered)
    below = np.arange(1, count)
    summed = np.cumsum(ordered)[:-1]
    low, high = summed / below, (ordered.sum() - summed) / (count - below)
    between = below * (count - below) * (high - low) ** 2 / count**2
    best = int(between.argmax())
    total = max(float(ordered.var()), 1e-9)
    return float(ordered[best : best + 2].mean()), float(between[best]) / total, float(high[best] - low[best])


def _edges(tone: Floats, inside: Mask) -> tuple[float, float, float]:
    """Coherence of the gradient's direction, the same modulo right angles, and the direction in radians."""
    import cv2

    dx, dy = cv2.Sobel(tone, cv2.CV_32F, 1, 0)[inside], cv2.Sobel(tone, cv2.CV_32F, 0, 1)[inside]
    gradient = (dx + 1j * dy).astype(np.complex128)
    energy = float((np.abs(gradient) ** 2).sum())
    if energy == 0:
        return 0.0, 0.0, 0.0
    double = (gradient**2).sum()
    strength = np.maximum(np.abs(gradient), 1e-6)
    fourfold = (gradient**4 / strength**2).sum()
    return float(abs(double)) / energy, float(abs(fourfold)) / energy, float(np.angle(double)) / 2


def _bands(tone: Floats, inner: Mask, angle: float) -> tuple[float, int]:
    """How much of the tone is a function of the place along `angle`, and how often it changes sign there."""
    rows, columns = np.nonzero(inner)
    along = columns * math.cos(angle) + rows * math.sin(angle)
    bins = np.floor(along - along.min()).astype(np.intp)
    values = tone[inner].astype(np.float64)
    count = np.bincount(bins)
    means = np.bincount(bins, values) / np.maximum(count, 1)
    total = max(float((values**2).sum()), 1e-9)
    explained = float((count * means**2).sum()) / total
    # A band counts when it stands out by half of the profile's own deviation, so that noise makes none.
    clear = 0.5 * math.sqrt(float((count * means**2).sum()) / len(values))
    signs = np.sign(means[(np.abs(means) > clear) & (count >= 3)])
    return explained, int((signs[1:] != signs[:-1]).sum())


def _spots(tone: Mask) -> int:
    """Separate patches of one tone; those that only touch at their corners are separate, and noise makes none."""
    import cv2

    cores = cv2.erode(tone.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    _, _, statistics, _ = cv2.connectedComponentsWithStats(cores, connectivity=4)
    return int((statistics[1:, cv2.CC_STAT_AREA] >= 3).sum())
