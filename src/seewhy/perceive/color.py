"""Color names: pixels → shares of the eleven basic color terms (Berlin & Kay, 1969).

Names are borders in CIE LCh (D65): lightness and chroma decide between black, gray, white and the chromatic names,
hue between these, and lightness once more between orange and brown, red and pink. The borders are softened by what a
camera's noise and a surface's shading do to a color, so that a color near a border counts for both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COLOR_NAMES = ("black", "white", "gray", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
"""Order of every array of shares."""

LEVELS = 64
"""Steps of each of red, green and blue in the table of names; with half as many, dark grays would get hues."""
_SHIFT = 2
SOFTENING = 2
"""How often the table is averaged with its neighbors, 1-2-1 along each axis: a deviation of 4 in 8 bits, as of a
compressed video's noise."""

_GRAY_UP_TO = ((75.0, 12.0), (88.0, 9.0))
"""(lightness, chroma): up to this chroma a color is black, gray or white; in the light a tint is soon seen."""
_COLD_GRAY_UP_TO = ((15.0, 20.0), (40.0, 12.0), (75.0, 12.0), (88.0, 9.0))
"""The same for hues that are not warm: what is nearly black mirrors the blue of the sky and the green of a lawn."""
WARM = (15.0, 95.0)
"""hues"""
BLACK_UNDER, WHITE_OVER = 27.0, 77.0
"""Lightness that borders black with gray, and gray with white."""
NIGHT_BLACK = 8.0
"""Under this lightness everything is black, whatever its hue."""

_HUES: tuple[tuple[float, str], ...] = (
    (8, "pink"), (43, "red"), (80, "orange"), (110, "yellow"), (195, "green"), (301, "blue"), (327, "purple"),
    (360, "pink"),
)  # fmt: skip
"""Up to which hue angle in degrees a color of good chroma goes by a name, before lightness has its say."""
PINK_OVER = 58.0
"""A red that is lighter is pink, unless it is as vivid as a signal; a pink that is darker is red or purple."""
VIVID_RED = 75.0
"""chroma"""
BROWN_UNDER = 54.0
"""An orange that is darker is brown, ..."""
_BROWN_UP_TO = ((65.0, 46.0), (80.0, 34.0))
"""... and so is one of less chroma than this: (lightness, chroma) ..."""
BEIGE_OVER, BEIGE_CHROMA = 80.0, 22.0
"""... unless it is so light, and so dull, that it is nearly white."""
_BLUE_UP_TO = ((36.0, 310.0), (50.0, 301.0))
"""(lightness, hue): CIE hues bend between blue and purple, a dark or deep blue has the hue of a light purple."""
OLIVE_UNDER = 58.0
"""A yellow that is darker is brown on the side of orange, green on the side of green."""


class Illumination(NamedTuple):
    """The light a picture was taken in, as far as the naming of colors has to know."""

    gain: float = 1.0
    """what the pixels are multiplied with before they are named; 1 by day"""
    darkness: float = 0.0
    """0 by day, 1 at night"""


DAYLIGHT = Illumination()
DIM, NIGHT = 26.0, 14.0
"""Median lightness of a picture under which a dark picture is taken to be badly lit, and surely so."""
WHITE_LEVEL = 235.0
"""Where the brightest surfaces of a well-lit picture lie, in 8 bits."""
MAX_GAIN = 3.0
"""More would make colors out of noise."""


def illumination(pixels: NDArray[np.uint8]) -> Illumination:
    """The light of a picture, from a sample (N, 3) of its RGB pixels.

    The brightest surfaces in a badly lit picture are taken for white ones; one that is dark in part only is left alone.
    """
    lightness = float(np.median(lightness_of(pixels)))
    darkness = float(np.clip((DIM - lightness) / (DIM - NIGHT), 0, 1))
    if darkness == 0:
        return DAYLIGHT
    level = float(np.percentile(pixels.max(axis=1), 99))
    full = min(max(WHITE_LEVEL / max(level, 1.0), 1.0), MAX_GAIN)
    return Illumination(gain=1 + (full - 1) * darkness, darkness=darkness)


def color_shares(pixels: NDArray[np.uint8], light: Illumination = DAYLIGHT) -> Floats:
    """(11,) shares of COLOR_NAMES among RGB pixels (N, 3); they sum to 1, for no pixels all are 0."""
    if len(pixels) == 0:
        return np.zeros(len(COLOR_NAMES), np.float32)
    shares: Floats = _names()[_cells(_lit(pixels, light))].mean(axis=0)
    return shares


def name_colors(pixels: NDArray[np.uint8], light: Illumination = DAYLIGHT) -> dict[str, float]:
    """Color names → their shares among RGB pixels (N, 3), largest first, without those that no pixel goes by.

    >>> name_colors(np.array([[200, 30, 30]] * 3 + [[250, 250, 250]], np.uint8))
    {'red': 0.75, 'white': 0.25}
    """
    shares = color_shares(pixels, light)
    order = np.argsort(-shares, kind="stable")
    return {COLOR_NAMES[i]: round(float(shares[i]), 4) for i in order if shares[i] > 1e-4}


