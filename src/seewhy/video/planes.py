"""Decoded frames → planes of whole numbers → upright RGB, the same on every machine.

::

    decoded frame ─▶ planes of 8 bits ─▶ each scaled by area ─▶ RGB ─▶ turned upright

The planes are those of the decoder, so nothing between the bits of the file and them depends on the machine. Scaling
comes before color: both are linear, and there are fewer pixels left. Chroma fills the pixels that it stands for,
evenly; more than 8 bits are rounded to 8.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seewhy.types.video import Image
from seewhy.video.area import Samples, scaled
from seewhy.video.colors import gray_of, matrix_of, rgb_of

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_SUBSAMPLING = {
    "444": (1, 1), "440": (2, 1), "422": (1, 2), "420": (2, 2), "411": (1, 4), "410": (4, 4),
}  # fmt: skip
"""Name of a chroma format → (rows, columns) of the picture under one sample of chroma."""

_PLANAR = re.compile(r"(?P<family>yuvj|yuva?|gray|gbra?)(?P<chroma>\d{3})?p?(?P<bits>9|10|12|14|16)?(?:le)?")
"""FFmpeg's names of the formats with one plane per component, in whole numbers, lowest byte first."""

_FULL_RANGE = 2
"""AVCOL_RANGE_JPEG"""
_UNSPECIFIED = 0
"""AVCOL_RANGE_UNSPECIFIED"""

_REPACK = "gbrp"
_EXACTLY = 0x80000 | 0x40000 | 0x2000 | 0x2
"""FFmpeg's scaler: bitexact, accurate rounding, full chroma, bilinear. With `bitexact` it takes the same path on every
machine; that is what FFmpeg's own regression tests compare across machines."""


class Layout(NamedTuple):
    """What the planes of a pixel format hold."""

    family: str
    """yuv, gray or gbr"""
    pitch: tuple[int, int]
    """(rows, columns) of the picture under one sample of chroma"""
    bits: int
    full_range: bool | None
    """None: as the frame says"""


@lru_cache(maxsize=64)
def layout_of(name: str) -> Layout | None:
    """The layout of FFmpeg's pixel format of that name; None: not one plane of whole numbers per component.

    >>> layout_of("yuv420p10le")
    Layout(family='yuv', pitch=(2, 2), bits=10, full_range=None)
    >>> layout_of("nv12") is None, layout_of("pal8") is None, layout_of("gbrpf32le") is None
    (True, True, True)
    """
    match = _PLANAR.fullmatch(name)
    if match is None or (match["bits"] is not None) != name.endswith("le"):
        return None
    family, chroma = match["family"], match["chroma"]
    if family.startswith("yuv") != (chroma is not None) or (chroma is not None and chroma not in _SUBSAMPLING):
        return None
    full_range = True if family in ("yuvj", "gbr", "gbra") else None
    return Layout(family[:3].replace("gra", "gray"), _SUBSAMPLING[chroma or "444"], int(match["bits"] or 8), full_range)


def upright(decoded: VideoFrame, rotation: int, size: tuple[int, int]) -> Image:
    """A decoded frame as RGB (H, W, 3).

    Formats that pack their components (palettes, RGB in one plane, 4:2:2 in one plane, floats) are first taken apart
    by FFmpeg's scaler, at the same size and told to be exact.

    Args:
        rotation: degrees, clockwise, that the stored picture is turned by: 0, 90, 180 or 270.
        size: (width, height) of the result.
    """
    width, height = size if rotation in (0, 180) else size[::-1]
    layout = layout_of(decoded.format.name)
    if layout is None:
        decoded = decoded.reformat(format=_REPACK, interpolation=_EXACTLY, threads=1)
        layout = Layout("gbr", (1, 1), 8, True)
    image = _rgb(decoded, layout, (height, width))
    return np.ascontiguousarray(np.rot90(image, -rotation // 90))


def _rgb(decoded: VideoFrame, layout: Layout, size: tuple[int, int]) -> Image:
    full = decoded.height, decoded.width
    pitches = ((1, 1), (1, 1), (1, 1)) if layout.family == "gbr" else ((1, 1), layout.pitch, layout.pitch)
    planes = [
        scaled(_samples(decoded, number, full, pitch, layout.bits), full, pitch, size)
        for number, pitch in enumerate(pitches[: 1 if layout.family == "gray" else 3])
    ]
    if layout.family == "gbr":
        green, blue, red = planes
        return np.stack((red, green, blue), axis=2)
    stated = int(decoded.color_range)
    # Pictures without color come from still formats, which use the full range unless they say otherwise.
    unstated = layout.family == "gray" and stated == _UNSPECIFIED
    full_range = layout.full_range or unstated or stated == _FULL_RANGE
    matrix = matrix_of(int(decoded.colorspace), full_range, decoded.height)
    return gray_of(planes[0], matrix) if layout.family == "gray" else rgb_of(planes[0], planes[1], planes[2], matrix)


def _samples(decoded: VideoFrame, number: int, full: tuple[int, int], pitch: tuple[int, int], bits: int) -> Samples:
    """One plane as the decoder left it, rounded to 8 bits."""
    rows, columns = (-(-pixels // step) for pixels, step in zip(full, pitch, strict=True))
    plane = decoded.planes[number]
    depth = np.dtype("u1" if bits == 8 else "<u2")
    memory = np.frombuffer(memoryview(plane), depth)
    stored = memory.reshape(-1, abs(plane.line_size) // depth.itemsize)
    # A negative line size means that the lines lie in memory from the bottom up.
    samples = stored[:: 1 if plane.line_size > 0 else -1][:rows, :columns]
    if bits == 8:
        return np.asarray(samples, np.uint8)
    wide = samples.astype(np.uint32)
    return np.asarray(np.minimum((wide + (1 << (bits - 9))) >> (bits - 8), 255), np.uint8)
