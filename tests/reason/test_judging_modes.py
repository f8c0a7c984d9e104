"""Listwise, pointwise, pairwise: which requests are made, what they say, what becomes of failures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judges import TAU, Entry, each, entry, judge_by, judging, question_of, records_of, text_of
from worlds import ask, candidate, go, pairs, rest, thing, world

from seewhy.models.asking import counting
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request
from seewhy.reason.judge import RulesJudge
from seewhy.reason.judging.judge import ordered, unbiased
from seewhy.reason.judging.pairs import ALL_PAIRS, Tournament
from seewhy.types.hit import Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.twin import Twin

QUESTION = ask("a red ball moves to the right")
FREE = Query(text="joy", conditions=(Condition(id="k", kind="free", text="joy"),), decomposed_by="test@1")
MODES = ("listwise", "pointwise", "pairwise")


def ball(name: str) -> Twin:
    return world(name, thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"))


def balls(number: int) -> list[Twin]:
    return [ball(f"video{n:02}") for n in range(number)]


# Requests


def test_listwise_is_one_request_with_the_candidates_in_order_of_their_ids() -> None:
    model = judging()
    verdicts = judge_by(model).judge(QUESTION, pairs(ball("c"), ball("a"), world("b")))
    assert len(model.asked) == 1
    assert [verdict.video for verdict in verdicts] == ["c", "a", "b"]
    assert model.asked[0].hints["videos"] == "a b c"
    assert list(records_of(model.asked[0])) == ["v1", "v2", "v3"]
    assert "t1" not in records_of(model.asked[0])["v2"]
    assert verdicts[2].relevance < TAU <= verdicts[0].relevance


def test_no_candidates_no_request() -> None:
    for mode in MODES:
        model = judging()
        assert judge_by(model, mode).judge(QUESTION, []) == []
        assert model.asked == []


def test_more_than_one_request_holds_go_in_batches() -> None:
    model = judging()
    verdicts = judge_by(model, candidates=3).judge(QUESTION, pairs(*balls(8)))
    assert sorted(len(records_of(request)) for request in model.asked) == [2, 3, 3]
    assert [verdict.video for verdict in verdicts] == [twin.id for twin in balls(8)]
    assert all(verdict.relevance == 1 for verdict in verdicts)


@pytest.mark.parametrize("mode", MODES)
def test_requests_do_not_depend_on_scores(mode: str) -> None:
    """The last bits of a coarse score differ between machines; requests must not."""
    asked: list[list[bytes]] = []
    for noise in (0.0, 1e-7):
        given_ = [
            (
                one.model_copy(update={"score": 0.5 + noise * n, "matches": matched(one.matches, noise)}),
                twin,
            )
            for n, (one, twin) in enumerate(candidate(twin, {"c1": (0.51, "a ball")}) for twin in balls(3))
        ]
        model = judging()
        judge_by(model, mode).judge(QUESTION, given_)
        asked.append(sorted(request.canonical("m", {}) for request in model.asked))
    assert asked[0] == asked[1]


def matched(matches: Any, noise: float) -> Any:
    return tuple(match.model_copy(update={"score": match.score + noise}) for match in matches)


@pytest.mark.parametrize("mode", MODES)
def test_requests_are_the_same_every_time(mode: str) -> None:
    def asked() -> list[bytes]:
        model = judging()
        judge_by(model, mode, null_query=True).judge(QUESTION, pairs(*balls(4)))
        return sorted(request.canonical("m", {}) for request in model.asked)

    assert asked() == asked()


def test_pointwise_requests_say_nothing_of_the_others() -> None:
    model = judging()
    judge_by(model, "pointwise").judge(QUESTION, pairs(*balls(3)))
    assert len(model.asked) == 3
    assert len({request.canonical("m", {}) for request in model.asked}) == 1  # one twin, thrice


@pytest.mark.parametrize("mode", ["listwise", "pointwise"])
def test_the_schema_holds_the_ids_that_exist(mode: str) -> None:
    model = judging()
    judge_by(model, mode).judge(QUESTION, pairs(world("a", thing(4, rest(0.5, 0.5)))))
    definitions = model.asked[0].json_schema["$defs"]
    assert definitions["Judged"]["properties"]["candidate"]["const"] == "v1"
    assert definitions["SaidObject"]["properties"]["track"]["enum"] == ["t4", "none"]
    evidence = definitions["SaidCondition"]["properties"]["evidence"]["items"]["enum"]
    assert evidence[0] == "t4"
    assert evidence[-1] == "scene"
    assert len(set(evidence)) == len(evidence)
    # reasons before answers before scores
    fields = list(definitions["Judged"]["properties"])
    assert fields == ["candidate", "trace", "objects", "others", "conditions", "gaps", "relevance"]
    assert definitions["Judged"]["required"] == fields
    for definition in definitions.values():
        assert definition["additionalProperties"] is False


def test_a_judge_says_who_it_is() -> None:
    for mode, prompt in zip(MODES, ("judge@1-", "judge_point@1-", "judge_pair@1-"), strict=True):
        judge = judge_by(judging(), mode)
        assert judge.name.startswith("scripted+judge")
        assert prompt in judge.name
        assert {v.judged_by for v in judge.judge(QUESTION, pairs(*balls(2)))} == {judge.name}


def test_calls_are_counted() -> None:
    with counting() as calls:
        judge_by(judging(), "pointwise").judge(QUESTION, pairs(*balls(3)))
    assert [call.purpose for call in calls] == ["judge"] * 3


# Records


def test_what_has_no_room_is_the_rules_and_says_so() -> None:
    crowd = [thing(n, go(0.1 * n, 0.1, 0.9, 0.08 * n), color="red", shape="round") for n in range(1, 11)]
    twins = [world(f"video{n}", *crowd) for n in range(6)]
    model = judging()
    verdicts = judge_by(model, tokens=500).judge(QUESTION, pairs(*reversed(twins)))
    shown = len(records_of(model.asked[0]))
    assert 0 < shown < 6
    # the best candidates come first, and stay
    assert [bool(v.degraded) for v in verdicts] == [False] * shown + [True] * (6 - shown)
    by_rules = RulesJudge(tau=TAU).judge(QUESTION, pairs(*reversed(twins)))
    assert [v.relevance for v in verdicts[shown:]] == [v.relevance for v in by_rules[shown:]]
    assert "does not fit into 500 tokens" in verdicts[-1].degraded[0]


# Failures


@pytest.mark.parametrize("mode", MODES)
def test_an_endpoint_that_is_down_leaves_the_rules(mode: str) -> None:
    given_ = pairs(ball("b"), world("a"))
    verdicts = judge_by(ScriptedModel(), mode, null_query=True).judge(QUESTION, given_)
    for verdict, rules in zip(verdicts, RulesJudge(tau=TAU).judge(QUESTION, given_), strict=True):
        assert verdict.model_copy(update={"degraded": ()}) == rules
        assert "EndpointError" in verdict.degraded[0]
        assert verdict.degraded[0].startswith("judge: ")
        assert verdict.degraded[0].endswith("the rules' verdict stands")


def test_one_candidate_fails_alone() -> None:
    def fails(request: Request[Any]) -> bool:
        return "t9" in records_of(request).get("v1", "")

    odd = world("b", thing(9, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"))
    model = ScriptedModel({"judge": lambda request: RuntimeError("gone") if fails(request) else each()(request)})
    a, b, c = judge_by(model, "pointwise").judge(QUESTION, pairs(ball("a"), odd, ball("c")))
    assert (bool(a.degraded), bool(b.degraded), bool(c.degraded)) == (False, True, False)
    assert b.judged_by == "rules-judge@1"
    assert "gone" in b.degraded[0]


def test_a_batch_fails_alone() -> None:
    def script(request: Request[Any]) -> Any:
        return RuntimeError("gone") if request.hints["videos"].startswith("video00") else each()(request)

    verdicts = judge_by(ScriptedModel({"judge": script}), candidates=2).judge(QUESTION, pairs(*balls(4)))
    assert [bool(verdict.degraded) for verdict in verdicts] == [True, True, False, False]


def test_a_candidate_that_the_reply_leaves_out_is_the_rules() -> None:
    model = ScriptedModel({"judge": lambda request: {"candidates": [entry(request, "v2"), entry(request, "v2")]}})
    a, b = judge_by(model).judge(QUESTION, pairs(*balls(2)))
    assert "leaves this candidate out" in a.degraded[0]
    assert a.judged_by == "rules-judge@1"
    assert b.degraded == ()
    none = ScriptedModel({"judge": lambda _: {"candidates": []}})
    for mode in MODES:
        assert all("leaves" in v.degraded[0] for v in judge_by(none, mode).judge(QUESTION, pairs(*balls(2))))


@pytest.mark.parametrize("reply", ["", "{}", '{"candidates": 3}', "I cannot", '{"candidates": [{"candidate": "v9"}]}'])
def test_what_does_not_fit_the_schema_is_no_reply(reply: str) -> None:
    (verdict,) = judge_by(ScriptedModel({"judge": lambda _: reply})).judge(QUESTION, pairs(ball("a")))
    assert "BadReply" in verdict.degraded[0]


# The question about nothing


def test_bias_is_taken_off() -> None:
    def script(request: Request[Any], handle: str) -> Entry:
        nothing = question_of(request)["question"] == "N/A"
        return entry(request, handle, relevance=60 if nothing else 80)

    model = judging(script)
    (verdict,) = judge_by(model, "pointwise", null_query=True).judge(QUESTION, pairs(ball("a")))
    assert verdict.relevance == pytest.approx(0.5)
    assert len(model.asked) == 2
    plain, null = model.asked if question_of(model.asked[1])["question"] == "N/A" else reversed(model.asked)
    assert records_of(plain) == records_of(null)
    assert "red ball" not in text_of(null)


def test_bias_that_is_not_known_is_said() -> None:
    def script(request: Request[Any]) -> Any:
        return RuntimeError("gone") if question_of(request)["question"] == "N/A" else each()(request)

    judge = judge_by(ScriptedModel({"judge": script}), "pointwise", null_query=True)
    (verdict,) = judge.judge(QUESTION, pairs(ball("a")))
    assert verdict.relevance == 1
    assert "bias not removed" in verdict.degraded[0]
    assert verdict.judged_by == judge.name


@given(st.integers(0, 100), st.integers(0, 100))
def test_unbiased_is_a_scale(relevance: int, bias: int) -> None:
    assert 0 <= unbiased(relevance, bias) <= relevance
    assert unbiased(100, bias) == 100
    assert unbiased(relevance, 0) == relevance


# Comparisons


def by_preference(order: Sequence[str], *, relevance: int = 80) -> ScriptedModel:
    """Prefers tracks by their number: the record with the earlier track wins."""

    def place(record: str) -> int:
        return next(n for n, name in enumerate(order) if f'{name} "' in record)

    def script(request: Request[Any]) -> Any:
        if request.hints["mode"] != "judge_pair":
            return each(lambda r, h: entry(r, h, relevance=relevance))(request)
        first, second = place(request.hints["first"]), place(request.hints["second"])
        return {"trace": "so", "better": "first" if first < second else "second"}

    return ScriptedModel({"judge": script})


def numbered(number: int) -> list[Twin]:
    """Videos that differ in the number of their track."""
    return [world(f"video{n:02}", thing(n, rest(0.5, 0.5), color="red")) for n in range(1, number + 1)]


@pytest.mark.parametrize("number", [1, 2, 3, 5, 6, 7, 10, 11])
def test_comparisons_order_the_candidates(number: int) -> None:
    order = [f"t{n}" for n in range(number, 0, -1)]  # the last is the best
    model = by_preference(order)
    verdicts = judge_by(model, "pairwise").judge(FREE, pairs(*numbered(number)))
    compared = sum(request.hints["mode"] == "judge_pair" for request in model.asked)
    assert len(model.asked) == number + compared
    assert compared == number * (number - 1) // 2 if number <= ALL_PAIRS else compared <= 2 * number
    assert verdicts[-1].relevance == max(verdict.relevance for verdict in verdicts) == pytest.approx(0.8)
    assert all(TAU <= verdict.relevance <= 0.8 for verdict in verdicts)
    if number <= ALL_PAIRS:
        assert [v.relevance for v in verdicts] == sorted(v.relevance for v in verdicts)


def test_comparisons_make_no_match_of_what_is_none() -> None:
    verdicts = judge_by(by_preference(["t2", "t1", "t3"], relevance=30), "pairwise").judge(FREE, pairs(*numbered(3)))
    assert max(v.relevance for v in verdicts) == pytest.approx(0.3)
    assert min(v.relevance for v in verdicts) == pytest.approx(0.15)


def test_a_comparison_that_fails_is_said_and_does_not_count() -> None:
    def script(request: Request[Any]) -> Any:
        return RuntimeError("gone") if request.hints["mode"] == "judge_pair" else each()(request)

    verdicts = judge_by(ScriptedModel({"judge": script}), "pairwise").judge(QUESTION, pairs(*balls(3)))
    assert all(verdict.relevance == 1 for verdict in verdicts)
    assert all("a comparison failed" in verdict.degraded[0] and len(verdict.degraded) == 1 for verdict in verdicts)


@given(st.integers(1, 24), st.randoms(use_true_random=False))
def test_a_tournament_ends_and_seats_everyone_fairly(number: int, random: Any) -> None:
    tournament = Tournament([random.random() for _ in range(number)])
    played: list[tuple[int, int]] = []
    while games := tournament.next_round():
        in_round = [position for game in games for position in game]
        if number > ALL_PAIRS:
            assert len(set(in_round)) == len(in_round)
        for game in games:
            tournament.played(game, random.choice((0.0, 0.5, 1.0)))
        played += games
    assert len({frozenset(game) for game in played}) == len(played) <= max(2 * number, number * (number - 1) // 2)
    shares = tournament.shares()
    assert all(share is None or 0 <= share <= 1 for share in shares)
    assert all(share is not None for share in shares) or number == 1
    if number <= ALL_PAIRS:
        first = Counter(game[0] for game in played)
        assert all(abs(2 * first[k] - (number - 1)) <= 1 for k in range(number))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.05, 0.95))
def test_a_tournament_moves_no_one_across_tau(relevance: float, share: float, tau: float) -> None:
    after = ordered(relevance, share, tau)
    assert (after >= tau) == (relevance >= tau)
    assert after <= relevance + 1e-12


# Whatever the reply


def any_reply(schema: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Replies that fit a schema of judgements, as wild as it allows."""

    def field(model: type[Any], name: str) -> st.SearchStrategy[Any]:
        return values(model.model_fields[name].annotation)

    def values(annotation: Any) -> st.SearchStrategy[Any]:
        inner = get_args(annotation)
        if hasattr(annotation, "model_fields"):
            return st.fixed_dictionaries({name: field(annotation, name) for name in annotation.model_fields})
        if getattr(annotation, "__origin__", None) is list:
            return st.lists(values(inner[0]), max_size=3)
        if annotation is str:
            return st.text(max_size=20)
        if annotation is int:
            return st.integers(0, 100)
        if annotation == float | None:
            return st.none() | st.floats(allow_nan=False, allow_infinity=False)
        return st.sampled_from(inner)

    return values(schema)


