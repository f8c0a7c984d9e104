"""The embedded describer: what tracks and scene look like, measured from pixels, without any model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.color import Floats, Illumination, color_shares, illumination, lightness_of
from seewhy.perceive.coloring import ColorLook, color_attributes
from seewhy.perceive.scene import SceneWatcher, sampled
from seewhy.perceive.shape import median_scores, shape_scores, silhouette
from seewhy.perceive.texture import surface, texture_scores
from seewhy.types.masks import Mask, Rle, area, decode
from seewhy.types.twin import Attribute, AttributeKind
from seewhy.types.video import Frame, Image

SOURCE = "embedded.describer@2"

MOST_LOOKS = 16
"""at one track: when there have been more, every other one is forgotten, and the next ones come half as often"""
FIRST_STRIDE = 2
"""Every other sighting is a look at first: 3 a second at 6 sampled frames a second."""
SIDE = 80
"""pixels: larger things are shrunk to about this side (of a square of the same area) before anything is measured"""
MARGIN = 2
"""pixels around a thing's box that are cut out with it"""
BORDER = 2
"""pixels: a mask that comes this near to the frame's border is taken to be cut off"""
COLOR_PIXELS = 1200
"""of a thing that are named, at most"""
COLOR_RIM = 0.18
"""of the radius is left out along the outline: mixed pixels, and where a mask is most often wrong"""
SAID_FROM = 0.12
"""a value with a lower score is left unsaid"""
MOST_VALUES = 3
"""of one kind, of one track"""

SMALL, LARGE = 0.11, 0.20
"""Reach from the center, in frame heights, that borders small with medium and medium with large."""
SIZE_SOFTNESS = 0.06
"""of these borders, in natural logarithms"""


class _Look(NamedTuple):
    """One look at one track."""

    t: float
    color: ColorLook
    reach: float
    """frame heights from its center to its farthest part"""
    whole: bool
    """the frame does not cut it off"""
    shape: dict[str, float] | None
    texture: dict[str, float] | None


@dataclass
class _Watched:
    """A track as far as it was seen."""

    first: float
    last: float
    sightings: int = 0
    stride: int = FIRST_STRIDE
    looks: list[_Look] = field(default_factory=list)

    def add(self, look: _Look) -> None:
        self.looks.append(look)
        if len(self.looks) > MOST_LOOKS:
            self.looks = self.looks[::2]
            self.stride *= 2


class EmbeddedDescriber:
    """Colors, shape, texture and size of tracks; palette, light and setting of the scene. One for each video."""

    source = SOURCE

    def __init__(self) -> None:
        self._scene = SceneWatcher(SOURCE)
        self._tracks: dict[int, _Watched] = {}
        self._times: list[float] = []

    def see(self, frame: Frame, masks: Mapping[int, Rle]) -> None:
        """See `Describer.see`."""
        pixels = sampled(frame.image)
        light = illumination(pixels.reshape(-1, 3))
        self._scene.see(pixels, light)
        self._times.append(frame.t)
        for track, mask in masks.items():
            watched = self._tracks.setdefault(track, _Watched(frame.t, frame.t))
            watched.last = frame.t
            if watched.sightings % watched.stride == 0 and area(mask):
                watched.add(_look(frame, decode(mask), light))
            watched.sightings += 1

    def track_attributes(self, track: int) -> list[Attribute]:
        """See `Describer.track_attributes`. A track that was never shown has none."""
        watched = self._tracks.get(track)
        if watched is None or not watched.looks:
            return []
        looks = watched.looks
        step = float(np.median(np.diff(self._times))) if len(self._times) > 1 else 0.0
        said = color_attributes([look.color for look in looks], watched.first, watched.last + step, SOURCE)
        kinds: tuple[tuple[AttributeKind, dict[str, float]], ...] = (
            ("shape", median_scores([look.shape for look in looks if look.shape is not None])),
            ("texture", median_scores([look.texture for look in looks if look.texture is not None])),
            ("size", size_scores([look.reach for look in looks if look.whole] or [look.reach for look in looks])),
        )
        for kind, scores in kinds:
            best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
            said += [
                Attribute(kind=kind, value=value, score=round(score, 3), source=SOURCE)
                for value, score in best
                if score >= SAID_FROM
            ]
        return said

    def scene_attributes(self) -> list[Attribute]:
        """See `Describer.scene_attributes`."""
        return self._scene.attributes()


def size_scores(reaches: list[float]) -> dict[str, float]:
    """small, medium and large, from how far a thing reaches from its center, in frame heights; the median decides.

    >>> max(size_scores([0.08, 0.09, 0.3]).items(), key=lambda item: item[1])[0]
    'small'
    """
    reach = max(float(np.median(reaches)), 1e-6)
    over_small, over_large = (
        1 / (1 + math.exp(min(max(-math.log(reach / border) / SIZE_SOFTNESS, -30.0), 30.0)))
        for border in (SMALL, LARGE)
    )
    return {"small": 0.95 * (1 - over_small), "medium": 0.95 * (over_small - over_large), "large": 0.95 * over_large}


def _look(frame: Frame, mask: Mask, light: Illumination) -> _Look:
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    whole = top >= BORDER and left >= BORDER and bottom <= height - BORDER and right <= width - BORDER
    box = slice(max(top - MARGIN, 0), bottom + MARGIN), slice(max(left - MARGIN, 0), right + MARGIN)
    image, part, shrunk = _shrunk(frame.image[box], mask[box])
    outline = silhouette(part)
    reach = outline.reach if outline else math.sqrt(part.sum() / math.pi)
    seen = surface(image, part)
    return _Look(
        t=frame.t,
        color=_colors(frame.t, image, part, light),
        reach=reach / shrunk / height,
        whole=whole,
        shape=shape_scores(outline) if outline and whole else None,
        texture=texture_scores(seen) if seen else None,
    )


def _shrunk(image: Image, mask: Mask) -> tuple[Image, Mask, float]:
    """Picture and mask of a thing at a size that is quick to measure, and by how much they were shrunk."""
    import cv2

    scale = min(1.0, SIDE / math.sqrt(max(int(mask.sum()), 1)))
    if scale == 1:
        return image, mask, scale
    size = max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale))
    picture = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    covered = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA) > 127
    return np.asarray(picture, np.uint8), np.asarray(covered), scale


def _colors(t: float, image: Image, mask: Mask, light: Illumination) -> ColorLook:
    """The colors of the inner part of a thing, each pixel averaged with its neighbors against noise."""
    import cv2

    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
    rim = min(max(1.5, COLOR_RIM * math.sqrt(mask.sum() / math.pi)), 0.6 * float(depth.max()))
    pixels: NDArray[np.uint8] = np.asarray(cv2.blur(image, (3, 3)), np.uint8)[depth > rim]
    pixels = pixels[:: max(1, len(pixels) // COLOR_PIXELS)]
    lightness = float(lightness_of(pixels).mean()) / 100
    # A thing that comes by a lamp shows its colors there, not in the dark.
    weight = 1 - light.darkness + light.darkness * lightness**2
    shares: Floats = color_shares(pixels, light)
    return ColorLook(t, shares, weight, light.darkness)
