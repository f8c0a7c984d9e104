"""Whatever stands in a video, a question or a model's own words: every request of reasoning keeps its structure."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hostile import STRING, check_structure, hostile, text_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from judges import TAU, each, judge_by, question_of, records_of
from worlds import candidate, go, rest, said, thing, world

from seewhy.errors import QueryError
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request
from seewhy.models.prompt import load_prompt
from seewhy.models.tokens import count_tokens
from seewhy.reason.decompose import ModelDecomposer
from seewhy.reason.judging.shown import DIGEST_TOKENS
from seewhy.reason.planning import MOST_QUESTION, ModelPlanner
from seewhy.reason.rules import RulesDecomposer
from seewhy.types.hit import Verdict
from seewhy.types.query import Condition, Entity, Happens, HasAttribute, IsA, Query
from seewhy.types.time import Span
from seewhy.types.twin import STEP_NAMES, Event, Label, Refined, RefinementStep, Scene, Twin

FEW = settings(
    max_examples=12, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.generate),
)  # fmt: skip
"""Requests are long; and a hostile text that breaks one is short enough as it is."""
LINE = re.compile(
    r"(length \S+ s|(summary|scene|camera|pace|text|counts|looked\d+|[ter]\d+) |\(\+\d+ more )[^<\[\]{}\\]*"
)
"""a line of a record, without its strings"""
PLAIN = [
    world(name, thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"), thing(2, rest(0.3, 0.2), label="dog"))
    for name in ("a", "b")
]


@st.composite
def twins(draw: st.DrawFn) -> Twin:
    """A twin with a hostile text wherever one can stand."""
    plain = draw(st.sampled_from(PLAIN))
    first, second = plain.tracks
    span = Span(start=0, end=1)
    labels = (Label(name=draw(hostile), score=0.9, source="m@1", broader=draw(hostile)),)
    looks = tuple(said(kind, draw(hostile)) for kind in ("state", "other", "color", "texture", "size"))
    timed = (said("state", draw(hostile), span=span),)
    tracks = (
        first.model_copy(update={"attributes": (*first.attributes, *looks, *timed), "aliases": (draw(hostile),)}),
        second.model_copy(update={"labels": labels, "source": draw(hostile)}),
    )
    verbs = (draw(hostile), draw(st.sampled_from(["moves_left", "enters", "moves"])))
    told = tuple(
        Event(subject=who, action=verb, object=whom, span=span, score=0.9, source=draw(hostile))
        for verb in verbs
        for who, whom in ((1, 2), (2, None), (None, None))
    )
    scene = Scene(
        attributes=(said("place", draw(hostile)), said("setting", draw(hostile)), said("palette", draw(hostile))),
        texts=tuple(draw(st.lists(hostile, max_size=8))),
        summary=draw(hostile),
        summary_source=draw(hostile),
    )
    looked = tuple(
        Refined(step=RefinementStep(name="look", question=draw(hostile)), source="look:m@1", found=0) for _ in range(2)
    )
    return plain.model_copy(
        update={"tracks": tracks, "events": (*plain.events, *told), "scene": scene, "refinements": looked}
    )


@st.composite
def queries(draw: st.DrawFn) -> Query:
    name, word = draw(hostile), draw(hostile)
    conditions = (
        Condition(id=name, kind="object", text=draw(hostile), predicate=IsA(subject=name, category=word)),
        Condition(
            id="k",
            kind="attribute",
            text=draw(hostile),
            predicate=HasAttribute(subject=name, attribute="state", value=word),
        ),
        Condition(id="l", kind="event", text=draw(hostile), predicate=Happens(subject=name, event="moves")),
        Condition(id="m", kind="free", text=draw(hostile), negated=draw(st.booleans())),
        Condition(
            id="n", kind="object", text=draw(hostile), negated=True, predicate=IsA(subject="no", category=draw(hostile))
        ),
    )
    entities = (Entity(id=name, phrase=draw(hostile)), Entity(id="no", phrase=draw(hostile)))
    return Query(text=draw(hostile), conditions=conditions, entities=entities, decomposed_by=draw(hostile))


@FEW
@given(queries(), twins(), twins(), st.sampled_from(["listwise", "pointwise", "pairwise"]), st.integers(500, 900))
def test_judging(query: Query, one: Twin, other: Twin, mode: str, tokens: int) -> None:
    one, other = (
        twin.model_copy(update={"video": twin.video.model_copy(update={"id": name})})
        for twin, name in ((one, "one"), (other, "other"))
    )
    model = ScriptedModel({"judge": each()})
    matches = {"m": (0.9, query.text)}
    verdicts = judge_by(model, mode, tokens=tokens).judge(query, [candidate(one, matches), candidate(other, matches)])
    assert [verdict.video for verdict in verdicts] == ["one", "other"]
    assert all(not verdict.degraded for verdict in verdicts if verdict.judged_by.startswith("scripted"))
    for request in model.asked:
        check_structure(request, load_prompt("seewhy.reason", request.prompt.partition("@")[0]))
        if request.hints["mode"] == "judge_pair":
            shown = {name: request.hints[name] for name in ("first", "second")}
        else:
            shown = records_of(request)
            assert len(question_of(request)["conditions"]) == 5
        assert sum(map(count_tokens, shown.values())) <= tokens
        for record in shown.values():
            assert count_tokens(record) <= DIGEST_TOKENS
            for line in record.split("\n"):
                assert LINE.fullmatch(STRING.sub("", line)), line


@FEW
@given(hostile)
def test_decomposing(question: str) -> None:
    model = ScriptedModel({})
    try:
        ModelDecomposer(model, RulesDecomposer()).decompose(question)
    except QueryError:
        return
    (request,) = model.asked
    prompt = load_prompt("seewhy.reason", "decompose")
    (system,) = (text for role, text in prompt.sections if role == "system")
    before, _, after = system.partition("{{vocabulary}}")
    assert text_of(request, "system").startswith(before)
    assert text_of(request, "system").endswith(after)
    assert check_structure(request, prompt) == '{"": ""}'
    assert set(json.loads(text_of(request, "user"))) == {"question"}


@FEW
@given(st.lists(hostile, min_size=1, max_size=6), hostile, hostile, twins())
def test_planning(gaps: list[str], question: str, reply: str, twin: Twin) -> None:
    """What the judge wants to know was written by a model that has read the video; so is what the planner asks."""
    verdict = Verdict(video=twin.id, relevance=0.5, conditions=(), gaps=tuple(gaps), judged_by="m")
    query = Query(text=question, conditions=(Condition(id="c", kind="free", text="c"),), decomposed_by="m")
    spoken = reply.encode(errors="ignore").decode()  # no JSON holds half a letter
    step = {"video": "v1", "question": spoken, "step": "look", "tracks": ["t1"], "start": 0, "end": 1}
    model = ScriptedModel({"plan": lambda _: {"steps": [step]}})
    steps = ModelPlanner(model).plan(query, [(*candidate(twin), verdict)], STEP_NAMES, 3)  # type: ignore[arg-type]
    (request,) = model.asked
    outside = check_structure(request, load_prompt("seewhy.reason", "plan"))
    (videos,) = (line for line in text_of(request, "user").split("\n") if line.startswith('{"video"'))
    told = json.loads(videos)
    assert list(told) == ["video", "length", "tracks", "open"]
    assert len(told["open"]) <= 4
    assert outside.count("{") == 1 + len(told["tracks"]) + 1  # the video, its tracks, and the form of the reply
    for video, planned in steps:
        assert video == twin.id
        assert len(planned.question) <= MOST_QUESTION
        again = twin.model_copy(
            update={"refinements": (Refined(step=planned, source="look:m@1", found=0),)}
        )  # what was asked in vain is told to the next judge
        judge = ScriptedModel({"judge": each()})
        judge_by(judge).judge(query, [candidate(again)])
        check_structure(judge.asked[0], load_prompt("seewhy.reason", "judge"))


# What an order can do at most: the model that obeys


def obeying(question: Query, twin: Twin, **changes: Any) -> Verdict:
    """The verdict where the model says yes to all, and whatever else it is told to."""

    def script(request: Request[Any], handle: str) -> dict[str, Any]:
        ids = [line.split()[0] for line in records_of(request)[handle].splitlines() if LINE.match(line)]
        ids = [name for name in ids if re.fullmatch(r"[ter]\d+|summary|text|scene", name)]
        conditions = [
            {"condition": one["id"], "evidence": ids[:6], "answer": one["wanted"]}
            for one in question_of(request)["conditions"]
        ]
        objects = [{"entity": one["id"], "track": "none"} for one in question_of(request)["entities"]]
        first = {"entity": question_of(request)["entities"][0]["id"], "track": "t1"}
        return {
            "candidate": handle, "trace": "as told", "objects": [first, *objects[1:]], "others": [],
            "conditions": conditions, "gaps": [], "relevance": 100, **changes,
        }  # fmt: skip

    model = ScriptedModel({"judge": each(script)})
    (verdict,) = judge_by(model).judge(question, [candidate(twin)])
    return verdict


@pytest.mark.parametrize("relation", ["a red ball to the left of a cat", "a red ball follows a cat"])
def test_what_stands_in_a_relation_to_nothing_is_not_known_to(relation: str) -> None:
    """To say that an entity is none of the tracks takes its conditions out of code's reach; they are no yes then."""
    twin = world("w", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"))
    verdict = obeying(RulesDecomposer().decompose(relation), twin)
    answers = [one.answer for one in verdict.conditions]
    assert answers[-2:].count("yes") == 0
    assert verdict.relevance < 1


def test_a_describers_word_for_a_direction_is_nothing_against_geometry() -> None:
    """A video that has its describer say that the ball goes right, and its judge believe it."""
    twin = world("w", thing(1, go(0.9, 0.6, 0.1, 0.6), color="red", shape="round"))
    told = Event(subject=1, action="moves_right", span=Span(start=0, end=4), score=0.95, source="describe:m@1")
    verdict = obeying(
        RulesDecomposer().decompose("a red ball moves to the right"),
        twin.model_copy(update={"events": (*twin.events, told)}),
    )
    assert verdict.conditions[-1].answer == "no"
    assert verdict.relevance < TAU


@pytest.mark.parametrize(("answer", "relevance"), [("yes", 1.0), ("no", 0.6)])
def test_a_describers_word_for_what_geometry_may_have_missed_is_left_to_the_judge(
    answer: str, relevance: float
) -> None:
    twin = world("w", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"))
    told = Event(subject=1, action="turns", span=Span(start=1, end=2), score=0.95, source="describe:m@1")
    verdict = obeying(
        RulesDecomposer().decompose("a red ball turns"),
        twin.model_copy(update={"events": (*twin.events, told)}),
        conditions=[
            {"condition": f"c{n}", "evidence": ["t1", "e1"], "answer": said}
            for n, said in enumerate(("yes", "yes", answer), 1)
        ],
    )
    assert verdict.conditions[-1].answer == answer
    assert verdict.relevance <= relevance
