"""Faces and people drawn with a few shapes: enough for detectors that look at edges and at light and dark."""

from __future__ import annotations

import cv2
import numpy as np

from seewhy.types.video import Image

RgbColor = tuple[int, int, int]


def backdrop(height: int = 480, width: int = 640, seed: int = 0) -> Image:
    """Soft patches of light, nothing with an edge."""
    patches = np.random.default_rng(seed).integers(120, 200, (height // 40, width // 40, 3), np.uint8)
    return np.asarray(cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def draw_face(image: Image, x: int, y: int, radius: int) -> None:
    """A face from the front, centered at (x, y)."""

    def oval(dx: float, dy: float, wide: float, high: float, color: RgbColor, start: int = 0, end: int = 360) -> None:
        center = round(x + dx * radius), round(y + dy * radius)
        cv2.ellipse(image, center, (round(wide * radius), round(high * radius)), 0, start, end, color, -1, cv2.LINE_AA)

    oval(0, 0, 0.78, 1, (205, 170, 150))
    oval(0, -0.62, 0.8, 0.5, (60, 45, 35), 180, 360)  # hair
    for side in (-0.32, 0.32):
        oval(side, -0.35, 0.2, 0.04, (70, 50, 40))  # brow
        oval(side, -0.2, 0.22, 0.13, (150, 115, 100))  # socket
        oval(side, -0.18, 0.15, 0.07, (60, 45, 40))  # eye
    oval(0, 0.22, 0.12, 0.04, (140, 105, 95))  # nose
    oval(0, 0.5, 0.28, 0.08, (140, 70, 70))  # mouth


def draw_person(image: Image, x: int, top: int, height: int, color: RgbColor = (50, 50, 70)) -> None:
    """A person who stands upright, from `top` down, in one color."""
    head = height / 8

    def point(dx: float, dy: float) -> tuple[int, int]:
        return round(x + dx * head), round(top + dy * head)

    cv2.ellipse(image, point(0, 0.55), (round(0.42 * head), round(0.55 * head)), 0, 0, 360, color, -1, cv2.LINE_AA)
    half = [(0.25, 1), (0.95, 1.5), (1.15, 3.9), (0.85, 4), (0.7, 2.2), (0.65, 4), (0.6, 8), (0.1, 8), (0, 4.4)]
    outline = half + [(-dx, dy) for dx, dy in reversed(half)]
    cv2.fillPoly(image, [np.array([point(dx, dy) for dx, dy in outline], np.int32)], color, cv2.LINE_AA)


def soft(image: Image) -> Image:
    """As a lens shows it."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0), dtype=np.uint8)
