"""Measures of retrieval: ranks in, estimates with intervals out.

Conventions, the same for every table seewhy prints:

* Each query has one right video, or several of which the best counts. Its rank is pessimistic: 1 + the number of
  *wrong* videos whose key is at least as high. A constant scorer therefore ranks everything last, not first.
* A query that failed, or whose right video was not returned, has no rank. It is a miss and takes the measure's
  worst value; it never leaves the denominator. Coverage (answered / asked) is printed beside the scores.
* Intervals are percentile bootstraps over queries (Efron 1979), seeded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
"""Bootstrap resamples: the ends of a 95 % interval move by less than its last printed digit between seeds."""
DRAWN_AT_ONCE = 4_000_000
"""Values drawn together: 32 MB of them, however many queries there are."""
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
    return best_rank(keys, (right,))


def best_rank(keys: Mapping[str, Key], right: Collection[str]) -> int | None:
    """The pessimistic rank of the best of several right videos: 1 + the number of wrong ones that are at least as high.

    >>> best_rank({"a": 0.9, "b": 0.5, "c": 0.5, "d": 0.1}, {"c", "d"})
    3
    """
    own = [keys[video] for video in right if video in keys]
    if not own:
        return None
    best = max(own)  # type: ignore[type-var]  # keys that can be compared with >= can be with <, too
    return 1 + sum(key >= best for video, key in keys.items() if video not in right)


def at_least_as_high(keys: Mapping[str, Key], right: Collection[str], others: Collection[str]) -> tuple[str, ...]:
    """Those of some wrong videos whose key is at least the best right one's; all of them where no right one has a key.

    >>> at_least_as_high({"a": 0.9, "b": 0.5, "c": 0.5, "d": 0.1}, {"c"}, ("b", "d", "z"))
    ('b',)
    >>> at_least_as_high({"a": 0.9}, {"c"}, ("a", "z"))
    ('a', 'z')
    """
    own = [keys[video] for video in right if video in keys]
    if not own:
        return tuple(others)
    best = max(own)  # type: ignore[type-var]  # see `best_rank`
    return tuple(video for video in others if video in keys and keys[video] >= best)


@lru_cache(maxsize=4096)
def rank_chances(gallery: int, right: int = 1) -> NDArray[np.float64]:
    """How likely each rank of the best right video is in a uniformly random order, from rank 1 on; read-only.

    Its shape is (gallery - right + 1,): ranks count wrong videos only. Rank r is exceeded where the first r are all
    wrong.

    >>> rank_chances(4).tolist(), rank_chances(4, 3).tolist()
    ([0.25, 0.25, 0.25, 0.25], [0.75, 0.25])

    Raises:
        ValueError: no right video, or more than the gallery has.
    """
    if not 1 <= right <= gallery:
        raise ValueError(f"{right} right videos in a gallery of {gallery}")
    if right == 1:  # exactly, without rounding
        chances = np.full(gallery, 1 / gallery)
    else:
        tried = np.arange(gallery - right + 1)
        exceeded = np.cumprod((gallery - right - tried) / (gallery - tried))
        chances = -np.diff(exceeded, prepend=1.0)
    chances.flags.writeable = False
    return chances


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
    of_rank: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    """ranks (from 1) of right videos → values of their queries, one each"""
    worst: Callable[[int], float]
    """gallery size → value of a miss"""
    pool: Literal["mean", "median"] = "mean"
    percent: bool = True
    """True: a fraction, printed as %; False: a rank"""

    def values(self, ranks: Sequence[int | None], gallery: int | Sequence[int]) -> NDArray[np.float64]:
        """One value a query, in the order given; None is a miss.

        Args:
            gallery: number of videos that are searched; or one for each query.

        Raises:
            ValueError: a rank outside its gallery.
        """
        sizes = [gallery] * len(ranks) if isinstance(gallery, int) else gallery
        found: list[float] = []
        for rank, size in zip(ranks, sizes, strict=True):
            if rank is not None and not 1 <= rank <= size:
                raise ValueError(f"rank {rank} is outside a gallery of {size} videos")
            found.append(self.worst(size) if rank is None else float(self.of_rank(np.array([rank], np.float64))[0]))
        return np.array(found, np.float64)

    def by_chance(self, gallery: int, right: int = 1) -> float:
        """Expected value of a uniformly random order.

        Args:
            gallery: number of videos that are searched.
            right: how many of them are right; 0: whatever the order, it is a miss.
        """
        if right == 0:
            return self.worst(gallery)
        chances = rank_chances(gallery, right)
        return float(chances @ self.of_rank(np.arange(1.0, chances.size + 1)))

    def __call__(self, ranks: Sequence[int | None], gallery: int | Sequence[int]) -> Estimate:
        """The pooled value with its interval.

        Raises:
            ValueError: no query, or a rank outside its gallery.
        """
        return estimate(self.values(ranks, gallery), self.pool)


def recall_at(k: int) -> Measure:
    """R@k: the share of queries whose right video is among the first k."""
    return Measure(f"R@{k}", of_rank=lambda ranks: (ranks <= k).astype(np.float64), worst=lambda _: 0.0)


MEDIAN_RANK = Measure("MdR", of_rank=lambda ranks: ranks, worst=float, pool="median", percent=False)
"""Median rank of the right video; a miss has the last rank of the gallery."""

MEAN_RANK = Measure("MnR", of_rank=lambda ranks: ranks, worst=float, percent=False)
"""Mean rank of the right video; a miss has the last rank of the gallery."""

MEAN_AVERAGE_PRECISION = Measure("mAP", of_rank=lambda ranks: 1.0 / ranks, worst=lambda _: 0.0)
"""Mean average precision; with one right video a query this is the mean reciprocal rank."""

RANKS = (MEDIAN_RANK, MEAN_RANK, MEAN_AVERAGE_PRECISION)

RETRIEVAL: tuple[Measure, ...] = (*(recall_at(k) for k in (1, 5, 10)), *RANKS)
"""What every retrieval table shows, in its order."""

COMPOSED: tuple[Measure, ...] = (*(recall_at(k) for k in (1, 5, 10, 50)), *RANKS)
"""Composed retrieval's; its published tables go to R@50."""

