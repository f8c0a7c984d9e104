"""Scaling by area, in whole numbers: the same result on every machine.

A sample of the result is the mean of what lies under it, where each stored sample fills its rectangle evenly. Along
one axis of S stored pixels and D wanted ones, both are rulers over the same length: with S * D ticks, a stored pixel
is D ticks long and a wanted one S ticks. Every overlap is a whole number of ticks, so every mean is a sum of whole
numbers divided once, at the end, and rounded half up. Nothing depends on the order of summation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.uint8]
"""One plane of a picture, (H, W), uint8."""

LARGEST = 1 << 16
"""Pixels along a side, at most: sums over a picture of 65536^2 pixels in 65536 ticks each still fit into 64 bits."""

WHITE = 255


def scaled(plane: Samples, full: tuple[int, int], pitch: tuple[int, int], size: tuple[int, int]) -> Samples:
    """A plane at another size.

    Args:
        plane: (H, W), uint8; it may be subsampled (chroma).
        full: (height, width) in pixels of the picture that the plane belongs to.
        pitch: (rows, columns) of the picture under one sample; the last sample may reach beyond the picture, which
            then does not count.
        size: (height, width) of the result.

    Raises:
        ValueError: the plane does not cover the picture, or a side is longer than `LARGEST`.

    >>> scaled(np.array([[0, 10, 20]], np.uint8), full=(1, 3), pitch=(1, 1), size=(1, 2)).tolist()
    [[3, 17]]
    >>> scaled(np.array([[7, 9]], np.uint8), full=(1, 3), pitch=(1, 2), size=(1, 3)).tolist()
    [[7, 7, 9]]
    """
    if max(*full, *size) > LARGEST or min(*full, *size) < 1:
        raise ValueError(f"a picture has sides of 1 to {LARGEST} pixels, got {full} to be scaled to {size}")
    if plane.shape != tuple(-(-pixels // step) for pixels, step in zip(full, pitch, strict=True)):
        raise ValueError(f"a plane of {plane.shape} samples does not cover {full} pixels at {pitch} pixels a sample")
    rows, row_ticks = _sums(plane, 0, full[0], pitch[0], size[0], WHITE)
    sums, ticks = _sums(rows, 1, full[1], pitch[1], size[1], WHITE * row_ticks)
    ticks *= row_ticks
    if ticks == 1:
        return np.ascontiguousarray(sums, dtype=np.uint8)
    return np.asarray((sums + ticks // 2) // ticks, np.uint8)


def _sums(
    values: NDArray[np.integer], axis: int, pixels: int, pitch: int, wanted: int, largest: int
) -> tuple[NDArray[np.integer], int]:
    """Sums of the values (none over `largest`) under each of the wanted pixels along an axis, and the ticks that each
    sum counts."""
    if pixels == wanted:
        if pitch == 1:
            return values, 1
        filled = np.repeat(values, pitch, axis)
        return (filled[:wanted] if axis == 0 else filled[:, :wanted]), 1
    # ticks up to each border of a wanted pixel, in whole samples and what is left of the next
    whole, rest = np.divmod(np.arange(wanted + 1, dtype=np.int64) * pixels, pitch * wanted)
    # 32 bits are twice as fast, where they hold what is largest: everything up to the last border, rounding included.
    kind = np.int32 if 2 * largest * (pixels + pitch) * wanted < 1 << 31 else np.int64
    shape = list(values.shape)
    shape[axis] += 1
    before = np.zeros(shape, kind)
    np.cumsum(values, axis, kind, before[1:] if axis == 0 else before[:, 1:])
    up_to = np.take(before, whole, axis) * kind(pitch * wanted)
    # the last border has nothing after it, and no rest
    following = np.take(values, np.minimum(whole, values.shape[axis] - 1), axis).astype(kind)
    up_to += following * (rest.astype(kind)[:, np.newaxis] if axis == 0 else rest.astype(kind))
    return np.diff(up_to, axis=axis), pixels
