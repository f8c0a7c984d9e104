"""How much changes from one sampled frame to the next, as far as a twin knows."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence

from seewhy.types.twin import Observation, Track, Twin
from seewhy.types.video import FrameTime

COMES_OR_GOES = 1.0
"""a track is seen for the first or the last time in the stretch: what the others are compared with"""
HIDES_OR_RETURNS = 0.25
"""a track is lost and found again in between: often the fault of who follows it"""
BEGINS_OR_ENDS = 0.5
"""an event, or a state (an attribute that holds for a time)"""
MOVES = 1.0
"""for as far as the picture is wide, by the whole of it"""
GROWS = 0.5
"""for the share of its area that it gains or loses"""
SHARE = 0.5
"""Of the whole way, at most, that is change; the rest is time. Where little changes, it is time alone."""
MOST_AT_ONCE = 0.75
"""Of an even gap between two chosen frames: what happens between two samples is seen from both sides, by two frames;
a third one could not show more of it."""


def lengths(twin: Twin, frames: Sequence[FrameTime], n: int) -> list[float]:
    """The way from each frame to the next, (len(frames) - 1,), in a time that runs faster where more changes.

    Plain time counts 1 in all; changes count as the constants of this module say, scaled down if they are more than
    time is.

    Args:
        frames: sampled frames in order, at least one.
        n: frames that will be chosen.
    """
    seconds = frames[-1].t - frames[0].t
    times = [(b.t - a.t) / seconds for a, b in itertools.pairwise(frames)]
    changes = [0.0] * len(times)
    for track in twin.tracks:
        _add_track(changes, track, frames)
    spans = [event.span for event in twin.events]
    attributes = [a for track in twin.tracks for a in track.attributes] + [*twin.scene.attributes]
    spans += [a.span for a in (*attributes, *twin.camera.attributes) if a.span is not None]
    clock = [frame.t for frame in frames]
    for border in itertools.chain.from_iterable((span.start, span.end) for span in spans):
        step = bisect_left(clock, border) - 1  # the frame before the border; the next is on it or after it
        if 0 <= step < len(changes):
            changes[step] += BEGINS_OR_ENDS
    limit = SHARE / (1 - SHARE)
    total = math.fsum(changes)
    if total > limit:
        changes = [change * limit / total for change in changes]
    gap = MOST_AT_ONCE * (1 + math.fsum(changes)) / max(n - 1, 1)
    return [time + min(change, gap) for time, change in zip(times, changes, strict=True)]


def _add_track(changes: list[float], track: Track, frames: Sequence[FrameTime]) -> None:
    seen = [track.by_frame.get(frame.index) for frame in frames]
    where = [position for position, one in enumerate(seen) if one is not None]
    if not where:
        return
    for step, (before, after) in enumerate(itertools.pairwise(seen)):
        if before is not None and after is not None:
            changes[step] += _moved(before, after)
        elif before is not None or after is not None:
            first_or_last = step == where[0] - 1 or step == where[-1]
            changes[step] += COMES_OR_GOES if first_or_last else HIDES_OR_RETURNS


def _moved(before: Observation, after: Observation) -> float:
    # Only operations that IEEE 754 rounds in one way (no logarithm, no hypot): equal on every machine.
    right, down = after.x - before.x, after.y - before.y
    far = MOVES * math.sqrt(right * right + down * down)
    largest = max(before.area, after.area)
    return far + (GROWS * abs(after.area - before.area) / largest if largest > 0 else 0.0)
