"""A public fake and the reference of every other index: everything in memory, nothing clever.

Each score is a loop over conditions, their vectors and the video's components, in float64, as
eq. (2) reads. What a faster index answers is compared with what this one answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from seewhy.index.inputs import Gallery, checked_conditions, checked_video
from seewhy.index.seam import Fingerprint, SearchCondition, VideoMeta
from seewhy.models.text import Vectors
from seewhy.types.hit import Candidate, Match
from seewhy.types.query import Aggregation, Filters
from seewhy.types.twin import Component


@dataclass(frozen=True, slots=True)
class _Video:
    components: tuple[Component, ...]
    vectors: Vectors
    meta: VideoMeta


class MemoryIndex:
    """A `ComponentIndex` that forgets everything when it is dropped. There is one party, so `flush` and
    `refresh` have nothing to do."""

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.fingerprint = fingerprint
        self._videos: dict[str, _Video] = {}

    def __len__(self) -> int:
        return len(self._videos)

    def videos(self, filters: Filters | None = None) -> frozenset[str]:
        gallery = Gallery(filters, ())
        return frozenset(video for video, entry in self._videos.items() if gallery.admits(video, entry.meta))

    def add(self, video: str, components: Sequence[Component], vectors: Vectors, meta: VideoMeta) -> None:
        own = checked_video(video, components, vectors, meta, self.fingerprint.dimensions)
        self._videos[video] = _Video(tuple(components), own, meta)

    def delete(self, videos: Collection[str]) -> None:
        for video in videos:
            self._videos.pop(video, None)

    def flush(self) -> None:
        """Nothing is ever pending."""

    def refresh(self) -> None:
        """Nobody else writes."""

    def close(self) -> None:
        self._videos.clear()

    def search(
        self,
        conditions: Sequence[SearchCondition],
        k: int,
        *,
        aggregation: Aggregation = "mean",
        filters: Filters | None = None,
        exclude: Collection[str] = (),
    ) -> list[Candidate]:
        checked_conditions(conditions, k, self.fingerprint.dimensions)
        gallery = Gallery(filters, exclude)
        found = []
        for video, entry in self._videos.items():
            if not gallery.admits(video, entry.meta) or (conditions and not entry.components):
                continue
            matches = tuple(_best(condition, entry) for condition in conditions)
            found.append(Candidate(video=video, score=_aggregate(conditions, matches, aggregation), matches=matches))
        return sorted(found, key=lambda candidate: (-candidate.score, candidate.video))[:k]


def _best(condition: SearchCondition, video: _Video) -> Match:
    best_score, best_component = -np.inf, video.components[0]
    for component, row in zip(video.components, video.vectors.astype(np.float64), strict=True):
        for vector in condition.vectors.astype(np.float64):
            score = float(np.dot(vector, row))
            if score > best_score:
                best_score, best_component = score, component
    return Match(condition=condition.id, component=best_component, score=best_score)


def _aggregate(conditions: Sequence[SearchCondition], matches: Sequence[Match], how: Aggregation) -> float:
    if not matches:
        return 0.0
    if how == "min":
        return min(match.score for match in matches)
    total = sum(condition.weight for condition in conditions)
    return sum(condition.weight * match.score for condition, match in zip(conditions, matches, strict=True)) / total
