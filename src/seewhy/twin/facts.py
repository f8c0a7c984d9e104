"""One twin, indexed for questions: built once, then each lookup is a dictionary's.

A judge asks thousands of predicates of one twin (conditions times bindings), so names, presence, events with what they
imply, and relations with their converses are laid out here once, and answers are remembered, those of late.

What geometry measured and what others tell are kept apart: in a derived twin, a describer's "moves_left" is its word.
"""

from __future__ import annotations

import itertools
import math
import weakref
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from seewhy.recent import Recent
from seewhy.twin.derive import GEOMETRY
from seewhy.twin.geometry import Flags, Picture, Trajectory, trajectory
from seewhy.twin.sentences import describe_track
from seewhy.twin.verbs import events_of
from seewhy.twin.vocabulary import CONVERSE, ENCOUNTERS
from seewhy.types.hit import Answer, Evidence, Truth
from seewhy.types.query import When
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Attribute, AttributeKind, Event, EventName, Track, Twin

YES, NO = 0.5, 0.25
"""scores from which the answer is yes, and up to which it is no; between them it is unknown"""
PRIOR = 0.3
"""the score of what nothing is known about: most things asked for are not there"""
THROUGHOUT = 0.8
"""share of the time that "throughout" has to cover: segmenters miss a frame now and then"""
THIRDS: dict[When, tuple[float, float]] = {"start": (0, 1 / 3), "middle": (1 / 3, 2 / 3), "end": (2 / 3, 1)}
"""what "at the start", "in the middle" and "at the end" mean, as shares of the video"""
IN_WINDOW, OF_SPAN = 0.2, 0.5
"""a span counts for a window when it fills this share of the window, or this share of it lies there"""
HIDING_TRUST = 0.9
"""what hides another thing is in front of it, as surely as it hides it, times this"""
TRUTHS_KEPT = 512
"""how many answers are remembered for certain; a hundred edits need some hundred of a short clip. One takes 1.3 kB"""
TOLD_SCORE = "told_score"
"""in the numbers of evidence: the score of what somebody told and geometry has not measured"""


class Fact(NamedTuple):
    """That something held during a span."""

    span: Span
    score: float
    source: str
    said: str
    """the action or relation as it was stored"""


EventKey = tuple[str, int, int | None]
RelationKey = tuple[str, int, int]


class TwinFacts:
    """A twin's facts by what is asked. Holds the twin's parts, never the twin itself."""

    def __init__(self, twin: Twin) -> None:
        self.picture = Picture.of(twin)
        self.end = self.picture.end
        self.times = np.array([frame.t for frame in twin.frames])
        self.tracks: dict[int, Track] = twin.track_by_id
        self.derived = any(run.source == GEOMETRY for run in twin.specialists)
        self.scene: dict[AttributeKind, list[Attribute]] = {}
        pace = (twin.tempo.pace,) if twin.tempo.pace else ()
        for attribute in (*twin.scene.attributes, *twin.camera.attributes, *pace):
            self.scene.setdefault(attribute.kind, []).append(attribute)
        self._twin_relations, self._twin_events = twin.relations, twin.events
        self.truths: Recent[Hashable, Truth] = Recent(TRUTHS_KEPT)
        self._paths: dict[int, Trajectory] = {}
        self._names: dict[int, str] = {}

    @cached_property
    def events(self) -> dict[EventKey, list[Fact]]:
        """(event, subject, object) → when it happens, under every event that it implies; of a derived twin what
        geometry says, of another one all that is said."""
        return _laid_out(event for event in self._twin_events if self._counts(event))

    @cached_property
    def told(self) -> dict[EventKey, list[Fact]]:
        """The same of what others say of a derived twin, and of what they say that hides another thing."""
        told = [event for event in self._twin_events if not self._counts(event)]
        found = _laid_out(told)
        _add_hiding(found, told)
        return found

    def _counts(self, event: Event) -> bool:
        return event.source == GEOMETRY or not self.derived

    @cached_property
    def relations(self) -> dict[RelationKey, list[Fact]]:
        """(relation, subject, object) → when it holds, with its converse, and what hiding says of depth."""
        found: dict[RelationKey, list[Fact]] = {}
        for relation in self._twin_relations:
            fact = Fact(relation.span, relation.score, relation.source, relation.predicate)
            found.setdefault((relation.predicate, relation.subject, relation.object), []).append(fact)
            converse = CONVERSE.get(relation.predicate)
            if converse:
                found.setdefault((converse, relation.object, relation.subject), []).append(fact)
        _add_hiding(found, [event for event in self._twin_events if self._counts(event)])
        return found

    def path(self, track: int) -> Trajectory:
        """The track's smoothed path, made when first asked for."""
        if track not in self._paths:
            self._paths[track] = trajectory(self.tracks[track], self.picture)
        return self._paths[track]

    def name(self, track: int) -> str:
        """How evidence speaks of a track: ``the red round object (track 3)``."""
        if track not in self._names:
            article, _, rest = describe_track(self.tracks[track]).partition(" ")
            self._names[track] = f"the {rest if article in ('a', 'an') else f'{article} {rest}'} (track {track})"
        return self._names[track]

    @cached_property
    def presence(self) -> dict[int, tuple[Span, ...]]:
        """When each track is seen; short gaps are the segmenter's and belong to it."""
        found: dict[int, tuple[Span, ...]] = {}
        for number, track in self.tracks.items():
            times = [o.t for o in track.observations]
            breaks = [k for k in range(1, len(times)) if times[k] - times[k - 1] > self.picture.longest_gap]
            edges = itertools.pairwise([0, *breaks, len(times)]) if times else ()
            found[number] = tuple(Span(start=times[a], end=self._until(times[b - 1])) for a, b in edges)
        return found

    @cached_property
    def present(self) -> dict[int, Flags]:
        """Track → whether it is seen, per sampled frame."""
        found: dict[int, Flags] = {}
        for number, spans in self.presence.items():
            seen = np.zeros(len(self.times), bool)
            for span in spans:
                seen |= (self.times >= span.start - 1e-9) & (self.times < span.end - 1e-9)
            found[number] = seen
        return found

    def _until(self, t: float) -> float:
        """A sampled frame stands for one step, but not beyond the video's end."""
        return max(min(t + self.picture.step, self.end), t)

    def in_view(self, track: int) -> Span:
        """From its first to its last sight."""
        spans = self.presence[track]
        return spans[0].hull(spans[-1]) if spans else Span(start=0.0, end=0.0)

    def window(self, when: When) -> Span:
        """The part of the video that is meant; all of it for "any" and "throughout"."""
        low, high = THIRDS.get(when, (0.0, 1.0))
        return Span(start=low * self.end, end=high * self.end)

    def pick(self, facts: list[Fact], when: When, reference: tuple[Span, ...]) -> tuple[Fact | None, float]:
        """The surest fact for `when`, and the share of `reference` (the time that counts for "throughout") covered.

        Returns:
            (None, share) where facts exist, but not then.
        """
        if when == "any":
            return max(facts, key=_surest), 1.0
        if when == "throughout":
            whole = math.fsum(span.duration for span in reference)
            merged = merge_spans(fact.span for fact in facts)
            covered = math.fsum(
                common.duration for m in merged for r in reference if (common := m.intersection(r)) is not None
            )
            share = min(covered / whole, 1.0) if whole > 0 else 0.0
            best = max(facts, key=_surest)
            hull = merged[0].hull(merged[-1])
            return (best._replace(span=hull) if share >= THROUGHOUT else None), share
        window = self.window(when)
        then = [fact for fact in facts if counts_for(fact.span, window)]
        return (max(then, key=_surest) if then else None), 0.0


