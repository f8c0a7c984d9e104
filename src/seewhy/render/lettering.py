"""Text on pictures, smooth at every size.

OpenCV's strokes are drawn four times too large and scaled down, which gives them clean edges. Its fonts know ASCII
only, so other letters lose their accents and what is left becomes a question mark; pages and terminals, which know
all letters, do not go through here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.types.video import Image

Color = tuple[int, int, int]
"""RGB, 0..255."""

_OVERSAMPLE = 4
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITALS = 22.0
"""Height in pixels of the font's capitals at scale 1."""


def write(image: Image, text: str, left: int, top: int, size: int, color: Color, *, bold: bool = False) -> int:
    """Write one line onto an image, in place.

    Args:
        image: (H, W, 3); what falls outside is cut off.
        text: control characters and line breaks become spaces.
        left: of the first letter, in pixels.
        top: of the capitals, in pixels.
        size: height of the capitals, in pixels.
        color: RGB.
        bold: with thicker strokes.

    Returns:
        The width of the line in pixels.
    """
    ink = _ink(plain(text), size, bold)
    height, width = ink.shape
    top -= size // 4  # the ink has a margin of its own above the capitals
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + width, image.shape[1]), min(top + height, image.shape[0])
    if x0 < x1 and y0 < y1:
        alpha = ink[y0 - top : y1 - top, x0 - left : x1 - left, None]
        region = image[y0:y1, x0:x1]
        region[:] = (region + (np.array(color, np.float32) - region) * alpha + 0.5).astype(np.uint8)
    return int(width)


def width_of(text: str, size: int, *, bold: bool = False) -> int:
    """Width in pixels that `write` needs for a line."""
    return int(_ink(plain(text), size, bold).shape[1])


def wrap(text: str, size: int, width: int, *, bold: bool = False) -> list[str]:
    """Lines of at most `width` pixels, broken at spaces; a word that is longer than a line is cut.

    >>> wrap("one two", size=10, width=40)
    ['one', 'two']
    """
    lines: list[str] = []
    for word in plain(text).split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(joined, size, bold=bold) <= width:
            lines[-1] = joined
        else:
            lines.append(shorten(word, size, width, bold=bold))
    return lines


def shorten(text: str, size: int, width: int, *, bold: bool = False) -> str:
    """The text, or as much of its beginning as fits `width` pixels, with dots after it."""
    text = plain(text)
    if width_of(text, size, bold=bold) <= width:
        return text
    fits = 0
    for length in range(1, len(text)):
        if width_of(text[:length].rstrip() + "...", size, bold=bold) > width:
            break
        fits = length
    return text[:fits].rstrip() + "..."


def plain(text: str) -> str:
    """The text in printable ASCII.

    >>> plain("Käse — 5 × 3\\n")
    'Kase - 5 x 3'
    """
    for letter, other in _REPLACED:
        text = text.replace(letter, other)
    letters = unicodedata.normalize("NFKD", " ".join(text.split()))
    kept = (letter for letter in letters if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in kept)


_REPLACED: Sequence[tuple[str, str]] = (
    ("—", "-"), ("–", "-"), ("×", "x"), ("“", '"'), ("”", '"'), ("‘", "'"), ("’", "'"), ("·", "-"), ("→", "->"),
)  # fmt: skip


@lru_cache(maxsize=1024)
def _ink(text: str, size: int, bold: bool) -> NDArray[np.float32]:
    """Coverage 0..1 of a line, with a quarter of `size` above the capitals and half of it below the base line."""
    large = size * _OVERSAMPLE
    scale = large / _CAPITALS
    thickness = max(1, round(large * (0.17 if bold else 0.11)))
    (width, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    height = large + large // 4 + large // 2
    canvas = np.zeros((height, max(width + thickness, _OVERSAMPLE)), np.uint8)
    cv2.putText(canvas, text, (0, large + large // 4), _FONT, scale, 255, thickness, cv2.LINE_AA)
    target = (max(1, canvas.shape[1] // _OVERSAMPLE), max(1, height // _OVERSAMPLE))
    small = cv2.resize(canvas, target, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)
