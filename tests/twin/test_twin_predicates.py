"""Predicates: three-valued answers with evidence, on twins whose truth is known."""

from __future__ import annotations

import gc

import pytest
from twinmaker import Maker, during, line, stand

from seewhy.twin import facts as facts_module
from seewhy.twin.derive import derive
from seewhy.twin.predicates import evaluate, fits
from seewhy.types.query import Counted, Happens, HasAttribute, IsA, Order, Related, SceneIs, Superlative
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Label, Twin


@pytest.fixture(scope="module")
def street() -> Twin:
    """1 a red round thing crosses to the right and leaves; 2 a blue square stands in the middle; 3 a person comes from
    the right later and stops; 4 a small green round thing stands at the left."""
    maker = Maker(duration=9, jitter=0.002)
    maker.add(line(0.1, 0.5, 1.2, 0.5, 0, 4), color="red", shape="round", depth=0.2)
    maker.add(stand(0.5, 0.5), 0.25, color="blue", shape="square", depth=0.7)
    maker.add(
        during(line(1.1, 0.8, 0.7, 0.8, 4, 7), 4, 9),
        0.3,
        color="black",
        shape="elongated",
        label="person",
        label_score=0.8,
    )
    maker.add(stand(0.1, 0.2), 0.08, color="green", shape="round", size_class="small", depth=0.9)
    maker.says("setting", "outdoor")
    maker.says("camera_motion", "pan left", span=Span(start=20, end=21))
    maker.pace = "slow"
    return derive(maker.twin())


AB = {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("predicate", "binding", "answer"),
    [
        (Happens(subject="a", event="moves_right"), AB, "yes"),
        (Happens(subject="a", event="moves"), AB, "yes"),
        (Happens(subject="a", event="moves_left"), AB, "no"),
        (Happens(subject="a", event="leaves"), AB, "yes"),
        (Happens(subject="a", event="disappears"), AB, "yes"),  # leaving is disappearing
        (Happens(subject="a", event="leaves", when="end"), AB, "no"),
        (Happens(subject="a", event="moves_right", when="start"), AB, "yes"),
        (Happens(subject="a", event="enters"), {"a": 3}, "yes"),
        (Happens(subject="a", event="stops", when="end"), {"a": 3}, "yes"),
        (Happens(subject="a", event="stays_still", when="throughout"), {"a": 2}, "yes"),
        (Happens(subject="a", event="stays_still", when="throughout"), {"a": 3}, "no"),
        (Happens(subject="a", event="passes", object="b"), AB, "yes"),
        (Happens(subject="a", event="passes", object="b"), {"a": 2, "b": 1}, "no"),
        (Related(subject="a", relation="left_of", object="b", when="start"), AB, "yes"),
        (Related(subject="a", relation="right_of", object="b"), AB, "yes"),
        (Related(subject="a", relation="left_of", object="b"), {"a": 2, "b": 1}, "yes"),
        (Related(subject="a", relation="left_of", object="b", when="throughout"), AB, "no"),
        (Related(subject="a", relation="behind", object="b"), {"a": 2, "b": 1}, "yes"),
        (Related(subject="a", relation="behind", object="b"), AB, "no"),
        (Related(subject="a", relation="behind", object="b"), {"a": 3, "b": 2}, "unknown"),  # 3 has no depth
        (Related(subject="a", relation="near", object="b"), {"a": 1, "b": 3}, "no"),  # never together
        (IsA(subject="a", category="thing"), AB, "yes"),
        (IsA(subject="a", category="ball"), AB, "yes"),  # round
        (IsA(subject="a", category="circles"), AB, "yes"),
        (IsA(subject="a", category="box"), AB, "no"),
        (IsA(subject="a", category="dog"), AB, "unknown"),
        (IsA(subject="a", category="person"), {"a": 3}, "yes"),
        (IsA(subject="a", category="someone"), {"a": 3}, "yes"),
        (IsA(subject="a", category="woman"), {"a": 3}, "yes"),
        (IsA(subject="a", category="dog"), {"a": 3}, "no"),
        (IsA(subject="a", category="ball"), {"a": 3}, "no"),
        (HasAttribute(subject="a", attribute="color", value="crimson"), AB, "yes"),
        (HasAttribute(subject="a", attribute="color", value="blue"), AB, "no"),
        (HasAttribute(subject="a", attribute="color", value="orange"), AB, "unknown"),  # next to red
        (HasAttribute(subject="a", attribute="texture", value="striped"), AB, "unknown"),  # nobody said
        (HasAttribute(subject="a", attribute="size", value="tiny"), {"a": 4}, "yes"),
        (Superlative(subject="a", measure="largest"), {"a": 3}, "yes"),
        (Superlative(subject="a", measure="largest"), AB, "no"),
        (Superlative(subject="a", measure="smallest"), {"a": 4}, "yes"),
        (Superlative(subject="a", measure="leftmost"), {"a": 4}, "yes"),
        (Superlative(subject="a", measure="fastest"), AB, "yes"),
        (Superlative(subject="a", measure="last"), {"a": 3}, "yes"),
        (Superlative(subject="a", measure="first"), AB, "unknown"),  # three are there from the start
        (Superlative(subject="a", measure="nearest"), AB, "yes"),
        (Superlative(subject="a", measure="nearest"), {"a": 3}, "unknown"),  # has no depth
        (SceneIs(attribute="setting", value="outdoors"), {}, "yes"),
        (SceneIs(attribute="setting", value="indoors"), {}, "no"),
        (SceneIs(attribute="time_of_day", value="night"), {}, "unknown"),
        (SceneIs(attribute="pace", value="calm"), {}, "yes"),
        (Counted(subject="x", comparator="==", number=3), {}, "yes"),
        (Counted(subject="x", comparator="==", number=4), {}, "no"),
        (Counted(subject="x", comparator=">=", number=3), {}, "yes"),
        (Counted(subject="x", comparator="<=", number=2), {}, "no"),
    ],
)
def test_answers(street, predicate, binding, answer):
    truth = evaluate(predicate, street, binding)
    assert truth.answer == answer, truth
    assert 0 <= truth.score <= 1
    assert {"yes": truth.score >= 0.5, "no": truth.score <= 0.45, "unknown": 0.25 <= truth.score < 0.5}[answer]
    assert truth.evidence.text
    assert set(truth.evidence.tracks) <= set(street.track_by_id)


