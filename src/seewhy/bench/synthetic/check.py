"""An exact checker: which clips, and which of their objects, satisfy the claims of a question.

It tries every way to bind the question's subjects to different objects. Small clips make that cheap, and
its being exhaustive makes it a reference for faster judges.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seewhy.bench.synthetic.claims import Claim
from seewhy.bench.synthetic.objects import SyntheticClip
from seewhy.bench.synthetic.queries import Question
from seewhy.bench.synthetic.truth import ClipTruth, truth_of
from seewhy.types.query import (
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Measure,
    Order,
    Predicate,
    Related,
    SceneIs,
    Superlative,
    When,
)
from seewhy.types.time import Span

Binding = Mapping[str, int]
"""subject → object id"""

DISTINCT = 1.15
"""A superlative's winner beats every other by at least this factor; by time, by LATER seconds."""
LATER = 0.3


@dataclass(frozen=True)
class SyntheticQuery:
    """A question with its one right answer."""

    id: str
    text: str
    kind: str
    video: str | None
    """name of the right clip; None: nothing matches"""
    objects: tuple[int, ...] = ()
    """ids of the clip's objects that the question speaks of"""
    span: Span | None = None
    """when it is to be seen, where it speaks of events"""
    negatives: tuple[str, ...] = ()
    """the other clips of its family, which differ in one detail"""


def resolve(question: Question, clips: Sequence[SyntheticClip]) -> SyntheticQuery:
    """The question with its answer among the clips, worked out from the truth.

    Raises:
        ValueError: the clips that satisfy it are not exactly the one named, or which objects it speaks of is
            ambiguous.
    """
    answers = {clip.name: found for clip in clips if (found := bindings(question.claims, truth_of(clip)))}
    expected = [] if question.video is None else [question.video]
    if list(answers) != expected:
        raise ValueError(
            f"question {question.id} {question.text!r}: meant for {expected}, satisfied by {list(answers)}"
        )
    if question.video is None:
        return SyntheticQuery(question.id, question.text, question.kind, None)
    clip = next(clip for clip in clips if clip.name == question.video)
    bound = {tuple(sorted(_spoken_of(question.claims, binding, truth_of(clip)))) for binding in answers[clip.name]}
    if len(bound) != 1:
        raise ValueError(f"question {question.id} {question.text!r}: speaks of any of {sorted(bound)}")
    return SyntheticQuery(
        question.id, question.text, question.kind, clip.name, next(iter(bound)),
        _span(question.claims, answers[clip.name][0], truth_of(clip)),
        tuple(other.name for other in clips if other.family == clip.family and other is not clip),
    )  # fmt: skip


def bindings(claims: Sequence[Claim], truth: ClipTruth) -> list[Binding]:
    """Every way to bind the subjects of the claims so that all hold; [{}] where they have none and hold."""
    counted = {claim.predicate.subject for claim in claims if isinstance(claim.predicate, Counted)}
    named = list(dict.fromkeys(who for claim in claims if not claim.negated for who in subjects(claim.predicate)))
    unnamed = {who for claim in claims for who in subjects(claim.predicate)} - set(named)
    free = [who for who in named if who not in counted]
    return [
        binding
        for chosen in itertools.permutations(truth.ids, len(free))
        if _satisfied(claims, binding := dict(zip(free, chosen, strict=True)), counted, sorted(unnamed), truth)
    ]


def _satisfied(
    claims: Sequence[Claim], binding: Binding, counted: set[str], unnamed: Sequence[str], truth: ClipTruth
) -> bool:
    for claim in claims:
        who = set(subjects(claim.predicate))
        if isinstance(claim.predicate, Counted):
            if not _counted(claim.predicate, claims, truth):
                return False
        elif (
            not who & counted
            and not who & set(unnamed)
            and bool(spans(claim.predicate, binding, truth)) == claim.negated
        ):
            return False
    # What only negated claims speak of must not exist: nothing may satisfy all that is said of it at once.
    for stranger in unnamed:
        said = [claim.predicate for claim in claims if stranger in subjects(claim.predicate)]
        if any(all(spans(p, {**binding, stranger: number}, truth) for p in said) for number in truth.ids):
            return False
    return True


def subjects(predicate: Predicate) -> Iterator[str]:
    """The subjects that a predicate speaks of."""
    match predicate:
        case Order(first=first, then=then):
            yield from subjects(first)
            yield from subjects(then)
        case Related(subject=subject, object=other):
            yield from (subject, other)
        case Happens(subject=subject, object=maybe):
            yield from (subject,) if maybe is None else (subject, maybe)
        case SceneIs():
            return
        case _:
            yield predicate.subject


