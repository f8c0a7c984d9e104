"""What a model says of a candidate, against a twin whose truth is known."""

from __future__ import annotations

from typing import Any

import pytest
from judges import TAU, Entry, entry, judge_by, judging, question_of
from worlds import ask, candidate, go, pairs, rest, said, thing, world

from seewhy.models.language import Request
from seewhy.reason.judge import RulesJudge
from seewhy.types.hit import Answer, Verdict
from seewhy.types.query import Condition, Counted, Entity, Happens, HasAttribute, IsA, Order, Query, Superlative
from seewhy.types.time import Span
from seewhy.types.twin import Label, Scene, Twin

RED_RIGHT = thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round", texture="plain")
RED_LEFT = thing(1, go(0.9, 0.6, 0.1, 0.6), color="red", shape="round", texture="plain")
BLUE_REST = thing(2, rest(0.5, 0.2), color="blue", shape="square")


def judged(query: Query | str, twin: Twin, tau: float = TAU, **changes: Any) -> Verdict:
    """The verdict when the model says yes to all, but for the changes to its reply."""
    model = judging(lambda request, handle: entry(request, handle, **changes))
    asked = ask(query) if isinstance(query, str) else query
    (verdict,) = judge_by(model, tau=tau).judge(asked, [candidate(twin)])
    return verdict


def says(*answers: tuple[str, list[str]]) -> list[dict[str, Any]]:
    """Answers to c1, c2, ... as (answer, evidence)."""
    return [
        {"condition": f"c{number}", "evidence": evidence, "answer": answer}
        for number, (answer, evidence) in enumerate(answers, start=1)
    ]


def one(kind: str, predicate: Any, *, negated: bool = False, phrase: str = "it") -> Query:
    """A query of one condition on one entity, e1."""
    condition = Condition.model_validate(
        {"id": "k", "kind": kind, "text": "as asked", "predicate": predicate, "negated": negated}
    )
    return Query(text="q", conditions=(condition,), entities=(Entity(id="e1", phrase=phrase),), decomposed_by="test@1")


def answer_of(verdict: Verdict) -> Answer:
    return verdict.conditions[0].answer


def test_a_right_reply_is_left_as_it_is() -> None:
    verdict = judged("a red ball moves to the right", world("r", RED_RIGHT), relevance=93)
    assert verdict.relevance == pytest.approx(0.93)
    assert [c.answer for c in verdict.conditions] == ["yes", "yes", "yes"]
    assert verdict.objects == (1,)
    assert verdict.corrections == ()
    assert verdict.degraded == ()
    assert verdict.conditions[2].evidence.numbers["dx"] > 0.4  # by geometry, not by what was said


def test_geometry_overrides_the_model() -> None:
    verdict = judged("a red ball moves to the right", world("l", RED_LEFT))
    assert [c.answer for c in verdict.conditions] == ["yes", "yes", "no"]
    assert verdict.relevance < TAU
    assert any("moves to the right: the model said yes, which was changed to no" in c for c in verdict.corrections)
    assert any("relevance 1.00 was lowered" in c for c in verdict.corrections)


def test_geometry_overrides_a_no_but_lifts_nothing() -> None:
    answers = says(("yes", ["t1"]), ("yes", ["t1"]), ("no", ["e1"]))
    verdict = judged("a red ball moves to the right", world("r", RED_RIGHT), conditions=answers, relevance=20)
    assert [c.answer for c in verdict.conditions] == ["yes", "yes", "yes"]
    assert verdict.relevance == pytest.approx(0.2)


