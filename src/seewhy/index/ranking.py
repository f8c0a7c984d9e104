"""From segments to candidates: one float32 pass over all of them, then float64 where it decides.

The answer is the one that comparing everything in float64 would give, and does not depend on how
videos are spread over segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seewhy.index import maxsim
from seewhy.index.inputs import Gallery
from seewhy.index.seam import SearchCondition
from seewhy.index.segments import Part, Segment
from seewhy.models.text import Vectors
from seewhy.types.hit import Candidate, Match
from seewhy.types.query import Aggregation

TOGETHER = 32
"""Videos compared exactly in one go: some 2,000 rows of short clips, whose products stay in a core's cache."""


@dataclass(frozen=True)
class Piece:
    """A segment and which of its videos are live."""

    segment: Segment
    live: NDArray[np.bool_]
    """(videos,)"""

    @cached_property
    def count(self) -> int:
        """Number of live videos."""
        return int(np.count_nonzero(self.live))

    @cached_property
    def size(self) -> int:
        """What copying the live videos costs: their rows, and one for each of them."""
        return int(np.diff(self.segment.bounds)[self.live].sum()) + self.count

    @cached_property
    def full_size(self) -> int:
        """The same with the dead ones."""
        return int(self.segment.bounds[-1]) + len(self.segment.videos)

    def ids(self) -> Iterator[str]:
        return (self.segment.videos[position].id for position in np.flatnonzero(self.live).tolist())

    def kept(self) -> Part:
        return Part(self.segment, np.flatnonzero(self.live).tolist())

    def admitted(self, gallery: Gallery) -> Piece:
        """The piece with only those live videos that the gallery admits."""
        if gallery.is_unfiltered and not gallery.exclude:
            return self
        return Piece(self.segment, self.live & self.segment.admitted(gallery))


def rank(
    pieces: Sequence[Piece],
    conditions: Sequence[SearchCondition],
    vectors: Vectors,
    k: int,
    aggregation: Aggregation,
) -> list[Candidate]:
    """The best k live videos, best first, ties by id; `vectors` are those of all conditions, one below the other."""
    if not conditions:
        every = sorted(video for piece in pieces for video in piece.ids())
        return [Candidate(video=video, score=0.0) for video in every[:k]]
    counts = [len(condition.vectors) for condition in conditions]
    weights = [condition.weight for condition in conditions]
    scored = []
    for segment, positions in _contenders(pieces, vectors, counts, weights, k, aggregation):
        rows, scores = maxsim.exact_best(*segment.together(positions), vectors, counts)
        totals = maxsim.aggregate(scores, weights, aggregation)
        for position, total, *best in zip(positions, totals.tolist(), rows.tolist(), scores.tolist(), strict=True):
            scored.append((-total, segment.videos[position].id, segment, position, *best))
    scored.sort(key=lambda entry: entry[:2])
    return [
        Candidate(
            video=video,
            score=-negative,
            matches=tuple(
                Match(condition=condition.id, component=segment.component(position, row), score=score)
                for condition, row, score in zip(conditions, rows, scores, strict=True)
            ),
        )
        for negative, video, segment, position, rows, scores in scored[:k]
    ]


def _contenders(
    pieces: Sequence[Piece],
    vectors: Vectors,
    counts: Sequence[int],
    weights: Sequence[float],
    k: int,
    aggregation: Aggregation,
) -> Iterator[tuple[Segment, list[int]]]:
    """Every video that can be among the best k, given how far a float32 score can be off; some together."""
    coarse = [
        maxsim.aggregate(maxsim.maximum_per_condition(best, counts), weights, aggregation)
        for piece in pieces
        for best in [maxsim.scan(piece.segment.vectors, piece.segment.bounds, vectors, piece.live)]
    ]
    everything = np.concatenate([np.empty(0), *coarse])
    possible = everything[everything > -np.inf]
    if not len(possible):
        return
    kth = np.partition(possible, max(0, len(possible) - k))[max(0, len(possible) - k)]
    floor = kth - 2 * maxsim.scan_error(vectors.shape[1])
    for piece, scores in zip(pieces, coarse, strict=True):
        positions = np.flatnonzero((scores > -np.inf) & (scores >= floor)).tolist()
        for start in range(0, len(positions), TOGETHER):
            yield piece.segment, positions[start : start + TOGETHER]