ODD = (
    world("b", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"), thing(3, rest(0.5, 0.2), label="dog")),
    world("a", thing(2, go(0.9, 0.6, 0.1, 0.6), color="red")),
    world("c"),
)
QUERIES = tuple(
    ask(question)
    for question in (
        "a red ball moves to the right past a dog",
        "two red things, and no dog, at night",
        "something joyful without a green square",
        "the largest thing enters before a dog does",
    )
)


@pytest.mark.parametrize("mode", ["listwise", "pointwise"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_reply_that_fits_gives_valid_verdicts(mode: str, data: st.DataObject) -> None:
    query = data.draw(st.sampled_from(QUERIES))
    model = ScriptedModel({"judge": lambda request: json.dumps(data.draw(any_reply(request.schema)))}, concurrency=1)
    judge = judge_by(model, mode)
    verdicts = judge.judge(query, pairs(*ODD))
    assert [verdict.video for verdict in verdicts] == ["b", "a", "c"]
    for verdict, twin in zip(verdicts, ODD, strict=True):
        assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
        assert 0 <= verdict.relevance <= 1
        assert [answer.condition for answer in verdict.conditions] == [c.id for c in query.conditions]
        assert set(verdict.objects) <= set(twin.track_by_id)
        assert len(set(verdict.objects)) == len(verdict.objects)
        assert all(set(answer.evidence.tracks) <= set(twin.track_by_id) for answer in verdict.conditions)
        assert all(answer.evidence.text and 0 <= answer.score <= 1 for answer in verdict.conditions)
        assert verdict.judged_by == judge.name or verdict.degraded
