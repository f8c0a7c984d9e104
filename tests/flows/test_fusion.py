"""Channels joined: ranks and ties by hand, then candidates over an index in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_search_flow import ENCODER, VIDEOS, World, make_twin, order

from seewhy.candidates import retrieve
from seewhy.compose import compose
from seewhy.fusion import COMPONENTS, RRF, notes_of, reciprocal
from seewhy.index.memory import MemoryIndex
from seewhy.index.seam import VideoMeta
from seewhy.reason.fakes import FakeComposer, FakeJudge
from seewhy.reason.judging import CoarseJudge
from seewhy.reason.seams import Reference
from seewhy.types.hit import Candidate
from seewhy.types.query import Condition, Filters, Query
from seewhy.types.time import Span
from seewhy.types.twin import Component

SAID = ("a dog runs", "a dog", "a cat runs", "a cat", "a bird flies", "a bird", "a fish swims", "a fish")
"""Of each of the eight videos, in their order."""
REFERENCE = VIDEOS[0]
QUERY = Query(
    text="it runs",
    conditions=(Condition(id="c1", kind="free", text="a cat runs"),),
    exclude=(REFERENCE,),
    reference=REFERENCE,
    decomposed_by="test@1",
)


@dataclass
class Table:
    """A channel that knows what it was told."""

    name: str
    known: Mapping[str, float]
    asked: list[tuple[str, ...] | None] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        return tuple(f"{note} of {reference}" for note in self.notes)

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        self.asked.append(None if among is None else tuple(among))
        return self.known


@dataclass
class First(Table):
    """Looks at the first so many that it is asked about."""

    many: int = 2

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        super().scores(query, reference, filters, among)
        assert among is not None
        return {video: self.known.get(video, 0.0) for video in among[: self.many]}


class Speaking(World):
    """Each video has one sentence of its own."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        index = MemoryIndex(self.index.fingerprint)
        for place, (video, text) in enumerate(zip(VIDEOS, SAID, strict=True)):
            said = [Component(kind="scene", text=text, tracks=(), span=Span(start=0, end=1))]
            meta = VideoMeta(duration=4.0 + place, date="2026-01-01T00:00:00Z")
            index.add(video, said, ENCODER.encode([text]), meta)
        index.flush()
        self.index = index
        self.engine = replaced(self.engine, index=index)

    def found(self, k: int = 8, filters: Filters | None = None, query: Query = QUERY) -> list[Candidate]:
        return retrieve(query, self.engine, k, filters, Reference(make_twin(REFERENCE)))


def videos(candidates: Sequence[Candidate]) -> list[str]:
    return [candidate.video for candidate in candidates]


class TestReciprocal:
    def test_by_hand(self) -> None:
        shares = reciprocal({"a": {"x": 3.0, "y": 2.0, "z": 1.0}, "b": {"y": -1.0, "w": -2.0}})
        assert shares == {
            "x": pytest.approx(1 / 2),
            "y": pytest.approx((60 / 61 + 1) / 2),
            "z": pytest.approx(60 / 62 / 2),
            "w": pytest.approx(60 / 61 / 2),
        }

    def test_of_equal_scores_each_has_the_last_of_their_places(self) -> None:
        shares = reciprocal({"a": {"x": 1.0, "y": 1.0, "z": 1.0, "w": 0.0}})
        assert shares["x"] == shares["y"] == shares["z"] == RRF / (RRF + 2)
        assert shares["w"] == RRF / (RRF + 3)

    def test_a_channel_that_tells_nothing_apart_changes_no_order(self) -> None:
        sharp = {"x": 0.9, "y": 0.8, "z": 0.7}
        alone, both = reciprocal({"a": sharp}), reciprocal({"a": sharp, "b": dict.fromkeys(sharp, 0.5)})
        assert sorted(alone, key=alone.__getitem__) == sorted(both, key=both.__getitem__)

    def test_the_last_bits_decide_nothing(self) -> None:
        assert reciprocal({"a": {"x": 0.5, "y": 0.5 + 1e-7}}) == reciprocal({"a": {"x": 0.5, "y": 0.5}})

    @given(
        st.dictionaries(
            st.sampled_from("abc"),
            st.dictionaries(st.sampled_from("uvwxyz"), st.floats(-1, 1, allow_nan=False)),
            min_size=1,
        )
    )
    def test_who_is_higher_everywhere_is_higher(self, tables: dict[str, dict[str, float]]) -> None:
        shares = reciprocal(tables)
        assert all(0 <= share <= 1 for share in shares.values())
        for one in shares:
            for other in shares:
                if all(table.get(one, -9) >= table.get(other, -9) for table in tables.values()):
                    assert shares[one] >= shares[other] - 1e-12


