"""RT2V eq. (2), pure numpy: how well a video's components answer a query's conditions.

For conditions q with weights w, a video's components c, and the cosine of unit vectors:

    score(video) = Agg over q of  max over c and over q's vectors v of  <v, c>

(arXiv 2511.12371, eq. 2; Agg is the weighted mean by default, or the minimum). A maximum over no
components is -inf, never 0: with cosines that can be negative, a 0 would beat real components.

Scores come in two precisions. `scan` reads every component once in float32, which memory bandwidth
bounds; `exact_best` repeats the few products that can matter in float64, in an order that depends on
nothing but the two vectors. `scan_error` bounds the difference, so a ranking that rescores everything
within twice that of the k-th best is the float64 ranking, wherever the vectors lie in storage.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seewhy.models.text import Vectors
from seewhy.types.query import Aggregation

CHUNK_ROWS = 2048
"""Rows whose products are kept until their maximum is taken: few enough to stay in a core's cache."""

BLOCK_ROWS = 512
"""Rows multiplied in one call where there are many: at 384 dimensions 0.8 MB, which the second-level cache holds."""

FEW_ROWS = 50_000
"""Below this many rows, blocks are kept so small that BLAS does not share them out to threads: there is
nothing to win in a few milliseconds, and waiting for a thread whose core is busy can cost a hundred."""

UNTHREADED_WORK = 1 << 18
"""Multiplications in one call up to which OpenBLAS, which numpy ships with, stays on the calling thread."""


def maximum_per_video(scores: NDArray[np.float32], bounds: NDArray[np.int64]) -> NDArray[np.float32]:
    """The best component of each video.

    Args:
        scores: (rows, M), one row a component; a video's rows stand together.
        bounds: (V + 1,), ascending: video i has the rows [bounds[i], bounds[i + 1]).

    Returns:
        (V, M); a video without rows has -inf.

    >>> scores = np.array([[0.5, -0.9], [0.1, -0.2], [-0.3, 0.4]], np.float32)
    >>> maximum_per_video(scores, np.array([0, 2, 2, 3])).tolist()
    [[0.5, -0.20000000298023224], [-inf, -inf], [-0.30000001192092896, 0.4000000059604645]]
    """
    best = np.full((len(bounds) - 1, scores.shape[1]), -np.inf, np.float32)
    # reduceat answers an empty stretch with the next row's value, so only videos with rows are asked about.
    filled = np.flatnonzero(np.diff(bounds))
    if len(filled):
        stop = int(bounds[-1])
        best[filled] = np.maximum.reduceat(scores[:stop], bounds[filled], axis=0)
    return best


def maximum_per_condition(scores: NDArray[np.float32], counts: Sequence[int]) -> NDArray[np.float32]:
    """The best of each condition's vectors: (V, M) to (V, conditions), where condition j has the next
    counts[j] >= 1 columns.

    >>> maximum_per_condition(np.array([[0.1, 0.7, -0.5]], np.float32), [2, 1]).tolist()
    [[0.699999988079071, -0.5]]
    """
    return np.asarray(np.maximum.reduceat(scores, np.cumsum([0, *counts[:-1]]), axis=1))


def aggregate(best: NDArray[np.floating], weights: Sequence[float], how: Aggregation) -> NDArray[np.float64]:
    """One score a video: (V, conditions) to (V,). The minimum knows no weights.

    >>> best = np.array([[0.75, 0.25], [0.5, 0.5]])
    >>> aggregate(best, [1.0, 3.0], "mean").tolist()
    [0.375, 0.5]
    >>> aggregate(best, [1.0, 3.0], "min").tolist()
    [0.25, 0.5]
    """
    values = best.astype(np.float64)
    if how == "min":
        return np.asarray(values.min(axis=1))
    shares = np.asarray(weights, np.float64)
    return np.asarray((values * shares).sum(axis=1) / shares.sum())