@pytest.mark.parametrize("tau", [0.2, 0.5, 0.9])
def test_relevance_is_bounded_by_what_the_answers_support(tau: float) -> None:
    query = Query(
        text="q",
        conditions=tuple(Condition(id=f"k{n}", kind="free", text=f"thing {n}") for n in range(3)),
        decomposed_by="test@1",
    )
    twin = world("w", RED_RIGHT)
    unknown = judged(query, twin, tau, conditions=says(*[("unknown", [])] * 3))
    assert unknown.relevance == pytest.approx(0.9 * tau)  # not knowing is not matching
    some = judged(query, twin, tau, conditions=says(("yes", ["t1"]), ("no", ["t1"]), ("unknown", [])))
    assert some.relevance == pytest.approx((1 + 0.9 * tau) / 3)
    assert judged(query, twin, tau).relevance == 1
    moves = ask("a red ball moves to the right")
    weights = [condition.weight for condition in moves.conditions]
    contradicted = judged(moves, world("l", RED_LEFT), tau)
    assert contradicted.relevance == pytest.approx(sum(weights[:2]) / sum(weights) * 0.98 * tau)


def test_an_unknown_of_geometry_leaves_the_word_to_the_model() -> None:
    """In one frame nothing moves; the model may know from elsewhere."""
    short = thing(1, lambda t: (0.5, 0.5) if t < 0.1 else None, color="red", shape="round")
    query = one("event", Happens(subject="e1", event="moves"))
    assert RulesJudge().judge(query, pairs(world("w", short)))[0].conditions[0].answer == "unknown"
    assert answer_of(judged(query, world("w", short))) == "yes"
    assert answer_of(judged(query, world("w", short), conditions=says(("yes", [])))) == "unknown"
    assert answer_of(judged(query, world("w", short), conditions=says(("no", [])))) == "no"


# Ids


def test_ids_that_this_video_does_not_have_are_removed() -> None:
    """The enum holds the ids of all candidates; those of another one are no evidence here."""
    rich = world("b", RED_RIGHT, BLUE_REST, thing(7, rest(0.9, 0.9), color="green"))
    poor = world("a", RED_RIGHT)

    def script(request: Request[Any], handle: str) -> Entry:
        objects = [{"entity": "x1", "track": "t7"}]
        conditions = [{**c, "evidence": ["t7", "r1"]} for c in entry(request, handle)["conditions"]]
        return entry(request, handle, objects=objects, others=["t2", "t7"], conditions=conditions)

    _, verdict = judge_by(judging(script)).judge(ask("grandmother"), pairs(rich, poor))
    assert verdict.video == "a"
    assert verdict.objects == ()
    assert verdict.conditions[0].answer == "unknown"
    assert verdict.conditions[0].evidence.tracks == ()
    assert any("t7, r1 is not in this video's record" in note for note in verdict.corrections)
    assert any("which this video does not have" in note for note in verdict.corrections)
    assert any("objects: t2, t7" in note for note in verdict.corrections)


def test_a_yes_needs_evidence_of_the_track_it_is_about() -> None:
    query = one("attribute", HasAttribute(subject="e1", attribute="state", value="open"))
    twin = world("w", RED_RIGHT, BLUE_REST)
    first = [{"entity": "x1", "track": "t1"}]
    assert answer_of(judged(query, twin, objects=first, conditions=says(("yes", ["t1"])))) == "yes"
    assert answer_of(judged(query, twin, objects=first, conditions=says(("yes", ["e1"])))) == "yes"
    for evidence in ([], ["t2"], ["scene"]):
        verdict = judged(query, twin, objects=first, conditions=says(("yes", evidence)))
        assert answer_of(verdict) == "unknown", evidence
        assert any("nothing that it is about was named" in note for note in verdict.corrections)


def test_a_free_yes_needs_any_evidence_and_a_scene_none() -> None:
    twin = world("w", RED_RIGHT)
    free = Query(text="q", conditions=(Condition(id="k", kind="free", text="joy"),), decomposed_by="test@1")
    assert answer_of(judged(free, twin, conditions=says(("yes", [])))) == "unknown"
    assert answer_of(judged(free, twin, conditions=says(("yes", ["scene"])))) == "yes"
    scene = Query(text="q", conditions=(Condition(id="k", kind="scene", text="a fair"),), decomposed_by="test@1")
    assert answer_of(judged(scene, twin, conditions=says(("yes", [])))) == "yes"