class TestJoined:
    def test_without_channels_it_is_the_components_own_order(self) -> None:
        world = Speaking()
        found = world.found()
        assert found == world.found()
        assert found[0].video == VIDEOS[2]
        assert all(candidate.channels == {} and candidate.aligned is None for candidate in found)

    def test_scores_by_hand_and_every_channel_reported(self) -> None:
        joint = Table("joint", {VIDEOS[6]: 0.9, VIDEOS[2]: 0.8})
        alone, found = Speaking().found(), Speaking(channels=(joint,)).found()
        known = {candidate.video: candidate.score for candidate in alone}
        before = sum(score >= known[VIDEOS[6]] for score in known.values()) - 1
        scores = {candidate.video: candidate.score for candidate in found}
        assert found[0].video == VIDEOS[2]
        assert scores[VIDEOS[2]] == pytest.approx((1 + 60 / 61) / 2, abs=1e-5)
        assert scores[VIDEOS[6]] == pytest.approx((60 / (60 + before) + 1) / 2, abs=1e-5)
        assert found[0].channels == {COMPONENTS: alone[0].score, "joint": 0.8}
        assert found[0].aligned == alone[0].score
        assert {tuple(candidate.channels) for candidate in found[2:]} == {(COMPONENTS,)}

    def test_whoever_finds_a_candidate_it_has_its_matches(self) -> None:
        """With k = 1 the components find one video; the other channel's has been scored by them all the same."""
        far = Table("joint", {VIDEOS[7]: 0.9})
        for by_components in (True, False):
            world = Speaking(channels=(far,), by_components=by_components)
            found = {candidate.video: candidate for candidate in world.found(k=1 if not by_components else 2)}
            candidate = found[VIDEOS[7]]
            [match] = candidate.matches
            assert match.component.text == SAID[7]
            assert candidate.aligned == pytest.approx(match.score, abs=1e-5)
            assert (COMPONENTS in candidate.channels) == by_components

    def test_components_score_what_others_found_beyond_their_own_k(self) -> None:
        joint = Table("joint", {VIDEOS[7]: 0.9, VIDEOS[3]: 0.9})
        found = Speaking(channels=(joint,)).found(k=3)
        assert set(videos(found)) == {VIDEOS[2], VIDEOS[3], VIDEOS[7]}
        assert videos(found).index(VIDEOS[3]) < videos(found).index(VIDEOS[7]), "a cat is nearer than a fish"
        assert all(COMPONENTS in candidate.channels for candidate in found)

    def test_alone_a_channel_decides(self) -> None:
        joint = Table("joint", {VIDEOS[6]: 0.9, VIDEOS[4]: 0.95})
        found = Speaking(channels=(joint,), by_components=False).found()
        assert videos(found) == [VIDEOS[4], VIDEOS[6]]
        assert [candidate.channels for candidate in found] == [{"joint": 0.95}, {"joint": 0.9}]
        assert [candidate.score for candidate in found] == [1.0, pytest.approx(60 / 61, abs=1e-5)]

    def test_the_reference_and_what_was_removed_take_no_places(self) -> None:
        stale = "e" * 32
        joint = Table("joint", {REFERENCE: 1.0, stale: 0.99, VIDEOS[5]: 0.5})
        world = Speaking(channels=(joint,), by_components=False)
        [found] = world.found(k=1)
        assert (found.video, found.score) == (VIDEOS[5], 1.0)

    def test_filters_hold_for_every_channel(self) -> None:
        joint = Table("joint", dict.fromkeys(VIDEOS, 0.5) | {VIDEOS[7]: 0.9})
        found = Speaking(channels=(joint,)).found(filters=Filters(max_duration=7.5))
        assert set(videos(found)) == set(VIDEOS[1:4])
        assert joint.asked == [VIDEOS[1:4]]
        found = Speaking(channels=(joint,)).found(filters=Filters(videos=frozenset(VIDEOS[5:7])))
        assert set(videos(found)) == set(VIDEOS[5:7])

    def test_what_is_no_number_is_no_score(self) -> None:
        joint = Table("joint", {VIDEOS[4]: math.nan, VIDEOS[5]: math.inf, VIDEOS[6]: 0.1})
        found = Speaking(channels=(joint,), by_components=False).found()
        assert videos(found) == [VIDEOS[6]]

    def test_a_channel_that_knows_nothing_costs_nothing(self) -> None:
        alone = Speaking(channels=(Table("joint", {VIDEOS[6]: 0.9}),)).found()
        also = Speaking(channels=(Table("joint", {VIDEOS[6]: 0.9}), Table("states", {}))).found()
        assert also == alone

    def test_where_nothing_is_searched_for_components_have_no_say(self) -> None:
        """All conditions negated: the index gives the first k by id, and no score."""
        [condition] = QUERY.conditions
        without = QUERY.model_copy(update={"conditions": (condition.model_copy(update={"negated": True}),)})
        joint = Table("joint", {video: place / 10 for place, video in enumerate(VIDEOS)})
        found = Speaking(channels=(joint,)).found(k=3, query=without)
        assert videos(found) == [VIDEOS[7], VIDEOS[6], VIDEOS[5]]
        assert all(set(candidate.channels) == {"joint"} and not candidate.matches for candidate in found)
        assert len(Speaking(rerank=First("rerank", {}, many=2)).found(query=without)) == len(VIDEOS) - 1

    def test_the_order_of_channels_and_the_gallerys_does_not_matter(self) -> None:
        one, other = Table("joint", {VIDEOS[6]: 0.9, VIDEOS[4]: 0.2}), Table("states", {VIDEOS[5]: 0.3, VIDEOS[4]: 0.2})
        found = [videos(Speaking(channels=channels).found()) for channels in ((one, other), (other, one))]
        assert found[0] == found[1]


