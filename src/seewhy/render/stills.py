"""Which frames show a hit, and those frames with its masks drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from seewhy.render.draw import color_of, draw_masks
from seewhy.render.lettering import Color
from seewhy.twin.masks_file import MaskTable
from seewhy.types.hit import Hit
from seewhy.types.masks import Rle
from seewhy.types.time import Span
from seewhy.types.twin import Twin
from seewhy.types.video import Frame, FrameTime, Image
from seewhy.video.source import VideoSource

EVERY_FRAME = 1000.0
"""A sampling rate above any file's: all frames are taken."""
CONTEXT = 0.25
"""Of the moment's length, and at least half a second, is shown before and after it."""


class Footage(NamedTuple):
    """All that is needed to draw a hit."""

    twin: Twin
    masks: MaskTable
    video_path: Path
    source: VideoSource


@dataclass(frozen=True, slots=True)
class Still:
    """One frame with the masks of the hit's objects drawn."""

    time: FrameTime
    image: Image
    shown: tuple[int, ...]
    """ids of the tracks that are drawn"""
    in_moment: bool
    """True: the frame lies in one of the hit's moments"""


def object_colors(hit: Hit) -> dict[int, Color]:
    """Track id → color, by the order in which a hit names its objects: the same in every picture of it."""
    return {thing.track: color_of(position) for position, thing in enumerate(hit.objects)}


def object_labels(hit: Hit) -> dict[int, str]:
    """Track id → what is written beside its mask."""
    return {thing.track: f"{thing.track} {thing.category}" for thing in hit.objects}


def focus(hit: Hit, twin: Twin) -> Span:
    """The time to look at: the best moment, else when the objects are seen, else the whole video."""
    if hit.moments:
        return hit.moments[0].span
    seen = sorted(frame for thing in hit.objects for frame in thing.masks)
    times = {frame.index: frame.t for frame in twin.frames}
    known = [times[frame] for frame in seen if frame in times]
    return Span(start=known[0], end=known[-1]) if known else twin.span


def spread(hit: Hit, twin: Twin, count: int) -> list[FrameTime]:
    """At most `count` sampled frames, evenly over the best moment with a little before and after, in order of time.
    A short video may have fewer."""
    span = focus(hit, twin)
    margin = max(0.5, CONTEXT * span.duration)
    start, end = max(0.0, span.start - margin), min(twin.video.duration, span.end + margin)
    near = [frame for frame in twin.frames if start <= frame.t < end] or list(twin.frames[:1])
    if len(near) <= count:
        return near
    if count == 1:
        return [near[len(near) // 2]]
    last = len(near) - 1
    return [near[round(position * last / (count - 1))] for position in range(count)]


def stills(
    hit: Hit, footage: Footage, times: Collection[FrameTime], lines: int | None, *, labels: bool = True
) -> list[Still]:
    """The frames at these times with masks drawn, in order of time.

    Args:
        hit: whose objects and moments are shown.
        footage: where the pictures and masks are.
        times: of sampled frames.
        lines: greatest height of the pictures in pixels; None: as stored.
        labels: write ids and categories beside the masks.

    Raises:
        VideoError: the file cannot be read.
    """
    colors = object_colors(hit)
    drawn = []
    for frame in decoded(footage, {time.index for time in times}, lines):
        masks = hit_masks_at(hit, footage.masks, frame.index)
        image = draw_masks(frame.image, masks, object_labels(hit) if labels else None, colors)
        in_moment = any(moment.span.contains(frame.t) for moment in hit.moments)
        drawn.append(Still(frame.time, image, tuple(masks), in_moment))
    return drawn


def hit_masks_at(hit: Hit, masks: MaskTable, frame: int) -> Mapping[int, Rle]:
    """Track id → mask of the hit's objects that a sampled frame shows."""
    here = masks.get(frame, {})
    return {thing.track: here[thing.track] for thing in hit.objects if frame in thing.masks and thing.track in here}


def decoded(footage: Footage, wanted: Collection[int], lines: int | None) -> Iterator[Frame]:
    """The frames with these indices, decoded in sequence up to the last of them."""
    if not wanted:
        return
    facts = footage.twin.video
    frames = footage.source.frames(footage.video_path, facts, rate=EVERY_FRAME, lines=lines, max_frames=None)
    for frame in frames:
        if frame.index in wanted:
            yield frame
        if frame.index >= max(wanted):
            return
