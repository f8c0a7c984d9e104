"""Spatial and depth relations between tracks, as spans in which both are seen.

Each relation is a signed margin per common frame (lengths in frame diagonals), on at a threshold and off at a share of
it, with flickers filled and blinks dropped. Only one of two converse relations is written (left_of, above,
in_front_of; overlaps and near with the smaller id first); `vocabulary.CONVERSE` reads the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from seewhy.twin.geometry import Flags, Floats, Trajectory, flags_to_runs, hysteresis, surety
from seewhy.types.time import Span
from seewhy.types.twin import Relation, RelationName

SIDE = 0.05
"""diagonals between centroids to be left of / above: less is not seen as a difference of place"""
SIDE_OF_EXTENT = 0.3
"""of the two things' mean extent along the axis: large things have to be farther apart to be beside each other"""
SIDE_SLANT = 0.4
"""share of the offset across the axis that the offset along it has to reach: up to 68 degrees off still counts"""
INSIDE = 0.9
"""share of the one's box that lies in the other's"""
INSIDE_SIZE = 0.7
"""the inner box has at most this share of the outer's area: two boxes of one size are not in each other"""
OVERLAP = 0.1
"""share of the smaller box that lies in the other; boxes of touching masks overlap by about this"""
NEAR = 0.06
"""diagonals between boxes (0 when they overlap): about the width of a hand at arm's length in a portrait"""
DEPTH = 0.15
"""difference of depth ranks; ranks within one frame are uncertain by about a tenth"""
DEPTH_TRUST = 0.85
"""scores of depth order are scaled by this: ranks are relative and averaged over masks"""
DEPTH_GAP = 0.03
DEPTH_APART = 0.55
"""and by this when the boxes are farther apart than DEPTH_GAP diagonals: one is nearer to the camera, but hardly "in
front of" the other"""
UNCOVERED = 0.7
"""share of a box that lies in the other one's while nothing of the thing is hidden: then it is in front"""
WHOLE = 0.8
"""visible share of its usual area, from which nothing of a thing is hidden"""
UNCOVERED_SCORE = 0.65
"""of being in front for that reason: what lies inside may also belong to the outer thing"""
RELEASE = 0.7
"""a relation that holds ends when its margin falls under this share of the threshold (hysteresis)"""
SHORTEST = 0.3
"""seconds: relations that hold for less are a flicker, unless the two are seen together for no longer"""
FILL = 0.35
"""seconds: gaps up to this in a relation are filled"""


def margins(a: Trajectory, b: Trajectory) -> tuple[Floats, Mapping[RelationName, Floats], list[tuple[int, int]]]:
    """How far each relation holds of a towards b.

    Returns:
        times (n,) of the frames that show both; per relation the value divided by its threshold, (n,), so that 1 is
        on; runs (half-open) of common frames without a gap.
    """
    _, ia, ib = np.intersect1d(a.frames, b.frames, assume_unique=True, return_indices=True)
    t = a.t[ia]
    box_a, box_b = a.boxes[ia], b.boxes[ib]
    dx, dy = b.x[ib] - a.x[ia], b.y[ib] - a.y[ia]
    wide_a, wide_b = box_a[:, 2] - box_a[:, 0], box_b[:, 2] - box_b[:, 0]
    high_a, high_b = box_a[:, 3] - box_a[:, 1], box_b[:, 3] - box_b[:, 1]
    side_x = np.maximum.reduce([np.full(len(t), SIDE), SIDE_OF_EXTENT * (wide_a + wide_b) / 2, SIDE_SLANT * abs(dy)])
    side_y = np.maximum.reduce([np.full(len(t), SIDE), SIDE_OF_EXTENT * (high_a + high_b) / 2, SIDE_SLANT * abs(dx)])
    common_x = np.minimum(box_a[:, 2], box_b[:, 2]) - np.maximum(box_a[:, 0], box_b[:, 0])
    common_y = np.minimum(box_a[:, 3], box_b[:, 3]) - np.maximum(box_a[:, 1], box_b[:, 1])
    common = np.maximum(common_x, 0) * np.maximum(common_y, 0)
    area_a, area_b = np.maximum(wide_a * high_a, 1e-9), np.maximum(wide_b * high_b, 1e-9)
    gap = np.hypot(np.maximum(-common_x, 0), np.maximum(-common_y, 0))
    depth = (b.depth[ib] - a.depth[ia]) / DEPTH
    found: dict[RelationName, Floats] = {
        "left_of": dx / side_x,
        "right_of": -dx / side_x,
        "above": dy / side_y,
        "below": -dy / side_y,
        "inside": np.where(area_a <= INSIDE_SIZE * area_b, common / area_a / INSIDE, 0.0),
        "overlaps": common / np.minimum(area_a, area_b) / OVERLAP,
        "near": 2 - gap / NEAR,
        "in_front_of": np.where(np.isnan(depth), -np.inf, depth),
        "behind": np.where(np.isnan(depth), -np.inf, -depth),
    }
    return t, found, _common_runs(t, a)


