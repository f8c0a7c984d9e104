"""Measures of retrieval: ranks in, estimates with intervals out.

Conventions, the same for every table seewhy prints:

* Each query has one right video. Its rank is pessimistic: 1 + the number of *other* videos whose key is at least
  as high. A constant scorer therefore ranks everything last, not first.
* A query that failed, or whose right video was not returned, has no rank. It is a miss and takes the measure's
  worst value; it never leaves the denominator. Coverage (answered / asked) is printed beside the scores.
* Intervals are percentile bootstraps over queries (Efron 1979), seeded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
"""Bootstrap resamples: the ends of a 95 % interval move by less than its last printed digit between seeds."""
CONFIDENCE = 0.95
SEED = 20_251_112
"""Of every bootstrap, so that a run file always gives the same table."""


class _Comparable(Protocol):
    def __ge__(self, other: Any, /) -> bool: ...


Key = TypeVar("Key", bound=_Comparable)


def pessimistic_rank(keys: Mapping[str, Key], right: str) -> int | None:
    """1 + the number of other videos whose key is at least the right one's; None where the right one has none.

    >>> pessimistic_rank({"a": 0.9, "b": 0.5, "c": 0.5}, "c")
    3
    >>> pessimistic_rank({"a": 0.9}, "z") is None
    True
    """
    if right not in keys:
        return None
    own = keys[right]
    return 1 + sum(key >= own for video, key in keys.items() if video != right)


class Estimate(NamedTuple):
    """A measure's value over the queries, with its bootstrap interval."""

    value: float
    low: float
    high: float
    queries: int


@dataclass(frozen=True, slots=True)
class Measure:
    """A named way to turn the ranks of all queries into one number."""

    name: str
    of_rank: Callable[[int], float]
    """value of one query whose right video has this rank (from 1)"""
    worst: Callable[[int], float]
    """gallery size → value of a miss"""
    by_chance: Callable[[int], float]
    """gallery size → expected value of a uniformly random order"""
    pool: Literal["mean", "median"] = "mean"
    percent: bool = True
    """True: a fraction, printed as %; False: a rank"""

    def values(self, ranks: Sequence[int | None], gallery: int) -> NDArray[np.float64]:
        """One value a query, in the order given; None is a miss."""
        worst = self.worst(gallery)
        return np.array([worst if rank is None else self.of_rank(rank) for rank in ranks], np.float64)

    def __call__(self, ranks: Sequence[int | None], gallery: int) -> Estimate:
        """The pooled value with its interval.

        Raises:
            ValueError: no query, or a rank outside the gallery.
        """
        outside = [rank for rank in ranks if rank is not None and not 1 <= rank <= gallery]
        if outside:
            raise ValueError(f"rank {outside[0]} is outside a gallery of {gallery} videos")
        return estimate(self.values(ranks, gallery), self.pool)


def recall_at(k: int) -> Measure:
    """R@k: the share of queries whose right video is among the first k."""
    return Measure(
        name=f"R@{k}",
        of_rank=lambda rank: float(rank <= k),
        worst=lambda _: 0.0,
        by_chance=lambda gallery: min(k, gallery) / gallery,
    )


MEDIAN_RANK = Measure(
    "MdR", of_rank=float, worst=float, by_chance=lambda gallery: (gallery + 1) / 2, pool="median", percent=False
)
"""Median rank of the right video; a miss has the last rank of the gallery."""

MEAN_RANK = Measure("MnR", of_rank=float, worst=float, by_chance=lambda gallery: (gallery + 1) / 2, percent=False)
"""Mean rank of the right video; a miss has the last rank of the gallery."""

MEAN_AVERAGE_PRECISION = Measure(
    "mAP",
    of_rank=lambda rank: 1.0 / rank,
    worst=lambda _: 0.0,
    by_chance=lambda gallery: math.fsum(1 / rank for rank in range(1, gallery + 1)) / gallery,
)
"""Mean average precision; with one right video a query this is the mean reciprocal rank."""

RETRIEVAL: tuple[Measure, ...] = (
    recall_at(1), recall_at(5), recall_at(10), MEDIAN_RANK, MEAN_RANK, MEAN_AVERAGE_PRECISION,
)  # fmt: skip
"""What every retrieval table shows, in its order."""


def estimate(
    values: NDArray[np.float64] | Sequence[float],
    pool: Literal["mean", "median"] = "mean",
    *,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
    seed: int = SEED,
) -> Estimate:
    """Mean or median of per-query values with a percentile bootstrap interval.

    Args:
        values: one per query, shape (N,), finite.

    Raises:
        ValueError: no value, or one that is not finite.
    """
    sample = np.asarray(values, np.float64)
    if sample.ndim != 1 or sample.size == 0 or not np.isfinite(sample).all():
        raise ValueError(f"an estimate needs one finite value per query and at least one query, got {sample!r}")
    pooled = np.mean if pool == "mean" else np.median
    drawn = np.random.default_rng(seed).integers(0, sample.size, (resamples, sample.size))
    tail = (1 - confidence) / 2
    low, high = np.quantile(pooled(sample[drawn], axis=1), (tail, 1 - tail))
    return Estimate(float(pooled(sample)), float(low), float(high), int(sample.size))
