"""What is remembered of a twin is what would be found out again: verdicts do not depend on what was asked before."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from ideal_twins import ideal_twin
from worlds import ask, pairs

from seewhy.bench.synthetic.clips import BENCHMARK as CLIPS
from seewhy.bench.synthetic.edits import BENCHMARK as EDITS
from seewhy.bench.synthetic.queries import BENCHMARK as QUESTIONS
from seewhy.reason import case, remembered
from seewhy.reason.composing.rules import RulesComposer
from seewhy.reason.judge import RulesJudge
from seewhy.reason.plan import Plan
from seewhy.reason.remembered import memory_of
from seewhy.reason.seams import Reference
from seewhy.types.hit import Verdict
from seewhy.types.query import (
    Condition,
    Counted,
    Entity,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    Query,
    Related,
    SceneIs,
    Superlative,
)
from seewhy.types.twin import Twin

FEW = 4
"""Every so-manieth clip of the benchmark is judged: some of every family."""


@pytest.fixture(scope="module")
def twins() -> list[Twin]:
    return [ideal_twin(clip) for clip in CLIPS]


@pytest.fixture(scope="module")
def queries(twins: list[Twin]) -> list[Query]:
    by_name = {str(twin.id): twin for twin in twins}
    edits = [RulesComposer().compose(Reference(by_name[edit.reference]), edit.text) for edit in EDITS[::3]]
    return [ask(question.text) for question in QUESTIONS[::2]] + edits


def anew(twins: Sequence[Twin]) -> list[Twin]:
    """Twins that nothing is remembered of."""
    return [twin.model_copy() for twin in twins]


@pytest.fixture(scope="module")
def expected(twins: list[Twin], queries: list[Query]) -> list[list[Verdict]]:
    """Of twins that were asked nothing before."""
    return [RulesJudge().judge(query, pairs(*anew(twins[::FEW]))) for query in queries]


@pytest.mark.parametrize("kept", [None, 1, 3])
def test_verdicts_are_those_of_twins_that_were_asked_nothing_before(
    kept: int | None,
    twins: list[Twin],
    queries: list[Query],
    expected: list[list[Verdict]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In any order, with all remembered or next to nothing."""
    if kept is not None:
        monkeypatch.setattr(remembered, "QUESTIONS_KEPT", kept)
    asked = pairs(*anew(twins[::FEW]))
    order = list(range(len(queries))) * 2
    random.Random(0).shuffle(order)
    for number in order:
        assert RulesJudge().judge(queries[number], asked) == expected[number]


def test_a_long_video_is_judged_alike(twins: list[Twin], queries: list[Query], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the likeliest tracks are tried, they are other ones for other questions."""
    monkeypatch.setattr(case, "MOST_TRIED", 2)
    asked = pairs(*anew(twins[:8]))
    fresh = [RulesJudge().judge(query, pairs(*anew(twins[:8]))) for query in queries]
    assert [RulesJudge().judge(query, asked) for query in queries] == fresh


def test_so_much_is_remembered_and_no_more(
    twins: list[Twin], queries: list[Query], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "QUESTIONS_KEPT", 5)
    [twin] = anew(twins[:1])
    for query in queries:
        RulesJudge().judge(query, pairs(twin))
    assert 5 <= len(memory_of(twin)) <= 10


def test_what_is_remembered_goes_with_the_twin(twins: list[Twin]) -> None:
    [twin] = anew(twins[:1])
    RulesJudge().judge(ask("a red ball"), pairs(twin))
    before = len(remembered._memories)
    del twin
    assert len(remembered._memories) == before - 1


# what a question is


def asked_of(*predicates: Predicate, names: Sequence[str] = ("e1", "e2")) -> list[str]:
    conditions = [
        Condition(id=f"c{number}", kind="free", text="?", predicate=predicate)
        for number, predicate in enumerate(predicates)
    ]
    entities = tuple(Entity(id=name, phrase=f"the thing {name}") for name in names)
    plan = Plan(Query(text="?", conditions=tuple(conditions), entities=entities, decomposed_by="test@1"))
    return [plan.asked[condition.id] for condition in conditions]


def different(a: str, b: str) -> Iterator[Predicate]:
    yield IsA(subject=a, category="dog")
    yield IsA(subject=a, category="cat")
    yield HasAttribute(subject=a, attribute="color", value="red")
    yield HasAttribute(subject=a, attribute="color", value="red", when="end")
    yield HasAttribute(subject=a, attribute="shape", value="red")
    yield Related(subject=a, relation="left_of", object=b)
    yield Related(subject=a, relation="right_of", object=b)
    yield Happens(subject=a, event="moves")
    yield Happens(subject=a, event="approaches", object=b)
    yield Happens(subject=a, event="approaches")
    yield Counted(subject=a, comparator="==", number=2)
    yield Counted(subject=a, comparator=">=", number=2)
    yield Superlative(subject=a, measure="largest")
    yield SceneIs(attribute="brightness", value="dark")
    for parts in ((a, b), (b, a), (a, a)):
        yield Order(first=Happens(subject=parts[0], event="moves"), then=Happens(subject=parts[1], event="stops"))


def test_different_predicates_are_different_questions() -> None:
    asked = asked_of(*different("e1", "e2"))
    # Both name their first entity first, and are asked of its track first.
    same = [number for number, one in enumerate(asked) if asked.count(one) > 1]
    assert [asked[number] for number in same] == [asked[-3], asked[-2]]
    assert len(set(asked)) == len(asked) - 1


def test_what_the_entities_are_called_does_not_matter() -> None:
    assert asked_of(*different("e1", "e2")) == asked_of(*different("ball", "dog"), names=("ball", "dog"))


def test_of_a_count_and_a_superlative_it_matters_what_is_said_of_the_entity() -> None:
    most = Superlative(subject="e1", measure="largest")
    two = Counted(subject="e1", comparator="==", number=2)
    red = HasAttribute(subject="e1", attribute="color", value="red")
    assert asked_of(most)[-1] != asked_of(red, most)[-1]
    assert asked_of(most)[0] == asked_of(most, red)[0]  # "the largest is red": compared with all
    assert asked_of(two)[0] != asked_of(two, red)[0]
