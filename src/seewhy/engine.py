"""The parts that answer a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from seewhy.index.seam import ComponentIndex
from seewhy.models.text import TextEncoder
from seewhy.reason.seams import Composer, Decomposer, Judge, Reference
from seewhy.twin.store import TwinStore
from seewhy.types.query import Aggregation, Filters, Query

if TYPE_CHECKING:
    from seewhy.refine import Refiner


class Channel(Protocol):
    """A way from a query to videos, beside the twins' components."""

    @property
    def name(self) -> str: ...

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        """Video id → score, higher is better, of the videos that this channel knows.

        Args:
            among: the videos that are asked about; None: all of the gallery.
        """
        ...


@runtime_checkable
class Ahead(Protocol):
    """A channel that takes less time for several queries together than for one after the other."""

    def ahead(self, asked: Sequence[tuple[Query, Reference | None]]) -> None:
        """Work on what the scores for these queries will need; they are asked for next. What cannot be made is left:
        it is made, or said, when the scores are asked for.

        Args:
            asked: queries, each with the video that it is an edit of, if any.
        """
        ...


@dataclass(frozen=True)
class Engine:
    """The parts that answer a question."""

    decomposer: Decomposer
    checker: Judge
    """judges every candidate, without a model"""
    encoder: TextEncoder
    index: ComponentIndex
    twins: TwinStore
    gallery: Mapping[str, tuple[str, ...]]
    """committed video id → where files with this content lie; what else the index knows is passed over"""
    composer: Composer | None = None
    """None: there are no composed queries"""
    channels: Sequence[Channel] = ()
    """further ways to candidates, joined with the components' by reciprocal rank"""
    rerank: Channel | None = None
    """looks at the best candidates of all channels, and is joined with them"""
    by_components: bool = True
    """False: candidates come from the other channels alone"""
    checked: bool = True
    """False: the checker's relevance is made of what the channels say, and is not joined with them once more"""
    judge: Judge | None = None
    """judges the shortlist, with a model; None: the checker's verdicts stand"""
    refiner: Refiner | None = None
    refresh: Callable[[], None] | None = None
    """called when refinement has changed the index"""
    candidates: int = 100
    """how many videos the checker looks at"""
    align: bool = True
    """False: every video is a candidate, whatever its coarse score, and on the shortlist"""
    shortlist: int = 10
    """K: how many videos the judge looks at"""
    fused: bool = True
    """True: the shortlist is of the best by coarse score and checker together; False: by coarse score"""
    rounds: int = 1
    """of refinement, at most"""
    tau: float = 0.5
    """relevance under which a hit does not count as a match"""
    aggregation: Aggregation = "mean"

    def admitted(self, filters: Filters | None) -> frozenset[str]:
        """Ids of the videos that an answer may name, whatever is asked: in index and gallery, and let through by the
        filters."""
        admitted = self.index.videos(filters)
        return admitted if self.in_step else admitted & frozenset(self.gallery)

    @property
    def in_step(self) -> bool:
        """Whether index and gallery have as many videos, hence the same: else the library is being changed, or a change
        of it was cut off. To compare all ids takes longer than a search."""
        return len(self.index) == len(self.gallery)
