"""Sentences of the edited reference twin in a model's query: lent where both ask for the same, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from edit_replies import BALL, DESCRIBED, EDIT, STRATEGIES, asked, composer, reference, say
from worlds import rest, thing, world

from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request
from seewhy.reason.composing.borrowing import MOST_BORROWED, borrow
from seewhy.reason.composing.literal import LiteralComposer
from seewhy.reason.composing.model import ModelComposer
from seewhy.reason.composing.rules import RulesComposer
from seewhy.reason.seams import Reference
from seewhy.settings import ComposeSettings
from seewhy.types.query import Condition, Entity, Happens, HasAttribute, IsA, Predicate, Query, SceneIs, Superlative
from seewhy.types.trace import Trace
from seewhy.types.twin import Twin

LEFT = Happens(subject="e1", event="moves_left")
OWN = "a red round object, moving to the left"
"""of the ball's twin, edited"""


def rules(edit: str = EDIT, twin: Twin = BALL) -> Query:
    return RulesComposer().compose(Reference(twin), edit)


def model(*asks: Predicate | tuple[Predicate], trace: Trace | None = None) -> Query:
    """A model's query.

    Args:
        asks: a predicate in a tuple is denied.
    """
    conditions = tuple(
        Condition(
            id=f"c{number}",
            kind="free",
            text=f"condition {number}",
            predicate=one[0] if isinstance(one, tuple) else one,
            negated=isinstance(one, tuple),
            imagined=() if isinstance(one, tuple) else ("as the model says",),
        )
        for number, one in enumerate(asks, start=1)
    )
    return Query(
        text=EDIT, conditions=conditions, entities=(Entity(id="e1", phrase="it"),), decomposed_by="m", trace=trace
    )


def lent(query: Query, edited: Query) -> dict[str, tuple[str, ...]]:
    """Condition → what was lent to it; all else is as it was."""
    made = borrow(query, edited)
    bare = [one.model_copy(update={"imagined": ()}) for one in made.conditions]
    assert bare == [one.model_copy(update={"imagined": ()}) for one in query.conditions]
    assert made.model_copy(update={"conditions": query.conditions}) == query
    found = {}
    for one, before in zip(made.conditions, query.conditions, strict=True):
        assert one.imagined[: len(before.imagined)] == before.imagined, "the model's own come first"
        found[one.id] = one.imagined[len(before.imagined) :]
    return found


def test_where_both_ask_for_the_same_the_edited_twins_sentences_enter() -> None:
    (sentences,) = lent(model(LEFT), rules()).values()
    assert OWN in sentences
    assert len(sentences) <= MOST_BORROWED


def test_names_of_things_and_synonyms_do_not_matter() -> None:
    said = model(LEFT, HasAttribute(subject="e1", attribute="color", value="crimson"))
    assert all(any("red" in sentence for sentence in sentences) for sentences in lent(said, rules()).values())


@pytest.mark.parametrize(
    "says",
    [
        (Happens(subject="e1", event="moves_up"),),
        (LEFT, HasAttribute(subject="e1", attribute="color", value="blue")),
        (LEFT, IsA(subject="e1", category="dog")),
        (LEFT, (HasAttribute(subject="e1", attribute="color", value="red"),)),
        (LEFT, (HasAttribute(subject="e1", attribute="shape", value="circular"),)),
        (SceneIs(attribute="setting", value="outdoor"),),
        (Superlative(subject="e1", measure="largest"),),
    ],
)  # fmt: skip
def test_what_contradicts_the_model_or_is_not_the_same_is_not_lent(says: tuple[Any, ...]) -> None:
    assert OWN in lent(model(LEFT), rules())["c1"], "otherwise this tells nothing"
    given = lent(model(*says), rules())
    assert not any("red" in sentence or "round" in sentence for sentences in given.values() for sentence in sentences)


def test_the_other_way_is_not_lent() -> None:
    """The rules' sentence about what stays red says where it goes; the model has it go elsewhere."""
    red = HasAttribute(subject="e1", attribute="color", value="red")
    assert OWN in lent(model(red), rules())["c1"]
    up = Happens(subject="e1", event="moves_up")
    assert OWN not in lent(model(red, up), rules())["c1"]
    assert OWN not in lent(model(red, (LEFT,)), rules())["c1"]
    assert OWN in lent(model(red, LEFT), rules())["c1"]


def test_what_the_model_takes_away_is_not_lent() -> None:
    dog = IsA(subject="e1", category="dog")
    assert any("dog" in sentence for sentence in lent(model(dog), rules())["c1"])
    for taken in (model(dog, trace=Trace(remove=("the brown Dog",))), model(dog, (IsA(subject="e2", category="dog"),))):
        assert lent(taken, rules())["c1"] == ()


def test_of_two_that_fit_equally_well_nothing_is_lent() -> None:
    asks = [
        (predicate, f"a {color} object, moving to the left")
        for entity, color in (("x", "red"), ("y", "blue"))
        for predicate in (
            Happens(subject=entity, event="moves_left"),
            HasAttribute(subject=entity, attribute="color", value=color),
        )
    ]
    conditions = tuple(
        Condition(id=f"c{number}", kind="free", text="", predicate=predicate, imagined=(sentence,))
        for number, (predicate, sentence) in enumerate(asks)
    )
    edited = Query(text=EDIT, conditions=conditions, decomposed_by="rules")
    assert lent(model(LEFT), edited)["c1"] == ()
    blue = HasAttribute(subject="e1", attribute="color", value="blue")
    assert any("blue" in sentence for sentence in lent(model(LEFT, blue), edited)["c1"]), "it is decided by its color"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_who_lends_changes_nothing_that_is_asked(strategy: str) -> None:
    def sent(by: ModelComposer) -> list[bytes]:
        return [request.canonical("m", {}) for request in asked(by)]

    lending = composer(strategy=strategy)
    literal = ModelComposer(ScriptedModel({"compose": say}), LiteralComposer(), ComposeSettings(strategy=strategy))
    made, bare = lending.compose(reference(clip=True), EDIT), literal.compose(reference(clip=True), EDIT)
    assert sent(lending) == sent(literal)
    left, red, looks_on = made.conditions
    assert OWN in left.imagined
    assert looks_on.imagined == tuple(DESCRIBED["conditions"][2]["imagined"]), "it has no check"
    assert [one.text for one in made.conditions] == [one.text for one in bare.conditions]
    assert red.weight == bare.conditions[1].weight


def test_nothing_is_lent_to_what_the_after_effects_alone_make() -> None:
    def undescribed(request: Request[Any]) -> Any:
        return "no JSON" if request.hints["mode"] == "compose_describe" else say(request)

    query = composer(undescribed).compose(reference(), EDIT)
    assert all(one.imagined in ((), (one.text,)) for one in query.conditions)


def test_a_thing_that_stands_is_said_to() -> None:
    dogs = world("dogs", thing(1, rest(0.3, 0.2), label="dog", color="brown"))
    still = model(IsA(subject="e1", category="dog"), Happens(subject="e1", event="stays_still"))
    given = lent(still, rules("at night", dogs))
    assert any("staying still" in sentence for sentences in given.values() for sentence in sentences)
