"""The parts that answer a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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
    """further ways to candidates, joined with the components' by reciprocal rank; in composed queries"""
    rerank: Channel | None = None
    """looks at the best candidates of all channels, and is joined with them"""
    by_components: bool = True
    """False: candidates come from the other channels alone; in composed queries"""
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
