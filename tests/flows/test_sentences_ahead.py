"""The sentences of many questions are encoded together, and the answers are those of each question by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from test_search_flow import ENCODER, World

from seewhy.errors import PluginError
from seewhy.models.recalling import RecallingEncoder
from seewhy.models.text import TextEncoder, Vectors
from seewhy.search import search, search_all
from seewhy.types.hit import SearchResult

QUESTIONS = ["a dog that runs", "a dog", "a dog that runs", "a red ball"]


class Counting:
    """Keeps how many sentences it was asked to encode at a time; fails as often as it is told."""

    name, dimensions = ENCODER.name, ENCODER.dimensions

    def __init__(self, failures: int = 0) -> None:
        self.asked: list[int] = []
        self.failures = failures

    def encode(self, sentences: Sequence[str]) -> Vectors:
        self.asked.append(len(sentences))
        if len(self.asked) <= self.failures:
            raise PluginError("the model's files are missing")
        return ENCODER.encode(sentences)


def given(result: SearchResult | Exception) -> dict[str, object]:
    assert isinstance(result, SearchResult)
    return result.model_dump(exclude={"seconds"})


def answers(encoder: TextEncoder, questions: Sequence[str] = QUESTIONS) -> list[SearchResult | Exception]:
    return list(search_all(questions, replace(World().engine, encoder=encoder)))


def test_they_are_encoded_once_and_together() -> None:
    encoder = Counting()
    many = answers(RecallingEncoder(encoder))
    assert len(encoder.asked) == 1
    world = World()
    assert [given(one) for one in many] == [given(search(question, world.engine)) for question in QUESTIONS]


def test_one_question_has_nothing_ahead_of_it() -> None:
    encoder = Counting()
    answers(RecallingEncoder(encoder), QUESTIONS[:1])
    assert len(encoder.asked) == 1


def test_an_encoder_that_remembers_nothing_is_not_asked_twice() -> None:
    encoder = Counting()
    answers(encoder)
    assert len(encoder.asked) == len(QUESTIONS)


def test_what_fails_for_all_is_tried_for_each() -> None:
    encoder = Counting(failures=2)
    first, *others = answers(RecallingEncoder(encoder))
    assert isinstance(first, PluginError)
    world = World()
    assert [given(one) for one in others] == [given(search(question, world.engine)) for question in QUESTIONS[1:]]


def test_without_alignment_nothing_is_encoded() -> None:
    encoder = Counting()
    engine = replace(World().engine, encoder=RecallingEncoder(encoder), align=False)
    assert all(isinstance(one, SearchResult) for one in search_all(QUESTIONS, engine))
    assert encoder.asked == []


@pytest.mark.parametrize("most", [1, 2])
def test_a_memory_too_small_for_all_changes_nothing(most: int) -> None:
    many = answers(RecallingEncoder(ENCODER, most))
    assert [given(one) for one in many] == [given(one) for one in answers(ENCODER)]