class TestReranked:
    def test_it_is_asked_about_the_best_in_their_order(self) -> None:
        rerank = First("rerank", {})
        plain, reranked = Speaking().found(k=4), Speaking(rerank=rerank).found(k=4)
        assert rerank.asked == [tuple(videos(plain))]
        assert set(videos(reranked)) == set(videos(plain))

    def test_what_it_looked_at_stays_before_what_it_did_not(self) -> None:
        plain = videos(Speaking().found())
        for many in range(1, len(plain) + 1):
            rerank = First("rerank", {video: float(place) for place, video in enumerate(plain)}, many=many)
            found = Speaking(rerank=rerank).found()
            assert set(videos(found)[:many]) == set(plain[:many])
            assert videos(found)[many:] == plain[many:]
            assert [("rerank" in candidate.channels) for candidate in found] == [True] * many + [False] * (
                len(plain) - many
            )

    def test_it_and_the_others_count_alike(self) -> None:
        first, second, *_ = videos(Speaking().found())
        joint = Table("joint", {second: 0.9, first: 0.8})
        rerank = First("rerank", {second: 0.9, first: 0.1}, many=2)
        found = Speaking(channels=(joint,), rerank=rerank).found()
        assert videos(found)[:2] == [second, first]
        assert set(found[0].channels) == {COMPONENTS, "joint", "rerank"}

    def test_a_reranker_that_sees_nothing_changes_nothing(self) -> None:
        found = Speaking(rerank=Table("rerank", {})).found()
        assert videos(found) == videos(Speaking().found())
        assert all(set(candidate.channels) == {COMPONENTS} for candidate in found)


class TestInTheFlow:
    def composing(self, **parts: Any) -> Speaking:
        return Speaking(composer=FakeComposer(), **parts)

    def test_the_shortlist_is_of_the_joined_order(self) -> None:
        judge = FakeJudge(default=0.6)
        joint = Table("joint", {VIDEOS[6]: 0.9, VIDEOS[7]: 0.8})
        world = self.composing(channels=(joint,), by_components=False, judge=judge, fused=False, shortlist=1)
        result = compose(Reference(make_twin(REFERENCE)), "it runs", world.engine)
        assert judge.asked == [(VIDEOS[6],)]
        assert order(result) == [VIDEOS[6], VIDEOS[7]]
        assert [hit.judged for hit in result.hits] == [True, False]

    def test_without_a_judge_hits_are_in_the_joined_order(self) -> None:
        joint = Table("joint", {video: 1.0 - place / 10 for place, video in enumerate(VIDEOS)})
        world = self.composing(channels=(joint,), by_components=False, checker=CoarseJudge())
        result = compose(Reference(make_twin(REFERENCE)), "it runs", world.engine)
        assert order(result) == list(VIDEOS[1:])
        assert all(
            hit.coarse_score == pytest.approx(RRF / (RRF + place), abs=1e-5) for place, hit in enumerate(result.hits)
        )

    def test_what_channels_could_not_do_can_be_told(self) -> None:
        one, other = Table("joint", {}, notes=("joint: a",)), Table("rerank", {}, notes=("rerank: b", "joint: a"))
        engine = self.composing(channels=(one, Table("states", {}))).engine
        assert notes_of(replaced(engine, rerank=other), "v") == ("joint: a of v", "rerank: b of v")
        assert notes_of(self.composing().engine, "v") == ()
        result = compose(Reference(make_twin(REFERENCE)), "it runs", replaced(engine, rerank=other))
        assert result.degraded == (f"joint: a of {REFERENCE}", f"rerank: b of {REFERENCE}")
