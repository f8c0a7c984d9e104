"""What every decomposer and every judge has to do, the fakes included."""

from __future__ import annotations

from typing import Any

import pytest
from decompose_replies import reply, says
from judges import judge_by, judging
from worlds import candidate, go, pairs, rest, thing, world

from seewhy.errors import QueryError
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request
from seewhy.reason.decompose import ModelDecomposer, WholeDecomposer
from seewhy.reason.fakes import FakeDecomposer, FakeJudge
from seewhy.reason.judge import RulesJudge
from seewhy.reason.judging import CoarseJudge
from seewhy.reason.rules import RulesDecomposer
from seewhy.reason.seams import Decomposer, Judge
from seewhy.types.query import Condition, Query

QUESTIONS = (
    "a red ball moves to the right",
    "something to sit on",
    "two people pass each other at night, without a dog",
    "没有人的房间",
)


def _by_model() -> ModelDecomposer:
    """Its model takes every question for something red, something denied, and itself."""

    def answer(request: Request[Any]) -> str:
        free = says("none", request.hints["question"], imagined=("a dog",))
        return reply(says("color e1 red"), says("is_a e2 cat", no=True), free, e1="it", e2="a cat")

    return ModelDecomposer(ScriptedModel({"decompose": answer}), RulesDecomposer())


@pytest.fixture(params=[RulesDecomposer, FakeDecomposer, WholeDecomposer, _by_model])
def decomposer(request: pytest.FixtureRequest) -> Decomposer:
    made: Decomposer = request.param()
    return made


def listwise() -> Judge:
    return judge_by(judging())


def pointwise() -> Judge:
    return judge_by(judging(), "pointwise", null_query=True)


def pairwise() -> Judge:
    return judge_by(judging(), "pairwise")


@pytest.fixture(params=[RulesJudge, FakeJudge, CoarseJudge, listwise, pointwise, pairwise])
def judge(request: pytest.FixtureRequest) -> Judge:
    made: Judge = request.param()
    return made


class TestDecomposer:
    def test_has_a_versioned_name(self, decomposer: Decomposer) -> None:
        name, _, version = decomposer.name.partition("@")
        assert name
        assert version

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_makes_a_query_that_says_who_made_it(self, decomposer: Decomposer, question: str) -> None:
        query = decomposer.decompose(question)
        assert query.text == question
        assert query.conditions
        assert query.decomposed_by == decomposer.name

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_something_is_searched_for(self, decomposer: Decomposer, question: str) -> None:
        assert any(not condition.negated for condition in decomposer.decompose(question).conditions)

    def test_is_deterministic(self, decomposer: Decomposer) -> None:
        assert decomposer.decompose(QUESTIONS[2]) == decomposer.decompose(QUESTIONS[2])

    @pytest.mark.parametrize("question", ["", "  \n "])
    def test_refuses_an_empty_question(self, decomposer: Decomposer, question: str) -> None:
        with pytest.raises(QueryError):
            decomposer.decompose(question)

    def test_a_query_survives_json(self, decomposer: Decomposer) -> None:
        query = decomposer.decompose(QUESTIONS[2])
        assert Query.model_validate_json(query.model_dump_json()) == query


class TestJudge:
    TWINS = (
        world("b", thing(1, go(0.1, 0.5, 0.9, 0.5), color="red", shape="round")),
        world("a", thing(1, rest(0.5, 0.5), color="blue"), thing(4, rest(0.2, 0.2), color="red")),
        world("c"),
    )

    def test_has_a_versioned_name(self, judge: Judge) -> None:
        assert "@" in judge.name

    @pytest.mark.parametrize("question", QUESTIONS)
    def test_gives_one_verdict_a_candidate_in_the_order_given(self, judge: Judge, question: str) -> None:
        query = RulesDecomposer().decompose(question)
        verdicts = judge.judge(query, pairs(*self.TWINS))
        assert [verdict.video for verdict in verdicts] == ["b", "a", "c"]
        for verdict, twin in zip(verdicts, self.TWINS, strict=True):
            assert 0 <= verdict.relevance <= 1
            assert verdict.judged_by == judge.name
            assert [answer.condition for answer in verdict.conditions] == [c.id for c in query.conditions]
            assert all(0 <= answer.score <= 1 for answer in verdict.conditions)
            assert set(verdict.objects) <= set(twin.track_by_id)
            assert len(set(verdict.objects)) == len(verdict.objects)
            assert all(set(answer.evidence.tracks) <= set(twin.track_by_id) for answer in verdict.conditions)
            assert all(answer.evidence.text for answer in verdict.conditions)

    def test_no_candidates_no_verdicts(self, judge: Judge) -> None:
        assert judge.judge(RulesDecomposer().decompose("a dog"), []) == []

    def test_a_free_condition_is_judged_with_and_without_a_match(self, judge: Judge) -> None:
        query = Query(text="x", conditions=(Condition(id="c1", kind="free", text="x"),), decomposed_by="test@1")
        given = [candidate(self.TWINS[0]), candidate(self.TWINS[0], {"c1": (0.7, "a sentence")})]
        without, with_match = judge.judge(query, given)
        assert without.relevance <= with_match.relevance

    def test_a_verdict_does_not_depend_on_the_other_candidates(self, judge: Judge) -> None:
        if "judge_pair" in judge.name:
            pytest.skip("comparing a candidate with the others is what this one is for")
        query = RulesDecomposer().decompose(QUESTIONS[0])
        together = judge.judge(query, pairs(*self.TWINS))
        alone = [judge.judge(query, pairs(twin))[0] for twin in self.TWINS]
        assert together == alone


def test_fakes_do_as_they_are_told() -> None:
    scripted = Query(text="q", conditions=(Condition(id="c1", kind="free", text="q"),), decomposed_by="script@1")
    decomposer = FakeDecomposer({"q": scripted})
    assert decomposer.decompose("q") is scripted
    assert decomposer.asked == ["q"]
    verdicts = FakeJudge({"a": 0.9}, default=0.2).judge(scripted, pairs(*TestJudge.TWINS))
    assert [verdict.relevance for verdict in verdicts] == [0.2, 0.9, 0.2]
    assert verdicts[1].conditions[0].answer == "yes"
