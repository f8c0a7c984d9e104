"""A run: every query of a data set put to a library, and everything needed to recompute the table from it."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from pydantic import Field

from seewhy.bench.datasets import Dataset, MaskTruth, TextQuery
from seewhy.bench.grounding import NOTHING_FOUND, GroundingScore, MaskScore, hit_masks, score_masks
from seewhy.bench.measures import pessimistic_rank
from seewhy.errors import DatasetError, TwinError
from seewhy.settings import Settings
from seewhy.twin.masks_file import MaskTable
from seewhy.types.base import Frozen
from seewhy.types.calls import Usage
from seewhy.types.hit import Hit, SearchResult
from seewhy.types.query import Filters
from seewhy.types.twin import Twin

RUN_SCHEMA: Final = "bench-run.v1"
PACKAGES = (
    "seewhy",
    "numpy",
    "openai",
    "opencv-python-headless",
    "av",
    "onnxruntime",
    "tokenizers",
    "pycocotools",
    "pydantic",
)
"""Whose versions can change a number."""
KEPT_HITS = 10
"""Best hits of a query that a run file keeps."""


class Searched(Protocol):
    """What a run asks of a library; `seewhy.library.Library` is one."""

    def search_all(
        self,
        questions: Sequence[str],
        k: int,
        filters: Filters | None,
        *,
        told: Callable[[str], None] | None,
        caught: type[Exception],
    ) -> Iterable[SearchResult | Exception]: ...

    def masks(self, video: str) -> MaskTable: ...

    def twin(self, video: str) -> Twin: ...


class RankedHit(Frozen):
    """One hit as a run file keeps it."""

    video: str
    """name in the data set"""
    score: float
    coarse_score: float
    matched: bool
    judged: bool = True


class Record(Frozen):
    """What became of one query."""

    id: str
    kind: str
    text: str
    right: str
    rank: int | None
    """pessimistic, from 1; None: a miss, because the query failed or the right video was not returned"""
    seconds: float
    """time spent on it in all stages, waiting for models included; 0 for a failed one"""
    no_match: bool | None = None
    hits: tuple[RankedHit, ...] = ()
    """the first ten"""
    objects: tuple[int, ...] = ()
    """tracks that were named in the right video"""
    grounding: GroundingScore | None = None
    """None where the query's objects have no masks in the data set"""
    failure: str | None = None
    degraded: tuple[str, ...] = ()
    """what did not work in answering it"""
    notes: tuple[str, ...] = ()
    """what did not work in building the right video's twin"""
    usage: Usage = Usage()
    """calls to language models"""
    refinements: dict[str, int] = Field(default_factory=dict)
    """steps of refinement by outcome"""


class Run(Frozen):
    """All that was asked, answered and measured, and with what."""

    schema_version: Literal["bench-run.v1"] = RUN_SCHEMA
    dataset: str
    protocol: str
    gallery: int
    """number of distinct videos searched for each query"""
    not_indexed: dict[str, str] = Field(default_factory=dict)
    """gallery videos that the library does not hold → why; queries for them are misses"""
    asked: int
    of: int
    """number of queries that the data set has; more than `asked` in a limited run"""
    records: tuple[Record, ...]
    settings: dict[str, str]
    versions: dict[str, str]
    index_seconds: float
    """wall time of building the library, 0 where it was there already"""
    index_usage: Usage = Usage()
    """calls to describe its videos"""
    not_described: dict[str, str] = Field(default_factory=dict)
    """videos that a model was to describe, and did not, or in part → why"""


@dataclass(frozen=True, slots=True)
class Names:
    """The gallery's videos in the library: name in the data set → video id."""

    ids: Mapping[str, str]

    def of(self, video: str) -> str:
        """A name of a video id: the first in order, where several files have one content."""
        return min((name for name, own in self.ids.items() if own == video), default=video)


