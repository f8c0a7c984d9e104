"""RulesDecomposer beyond the grammar: errors, leftovers, wording, hostile input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.errors import QueryError
from seewhy.reason.question import MAX_CHARACTERS
from seewhy.reason.rules import MAX_CONDITIONS, RulesDecomposer
from seewhy.types.query import Query


def ask(question: str) -> Query:
    return RulesDecomposer().decompose(question)


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "?!...", "🙂🙂", "\x00\x07"])
def test_a_question_without_words_is_refused(question: str) -> None:
    with pytest.raises(QueryError, match="at least one word"):
        ask(question)


def test_a_document_is_refused() -> None:
    with pytest.raises(QueryError, match=str(MAX_CHARACTERS)):
        ask("red ball " * 300)


def test_a_flood_of_conditions_is_cut_and_said() -> None:
    query = ask("a red ball left of " * 60)
    assert len(query.conditions) == MAX_CONDITIONS
    assert any("left out" in note for note in query.not_understood)


@given(st.text(min_size=1, max_size=200))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_text_becomes_a_query_or_a_query_error(question: str) -> None:
    try:
        query = ask(question)
    except QueryError:
        return
    _well_formed(query)


SALAD = """a the red ball square not never without no and then first before after moves left right stops behind of it
that other one two is to from which , . more than both each turns color leaves the camera pans nothing someone with"""


@given(st.lists(st.sampled_from(SALAD.split()), min_size=1, max_size=25))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_salad_of_its_own_words_becomes_a_query(words: list[str]) -> None:
    try:
        query = ask(" ".join(words))
    except QueryError:
        assert all(word in ",." for word in words)
        return
    _well_formed(query)


def _well_formed(query: Query) -> None:
    entities = {entity.id for entity in query.entities}
    for condition in query.conditions:
        assert condition.text
        assert len(condition.imagined) <= 4
        assert not (condition.negated and condition.imagined)
        if condition.predicate is not None:
            told = condition.predicate.model_dump()
            named = {told.get("subject"), told.get("object")} - {None}
            assert named <= entities


def test_the_same_question_gives_the_same_query() -> None:
    question = "a small red ball passes two blue squares, then something shiny falls"
    assert ask(question) == ask(question)


def test_what_is_not_understood_is_said_and_searched_for() -> None:
    query = ask("a red ball made of very old wool moves left")
    free = [condition for condition in query.conditions if condition.kind == "free"]
    assert [condition.text for condition in free] == ["a red ball made of very old wool moves left"]
    assert "matched by similarity only" in query.not_understood[0]
    assert "wool" in query.not_understood[0]


def test_a_fully_understood_question_has_no_free_conditions() -> None:
    query = ask("a red ball moves from left to right behind a blue box")
    assert all(condition.predicate is not None for condition in query.conditions)
    assert query.not_understood == ()


def test_a_denied_thing_that_no_predicate_knows_is_not_searched_for() -> None:
    query = ask("a water sport without an engine")
    negated = [condition for condition in query.conditions if condition.negated]
    assert len(negated) == 1
    assert "engine" in negated[0].text
    assert any("engine" in note for note in query.not_understood)


def test_a_half_read_absence_is_no_firm_absence() -> None:
    """ "no one teaches" does not say that nobody is there."""
    query = ask("people sit ready to learn, but no one teaches")
    assert not [c for c in query.conditions if c.negated and c.predicate is not None]


def test_names_again_mean_the_same_thing() -> None:
    again = ask("a red ball enters and later the red ball stops")
    assert [entity.phrase for entity in again.entities] == ["a red ball"]
    another = ask("a red ball enters and later another red ball stops")
    assert [entity.phrase for entity in another.entities] == ["a red ball", "another red ball"]


def test_that_every_one_does_is_said_not_to_be_checked() -> None:
    assert any("every one" in note for note in ask("all balls are red").not_understood)


def test_imagined_sentences_are_in_the_words_of_twins() -> None:
    query = ask("a crimson ball rolls to the right while the camera is static")
    imagined = {sentence for condition in query.conditions for sentence in condition.imagined}
    assert {"a red round object", "a red ball", "the red round object moves to the right"} <= imagined
    assert "the camera is still" in imagined


def test_negated_conditions_keep_the_positive_predicate() -> None:
    negated = [c for c in ask("the ball never stops").conditions if c.negated]
    assert len(negated) == 1
    assert negated[0].predicate is not None
    assert negated[0].predicate.kind == "happens"
    assert negated[0].text.startswith("not: ")


def test_what_is_only_denied_is_not_searched_for() -> None:
    """Similarity would find the very thing that is not wanted."""
    query = ask("no red ball")
    assert query.conditions
    assert all(condition.negated for condition in query.conditions)
