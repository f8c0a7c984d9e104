"""When an answer is to be seen: the stretches in which most of what was asked holds at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from seewhy.types.hit import Candidate, Moment, Verdict
from seewhy.types.query import Query
from seewhy.types.time import Span
from seewhy.types.twin import Twin

MAX_MOMENTS = 3
LEAST_SHARE = 0.5
"""A stretch is a moment when it carries at least this share of the best stretch's weight."""
WHOLE = 0.95
"""Evidence that covers this share of the video says nothing of when; it serves only where nothing else does."""


def moments_of(query: Query, candidate: Candidate, verdict: Verdict, twin: Twin) -> tuple[Moment, ...]:
    """At most three moments, best first.

    Evidence of the conditions that hold votes with the condition's weight over its span; the
    stretches with the most votes are the moments. Where the question is about an order, the moment is
    the whole sequence. Where no condition that holds knows a time, the
    components that matched best do; where these do not either, there is no moment to show.
    """
    texts = {condition.id: condition.text for condition in query.conditions}
    weights = {condition.id: condition.weight for condition in query.conditions}
    negated = {condition.id for condition in query.conditions if condition.negated}
    ordered = {condition.id for condition in query.conditions if condition.kind == "order"}
    held = [
        (answer.condition, (span, weights[answer.condition] * answer.score, texts[answer.condition]))
        for answer in verdict.conditions
        if answer.answer == "yes" and answer.condition not in negated and (span := answer.evidence.span) is not None
    ]
    votes = [vote for condition, vote in held if condition in ordered] or [vote for _, vote in held]
    if not votes:
        votes = [
            (match.component.span, weights[match.condition] * max(match.score, 0.0), match.component.text)
            for match in candidate.matches
        ]
    timed = [vote for vote in votes if vote[0].duration < WHOLE * twin.video.duration]
    votes = timed or votes
    total = sum(weight for _, weight, _ in votes)
    if total <= 0:
        return ()
    stretches = _stretches(votes)
    best = max(weight for _, weight, _ in stretches)
    kept = [stretch for stretch in stretches if stretch[1] >= LEAST_SHARE * best]
    kept.sort(key=lambda stretch: (-stretch[1], stretch[0].start))
    return tuple(
        Moment(span=span, score=min(1.0, weight / total), reason="; ".join(reasons))
        for span, weight, reasons in kept[:MAX_MOMENTS]
    )


def _stretches(votes: Sequence[tuple[Span, float, str]]) -> list[tuple[Span, float, tuple[str, ...]]]:
    """Cut time at every border of a span; adjacent pieces under the same votes are one stretch. Evidence of one
    instant is a stretch of its own, under the votes of all that holds then."""
    borders = sorted({time for span, _, _ in votes for time in (span.start, span.end)})
    pieces: list[tuple[Span, float, tuple[str, ...]]] = []
    instants: list[tuple[Span, float, tuple[str, ...]]] = []
    for instant in sorted({span.start for span, _, _ in votes if span.duration == 0}):
        then = [(weight, text) for span, weight, text in votes if span.contains(instant) or span.start == instant]
        stretch = Span(start=instant, end=instant)
        instants.append((stretch, sum(weight for weight, _ in then), _unique(text for _, text in then)))
    for start, end in pairwise(borders):
        piece = Span(start=start, end=end)
        over = [(weight, text) for span, weight, text in votes if span.overlaps(piece)]
        if not over:
            continue
        reasons = _unique(text for _, text in over)
        if pieces and pieces[-1][2] == reasons and pieces[-1][0].end == start:
            pieces[-1] = (pieces[-1][0].hull(piece), pieces[-1][1], reasons)
        else:
            pieces.append((piece, sum(weight for weight, _ in over), reasons))
    return pieces + instants


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