def run_text(
    library: Searched,
    dataset: Dataset,
    queries: Sequence[TextQuery],
    names: Names,
    told: Callable[[str], None] | None = None,
) -> tuple[Record, ...]:
    """Put all questions to the library, over exactly the gallery's videos, and keep what came.

    The key of the pessimistic rank is (judged, above tau, relevance, coarse score), which is what orders hits; ids,
    which only break ties, are no part of it. Whatever goes wrong in answering is that query's failure, hence a miss.

    Args:
        told: hears the name of each stage when it begins.
    """
    gallery = frozenset(names.ids.values())
    truths: dict[str, MaskTruth | None] = {}
    for query in queries:
        if query.objects and query.video not in truths:
            truths[query.video] = dataset.truth(query.video)
    outcomes = library.search_all(
        [query.text for query in queries], len(gallery), Filters(videos=gallery), told=told, caught=Exception
    )
    return tuple(
        _missed(query, outcome) if isinstance(outcome, Exception) else _answered(library, query, outcome, names, truths)
        for query, outcome in zip(queries, outcomes, strict=True)
    )


def _missed(query: TextQuery, error: Exception) -> Record:
    return _record(
        query,
        rank=None,
        seconds=0.0,
        grounding=_scored(NOTHING_FOUND) if query.objects else None,
        failure=f"{type(error).__name__}: {error}",
    )


def _answered(
    library: Searched,
    query: TextQuery,
    result: SearchResult,
    names: Names,
    truths: Mapping[str, MaskTruth | None],
) -> Record:
    right = names.ids.get(query.video, "")
    hit = next((hit for hit in result.hits if hit.video == right), None)
    keys = {hit.video: (hit.judged, hit.matched, hit.score, hit.coarse_score) for hit in result.hits}
    grounding, unreadable = _ground(library, query, hit, truths.get(query.video))
    return _record(
        query,
        rank=pessimistic_rank(keys, right),
        seconds=sum(result.seconds.values()),
        no_match=result.no_match,
        hits=tuple(
            RankedHit(
                video=names.of(hit.video),
                score=hit.score,
                coarse_score=hit.coarse_score,
                matched=hit.matched,
                judged=hit.judged,
            )
            for hit in result.hits[:KEPT_HITS]
        ),
        objects=tuple(thing.track for thing in hit.objects) if hit else (),
        grounding=grounding,
        degraded=tuple(dict.fromkeys(result.degraded + unreadable)),
        notes=hit.degraded if hit else (),
        usage=result.usage,
        refinements=dict(sorted(Counter(step.outcome for step in result.refinements).items())),
    )


def versions() -> dict[str, str]:
    """Of everything that can change a number."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{package: version(package) for package in PACKAGES},
    }


def settings_table(settings: Settings) -> dict[str, str]:
    """Every setting by its dotted name, secrets left out."""
    return {row.name: str(row.value) for row in settings.rows() if not row.secret}


def write_run(run: Run, summary: Mapping[str, Any], path: Path) -> None:
    """Write a run as JSON, its summary first. The summary is derived: `read_run` leaves it."""
    document = {"summary": summary, **run.model_dump(mode="json")}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_run(path: Path) -> Run:
    """A run that `write_run` wrote.

    Raises:
        DatasetError: the file cannot be read or is no run of this schema.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(document, dict):
            document.pop("summary", None)
        return Run.model_validate(document)
    except (OSError, ValueError) as error:  # pydantic's and json's errors are ValueErrors
        raise DatasetError(f"{path}: not a run file of schema {RUN_SCHEMA}: {error}") from error


def _record(query: TextQuery, **found: Any) -> Record:
    return Record(id=query.id, kind=query.kind, text=query.text, right=query.video, **found)


def _ground(
    library: Searched, query: TextQuery, hit: Hit | None, truth: MaskTruth | None
) -> tuple[GroundingScore | None, tuple[str, ...]]:
    """J and F of what the hit names, and what kept its masks from being read, if anything."""
    if not query.objects:
        return None, ()
    if truth is None:
        raise DatasetError(f"query {query.id} names objects {query.objects}, but {query.video} has no masks")
    if hit is None:
        return _scored(NOTHING_FOUND), ()
    try:
        sampled = [frame.index for frame in library.twin(hit.video).frames]
        masks = library.masks(hit.video)
    except TwinError as error:
        return _scored(NOTHING_FOUND), (f"masks count as not found: {error}",)
    return score_masks(hit_masks(hit, masks), sampled, truth.of(query.objects)), ()


def _scored(score: MaskScore) -> GroundingScore:
    return GroundingScore(annotated=score, sampled=score)
