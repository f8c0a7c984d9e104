"""What `seewhy bench ...` does: build or reuse a library over a data set, put its questions, print and keep the run."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.bench.datasets import Dataset, TextQuery
from seewhy.bench.recording import begin_anew, for_recording
from seewhy.bench.report import Summary, summarize, table
from seewhy.bench.run import Names, Run, run_text, settings_table, versions, write_run
from seewhy.errors import DatasetError
from seewhy.settings import Settings
from seewhy.types.calls import Usage

if TYPE_CHECKING:
    from seewhy.library import Library

DESCRIBING = ("model", "vision_model", "describe.", "refine.", "replies.", "calls.temperature", "calls.seed")
"""Settings of models that change what they write into twins: a run without refinement is not to profit from another
one's."""
SHAPING = ("profile", "video.", "perceive.", "encoder.name", "index.name", *DESCRIBING)
"""Settings that change what lies in a library begin with one of these."""

PROTOCOL = "all of the data set's videos, each query searched in all of them, one right video each"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run with its table."""

    run: Run
    summary: Summary

    @property
    def complete(self) -> bool:
        """False: some query failed or was answered degraded, or some video is not in the library or not described."""
        run, summary = self.run, self.summary
        return not (summary.failures or summary.degraded or run.not_indexed or run.not_described)


def bench_reel(
    data: Path,
    *,
    library: Path | None = None,
    limit: int | None = None,
    out: Path | None = None,
    settings: Settings | None = None,
) -> Outcome:
    """Put the questions of a folder in Reel-97 format to a library over its videos, and print the table.

    Args:
        data: the folder with videos/ and queries.jsonl.
        library: where the library is, or is made; None: a folder of the user's cache that belongs to this data and
            these settings.
        limit: ask only the first so many questions; the gallery stays whole.
        out: where the run file goes; None: none is written.
        settings: None: the defaults.

    Raises:
        DatasetError: the data set is missing or malformed, or `limit` is not positive.
        LibraryError: the library cannot be used.
    """
    from seewhy.bench.datasets.reel import load

    return _bench(load(data, name="reel"), data, library, limit, out, settings or Settings())


def bench_synthetic(
    *,
    folder: Path | None = None,
    library: Path | None = None,
    limit: int | None = None,
    out: Path | None = None,
    settings: Settings | None = None,
) -> Outcome:
    """The same over clips rendered for it, whose truth is known by construction.

    Args:
        folder: where the clips are rendered to; None: a folder of the user's cache.

    Raises:
        DatasetError, LibraryError: as for `bench_reel`.
    """
    from seewhy.bench.datasets.reel import load
    from seewhy.bench.synthetic import CLIPS, render

    folder = folder or cache_folder() / "synthetic"
    render(CLIPS, folder)
    return _bench(load(folder, name="synthetic"), folder, library, limit, out, settings or Settings())


def cache_folder() -> Path:
    """Where benchmarks keep libraries and rendered clips: `$XDG_CACHE_HOME/seewhy/bench`, else under ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "seewhy" / "bench"


def _bench(
    dataset: Dataset, data: Path, library: Path | None, limit: int | None, out: Path | None, settings: Settings
) -> Outcome:
    from rich.console import Console

    from seewhy.library import Library

    queries = _limited(dataset.queries, limit)
    settings = for_recording(settings)
    where = library or cache_folder() / _cache_name(dataset, data, settings)
    if settings.replies.mode in ("record", "replay"):
        begin_anew(where, ours=library is None)
    print(f"library: {where}", file=sys.stderr)
    with Library.open(where, settings, create=True) as opened:
        indexed = _index(opened, dataset)
        records = run_text(opened, dataset, queries, indexed.names, told=lambda stage: _say(stage, len(queries)))
        used = settings_table(opened.settings)
    run = Run(
        dataset=dataset.name,
        protocol=PROTOCOL,
        gallery=len(set(indexed.names.ids.values())) + len(indexed.missing),
        not_indexed=indexed.missing,
        not_described=indexed.not_described,
        asked=len(queries),
        of=len(dataset.queries),
        records=records,
        settings=used,
        versions=versions(),
        index_seconds=indexed.seconds,
        index_usage=indexed.usage,
    )
    outcome = Outcome(run, summarize(run))
    Console().print(table(outcome.summary))
    if out is not None:
        write_run(run, outcome.summary.model_dump(mode="json"), out)
        print(f"run file: {out}", file=sys.stderr)
    return outcome


def _say(stage: str, questions: int) -> None:
    if stage != "rank":  # one line a question would be no news
        print(f"{stage}: {questions} questions", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class _Indexed:
    """A library that holds a data set's videos."""

    names: Names
    missing: dict[str, str]
    """videos that could not be added → why"""
    not_described: dict[str, str]
    seconds: float
    usage: Usage


def _index(opened: Library, dataset: Dataset) -> _Indexed:
    """Add what the library does not hold yet, and have it described."""
    from seewhy.progress import TerminalProgress

    start = time.perf_counter()
    with TerminalProgress() as progress:
        report = opened.add(list(dataset.videos.values()), progress=progress)
    seconds = time.perf_counter() - start if report.counts["committed"] or report.described else 0.0
    held = {str(Path(path).resolve()): entry for entry in opened.videos() for path in entry.paths}
    ids: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name, path in dataset.videos.items():
        entry = held.get(str(path.resolve()))
        if entry is not None and entry.id is not None and entry.state == "committed":
            ids[name] = entry.id
        else:
            missing[name] = (entry.reason if entry is not None else None) or "not added"
    names = Names(ids)
    not_described = {
        names.of(video.video): video.reason or video.state for video in report.described if video.state != "described"
    }
    return _Indexed(names, missing, not_described, seconds, Usage.of(report.calls))


def _limited(queries: Sequence[TextQuery], limit: int | None) -> Sequence[TextQuery]:
    if limit is not None and limit < 1:
        raise DatasetError(f"the limit on queries is a positive number, got {limit}")
    return queries if limit is None else queries[:limit]


def _cache_name(dataset: Dataset, data: Path, settings: Settings) -> str:
    """Another folder of data, other settings of perception or describing, or another recording, never share a
    library."""
    shaping = {row.name: row.value for row in settings.rows() if row.name.startswith(SHAPING)}
    if not settings.hosted:
        shaping = {name: value for name, value in shaping.items() if not name.startswith(DESCRIBING)}
    identity = "\n".join([str(data.resolve()), *(f"{k}={v}" for k, v in sorted(shaping.items()))])
    return f"{dataset.name}-{hashlib.blake2b(identity.encode(), digest_size=6).hexdigest()}"