def test_evidence_has_the_time_of_the_events_that_are_cited() -> None:
    free = Query(text="q", conditions=(Condition(id="k", kind="free", text="joy"),), decomposed_by="test@1")
    verdict = judged(free, world("w", RED_RIGHT), conditions=says(("yes", ["t1", "e1"])))
    evidence = verdict.conditions[0].evidence
    assert evidence.tracks == (1,)
    assert evidence.span is not None
    assert evidence.span.start > 0.2


# Words


def labelled(name: str, score: float = 0.9, broader: str | None = None) -> Twin:
    track = RED_RIGHT.model_copy(update={"labels": (Label(name=name, score=score, source="test@1", broader=broader),)})
    return world("w", track)


@pytest.mark.parametrize(
    ("asked", "label", "model", "expected"),
    [
        ("dog", "cat", "yes", "no"),  # code knows both words: they exclude each other
        ("car", "person", "yes", "no"),
        ("dog", "terrier", "yes", "yes"),  # the model knows more words
        ("musician", "person", "yes", "yes"),
        ("bird", "duck", "yes", "yes"),
        ("musician", "person", "unknown", "unknown"),
        ("terrier", "dog", "unknown", "unknown"),
        ("musician", "person", "no", "no"),
        ("dog", "dog", "no", "yes"),
        ("animal", "dog", "no", "yes"),
        ("dog", "object", "no", "no"),
        ("dog", "object", "yes", "yes"),
    ],
)
def test_names(asked: str, label: str, model: str, expected: str) -> None:
    query = one("object", IsA(subject="e1", category=asked))
    verdict = judged(query, labelled(label), conditions=says((model, ["t1"])))
    assert answer_of(verdict) == expected
    assert any("was changed to" in note for note in verdict.corrections) == (model != expected)


def test_what_has_no_name_is_judged_by_its_shape() -> None:
    ball = one("object", IsA(subject="e1", category="ball"))
    box = world("w", thing(1, rest(0.5, 0.5), shape="square"))
    assert answer_of(judged(ball, box)) == "no"
    assert answer_of(judged(ball, world("w", thing(1, rest(0.5, 0.5), shape="lumpy")))) == "yes"
    assert answer_of(judged(ball, world("w", RED_RIGHT), conditions=says(("no", ["t1"])))) == "yes"


def test_a_doubtful_name_is_not_insisted_on() -> None:
    query = one("object", IsA(subject="e1", category="dog"))
    assert answer_of(judged(query, labelled("cat", 0.55))) == "yes"
    assert answer_of(judged(query, labelled("cat", 0.55), conditions=says(("yes", [])))) == "unknown"
    assert answer_of(judged(query, labelled("cat", 0.9))) == "no"


@pytest.mark.parametrize(
    ("kind", "asked", "has", "expected"),
    [
        ("color", "red", "blue", "no"),
        ("color", "crimson", "red", "yes"),
        ("color", "iridescent", "blue", "yes"),
        ("state", "happy", "smiling", "yes"),
        ("shape", "round", "square", "no"),
    ],
)
def test_looks(kind: Any, asked: str, has: str, expected: str) -> None:
    """Colors and shapes have closed lists of words; states do not."""
    twin = world("w", thing(1, rest(0.5, 0.5), **{kind: has}))
    assert (
        answer_of(judged(one("attribute", HasAttribute(subject="e1", attribute=kind, value=asked)), twin)) == expected
    )


def test_the_scene_by_words() -> None:
    night = ask("at night")
    assert night.conditions[0].predicate is not None
    assert answer_of(judged(night, world("w", RED_RIGHT, light="day"))) == "no"
    assert answer_of(judged(night, world("w", RED_RIGHT, light="night"))) == "yes"