def scan(
    components: Vectors, bounds: NDArray[np.int64], vectors: Vectors, wanted: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """The best cosine of every wanted video with every vector, in one pass over the components.

    Args:
        components: (rows, dimensions), may be memory-mapped.
        bounds: (V + 1,), as for `maximum_per_video`.
        vectors: (M, dimensions).
        wanted: (V,); stretches without a wanted video are not read.

    Returns:
        (V, M); -inf where a video is not wanted or has no components.

    >>> eye = np.eye(2, dtype=np.float32)
    >>> scan(eye, np.array([0, 1, 2]), -eye[:1], np.array([True, True])).tolist()
    [[-1.0], [0.0]]
    """
    count = len(bounds) - 1
    best = np.full((count, len(vectors)), -np.inf, np.float32)
    columns = np.ascontiguousarray(vectors.T)
    block = BLOCK_ROWS if bounds[-1] > FEW_ROWS else _few_rows(columns.size)
    first = 0
    while first < count:
        # As many videos as fit into a chunk, and at least one.
        last = int(np.searchsorted(bounds, bounds[first] + CHUNK_ROWS, side="right")) - 1
        last = min(max(last, first + 1), count)
        if wanted[first:last].any():
            low, high = int(bounds[first]), int(bounds[last])
            products = _products(components[low:high], columns, block)
            best[first:last] = maximum_per_video(products, bounds[first : last + 1] - low)
        first = last
    best[~wanted] = -np.inf
    return best


def _few_rows(work: int) -> int:
    """Rows that one call may multiply, at so many multiplications each, without being shared out to threads."""
    return max(1, UNTHREADED_WORK // work)


def _products(rows: Vectors, columns: Vectors, block: int) -> NDArray[np.float32]:
    """(n, dimensions) by (dimensions, M), so many rows at a time."""
    products = np.empty((len(rows), columns.shape[1]), np.float32)
    for start in range(0, len(rows), block):
        np.matmul(rows[start : start + block], columns, out=products[start : start + block])
    return products


def scan_error(dimensions: int) -> float:
    """How far a float32 product of two unit vectors can be from the exact one, whatever the order of summing.

    >>> scan_error(384) < 5e-5
    True
    """
    # Rounding of each product and each partial sum; Cauchy-Schwarz bounds the sum of magnitudes by 1.
    return (dimensions + 1) * float(np.finfo(np.float32).eps)


def exact_best(
    components: Vectors, bounds: NDArray[np.int64], vectors: Vectors, counts: Sequence[int]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which component of each video answers each condition best, in float64; of equals, the first.

    Args:
        components: (rows, dimensions), a video's rows together.
        bounds: (V + 1,): video i has the rows [bounds[i], bounds[i + 1]), at least one.
        vectors: (M, dimensions), as for `maximum_per_condition`.
        counts: vectors per condition.

    Returns:
        rows, counted from the video's first, and scores: both (V, conditions).

    >>> eye = np.eye(2, dtype=np.float32)
    >>> exact_best(eye, np.array([0, 2]), np.array([[0, 1], [0.6, 0.8], [1, 0]], np.float32), [2, 1])
    (array([[1, 0]]), array([[1., 1.]]))
    """
    videos, conditions = len(bounds) - 1, len(counts)
    rough = _products(components, np.ascontiguousarray(vectors.T), _few_rows(vectors.size))
    tops = maximum_per_condition(maximum_per_video(rough, bounds), counts)
    condition_of = np.repeat(np.arange(conditions), counts)
    video_of = np.repeat(np.arange(videos), np.diff(bounds))
    possible = tops[:, condition_of] - 2 * scan_error(components.shape[1])
    rows, columns = np.nonzero(rough >= possible[video_of])
    # Products of two float32 are exact in float64, and numpy sums each row alone in a fixed order.
    exact = (components[rows].astype(np.float64) * vectors[columns].astype(np.float64)).sum(axis=1)
    asked = video_of[rows] * conditions + condition_of[columns]
    order = np.lexsort((rows, -exact, asked))
    firsts = order[np.searchsorted(asked[order], np.arange(videos * conditions))].reshape(videos, conditions)
    return rows[firsts] - bounds[:-1, None], exact[firsts]
