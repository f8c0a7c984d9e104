"""What `seewhy bench ...` does: build or reuse a library over a data set, put its queries, print and keep the run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from seewhy.bench.datasets import ComposedQuery, Dataset
from seewhy.bench.indexing import cache_folder, cache_name, index
from seewhy.bench.protocol import TEXT_LINE, WHOLE, Protocol, Question, galleries
from seewhy.bench.reasoning import score_traces
from seewhy.bench.recording import begin_anew, for_recording
from seewhy.bench.records import Record, Run, settings_table, versions, write_run
from seewhy.bench.report import table
from seewhy.bench.run import run_queries
from seewhy.bench.summary import Summary, summarize
from seewhy.errors import DatasetError, SettingsError
from seewhy.settings import Settings

if TYPE_CHECKING:
    from seewhy.library import Library
    from seewhy.models.language import LanguageModel

Task = Literal["text", "composed"]
DEPTH = 100
"""How many videos are looked at for an edit of the large sets: published tables go to R@50, and what lies further down
would be judged, for thousands of queries, to no purpose."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run with its table."""

    run: Run
    summary: Summary

    @property
    def complete(self) -> bool:
        """False: some query failed or was answered degraded, some video is not in the library or not described, or some
        reasoning that was to be marked was not."""
        run, summary = self.run, self.summary
        unmarked = any(r.reasoning is not None and r.reasoning.failures for r in run.records)
        return not (summary.failures or summary.degraded or run.not_indexed or run.not_described or unmarked)


@dataclass(frozen=True, slots=True)
class Choices:
    """What all benchmarks let one choose."""

    library: Path | None = None
    """where the library is, or is made; None: a folder of the user's cache that belongs to this data and these
    settings"""
    limit: int | None = None
    """ask only the first so many queries; the galleries stay whole"""
    out: Path | None = None
    """where the run file goes; None: none is written"""
    task: Task = "text"
    """questions, or references with edits"""
    protocol: Protocol = WHOLE
    """of edits"""
    reasoning_score: bool = False
    """have the reasoning about edits marked"""
    submission: Path | None = None
    """where a submission to the CoVR-R challenge goes; None: none is written"""
    model: LanguageModel | None = None
    """who is asked instead of the settings' model"""


def bench_reel(data: Path, choices: Choices | None = None, settings: Settings | None = None) -> Outcome:
    """Put the queries of a folder in Reel-97 format to a library over its videos, and print the table.

    Args:
        data: the folder with videos/ and queries.jsonl.
        choices: None: the defaults.
        settings: None: the defaults.

    Raises:
        DatasetError: the data set is missing or malformed, has no such queries, or the limit is not positive.
        SettingsError: the choices need a language model, and there is none.
        LibraryError: the library cannot be used.
    """
    from seewhy.bench.datasets.reel import load

    return _bench(load(data, name="reel"), data, choices or Choices(), settings or Settings())


def bench_synthetic(
    folder: Path | None = None, choices: Choices | None = None, settings: Settings | None = None
) -> Outcome:
    """The same over clips rendered for it, whose truth is known by construction.

    Args:
        folder: where the clips are rendered to; None: a folder of the user's cache.

    Raises:
        DatasetError, SettingsError, LibraryError: as for `bench_reel`.
    """
    from seewhy.bench.datasets.reel import load
    from seewhy.bench.synthetic import CLIPS, render

    folder = folder or cache_folder() / "synthetic"
    render(CLIPS, folder)
    return _bench(load(folder, name="synthetic"), folder, choices or Choices(), settings or Settings())


def bench_covr(
    annotations: Path,
    videos: Path,
    choices: Choices | None = None,
    settings: Settings | None = None,
    format: str = "auto",  # noqa: A002 - the word users expect
) -> Outcome:
    """Put the triplets of a published set of composed retrieval to a library over its videos.

    Args:
        annotations, videos, format: see `datasets.opening.load`.
        choices: their task is ``composed``, there is no other; None: the first `DEPTH` of all videos, the reference
            masked.

    Raises:
        DatasetError, SettingsError, LibraryError: as for `bench_reel`.
    """
    from seewhy.bench.datasets.opening import load

    choices = choices or Choices(task="composed", protocol=Protocol(depth=DEPTH))
    dataset = load(annotations, videos, format)
    if choices.submission is not None and not dataset.name.startswith("covr-r"):
        raise DatasetError(f"a submission is for the challenge of CoVR-R; {annotations} is {dataset.name}")
    outcome = _bench(dataset, videos, choices, settings or Settings())
    if choices.submission is not None:
        from seewhy.bench.submission import write_submission

        write_submission(outcome.run, annotations, choices.submission)
        print(f"submission: {choices.submission}", file=sys.stderr)
    return outcome


