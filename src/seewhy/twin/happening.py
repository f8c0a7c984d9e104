"""What happens to a track and how two tracks lie to each other: Happens, Related.

Geometry answers. What others tell (a describer's words) counts where geometry could not look, and then it is their word
(TOLD_SCORE in the numbers); against geometry it is a doubt and no more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from seewhy.twin import encounters, relations
from seewhy.twin import events as single
from seewhy.twin.facts import PRIOR, TOLD_SCORE, EventKey, Fact, TwinFacts, answer_of, at_that_time, make_truth
from seewhy.twin.geometry import Trajectory, median, surety
from seewhy.twin.vocabulary import EVENT_PHRASES, RELATION_PHRASES
from seewhy.types.hit import Truth
from seewhy.types.query import Happens, Related, When
from seewhy.types.time import Span

NO_SCORE = 0.08
"""the score of what geometry looked for with enough observations and did not find"""
ELSEWHEN = 0.12
"""the score of what holds, but not then; up to twice that where it fills some of the time"""
NEVER_TOGETHER = 0.1
"""and of a relation between two tracks that are never seen at one time"""
BORDER_EVENTS = frozenset(("enters", "leaves", "appears", "disappears", "changes_color"))
"""can be told from a single observation"""
DIRECTIONS = frozenset(("moves_left", "moves_right", "moves_up", "moves_down"))
"""what geometry has exactly, and models that look at frames often confuse: nobody's word counts against it"""
DOUBTED = 0.45
"""the score of what somebody tells and geometry, which has looked, does not find"""


def happens(facts: TwinFacts, predicate: Happens, track: int, other: int | None) -> Truth:
    """Does the track do that, at that time (to that other track)?"""
    key = (predicate.event, predicate.when, track, other)
    truth = facts.truths.get(key)
    if truth is None:
        said = f"{facts.name(track)} {EVENT_PHRASES[predicate.event]}"
        said += f" {facts.name(other)}" if other is not None else ""
        measured = _happens(facts, predicate, track, other, said)
        found = _or_told(facts, (predicate.event, track, other), predicate.when, measured, said)
        truth = facts.truths.put(key, found)
    return truth


def _or_told(facts: TwinFacts, key: EventKey, when: When, measured: Truth, said: str) -> Truth:
    """What was measured, unless others tell that it is so."""
    told = facts.told.get(key)
    if not told or measured.answer == "yes" or (measured.answer == "no" and key[0] in DIRECTIONS):
        return measured
    best, _ = facts.pick(told, when, facts.presence[key[1]])
    if best is None or answer_of(best.score) != "yes":
        return measured
    tracks = tuple(track for track in key[1:] if isinstance(track, int))
    text, numbers = f"{best.source} tells that {said}, {best.span}", {TOLD_SCORE: best.score}
    if measured.answer == "unknown":
        return make_truth("yes", best.score, text, tracks, best.span, numbers)
    return make_truth("unknown", DOUBTED, f"{text}; but {measured.evidence.text}", tracks, best.span, numbers)


def _happens(facts: TwinFacts, predicate: Happens, track: int, other: int | None, said: str) -> Truth:
    event, when = predicate.event, predicate.when
    tracks = (track,) if other is None else (track, other)
    found = facts.events.get((event, track, other))
    if found:
        best, share = facts.pick(found, when, facts.presence[track])
        if best is None:
            when_else = found[0].span
            text = f"not {at_that_time(when)}: {said} {when_else}"
            return make_truth("no", ELSEWHEN * (1 + share), text, tracks, when_else, {"share": round(share, 3)})
        numbers = _measured(facts, best, track, other)
        return make_truth(answer_of(best.score), best.score, f"{said}, {best.span}", tracks, best.span, numbers)
    if not facts.derived:
        return make_truth("unknown", PRIOR, f"geometry has not looked whether {said}; derive the twin", tracks)
    short = min((len(facts.tracks[t].observations), t) for t in tracks)
    if short[0] < single.OBSERVATIONS and event not in BORDER_EVENTS:
        text = f"{facts.name(short[1])} is seen in {short[0]} frame(s), too few to tell whether {said}"
        return make_truth("unknown", PRIOR, text, tracks, None, {"observations": float(short[0])})
    score, numbers = _reached(facts.path(track), event) if other is None else (NO_SCORE, {})
    answer = answer_of(score)
    verdict = "it is not clear whether" if answer == "unknown" else "geometry does not find that"
    return make_truth(answer, score, f"{verdict} {said}", tracks, None, numbers)


def _measured(facts: TwinFacts, fact: Fact, track: int, other: int | None) -> dict[str, float]:
    """The numbers behind an event: what changed between the observations at the ends of its span."""
    path = facts.path(track)
    i, j = _ends(path, fact.span)
    numbers: dict[str, float] = {"score": fact.score}
    if fact.said in ("grows", "shrinks"):
        numbers["area_ratio"] = round(float(path.area[j] / max(path.area[i], 1e-9)), 3)
        numbers["threshold"] = single.GROW
    elif fact.said in ("speeds_up", "slows_down", "starts", "stops"):
        numbers["speed_before"] = round(float(path.speed[i]), 3)
        numbers["speed_after"] = round(float(path.speed[j]), 3)
    elif fact.said.startswith("moves") or fact.said in ("turns", "stays_still"):
        numbers["dx"] = round(float(path.x[j] - path.x[i]), 3)
        numbers["dy"] = round(float(path.y[j] - path.y[i]), 3)
        directed = 1.0 if fact.said in ("moves", "stays_still") else single.DIRECTED
        numbers["threshold"] = round(directed * single.displacement_threshold(path), 3)
    if other is not None:
        theirs = facts.path(other)
        k, m = _ends(theirs, fact.span)
        numbers["distance_before"] = round(math.dist((path.x[i], path.y[i]), (theirs.x[k], theirs.y[k])), 3)
        numbers["distance_after"] = round(math.dist((path.x[j], path.y[j]), (theirs.x[m], theirs.y[m])), 3)
        if fact.said in ("approaches", "moves_away"):
            numbers["threshold"] = encounters.CLOSER
    return numbers


