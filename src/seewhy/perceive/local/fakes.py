"""A public fake of the tracker's seam: exact, fast, and it remembers what it was asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from seewhy.perceive.fakes import RgbColor
from seewhy.perceive.local.prompts import check, covered
from seewhy.perceive.local.tracking import Prompt, Seen
from seewhy.types.masks import Mask
from seewhy.types.video import Frame, Image

TOLERANCE = 40
"""In each channel, of 255; as `FakeSegmenter`."""


@dataclass
class FakeSession:
    """A session of `FakeTracker`, and the record of it."""

    colors: tuple[RgbColor, ...]
    tolerance: int = TOLERANCE
    looks: list[tuple[int, tuple[Prompt, ...]]] = field(default_factory=list)
    """index of the decoded frame and the prompts given with it, in order"""
    expected: list[tuple[int, ...]] = field(default_factory=list)
    """indices of the frames that it was told of, each time; it prepares none"""
    dropped: list[int] = field(default_factory=list)
    """objects that were followed and then dropped, in order"""
    closed: bool = False
    _objects: dict[int, RgbColor | None] = field(default_factory=dict)
    _size: tuple[int, int] | None = None

    def expect(self, frames: Sequence[Frame]) -> None:
        """See `TrackerSession.expect`."""
        self.expected.append(tuple(frame.index for frame in frames))

    def look(self, frame: Frame, prompts: Sequence[Prompt] = ()) -> Mapping[int, Seen]:
        """See `TrackerSession.look`."""
        check(prompts, frame, self._size)
        self._size = frame.image.shape[0], frame.image.shape[1]
        self.looks.append((frame.index, tuple(prompts)))
        for prompt in prompts:
            self._objects[prompt.object] = self._meant(frame.image, covered(prompt, self._size))
        return {number: self._seen(frame.image, color) for number, color in self._objects.items()}

    def drop(self, objects: Collection[int]) -> None:
        """See `TrackerSession.drop`."""
        for number in objects:
            if number in self._objects:
                del self._objects[number]
                self.dropped.append(number)

    def _meant(self, image: Image, region: Mask) -> RgbColor | None:
        """The color that most pixels of a region have; None: no color of the list is there."""
        counts = [int((self._pixels(image, color) & region).sum()) for color in self.colors]
        return self.colors[int(np.argmax(counts))] if any(counts) else None

    def _seen(self, image: Image, color: RgbColor | None) -> Seen:
        mask = np.zeros(image.shape[:2], np.bool_) if color is None else self._pixels(image, color)
        return Seen(mask, float(mask.any()))

    def _pixels(self, image: Image, color: RgbColor) -> Mask:
        return np.asarray((np.abs(image.astype(np.int16) - color) <= self.tolerance).all(axis=2), np.bool_)


class FakeTracker:
    """Each color of a list is one object: wherever it is, all pixels that have it. A prompt means the color that most
    of its pixels have; one that means none is followed, and never seen. What is seen scores 1, what is not 0.

    >>> from fractions import Fraction
    >>> image = np.zeros((2, 4, 3), np.uint8)
    >>> image[:, 1] = (250, 0, 0)
    >>> with FakeTracker([(255, 0, 0)]).session() as session:
    ...     seen = session.look(Frame(0, 0, Fraction(1), 0.0, image), [Prompt(7, box=(0.0, 0.0, 0.5, 1.0))])
    >>> seen[7].mask.astype(int).tolist()
    [[0, 1, 0, 0], [0, 1, 0, 0]]
    """

    source = "fake.tracker@1"

    def __init__(self, colors: Sequence[RgbColor], tolerance: int = TOLERANCE) -> None:
        self.colors = tuple(colors)
        self.tolerance = tolerance
        self.sessions: list[FakeSession] = []
        """all sessions that were begun, in order"""

    @contextmanager
    def session(self) -> Iterator[FakeSession]:
        """See `Tracker.session`."""
        session = FakeSession(self.colors, self.tolerance)
        self.sessions.append(session)
        try:
            yield session
        finally:
            session.closed = True
