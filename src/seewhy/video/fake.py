"""A public fake: videos that exist only in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from seewhy.errors import NoFrames, VideoNotFound
from seewhy.types.video import Frame, Image, VideoFacts, VideoId
from seewhy.video.identity import DIGEST_BYTES
from seewhy.video.sampling import Ticks, fitted_size, sampling_rate


@dataclass(frozen=True)
class FakeVideo:
    """Pictures with times."""

    images: Sequence[Image]
    """of one size"""
    rate: Fraction = Fraction(24)
    pts: Sequence[int] | None = None
    """one per image, growing, in units of 1 / (rate * 512) seconds; None: evenly spaced from 0"""


class FakeSource:
    """A `VideoSource` over arrays. Scales by taking the nearest pixel.

    >>> source = FakeSource({Path("a"): FakeVideo([np.zeros((4, 6, 3), np.uint8)] * 24)})
    >>> facts = source.probe(Path("a"))
    >>> facts.width, facts.height, facts.duration
    (6, 4, 1.0)
    >>> [f.t for f in source.frames(Path("a"), facts, rate=4, lines=None, max_frames=None)]
    [0.0, 0.25, 0.5, 0.75]
    """

    _UNITS_PER_FRAME = 512

    def __init__(self, videos: Mapping[Path, FakeVideo]) -> None:
        self._videos = dict(videos)

    def _video(self, path: Path) -> tuple[FakeVideo, Sequence[int]]:
        video = self._videos.get(path)
        if video is None:
            raise VideoNotFound(path, "no such video was given to this FakeSource")
        if not video.images:
            raise NoFrames(path, "this FakeVideo has no images")
        if video.pts is not None:
            return video, video.pts
        return video, range(0, len(video.images) * self._UNITS_PER_FRAME, self._UNITS_PER_FRAME)

    def probe(self, path: Path) -> VideoFacts:
        """See `VideoSource.probe`."""
        video, pts = self._video(path)
        digest = hashlib.blake2b(repr((video.rate, list(pts))).encode(), digest_size=DIGEST_BYTES)
        for image in video.images:
            digest.update(np.ascontiguousarray(image).tobytes())
        height, width, _ = video.images[0].shape
        clock = 1 / (video.rate * self._UNITS_PER_FRAME)
        return VideoFacts(
            id=VideoId(digest.hexdigest()), bytes=sum(image.nbytes for image in video.images),
            width=width, height=height, rotation=0, duration=float((pts[-1] - pts[0]) * clock + 1 / video.rate),
            start_pts=pts[0], time_base=clock, average_rate=video.rate, codec="rawvideo", container="memory",
        )  # fmt: skip

    def frames(
        self, path: Path, facts: VideoFacts, *, rate: float, lines: int | None, max_frames: int | None
    ) -> Iterator[Frame]:
        """See `VideoSource.frames`."""
        ticks = Ticks(sampling_rate(rate, facts.duration, max_frames), facts.time_base, max_frames)
        size = fitted_size(facts.width, facts.height, lines)
        return self._sampled(path, facts, ticks, size)

    def _sampled(self, path: Path, facts: VideoFacts, ticks: Ticks, size: tuple[int, int]) -> Iterator[Frame]:
        video, times = self._video(path)
        columns, rows = (
            np.arange(new) * old // new for new, old in zip(size, (facts.width, facts.height), strict=True)
        )
        for index, (image, pts) in enumerate(zip(video.images, times, strict=True)):
            t = (pts - facts.start_pts) * facts.time_base
            if ticks.take(t):
                yield Frame(index, pts, facts.time_base, float(t), np.ascontiguousarray(image[rows][:, columns]))
