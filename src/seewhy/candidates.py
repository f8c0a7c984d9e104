"""Conditions → candidates with their twins, and which of them the judge looks at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from seewhy.engine import Engine
from seewhy.errors import TwinError
from seewhy.fusion import RRF, joined
from seewhy.index.seam import SearchCondition
from seewhy.reason.seams import Reference
from seewhy.recent import Recent
from seewhy.twin.store import TwinStore
from seewhy.types.hit import Candidate, Verdict
from seewhy.types.query import Filters, Query
from seewhy.types.twin import Twin

STEADY = 5
"""Decimals of a score that decide. The last bits of a vector depend on the processor; without rounding, so would the
order of videos that say the same, and with it what a model is asked."""

KEPT_TWINS = 1000
"""Twins that are remembered from question to question: of short clips they are a third of a megabyte each."""


def retrieve(
    query: Query, engine: Engine, k: int, filters: Filters | None, reference: Reference | None = None
) -> list[Candidate]:
    """The k best videos by coarse score (RT2V eq. 2); without alignment, all. Negated conditions are judged, not
    searched for."""
    if not engine.align:
        return engine.index.search([], max(len(engine.index), 1), filters=filters, exclude=query.exclude)
    conditions = _encoded(query, engine)
    aggregation = query.aggregation if query.aggregation != "mean" else engine.aggregation

    def search(most: int, within: Filters | None) -> list[Candidate]:
        found = engine.index.search(conditions, most, aggregation=aggregation, filters=within, exclude=query.exclude)
        steady = [candidate.model_copy(update={"score": round(candidate.score, STEADY)}) for candidate in found]
        return sorted(steady, key=lambda candidate: (-candidate.score, candidate.video))

    if not (engine.channels or engine.rerank):
        return search(k, filters)
    return joined(search, query, engine, k, filters, reference)


def _encoded(query: Query, engine: Engine) -> list[SearchCondition]:
    """What is searched for, with the vectors of its sentences."""
    vectors = engine.encoder.encode([sentence for condition in query.searched for sentence in condition.sentences])
    conditions, start = [], 0
    for condition in query.searched:
        rows = vectors[start : start + len(condition.sentences)]
        conditions.append(SearchCondition(id=condition.id, weight=condition.weight, vectors=rows))
        start += len(rows)
    return conditions


class Counts:
    """How many videos are searched; counted once for all questions of the same filters."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._admitted: dict[Filters, frozenset[str]] = {}

    def of(self, filters: Filters | None, exclude: Collection[str]) -> tuple[int, int, int]:
        """Numbers of videos of the library: those that are searched, those that the filters leave out, and those that
        these admit and the query leaves out."""
        if filters is None:
            excluded = sum(video in self._engine.gallery for video in set(exclude))
            return self._all - excluded, 0, excluded
        if filters not in self._admitted:
            self._admitted[filters] = self._engine.admitted(filters)
        admitted = self._admitted[filters]
        excluded = len(admitted & set(exclude))
        return len(admitted) - excluded, self._all - len(admitted), excluded

    @cached_property
    def _all(self) -> int:
        return len(self._engine.index if self._engine.in_step else self._engine.admitted(None))


class Twins:
    """Twins, each read once for all questions as long as there is room; those that refinement has changed, as they are
    now. Threads may share it."""

    def __init__(self, store: TwinStore, most: int = KEPT_TWINS) -> None:
        """
        Args:
            most: twins that are remembered for certain, the latest used ones.
        """
        self._store = store
        self._read: Recent[str, Twin] = Recent(most)
        self._put: dict[str, Twin] = {}
        """what counts instead of what is stored"""

    def load(self, video: str) -> Twin:
        """Raises TwinError."""
        twin = self._put.get(video) or self._read.get(video)
        return twin if twin is not None else self._read.put(video, self._store.load(video))

    def forget(self, videos: Iterable[str]) -> None:
        """They are read anew when they are needed."""
        for video in videos:
            self._read.drop(video)
            self._put.pop(video, None)

    def put(self, twins: Mapping[str, Twin]) -> None:
        """What counts instead of what is stored."""
        self._put.update(twins)


def load_twins(candidates: Sequence[Candidate], twins: Twins) -> tuple[list[tuple[Candidate, Twin]], tuple[str, ...]]:
    """Candidates with their twins; one whose twin cannot be read is left out and said so."""
    pairs: list[tuple[Candidate, Twin]] = []
    unreadable: list[str] = []
    for candidate in candidates:
        try:
            pairs.append((candidate, twins.load(candidate.video)))
        except TwinError as error:
            unreadable.append(f"video {candidate.video} was left out of the answer: {error}")
    return pairs, tuple(unreadable)


def shortlist(pairs: Sequence[tuple[Candidate, Twin]], checked: Sequence[Verdict], engine: Engine) -> list[int]:
    """Positions of the candidates that the judge looks at, in the order of the candidates."""
    positions = range(len(pairs))
    if not engine.align:
        return list(positions)
    ranks = [1 / (RRF + position) for position in positions]
    if engine.fused:
        by_checker = sorted(positions, key=lambda position: (-round(checked[position].relevance, STEADY), position))
        for place, position in enumerate(by_checker):
            ranks[position] += 1 / (RRF + place)
    best = sorted(positions, key=lambda position: (-ranks[position], position))
    return sorted(best[: engine.shortlist])
