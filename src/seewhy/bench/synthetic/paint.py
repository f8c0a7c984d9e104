"""Draws synthetic clips: pixels as a camera would give them, and the exact masks that go with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np

from seewhy.bench.synthetic.objects import HEIGHT, RATE, WIDTH, Color, SyntheticClip, SyntheticObject
from seewhy.bench.synthetic.surfaces import (
    MARGIN,
    RGB,
    SECOND_RGB,
    Floats,
    background,
    distance,
    pattern,
    smooth_noise,
)
from seewhy.types.masks import Mask
from seewhy.types.video import Image

SENSOR_NOISE = {"day": 3.0, "night": 5.0}
"""Deviation in steps of 8 bits, as of a small camera; dark pictures are noisier."""
FLICKER = 0.015
"""Relative deviation of the brightness from frame to frame, as of cheap lamps and automatic exposure."""
NIGHT = (0.20, 0.23, 0.30)
"""What is left of red, green and blue at night."""
LAMP = (0.72, 0.66, 0.56)
"""What a street lamp adds in the middle of its light."""
SHADING = 0.10
"""Relative brightness lost from an object's lit upper left to its lower right."""
GRAIN = 0.07
"""Relative deviation of an object's own surface."""
_TILE = 64
"""pixels: side of the square that an object's grain is looked up in"""


class Painted(NamedTuple):
    """One frame and its truth."""

    image: Image
    masks: dict[int, Mask]
    """object id → the pixels in which it is seen, occlusion taken into account; without those not seen at all"""


def paint(clip: SyntheticClip) -> Iterator[Painted]:
    """The frames of a clip in order of time. The same clip gives the same pixels."""
    rng = np.random.default_rng(clip.seed)
    ground = background(clip.background, rng)
    grains = [1 + GRAIN * smooth_noise(rng, _TILE, _TILE, (3, 3)) for _ in clip.objects]
    tremor = _tremor(rng, clip.frame_count, clip.camera.shake)
    gains = 1 + FLICKER * rng.standard_normal(clip.frame_count).astype(np.float32)
    noise = SENSOR_NOISE[clip.light] * rng.standard_normal((HEIGHT * 2, WIDTH * 2, 3), np.float32)
    light = _light(clip)
    view: tuple[float, ...] | None = None
    for index in range(clip.frame_count):
        t = float(index / RATE)
        if view != (*clip.camera.at(t), *tremor[index]):  # a resting camera sees the same ground again
            view = (*clip.camera.at(t), *tremor[index])
            seen_ground = _seen_ground(clip, ground, t, tremor[index])
        canvas = seen_ground.copy()
        outlines: dict[int, Mask] = {}
        for position, thing in enumerate(clip.objects):
            x, y, radius = clip.on_screen(position, t)
            center = (x * WIDTH + tremor[index][0], y * HEIGHT + tremor[index][1])
            outline = _draw(canvas, thing, t, center, radius * HEIGHT, grains[position])
            outlines = {other: mask & ~outline for other, mask in outlines.items()}
            outlines[position + 1] = outline
        # One field of noise, entered somewhere else each time: 20 times as fast as fresh numbers.
        row, column = rng.integers(0, HEIGHT), rng.integers(0, WIDTH)
        canvas *= light * gains[index]
        canvas += noise[row : row + HEIGHT, column : column + WIDTH]
        image = np.clip(canvas, 0, 255).astype(np.uint8)
        yield Painted(image, {number: mask for number, mask in outlines.items() if mask.any()})


def _tremor(rng: np.random.Generator, frames: int, amplitude: float) -> Floats:
    """(frames, 2) offsets in pixels: a hand's slow sway and quick tremble, `amplitude` root mean square."""
    if amplitude == 0:
        return np.zeros((frames, 2), np.float32)
    sway, tremble = (smooth_noise(rng, frames, 2, (period, 1)) for period in (9, 3))
    path = sway + 0.4 * tremble
    return np.asarray(path * (amplitude / np.sqrt((path**2).mean())), np.float32)


def _light(clip: SyntheticClip) -> Floats:
    """What every pixel is multiplied with, broadcastable to (H, W, 3)."""
    if clip.light == "day":
        return np.ones((1, 1, 3), np.float32)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    pool = np.exp(-(x * x / 0.16 + y * y / 0.5))
    return np.asarray(np.array(NIGHT) + pool[..., None] * np.array(LAMP), np.float32)


def _seen_ground(clip: SyntheticClip, ground: Floats, t: float, offset: Floats) -> Floats:
    """The part of the background that the camera sees, (HEIGHT, WIDTH, 3)."""
    cx, cy, zoom = clip.camera.at(t)
    left = (cx + MARGIN) * WIDTH - WIDTH / 2 / zoom - offset[0] / zoom
    top = (cy + MARGIN) * HEIGHT - HEIGHT / 2 / zoom - offset[1] / zoom
    world_of_picture = np.array([[1 / zoom, 0, left], [0, 1 / zoom, top]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(ground, world_of_picture, (WIDTH, HEIGHT), flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(seen, np.float32)


def _draw(
    canvas: Floats, thing: SyntheticObject, t: float, center: tuple[float, float], radius: float, grain: Floats
) -> Mask:
    """Draw one object onto the canvas, edges antialiased by coverage; returns its outline (H, W)."""
    outline = np.zeros(canvas.shape[:2], bool)
    (x, y), reach = center, radius + 1
    x0, x1 = max(0, math.floor(x - reach)), min(canvas.shape[1], math.ceil(x + reach) + 1)
    y0, y1 = max(0, math.floor(y - reach)), min(canvas.shape[0], math.ceil(y + reach) + 1)
    if x0 >= x1 or y0 >= y1:
        return outline
    rows, columns = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    dx, dy = (columns - x) / radius, (rows - y) / radius
    cosine, sine = math.cos(thing.angle(t)), math.sin(thing.angle(t))
    u, v = dx * cosine + dy * sine, dy * cosine - dx * sine
    covered = np.clip(0.5 - distance(thing.shape, u, v) * radius, 0, 1)
    outline[y0:y1, x0:x1] = covered >= 0.5

    second = pattern(thing.texture, u, v)[..., None]
    surface = _mixed(thing, t, RGB) * (1 - second) + _mixed(thing, t, SECOND_RGB) * second
    texel = np.clip((np.stack([v, u]) + 1) * (_TILE / 2), 0, _TILE - 1).astype(np.intp)
    brightness = grain[texel[0], texel[1]] * (1 - SHADING * (dx + dy) / 2)
    surface = surface * brightness[..., None]
    part = canvas[y0:y1, x0:x1]
    part += covered[..., None] * (surface - part)
    return outline


def _mixed(thing: SyntheticObject, t: float, table: dict[Color, tuple[int, int, int]]) -> Floats:
    first = np.array(table[thing.color], np.float32)
    if thing.repaint is None:
        return first
    last = np.array(table[thing.repaint[2]], np.float32)
    return np.asarray(first + np.float32(thing.repainted(t)) * (last - first))
