"""Gallery protocols: which videos a query is searched in. Numbers of different protocols do not compare.

====================  ==========================================================================================
`gallery`             ``targets``: the right videos of all queries; ``all``: these and the references, and
                      whatever else the data set has; ``local``: the few videos that the data set names for each
                      query. Each part of a data set has a gallery of its own
`keep_reference`      False: a query's own reference is left out of its gallery
`depth`               how many videos are looked at, best first; a right one further down is a miss
====================  ==========================================================================================

Published: WebVid-CoVR searches targets, CoVR-R searches all, Reel-97 all of its clips; all of them mask the reference.
EgoCVR searches lists of its own, ``all`` ("global") and ``local``; see `datasets.egocvr`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from seewhy.bench.datasets import ComposedQuery, Dataset, TextQuery
from seewhy.errors import DatasetError
from seewhy.types.base import Frozen

Question = TextQuery | ComposedQuery
GalleryKind = Literal["targets", "all", "local"]


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

    def line(self, parts: int = 1, *, fitted: bool = False) -> str:
        """In words, for the head of a table.

        Args:
            parts: of the data set that have galleries of their own.
            fitted: the data set leaves videos out of single queries' galleries.
        """
        videos = {
            "targets": "the right videos of all queries",
            "all": "all of the data set's videos, targets and references",
            "local": "for each query the videos that the data set names for it, from the same recording",
        }[self.gallery]
        less = ", less those that the data set leaves out for a query" if fitted and self.gallery != "local" else ""
        reference = "the reference is searched, too" if self.keep_reference else "the reference is masked"
        own = ", each part in a gallery of its own" if parts > 1 and self.gallery != "local" else ""
        depth = "" if self.depth is None else f"; the first {self.depth} are looked at, what lies below is a miss"
        return f"{videos}{less}{own}; {reference}{depth}"


WHOLE: Final = Protocol()
"""Everything is searched."""
TEXT_LINE = "all of the data set's videos, each query searched in all of them, one right video each"
"""The protocol of questions in words."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The videos that some queries of a part of the data set are searched in."""

    source: str
    names: frozenset[str]
    queries: tuple[Question, ...]


def galleries(dataset: Dataset, queries: Sequence[Question], protocol: Protocol = WHOLE) -> tuple[Gallery, ...]:
    """The galleries of these queries, in the order in which they are first needed; queries with one gallery share it.

    What is in a gallery depends on all queries of the data set, not on those that are asked.

    Raises:
        DatasetError: the data set has no such galleries, or the queries are questions in words, which are searched in
            everything.
    """
    if protocol.gallery != "all" and any(isinstance(query, TextQuery) for query in queries):
        raise DatasetError(
            f"gallery {protocol.gallery!r} is for edits; questions are searched in all videos of {dataset.name}"
        )
    if protocol.gallery == "local" and any(query.local is None for query in dataset.composed):
        raise DatasetError(
            f"{dataset.name} has no local galleries, it has 'targets' and 'all'; those of EgoCVR are in "
            "egocvr_annotations_gallery.csv"
        )
    if protocol.gallery == "targets" and not any(query.right for query in dataset.composed):
        raise DatasetError(
            f"{dataset.name} keeps its right videos to itself: there is no gallery 'targets', only 'all'"
        )
    wholes = {source: _whole(dataset, source, protocol) for source in dict.fromkeys(query.source for query in queries)}
    found: dict[tuple[str, frozenset[str]], list[Question]] = {}
    for query in queries:
        found.setdefault((query.source, _of(query, wholes[query.source], protocol)), []).append(query)
    return tuple(Gallery(source, names, tuple(asked)) for (source, names), asked in found.items())


def described(protocol: Protocol, found: Sequence[Gallery]) -> str:
    """A protocol in words, as it is for these galleries."""
    asked = [query for gallery in found for query in gallery.queries]
    return protocol.line(
        len({gallery.source for gallery in found}),
        fitted=any(isinstance(query, ComposedQuery) and query.left_out for query in asked),
    )


def _whole(dataset: Dataset, source: str, protocol: Protocol) -> frozenset[str]:
    """What is searched for the queries of a part, before it is fitted to each."""
    if protocol.gallery == "targets":
        return frozenset(name for query in dataset.composed if query.source == source for name in query.right)
    return dataset.pool(source)


def _of(query: Question, whole: frozenset[str], protocol: Protocol) -> frozenset[str]:
    if not isinstance(query, ComposedQuery):
        return whole
    if protocol.gallery == "local":
        return frozenset(query.local or ())
    return whole.difference(query.left_out) if query.left_out else whole
