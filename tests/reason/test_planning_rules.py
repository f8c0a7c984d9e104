"""Plans of refinement without a language model."""

from __future__ import annotations

import pytest
from worlds import ask, candidate, go, pairs, rest, thing, world

from seewhy.reason.judge import RulesJudge
from seewhy.reason.planning_rules import RulesPlanner
from seewhy.types.hit import Candidate, ConditionVerdict, Evidence, Verdict
from seewhy.types.query import Condition, ConditionKind, Entity, IsA, Query
from seewhy.types.time import Span
from seewhy.types.twin import STEP_NAMES, RefinementStep, StepName, Twin

QUERY = ask("a red ball moves to the right")
MOVES = QUERY.conditions[-1].id
A = world("a", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red"), thing(4, rest(0.5, 0.2), color="blue"))
B = world("b", thing(2, rest(0.5, 0.5), color="red"))
WHOLE = Span(start=0.0, end=4.0)

Judged = tuple[Candidate, Twin, Verdict]


def unsure(condition: str, tracks: tuple[int, ...] = (), span: Span | None = None) -> ConditionVerdict:
    evidence = Evidence(tracks=tracks, span=span, text="not clear")
    return ConditionVerdict(condition=condition, answer="unknown", score=0.4, evidence=evidence)


def judged(twin: Twin, *answers: ConditionVerdict, relevance: float = 0.4, objects: tuple[int, ...] = ()) -> Judged:
    verdict = Verdict(
        video=twin.id, relevance=relevance, conditions=answers, gaps=("?",), objects=objects, judged_by="test@1"
    )
    return (*candidate(twin), verdict)


def plan(
    query: Query, *given: Judged, most: int = 8, allowed: tuple[StepName, ...] = STEP_NAMES
) -> list[RefinementStep]:
    return [step for _, step in RulesPlanner().plan(query, given, allowed, most)]


def test_what_geometry_could_not_tell_is_measured_anew() -> None:
    open_ = judged(A, unsure(MOVES, (1,)), relevance=0.4)
    late = judged(B, unsure(MOVES, (2, 77), Span(start=1, end=2)), relevance=0.3)
    steps = RulesPlanner().plan(QUERY, [late, open_], STEP_NAMES, 8)
    assert steps == [
        ("a", RefinementStep(name="recompute", tracks=(1,), span=WHOLE)),
        ("b", RefinementStep(name="recompute", tracks=(2,), span=Span(start=1, end=2))),
    ]
    assert RulesPlanner().plan(QUERY, [late, open_], STEP_NAMES, 1) == steps[:1]
    assert plan(QUERY, open_, allowed=("look",)) == []
    assert plan(QUERY, judged(A, unsure(MOVES))) == [], "of no track is known that it is about"


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_what_is_known_is_not_looked_at(answer: str) -> None:
    sure = [unsure(condition.id, (1,)).model_copy(update={"answer": answer}) for condition in QUERY.conditions]
    assert plan(QUERY, judged(A, *sure)) == []


def test_a_thing_that_nothing_is_called_is_looked_for_in_the_likeliest_videos() -> None:
    """The judge itself says that it is unknown, since nobody could name the tracks."""
    query = ask("a dog is next to a ball")
    verdicts = RulesJudge().judge(query, pairs(A))
    (found, twin), (verdict,) = candidate(A), verdicts
    steps = plan(query, (found, twin, verdict), allowed=("detect",))
    assert steps == [RefinementStep(name="detect", question="dog"), RefinementStep(name="detect", question="ball")]


def test_a_name_that_a_track_has_is_not_looked_for() -> None:
    """Which of them it is, is unknown for another reason."""
    named = world("n", thing(1, rest(0.2, 0.5), label="dog"), thing(2, rest(0.7, 0.5)))
    query = Query(
        text="a dog", conditions=(Condition(id="c1", kind="object", text="a dog is there",
                                            predicate=IsA(subject="e1", category="dog")),), decomposed_by="test@1"
    )  # fmt: skip
    assert plan(query, judged(named, unsure("c1", (2,)))) == []
    assert plan(query, judged(B, unsure("c1", (2,)))) == [RefinementStep(name="detect", question="dog")]


def free(text: str, kind: ConditionKind = "free", negated: bool = False) -> Query:
    return Query(
        text=text,
        conditions=(Condition(id="c1", kind=kind, text=text, negated=negated),),
        entities=(Entity(id="e1", phrase="the old man"),),
        decomposed_by="test@1",
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (free("a man juggles"), "act"),
        (free("someone opens a jar", "event"), "act"),
        (free("a jar opens", "event"), "act"),
        (free("a gizmo is turned on"), "act"),
        (free("a lantern"), "lantern"),
        (free("an old paper lantern."), "old paper lantern"),
        (free("a lantern", "object"), "lantern"),
        (free("not: a lantern", negated=True), None),
        (free("a dreamy mood", "scene"), None),
    ],
)
def test_a_free_condition_is_an_action_or_a_thing(query: Query, expected: str | None) -> None:
    steps = plan(query, judged(A, unsure("c1", (4,), Span(start=1, end=3))))
    act = RefinementStep(name="act", tracks=(4,), span=Span(start=1, end=3))
    wanted = act if expected == "act" else RefinementStep(name="detect", question=expected or "")
    assert steps == ([wanted] if expected else [])


def test_an_action_of_nobody_in_particular_is_of_those_that_the_verdict_speaks_of() -> None:
    query = free("someone juggles", "event")
    assert plan(query, judged(A, unsure("c1"), objects=(4, 1))) == [
        RefinementStep(name="act", tracks=(4, 1), span=WHOLE)
    ]
    assert plan(query, judged(A, unsure("c1"))) == []


def test_equal_steps_are_one() -> None:
    query = Query(
        text="x",
        conditions=tuple(Condition(id=name, kind="event", text=f"{name} juggles") for name in ("c1", "c2")),
        decomposed_by="test@1",
    )
    assert len(plan(query, judged(A, unsure("c1", (1,)), unsure("c2", (1,))))) == 1
