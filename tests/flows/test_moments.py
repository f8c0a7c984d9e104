"""Moments: where the evidence of what was asked piles up."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seewhy.moments import moments_of
from seewhy.types.hit import Answer, Candidate, ConditionVerdict, Evidence, Match, Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.time import Span
from seewhy.types.twin import Component, Twin
from seewhy.types.video import VideoFacts, VideoId


def make_twin(duration: float = 10.0) -> Twin:
    facts = VideoFacts(
        id=VideoId("v"), bytes=1, width=64, height=48, rotation=0, duration=duration, start_pts=0,
        time_base=Fraction(1, 24), average_rate=Fraction(24), codec="h264", container="mp4",
    )  # fmt: skip
    return Twin(video=facts, frames=(), mask_size=(48, 64))


def ask(*answers: tuple[Answer, tuple[float, float] | None, bool]) -> tuple[Query, Verdict]:
    conditions = tuple(
        Condition(id=f"c{n}", kind="event", text=f"condition {n}", negated=negated)
        for n, (_, _, negated) in enumerate(answers)
    )
    verdicts = tuple(
        ConditionVerdict(
            condition=f"c{n}", answer=answer, score=1.0 if answer == "yes" else 0.0,
            evidence=Evidence(text="", span=Span(start=span[0], end=span[1]) if span else None),
        )
        for n, (answer, span, _) in enumerate(answers)
    )  # fmt: skip
    query = Query(text="?", conditions=conditions, decomposed_by="test@1")
    return query, Verdict(video="v", relevance=1.0, conditions=verdicts, judged_by="test@1")


CANDIDATE = Candidate(
    video="v",
    score=0.5,
    matches=(
        Match(condition="c0", component=Component(kind="event", text="it", span=Span(start=6, end=7)), score=0.4),
    ),
)


def spans(query: Query, verdict: Verdict) -> list[tuple[float, float]]:
    return [(m.span.start, m.span.end) for m in moments_of(query, CANDIDATE, verdict, make_twin())]


def test_the_moment_is_where_most_conditions_hold() -> None:
    query, verdict = ask(("yes", (1, 5), False), ("yes", (3, 8), False))
    assert spans(query, verdict)[0] == (3, 5)
    best = moments_of(query, CANDIDATE, verdict, make_twin())[0]
    assert best.score == pytest.approx(1.0)
    assert best.reason == "condition 0; condition 1"


def test_a_condition_that_does_not_hold_has_no_say() -> None:
    query, verdict = ask(("yes", (1, 2), False), ("no", (4, 9), False), ("unknown", (5, 9), False))
    assert spans(query, verdict) == [(1, 2)]


def test_the_absence_of_something_is_no_moment() -> None:
    query, verdict = ask(("yes", (1, 2), False), ("yes", (0, 10), True))
    assert spans(query, verdict) == [(1, 2)]


def test_evidence_over_the_whole_video_serves_only_alone() -> None:
    query, verdict = ask(("yes", (0, 10), False), ("yes", (4, 6), False))
    assert spans(query, verdict) == [(4, 6)]
    query, verdict = ask(("yes", (0, 10), False))
    assert spans(query, verdict) == [(0, 10)]


def test_without_timed_evidence_the_best_component_says_when() -> None:
    query, verdict = ask(("unknown", None, False))
    assert spans(query, verdict) == [(6, 7)]


def test_two_separate_stretches_are_two_moments_best_first() -> None:
    query, verdict = ask(("yes", (1, 2), False), ("yes", (5, 7), False), ("yes", (5, 6), False))
    assert spans(query, verdict) == [(5, 6), (1, 2), (6, 7)]


def test_instants_count() -> None:
    query, verdict = ask(("yes", (3, 3), False))
    assert spans(query, verdict) == [(3, 3)]


def test_of_an_order_the_moment_is_the_whole_sequence() -> None:
    query, verdict = ask(("yes", (1, 2), False), ("yes", (5, 6), False), ("yes", (1, 6), False))
    order = query.conditions[2].model_copy(update={"kind": "order"})
    query = query.model_copy(update={"conditions": (*query.conditions[:2], order)})
    assert spans(query, verdict) == [(1, 6)]