def _laid_out(events: Iterable[Event]) -> dict[EventKey, list[Fact]]:
    found: dict[EventKey, list[Fact]] = {}
    for event in events:
        if event.subject is None:
            continue
        fact = Fact(event.span, event.score, event.source, event.action)
        for name in _amounts_to(event):
            found.setdefault((name, event.subject, None), []).append(fact)
            if event.object is not None:
                found.setdefault((name, event.subject, event.object), []).append(fact)
    return found


def _amounts_to(event: Event) -> tuple[EventName, ...]:
    """Who turns a page has not turned: what is done to something says nothing of the doer's own motion, unless the two
    move together."""
    names = events_of(event.action)
    return names if event.object is None or not ENCOUNTERS.isdisjoint(names) else ()


def _add_hiding(found: dict[Any, list[Fact]], events: Iterable[Event]) -> None:
    """What is hidden by something is behind it."""
    for event in events:
        if event.subject is not None and event.object is not None and "hidden_by" in events_of(event.action):
            front = Fact(event.span, event.score * HIDING_TRUST, event.source, event.action)
            found.setdefault(("behind", event.subject, event.object), []).append(front)
            found.setdefault(("in_front_of", event.object, event.subject), []).append(front)


def _surest(fact: Fact) -> tuple[float, float]:
    return fact.score, fact.span.duration


def counts_for(span: Span, window: Span) -> bool:
    """Enough of the window is filled, or enough of the span lies in it."""
    common = min(span.end, window.end) - max(span.start, window.start)
    if common <= 0:
        return span.duration == 0 and window.contains(span.start)
    return common >= IN_WINDOW * window.duration or common >= OF_SPAN * span.duration


_known: dict[int, TwinFacts] = {}


def facts_of(twin: Twin) -> TwinFacts:
    """The twin's facts; remembered for as long as the twin itself lives."""
    found = _known.get(id(twin))
    if found is None:
        found = _known[id(twin)] = TwinFacts(twin)
        # An id may be used again once the twin is gone, so its facts have to go with it.
        weakref.finalize(twin, _known.pop, id(twin), None).atexit = False
    return found


def answer_of(score: float) -> Answer:
    """
    >>> answer_of(0.8), answer_of(0.3), answer_of(0.1)
    ('yes', 'unknown', 'no')
    """
    return "yes" if score >= YES else "no" if score <= NO else "unknown"


def at_that_time(when: When) -> str:
    """
    >>> at_that_time("end"), at_that_time("throughout")
    ('at the end', 'all the time')
    """
    return {"throughout": "all the time", "middle": "in the middle", "any": "at any time"}.get(when, f"at the {when}")


def make_truth(
    answer: Answer,
    score: float,
    text: str,
    tracks: tuple[int, ...] = (),
    span: Span | None = None,
    numbers: dict[str, float] | None = None,
) -> Truth:
    """A truth whose score is brought into 0..1."""
    evidence = Evidence(tracks=tracks, span=span, numbers=numbers or {}, text=text)
    return Truth(answer=answer, score=min(max(score, 0.0), 1.0), evidence=evidence)
