"""The seam ComponentIndex: components of many videos, searched by conditions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from seewhy.models.text import Vectors
from seewhy.types.base import Frozen
from seewhy.types.hit import Candidate
from seewhy.types.query import Aggregation, Filters
from seewhy.types.twin import Component


class Fingerprint(Frozen):
    """What an index was built with. Another encoder or twin version is refused, never mixed in."""

    encoder: str
    dimensions: int
    twin: str
    format: str


class VideoMeta(Frozen):
    """What filters look at."""

    duration: float
    date: str
    """ISO 8601, UTC"""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchCondition:
    """A condition that is searched for: its own vector and those of its imagined components."""

    id: str
    weight: float
    vectors: Vectors
    """(n >= 1, dimensions); the best of them counts"""


class ComponentIndex(Protocol):
    """Videos with the vectors of their components. Writers are exclusive, readers may be many; a reader
    sees the state at the time it opened or last called `refresh`."""

    @property
    def fingerprint(self) -> Fingerprint: ...

    def __len__(self) -> int:
        """Number of live videos."""
        ...

    def videos(self, filters: Filters | None = None) -> frozenset[str]:
        """Ids of the live videos that the filters admit; with or without components."""
        ...

    def add(self, video: str, components: Sequence[Component], vectors: Vectors, meta: VideoMeta) -> None:
        """Add a video or replace it. Durable when `flush` returns.

        Raises:
            ValueError: the vectors' shape is not (len(components), dimensions), or a value is not finite.
        """
        ...

    def delete(self, videos: Collection[str]) -> None:
        """Forget videos; unknown ids are ignored."""
        ...

    def flush(self) -> None:
        """Make everything added and deleted so far durable and visible to readers."""
        ...

    def refresh(self) -> None:
        """See what a writer has flushed since."""
        ...

    def search(
        self,
        conditions: Sequence[SearchCondition],
        k: int,
        *,
        aggregation: Aggregation = "mean",
        filters: Filters | None = None,
        exclude: Collection[str] = (),
    ) -> list[Candidate]:
        """The best k videos by RT2V eq. (2): aggregate over conditions (weighted mean, or min) of the maximum
        over components and the condition's vectors of the cosine. Best first, ties by video id. A video
        without components scores -inf and is never returned. No conditions: every video scores 0."""
        ...

    def close(self) -> None: ...