def _common_runs(t: Floats, a: Trajectory) -> list[tuple[int, int]]:
    if not len(t):
        return []
    broken = np.diff(t) > a.picture.longest_gap
    for cut in a.picture.cuts:
        broken |= (t[:-1] < cut) & (t[1:] >= cut)
    edges = [0, *(np.flatnonzero(broken) + 1).tolist(), len(t)]
    return list(itertools.pairwise(edges))


_WRITTEN: tuple[RelationName, ...] = ("left_of", "right_of", "above", "below", "inside", "in_front_of", "behind")
_FORWARD: Mapping[RelationName, RelationName] = {"right_of": "left_of", "below": "above", "behind": "in_front_of"}


def relations(paths: Sequence[Trajectory], source: str) -> tuple[Relation, ...]:
    """All relations between the given tracks, in order of subject, object, name and time."""
    found: list[Relation] = []
    for a, b in itertools.combinations(sorted(paths, key=lambda p: p.track), 2):
        t, values, runs = margins(a, b)
        if not len(t):
            continue
        for name in (*_WRITTEN, "overlaps", "near"):
            for span, score in _held(t, values[name], runs, a, inclusive=name == "near"):
                forward = _FORWARD.get(name)
                subject, object_ = (b, a) if forward else (a, b)
                trust = _depth_trust(t, values["near"], span) if name in ("in_front_of", "behind") else 1.0
                found.append(_relation(subject, forward or name, object_, span, score * trust, source))
        _, swapped, _ = margins(b, a)
        found += [
            _relation(b, "inside", a, span, score, source) for span, score in _held(t, swapped["inside"], runs, a)
        ]
        for front, rear, ratios in ((a, b, values["inside"]), (b, a, swapped["inside"])):
            found += [
                _relation(front, "in_front_of", rear, span, UNCOVERED_SCORE, source)
                for span, _ in _held(t, _uncovered(front, rear, ratios), runs, a)
            ]
    return tuple(sorted(found, key=lambda r: (r.subject, r.object, r.predicate, r.span.start)))


def _depth_trust(t: Floats, near: Floats, span: Span) -> float:
    within = (t >= span.start) & (t < span.end)
    gap = NEAR * (2 - float(near[within].max()))
    return DEPTH_TRUST * (1.0 if gap <= DEPTH_GAP else DEPTH_APART)


def _uncovered(a: Trajectory, b: Trajectory, inside: Floats) -> Floats:
    """Where a lies over b without losing any of its area; nothing where depth ranks are known."""
    _, ia, ib = np.intersect1d(a.frames, b.frames, assume_unique=True, return_indices=True)
    whole = a.area[ia] >= WHOLE * np.quantile(a.area, 0.75)
    told = ~np.isnan(b.depth[ib] - a.depth[ia])
    return np.where(whole & ~told, inside * INSIDE / UNCOVERED, 0.0)


def _relation(a: Trajectory, name: RelationName, b: Trajectory, span: Span, score: float, source: str) -> Relation:
    return Relation(subject=a.track, predicate=name, object=b.track, span=span, score=round(score, 3), source=source)


def _held(
    t: Floats, ratios: Floats, runs: Sequence[tuple[int, int]], a: Trajectory, *, inclusive: bool = False
) -> Iterator[tuple[Span, float]]:
    """Spans in which a relation holds, with scores. `inclusive`: a margin that starts at 2, where 1 is the end."""
    step = a.picture.step
    for start, end in runs:
        values = ratios[start:end]
        on: Flags = hysteresis(values, 1.0, RELEASE)
        shortest = min(max(round(SHORTEST / step), 1), end - start)
        for first, last in flags_to_runs(on, fill=round(FILL / step), shortest=shortest):
            inside = np.sort(values[first:last])
            typical = float(np.clip(inside[len(inside) // 2], 0, 9))
            score = min(0.5 + 0.45 * (typical - 1), 0.95) if inclusive else surety(typical, 1.0)
            begin = float(t[start + first])
            close = min(float(t[start + last - 1]) + step, max(a.picture.end, begin))
            yield Span(start=begin, end=close), max(score, 0.5)
