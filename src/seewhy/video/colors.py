"""Decoded colors → RGB, in whole numbers: the same result on every machine.

The matrices are those of the standards, as exact fractions, rounded once to 2^-16; what comes out is within one level
of the exact conversion.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.types.video import Image
from seewhy.video.area import Samples

HD_LINES = 720
"""From this height on, a stream that does not say so is taken to be in BT.709, below it in BT.601, as players do."""

_BITS = 16
_HALF = 1 << (_BITS - 1)

_BT601 = (Fraction(299, 1000), Fraction(114, 1000))
_BT709 = (Fraction(2126, 10000), Fraction(722, 10000))
_LUMA_WEIGHTS = {
    1: _BT709,
    4: (Fraction(30, 100), Fraction(11, 100)),  # FCC
    5: _BT601,  # BT.470 B/G
    6: _BT601,  # SMPTE 170M
    7: (Fraction(212, 1000), Fraction(87, 1000)),  # SMPTE 240M
    9: (Fraction(2627, 10000), Fraction(593, 10000)),  # BT.2020
    10: (Fraction(2627, 10000), Fraction(593, 10000)),
}
"""ITU-T H.273, matrix coefficients → (weight of red, weight of blue) in luma."""


class Matrix(NamedTuple):
    """Y'CbCr → RGB: factors and offset in units of 2^-16."""

    luma: int
    black: int
    """the luma of black"""
    red_from_cr: int
    green_from_cb: int
    green_from_cr: int
    blue_from_cb: int


def matrix_of(colorspace: int, full_range: bool, lines: int) -> Matrix:
    """The conversion for a stream.

    Args:
        colorspace: matrix coefficients by ITU-T H.273; an unknown or unspecified one is guessed by the height.
        full_range: whether luma spans 0..255 and not 16..235.
        lines: stored height of the picture.
    """
    red, blue = _LUMA_WEIGHTS.get(colorspace, _BT709 if lines >= HD_LINES else _BT601)
    green = 1 - red - blue
    luma_scale, chroma_scale = (Fraction(1), Fraction(1)) if full_range else (Fraction(255, 219), Fraction(255, 224))
    cr, cb = 2 * (1 - red) * chroma_scale, 2 * (1 - blue) * chroma_scale
    parts = (luma_scale, cr, -cb * blue / green, -cr * red / green, cb)
    luma, red_cr, green_cb, green_cr, blue_cb = (round(part * (1 << _BITS)) for part in parts)
    return Matrix(luma, 0 if full_range else 16, red_cr, green_cb, green_cr, blue_cb)


def rgb_of(y: Samples, cb: Samples, cr: Samples, matrix: Matrix) -> Image:
    """Three planes of one size (H, W) → RGB (H, W, 3), rounded half up, clipped to 0..255.

    All sums stay under 2^27, so 32 bits hold them.

    >>> matrix = matrix_of(colorspace=6, full_range=False, lines=480)
    >>> [rgb_of(*(np.array([[v]], np.uint8) for v in yuv), matrix).ravel().tolist()
    ...  for yuv in ((16, 128, 128), (235, 128, 128), (81, 90, 240))]
    [[0, 0, 0], [255, 255, 255], [254, 0, 0]]
    """
    light = _times(y, matrix.luma, matrix.black)
    light += _HALF
    rgb = np.empty((*y.shape, 3), np.uint8)
    rgb[..., 0] = _level(light + _times(cr, matrix.red_from_cr))
    rgb[..., 1] = _level(light + _times(cb, matrix.green_from_cb) + _times(cr, matrix.green_from_cr))
    rgb[..., 2] = _level(light + _times(cb, matrix.blue_from_cb))
    return rgb


def gray_of(y: Samples, matrix: Matrix) -> Image:
    """A picture of luma alone, (H, W), as RGB (H, W, 3)."""
    level = _level(_times(y, matrix.luma, matrix.black) + _HALF)
    return np.repeat(level.astype(np.uint8)[..., np.newaxis], 3, axis=2)


def _times(plane: Samples, factor: int, zero: int = 128) -> NDArray[np.int32]:
    product = plane.astype(np.int32)
    product -= zero
    product *= factor
    return product


def _level(sums: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sums in units of 2^-16 → levels; a shift to the right rounds down, also what is negative."""
    sums >>= _BITS
    return np.clip(sums, 0, 255, out=sums)
