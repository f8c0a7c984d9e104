"""A public fake of the seam Clip: a video that exists only in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from seewhy.errors import VideoError
from seewhy.settings import Settings
from seewhy.types.time import Span
from seewhy.types.video import Frame, Image, VideoFacts, VideoId
from seewhy.video.area import scaled
from seewhy.video.identity import DIGEST_BYTES
from seewhy.video.sampling import Ticks, fitted_size, sampling_rate


class FakeClip:
    """A `Clip` over frames. Scales as `FileClip` does, by area.

    >>> from fractions import Fraction
    >>> clock = Fraction(1, 24)
    >>> clip = FakeClip([Frame(i, i, clock, i / 24, np.full((4, 6, 3), i, np.uint8)) for i in range(24)])
    >>> clip.exact([7], lines=2)[7].image.shape, [frame.index for frame in clip.sampled()]
    ((2, 3, 3), [0, 4, 8, 12, 16, 20])
    """

    PATH = Path("clip.fake")
    """What errors call it."""

    def __init__(self, frames: Sequence[Frame], facts: VideoFacts | None = None, settings: Settings | None = None):
        """
        Args:
            frames: all frames of the video in order of time, of one size; at least one.
            facts: by default, what the frames say: at the mean rate, each lasting until the next.
            settings: `video` says at what rate and size perception saw it.

        Raises:
            ValueError: there are no frames, or they are not numbered 0, 1, 2, ...
        """
        if [frame.index for frame in frames] != list(range(len(frames))) or not frames:
            raise ValueError(f"frames are all frames of a video, numbered from 0; got {[f.index for f in frames][:9]}")
        self._frames = tuple(frames)
        self._facts = facts or facts_of(frames)
        self._settings = settings or Settings()

    @property
    def facts(self) -> VideoFacts:
        """See `Clip.facts`."""
        return self._facts

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        """See `Clip.exact`. Frames come in order of their index.

        Raises:
            ValueError: `lines` is not positive.
        """
        fitted_size(self._facts.width, self._facts.height, lines)
        for index in sorted(indices):
            if not 0 <= index < len(self._frames):
                raise VideoError(self.PATH, f"frame {index} was asked for, there are {len(self._frames)}, from 0")
        return {index: self._fitted(self._frames[index], lines) for index in sorted(set(indices))}

    def sampled(self) -> Iterator[Frame]:
        """See `Clip.sampled`."""
        video, facts = self._settings.video, self._facts
        ticks = Ticks(sampling_rate(video.rate, facts.duration, video.max_frames), facts.time_base, video.max_frames)
        for frame in self._frames:
            if ticks.take((frame.pts - facts.start_pts) * facts.time_base):
                yield self._fitted(frame, video.lines)

    def every(self, span: Span, most: int) -> Iterator[Frame]:
        """See `Clip.every`."""
        within = [frame for frame in self._frames if span.contains(frame.t)]
        for frame in within[: max(most, 0)]:
            yield self._fitted(frame, self._settings.video.lines)

    def _fitted(self, frame: Frame, lines: int) -> Frame:
        width, height = fitted_size(self._facts.width, self._facts.height, lines)
        return replace(frame, image=_scaled(frame.image, (height, width)))


def _scaled(image: Image, size: tuple[int, int]) -> Image:
    height, width, _ = image.shape
    channels = [scaled(image[..., channel], (height, width), (1, 1), size) for channel in range(3)]
    return np.stack(channels, axis=2)


def facts_of(frames: Sequence[Frame]) -> VideoFacts:
    """What frames say of the video that they are all of."""
    first, last, count = frames[0], frames[-1], len(frames)
    clock = first.time_base
    height, width, _ = first.image.shape
    seconds = (last.pts - first.pts) * clock
    period = seconds / (count - 1) if count > 1 else clock
    digest = hashlib.blake2b(repr((clock, [frame.pts for frame in frames])).encode(), digest_size=DIGEST_BYTES)
    for frame in frames:
        digest.update(frame.image.tobytes())
    return VideoFacts(
        id=VideoId(digest.hexdigest()), bytes=sum(frame.image.nbytes for frame in frames), width=width, height=height,
        rotation=0, duration=float(seconds + period), start_pts=first.pts, time_base=clock, average_rate=1 / period,
        codec="rawvideo", container="memory",
    )  # fmt: skip
