"""What a synthetic clip is made of: objects on paths, a camera, a background and a light.

Everything here is a plain description; `paint.py` draws it and `truth.py` reads the truth off it.
Positions are fractions of the world as the resting camera sees it: (0, 0) is the top left corner of the
picture, (1, 1) the bottom right; outside of that an object is out of the picture. Lengths are fractions
of the picture's height. Between waypoints everything changes linearly, before the first and after the
last it rests.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

WIDTH, HEIGHT = 432, 240
"""pixels"""
RATE = Fraction(24)
"""frames per second"""

Shape = Literal["round", "square", "triangular", "star-shaped", "hexagonal", "cross-shaped"]
Texture = Literal["plain", "striped", "dotted", "checkered"]
Color = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "gray"]
Background = Literal["grass", "bricks", "sand", "asphalt", "planks", "sky"]

SMALL, LARGE = 0.10, 0.21
"""Radii, as fractions of the picture's height: at most the first is small, at least the second large."""


def _interpolate(points: Sequence[tuple[float, ...]], t: float) -> tuple[float, ...]:
    """Values at `t` of points (time, value, ...), linear between them and constant outside."""
    if t <= points[0][0]:
        return points[0][1:]
    for (t0, *before), (t1, *after) in itertools.pairwise(points):
        if t < t1:
            f = (t - t0) / (t1 - t0)
            return tuple(a + f * (b - a) for a, b in zip(before, after, strict=True))
    return points[-1][1:]


@dataclass(frozen=True)
class SyntheticObject:
    """One textured thing on a path. A shape's circumscribed circle has the radius."""

    color: Color
    shape: Shape
    path: tuple[tuple[float, float, float], ...]
    """waypoints (seconds, x, y) of its center, in order of time"""
    texture: Texture = "plain"
    radius: float = 0.15
    scales: tuple[tuple[float, float], ...] = ((0.0, 1.0),)
    """(seconds, factor) that the radius is multiplied with"""
    repaint: tuple[float, float, Color] | None = None
    """(start, end, color): turns into another color between two times"""
    spin: float = 0.0
    """degrees per second, clockwise"""
    tilt: float = 0.0
    """degrees at time 0, clockwise"""

    def position(self, t: float) -> tuple[float, float]:
        x, y = _interpolate(self.path, t)
        return x, y

    def radius_at(self, t: float) -> float:
        return self.radius * _interpolate(self.scales, t)[0]

    def angle(self, t: float) -> float:
        """radians, clockwise"""
        return math.radians(self.tilt + self.spin * t)

    def color_at(self, t: float) -> Color:
        """Its color's name; while it turns, the nearer one."""
        return self.color if self.repaint is None or self.repainted(t) < 0.5 else self.repaint[2]

    def repainted(self, t: float) -> float:
        """How far it has turned into its second color, 0..1."""
        if self.repaint is None:
            return 0.0
        start, end, _ = self.repaint
        return min(max((t - start) / (end - start), 0.0), 1.0)

    @property
    def size(self) -> Literal["small", "medium", "large"]:
        if self.radius <= SMALL:
            return "small"
        return "large" if self.radius >= LARGE else "medium"

    @property
    def attributes(self) -> dict[str, str]:
        """How it looks at first."""
        return {"color": self.color, "shape": self.shape, "texture": self.texture, "size": self.size}

    @property
    def name(self) -> str:
        return f"{self.size} {self.color} {self.texture} {self.shape} thing"


@dataclass(frozen=True)
class SyntheticCamera:
    """How the world is looked at."""

    path: tuple[tuple[float, float, float, float], ...] = ((0.0, 0.5, 0.5, 1.0),)
    """waypoints (seconds, x, y, zoom): the world point in the middle of the picture and its magnification"""
    shake: float = 0.0
    """pixels by which a hand trembles, root mean square"""
    motion: str = "static"
    """what it does, in words: static, pan left, pan right, zoom in, handheld"""

    def at(self, t: float) -> tuple[float, float, float]:
        x, y, zoom = _interpolate(self.path, t)
        return x, y, zoom


@dataclass(frozen=True)
class SyntheticClip:
    """A short clip, fully described. Objects are listed from the back to the front; their ids count from 1."""

    name: str
    """``family_variant``: the clips of a family differ in one detail"""
    objects: tuple[SyntheticObject, ...]
    background: Background
    duration: float = 4.0
    """seconds; a whole number of frames"""
    camera: SyntheticCamera = SyntheticCamera()
    light: Literal["day", "night"] = "day"

    @property
    def family(self) -> str:
        return self.name.partition("_")[0]

    @property
    def frame_count(self) -> int:
        return round(self.duration * RATE)

    @property
    def seed(self) -> int:
        """Of everything random in it. Clips of a family share it, so that noise does not tell them apart."""
        return int.from_bytes(hashlib.blake2b(self.family.encode(), digest_size=8).digest())

    def on_screen(self, index: int, t: float) -> tuple[float, float, float]:
        """x, y (fractions of the picture) and radius (fraction of its height) of object `index` at `t`,
        as a camera without tremor sees it."""
        thing = self.objects[index]
        (x, y), (cx, cy, zoom) = thing.position(t), self.camera.at(t)
        return (x - cx) * zoom + 0.5, (y - cy) * zoom + 0.5, thing.radius_at(t) * zoom
