"""Shapes, textures and backgrounds: pure functions from coordinates and seeds to pixels."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.bench.synthetic.objects import HEIGHT, WIDTH, Background, Color, Shape, Texture

Floats = NDArray[np.float32]

RGB: dict[Color, tuple[int, int, int]] = {
    "red": (205, 32, 38), "orange": (242, 130, 20), "yellow": (242, 212, 38), "green": (36, 150, 58),
    "blue": (38, 78, 205), "purple": (126, 48, 160), "pink": (242, 132, 178), "brown": (118, 70, 34),
    "black": (22, 22, 25), "white": (240, 240, 236), "gray": (130, 130, 132),
}  # fmt: skip

SECOND_RGB: dict[Color, tuple[int, int, int]] = {
    "red": (128, 16, 22), "orange": (255, 188, 112), "yellow": (252, 240, 160), "green": (18, 92, 34),
    "blue": (108, 146, 240), "purple": (184, 120, 208), "pink": (252, 190, 216), "brown": (170, 116, 72),
    "black": (88, 88, 92), "white": (170, 170, 174), "gray": (78, 78, 82),
}  # fmt: skip
"""The pattern's other shade: as far from the first as still goes by the same name."""

MARGIN = 0.3
"""How far a background goes on beyond each side of the resting picture, as a fraction of it."""


def _regular(corners: int, turn: float, dents: float = 1.0) -> Floats:
    """Corners (n, 2) of a regular polygon in the unit circle; with `dents` < 1 every other one lies that far in."""
    angles = turn + 2 * math.pi * np.arange(corners) / corners
    radii = np.where(np.arange(corners) % 2 == 0, 1.0, dents)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1).astype(np.float32)


_ARM = 0.36
"""half the width of a cross's arm"""
_REACH = math.sqrt(1 - _ARM * _ARM)

_CORNERS: dict[Shape, Floats] = {
    "square": _regular(4, math.pi / 4),
    "triangular": _regular(3, -math.pi / 2),
    "star-shaped": _regular(10, -math.pi / 2, 0.42),
    "hexagonal": _regular(6, 0.0),
    "cross-shaped": np.array(
        [(_REACH, -_ARM), (_REACH, _ARM), (_ARM, _ARM), (_ARM, _REACH), (-_ARM, _REACH), (-_ARM, _ARM),
         (-_REACH, _ARM), (-_REACH, -_ARM), (-_ARM, -_ARM), (-_ARM, -_REACH), (_ARM, -_REACH), (_ARM, -_ARM)],
        np.float32,
    ),
}  # fmt: skip