def _ends(path: Trajectory, span: Span) -> tuple[int, int]:
    i = min(int(np.searchsorted(path.t, span.start - 1e-6)), len(path) - 1)
    j = max(int(np.searchsorted(path.t, span.end + 1e-6)) - 1, i)
    return i, j


_AXES: Mapping[str, Callable[[Trajectory], float]] = {
    "moves_left": lambda p: _most(-p.x),
    "moves_right": lambda p: _most(p.x),
    "moves_up": lambda p: _most(-p.y),
    "moves_down": lambda p: _most(p.y),
    "moves": lambda p: math.hypot(float(np.ptp(p.x)), float(np.ptp(p.y))),
}


def _most(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """The largest rise from any value to any later one."""
    return float((values - np.minimum.accumulate(values)).max())


def _reached(path: Trajectory, event: str) -> tuple[float, dict[str, float]]:
    """How close it came to an event that did not happen: score, and the numbers compared."""
    if event in _AXES:
        needed = single.displacement_threshold(path) * (1.0 if event == "moves" else single.DIRECTED)
        went = _AXES[event](path)
        numbers = {"moved": round(went, 3), "threshold": round(needed, 3)}
        return min(surety(went, needed), 0.4) if went < needed else 0.2, numbers
    if event in ("grows", "shrinks"):
        log_area = np.log(np.maximum(path.area, 1e-6))
        ratio = math.exp(_most(log_area if event == "grows" else -log_area))
        return NO_SCORE, {"area_ratio": round(ratio, 3), "threshold": single.GROW}
    if event == "stays_still":
        return NO_SCORE, {"median_speed": round(median(path.speed), 3), "threshold": single.MOVING}
    if event in ("speeds_up", "slows_down"):
        return NO_SCORE, {"highest_speed": round(float(path.speed.max()), 3), "ratio_threshold": single.PACE_RATIO}
    return NO_SCORE, {}


def related(facts: TwinFacts, predicate: Related, track: int, other: int) -> Truth:
    """Do the two tracks lie so to each other, at that time?"""
    key = (predicate.relation, predicate.when, track, other)
    truth = facts.truths.get(key)
    if truth is None:
        said = f"{facts.name(track)} is {RELATION_PHRASES[predicate.relation]} {facts.name(other)}"
        measured = _related(facts, predicate, track, other, said)
        found = _or_told(facts, (predicate.relation, track, other), predicate.when, measured, said)
        truth = facts.truths.put(key, found)
    return truth


def _related(facts: TwinFacts, predicate: Related, track: int, other: int, said: str) -> Truth:
    relation, when, tracks = predicate.relation, predicate.when, (track, other)
    found = facts.relations.get((relation, track, other))
    if found:
        reference = _together(facts, track, other) if when == "throughout" else ()
        best, share = facts.pick(found, when, reference)
        if best is None:
            text = f"not {at_that_time(when)}: {said} {found[0].span}"
            return make_truth("no", ELSEWHEN * (1 + share), text, tracks, found[0].span, {"share": round(share, 3)})
        numbers = _offset(facts, track, other, best.span)
        return make_truth(answer_of(best.score), best.score, f"{said}, {best.span}", tracks, best.span, numbers)
    if not facts.derived:
        return make_truth("unknown", PRIOR, f"geometry has not looked whether {said}; derive the twin", tracks)
    if not (facts.present[track] & facts.present[other]).any():
        text = f"{facts.name(track)} and {facts.name(other)} are never seen at the same time"
        return make_truth("no", NEVER_TOGETHER, text, tracks)
    if relation in ("in_front_of", "behind") and not all(_has_depth(facts, t) for t in tracks):
        return make_truth("unknown", PRIOR, f"no depth is known that would tell whether {said}", tracks)
    return make_truth("no", NO_SCORE, f"at no time {said}", tracks, None, _offset(facts, track, other, None))


def _together(facts: TwinFacts, track: int, other: int) -> tuple[Span, ...]:
    """When both are seen."""
    mine, theirs = facts.presence[track], facts.presence[other]
    return tuple(common for a in mine for b in theirs if (common := a.intersection(b)) is not None)


def _has_depth(facts: TwinFacts, track: int) -> bool:
    return any(o.depth is not None for o in facts.tracks[track].observations)


def _offset(facts: TwinFacts, track: int, other: int, span: Span | None) -> dict[str, float]:
    """Where the other one lies, seen from the track, at the middle of the span (or of its own time)."""
    a, b = facts.path(track), facts.path(other)
    moment = span.middle if span else float(a.t[len(a) // 2])
    i, j = (min(int(np.searchsorted(p.t, moment)), len(p) - 1) for p in (a, b))
    return {
        "dx": round(float(b.x[j] - a.x[i]), 3),
        "dy": round(float(b.y[j] - a.y[i]), 3),
        "threshold": relations.SIDE,
    }
