"""Textures of surfaces, under noise and shading."""

from __future__ import annotations

import math
from typing import get_args

import cv2
import numpy as np
import pytest

from seewhy.bench.synthetic.objects import Color, Texture
from seewhy.bench.synthetic.surfaces import RGB, SECOND_RGB, pattern
from seewhy.perceive.texture import surface, texture_scores
from seewhy.types.masks import Mask
from seewhy.types.video import Image

BACKGROUND = 112


def _drawn(texture: Texture, color: Color = "blue", radius: int = 36, degrees: float = 0.0) -> tuple[Image, Mask]:
    """A patterned disc on gray, shaded and noisy."""
    random = np.random.default_rng(3)
    v, u = (np.mgrid[-radius - 6 : radius + 7, -radius - 6 : radius + 7] / radius).astype(np.float32)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    second = pattern(texture, u * cosine + v * sine, v * cosine - u * sine)[..., None]
    painted = (np.array(RGB[color]) * (1 - second) + np.array(SECOND_RGB[color]) * second) * (1 - 0.06 * (u + v))[
        ..., None
    ]
    mask = np.hypot(u, v) < 1
    picture = np.where(mask[..., None], painted, BACKGROUND) + random.normal(0, 3, (*mask.shape, 3))
    return np.clip(picture, 0, 255).astype(np.uint8), mask


def _best(image: Image, mask: Mask) -> tuple[str, float]:
    seen = surface(image, mask)
    assert seen is not None
    return max(texture_scores(seen).items(), key=lambda item: item[1])


@pytest.mark.parametrize("degrees", [0, 25])
@pytest.mark.parametrize("color", ["red", "yellow", "black", "white", "gray"])
@pytest.mark.parametrize("texture", get_args(Texture))
def test_knows_patterns_in_many_colors(texture: Texture, color: Color, degrees: float) -> None:
    name, score = _best(*_drawn(texture, color, degrees=degrees))
    assert name == texture
    assert score > 0.5


@pytest.mark.parametrize("color", ["red", "white", "green"])
def test_plain_stays_plain_under_a_mask_that_is_too_large(color: Color) -> None:
    image, mask = _drawn("plain", color)
    name, score = _best(image, cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    assert name == "plain"
    assert score > 0.5


def test_a_shadow_is_no_pattern() -> None:
    image, mask = _drawn("plain", "green")
    shaded = image * np.linspace(1.1, 0.6, image.shape[1])[None, :, None]
    assert _best(np.clip(shaded, 0, 255).astype(np.uint8), mask)[0] == "plain"


def test_a_single_border_makes_no_stripes_and_no_dots() -> None:
    image, mask = _drawn("plain", "white", radius=40)
    image[: image.shape[0] // 2] = (40, 60, 160)
    seen = surface(image, mask)
    assert seen is not None
    scores = texture_scores(seen)
    assert max(scores[name] for name in ("striped", "dotted", "checkered", "plain")) < 0.25
    assert scores["textured"] > 0.5


def test_scores_exclude_each_other() -> None:
    for texture in get_args(Texture):
        seen = surface(*_drawn(texture))
        assert seen is not None
        assert sum(texture_scores(seen).values()) <= 1


def test_what_is_too_small_has_no_texture() -> None:
    image, mask = _drawn("striped", radius=8)
    assert surface(image, mask) is None
