"""Counts and superlatives: what has to look at all tracks of a twin at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seewhy.twin.facts import PRIOR, THROUGHOUT, TwinFacts, make_truth
from seewhy.twin.geometry import Flags, Trajectory, flags_to_runs, median
from seewhy.types.hit import Answer, Truth
from seewhy.types.query import Comparator, Counted, Measure, Superlative, When
from seewhy.types.time import Span

Fits = Callable[[int], Truth]
"""track id → does it fit the entity's description?"""

SALIENT = 0.35
"""a track less salient than this may or may not be counted"""
ONLY_ONE = 0.55
"""the score of being the most of a kind that has no other member"""
TIE = 0.06
"""two values nearer to each other than this share of the larger one tie: which is larger cannot be seen"""
TIE_PLACE = 0.02
"""the same for places, in diagonals, and for depth ranks"""


def counted(facts: TwinFacts, predicate: Counted, fits: Fits) -> Truth:
    """Do so many tracks fit at one time? The count is the largest number seen at once within `when`; "throughout",
    the comparison holds in 80 % of the frames."""
    sure, perhaps, scores = [], [], []
    for number, track in sorted(facts.tracks.items()):
        truth = fits(number)
        if truth.answer == "yes" and track.score >= SALIENT:
            sure.append(number)
            scores.append(truth.score)
        elif truth.answer != "no":
            perhaps.append(number)
    low, high = _at_once(facts, sure), _at_once(facts, [*sure, *perhaps])
    flags = _frames(facts, predicate.when)
    if not flags.any():
        return make_truth("unknown", PRIOR, "the video has no sampled frames to count in")
    compare = _COMPARE[predicate.comparator]
    if predicate.when == "throughout":
        shares = [float(compare(n[flags], predicate.number).mean()) for n in (low, high)]
        holds = [share >= THROUGHOUT for share in shares]
        least, most = int(np.median(low[flags])), int(np.median(high[flags]))
    else:
        least, most = int(low[flags].max()), int(high[flags].max())
        holds = [bool(compare(np.array(n), predicate.number)) for n in (least, most)]
    between = predicate.comparator == "==" and least < predicate.number < most
    answer: Answer = "unknown" if between or holds[0] != holds[1] else "yes" if holds[0] else "no"
    sureness = min(scores, default=0.9)
    score = {"yes": 0.5 + 0.5 * sureness, "no": 0.1, "unknown": 0.4}[answer]
    amount = f"{least}" if least == most else f"{least} to {most}"
    text = f"{amount} track(s) fit at one time; asked for {predicate.comparator} {predicate.number}"
    span = _longest(facts, flags & (low == low[flags].max()))
    numbers = {"at_least": float(least), "at_most": float(most), "asked": float(predicate.number)}
    return make_truth(answer, score, text, tuple(sure), span, numbers)


_COMPARE: Mapping[Comparator, Callable[[NDArray[np.int64], int], NDArray[np.bool_]]] = {
    "==": lambda n, asked: n == asked,
    ">=": lambda n, asked: n >= asked,
    "<=": lambda n, asked: n <= asked,
}


def _at_once(facts: TwinFacts, tracks: Sequence[int]) -> NDArray[np.int64]:
    """How many of these tracks are seen, per sampled frame."""
    total = np.zeros(len(facts.times), np.int64)
    for number in tracks:
        total += facts.present[number]
    return total


def _frames(facts: TwinFacts, when: When) -> Flags:
    window = facts.window(when)
    return (facts.times >= window.start - 1e-9) & (facts.times < max(window.end, 1e-9) + 1e-9)


def _longest(facts: TwinFacts, flags: Flags) -> Span | None:
    runs = flags_to_runs(flags)
    if not runs:
        return None
    start, end = max(runs, key=lambda run: run[1] - run[0])
    begin = float(facts.times[start])
    return Span(start=begin, end=min(float(facts.times[end - 1]) + facts.picture.step, max(facts.end, begin)))


