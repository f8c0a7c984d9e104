"""A gallery as a library holds it: what of it is there, what a query is searched among, and why it may not be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.protocol import Gallery, Protocol, Question


@dataclass(frozen=True)
class Names:
    """The data set's videos in the library: name in the data set → video id."""

    ids: Mapping[str, str]

    def of(self, video: str) -> str:
        """A name of a video id: the first in order, where several files have one content."""
        return self._first.get(video, video)

    def within(self, names: Iterable[str]) -> Names:
        """Some of them."""
        return Names({name: self.ids[name] for name in names if name in self.ids})

    def copies(self, video: str) -> tuple[str, ...]:
        """All names of a video id but the first."""
        return self._others.get(video, ())

    @cached_property
    def _first(self) -> dict[str, str]:
        return {video: name for name, video in sorted(self.ids.items(), reverse=True)}

    @cached_property
    def _others(self) -> dict[str, tuple[str, ...]]:
        others: dict[str, tuple[str, ...]] = {}
        for name, video in sorted(self.ids.items()):
            if name != self._first[video]:
                others[video] = (*others.get(video, ()), name)
        return others


@dataclass(frozen=True)
class Searching:
    """A gallery as the library holds it."""

    gallery: Gallery
    names: Names
    """of the gallery's videos that are there"""
    everywhere: Names
    """of all videos, references among them"""
    protocol: Protocol

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(self.names.ids.values())

    @property
    def size(self) -> int:
        """Number of distinct videos; each that is not there counts as one."""
        return len(self.ids) + len(self.gallery.names) - len(self.names.ids)

    def searched(self, query: Question) -> int:
        """Number of distinct videos that a query is searched in."""
        return self.size - (self.masked(query) in self.ids)

    def masked(self, query: Question) -> str | None:
        """The id that is left out of a query's gallery."""
        if not isinstance(query, ComposedQuery) or self.protocol.keep_reference:
            return None
        return self.everywhere.ids.get(query.reference)

    def missing(self, query: Question) -> tuple[str, ...]:
        """Those videos of a query that would have to be there for it to be answered right."""
        reference = (query.reference,) if isinstance(query, ComposedQuery) else ()
        right = [name for name in right_of(query) if name in self.gallery.names]
        gone = [name for name in reference if name not in self.everywhere.ids]
        if right and not any(name in self.names.ids for name in right):
            gone += right
        return tuple(gone)

    def unasked(self, query: Question) -> str | None:
        """Why a query cannot be answered right, whatever is found; None: it can."""
        if missing := self.missing(query):
            return f"not there: {', '.join(missing)}"
        if right_of(query) and self.gallery.names.isdisjoint(right_of(query)):
            return f"not in its gallery: {', '.join(right_of(query))}"
        right = {self.names.ids[name] for name in right_of(query) if name in self.names.ids}
        if right and right == {self.masked(query)}:
            return f"a copy of the reference, which is masked: {', '.join(right_of(query))}"
        return None

    def findable(self, query: Question) -> int:
        """Number of distinct right videos that a query is searched among; each that is not there counts as one."""
        right = [name for name in right_of(query) if name in self.gallery.names]
        return len({self.names.ids.get(name, name) for name in right} - {self.masked(query)})

    def near(self, query: Question) -> dict[str, str]:
        """A query's near misses that it is searched among, name → video id; of several copies the first."""
        if not right_of(query):  # kept secret: there is nothing to be nearer than
            return {}
        others = {self.names.ids.get(name) for name in right_of(query)} | {self.masked(query)}
        near = {self.names.ids[name]: name for name in reversed(query.near_misses) if name in self.names.ids}
        first = {name: video for video, name in near.items() if video not in others}
        return {name: first[name] for name in query.near_misses if name in first}

    @property
    def hits(self) -> int:
        """How many are asked for: one more than are looked at, so that a tie at the end is seen."""
        return len(self.ids) if self.protocol.depth is None else min(self.protocol.depth + 1, len(self.ids))


def right_of(query: Question) -> tuple[str, ...]:
    """Names of all right videos."""
    return query.right if isinstance(query, ComposedQuery) else (query.video,)