LOCAL: tuple[Measure, ...] = (*(recall_at(k) for k in (1, 2, 3)), *RANKS)
"""Those of galleries of a few videos each, as EgoCVR's published tables have them."""


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
    drawn = _resampled(sample, pooled, resamples, np.random.default_rng(seed))
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return Estimate(float(pooled(sample)), float(low), float(high), int(sample.size))


def paired_difference(values: NDArray[np.float64], base: NDArray[np.float64]) -> Estimate:
    """Mean of what each query has gained over the base, with its interval. A query is drawn with both of its values, so
    that how hard it is does not count.

    >>> paired_difference(np.array([1.0, 1.0, 0.0, 0.0]), np.array([1.0, 0.0, 0.0, 0.0]))[0]
    0.25

    Args:
        values, base: one per query, in the same order, shape (N,), finite.

    Raises:
        ValueError: other shapes, no value, or one that is not finite.
    """
    if values.shape != base.shape:
        raise ValueError(f"a paired difference needs the same queries, got {values.shape} and {base.shape}")
    return estimate(values - base)


def estimate_macro(groups: Sequence[NDArray[np.float64]]) -> Estimate:
    """Mean over groups of the mean within each, so that every group counts the same, however many queries it has.

    The interval resamples queries within their groups: which groups there are is no accident.

    >>> estimate_macro([np.array([1.0, 0.0]), np.array([1.0, 1.0, 1.0])])[0]
    0.75

    Args:
        groups: values of each, shape (N_g,), finite.

    Raises:
        ValueError: no group, an empty one, or a value that is not finite.
    """
    if not groups or any(group.ndim != 1 or group.size == 0 or not np.isfinite(group).all() for group in groups):
        raise ValueError(f"a mean over groups needs at least one finite value in each, got {groups!r}")
    random = np.random.default_rng(SEED)
    drawn = [_resampled(group, np.mean, RESAMPLES, random) for group in groups]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(np.mean(drawn, axis=0), (tail, 1 - tail))
    value = float(np.mean([group.mean() for group in groups]))
    return Estimate(value, float(low), float(high), sum(group.size for group in groups))


def _resampled(
    sample: NDArray[np.float64], pooled: Callable[..., Any], resamples: int, random: np.random.Generator
) -> NDArray[np.float64]:
    """The pooled value of each resample, shape (resamples,)."""
    at_once = max(1, DRAWN_AT_ONCE // sample.size)  # in blocks the generator goes on where it stopped
    blocks = [min(at_once, resamples - done) for done in range(0, resamples, at_once)]
    return np.concatenate(
        [pooled(sample[random.integers(0, sample.size, (rows, sample.size))], axis=1) for rows in blocks]
    )
