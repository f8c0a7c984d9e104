"""A library that answers edits from a table of scores, and runs over it: what tests of composed runs share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seewhy.bench.datasets import ComposedQuery
from seewhy.bench.datasets.triplets import TripletDataset, gathered
from seewhy.bench.protocol import WHOLE, Protocol
from seewhy.bench.records import Record, Run, settings_table, versions
from seewhy.bench.run import run_queries
from seewhy.bench.searching import Names
from seewhy.errors import QueryError
from seewhy.settings import Settings
from seewhy.types.hit import Hit, SearchResult, Verdict
from seewhy.types.query import Condition, Filters, Query
from seewhy.types.trace import Trace

TRACE = Trace(states=("it is wet",), target="A wet road.")


class Told:
    """Answers each edit from its table of scores, over the videos of the filter; what has no table is refused."""

    def __init__(self, scores: Mapping[str, Mapping[str, float]]) -> None:
        self.scores = scores
        self.asked: list[tuple[str, str, int]] = []

    def compose_all(
        self,
        edits: Sequence[tuple[str, str]],
        k: int,
        filters: Filters | None,
        *,
        told: Any,
        caught: type[Exception],
        keep_reference: bool,
    ) -> Iterator[SearchResult | Exception]:
        assert filters is not None
        for reference, edit in edits:
            self.asked.append((reference, edit, k))
            if edit not in self.scores:
                yield QueryError(f"cannot be asked: {edit}")
                continue
            shown = {
                video: score
                for video, score in self.scores[edit].items()
                if video in (filters.videos or ()) and (keep_reference or video != reference)
            }
            ranked = sorted(shown, key=lambda video: (-shown[video], video))[:k]
            condition = Condition(id="c1", kind="free", text="x")
            yield SearchResult(
                query=Query(text=edit, conditions=(condition,), trace=TRACE, decomposed_by="table@1"),
                hits=tuple(hit(place, video, shown[video]) for place, video in enumerate(ranked, start=1)),
                no_match=False, tau=0.5, gallery=len(shown), seconds={"reason": 0.5},
            )  # fmt: skip

    def search_all(self, *_: Any, **__: Any) -> Iterator[SearchResult | Exception]:
        raise AssertionError("edits are not questions")

    def masks(self, video: str) -> Any:
        raise AssertionError("there are no masks")

    twin = masks


def hit(rank: int, video: str, score: float) -> Hit:
    verdict = Verdict(video=video, relevance=score, conditions=(), judged_by="table")
    return Hit(
        rank=rank, video=video, paths=(), score=score, coarse_score=score, matched=score >= 0.5, verdict=verdict,
        duration=1.0,
    )  # fmt: skip


def edit(number: str, reference: str, video: str | None, **more: Any) -> ComposedQuery:
    return ComposedQuery(id=number, reference=reference, edit=f"edit {number}", video=video, **more)


def dataset_of(folder: Path, *queries: ComposedQuery, absent: tuple[str, ...] = ()) -> TripletDataset:
    """Of these queries, with empty files for the videos that they name, and for their near misses."""
    root = folder / "clips"
    for query in queries:
        for name in (query.reference, *query.right, *query.near_misses, *(query.local or ())):
            if name not in absent:
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / f"{name}.mp4").touch()
    others: dict[str, set[str]] = {}
    for query in queries:
        others.setdefault(query.source, set()).update(query.near_misses)
    return gathered("toy", queries, folder / "toy.json", root, others)


def names_of(dataset: TripletDataset) -> Names:
    """A video's id is its name in capitals."""
    return Names({name: name.upper() for name in dataset.videos})


def run_of(dataset: TripletDataset, records: tuple[Record, ...], protocol: Protocol) -> Run:
    gone = dict(dataset.missing)
    return Run(
        dataset="toy", task="composed", protocol=protocol.line(len(dataset.pools)), galleries=protocol, gallery=9,
        asked=len(records), of=len(dataset.composed), records=records, settings=settings_table(Settings()),
        versions=versions(), index_seconds=0.0, not_indexed=gone,
    )  # fmt: skip


def records_of(
    dataset: TripletDataset, scores: Mapping[str, Mapping[str, float]], protocol: Protocol = WHOLE
) -> tuple[Record, ...]:
    return run_queries(Told(scores), dataset, dataset.composed, names_of(dataset), protocol)