def test_a_count_of_things_with_names_that_code_does_not_know() -> None:
    two = [thing(n, rest(0.3 * n, 0.5), label="terrier") for n in (1, 2)]
    dogs = Query(
        text="q",
        conditions=(
            Condition(id="k", kind="count", text="two", predicate=Counted(subject="e1", comparator="==", number=2)),
            Condition(id="l", kind="object", text="dogs", predicate=IsA(subject="e1", category="dog")),
        ),
        entities=(Entity(id="e1", phrase="two dogs"),),
        decomposed_by="test@1",
    )
    assert RulesJudge().judge(dogs, pairs(world("w", *two)))[0].conditions[0].answer == "no"
    assert [c.answer for c in judged(dogs, world("w", *two)).conditions] == ["yes", "yes"]
    cats = [thing(n, rest(0.3 * n, 0.5), label="cat") for n in (1, 2)]
    assert [c.answer for c in judged(dogs, world("w", *cats)).conditions] == ["no", "no"]
    three = one("count", Counted(subject="e1", comparator=">=", number=3))
    assert answer_of(judged(three, world("w", *two))) == "no"


def test_a_superlative_is_geometry() -> None:
    twin = world("w", thing(1, rest(0.2, 0.5), side=0.1), thing(2, rest(0.7, 0.5), side=0.3))
    query = one("superlative", Superlative(subject="e1", measure="largest"))
    verdict = judged(query, twin, objects=[{"entity": "x1", "track": "t1"}])
    assert verdict.objects == (2,)  # code contradicts the choice, not the video
    assert any("less for these" in note for note in verdict.corrections)


# Negation: the model is asked about the plain statement


def test_the_statement_is_asked_without_its_negation() -> None:
    model = judging()
    judge_by(model).judge(ask("the red circle does not move to the left"), pairs(world("r", RED_RIGHT)))
    statements = question_of(model.asked[0])["conditions"]
    assert statements[-1]["statement"] == "the red circle moves to the left"
    assert [s["wanted"] for s in statements] == ["yes", "yes", "no"]


@pytest.mark.parametrize("text", ["not: it is funny", "no fun", "without fun", "never fun"])
def test_a_free_negation_is_asked_without_its_negation(text: str) -> None:
    conditions = (
        Condition(id="k", kind="free", text="a person"),
        Condition(id="l", kind="free", text=text, negated=True),
    )
    query = Query(text="q", conditions=conditions, decomposed_by="test@1")
    model = judging()
    (verdict,) = judge_by(model).judge(query, pairs(world("r", RED_RIGHT)))
    assert question_of(model.asked[0])["conditions"][1]["statement"] in ("it is funny", "fun")
    assert verdict.conditions[1].answer == "yes"  # the model said no: there is no fun


def test_a_negated_answer_is_turned_over_and_checked() -> None:
    query = "the red circle does not move to the left"
    right = judged(query, world("r", RED_RIGHT))
    assert right.conditions[-1].answer == "yes"
    assert right.relevance == 1
    # The model says that it does not move left, and it does.
    left = judged(query, world("l", RED_LEFT))
    assert left.conditions[-1].answer == "no"
    assert left.relevance < TAU
    assert any("the model said no, which was changed to yes" in note for note in left.corrections)


def test_an_absent_thing_is_one_statement() -> None:
    query = ask("a red circle without a blue square")
    model = judging()
    alone, both = judge_by(model).judge(query, pairs(world("a", RED_RIGHT), world("b", RED_RIGHT, BLUE_REST)))
    assert len(query.conditions) == 4
    assert len(question_of(model.asked[0])["conditions"]) == 3
    assert len(question_of(model.asked[0])["entities"]) == 1
    assert [c.answer for c in alone.conditions] == ["yes"] * 4
    assert alone.relevance == 1
    assert [c.answer for c in both.conditions] == ["yes", "yes", "no", "no"]
    assert both.relevance < TAU