def test_counting_those_that_fit(street):
    red = [HasAttribute(subject="x", attribute="color", value="red")]
    round_ = [HasAttribute(subject="x", attribute="shape", value="round")]
    for says, number in ((red, 1), (round_, 2)):
        question = Counted(subject="x", comparator="==", number=number)
        assert evaluate(question, street, {}, {"x": says}).answer == "yes"
    later = Counted(subject="x", comparator="==", number=1, when="end")
    assert evaluate(later, street, {}, {"x": round_}).answer == "yes"
    dogs = Counted(subject="x", comparator="==", number=2)
    assert evaluate(dogs, street, {}, {"x": [IsA(subject="x", category="dog")]}).answer == "unknown"


def test_superlative_among_those_that_fit(street):
    says = {"x": [HasAttribute(subject="x", attribute="shape", value="round")]}
    question = Superlative(subject="x", measure="largest")
    assert evaluate(question, street, {"x": 1}, says).answer == "yes"
    assert evaluate(question, street, {"x": 4}, says).answer == "no"


def test_fits_takes_the_weakest_description(street):
    says = [IsA(subject="q", category="ball"), HasAttribute(subject="q", attribute="color", value="red")]
    assert fits(1, street, says).answer == "yes"
    assert fits(4, street, says).answer == "no"
    assert fits(1, street, []).answer == "yes"
    assert fits(1, street, [*says, IsA(subject="q", category="dog")]).answer == "unknown"


def test_order(street):
    leaves = Happens(subject="a", event="leaves")
    enters = Happens(subject="p", event="enters")
    binding = {"a": 1, "p": 3}
    forth, back = Order(first=leaves, then=enters), Order(first=enters, then=leaves)
    assert evaluate(forth, street, binding).answer == "yes"
    assert evaluate(back, street, binding).answer == "no"
    never = Order(first=Happens(subject="a", event="moves_left"), then=enters)
    assert evaluate(never, street, binding).answer == "no"
    same = Order(first=leaves, then=leaves)
    assert evaluate(same, street, binding).answer == "unknown"
    scene = Order(first=SceneIs(attribute="setting", value="outdoor"), then=enters)
    assert evaluate(scene, street, binding).answer == "yes"


