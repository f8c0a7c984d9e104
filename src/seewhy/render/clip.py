"""A hit as a video: the masks of its objects drawn on every frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from seewhy.render.draw import draw_masks
from seewhy.render.stills import EVERY_FRAME, Footage, focus, hit_masks_at, object_colors, object_labels
from seewhy.types.hit import Hit
from seewhy.types.time import Span
from seewhy.types.video import Image, nearest_frame
from seewhy.video.write import write_video

WHOLE = 20.0
"""Videos up to this many seconds are shown whole; of longer ones, the best moment."""
CONTEXT = 2.0
"""Seconds shown before and after the moment of a longer video."""


def render_clip(hit: Hit, footage: Footage, out: Path) -> Path:
    """Write the hit as mp4 at the video's average rate. Between sampled frames the nearest mask is held.

    Returns:
        `out`.

    Raises:
        VideoError: the file cannot be read.
        OSError: `out` cannot be written.
    """
    write_video(out, _pictures(hit, footage), footage.twin.video.average_rate)
    return out


def shown_span(hit: Hit, footage: Footage) -> Span:
    """The stretch of the video that the clip shows."""
    duration = footage.twin.video.duration
    if duration <= WHOLE:
        return footage.twin.span
    moment = focus(hit, footage.twin)
    return Span(start=max(0.0, moment.start - CONTEXT), end=min(duration, moment.end + CONTEXT))


def _pictures(hit: Hit, footage: Footage) -> Iterator[Image]:
    """One picture per tick of the average rate, so that a variable rate keeps its timing."""
    facts = footage.twin.video
    span = shown_span(hit, footage)
    sampled = [frame.index for frame in footage.twin.frames]
    colors, labels = object_colors(hit), object_labels(hit)
    ticks = 0
    last: Image | None = None
    for frame in footage.source.frames(footage.video_path, facts, rate=EVERY_FRAME, lines=None, max_frames=None):
        if frame.t < span.start:
            continue
        if frame.t >= span.end:
            break
        due = round((frame.t - span.start) * facts.average_rate)
        while last is not None and ticks < due:
            yield last
            ticks += 1
        masks = hit_masks_at(hit, footage.masks, nearest_frame(sampled, frame.index)) if sampled else {}
        last = draw_masks(frame.image, masks, labels, colors)
    if last is not None:
        yield last
