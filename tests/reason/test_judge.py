"""RulesJudge on twins whose truth is known."""

from __future__ import annotations

import pytest
from worlds import ask, candidate, go, pairs, rest, said, thing, world

from seewhy.reason.judge import RulesJudge
from seewhy.types.hit import ConditionVerdict, Verdict
from seewhy.types.query import Condition, Entity, HasAttribute, IsA, Query, Superlative
from seewhy.types.time import Span
from seewhy.types.twin import Twin

TAU = 0.5

RED_RIGHT = thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round", texture="plain")
RED_LEFT = thing(1, go(0.9, 0.6, 0.1, 0.6), color="red", shape="round", texture="plain")
BLUE_REST = thing(2, rest(0.5, 0.2), color="blue", shape="square", texture="striped")


def judge(question: str, *twins: Twin) -> list[Verdict]:
    return RulesJudge(tau=TAU).judge(ask(question), pairs(*twins))


def answers(verdict: Verdict) -> list[str]:
    return [condition.answer for condition in verdict.conditions]


def test_the_video_that_fits_is_relevant_and_the_mirrored_one_is_not() -> None:
    right, left = judge("a red ball moves to the right", world("r", RED_RIGHT), world("l", RED_LEFT))
    assert right.relevance >= 0.8
    assert left.relevance < TAU
    assert answers(right) == ["yes", "yes", "yes"]
    assert answers(left) == ["yes", "yes", "no"]


