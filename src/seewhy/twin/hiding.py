"""hidden_by: a thing is covered by another one, in part or wholly, for a while or for good."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seewhy.twin.geometry import BORDER, Floats, Trajectory, flags_to_runs, surety
from seewhy.twin.relations import DEPTH
from seewhy.types.time import Span

COVER = 0.3
"""share of the predicted box that the other one's box covers when it hides it"""
DROP = 0.6
"""visible share of the usual area under which a thing is partly hidden"""
HALF = 0.5
"""share of the time unseen in which the other one covers the place"""
BACK, GONE, LASTING = 0.6, 0.5, 0.3
"""scores of having been hidden when it comes back, and when it does not, and what more is sure with HALF at 1"""
MISS = 0.45
"""score when a single frame is missing: the segmenter may just have missed it"""
LOOK = 1.5
"""seconds on either side that give the usual area"""
PREDICT = 1.0
"""seconds: how far a vanished thing's motion is continued"""
MOVING = 0.02
"""diagonals per second: slower is not motion of one's own"""


@dataclass(frozen=True, eq=False)
class Visible:
    """What hiding needs to know of one track; made once, compared with every other track."""

    path: Trajectory
    share: Floats
    """(n,): visible area as a share of the usual one around that time"""
    full: Floats
    """(n, 2): width and height, in diagonals, when least hidden around that time"""
    depth: float
    """median rank; NaN where none is known"""

    @classmethod
    def of(cls, path: Trajectory) -> Visible:
        share, full = np.ones(len(path)), np.zeros((len(path), 2))
        for start, end in path.runs:
            area, t = path.area[start:end], path.t[start:end]
            sizes = path.boxes[start:end, 2:] - path.boxes[start:end, :2]
            for i in range(end - start):
                low, high = np.searchsorted(t, (t[i] - LOOK - 1e-9, t[i] + LOOK + 1e-9)).tolist()
                before, after = float(area[low : i + 1].max()), float(area[i:high].max())
                # Larger before AND after: hidden in between, not gone away. Near an end of the run one side has to do.
                at_end = t[i] - t[0] < LOOK or t[-1] - t[i] < LOOK
                share[start + i] = area[i] / max(max(before, after) if at_end else min(before, after), 1e-9)
                near = np.sort(sizes[low:high], axis=0)
                full[start + i] = near[(3 * len(near)) // 4]
        known = path.depth[~np.isnan(path.depth)]
        return cls(path, share, full, float(np.median(known)) if len(known) else math.nan)


def hidings(hidden: Visible, front: Visible) -> Iterator[tuple[Span, float]]:
    """When the one is hidden by the other: partly (its area drops while the other covers its place), or wholly (it
    vanishes there)."""
    if front.depth - hidden.depth > DEPTH:
        return
    a, b = hidden.path, front.path
    found: list[tuple[Span, float]] = []
    for k, (start, end) in enumerate(a.runs):
        found += list(_partly(hidden, b, start, end))
        if k + 1 < len(a.runs):
            found += list(_between(hidden, b, end - 1, a.runs[k + 1][0]))
        elif not a.clipped[end - 1]:
            found += list(_beyond(hidden, b, end - 1, 1))
        if k == 0 and not a.clipped[start]:
            found += list(_beyond(hidden, b, start, -1))
        # misses inside a run: too short to be an absence, but long enough to go behind something
        for i in np.flatnonzero(np.diff(a.t[start:end]) > 1.5 * a.picture.step).tolist():
            found += list(_between(hidden, b, start + i, start + i + 1))
    merged: list[tuple[Span, float]] = []
    for span, score in sorted(found, key=lambda f: (f[0].start, f[0].end)):
        if merged and span.start <= merged[-1][0].end + 2.5 * a.picture.step:
            merged[-1] = (merged[-1][0].hull(span), max(score, merged[-1][1]))
        else:
            merged.append((span, score))
    yield from merged


def _cover(center: Floats, size: Floats, box: Floats) -> float:
    """Share of a box of this center and size (w, h) that lies in `box`."""
    low, high = np.maximum(center - size / 2, box[:2]), np.minimum(center + size / 2, box[2:])
    return float(np.prod(np.maximum(high - low, 0)) / max(float(np.prod(size)), 1e-9))


def _partly(hidden: Visible, b: Trajectory, start: int, end: int) -> Iterator[tuple[Span, float]]:
    """Its visible area drops within a run while b covers some of its place."""
    a = hidden.path
    visible = hidden.share[start:end]
    dropped = (visible < DROP) & ~a.clipped[start:end]
    for first, last in flags_to_runs(dropped, fill=1):
        covers = []
        for i in range(start + first, start + last):
            seen = np.flatnonzero(b.frames == a.frames[i])
            if len(seen):
                here = np.array([(a.boxes[i, 0] + a.boxes[i, 2]) / 2, (a.boxes[i, 1] + a.boxes[i, 3]) / 2])
                covers.append(_cover(here, hidden.full[i], b.boxes[seen[0]]))
        if covers and max(covers) >= COVER:
            span = Span(start=float(a.t[start + first]), end=a.until(start + last - 1))
            drop = 1 - float(visible[first:last].min())
            yield span, surety(drop, 1 - DROP) * 0.9


def _covered_at(b: Trajectory, t: Floats, centers: Floats, size: Floats) -> tuple[int, int]:
    """Of these times, at how many b is seen, and at how many it covers the box."""
    seen = covered = 0
    for moment, center in zip(t.tolist(), centers, strict=True):
        i = int(np.argmin(np.abs(b.t - moment)))
        if abs(float(b.t[i]) - moment) <= 0.75 * b.picture.step:
            seen += 1
            covered += _cover(center, size, b.boxes[i]) >= COVER
    return seen, covered


def _between(hidden: Visible, b: Trajectory, i: int, j: int) -> Iterator[tuple[Span, float]]:
    """It vanished after observation i and is back at j."""
    a = hidden.path
    n = max(round((a.t[j] - a.t[i]) / a.picture.step), 2)
    share: Floats = np.asarray(np.linspace(0, 1, n + 1)[1:-1], np.float64)
    here, there = np.array([a.x[i], a.y[i]]), np.array([a.x[j], a.y[j]])
    centers: Floats = here + share[:, None] * (there - here)
    size = np.maximum(hidden.full[i], hidden.full[j])
    moments: Floats = float(a.t[i]) + share * float(a.t[j] - a.t[i])
    seen, covered = _covered_at(b, moments, centers, size)
    if seen and covered / seen >= HALF:
        score = BACK + LASTING * covered / seen if n > 2 else MISS
        yield Span(start=float(a.t[i]), end=float(a.t[j])), score


def _beyond(hidden: Visible, b: Trajectory, i: int, direction: int) -> Iterator[tuple[Span, float]]:
    """It vanished after observation i for good (direction 1), or was not seen before it (-1)."""
    a = hidden.path
    room = a.picture.end - float(a.t[i]) if direction > 0 else float(a.t[i])
    if room < 1.5 * a.picture.step:
        return
    ahead = np.arange(1, max(int(min(room, PREDICT) / a.picture.step), 1) + 1, dtype=np.float64) * a.picture.step
    speed = float(a.speed[i])
    velocity = a.velocity[i] if speed > MOVING else np.zeros(2)
    centers = np.array([a.x[i], a.y[i]]) + direction * ahead[:, None] * velocity
    inside = (
        (centers > BORDER).all(axis=1)
        & (centers[:, 0] < a.picture.width - BORDER)
        & (centers[:, 1] < a.picture.height - BORDER)
    )
    if not inside.any():
        return
    moments: Floats = float(a.t[i]) + direction * ahead[inside]
    seen, covered = _covered_at(b, moments, centers[inside], hidden.full[i])
    if seen and covered / seen >= HALF:
        far = float(b.t[-1]) + b.picture.step if direction > 0 else float(b.t[0])
        start, end = sorted((float(a.t[i]), min(far, a.picture.end) if direction > 0 else far))
        if end > start and not math.isclose(start, end):
            yield Span(start=start, end=end), GONE + LASTING * covered / seen
