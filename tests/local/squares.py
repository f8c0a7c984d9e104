"""A small video in memory, with its twin: colored squares on gray, the truth known by formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from seewhy.perceive.observing import observation, place
from seewhy.perceive.seams import Detection
from seewhy.settings import Settings
from seewhy.twin.derive import derive
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.twin import Label, Tempo, Track, Twin
from seewhy.types.video import Frame, FrameTime
from seewhy.video.clip_fake import FakeClip, facts_of

WIDTH, HEIGHT, RATE, STEP, SIDE = 96, 64, 12, 2, 16
RED, BLUE, GREEN = (220, 20, 20), (20, 20, 220), (20, 200, 20)
COLORS = (RED, BLUE, GREEN)
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Square:
    """Goes straight from one place to another in the time of the video; places are of its left upper corner."""

    color: tuple[int, int, int]
    start: tuple[int, int]
    end: tuple[int, int]
    seen: tuple[float, float] = (0.0, 1e9)
    """seconds"""
    label: str | None = None
    """of its track; None: it is not tracked"""

    def mask(self, t: float, duration: float) -> Mask:
        pixels = np.zeros((HEIGHT, WIDTH), np.bool_)
        if self.seen[0] <= t < self.seen[1]:
            x, y = (round(a + (b - a) * t / duration) for a, b in zip(self.start, self.end, strict=True))
            pixels[y : y + SIDE, x : x + SIDE] = True
        return pixels


class Squares:
    """The video and its twin. Tracks are numbered from 1 in the order of the squares that are tracked."""

    def __init__(
        self, squares: Sequence[Square], seconds: float = 4.0, cuts: tuple[float, ...] = (), gray: int = 128
    ) -> None:
        self.squares, self.seconds = tuple(squares), seconds
        self.frames = [self._frame(index, gray) for index in range(round(seconds * RATE))]
        self.clip = FakeClip(self.frames, settings=Settings.load(overrides={"video.lines": HEIGHT}, environment={}))
        self.times: tuple[FrameTime, ...] = tuple(frame.time for frame in self.frames[::STEP])
        self.masks: dict[int, dict[int, Rle]] = {}
        tracks = [
            self._track(number, square)
            for number, square in enumerate((one for one in squares if one.label is not None), start=1)
        ]
        twin = Twin(
            video=facts_of(self.frames), frames=self.times, mask_size=(HEIGHT, WIDTH), tracks=tuple(tracks),
            tempo=Tempo(cuts=cuts),
        )  # fmt: skip
        self.twin = derive(twin)

    def truth(self, square: int) -> dict[int, Rle]:
        """Sampled frame → where a square is."""
        masks = {time.index: self.squares[square].mask(time.t, self.seconds) for time in self.times}
        return {index: encode(mask) for index, mask in masks.items() if mask.any()}

    def detections(self, phrase: str, square: int, scores: Mapping[int, float]) -> dict[int, list[Detection]]:
        """A script for `FakeDetector`: the square is found in these frames, with these scores."""
        found: dict[int, list[Detection]] = {}
        for index, score in scores.items():
            where = place(self.truth(square)[index])
            assert where is not None
            found[index] = [Detection(phrase, where.box, score)]
        return found

    def _frame(self, index: int, gray: int) -> Frame:
        image = np.full((HEIGHT, WIDTH, 3), gray, np.uint8)
        for square in self.squares:
            image[square.mask(index / RATE, self.seconds)] = square.color
        return Frame(index, index, Fraction(1, RATE), index / RATE, image)

    def _track(self, number: int, square: Square) -> Track:
        seen = []
        for time in self.times:
            mask = encode(square.mask(time.t, self.seconds))
            if (where := place(mask)) is not None:
                self.masks.setdefault(time.index, {})[number] = mask
                seen.append(observation(time, number, where, None, 1.0))
        label = Label(name=square.label or "object", score=0.9, source="test@1")
        return Track(id=number, labels=(label,), observations=tuple(seen), score=0.9, source="test@1")


def tracked_and_not() -> Squares:
    """A red square that goes right along the top and is tracked, and a blue one at the bottom that is not."""
    return Squares([Square(RED, (0, 4), (80, 4), label="object"), Square(BLUE, (70, 44), (10, 44))])
