"""Set-of-mark: every track's outline and number on a picture, so that a model can say which thing it speaks of
(arXiv 2310.11441).

The same picture and masks give the same pixels on every machine: nothing is blended, smoothed or lettered by a library.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import cv2
import numpy as np

from seewhy.perceive.hosted.digits import bitmap
from seewhy.perceive.hosted.plates import Plate, place
from seewhy.types.masks import Mask, Rle, decode
from seewhy.types.video import Image

Color = tuple[int, int, int]

PALETTE: tuple[Color, ...] = (
    (255, 70, 70), (70, 225, 70), (90, 150, 255), (255, 220, 40), (255, 90, 230), (50, 220, 225),
    (255, 150, 40), (175, 130, 255), (185, 235, 60), (255, 150, 175), (40, 200, 150), (225, 180, 120),
)  # fmt: skip
"""Bright enough for dark digits on them; neighbors have names of their own."""
DARK: Color = (12, 12, 16)
LIGHT: Color = (255, 255, 255)

LINES_PER_DOT = 240
"""A dot of a digit, and an outline, is one pixel wide for so many lines: 14 pixels of digit at 480 lines."""
LEAST_DOT, SMALL_PICTURE = 2, 120
"""Models see patches of 14 to 16 pixels: digits of 7 are lost in them. Only pictures with fewer lines get such."""


def color_of(track: int) -> Color:
    """The color of a track's outline: by its id, again after twelve."""
    return PALETTE[(track - 1) % len(PALETTE)]


def marked(image: Image, masks: Mapping[int, Rle], highlight: Collection[int] = ()) -> Image:
    """A copy of the picture with every track's outline around it and its number on it.

    Outlines run outside of the masks, so that the things themselves stay as they are, but for the plate of the number;
    a small thing has its number beside it. Plates never overlap as long as there is room.

    Args:
        image: RGB, (H, W, 3).
        masks: track → mask, of any resolution; one that differs from the picture's is scaled, nearest neighbor. A track
            whose mask is empty is not drawn.
        highlight: tracks to point out: their outline is twice as wide, their plate is in their color.
    """
    picture = image.copy()
    height, width, _ = image.shape
    shown = {track: mask for track in sorted(masks) if (mask := fitted(decode(masks[track]), (height, width))).any()}
    short = min(height, width)
    dot = 1 if short < SMALL_PICTURE else max(LEAST_DOT, short // LINES_PER_DOT)
    for track in sorted(shown, key=lambda t: (-np.count_nonzero(shown[t]), t)):  # small ones over large ones
        _outline(picture, shown[track], color_of(track), 2 * dot if track in highlight else dot)
    plates = {track: _plate(track, dot, track in highlight) for track in shown}
    places = place(shown, {track: (plate.shape[0], plate.shape[1]) for track, plate in plates.items()}, 2 * dot + 1)
    for track, plate in plates.items():
        _stamp(picture, plate, places[track])
    return picture


def fitted(mask: Mask, size: tuple[int, int]) -> Mask:
    """A mask at another size (height, width): each pixel is that of the mask under its middle.

    >>> fitted(np.array([[True, False]]), (1, 5)).tolist()
    [[True, True, False, False, False]]
    """
    if mask.shape == size:
        return mask
    rows, columns = ((2 * np.arange(new) + 1) * old // (2 * new) for new, old in zip(size, mask.shape, strict=True))
    return np.asarray(mask[rows][:, columns], np.bool_)


def crop(image: Image, box: tuple[float, float, float, float], margin: float, least: int) -> Image:
    """The part of a picture around a box, for a closer look.

    Args:
        image: RGB, (H, W, 3).
        box: x0, y0, x1, y1 as fractions of the picture; what lies outside of it is cut off.
        margin: share of the box's width and height that is added on each side.
        least: width and height of the part in pixels, at least, as far as the picture is as large.

    Raises:
        ValueError: the box is empty or lies outside of the picture, or `margin` or `least` is negative.
    """
    x0, y0, x1, y1 = box
    if not (x0 < x1 and y0 < y1 and x0 < 1 and y0 < 1 and x1 > 0 and y1 > 0):
        raise ValueError(f"a box is (x0, y0, x1, y1) in fractions of the picture with x0 < x1 and y0 < y1, got {box}")
    if margin < 0 or least < 0:
        raise ValueError(f"margin and least are not negative, got {margin} and {least}")
    height, width, _ = image.shape
    left, right = _stretch(x0, x1, width, margin, least)
    top, bottom = _stretch(y0, y1, height, margin, least)
    return np.ascontiguousarray(image[top:bottom, left:right])


def _stretch(start: float, end: float, pixels: int, margin: float, least: int) -> tuple[int, int]:
    """Whole pixels along one axis, the end excluded."""
    spare = (end - start) * margin
    low, high = max(math.floor((start - spare) * pixels), 0), min(math.ceil((end + spare) * pixels), pixels)
    wanted = min(max(high - low, least, 1), pixels)
    low = min(max(low - (wanted - (high - low)) // 2, 0), pixels - wanted)
    return low, low + wanted


def _outline(picture: Image, mask: Mask, color: Color, stroke: int) -> None:
    """A bright line around a mask with a dark one around it, to be seen on any ground."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    around = stroke + 1
    window = (
        slice(max(int(rows[0]) - around, 0), int(rows[-1]) + around + 1),
        slice(max(int(columns[0]) - around, 0), int(columns[-1]) + around + 1),
    )
    inside = mask[window].astype(np.uint8)
    line = cv2.dilate(inside, np.ones((3, 3), np.uint8), iterations=stroke)
    rim = cv2.dilate(line, np.ones((3, 3), np.uint8))
    part = picture[window]
    part[rim > line] = DARK
    part[line > inside] = color


def _plate(track: int, dot: int, highlighted: bool) -> Image:
    """A track's number on a plate with a border in its color."""
    digits = bitmap(track, dot)
    border, pad = max(1, dot // 2), dot
    ink, ground, edge = (DARK, color_of(track), LIGHT) if highlighted else (LIGHT, DARK, color_of(track))
    around = border + pad
    plate = np.full((digits.shape[0] + 2 * around, digits.shape[1] + 2 * around, 3), edge, np.uint8)
    plate[border:-border, border:-border] = ground
    plate[around:-around, around:-around][digits] = ink
    return plate


def _stamp(picture: Image, plate: Image, at: Plate) -> None:
    part = picture[at.top : at.bottom, at.left : at.right]
    part[:] = plate[: part.shape[0], : part.shape[1]]
