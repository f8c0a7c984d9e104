"""What is known of a video file before anything looks at its content, and its frames."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NewType

import numpy as np
from numpy.typing import NDArray

from seewhy.types.base import Frozen
from seewhy.types.time import Rational

VideoId = NewType("VideoId", str)
"""Made from a file's content (BLAKE2b, 16 bytes, hex): two files of one content are one video."""

Image = NDArray[np.uint8]
"""An RGB picture, shape (H, W, 3), uint8."""


class VideoFacts(Frozen):
    """What the container and the first decoded frame say of a video.

    Width and height are those of the upright picture (after the rotation in the metadata), in pixels.
    """

    id: VideoId
    bytes: int
    """size of the file"""
    width: int
    height: int
    rotation: int
    """degrees, clockwise, that the stored picture is turned by to stand upright: 0, 90, 180 or 270"""
    duration: float
    """seconds from the first frame to the end of the last"""
    start_pts: int
    """presentation timestamp of the first frame"""
    time_base: Rational
    average_rate: Rational
    """frames per second, exact; nominal where the rate varies"""
    codec: str
    container: str
    created: str | None = None
    """ISO 8601 from the container's metadata, where it says so"""

    def seconds(self, pts: int) -> float:
        """Seconds from the first frame of the frame with this pts."""
        return float((pts - self.start_pts) * self.time_base)


class FrameTime(Frozen):
    """Which frame of the file was sampled."""

    index: int
    """counts decoded frames from 0"""
    pts: int
    t: float
    """seconds from the first frame; derived from pts and the time base"""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded, upright picture with its exact time."""

    index: int
    """counts decoded frames from 0"""
    pts: int
    time_base: Fraction
    t: float
    """seconds from the first frame"""
    image: Image
    """RGB, (H, W, 3)"""

    @property
    def time(self) -> FrameTime:
        return FrameTime(index=self.index, pts=self.pts, t=self.t)


def nearest_frame(sampled: Sequence[int], frame: int) -> int:
    """The sampled frame that stands for a decoded one: the nearest by number, the earlier of two equally near.

    Args:
        sampled: indices of decoded frames, ascending, at least one.

    >>> nearest_frame([0, 4, 8], 6), nearest_frame([0, 4, 8], 7), nearest_frame([0, 4, 8], 99)
    (4, 8, 8)
    """
    position = bisect_left(sampled, frame)
    return min(sampled[max(position - 1, 0) : position + 1], key=lambda index: abs(index - frame))