def test_order_of_colors():
    looks = [
        Attribute(kind="color", value=v, score=0.9, source="t@1", span=Span(start=s, end=s + 2))
        for v, s in (("red", 0), ("blue", 2))
    ]
    maker = Maker()
    maker.add(stand(0.5, 0.5), attributes=looks)
    twin = derive(maker.twin())
    red, blue = (HasAttribute(subject="a", attribute="color", value=v) for v in ("red", "blue"))
    assert evaluate(Order(first=red, then=blue), twin, {"a": 1}).answer == "yes"
    assert evaluate(Order(first=blue, then=red), twin, {"a": 1}).answer == "no"
    late = HasAttribute(subject="a", attribute="color", value="red", when="end")
    assert evaluate(late, twin, {"a": 1}).answer == "no"
    always = HasAttribute(subject="a", attribute="color", value="red", when="throughout")
    assert evaluate(always, twin, {"a": 1}).answer == "no"


def test_numbers_are_those_compared(street):
    truth = evaluate(Happens(subject="a", event="moves_right"), street, AB)
    assert truth.evidence.numbers["dx"] > truth.evidence.numbers["threshold"]
    assert truth.evidence.span is not None
    no = evaluate(Happens(subject="a", event="moves_left"), street, AB)
    assert no.evidence.numbers["moved"] < no.evidence.numbers["threshold"]
    dx = evaluate(Related(subject="a", relation="left_of", object="b"), street, AB).evidence.numbers["dx"]
    assert dx > 0.05


def test_unknown_where_geometry_could_not_tell():
    maker = Maker(duration=0.1)
    maker.add(stand(0.5, 0.5))
    maker.add(stand(0.8, 0.5))
    twin = derive(maker.twin())
    assert evaluate(Happens(subject="a", event="moves"), twin, {"a": 1}).answer == "unknown"
    assert evaluate(Related(subject="a", relation="left_of", object="b"), twin, AB).answer == "yes"
    raw = maker.twin()
    assert evaluate(Related(subject="a", relation="left_of", object="b"), raw, AB).answer == "unknown"


def test_almost_moving_is_unknown():
    maker = Maker()
    maker.add(line(0.5, 0.5, 0.565, 0.5, 0, 4))  # 0.057 of a diagonal, where 0.065 is asked
    truth = evaluate(Happens(subject="a", event="moves_right"), derive(maker.twin()), {"a": 1})
    assert truth.answer == "unknown"


def test_labels_broader_and_narrower():
    maker = Maker()
    maker.add(stand(0.5, 0.5), label="dog")
    twin = maker.twin()
    terrier = twin.tracks[0].model_copy(
        update={"labels": (Label(name="terrier", score=0.9, source="vlm@1", broader="dog"),), "id": 2}
    )
    both = derive(twin.model_copy(update={"tracks": (twin.tracks[0], terrier)}))
    for category, answers in {
        "dog": ("yes", "yes"), "puppies": ("yes", "yes"), "animal": ("yes", "no"), "cat": ("no", "no"),
        "guide dog": ("yes", "yes"),
    }.items():  # fmt: skip
        for track, answer in zip((1, 2), answers, strict=True):
            truth = evaluate(IsA(subject="a", category=category), both, {"a": track})
            assert truth.answer == answer, (category, track, truth)


def test_hidden_means_behind():
    maker = Maker(duration=6, jitter=0.002)
    maker.add(lambda t: None if 2.3 < t < 3.7 else (0.1 + 0.8 * t / 6, 0.5), 0.12)
    maker.add(stand(0.5, 0.5), 0.4)
    twin = derive(maker.twin())
    assert evaluate(Related(subject="a", relation="behind", object="b"), twin, AB).answer == "yes"
    assert evaluate(Related(subject="b", relation="in_front_of", object="a"), twin, AB).answer == "yes"


def test_missing_entities_are_errors(street):
    with pytest.raises(KeyError):
        evaluate(Happens(subject="ghost", event="moves"), street, AB)
    with pytest.raises(KeyError):
        evaluate(Happens(subject="a", event="passes", object="ghost"), street, AB)
    with pytest.raises(KeyError):
        evaluate(Happens(subject="a", event="moves"), street, {"a": 99})
    with pytest.raises(KeyError):
        fits(99, street, [IsA(subject="a", category="dog")])


def test_facts_live_as_long_as_their_twin():
    maker = Maker()
    maker.add(stand(0.5, 0.5))
    twin = derive(maker.twin())
    evaluate(Happens(subject="a", event="moves"), twin, {"a": 1})
    key = id(twin)
    assert key in facts_module._known
    changed = twin.model_copy(update={"events": ()})
    assert evaluate(Happens(subject="a", event="stays_still"), changed, {"a": 1}).answer == "no"
    assert evaluate(Happens(subject="a", event="stays_still"), twin, {"a": 1}).answer == "yes"
    del twin
    gc.collect()
    assert key not in facts_module._known
