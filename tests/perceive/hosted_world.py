"""A small video that exists only in memory, with its twin: colored squares on gray, the truth known by formula."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from seewhy.perceive.observing import observation, place
from seewhy.types.masks import Rle, encode
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Label, Tempo, Track, Twin
from seewhy.types.video import Frame, FrameTime, VideoFacts, VideoId

WIDTH, HEIGHT, RATE, STEP = 96, 64, 30, 5
"""pixels, pixels, frames a second, frames between sampled ones"""


def attribute(kind: str, value: str, score: float = 0.9, source: str = "test@1") -> Attribute:
    return Attribute.model_validate({"kind": kind, "value": value, "score": score, "source": source})


@dataclass(frozen=True)
class Square:
    """A thing of 12 x 12 pixels; its left upper corner goes straight from one place to another."""

    start: tuple[int, int]
    end: tuple[int, int]
    color: tuple[int, int, int] = (200, 30, 30)
    seen: tuple[float, float] = (0.0, 1e9)
    """seconds"""
    label: str = "object"
    attributes: Sequence[Attribute] = ()

    def mask(self, t: float, duration: float) -> Rle | None:
        if not self.seen[0] <= t < self.seen[1]:
            return None
        x, y = (round(a + (b - a) * t / duration) for a, b in zip(self.start, self.end, strict=True))
        pixels = np.zeros((HEIGHT, WIDTH), np.bool_)
        pixels[y : y + 12, x : x + 12] = True
        return encode(pixels)


@dataclass
class World:
    """A twin, its masks, and its clip; the clip counts how often it was read."""

    squares: Sequence[Square]
    duration: float = 10.0
    cuts: tuple[float, ...] = ()
    looked: list[tuple[tuple[int, ...], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        times = [
            FrameTime(index=i, pts=i * 1001, t=i / RATE) for i in range(0, max(round(self.duration * RATE), 1), STEP)
        ]
        self.masks: dict[int, dict[int, Rle]] = {}
        seen: dict[int, list[FrameTime]] = {}
        for time in times:
            for number, square in enumerate(self.squares, start=1):
                mask = square.mask(time.t, self.duration)
                if mask is not None:
                    self.masks.setdefault(time.index, {})[number] = mask
                    seen.setdefault(number, []).append(time)
        tracks = [
            Track(
                id=number,
                labels=(Label(name=square.label, score=0.9, source="test@1"),),
                attributes=tuple(square.attributes),
                observations=tuple(
                    observation(time, number, where, None, 1.0)
                    for time in seen.get(number, [])
                    if (where := place(self.masks[time.index][number])) is not None
                ),
                score=0.9,
                source="test@1",
            )
            for number, square in enumerate(self.squares, start=1)
        ]
        facts = VideoFacts(
            id=VideoId("ab" * 16), bytes=1, width=WIDTH, height=HEIGHT, rotation=0, duration=self.duration, start_pts=0,
            time_base=Fraction(1, 30030), average_rate=Fraction(RATE), codec="h264", container="mp4",
        )  # fmt: skip
        self.twin = Twin(
            video=facts, frames=tuple(times), mask_size=(HEIGHT, WIDTH), tracks=tuple(tracks),
            tempo=Tempo(cuts=self.cuts),
        )  # fmt: skip

    # The seam Clip

    @property
    def facts(self) -> VideoFacts:
        return self.twin.video

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        self.looked.append((tuple(sorted(indices)), lines))
        return {index: self._frame(index) for index in sorted(indices)}

    def sampled(self) -> Iterator[Frame]:
        return (self._frame(time.index) for time in self.twin.frames)

    def every(self, span: Span, most: int) -> Iterator[Frame]:
        indices = [i for i in range(round(self.duration * RATE)) if span.contains(i / RATE)]
        return (self._frame(index) for index in indices[:most])

    def _frame(self, index: int) -> Frame:
        image = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        t = index / RATE
        for square in self.squares:
            if square.seen[0] <= t < square.seen[1]:
                x, y = (round(a + (b - a) * t / self.duration) for a, b in zip(square.start, square.end, strict=True))
                image[y : y + 12, x : x + 12] = square.color
        return Frame(index, index * 1001, Fraction(1, 30030), t, image)


def two_squares() -> World:
    """A red square that goes right along the top, and a blue one that stands at the bottom from 4 s on."""
    return World(
        [
            Square((0, 10), (80, 10), attributes=(attribute("color", "red"), attribute("size", "small"))),
            Square((40, 44), (40, 44), (30, 30, 200), seen=(4.0, 1e9), label="person"),
        ]
    )


def box_masks(twin: Twin, frame: int, box: tuple[float, float, float, float]) -> dict[int, Rle]:
    """The box itself as a mask, from a frame on: a thing that stands still."""
    pixels = np.zeros(twin.mask_size, np.bool_)
    height, width = twin.mask_size
    x0, y0, x1, y1 = box
    pixels[round(y0 * height) : round(y1 * height), round(x0 * width) : round(x1 * width)] = True
    return {time.index: encode(pixels) for time in twin.frames if time.index >= frame}