def lightness_of(pixels: NDArray[np.uint8]) -> Floats:
    """CIE lightness, 0..100, of RGB pixels (..., 3)."""
    lightness: Floats = _lch_table()[_cells(pixels), 0]
    return lightness


def lch_of(pixels: NDArray[np.uint8], light: Illumination = DAYLIGHT) -> Floats:
    """Lightness 0..100, chroma, and hue in degrees of RGB pixels (..., 3), in steps of the table."""
    lch: Floats = _lch_table()[_cells(_lit(pixels, light))]
    return lch


def _lit(pixels: NDArray[np.uint8], light: Illumination) -> NDArray[np.uint8]:
    if light.gain == 1:
        return pixels
    return np.asarray(np.minimum(pixels * np.float32(light.gain), 255), np.uint8)


def _cells(pixels: NDArray[np.uint8]) -> NDArray[np.intp]:
    level = (pixels >> _SHIFT).astype(np.intp)
    cells: NDArray[np.intp] = (level[..., 0] * LEVELS + level[..., 1]) * LEVELS + level[..., 2]
    return cells


@lru_cache(maxsize=1)
def _linear() -> Floats:
    """(256,): the light that an sRGB value stands for, 0..1 (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


_XYZ_OF_RGB = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)
_WHITE_XYZ = _XYZ_OF_RGB.sum(axis=1)


def _lab(pixels: NDArray[np.uint8]) -> Floats:
    xyz = _linear()[pixels] @ (_XYZ_OF_RGB / _WHITE_XYZ[:, None]).T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


@lru_cache(maxsize=1)
def _lch_table() -> Floats:
    """(LEVELS³, 3): lightness, chroma and hue of each cell's middle."""
    middles = (np.arange(LEVELS) * (256 // LEVELS) + 128 // LEVELS).astype(np.uint8)
    rgb = np.stack(np.meshgrid(middles, middles, middles, indexing="ij"), axis=-1).reshape(-1, 3)
    lab = _lab(rgb)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    return np.stack([lab[:, 0], chroma, hue], axis=1).astype(np.float32)


@lru_cache(maxsize=1)
def _names() -> Floats:
    """(LEVELS³, 11): how far each cell goes by each name; rows sum to 1."""
    cube = np.eye(len(COLOR_NAMES), dtype=np.float32)[_hard_names(_lch_table())]
    cube = cube.reshape(LEVELS, LEVELS, LEVELS, len(COLOR_NAMES))
    for _ in range(SOFTENING):
        for axis in range(3):
            padding = [(1, 1) if a == axis else (0, 0) for a in range(4)]
            padded = np.moveaxis(np.pad(cube, padding, mode="edge"), axis, 0)
            cube = np.moveaxis(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:], 0, axis)
    return np.ascontiguousarray(cube.reshape(-1, len(COLOR_NAMES)))


def _hard_names(lch: Floats) -> NDArray[np.intp]:
    """(N,): the place in COLOR_NAMES of the name of each color (N, 3)."""
    lightness, chroma, hue = lch.T
    place = {name: index for index, name in enumerate(COLOR_NAMES)}
    borders = np.array([border for border, _ in _HUES])
    by_hue = np.array([place[name] for _, name in _HUES])[np.searchsorted(borders[:-1], hue, side="right")]

    warm = (hue > WARM[0]) & (hue < WARM[1])
    gray_chroma = np.where(warm, _border(lightness, _GRAY_UP_TO), _border(lightness, _COLD_GRAY_UP_TO))
    brown_chroma = _border(lightness, _BROWN_UP_TO)
    achromatic = (chroma < gray_chroma) | (lightness < NIGHT_BLACK)
    is_hue = {name: by_hue == place[name] for name in COLOR_NAMES}
    deep_blue = is_hue["purple"] & (hue < _border(lightness, _BLUE_UP_TO))
    rules: tuple[tuple[NDArray[np.bool_], str], ...] = (
        (achromatic & (lightness < BLACK_UNDER), "black"),
        (achromatic & (lightness > WHITE_OVER), "white"),
        (achromatic, "gray"),
        (deep_blue, "blue"),
        (is_hue["red"] & (lightness > PINK_OVER) & (chroma < VIVID_RED), "pink"),
        (is_hue["red"] & (chroma < 28) & (hue > 20), "brown"),
        (is_hue["pink"] & (lightness < 40) & (hue < 180), "red"),
        (is_hue["pink"] & (lightness < 40), "purple"),
        (is_hue["orange"] & (lightness > BEIGE_OVER) & (chroma < BEIGE_CHROMA), "white"),
        (is_hue["orange"] & ((lightness < BROWN_UNDER) | (chroma < brown_chroma)), "brown"),
        (is_hue["yellow"] & (lightness < OLIVE_UNDER) & (hue < 95), "brown"),
        (is_hue["yellow"] & (lightness < OLIVE_UNDER), "green"),
        (is_hue["yellow"] & (chroma < 26) & (hue < 95) & (lightness < 75), "brown"),
    )
    names = np.select([rule for rule, _ in rules], [place[name] for _, name in rules], by_hue)
    return np.asarray(names, np.intp)


def _border(lightness: Floats, points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """(N,): a border that runs straight between (lightness, chroma or hue) points, at each lightness."""
    return np.interp(lightness, [at for at, _ in points], [border for _, border in points])