def test_an_absence_is_the_models_where_code_does_not_know_the_word() -> None:
    query = one("object", IsA(subject="e1", category="pet"), negated=True, phrase="no pet")
    dog = labelled("dog")
    assert RulesJudge().judge(query, pairs(dog))[0].conditions[0].answer == "yes"
    assert answer_of(judged(query, dog, conditions=says(("yes", ["t1"])))) == "unknown"  # a pet is there, it says
    assert answer_of(judged(query, dog, conditions=says(("no", [])))) == "yes"
    car = one("object", IsA(subject="e1", category="car"), negated=True, phrase="no car")
    assert answer_of(judged(car, dog, conditions=says(("yes", ["t1"])))) == "yes"  # a dog is no car


# Who is who


TWO_RED = world("w", thing(1, rest(0.7, 0.5), color="red"), thing(2, rest(0.3, 0.5), color="red"))
LEFT_OF = "a red object left of a red object"


def bound(*pairs_: tuple[str, str]) -> list[dict[str, str]]:
    return [{"entity": entity, "track": track} for entity, track in pairs_]


def test_the_models_choice_is_the_binding() -> None:
    red = one("attribute", HasAttribute(subject="e1", attribute="color", value="red"))
    for track in (1, 2):
        verdict = judged(red, TWO_RED, objects=bound(("x1", f"t{track}")))
        assert verdict.objects == (track,)
        assert verdict.corrections == ()


def test_a_choice_that_geometry_contradicts_gives_way_to_the_rules() -> None:
    verdict = judged(LEFT_OF, TWO_RED, objects=bound(("x1", "t1"), ("x2", "t2")))
    assert verdict.objects == (2, 1)
    assert all(c.answer == "yes" for c in verdict.conditions)
    assert any("'a red object' is track 2" in note for note in verdict.corrections)


def test_one_track_is_not_two_things() -> None:
    verdict = judged(LEFT_OF, TWO_RED, objects=bound(("x1", "t2"), ("x2", "t2")))
    assert any("one track is one thing" in note for note in verdict.corrections)
    assert verdict.objects == (2, 1)


def test_entities_that_are_not_said_are_the_rules() -> None:
    assert judged(LEFT_OF, TWO_RED, objects=[]).objects == (2, 1)
    assert judged(LEFT_OF, TWO_RED, objects=bound(("x2", "t1"))).objects == (2, 1)


def test_none_is_believed_unless_a_track_is_by_its_words_what_is_asked() -> None:
    red = one("attribute", HasAttribute(subject="e1", attribute="color", value="red"), phrase="the red one")
    verdict = judged(red, TWO_RED, objects=bound(("x1", "none")))
    assert answer_of(verdict) == "yes"
    assert any("but track 1 is" in note for note in verdict.corrections)
    cup = one("object", IsA(subject="e1", category="cup"), phrase="the cup")
    verdict = judged(cup, labelled("dog"), objects=bound(("x1", "none")))
    assert answer_of(verdict) == "unknown"  # not said wrongly: it cannot be checked
    assert verdict.relevance < TAU
    assert verdict.gaps == ("whether as asked",)


def test_a_question_without_entities_still_gets_objects() -> None:
    free = Query(text="q", conditions=(Condition(id="k", kind="free", text="joy"),), decomposed_by="test@1")
    twin = world("w", RED_RIGHT, BLUE_REST)
    model = judging(lambda request, handle: entry(request, handle, objects=bound(("x1", "t2")), others=["t1", "t2"]))
    (verdict,) = judge_by(model).judge(free, pairs(twin))
    assert question_of(model.asked[0])["entities"] == [{"id": "x1", "phrase": "what the question is about"}]
    assert verdict.objects == (2, 1)


def test_an_entity_without_a_predicate_is_bound_too() -> None:
    free = Query(
        text="q",
        conditions=(Condition(id="k", kind="free", text="the host laughs"),),
        entities=(Entity(id="host", phrase="the host"),),
        decomposed_by="test@1",
    )
    assert judged(free, world("w", RED_RIGHT, BLUE_REST), objects=bound(("x1", "t2"))).objects[0] == 2


