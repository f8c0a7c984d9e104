"""What a channel shows a model of a video: frames that lie evenly over it, so many or one a second."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

from seewhy.errors import VideoError
from seewhy.models.local.footage import Footage
from seewhy.types.twin import Twin
from seewhy.types.video import FrameTime
from seewhy.video.clip import Clip

LINES = 360
"""Greatest height of a frame, in pixels. Two frames of 640x360 are 220 tokens; the models were trained with up to 768
for one frame, but more frames tell more of what happens than larger ones."""
MOST_SLANTED = 200
"""A frame is at most so many times as wide as it is high, or the other way round; what prepares it takes no other."""

RATE = 1.0
"""Frames a second, as in the published code; above all, the same for the gallery and for references."""
FEWEST, MOST = 4, 64
"""Frames. Fewer than four say little of what happens (the models' own preparation takes no fewer); those of more than a
minute lie more than a second apart."""


def evenly(frames: Sequence[FrameTime], most: int) -> tuple[int, ...]:
    """Indices of decoded frames, of so many that lie evenly, the first and the last among them; all, where there are
    no more.

    >>> evenly([FrameTime(index=4 * place, pts=0, t=0.0) for place in range(7)], 3)
    (0, 12, 24)
    """
    if len(frames) <= most:
        return tuple(frame.index for frame in frames)
    if most == 1:
        return (frames[len(frames) // 2].index,)
    last = len(frames) - 1
    return tuple(frames[(place * last + (most - 1) // 2) // (most - 1)].index for place in range(most))


def footage_of(twin: Twin, clip: Clip, most: int) -> Footage:
    """Frames of a video with their true times.

    Args:
        most: frames, at least 1.

    Raises:
        VideoError: the file cannot be read, has changed, or its pictures are of a shape that no model takes.
    """
    return _shown(twin, clip, evenly(twin.frames, most))


def footage_by_second(twin: Twin, clip: Clip) -> Footage:
    """A frame a second of a video, with their true times.

    Raises:
        VideoError: the file cannot be read, has changed, or its pictures are of a shape that no model takes.
    """
    return _shown(twin, clip, by_second(twin.frames))


def by_second(frames: Sequence[FrameTime]) -> tuple[int, ...]:
    """Indices of the decoded frames that are nearest to second 0, 1, 2, ...; of a short video `FEWEST` that lie evenly,
    of a long one `MOST`.

    Args:
        frames: in order of time, at least one.

    >>> by_second([FrameTime(index=number, pts=0, t=number / 6) for number in range(27)])
    (0, 6, 12, 18, 24)
    """
    times = [frame.t for frame in frames]
    chosen: dict[int, FrameTime] = {}
    for number in range(int(times[-1] * RATE) + 1):
        second = number / RATE
        after = bisect_left(times, second)
        place = min((max(after - 1, 0), min(after, len(times) - 1)), key=lambda near: abs(times[near] - second))
        chosen[frames[place].index] = frames[place]
    if len(chosen) < FEWEST:
        return evenly(frames, FEWEST)
    return evenly(list(chosen.values()), MOST)


def _shown(twin: Twin, clip: Clip, indices: tuple[int, ...]) -> Footage:
    width, height = twin.video.width, twin.video.height
    if max(width, height) > MOST_SLANTED * min(width, height):
        raise VideoError(
            Path(str(twin.id)),
            f"a picture of {width}x{height} is more than {MOST_SLANTED} times as long as wide; no model is shown it",
        )
    found = clip.exact(indices, LINES)
    frames = [found[index] for index in sorted(found)]
    return Footage(tuple(frame.image for frame in frames), tuple(frame.t for frame in frames))
