"""One run over a data set: a library over its videos, its queries put to it, what came of them as numbers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.bench.beginnings import Stage, begun, stages
from seewhy.bench.datasets import ComposedQuery, Dataset
from seewhy.bench.effective import Task
from seewhy.bench.indexing import Indexed, cache_folder, cache_name, index
from seewhy.bench.protocol import TEXT_LINE, WHOLE, Protocol, Question, described, galleries
from seewhy.bench.reasoning import score_traces
from seewhy.bench.recording import begin_anew, for_recording
from seewhy.bench.records import Record, Run, settings_table, versions
from seewhy.bench.run import run_queries
from seewhy.bench.summary import Summary, summarize
from seewhy.errors import DatasetError, SettingsError
from seewhy.settings import Settings

if TYPE_CHECKING:
    from seewhy.library import Library
    from seewhy.models.language import LanguageModel


@dataclass(frozen=True, slots=True)
class Choices:
    """What all benchmarks let one choose."""

    library: Path | None = None
    """where the library is, or is made; None: a folder of the user's cache that belongs to this data and these
    settings"""
    limit: int | None = None
    """ask only the first so many queries; the galleries stay whole"""
    out: Path | None = None
    """where the run file goes, or the file of the ablations; None: none is written"""
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
    vary: tuple[str, ...] = ()
    """variants that are run, too, each as `variants.variant_of` reads it"""
    ablations: bool = False
    """the standard variants of the task are run, too"""

    def has_model(self, settings: Settings) -> bool:
        """Whether there is a language model."""
        return self.model is not None or settings.has_language_model


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run with its numbers."""

    run: Run
    summary: Summary

    @property
    def complete(self) -> bool:
        """False: some query failed or was answered degraded, some video is not in the library or not described, or some
        reasoning that was to be marked was not."""
        run, summary = self.run, self.summary
        unmarked = any(r.reasoning is not None and r.reasoning.failures for r in run.records)
        return not (summary.failures or summary.degraded or run.not_indexed or run.not_described or unmarked)


def measure(dataset: Dataset, data: Path, choices: Choices, settings: Settings) -> Outcome:
    """Put the queries of a data set to a library over its videos. Says on stderr how it goes; prints and writes nothing
    else.

    Args:
        data: the folder that the data set's videos lie in.
        choices: `out`, `submission`, `vary` and `ablations` are the caller's.

    Raises:
        DatasetError: the data set has no such queries, or the limit is not positive.
        SettingsError: the choices need a language model, and there is none.
        LibraryError: the library cannot be used.
        SeewhyError: a model that the settings name cannot be used; see its subclasses.
    """
    composed = choices.task == "composed"
    of: Sequence[Question] = dataset.composed if composed else dataset.queries
    queries = _limited(of, choices.limit, f"{dataset.name} has no {'edits' if composed else 'questions'}")
    settings = for_recording(settings)
    if choices.reasoning_score and not composed:
        raise SettingsError("reasoning is about edits: --reasoning-score goes with --task composed")
    if choices.reasoning_score and not choices.has_model(settings):
        raise SettingsError("a language model marks reasoning: set SEEWHY_ENDPOINT and SEEWHY_MODEL, or profile=local")
    protocol = _deep_enough(choices.protocol, settings)
    found = galleries(dataset, queries, protocol)
    searched = frozenset[str]().union(*(gallery.names for gallery in found))
    wanted = (*searched, *(query.reference for query in queries if isinstance(query, ComposedQuery)))
    with _library(dataset, data, wanted, choices, settings) as (opened, before):
        indexed = index(opened, dataset, wanted)
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
        protocol=described(protocol, found) if composed else TEXT_LINE,
        galleries=protocol if composed else None,
        gallery=len(set(of_gallery.ids.values())) + len(searched) - len(of_gallery.ids),
        not_indexed=indexed.missing,
        not_described=indexed.not_described,
        asked=len(queries),
        of=len(of),
        records=records,
        settings=used,
        versions=versions(),
        index_seconds=sum((one.seconds for one in before), indexed.seconds),
        index_usage=sum((one.usage for one in before), indexed.usage),
    )
    return Outcome(run, summarize(run))


@contextmanager
def _library(
    dataset: Dataset, data: Path, wanted: Sequence[str], choices: Choices, settings: Settings
) -> Iterator[tuple[Library, Sequence[Indexed]]]:
    """The library of a run, and what became of the videos in those that it is a copy of."""
    from seewhy.library import Library

    def opened(path: Path, chosen: Settings, model: LanguageModel | None) -> Library:
        print(f"library: {path}", file=sys.stderr)
        return Library.open(path, chosen, create=True, model=model)

    composed, model = choices.task == "composed", choices.has_model(settings)
    recorded = settings.replies.mode in ("record", "replay")
    if choices.library is not None or recorded:
        where = choices.library or cache_folder() / cache_name(dataset, data, settings, model=model, composed=composed)
        if recorded:
            begin_anew(where, ours=choices.library is None)
        with opened(where, settings, choices.model) as library:
            yield library, ()
        return
    before: list[Indexed] = []

    def fill(stage: Stage) -> None:
        with opened(stage.path, stage.settings, choices.model if stage.has_model else None) as library:
            before.append(index(library, dataset, wanted))

    lineage = stages(dataset, data, settings, model=model, composed=composed)
    with begun(lineage, fill) as path, opened(path, settings, choices.model) as library:
        yield library, before


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