def _bench(dataset: Dataset, data: Path, choices: Choices, settings: Settings) -> Outcome:
    from rich.console import Console

    from seewhy.library import Library

    composed = choices.task == "composed"
    of: Sequence[Question] = dataset.composed if composed else dataset.queries
    queries = _limited(of, choices.limit, f"{dataset.name} has no {'edits' if composed else 'questions'}")
    settings = for_recording(settings)
    if choices.reasoning_score and not composed:
        raise SettingsError("reasoning is about edits: --reasoning-score goes with --task composed")
    if choices.reasoning_score and choices.model is None and not settings.has_language_model:
        raise SettingsError("a language model marks reasoning: set SEEWHY_ENDPOINT and SEEWHY_MODEL, or profile=local")
    protocol = _deep_enough(choices.protocol, settings)
    where = choices.library or cache_folder() / cache_name(dataset, data, settings, composed=composed)
    if settings.replies.mode in ("record", "replay"):
        begin_anew(where, ours=choices.library is None)
    print(f"library: {where}", file=sys.stderr)
    found = galleries(dataset, queries, protocol)
    searched = frozenset[str]().union(*(gallery.names for gallery in found))
    references = [query.reference for query in queries if isinstance(query, ComposedQuery)]
    with Library.open(where, settings, create=True, model=choices.model) as opened:
        indexed = index(opened, dataset, (*searched, *references))
        records = run_queries(
            opened, dataset, queries, indexed.names, protocol, told=lambda stage: _say(stage, len(queries))
        )
        if choices.reasoning_score:
            _say("score", len(queries))
            records = _marked(opened, dataset, records)
        used = settings_table(opened.settings)
    of_gallery = indexed.names.within(searched)
    run = Run(
        dataset=dataset.name,
        task=choices.task,
        protocol=protocol.line(len(found)) if composed else TEXT_LINE,
        galleries=protocol if composed else None,
        gallery=len(set(of_gallery.ids.values())) + len(searched) - len(of_gallery.ids),
        not_indexed=indexed.missing,
        not_described=indexed.not_described,
        asked=len(queries),
        of=len(of),
        records=records,
        settings=used,
        versions=versions(),
        index_seconds=indexed.seconds,
        index_usage=indexed.usage,
    )
    outcome = Outcome(run, summarize(run))
    Console().print(table(outcome.summary))
    if choices.out is not None:
        write_run(run, outcome.summary.model_dump(mode="json"), choices.out)
        print(f"run file: {choices.out}", file=sys.stderr)
    return outcome


def _marked(opened: Library, dataset: Dataset, records: Sequence[Record]) -> tuple[Record, ...]:
    """The records of edits with their reasoning marked; replies are kept, or replayed, with all others."""
    model = opened.language_model
    assert model is not None, "it was looked for before the run began"
    known = {query.id: query for query in dataset.composed}
    scored = score_traces(model, [(known[record.id], record.trace) for record in records])
    return tuple(record.model_copy(update={"reasoning": one}) for record, one in zip(records, scored, strict=True))


def _say(stage: str, queries: int) -> None:
    if stage != "rank":  # one line a query would be no news
        print(f"{stage}: {queries} queries", file=sys.stderr)


def _limited(queries: Sequence[Question], limit: int | None, none: str) -> Sequence[Question]:
    if limit is not None and limit < 1:
        raise DatasetError(f"the limit on queries is a positive number, got {limit}")
    if not queries:
        raise DatasetError(none)
    return queries if limit is None else queries[:limit]


def _deep_enough(protocol: Protocol, settings: Settings) -> Protocol:
    """All that the checker looks at counts."""
    if protocol.depth is None:
        return protocol
    return protocol.model_copy(update={"depth": max(protocol.depth, settings.search.candidates)})
