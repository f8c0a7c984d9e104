"""Conditions → candidates with their twins, and which of them the judge looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from seewhy.engine import Engine
from seewhy.errors import TwinError
from seewhy.fusion import RRF, joined
from seewhy.index.seam import SearchCondition
from seewhy.reason.seams import Reference
from seewhy.twin.store import TwinStore
from seewhy.types.hit import Candidate, Verdict
from seewhy.types.query import Filters, Query
from seewhy.types.twin import Twin

STEADY = 5
"""Decimals of a score that decide. The last bits of a vector depend on the processor and on what it was encoded
together with; without rounding, so would the order of videos that say the same, and with it what a model is asked."""


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

    if reference is None or not (engine.channels or engine.rerank):
        return search(k, filters)
    return joined(search, query, engine, k, filters, reference)


def _encoded(query: Query, engine: Engine) -> list[SearchCondition]:
    """What is searched for, with the vectors of its sentences."""
    searched = [condition for condition in query.conditions if not condition.negated]
    sentences = [(condition.text, *condition.imagined) for condition in searched]
    vectors = engine.encoder.encode([sentence for group in sentences for sentence in group])
    conditions, start = [], 0
    for condition, group in zip(searched, sentences, strict=True):
        rows = vectors[start : start + len(group)]
        conditions.append(SearchCondition(id=condition.id, weight=condition.weight, vectors=rows))
        start += len(group)
    return conditions


class Twins:
    """Twins, each read once for all questions; those that refinement has changed, as they are now."""

    def __init__(self, store: TwinStore) -> None:
        self._store = store
        self._loaded: dict[str, Twin] = {}

    def load(self, video: str) -> Twin:
        """Raises TwinError."""
        twin = self._loaded.get(video)
        if twin is None:
            twin = self._loaded[video] = self._store.load(video)
        return twin

    def forget(self, videos: Iterable[str]) -> None:
        """They are read anew when they are needed."""
        for video in videos:
            self._loaded.pop(video, None)

    def put(self, twins: Mapping[str, Twin]) -> None:
        """What counts instead of what is stored."""
        self._loaded.update(twins)


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
