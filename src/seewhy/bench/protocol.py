"""Gallery protocols: which videos a query is searched in. Numbers of different protocols do not compare.

====================  ==========================================================================================
`gallery`             ``targets``: the right videos of all queries; ``all``: these and the references, and
                      whatever else the data set has. Each part of a data set has a gallery of its own
`keep_reference`      False: a query's own reference is left out of its gallery
`depth`               how many videos are looked at, best first; a right one further down is a miss
====================  ==========================================================================================

Published: WebVid-CoVR searches targets, CoVR-R searches all, Reel-97 all of its clips; all of them mask the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from seewhy.bench.datasets import ComposedQuery, Dataset, TextQuery
from seewhy.types.base import Frozen

Question = TextQuery | ComposedQuery
GalleryKind = Literal["targets", "all"]


class Protocol(Frozen):
    """Which videos are searched for each query."""

    gallery: GalleryKind = "all"
    keep_reference: bool = False
    depth: int | None = Field(default=None, ge=1)
    """None: the whole gallery is ranked"""

    @property
    def tag(self) -> str:
        """What stands beside each number: ``all, masked``."""
        depth = "" if self.depth is None else f", first {self.depth}"
        return f"{self.gallery}, {'kept' if self.keep_reference else 'masked'}{depth}"

    def line(self, parts: int = 1) -> str:
        """In words, for the head of a table.

        Args:
            parts: of the data set that have galleries of their own.
        """
        videos = {
            "targets": "the right videos of all queries",
            "all": "all of the data set's videos, targets and references",
        }[self.gallery]
        reference = "the reference is searched, too" if self.keep_reference else "the reference is masked"
        own = ", each part in a gallery of its own" if parts > 1 else ""
        depth = "" if self.depth is None else f"; the first {self.depth} are looked at, what lies below is a miss"
        return f"{videos}{own}; {reference}{depth}"


WHOLE: Final = Protocol()
"""Everything is searched."""
TEXT_LINE = "all of the data set's videos, each query searched in all of them, one right video each"
"""The protocol of questions in words."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The videos that the queries of a part of the data set are searched in."""

    source: str
    names: frozenset[str]
    queries: tuple[Question, ...]


def galleries(dataset: Dataset, queries: Sequence[Question], protocol: Protocol = WHOLE) -> tuple[Gallery, ...]:
    """The galleries of these queries, in the order in which their parts first occur.

    What is in a gallery depends on all queries of the data set, not on those that are asked.
    """
    found = []
    for source in dict.fromkeys(query.source for query in queries):
        names = dataset.pool(source)
        if protocol.gallery == "targets":
            names = frozenset(name for query in dataset.composed if query.source == source for name in query.right)
        found.append(Gallery(source, names, tuple(query for query in queries if query.source == source)))
    return tuple(found)
