"""What of a video a vision-language model is shown: which stretches, and which frames of each.

Everything here follows from the twin alone, so the same twin is shown in the same way on every machine.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Collection, Sequence

from seewhy.perceive.hosted.change import lengths
from seewhy.types.time import Span
from seewhy.types.twin import Twin
from seewhy.types.video import FrameTime

FRAMES_A_CALL = 8
"""What a stretch is cut to suit; a call may show more or fewer."""
SECONDS_A_CALL = 24.0
"""Seconds that so many frames can stand for: they lie 3 s apart then, about as long as one thing that somebody does
takes (put down, open, sit down), so what happens between two frames can be told from both; and they go where most
changes, not where the clock stands."""
SHORTEST_SHOT = 2.0
"""Seconds; a shorter shot is shown together with its neighbor: at six samples a second its eight frames would be
nearly all that there are, and a video cut every second would take a call for each."""
WELL_SEEN = 0.5
"""A track is well seen where it is at least so large, as a share of its largest in the stretch: not while it comes in
at the border or from behind something."""


def shots(twin: Twin) -> tuple[Span, ...]:
    """The stretches of a video that are shown in one call each, in order; together they are the whole video.

    A stretch is one shot, or several short ones; a long one is cut into equal parts of at most `SECONDS_A_CALL`, or of
    as many sampled frames as one call shows, where sampling is thinner.
    """
    end = twin.video.duration
    borders = [0.0]
    for cut in sorted(twin.tempo.cuts):
        if cut - borders[-1] >= SHORTEST_SHOT and cut < end:
            borders.append(cut)
    if len(borders) > 1 and end - borders[-1] < SHORTEST_SHOT:
        borders.pop()  # the last shot is too short by itself
    longest = max(SECONDS_A_CALL, FRAMES_A_CALL * twin.frame_step)
    stretches: list[Span] = []
    for start, stop in itertools.pairwise((*borders, end)):
        parts = max(1, math.ceil((stop - start) / longest))
        marks = [start + (stop - start) * part / parts for part in range(parts)]
        stretches += (Span(start=a, end=b) for a, b in itertools.pairwise((*marks, stop)))
    return tuple(stretches)


def choose_frames(twin: Twin, span: Span, n: int) -> tuple[int, ...]:
    """Up to `n` of the twin's sampled frames within a span [start, end), chosen to show what changes.

    In this order of importance: every track is well seen at least once, as far as `n` allows; the first and the last
    state are seen; the rest lies evenly, in a time that runs faster where more changes (`lengths`). So what comes,
    goes, begins and ends is seen before and after, and no two frames show the same as long as others show something
    else.

    Returns:
        Indices of decoded frames, as in `Twin.frames`, ascending; all there are if these are no more than `n`; none if
        the span holds no sampled frame.

    Raises:
        ValueError: `n` is not positive.
    """
    if n < 1:
        raise ValueError(f"at least one frame is chosen, got n = {n}")
    frames = [frame for frame in twin.frames if span.contains(frame.t)]
    if len(frames) <= n:
        return tuple(frame.index for frame in frames)
    along = list(itertools.accumulate(lengths(twin, frames, n), initial=0.0))
    chosen = _fill(_fixed(_well_seen(twin, frames), along, n), along, n)
    return tuple(frames[position].index for position in chosen)


def _well_seen(twin: Twin, frames: Sequence[FrameTime]) -> list[frozenset[int]]:
    """The tracks that each frame shows well, by id."""
    shown: list[set[int]] = [set() for _ in frames]
    for track in twin.tracks:
        areas = [seen.area if (seen := track.by_frame.get(frame.index)) else 0.0 for frame in frames]
        for position, area in enumerate(areas):
            if area > 0 and area >= WELL_SEEN * max(areas):
                shown[position].add(track.id)
    return [frozenset(ids) for ids in shown]


def _fixed(tracks: Sequence[frozenset[int]], along: Sequence[float], n: int) -> list[int]:
    """Positions that are taken whatever else is: those that show every track, and both ends if the budget allows."""
    last, everyone = len(tracks) - 1, _seen(tracks, range(len(tracks)))
    for ends in ((0, last), (0,), (last,)) if n > 1 else ():
        cover = _cover(tracks, along, ends, n)
        if _seen(tracks, cover) == everyone:
            return cover
    return _cover(tracks, along, (), n)


def _seen(tracks: Sequence[frozenset[int]], positions: Collection[int]) -> frozenset[int]:
    return frozenset().union(*(tracks[position] for position in positions))


def _cover(tracks: Sequence[frozenset[int]], along: Sequence[float], start: Sequence[int], n: int) -> list[int]:
    """At most `n` positions, those of `start` among them, that show as many tracks as can be had one by one: each next
    shows most that were not seen; of several, the one most unlike those before, then the one nearest to the middle."""
    chosen = list(start)
    while len(chosen) < n:
        seen = _seen(tracks, chosen)
        most = max(len(here - seen) for here in tracks)
        if most == 0:
            break
        places = [position for position, here in enumerate(tracks) if len(here - seen) == most]
        chosen.append(_loneliest(places, along, chosen))
    return sorted(chosen)


def _loneliest(places: Sequence[int], along: Sequence[float], others: Collection[int]) -> int:
    """The place farthest from all others; of several, the one nearest to the middle of the way, then the first."""
    middle = along[-1] / 2

    def apart(place: int) -> float:
        return min((abs(along[place] - along[other]) for other in others), default=0.0)

    return max(places, key=lambda place: (apart(place), -abs(along[place] - middle), -place))


def _fill(fixed: Sequence[int], along: Sequence[float], n: int) -> list[int]:
    """`n` positions, the fixed ones among them, as even along the way as these allow: the gaps between fixed ones share
    the others so that the sum of the squares of all gaps is least; within a gap they lie evenly."""
    gaps = list(itertools.pairwise(fixed))
    shares = [0] * len(gaps)
    while len(fixed) + sum(shares) < n:
        room = [i for i, (a, b) in enumerate(gaps) if shares[i] < b - a - 1]
        if not room:
            break
        shares[max(room, key=lambda i: (_eased(along, gaps[i], shares[i]), -i))] += 1
    chosen = list(fixed)
    for (a, b), share in zip(gaps, shares, strict=True):
        chosen += _evenly(along, a, b, share)
    while len(chosen) < n:  # outside of the fixed ones
        chosen.append(_loneliest([p for p in range(len(along)) if p not in chosen], along, chosen))
    return sorted(chosen)


def _eased(along: Sequence[float], gap: tuple[int, int], share: int) -> float:
    """By how much the sum of squares falls when a gap that holds `share` positions gets one more."""
    way = along[gap[1]] - along[gap[0]]
    return way * way / ((share + 1) * (share + 2))


def _evenly(along: Sequence[float], low: int, high: int, share: int) -> list[int]:
    """`share` positions between two others, none twice."""
    taken: list[int] = []
    before = low
    for k in range(1, share + 1):
        target = along[low] + (along[high] - along[low]) * k / (share + 1)
        before = _nearest(along, target, before + 1, high - 1 - (share - k))
        taken.append(before)
    return taken


def _nearest(along: Sequence[float], target: float, low: int, high: int) -> int:
    """The position from `low` to `high` that lies nearest to a point of the way; the earlier of two."""
    position = bisect_left(along, target, low, high)
    return min(range(max(position - 1, low), position + 1), key=lambda p: abs(along[p] - target))
