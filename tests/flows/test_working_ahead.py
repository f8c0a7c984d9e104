"""Channels that work for several queries together are told of them, before they are asked one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from test_search_flow import VIDEOS, World

from seewhy.compose import compose, compose_all
from seewhy.errors import WeightsError
from seewhy.reason.fakes import FakeComposer
from seewhy.reason.seams import Reference
from seewhy.search import search_all
from seewhy.types.hit import SearchResult
from seewhy.types.query import Filters, Query

EDIT = "the same dog, an hour later"


@dataclass
class Together:
    """Knows what it was told of, and what it was asked after."""

    name: str = "together"
    broken: bool = False
    told: list[tuple[tuple[str, str | None], ...]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def ahead(self, asked: Sequence[tuple[Query, Reference | None]]) -> None:
        if self.broken:
            raise WeightsError("the weights are not here")
        assert self.asked == [text for group in self.told for text, _ in group], "asked before it is told"
        self.told.append(tuple((query.text, None if one is None else one.twin.id) for query, one in asked))

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        if self.broken:
            raise WeightsError("the weights are not here")
        self.asked.append(query.text)
        return {VIDEOS[3]: 0.5}


def world(channel: Any, **parts: Any) -> World:
    return World(composer=FakeComposer(), channels=(channel,), **parts)


def edits(made: World, number: int) -> list[tuple[Reference, str]]:
    return [(Reference(made.store.load(VIDEOS[place % 2])), f"{EDIT}, {place}") for place in range(number)]


def test_each_group_is_told_before_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seewhy.search.TOGETHER", 3)
    channel = Together()
    made = world(channel)
    heard: list[str] = []
    results = list(compose_all(edits(made, 5), made.engine, told=heard.append))
    assert [len(group) for group in channel.told] == [3, 2]
    assert channel.told[0][:2] == ((f"{EDIT}, 0", VIDEOS[0]), (f"{EDIT}, 1", VIDEOS[1]))
    assert [name for name in heard if name in ("reason", "ahead", "candidates")] == [
        "reason",
        "ahead",
        "candidates",
    ] * 2
    alone = Together()
    other = world(alone)
    expected = [compose(reference, edit, other.engine) for reference, edit in edits(other, 5)]
    assert alone.told == [], "one alone gains nothing"
    timeless = [one.model_copy(update={"seconds": {}}) for one in results if isinstance(one, SearchResult)]
    assert timeless == [one.model_copy(update={"seconds": {}}) for one in expected]
    assert all("ahead" not in one.seconds for one in results if isinstance(one, SearchResult)), "part of its stage"


def test_questions_in_words_are_told_too() -> None:
    channel = Together()
    list(search_all(["a dog", "a cat"], world(channel).engine))
    assert channel.told == [(("a dog", None), ("a cat", None))]


def test_what_failed_before_is_not_told() -> None:
    channel = Together()
    made = world(channel)
    first, second = edits(made, 2)
    results = list(compose_all([first, (first[0], "  "), second], made.engine))
    assert [isinstance(one, SearchResult) for one in results] == [True, False, True]
    assert [text for text, _ in channel.told[0]] == [first[1], second[1]]


def test_what_goes_wrong_for_all_is_each_ones_own_error() -> None:
    made = world(Together(broken=True))
    results = list(compose_all(edits(made, 2), made.engine))
    assert [type(one) for one in results] == [WeightsError, WeightsError]


def test_where_channels_are_not_asked_they_are_not_told() -> None:
    channel = Together()
    made = world(channel)
    heard: list[str] = []
    list(compose_all(edits(made, 2), replace(made.engine, align=False), told=heard.append))
    assert channel.told == []
    assert "ahead" not in heard