def superlative(facts: TwinFacts, predicate: Superlative, track: int, fits: Fits) -> Truth:
    """Is the track the most ... of those that fit? Ties are unknown: a difference that small cannot be seen.

    The only one that fits is the most of its kind in any case; it is compared with all other tracks to see whether it
    also is the most of all ("the largest thing is a red ball"), which makes it surer.
    """
    rivals = [n for n in facts.tracks if n != track and fits(n).answer == "yes"]
    alone = not rivals
    if alone:
        rivals = [n for n in facts.tracks if n != track]
    measure = predicate.measure
    name = facts.name(track)
    mine = value_of(facts, measure, track)
    if mine is None:
        return make_truth("unknown", PRIOR, f"what makes {name} the {measure} is not known", (track,))
    values = sorted((v, -n) for n in rivals if (v := value_of(facts, measure, n)) is not None)
    span = facts.in_view(track)
    if not values:
        return make_truth("yes", 0.9, f"{name} is the only one to compare", (track,), span, {"value": round(mine, 4)})
    best, rival = values[-1][0], -values[-1][1]
    numbers = {"value": round(_SIGN[measure] * mine, 4), "next": round(_SIGN[measure] * best, 4)}
    margin = _tie(measure, mine, best)
    if abs(mine - best) <= margin and not alone:
        text = f"{name} and {facts.name(rival)} cannot be told apart as the {measure}"
        return make_truth("unknown", 0.45, text, (track, rival), span, numbers)
    if alone and mine <= best:
        text = f"{name} is the only one of its kind, so it is the {measure} one of them; of all, it is not"
        return make_truth("yes", ONLY_ONE, text, (track,), span, numbers)
    lead = min(abs(mine - best) / margin, 5.0)
    if mine > best:
        text = f"{name} is the {measure} of {len(values) + 1}, before {facts.name(rival)}"
        return make_truth("yes", 0.7 + 0.05 * lead, text, (track,), span, numbers)
    text = f"{facts.name(rival)} is the {measure}, not {name}"
    return make_truth("no", 0.2 - 0.03 * lead, text, (track, rival), span, numbers)


_SIGN: Mapping[Measure, float] = {
    "largest": 1, "smallest": -1, "leftmost": -1, "rightmost": 1, "highest": -1, "lowest": 1, "nearest": -1,
    "farthest": 1, "fastest": 1, "slowest": -1, "first": -1, "last": 1, "longest": 1,
}  # fmt: skip


def value_of(facts: TwinFacts, measure: Measure, track: int) -> float | None:
    """The track's value, signed so that more is more of what the measure names; None where it is not known."""
    path = facts.path(track)
    if not len(path):
        return None
    value = _VALUES[measure](facts, path)
    return None if math.isnan(value) else _SIGN[measure] * value


def _depth(_: TwinFacts, path: Trajectory) -> float:
    known = path.depth[~np.isnan(path.depth)]
    return median(known)


def _area(_: TwinFacts, path: Trajectory) -> float:
    return median(path.area)


def _speed(_: TwinFacts, path: Trajectory) -> float:
    return float(np.quantile(path.speed, 0.8)) if len(path) > 1 else math.nan


def _x(_: TwinFacts, path: Trajectory) -> float:
    return median(path.x)


def _y(_: TwinFacts, path: Trajectory) -> float:
    return median(path.y)


def _appears(_: TwinFacts, path: Trajectory) -> float:
    return float(path.t[0])


def _time_in_view(facts: TwinFacts, path: Trajectory) -> float:
    return math.fsum(span.duration for span in facts.presence[path.track])


_VALUES: Mapping[Measure, Callable[[TwinFacts, Trajectory], float]] = {
    "largest": _area, "smallest": _area, "leftmost": _x, "rightmost": _x, "highest": _y, "lowest": _y,
    "nearest": _depth, "farthest": _depth, "fastest": _speed, "slowest": _speed, "first": _appears,
    "last": _appears, "longest": _time_in_view,
}  # fmt: skip


def _tie(measure: Measure, a: float, b: float) -> float:
    if measure in ("largest", "smallest", "longest"):
        return TIE * max(abs(a), abs(b), 1e-9)
    if measure in ("fastest", "slowest"):
        return max(TIE * max(abs(a), abs(b)), 0.01)
    return 0.1 if measure in ("first", "last") else TIE_PLACE
