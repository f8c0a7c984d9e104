"""What a channel shows a model of a video: frames that lie evenly over it."""

from __future__ import annotations

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
    width, height = twin.video.width, twin.video.height
    if max(width, height) > MOST_SLANTED * min(width, height):
        raise VideoError(
            Path(str(twin.id)),
            f"a picture of {width}x{height} is more than {MOST_SLANTED} times as long as wide; no model is shown it",
        )
    found = clip.exact(evenly(twin.frames, most), LINES)
    frames = [found[index] for index in sorted(found)]
    return Footage(tuple(frame.image for frame in frames), tuple(frame.t for frame in frames))