def distance(shape: Shape, u: Floats, v: Floats) -> Floats:
    """Signed distance to the outline of a shape in the unit circle, negative inside; v grows downwards."""
    if shape == "round":
        return np.asarray(np.hypot(u, v) - 1, np.float32)
    corners = _CORNERS[shape]
    nearest = np.full(u.shape, np.inf, np.float32)
    inside = np.zeros(u.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((u - x0) * dx + (v - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        nearest = np.minimum(nearest, (u - x0 - along * dx) ** 2 + (v - y0 - along * dy) ** 2)
        if dy != 0:  # even-odd rule: count the edges that a ray to the right crosses
            inside ^= ((y0 > v) != (y1 > v)) & (u < x0 + (v - y0) * dx / dy)
    return np.where(inside, -np.sqrt(nearest), np.sqrt(nearest)).astype(np.float32)


def _soft(wave: Floats) -> Floats:
    """A square wave with soft edges out of a sine, 0..1."""
    return np.asarray(np.clip(0.5 + 3 * wave, 0, 1), np.float32)


def pattern(texture: Texture, u: Floats, v: Floats) -> Floats:
    """How much of the second shade shows at a point of the unit circle, 0..1."""
    if texture == "striped":
        return _soft(np.sin(u * (2 * math.pi / 0.56)) - 0.15)
    if texture == "checkered":
        return _soft(np.sin(u * (math.pi / 0.36) + 0.8) * np.sin(v * (math.pi / 0.36) + 0.8))
    if texture == "dotted":
        return _soft(4 * (0.14 - np.hypot((u + 0.25) % 0.5 - 0.25, (v + 0.25) % 0.5 - 0.25)))
    return np.zeros_like(u)


def smooth_noise(rng: np.random.Generator, height: int, width: int, cells: tuple[float, float]) -> Floats:
    """Noise of mean 0 and deviation about 1 whose features are `cells` = (rows, columns) pixels large."""
    grid = rng.standard_normal((max(2, round(height / cells[0])), max(2, round(width / cells[1]))), np.float32)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def background(kind: Background, rng: np.random.Generator) -> Floats:
    """A wall, lawn, ... (H, W, 3), 0..255, that goes on beyond the resting picture by MARGIN on every side.

    Muted on purpose: the colors that have names belong to the objects.
    """
    height, width = round(HEIGHT * (1 + 2 * MARGIN)), round(WIDTH * (1 + 2 * MARGIN))
    color, shade = _PAINTERS[kind](rng, height, width)
    blotches = 4 * smooth_noise(rng, height, width, (70, 90)) + 3 * smooth_noise(rng, height, width, (18, 22))
    return np.clip(color + (shade + blotches)[..., None], 0, 255).astype(np.float32)


def _grass(rng: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    blades = 13 * smooth_noise(rng, height, width, (7, 1.6)) + 5 * smooth_noise(rng, height, width, (2, 2))
    return _flat((112, 122, 92)), blades


def _bricks(rng: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.int64)
    course = rows // 20
    shifted = columns + 22 * (course % 2)
    mortar = (rows % 20 < 3) | (shifted % 44 < 3)
    tone = rng.uniform(-16, 16, (course.max() + 1, shifted.max() // 44 + 1))[course, shifted // 44]
    color = np.where(mortar[..., None], _flat((172, 168, 160)), _flat((142, 116, 104)))
    return color.astype(np.float32), (tone * ~mortar + 4 * smooth_noise(rng, height, width, (2, 2))).astype(np.float32)


def _sand(rng: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    rows = np.mgrid[0:height, 0:width][0].astype(np.float32)
    ripples = 7 * np.sin(rows / 5 + 2 * smooth_noise(rng, height, width, (40, 60)))
    return _flat((188, 174, 148)), ripples + 6 * smooth_noise(rng, height, width, (1.5, 1.5))


def _asphalt(rng: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    speckles = 11 * smooth_noise(rng, height, width, (1.5, 1.5)) + 6 * smooth_noise(rng, height, width, (4, 4))
    return _flat((96, 98, 102)), speckles


def _planks(rng: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    columns = np.mgrid[0:height, 0:width][1]
    board = columns // 36
    tone = rng.uniform(-12, 12, board.max() + 1)[board] - 45.0 * (columns % 36 < 2)
    grain = 6 * smooth_noise(rng, height, width, (30, 1.5))
    return _flat((156, 140, 120)), (tone + grain).astype(np.float32)


def _sky(rng: np.random.Generator, height: int, width: int) -> tuple[Floats, Floats]:
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    color = _flat((146, 166, 186)) * (1 - down) + _flat((204, 206, 202)) * down
    clouds = 9 * smooth_noise(rng, height, width, (26, 60)) + 4 * smooth_noise(rng, height, width, (3, 3))
    return np.broadcast_to(color, (height, width, 3)), clouds


def _flat(rgb: tuple[int, int, int]) -> Floats:
    return np.array(rgb, np.float32)


_PAINTERS: dict[Background, Callable[[np.random.Generator, int, int], tuple[Floats, Floats]]] = {
    "grass": _grass, "bricks": _bricks, "sand": _sand, "asphalt": _asphalt, "planks": _planks, "sky": _sky,
}  # fmt: skip
"""Each gives the color (broadcastable to (H, W, 3)) and the lightness added to it (H, W)."""
