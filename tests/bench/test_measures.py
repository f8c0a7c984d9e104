"""Every measure against numbers worked out by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.bench.measures import (
    LOCAL,
    MEAN_AVERAGE_PRECISION,
    MEAN_RANK,
    MEDIAN_RANK,
    RETRIEVAL,
    best_rank,
    estimate,
    estimate_macro,
    pessimistic_rank,
    rank_chances,
    recall_at,
)

RANKS = [1, 1, 2, 5, 6, None]
"""Six queries over a gallery of 20 videos; the last one failed."""
GALLERY = 20


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (recall_at(1), 2 / 6),
        (recall_at(5), 4 / 6),
        (recall_at(10), 5 / 6),
        (MEDIAN_RANK, 3.5),  # 1 1 2 5 6 20
        (MEAN_RANK, (1 + 1 + 2 + 5 + 6 + 20) / 6),
        (MEAN_AVERAGE_PRECISION, (1 + 1 + 1 / 2 + 1 / 5 + 1 / 6 + 0) / 6),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_by_hand(measure, expected):
    assert measure(RANKS, GALLERY).value == pytest.approx(expected)
    assert measure(RANKS, GALLERY).queries == 6


def test_names_and_order():
    assert [measure.name for measure in RETRIEVAL] == ["R@1", "R@5", "R@10", "MdR", "MnR", "mAP"]


@pytest.mark.parametrize("measure", RETRIEVAL, ids=lambda measure: measure.name)
def test_a_miss_is_never_better_than_the_last_rank(measure):
    miss, last = measure([None], GALLERY).value, measure([GALLERY], GALLERY).value
    assert miss >= last if not measure.percent else miss <= last


@pytest.mark.parametrize("measure", RETRIEVAL, ids=lambda measure: measure.name)
def test_chance_is_the_mean_over_all_ranks(measure):
    every = measure.values(range(1, GALLERY + 1), GALLERY)
    assert measure.by_chance(GALLERY) == pytest.approx(np.mean(every))


def test_random_is_one_percent_of_a_hundred():
    assert recall_at(1).by_chance(100) == 0.01
    assert recall_at(10).by_chance(4) == 1.0


@pytest.mark.parametrize("rank", [0, 21])
def test_a_rank_outside_the_gallery_is_refused(rank):
    with pytest.raises(ValueError, match=f"rank {rank} is outside a gallery of 20"):
        recall_at(1)([rank], GALLERY)


def test_no_query_has_no_estimate():
    with pytest.raises(ValueError, match="at least one query"):
        recall_at(1)([], GALLERY)


class TestPessimisticRank:
    def test_all_equal_is_last(self):
        assert pessimistic_rank(dict.fromkeys("abcd", 0.0), "a") == 4

    def test_strictly_best_is_first(self):
        assert pessimistic_rank({"a": 0.2, "b": 0.1}, "a") == 1

    def test_tuples_are_ordered_by_their_parts(self):
        keys = {"a": (True, 0.5, 0.1), "b": (True, 0.5, 0.2), "c": (False, 0.9, 0.9)}
        assert [pessimistic_rank(keys, video) for video in "abc"] == [2, 1, 3]

    def test_not_returned_has_no_rank(self):
        assert pessimistic_rank({"a": 1.0}, "b") is None


class TestEstimate:
    def test_is_seeded(self):
        values = np.random.default_rng(3).random(40)
        assert estimate(values) == estimate(values)

    def test_constant_values_have_no_width(self):
        assert estimate([0.25] * 8)[:3] == (0.25, 0.25, 0.25)

    def test_interval_is_that_of_the_binomial(self):
        """Half of 400 right: the standard error of the mean is 0.025, so the interval is 0.5 +- 0.049."""
        found = estimate([0.0, 1.0] * 200)
        assert found.value == 0.5
        assert found.low == pytest.approx(0.451, abs=0.004)
        assert found.high == pytest.approx(0.549, abs=0.004)

    def test_a_single_query_gives_itself(self):
        assert estimate([3.0], "median")[:3] == (3.0, 3.0, 3.0)

    @pytest.mark.parametrize("values", [[], [float("nan")], [float("inf"), 1.0]])
    def test_what_has_no_mean_is_refused(self, values):
        with pytest.raises(ValueError, match="one finite value per query"):
            estimate(values)


class TestChance:
    """Against all orders of a small gallery, counted one by one."""

    @pytest.mark.parametrize(("gallery", "right"), [(1, 1), (4, 1), (5, 2), (5, 4), (6, 3), (4, 4)])
    def test_ranks_in_all_orders(self, gallery, right):
        ranks = []
        for order in permutations(range(gallery)):  # 0..right-1 are the right ones
            first = next(place for place, video in enumerate(order) if video < right)
            ranks.append(1 + sum(video >= right for video in order[:first]))
        counted = np.bincount(ranks, minlength=gallery - right + 2)[1:] / len(ranks)
        assert rank_chances(gallery, right) == pytest.approx(counted)
        for measure in (*RETRIEVAL, *LOCAL):
            assert measure.by_chance(gallery, right) == pytest.approx(np.mean(measure.values(ranks, gallery)))

    def test_what_cannot_be_found_is_a_miss_by_chance_too(self):
        assert [measure.by_chance(7, 0) for measure in RETRIEVAL] == [0.0, 0.0, 0.0, 7.0, 7.0, 0.0]

    def test_a_large_gallery_has_no_rounding(self):
        assert rank_chances(10_666, 3).sum() == pytest.approx(1.0)
        assert recall_at(10).by_chance(10_666) == pytest.approx(10 / 10_666, rel=1e-12)

    @pytest.mark.parametrize(("gallery", "right"), [(3, 0), (3, 4), (0, 1)])
    def test_what_is_no_gallery_is_refused(self, gallery, right):
        with pytest.raises(ValueError, match=f"{right} right videos in a gallery of {gallery}"):
            rank_chances(gallery, right)


QUERIES = st.lists(
    st.tuples(
        st.sampled_from(("webvid", "ss2")),
        st.lists(st.integers(0, 3), min_size=1, max_size=8),  # scores of a gallery, many ties
        st.sets(st.integers(0, 7), min_size=1, max_size=3),  # which of them are right; beyond the end: not returned
    ),
    min_size=1,
    max_size=12,
)


@given(QUERIES, st.sampled_from((1, 2, 3, 5, 10)))
@settings(max_examples=100, deadline=None)
def test_recall_micro_and_macro_against_a_second_way_of_counting(queries, k):
    """A right video is found if fewer than k wrong ones are as high: no ranks, no library code."""
    hits: dict[str, list[float]] = {}
    ranks: dict[str, list[int | None]] = {}
    for source, scores, right in queries:
        own = [scores[place] for place in right if place < len(scores)]
        wrong = [score for place, score in enumerate(scores) if place not in right]
        hits.setdefault(source, []).append(bool(own) and sum(score >= max(own) for score in wrong) < k)
        keys = {str(place): score for place, score in enumerate(scores)}
        ranks.setdefault(source, []).append(best_rank(keys, {str(place) for place in right}))
    together = [hit for of_source in hits.values() for hit in of_source]
    flat = [rank for of_source in ranks.values() for rank in of_source]
    micro = recall_at(k)(flat, 8)
    assert micro.value == pytest.approx(sum(together) / len(queries))
    assert 0 <= micro.low <= micro.value <= micro.high <= 1
    macro = estimate_macro([recall_at(k).values(of_source, 8) for of_source in ranks.values()])
    assert macro.value == pytest.approx(sum(sum(of) / len(of) for of in hits.values()) / len(hits))
