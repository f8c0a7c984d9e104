"""Masks on pictures: a tint, an outline, a label."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from seewhy.render.lettering import Color, shorten, width_of, write
from seewhy.types.masks import Mask, Rle, decode
from seewhy.types.video import Image

PALETTE: tuple[Color, ...] = (
    (0, 200, 255), (255, 190, 0), (255, 70, 140), (140, 105, 255), (60, 225, 110), (255, 120, 50),
    (70, 140, 255), (230, 80, 240), (180, 225, 30), (0, 195, 165), (255, 140, 130), (185, 165, 230),
)  # fmt: skip
"""Saturated and bright, neighbors far apart in hue; seldom the colors of skin, grass or tarmac."""

TINT = 0.38
"""Share of the color inside a mask: enough to tell what is meant, little enough to see what it is."""
DARK: Color = (16, 18, 24)
LIGHT: Color = (255, 255, 255)


def color_of(position: int) -> Color:
    """A color for the position-th object (from 0); colors repeat after twelve."""
    return PALETTE[position % len(PALETTE)]


def draw_masks(
    image: Image,
    masks: Mapping[int, Rle],
    labels: Mapping[int, str] | None = None,
    colors: Mapping[int, Color] | None = None,
) -> Image:
    """A copy of the picture with masks drawn on it, larger ones below smaller ones.

    Args:
        image: RGB, (H, W, 3).
        masks: track id → mask, of any resolution; one that differs from the picture's is scaled, nearest neighbor.
        labels: track id → text beside its mask; a track without one gets none.
        colors: track id → color; by default the track's id chooses one.
    """
    return draw(image, {track: scaled(rle, image.shape[:2]) for track, rle in masks.items()}, labels, colors)


def draw(
    image: Image,
    masks: Mapping[int, Mask],
    labels: Mapping[int, str] | None = None,
    colors: Mapping[int, Color] | None = None,
) -> Image:
    """As `draw_masks`, of masks (H, W) that have the picture's size."""
    picture = image.copy()
    unit = max(1, round(min(image.shape[:2]) / 240))  # strokes grow with the picture: 2 pixels at 480 lines
    order = sorted(masks, key=lambda track: (-np.count_nonzero(masks[track]), track))
    chosen = {track: (colors or {}).get(track, color_of(track - 1)) for track in order}
    outlines = {}
    for track in order:
        mask = masks[track]
        picture[mask] = (picture[mask] * (1 - TINT) + np.array(chosen[track]) * TINT + 0.5).astype(np.uint8)
        outlines[track], _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for track in order:  # dark under bright: visible on any ground
        cv2.drawContours(picture, outlines[track], -1, DARK, 2 * unit + 1, cv2.LINE_AA)
        cv2.drawContours(picture, outlines[track], -1, chosen[track], unit, cv2.LINE_AA)
    for track in order:
        if labels and labels.get(track) and masks[track].any():
            _label(picture, masks[track], labels[track], chosen[track], 5 + 3 * unit)
    return picture


def scaled(rle: Rle, size: tuple[int, ...]) -> Mask:
    """A mask decoded at another resolution (height, width), nearest neighbor."""
    mask = decode(rle)
    if mask.shape == tuple(size):
        return mask
    height, width = size
    resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(resized).astype(bool)


def _label(picture: Image, mask: Mask, text: str, color: Color, size: int) -> None:
    """A tag above the mask's top, or inside it where there is no room above."""
    height, width, _ = picture.shape
    pad = max(2, size // 3)
    text = shorten(text, size, width - 4 * pad)
    tag_width, tag_height = width_of(text, size) + 2 * pad, size + 2 * pad
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    left = int(np.clip((columns[0] + columns[-1] - tag_width) // 2, 0, max(0, width - tag_width)))
    top = int(rows[0]) - tag_height - pad
    if top < 0:
        top = min(int(rows[0]) + pad, max(0, height - tag_height))
    cv2.rectangle(picture, (left, top), (left + tag_width - 1, top + tag_height - 1), DARK, -1)
    cv2.rectangle(picture, (left, top), (left + max(2, pad // 2), top + tag_height - 1), color, -1)
    write(picture, text, left + pad + max(1, pad // 2), top + pad, size, LIGHT)


def png(image: Image) -> bytes:
    """An RGB picture as the bytes of a PNG file."""
    done, buffer = cv2.imencode(".png", image[..., ::-1])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be stored as PNG")
    return np.asarray(buffer).tobytes()
