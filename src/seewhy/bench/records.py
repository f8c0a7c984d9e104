"""The file of a run: what became of every query, and everything needed to recompute the table from it."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from seewhy.bench.datasets.documents import first_wrong
from seewhy.bench.grounding import GroundingScore
from seewhy.bench.protocol import Protocol
from seewhy.bench.reasoning import Scored
from seewhy.errors import DatasetError
from seewhy.settings import Settings
from seewhy.types.base import Frozen
from seewhy.types.calls import Usage
from seewhy.types.trace import Trace

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


class RankedHit(Frozen):
    """One hit as a run file keeps it."""

    video: str
    """name in the data set"""
    copies: tuple[str, ...] = ()
    """names of files with the same content, which a library does not tell apart"""
    score: float
    coarse_score: float
    fused: float | None = None
    """see `Hit.fused`"""
    matched: bool
    judged: bool = True


class Record(Frozen):
    """What became of one query."""

    id: str
    kind: str
    """what it takes to answer it; ``composed``: an edit, of which the data set does not say"""
    text: str
    right: str
    """empty: the data set keeps it to itself"""
    also_right: tuple[str, ...] = ()
    reference: str | None = None
    """name of the video that `text` is an edit of"""
    source: str = ""
    """the part of the data set that it belongs to"""
    gallery: int | None = None
    """number of distinct videos that it was searched in; None: the run's"""
    findable: int | None = None
    """number of distinct right videos among those; None: all that are named"""
    rank: int | None
    """pessimistic, from 1; None: a miss, because the query failed or the right video was not returned"""
    seconds: float
    """time spent on it in all stages, waiting for models included; 0, which measures nothing, for one
    that failed or was not asked"""
    no_match: bool | None = None
    hits: tuple[RankedHit, ...] = ()
    """the first ten, of an edit the first fifty"""
    near_misses: tuple[str, ...] = ()
    """videos that it was searched among, fit in part, and are wrong; of copies one"""
    near_above: tuple[str, ...] = ()
    """those of them that are no lower than the right video; of a miss all of them"""
    objects: tuple[int, ...] = ()
    """tracks that were named in the right video"""
    grounding: GroundingScore | None = None
    """None where the query's objects have no masks in the data set"""
    trace: Trace | None = None
    """what was reasoned about an edit"""
    composed_by: str | None = None
    """who reasoned"""
    reasoning: Scored | None = None
    """how well; None: it was not asked for"""
    missing: tuple[str, ...] = ()
    """its videos that are not there: then it was not asked, and is a miss"""
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
    task: Literal["text", "composed"] = "text"
    protocol: str
    """in words"""
    galleries: Protocol | None = None
    """of edits; None: questions in words are searched in everything"""
    gallery: int
    """number of distinct videos that are searched, in all galleries together"""
    not_indexed: dict[str, str] = Field(default_factory=dict)
    """videos that are not there, or that the library does not hold → why; queries for them are misses"""
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


def run_document(run: Run, summary: Mapping[str, Any]) -> dict[str, Any]:
    """What a run is in JSON."""
    return {"summary": summary, **run.model_dump(mode="json")}


def write_run(run: Run, summary: Mapping[str, Any], path: Path) -> None:
    """Write a run as JSON, its summary first. The summary is derived: `read_run` leaves it."""
    document = run_document(run, summary)
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
    except ValidationError as error:
        said = ": ".join(first_wrong(error))
        raise DatasetError(f"{path}: not a run file of schema {RUN_SCHEMA}: {said}") from error
    except (OSError, ValueError) as error:  # json's errors are ValueErrors
        raise DatasetError(f"{path}: not a run file of schema {RUN_SCHEMA}: {error}") from error
