"""Crop tubes: one track, cut out of the frames of a stretch, as a model of actions is shown it.

A tube is a square of one size for the whole stretch, around all the places where the track is in it. It stands still
while they fit into it, for "from left to right" is seen against what stands still; where the track goes too far for
that, the square follows no more than it must. What is around the track stays in the picture: what a thing is done
with lies beside it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seewhy.types.time import Span
from seewhy.types.twin import Track, Twin
from seewhy.types.video import Frame
from seewhy.video.clip import Clip

Pictures = NDArray[np.uint8]
"""(frames, side, side, 3), RGB"""

WINDOW = 4.0
"""Seconds that are shown at a time: as long as the clips from which these models learn (Something-Something: 2 to 6 s,
4.0 on average; Goyal et al., arXiv 1706.04261)."""
LEAST_SECONDS = 0.5
"""A track that is in view for less does nothing that could be named: a quarter of the shortest of those clips."""
LONGEST_GAP = 1.0
"""seconds out of view, from which a track's next sight is another stretch"""
MARGIN = 0.25
"""Of the track's longer side, on each side of it. Processors of these models cut off the outer eighth of a picture; the
track stays inside, with some of what it touches."""
WIDEST = 3.0
"""A tube's side, in sides of the track with its margins, at most: in a wider one there is too little to see of it."""
LEAST_SIDE = 16
"""pixels: less shows nothing"""
MOST_LINES = 1080
"""Greatest height of frames that small tracks are cut from."""
MOST_FRAMES = 2000
"""Decoded frames that are read for one window: 4 s at 500 frames a second."""


@dataclass(frozen=True, slots=True)
class Tube:
    """Where a track is cut out."""

    side: int
    """of the square, in pixels"""
    corners: tuple[tuple[int, int], ...]
    """(left, top) in pixels, one for each time"""

    def cut(self, images: Sequence[NDArray[np.uint8]]) -> Pictures:
        """images: (H, W, 3), of the size that the tube was made for, one for each time."""
        squares = [
            image[top : top + self.side, left : left + self.side]
            for image, (left, top) in zip(images, self.corners, strict=True)
        ]
        return np.stack(squares)


def tube(track: Track, times: Sequence[float], size: tuple[int, int]) -> Tube:
    """The tube of a track.

    Args:
        track: seen at least once.
        times: in seconds, ascending.
        size: (height, width) of the frames, in pixels.
    """
    height, width = size
    boxes = boxes_at(track, times) * (width, height, width, height)
    low, high = boxes[:, :2], boxes[:, 2:]
    own = float((high - low).max())
    margin = MARGIN * own
    hull = float((high.max(axis=0) - low.min(axis=0)).max()) + 2 * margin
    wanted = min(hull, WIDEST * (own + 2 * margin))
    side = min(max(math.ceil(wanted - 1e-6), LEAST_SIDE), height, width)
    # The square holds the box while its middle lies between these two; a box that is larger holds the square.
    first, last = high + margin - side / 2, low - margin + side / 2
    middle = (low.min(axis=0) + high.max(axis=0)) / 2
    middles = np.clip(middle, np.minimum(first, last), np.maximum(first, last))
    corners = np.clip(np.round(middles - side / 2), 0, (width - side, height - side)).astype(int)
    return Tube(side, tuple((int(left), int(top)) for left, top in corners))


def boxes_at(track: Track, times: Sequence[float]) -> NDArray[np.float64]:
    """A track's box at any time, (N, 4) as fractions of the frame: between its sights, which are smoothed by the median
    of three, so that a mask that is wrong once does not shake the picture; before and after them as at their ends."""
    seen = np.array([one.box for one in track.observations], np.float64)
    padded = np.concatenate([seen[:1], seen, seen[-1:]])
    smooth = np.median(np.stack([padded[:-2], seen, padded[2:]]), axis=0)
    at = [one.t for one in track.observations]
    return np.stack([np.interp(times, at, smooth[:, side]) for side in range(4)], axis=1)


def stretches(track: Track, twin: Twin, span: Span) -> tuple[Span, ...]:
    """When the track is in view without a break or a cut within a span, for long enough to do something."""
    groups: list[list[float]] = []
    for time in (one.t for one in track.observations):
        before = groups[-1][-1] if groups else None
        same = before is not None and time - before <= max(LONGEST_GAP, 1.5 * twin.frame_step)
        if same and before is not None and not any(before < cut <= time for cut in twin.tempo.cuts):
            groups[-1].append(time)
        else:
            groups.append([time])
    found = []
    for group in groups:
        end = min([group[-1] + twin.frame_step, twin.video.duration, *(c for c in twin.tempo.cuts if c > group[-1])])
        common = Span(start=group[0], end=max(end, group[0])).intersection(span)
        if common is not None and common.duration >= LEAST_SECONDS:
            found.append(common)
    return tuple(found)


def windows(span: Span) -> tuple[Span, ...]:
    """Windows of `WINDOW` seconds that cover a span, evenly, each at least half over the one before; a shorter span is
    one window.

    >>> [str(window) for window in windows(Span(start=1.0, end=8.0))]
    ['1.0-5.0 s', '2.5-6.5 s', '4.0-8.0 s']
    """
    more = span.duration - WINDOW
    if more <= 0:
        return (span,)
    steps = math.ceil(more / (WINDOW / 2) - 1e-9)
    starts = [span.start + more * step / steps for step in range(steps + 1)]
    return tuple(Span(start=start, end=min(start + WINDOW, span.end)) for start in starts)


def evenly(clip: Clip, span: Span, count: int) -> list[Frame]:
    """What the video shows in the middle of each of `count` equal parts of a span: at each of these times, the frame
    that came last, however unevenly frames come. One that stays long is there several times.

    Returns:
        `count` frames in order; none where no frame begins in the span.

    Raises:
        VideoError: the video cannot be read.
    """
    times = [span.start + span.duration * (part + 0.5) / count for part in range(count)]
    picked: list[Frame] = []
    shown: Frame | None = None
    for frame in clip.every(span, MOST_FRAMES):
        if shown is not None:
            picked += itertools.repeat(shown, sum(time < frame.t for time in times[len(picked) :]))
        shown = frame
        if len(picked) == count:
            break
    return picked + [shown] * (count - len(picked)) if shown is not None else []


def pictures(clip: Clip, track: Track, span: Span, count: int, side: int) -> tuple[Pictures, tuple[float, ...]] | None:
    """A track in a window, cut out, and the times of the pictures; None where no frame begins in the window.

    Args:
        count: of pictures.
        side: pixels of a picture that the model works with; a track that is smaller is cut from larger frames, where
            the video has them.

    Raises:
        VideoError: the video cannot be read.
    """
    frames = evenly(clip, span, count)
    if not frames:
        return None
    times = tuple(frame.t for frame in frames)
    height, width, _ = frames[0].image.shape
    cut = tube(track, times, (height, width))
    images = [frame.image for frame in frames]
    lines = min(math.ceil(height * side / cut.side), clip.facts.height, MOST_LINES)
    if lines > height:
        near = clip.exact({frame.index for frame in frames}, lines)
        images = [near[frame.index].image for frame in frames]
        cut = tube(track, times, (images[0].shape[0], images[0].shape[1]))
    return cut.cut(images), times
