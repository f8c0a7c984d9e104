"""Events between two tracks: approaches, moves_away, passes, follows; hidden_by comes from `hiding.py`.

Distances are between centroids, in frame diagonals. A thing approaches another one by its own motion: when only the
other one moves, it is the other one that approaches.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from seewhy.twin import camera
from seewhy.twin.geometry import Floats, Trajectory, flags_to_runs, legs, surety, trim
from seewhy.twin.hiding import Visible, hidings
from seewhy.types.time import Span
from seewhy.types.twin import Event, EventName, Twin

CLOSER = 0.08
"""diagonals by which the distance has to change to approach or move away"""
CLOSER_SHARE = 0.25
"""and the share of the larger distance: from far off, a small change is none"""
CLOSER_REVERSAL = 0.05
"""diagonals: smaller wobbles of the distance do not end an approach"""
OWN_SHARE = 0.35
"""of the change in distance that the subject's own motion has to bring"""
PASS_SIDE = 0.03
"""diagonals from the other's centroid, before and after, to have been on two sides of it"""
PASS_REACH = 1.5
"""times the sum of both half extents (at least PASS_NEAR): how far off to the side one still passes"""
PASS_NEAR = 0.15
PASS_TIME = 2.5
"""seconds: a passing takes no longer from the one side to the other"""
FOLLOW_TIME = 0.8
"""seconds, the shortest following"""
FOLLOW_COSINE = 0.7
"""between the two velocities: 45 degrees apart"""
FOLLOW_SPEED = 0.04
"""diagonals per second, of both"""
FOLLOW_ASIDE = 0.6
"""times that, at most, to the side: farther off it goes beside the other one"""
FOLLOW_BEHIND = 0.04
"""diagonals that the follower is behind, along the motion"""


class _Both(NamedTuple):
    """Two tracks where both are seen: positions (n, 2) in diagonals."""

    t: Floats
    a: Floats
    b: Floats
    va: Floats
    vb: Floats


def _both(a: Trajectory, b: Trajectory) -> Iterator[_Both]:
    _, ia, ib = np.intersect1d(a.frames, b.frames, assume_unique=True, return_indices=True)
    if len(ia) < 3:
        return
    t = a.t[ia]
    broken = np.diff(t) > max(PASS_TIME, 2.5 * a.picture.step)
    for cut in a.picture.cuts:
        broken |= (t[:-1] < cut) & (t[1:] >= cut)
    pa, pb = np.stack([a.x[ia], a.y[ia]], axis=1), np.stack([b.x[ib], b.y[ib]], axis=1)
    edges = [0, *(np.flatnonzero(broken) + 1).tolist(), len(t)]
    for s, e in itertools.pairwise(edges):
        if e - s >= 3:
            yield _Both(t[s:e], pa[s:e], pb[s:e], a.velocity[ia[s:e]], b.velocity[ib[s:e]])


def encounters(twin: Twin, paths: Sequence[Trajectory], source: str) -> list[Event]:
    """All events between the given tracks. Where the camera's turn could have moved the subject, it is doubted."""
    found: list[Event] = []
    visible = {path.track: Visible.of(path) for path in paths}
    for a, b in itertools.permutations(sorted(paths, key=lambda p: p.track), 2):

        def event(action: EventName, span: Span, score: float, a: Trajectory = a, b: Trajectory = b) -> Event:
            return Event(
                subject=a.track, action=action, object=b.track, span=span, score=round(score, 3), source=source
            )

        for both in _both(a, b):
            met: list[tuple[EventName, Span, float]] = [*_nearing(both)]
            met += [("passes", span, score) for span, score in _passing(both, (a.size + b.size) / 2)]
            met += [("follows", span, score) for span, score in _following(both, a.picture.step)]
            found += [event(name, span, score * _doubt(twin, both, span)) for name, span, score in met]
        found += [event("hidden_by", span, score) for span, score in hidings(visible[a.track], visible[b.track])]
    return found


