"""The order of hits where channels have a say: who decides when a model judges, when rules do, and when nobody does."""

from __future__ import annotations

from typing import Any

import pytest
from test_fusion import REFERENCE, Speaking, Table
from test_search_flow import VIDEOS, make_twin, order

from seewhy.bench.measures import pessimistic_rank
from seewhy.compose import compose
from seewhy.fusion import RRF
from seewhy.reason.fakes import FakeComposer, FakeJudge
from seewhy.reason.judging import CoarseJudge
from seewhy.reason.seams import Reference
from seewhy.render.edit import channels_line
from seewhy.types.hit import SearchResult

LIKED = {VIDEOS[6]: 0.9, VIDEOS[5]: 0.8, VIDEOS[4]: 0.7}
"""What the channel finds best, in this order."""


def answered(**parts: Any) -> SearchResult:
    engine = Speaking(composer=FakeComposer(), **{"channels": (Table("joint", LIKED),), **parts}).engine
    return compose(Reference(make_twin(REFERENCE)), "it runs", engine)


def hits_twin(result: SearchResult, place: int) -> float:
    return result.hits[place].channels["twin"]


def test_rules_and_a_channel_decide_together() -> None:
    """Relevance: video 1 is first, 4 second, all others third to seventh. Channel: 6, 5, 4."""
    result = answered(checker=FakeJudge({VIDEOS[1]: 0.4, VIDEOS[4]: 0.3}, default=0.1))
    fused = {hit.video: hit.fused for hit in result.hits}
    assert order(result)[:4] == [VIDEOS[4], VIDEOS[6], VIDEOS[5], VIDEOS[1]]
    assert fused[VIDEOS[4]] == pytest.approx((RRF / (RRF + 1) + RRF / (RRF + 2)) / 2)
    assert fused[VIDEOS[6]] == pytest.approx((RRF / (RRF + 6) + 1) / 2), "of five alike each is the last"
    assert fused[VIDEOS[1]] == pytest.approx(1 / 2)
    assert all(hit.standing.order == hit.fused for hit in result.hits)
    assert channels_line(result.hits[1]) == f"twin {hits_twin(result, 1):.3f}, joint 0.900; joined with relevance 0.955"
    assert channels_line(result.hits[1].model_copy(update={"channels": {}})) is None


def test_the_components_do_not_vote_beside_their_own_exact_form() -> None:
    checker = FakeJudge({VIDEOS[7]: 0.4}, default=0.1)
    with_components, without = answered(checker=checker), answered(checker=checker, by_components=False)
    shares = {hit.video: hit.fused for hit in with_components.hits}
    assert shares[VIDEOS[7]] == pytest.approx(1 / 2)
    assert shares[VIDEOS[6]] == pytest.approx((RRF / (RRF + 6) + 1) / 2)
    assert set(order(without)) == set(LIKED), "without the components, candidates are the channel's"


def test_what_matches_stays_before_what_does_not() -> None:
    result = answered(checker=FakeJudge({VIDEOS[1]: 0.6}, default=0.4))
    assert order(result)[:4] == [VIDEOS[1], VIDEOS[6], VIDEOS[5], VIDEOS[4]]
    assert [hit.matched for hit in result.hits] == [True] + [False] * 6


def test_a_model_that_judges_orders_what_it_has_seen_and_channels_the_rest() -> None:
    judge = FakeJudge({VIDEOS[4]: 0.9, VIDEOS[6]: 0.6, VIDEOS[5]: 0.7})
    result = answered(judge=judge, checker=FakeJudge({VIDEOS[1]: 0.9}, default=0.1), fused=False, shortlist=2)
    [seen] = judge.asked
    hits = {hit.video: hit for hit in result.hits}
    assert set(order(result)[:2]) == set(seen)
    assert all(hits[video].fused is None for video in seen)
    left = [video for video in order(result) if video not in seen]
    assert all(hits[video].fused is not None and not hits[video].matched for video in left)
    assert left == sorted(
        left, key=lambda video: (-(hits[video].fused or 0), -hits[video].standing.coarse_score, video)
    )


def test_where_nothing_is_checked_the_joined_order_stands() -> None:
    result = answered(checker=CoarseJudge(), checked=False)
    assert all(hit.fused is None for hit in result.hits)
    scores = [hit.coarse_score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("parts", [{"channels": ()}, {"channels": (Table("joint", {}),)}])
def test_without_anything_to_join_relevance_orders(parts: dict[str, Any]) -> None:
    result = answered(checker=FakeJudge({VIDEOS[7]: 0.4}, default=0.1), **parts)
    assert order(result)[0] == VIDEOS[7]
    assert all(hit.fused is None and hit.standing.order == hit.score for hit in result.hits)


def test_the_rank_of_a_benchmark_is_the_place_in_the_answer_ties_the_wrong_way() -> None:
    result = answered(checker=FakeJudge({VIDEOS[1]: 0.4, VIDEOS[4]: 0.3}, default=0.1))
    standings = {hit.video: hit.standing for hit in result.hits}
    for hit in result.hits:
        alike = [other.rank for other in result.hits if other.standing == hit.standing]
        assert pessimistic_rank(standings, hit.video) == max(alike)


def test_an_answer_keeps_it_when_it_is_written_and_read() -> None:
    result = answered(checker=FakeJudge({VIDEOS[1]: 0.4}, default=0.1))
    again = SearchResult.model_validate_json(result.model_dump_json())
    assert [hit.standing for hit in again.hits] == [hit.standing for hit in result.hits]
