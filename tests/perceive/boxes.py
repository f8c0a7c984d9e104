"""Films of boxes over a wall, and twins of them with the truth known by construction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from seewhy.perceive.observing import observation, place
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.twin import Label, Tempo, Track, Twin
from seewhy.types.video import Frame, Image
from seewhy.video.clip_fake import FakeClip

HEIGHT, WIDTH = 96, 160
SOURCE = "truth@1"

Box = tuple[int, int, int, int]
"""left, top, right, bottom"""
Where = Callable[[int], Box | None]
"""number of a decoded frame → where a box is; None: not there"""


def surface(seed: int, color: tuple[int, int, int], height: int = HEIGHT, width: int = WIDTH, grain: int = 3) -> Image:
    """Patches of almost one color: something for optical flow to hold on to."""
    random = np.random.default_rng(seed)
    patches = np.kron(
        random.integers(-18, 19, (height // grain + 1, width // grain + 1, 1)), np.ones((grain, grain, 3))
    )
    return np.clip(np.array(color) + patches[:height, :width], 0, 255).astype(np.uint8)


def film(count: int, rate: int, *boxes: tuple[tuple[int, int, int], Where]) -> FakeClip:
    """A video of `count` frames; later boxes in front of earlier ones. Sampled at six frames a second."""
    wall = surface(7, (120, 128, 118))
    frames = []
    for number in range(count):
        image = wall.copy()
        for seed, (color, where) in enumerate(boxes):
            if (box := where(number)) is not None:
                left, top, right, bottom = box
                skin = surface(seed, color, bottom - top, right - left)
                rows, columns = np.nonzero(mask_of(box))
                image[rows, columns] = skin[rows - top, columns - left]
        frames.append(Frame(number, number, Fraction(1, rate), number / rate, image))
    return FakeClip(frames)


def mask_of(box: Box | None) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    if box is not None:
        mask[max(0, box[1]) : max(0, box[3]), max(0, box[0]) : max(0, box[2])] = True
    return mask


def twin_of(
    clip: FakeClip, tracks: Mapping[int, Where], cuts: Sequence[float] = ()
) -> tuple[Twin, dict[int, dict[int, Rle]]]:
    """A twin that has seen these tracks perfectly, at the sampled frames; and its masks."""
    times = tuple(frame.time for frame in clip.sampled())
    table: dict[int, dict[int, Rle]] = {}
    made = []
    for track, where in tracks.items():
        seen = []
        for moment in times:
            mask = encode(mask_of(where(moment.index)))
            if (at := place(mask)) is not None:
                seen.append(observation(moment, track, at, 0.5, 1.0))
                table.setdefault(moment.index, {})[track] = mask
        label = Label(name="object", score=0.9, source=SOURCE)
        made.append(Track(id=track, labels=(label,), observations=tuple(seen), score=0.9, source=SOURCE))
    twin = Twin(
        video=clip.facts, frames=times, mask_size=(HEIGHT, WIDTH), tracks=tuple(made), tempo=Tempo(cuts=tuple(cuts))
    )
    return twin, table


def fractions(box: Box) -> tuple[float, float, float, float]:
    return box[0] / WIDTH, box[1] / HEIGHT, box[2] / WIDTH, box[3] / HEIGHT