def _doubt(twin: Twin, both: _Both, span: Span) -> float:
    i, j = np.searchsorted(both.t, (span.start, span.end)).tolist()
    dx, dy = both.a[min(j, len(both.t) - 1)] - both.a[i]
    return camera.doubt(twin, span, float(dx), float(dy))


def _nearing(both: _Both) -> Iterator[tuple[EventName, Span, float]]:
    distance = np.hypot(*(both.b - both.a).T)
    for leg in legs(distance, CLOSER_REVERSAL):
        i, j = trim(distance, *leg)
        change = float(distance[j] - distance[i])
        needed = max(CLOSER, CLOSER_SHARE * float(max(distance[i], distance[j])))
        if abs(change) < needed:
            continue
        # What the distance would have changed by, had the other one stayed where it was.
        towards = (both.b[i : j + 1] - both.a[i : j + 1]) / np.maximum(distance[i : j + 1, None], 1e-6)
        steps = np.diff(both.a[i : j + 1], axis=0)
        own = -float((steps * (towards[:-1] + towards[1:]) / 2).sum())
        if own / change < OWN_SHARE:
            continue
        span = Span(start=float(both.t[i]), end=float(both.t[j]))
        yield ("approaches" if change < 0 else "moves_away"), span, surety(abs(change), needed)


def _passing(both: _Both, extent: float) -> Iterator[tuple[Span, float]]:
    reach = max(PASS_REACH * extent, PASS_NEAR)
    for axis in (0, 1):
        along, across = (both.a - both.b)[:, axis], np.abs((both.a - both.b)[:, 1 - axis])
        sides = np.where(along > PASS_SIDE, 1, np.where(along < -PASS_SIDE, -1, 0))
        at = np.flatnonzero(sides)
        for i, j in itertools.pairwise(at.tolist()):
            if sides[i] == sides[j] or both.t[j] - both.t[i] > PASS_TIME or across[i : j + 1].min() > reach:
                continue
            if abs(across[j] - across[i]) > abs(along[j] - along[i]):  # crosses rather than passes along this axis
                continue
            moved = both.a[j, axis] - both.a[i, axis]
            if moved * sides[j] <= 0 or abs(moved) < OWN_SHARE * abs(along[j] - along[i]):
                continue
            # How far it comes from and goes to, on both sides, tells a passing from a wobble over the middle.
            window = (both.t >= both.t[i] - PASS_TIME / 2) & (both.t <= both.t[j] + PASS_TIME / 2)
            before = float((-sides[j] * along[window & (both.t <= both.t[i])]).max())
            after = float((sides[j] * along[window & (both.t >= both.t[j])]).max())
            far = max(0.4 * extent, PASS_SIDE)
            if min(before, after) < far:
                continue
            yield Span(start=float(both.t[i]), end=float(both.t[j])), surety(min(before, after), far)


def _following(both: _Both, step: float) -> Iterator[tuple[Span, float]]:
    speed_a, speed_b = np.hypot(*both.va.T), np.hypot(*both.vb.T)
    cosine = (both.va * both.vb).sum(axis=1) / np.maximum(speed_a * speed_b, 1e-9)
    mean = both.va + both.vb
    heading = mean / np.maximum(np.hypot(*mean.T)[:, None], 1e-9)
    ahead = both.b - both.a
    behind = (ahead * heading).sum(axis=1)
    aside = np.abs(ahead[:, 0] * heading[:, 1] - ahead[:, 1] * heading[:, 0])
    flags = (
        (np.minimum(speed_a, speed_b) >= FOLLOW_SPEED)
        & (cosine >= FOLLOW_COSINE)
        & (behind >= FOLLOW_BEHIND)
        & (aside <= FOLLOW_ASIDE * behind)
    )
    for i, j in flags_to_runs(flags, fill=1, shortest=max(round(FOLLOW_TIME / step), 3)):
        gap = behind[i:j]
        if gap[-1] > 2.5 * gap[0] + FOLLOW_BEHIND:  # left behind
            continue
        span = Span(start=float(both.t[i]), end=float(both.t[j - 1]))
        yield span, surety(span.duration, FOLLOW_TIME) * float(np.clip(np.median(cosine[i:j]) + 0.1, 0, 1))