def test_everything_said_of_one_thing_has_to_hold_of_one_track() -> None:
    """A red square at rest and a blue ball that moves are no red ball that moves."""
    one = world("one", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"))
    split = world(
        "split",
        thing(1, rest(0.2, 0.2), color="red", shape="square"),
        thing(2, go(0.1, 0.6, 0.9, 0.6), color="blue", shape="round"),
    )
    fits, does_not = judge("a red circle moves to the right", one, split)
    assert fits.relevance >= TAU > does_not.relevance


def test_two_things_are_two_tracks() -> None:
    one = world("one", thing(1, rest(0.3, 0.5), color="red", shape="round"))
    two = world("two", *one.tracks, thing(2, rest(0.7, 0.5), color="red", shape="round"))
    question = "a red circle left of another red circle"
    alone, both = judge(question, one, two)
    assert both.relevance >= TAU > alone.relevance
    assert both.objects == (1, 2)
    assert "no track is left" in alone.trace.lower()


def test_the_binding_follows_the_relation() -> None:
    twin = world("w", thing(1, rest(0.7, 0.5), color="red"), thing(2, rest(0.3, 0.5), color="red"))
    (verdict,) = judge("a red object left of a red object", twin)
    assert verdict.objects == (2, 1)


@pytest.mark.parametrize(
    ("question", "with_blue"),
    [
        ("a red circle without a blue square", False),
        ("a red circle and no blue object", False),
        ("a red circle although no blue square is in sight", False),
        ("a red circle but not a blue square", False),
        ("a red circle and a blue square", True),
    ],
)
def test_a_denied_thing_must_not_be_there(question: str, with_blue: bool) -> None:
    alone, with_square = judge(question, world("alone", RED_RIGHT), world("both", RED_RIGHT, BLUE_REST))
    assert (alone.relevance >= TAU) is not with_blue
    assert (with_square.relevance >= TAU) is with_blue


def test_absence_needs_one_thing_that_is_all_of_it() -> None:
    """ "No blue square" is true of a blue circle beside a green square."""
    twin = world("w", RED_RIGHT, thing(2, rest(0.3, 0.2), color="blue", shape="round"),
                 thing(3, rest(0.7, 0.2), color="green", shape="square"))  # fmt: skip
    (verdict,) = judge("a red circle without a blue square", twin)
    assert verdict.relevance >= TAU
    assert answers(verdict).count("yes") == len(verdict.conditions)


def test_a_faint_track_does_not_disprove_an_absence() -> None:
    """A segmenter's doubtful find leaves it open whether the thing is there."""
    faint = BLUE_REST.model_copy(update={"score": 0.1})
    (verdict,) = judge("a red circle without a blue square", world("w", RED_RIGHT, faint))
    assert answers(verdict)[-1] == "unknown"
    (surely,) = judge("a red circle without a blue square", world("w", RED_RIGHT, BLUE_REST))
    assert answers(surely)[-1] == "no"
    assert verdict.relevance > surely.relevance


def test_no_other_one_leaves_the_one_that_is_meant() -> None:
    pair = world("two", RED_RIGHT, thing(2, rest(0.5, 0.2), color="red", shape="round"))
    alone, two = judge("a red circle moves to the right, no other red circle", world("one", RED_RIGHT), pair)
    assert alone.relevance >= TAU > two.relevance


def test_absence_may_depend_on_who_is_who() -> None:
    """Of two red circles, the one with nothing blue to its left is meant."""
    twin = world("w", thing(1, rest(0.6, 0.5), color="red", shape="round"),
                 thing(2, rest(0.15, 0.5), color="red", shape="round"),
                 thing(3, rest(0.4, 0.5), color="blue", shape="square"))  # fmt: skip
    (verdict,) = judge("a red circle with no blue square on its left", twin)
    assert verdict.relevance >= TAU
    assert verdict.objects[0] == 2


def test_a_denied_action_is_asked_of_the_thing_itself() -> None:
    stopping = thing(1, go(0.1, 0.6, 0.6, 0.6, 0.0, 1.8), color="red", shape="round")
    going = thing(1, go(0.1, 0.6, 0.9, 0.6, 0.0, 4.0), color="red", shape="round")
    stopped, never = judge("a red circle moves and never stops", world("s", stopping), world("n", going))
    assert never.relevance >= TAU > stopped.relevance


def test_negation_changes_the_answer() -> None:
    twin = world("w", RED_RIGHT)
    (positive,) = judge("the red circle moves to the left", twin)
    (negative,) = judge("the red circle does not move to the left", twin)
    assert answers(positive)[-1] == "no"
    assert answers(negative)[-1] == "yes"
    assert negative.conditions[-1].score == pytest.approx(1 - positive.conditions[-1].score)


def test_order_in_time() -> None:
    early = world("early", thing(1, go(-0.1, 0.3, 0.5, 0.3, 0.3, 1.3), color="red"),
                  thing(2, go(1.1, 0.7, 0.5, 0.7, 2.3, 3.3), color="blue"))  # fmt: skip
    late = world("late", thing(1, go(-0.1, 0.3, 0.5, 0.3, 2.3, 3.3), color="red"),
                 thing(2, go(1.1, 0.7, 0.5, 0.7, 0.3, 1.3), color="blue"))  # fmt: skip
    first, second = judge("a red object enters before a blue object", early, late)
    assert first.relevance >= TAU > second.relevance


def test_counts() -> None:
    places = [(0.2, 0.3), (0.5, 0.6), (0.8, 0.3)]
    three = [thing(n, rest(*at), color="green", shape="square") for n, at in enumerate(places, start=1)]
    two_of, three_of = judge("three green squares", world("2", *three[:2]), world("3", *three))
    assert three_of.relevance >= TAU > two_of.relevance
    assert set(three_of.objects) == {1, 2, 3}
    (one,) = judge("two cars; the red one overtakes the blue one", world("1", RED_RIGHT))
    assert one.relevance < TAU


def test_a_superlative_compares_with_what_is_said_before_it() -> None:
    twin = world("w", thing(1, rest(0.2, 0.5), side=0.1, color="red"), thing(2, rest(0.5, 0.5), side=0.2, color="red"),
                 thing(3, rest(0.8, 0.5), side=0.3, color="blue"))  # fmt: skip
    (of_the_red,) = judge("the largest red object", twin)
    assert of_the_red.relevance >= TAU
    assert of_the_red.objects[0] == 2
    (of_all,) = judge("the largest object is red", twin)
    assert of_all.relevance < TAU


def test_what_is_not_known_is_no_match_and_a_gap() -> None:
    (verdict,) = judge("a dog", world("w", thing(1, rest(0.5, 0.5), color="brown")))
    assert answers(verdict) == ["unknown"]
    assert verdict.relevance < TAU
    assert len(verdict.gaps) == 1
    assert "dog" in verdict.gaps[0]


def test_a_known_category() -> None:
    dog, cat = (world(name, thing(1, go(0.1, 0.5, 0.9, 0.5), label=name)) for name in ("dog", "cat"))
    yes, no = judge("a dog moves to the right", dog, cat)
    assert yes.relevance >= TAU > no.relevance


def test_nothing_matches() -> None:
    twins = [world("a", RED_RIGHT), world("b", RED_LEFT, BLUE_REST), world("c", BLUE_REST), world("d")]
    for question in ("a purple triangle moves up", "a white star follows a green square", "a blue square moves left"):
        assert all(verdict.relevance < TAU for verdict in judge(question, *twins)), question


def test_a_video_without_tracks_has_nothing_and_lacks_nothing() -> None:
    (there,) = judge("a red ball", world("empty"))
    (absent,) = judge("no red ball", world("empty"))
    assert there.relevance < TAU <= absent.relevance
    assert there.objects == ()


def test_the_scene() -> None:
    night, day = judge("a red circle at night", world("n", RED_RIGHT, light="night"), world("d", RED_RIGHT))
    assert night.relevance >= TAU > day.relevance
    (still,) = judge("the camera does not move", world("w", RED_RIGHT, camera="static"))
    (pan,) = judge("the camera does not move", world("w", RED_RIGHT, camera="pan left"))
    assert still.relevance >= TAU > pan.relevance


def test_color_over_time() -> None:
    lamp = thing(1, rest(0.5, 0.5), shape="round")
    colors = (said("color", "green", span=Span(start=0, end=2)), said("color", "red", span=Span(start=2, end=4)))
    forth = lamp.model_copy(update={"attributes": (*lamp.attributes, *colors)})
    swapped = (said("color", "red", span=Span(start=0, end=2)), said("color", "green", span=Span(start=2, end=4)))
    back = lamp.model_copy(update={"attributes": (*lamp.attributes, *swapped)})
    to_red, to_green = judge("a circle changes color from green to red", world("f", forth), world("b", back))
    assert to_red.relevance > to_green.relevance
    assert to_green.relevance < TAU


def test_similarity_decides_free_conditions() -> None:
    query = ask("grandmother's favorite melody")
    assert [condition.kind for condition in query.conditions] == ["free"]
    twin = world("w", RED_RIGHT)
    judged = RulesJudge(tau=TAU).judge(
        query, [candidate(twin, {"c1": (cosine, "a tune")}) for cosine in (0.8, 0.46, 0.1)]
    )
    assert [answers(verdict) for verdict in judged] == [["yes"], ["unknown"], ["no"]]
    assert judged[0].relevance > TAU > judged[1].relevance > judged[2].relevance
    assert judged[0].objects == (1,)
    assert judged[0].conditions[0].evidence.numbers["cosine"] == 0.8


def test_an_unlike_sentence_is_no_firm_no() -> None:
    """Similarity never contradicts by itself: the checked conditions carry the candidate."""
    query = ask("a red circle moves to the right past grandmother")
    free = next(c.id for c in query.conditions if c.kind == "free")
    (verdict,) = RulesJudge(tau=TAU).judge(query, [candidate(world("w", RED_RIGHT), {free: (0.05, "a wall")})])
    assert verdict.relevance >= TAU


def test_evidence_names_tracks_times_and_numbers() -> None:
    (verdict,) = judge("a red ball moves to the right", world("w", RED_RIGHT, BLUE_REST))
    moves: ConditionVerdict = verdict.conditions[-1]
    assert moves.evidence.tracks == (1,)
    assert moves.evidence.span is not None
    assert moves.evidence.span.duration > 1
    assert moves.evidence.numbers["dx"] > 0.4
    assert "track 1" in verdict.trace
    assert verdict.objects == (1,)


def test_conditions_by_another_decomposer_are_judged_too() -> None:
    """Nothing in the judge depends on how the rules write a query."""
    fastest = Superlative(subject="x", measure="fastest")
    red = HasAttribute(subject="x", attribute="color", value="red")
    query = Query(
        text="the fastest thing is red, and it is no dog",
        conditions=(
            Condition(id="1", kind="superlative", text="fastest", predicate=fastest),
            Condition(id="2", kind="attribute", text="red", predicate=red),
            Condition(id="3", kind="object", text="no dog", negated=True, predicate=IsA(subject="x", category="dog")),
        ),
        entities=(Entity(id="x", phrase="the fastest thing"),),
        decomposed_by="another@1",
    )
    (verdict,) = RulesJudge(tau=TAU).judge(query, pairs(world("w", RED_RIGHT, BLUE_REST)))
    assert answers(verdict) == ["yes", "yes", "unknown"]
    assert verdict.objects == (1,)


def test_tau_is_a_parameter() -> None:
    twin = world("w", RED_LEFT)
    for tau in (0.3, 0.5, 0.8):
        (verdict,) = RulesJudge(tau=tau).judge(ask("a red ball moves to the right"), pairs(twin))
        assert verdict.relevance < tau


def test_judging_is_deterministic_and_keeps_the_order_given() -> None:
    twins = [world("b", RED_LEFT, BLUE_REST), world("a", RED_RIGHT, BLUE_REST), world("c", BLUE_REST)]
    once = judge("a red ball passes a blue square", *twins)
    assert [verdict.video for verdict in once] == ["b", "a", "c"]
    assert once == judge("a red ball passes a blue square", *twins)


def test_a_video_of_an_hour_is_judged_in_a_moment() -> None:
    """A thousand tracks: pairs of them are a million, and each would be asked whether it follows the other."""
    few = world("w", *(thing(n, rest(0.1 * n, 0.5), side=0.06, label="dog") for n in range(1, 6)))
    cat, red = (thing(n, rest(0.5, 0.5), label=label, color="red") for n, label in ((998, "cat"), (999, "horse")))
    dogs = [few.tracks[0].model_copy(update={"id": n}) for n in range(1, 998)]
    twin = few.model_copy(update={"tracks": (*dogs, cat, red)})
    absent, found = (
        RulesJudge().judge(ask(question), [candidate(twin)])[0]
        for question in ("no cat follows a dog", "a red cat near a red horse")
    )
    assert absent.conditions[-1].answer == "yes"
    assert found.objects[:2] == (998, 999)  # by what is said of each alone