# What else is said


def test_gaps_become_plain_sentences_about_what_exists() -> None:
    gaps = [
        {"question": "what does\u202e it\n hold?", "track": "t1", "start": 1.0, "end": 2.0},
        {"question": "is it night?", "track": "none", "start": -5.0, "end": 99.0},
        {"question": " ", "track": "t1", "start": None, "end": None},
    ]
    verdict = judged("a red ball", world("w", RED_RIGHT), gaps=gaps)
    assert verdict.gaps == ("track 1, 1.0-2.0 s: what does it hold?", "0.0-4.0 s: is it night?")


def test_the_trace_is_capped_and_on_one_line() -> None:
    verdict = judged("a red ball", world("w", RED_RIGHT), trace="because \x1b[31m\n" * 200)
    assert len(verdict.trace) <= 500
    assert verdict.trace.isprintable()


def test_a_condition_that_is_not_answered_is_unknown_or_the_rules() -> None:
    verdict = judged("a red ball that waves", world("w", RED_RIGHT), conditions=[])
    assert {c.answer for c in verdict.conditions if c.evidence.numbers} == {"yes"}
    assert verdict.conditions[-1].answer == "unknown"
    assert any("was not answered" in note for note in verdict.corrections)


def test_of_two_entries_for_one_thing_the_first_counts() -> None:
    answers = [*says(("no", ["t1"])), *says(("yes", ["t1"]))]
    free = Query(text="q", conditions=(Condition(id="k", kind="free", text="joy"),), decomposed_by="test@1")

    def script(request: Request[Any], handle: str) -> Entry:
        return entry(request, handle, conditions=answers[:1], relevance=10)

    assert answer_of(judge_by(judging(script)).judge(free, pairs(world("w", RED_RIGHT)))[0]) == "no"


def test_a_video_without_tracks() -> None:
    empty = world("e")
    verdict = judged("a red ball", empty)
    assert verdict.relevance < TAU
    assert verdict.objects == ()
    summary = empty.model_copy(update={"scene": Scene(summary="a fair", attributes=(said("setting", "outdoor"),))})
    free = Query(text="q", conditions=(Condition(id="k", kind="free", text="joy"),), decomposed_by="test@1")
    verdict = judged(free, summary, conditions=says(("yes", ["summary"])))
    assert verdict.relevance == 1
    assert verdict.conditions[0].evidence.span == Span(start=0, end=4)


def test_of_two_that_are_held_down_alike_the_model_says_which_is_better() -> None:
    twin = world("l", RED_LEFT)
    better, worse = (judged("a red ball moves to the right", twin, relevance=relevance) for relevance in (95, 60))
    assert worse.relevance < better.relevance < TAU
    assert worse.relevance == pytest.approx(better.relevance, rel=0.02)


def test_a_relevance_that_stays_the_same_to_the_eye_is_no_correction() -> None:
    query = one("object", IsA(subject="e1", category="terrier"))
    asked = judged(query, labelled("dog"), conditions=says(("unknown", [])), relevance=45)
    assert asked.relevance == pytest.approx(0.45, rel=0.02)
    assert not any("relevance" in note for note in asked.corrections)


@pytest.mark.parametrize(("first", "then", "expected"), [("green", "red", "yes"), ("red", "green", "no")])
def test_an_order_of_looks_that_code_knows_is_checked(first: str, then: str, expected: str) -> None:
    spans = (Span(start=0, end=1.5), Span(start=2, end=4))
    colors = tuple(said("color", word, span=span) for word, span in zip(("green", "red"), spans, strict=True))
    twin = world("w", thing(1, rest(0.5, 0.5), shape="round").model_copy(update={"attributes": colors}))
    parts = [HasAttribute(subject="e1", attribute="color", value=word) for word in (first, then)]
    verdict = judged(one("order", Order(first=parts[0], then=parts[1])), twin)
    assert answer_of(verdict) == expected
