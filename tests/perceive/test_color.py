"""Color names: focal colors, shading, noise, and the light of the scene."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.bench.synthetic.surfaces import RGB, SECOND_RGB
from seewhy.perceive.color import COLOR_NAMES, DAYLIGHT, color_shares, illumination, lch_of, name_colors

FOCAL = {
    "black": ["#000000", "#101014", "#1c1a18"], "white": ["#ffffff", "#f2f0ea"], "gray": ["#808080", "#606468"],
    "red": ["#ff0000", "#c8102e", "#8b0000", "#b22222"], "orange": ["#ff8c00", "#ff7518"],
    "yellow": ["#ffff00", "#ffd700", "#f4e04d"], "green": ["#008000", "#00ff00", "#2e8b57", "#556b2f"],
    "blue": ["#0000ff", "#000080", "#4169e1", "#87ceeb"], "purple": ["#800080", "#6a0dad", "#9370db"],
    "pink": ["#ffc0cb", "#ff69b4", "#ff1493"], "brown": ["#8b4513", "#5c4033", "#a0522d"],
}  # fmt: skip


def _pixels(rgb: tuple[int, int, int], count: int = 1) -> np.ndarray:
    return np.tile(np.array(rgb, np.uint8), (count, 1))


@pytest.mark.parametrize(("name", "code"), [(name, code) for name, codes in FOCAL.items() for code in codes])
def test_focal_colors_have_their_names(name: str, code: str) -> None:
    rgb = tuple(bytes.fromhex(code[1:]))
    named = name_colors(_pixels(rgb))  # type: ignore[arg-type]
    assert next(iter(named)) == name
    assert named[name] > 0.5


@pytest.mark.parametrize("name", sorted(RGB))
def test_names_stand_shading_and_noise(name: str) -> None:
    random = np.random.default_rng(1)
    shaded = np.array(RGB[name]) * random.uniform(0.8, 1.08, (4000, 1))  # type: ignore[index]
    noisy = np.clip(shaded + random.normal(0, 3, shaded.shape), 0, 255).astype(np.uint8)
    named = name_colors(noisy)
    assert next(iter(named)) == name
    assert named[name] > 0.8


@pytest.mark.parametrize("name", sorted(set(SECOND_RGB) - {"black", "white"}))
def test_another_shade_goes_by_the_same_name(name: str) -> None:
    assert next(iter(name_colors(_pixels(SECOND_RGB[name])))) == name  # type: ignore[index]


def test_shares_are_of_pixels_and_largest_first() -> None:
    named = name_colors(np.concatenate([_pixels((205, 32, 38), 30), _pixels((250, 250, 250), 70)]))
    assert list(named) == ["white", "red"]
    assert named == pytest.approx({"white": 0.7, "red": 0.3}, abs=1e-3)


def test_shares_of_any_pixels_sum_to_one() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (500, 3)).astype(np.uint8)
    shares = color_shares(pixels)
    assert shares.shape == (len(COLOR_NAMES),)
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    assert (shares >= 0).all()


def test_no_pixels_have_no_color() -> None:
    assert name_colors(np.zeros((0, 3), np.uint8)) == {}


def test_lightness_chroma_and_hue_are_those_of_cie() -> None:
    """sRGB red is L* 53.2, C* 104.6, h 40.0 (D65)."""
    np.testing.assert_allclose(lch_of(_pixels((255, 0, 0)))[0], (53.2, 104.6, 40.0), atol=1.5)


def test_a_well_lit_picture_is_left_alone() -> None:
    day = np.concatenate([_pixels((112, 122, 92), 900), _pixels((22, 22, 25), 100)])
    assert illumination(day) == DAYLIGHT


def test_at_night_chroma_decides_before_black() -> None:
    night = np.concatenate([_pixels((24, 28, 30), 950), _pixels((90, 86, 82), 50)])
    light = illumination(night)
    assert light.darkness == 1
    assert light.gain > 2
    red_in_the_dark = _pixels((44, 9, 11))
    assert next(iter(name_colors(red_in_the_dark, light))) == "red"
    assert next(iter(name_colors(_pixels((86, 84, 80)), light))) == "white"
    assert next(iter(name_colors(_pixels((5, 5, 8)), light))) == "black"