def spans(predicate: Predicate, binding: Binding, truth: ClipTruth) -> tuple[Span, ...]:
    """When the predicate holds with these objects; empty: never.

    Raises:
        ValueError: a predicate that synthetic clips say nothing of.
    """
    match predicate:
        case HasAttribute(subject=who, attribute="color", value=value, when=when):
            thing, seen = truth.clip.objects[binding[who] - 1], truth.visible(binding[who])
            flags = seen & np.array([thing.color_at(t) == value for t in truth.times])
            return _during(truth.spans(flags), when, truth)
        case HasAttribute(subject=who, attribute=attribute, value=value, when=when):
            fits = truth.clip.objects[binding[who] - 1].attributes[attribute] == value
            return _during(truth.spans(truth.visible(binding[who])), when, truth) if fits else ()
        case Related(subject=who, relation=relation, object=other, when=when):
            return _during(truth.spans(truth.relation(binding[who], relation, binding[other])), when, truth)
        case Happens(subject=who, event=event, object=other, when=when):
            key = (binding[who], event, None if other is None else binding[other])
            happened = [e.span for e in truth.events if (e.subject, e.event, e.object) == key]
            return tuple(span for span in happened if _part(when, truth).contains(span.middle))
        case Order(first=first, then=then):
            pairs = itertools.product(spans(first, binding, truth), spans(then, binding, truth))
            return tuple(a.hull(b) for a, b in pairs if a.start < b.start and a.middle < b.middle)
        case Superlative(subject=who, measure=measure):
            return truth.spans(truth.visible(binding[who])) if _winner(measure, truth) == binding[who] else ()
        case SceneIs(attribute="camera_motion", value=value):
            return (_part("any", truth),) if truth.clip.camera.motion == value else ()
        case SceneIs(attribute="time_of_day", value=value):
            return (_part("any", truth),) if truth.clip.light == value else ()
    raise ValueError(f"synthetic clips say nothing of {predicate!r}")


def _part(when: When, truth: ClipTruth) -> Span:
    third = truth.clip.duration / 3
    start, end = {"start": (0, 1), "middle": (1, 2), "end": (2, 3)}.get(when, (0, 3))
    return Span(start=start * third, end=end * third)


def _during(found: tuple[Span, ...], when: When, truth: ClipTruth) -> tuple[Span, ...]:
    """The parts of the spans that lie in a third; "throughout": the span, if it covers the clip."""
    if when == "throughout":
        return tuple(span for span in found if span.duration >= truth.clip.duration - 1e-9)
    return tuple(part for span in found if (part := span.intersection(_part(when, truth))) is not None)


def _fitting(who: str, claims: Sequence[Claim], truth: ClipTruth) -> tuple[int, ...]:
    """The objects that have every look said of `who`."""
    looks = [c.predicate for c in claims if isinstance(c.predicate, HasAttribute | IsA) and c.predicate.subject == who]
    return tuple(number for number in truth.ids if all(spans(look, {who: number}, truth) for look in looks))


def _counted(predicate: Counted, claims: Sequence[Claim], truth: ClipTruth) -> bool:
    """Whether as many as said are to be seen at once in at least half of the frames."""
    fitting = _fitting(predicate.subject, claims, truth)
    seen = sum((truth.visible(number).astype(int) for number in fitting), np.zeros(len(truth.times), int))
    return float(np.mean(seen == predicate.number)) >= 0.5


def _winner(measure: Measure, truth: ClipTruth) -> int | None:
    """The object that is clearly the most ..., if there is one."""
    values = {number: _measured(measure, number, truth) for number in truth.ids}
    order = sorted(values, key=lambda number: -values[number])
    if len(order) < 2:
        return None
    best, next_best = values[order[0]], values[order[1]]
    if measure in {"first", "last"}:
        return order[0] if best >= next_best + LATER else None
    clear = best >= next_best * DISTINCT if next_best >= 0 else best >= next_best / DISTINCT
    return order[0] if clear and best != next_best else None


def _measured(measure: Measure, number: int, truth: ClipTruth) -> float:
    """The larger, the more so."""
    seen = truth.visible(number)
    x, y, radius = truth.place(number)[seen].mean(axis=0)
    fastest = max(leg.speed for leg in truth.legs(number))
    first = float(truth.times[seen][0])
    table: dict[Measure, float] = {
        "largest": radius, "smallest": -radius, "leftmost": -x, "rightmost": x, "highest": -y, "lowest": y,
        "fastest": fastest, "slowest": -fastest, "first": -first, "last": first,
    }  # fmt: skip
    if measure not in table:
        raise ValueError(f"synthetic clips say nothing of the {measure}; they know {', '.join(table)}")
    return float(table[measure])


def _spoken_of(claims: Sequence[Claim], binding: Binding, truth: ClipTruth) -> set[int]:
    counted = {c.predicate.subject for c in claims if isinstance(c.predicate, Counted)}
    return set(binding.values()) | {number for who in counted for number in _fitting(who, claims, truth)}


def _span(claims: Sequence[Claim], binding: Binding, truth: ClipTruth) -> Span | None:
    """From the first to the last of the events and relations that are claimed, each at its first time.

    Rest is no event: who stays still while something happens does not make it last longer.
    """
    claimed = [c.predicate for c in claims if not c.negated and isinstance(c.predicate, Happens | Order | Related)]
    events = [p for p in claimed if not (isinstance(p, Happens) and p.event == "stays_still")]
    first = [spans(predicate, binding, truth)[0] for predicate in events]
    if not first:
        return None
    return Span(start=min(span.start for span in first), end=max(span.end for span in first))
