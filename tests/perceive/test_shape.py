"""Shapes of silhouettes, clean and as a segmenter gives them."""

from __future__ import annotations

import math
from typing import get_args

import cv2
import numpy as np
import pytest

from seewhy.bench.synthetic.objects import Shape
from seewhy.bench.synthetic.surfaces import distance
from seewhy.perceive.shape import median_scores, shape_scores, silhouette
from seewhy.types.masks import Mask

SHAPES = get_args(Shape)


def _drawn(shape: Shape, radius: float, degrees: float = 0.0) -> Mask:
    half = math.ceil(radius) + 4
    v, u = (np.mgrid[-half : half + 1, -half : half + 1] / radius).astype(np.float32)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.asarray(distance(shape, u * cosine + v * sine, v * cosine - u * sine) < 0)


def _scores(mask: Mask) -> dict[str, float]:
    seen = silhouette(mask)
    assert seen is not None
    return shape_scores(seen)


def _best(mask: Mask) -> tuple[str, float]:
    return max(_scores(mask).items(), key=lambda item: item[1])


@pytest.mark.parametrize("degrees", [0, 13, 40])
@pytest.mark.parametrize("radius", [22, 40, 90])
@pytest.mark.parametrize("shape", SHAPES)
def test_knows_ideal_shapes_at_any_size_and_turn(shape: Shape, radius: float, degrees: float) -> None:
    name, score = _best(_drawn(shape, radius, degrees))
    assert name == shape
    assert score > (0.7 if radius >= 40 else 0.5)


@pytest.mark.parametrize("change", [cv2.MORPH_ERODE, cv2.MORPH_DILATE], ids=["eroded", "dilated"])
@pytest.mark.parametrize("shape", SHAPES)
def test_stands_a_border_that_is_two_pixels_off(shape: Shape, change: int) -> None:
    mask = cv2.morphologyEx(np.pad(_drawn(shape, 34), 4).astype(np.uint8), change, np.ones((5, 5), np.uint8)) > 0
    assert _best(mask)[0] == shape


@pytest.mark.parametrize("shape", SHAPES)
def test_stands_holes(shape: Shape) -> None:
    mask = _drawn(shape, 40).astype(np.uint8)
    for x, y in ((44, 40), (38, 52), (50, 48)):
        cv2.circle(mask, (x, y), 5, 0, -1)
    assert _best(mask > 0)[0] == shape


def test_tells_an_oval_from_a_rectangle() -> None:
    canvas = np.zeros((2, 120, 200), np.uint8)
    cv2.ellipse(canvas[0], (100, 60), (80, 40), 20, 0, 360, 1, -1)
    cv2.rectangle(canvas[1], (20, 30), (180, 90), 1, -1)
    oval, rectangle = (_scores(mask > 0) for mask in canvas)
    assert oval["oval"] > 0.7
    assert rectangle["rectangular"] > 0.7
    assert oval["rectangular"] + rectangle["oval"] < 0.1
    assert rectangle["wide"] > 0.9
    assert rectangle["tall"] == 0


def test_a_standing_figure_is_tall_and_fits_no_ideal() -> None:
    figure = np.zeros((140, 80), np.uint8)
    cv2.circle(figure, (40, 20), 12, 1, -1)
    cv2.rectangle(figure, (30, 30), (50, 90), 1, -1)
    for leg in ((18, 135), (62, 135)):
        cv2.line(figure, (40, 85), leg, 1, 9)
    scores = _scores(figure > 0)
    assert scores["tall"] > 0.9
    assert scores["irregular"] > 0.7
    assert max(scores[shape] for shape in SHAPES) < 0.25


def test_what_is_too_small_has_no_shape() -> None:
    assert silhouette(_drawn("round", 6)) is None
    assert silhouette(np.zeros((20, 20), bool)) is None


def test_reach_is_the_radius_of_the_circle_around_it() -> None:
    for shape in SHAPES:
        seen = silhouette(_drawn(shape, 50))
        assert seen is not None
        assert seen.reach == pytest.approx(50, rel=0.12)


def test_the_median_of_looks_is_not_moved_by_one_bad_look() -> None:
    looks = [{"round": 0.9}, {"round": 0.8, "oval": 0.1}, {"irregular": 0.8}]
    assert next(iter(median_scores(looks).items())) == ("round", 0.8)
    assert median_scores([]) == {}
