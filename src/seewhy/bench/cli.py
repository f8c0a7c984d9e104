"""What `seewhy bench ...` does: open a data set, measure seewhy on it, print and keep what came."""

from __future__ import annotations

import sys
from pathlib import Path

from seewhy.bench.ablations import Ablations, ablate, write_ablations
from seewhy.bench.datasets import Dataset
from seewhy.bench.indexing import cache_folder
from seewhy.bench.measuring import Choices, Outcome, measure
from seewhy.bench.protocol import Protocol
from seewhy.bench.records import write_run
from seewhy.bench.report import table
from seewhy.bench.submission import check_submittable, write_submission
from seewhy.settings import Settings

__all__ = ["Choices", "Outcome", "bench_covr", "bench_reel", "bench_synthetic"]

DEPTH = 100
"""How many videos are looked at for an edit of the large sets: published tables go to R@50, and what lies further down
would be judged, for thousands of queries, to no purpose."""
WIDE = 200
"""Columns of a table of ablations where it goes into a file; a terminal has as many as it has."""


def bench_reel(data: Path, choices: Choices | None = None, settings: Settings | None = None) -> Outcome | Ablations:
    """Put the queries of a folder in Reel-97 format to a library over its videos, and print the table.

    Args:
        data: the folder with videos/ and queries.jsonl.
        choices: None: the defaults.
        settings: None: the defaults.

    Returns:
        ablations, if there are any among the choices; else the run.

    Raises:
        DatasetError: the data set is missing or malformed, has no such queries, or the limit is not positive.
        SettingsError: the choices need a language model, and there is none; or a variant is not right.
        LibraryError: the library cannot be used.
    """
    from seewhy.bench.datasets.reel import load

    return _bench(load(data, name="reel"), data, choices or Choices(), settings or Settings())


def bench_synthetic(
    folder: Path | None = None, choices: Choices | None = None, settings: Settings | None = None
) -> Outcome | Ablations:
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
) -> Outcome | Ablations:
    """Put the triplets of a published set of composed retrieval to a library over its videos.

    Args:
        annotations, videos, format: see `datasets.opening.load`.
        choices: their task is ``composed``, there is no other; None: the first `DEPTH` of all videos, the reference
            masked. A submission is the base run's.

    Raises:
        DatasetError, SettingsError, LibraryError: as for `bench_reel`.
    """
    from seewhy.bench.datasets.opening import load

    choices = choices or Choices(task="composed", protocol=Protocol(depth=DEPTH))
    dataset = load(annotations, videos, format)
    if choices.submission is not None:
        check_submittable(dataset, choices.protocol, choices.limit)
    done = _bench(dataset, videos, choices, settings or Settings())
    if choices.submission is not None:
        write_submission(done.runs[0] if isinstance(done, Ablations) else done.run, annotations, choices.submission)
        print(f"submission: {choices.submission}", file=sys.stderr)
    return done


def _bench(dataset: Dataset, data: Path, choices: Choices, settings: Settings) -> Outcome | Ablations:
    from rich.console import Console

    console = Console()
    if not (choices.vary or choices.ablations):
        outcome = measure(dataset, data, choices, settings)
        console.print(table(outcome.summary))
        if choices.out is not None:
            write_run(outcome.run, outcome.summary.model_dump(mode="json"), choices.out)
            print(f"run file: {choices.out}", file=sys.stderr)
        return outcome
    from seewhy.bench.ablation_table import drawn

    found = Ablations()
    for found in ablate(dataset, data, choices, settings):
        if choices.out is not None:  # after each run: what is done is kept if the next is interrupted
            write_ablations(found, choices.out)
    (console if console.is_terminal else Console(width=WIDE)).print(drawn(found))
    if choices.out is not None:
        print(f"file of all runs: {choices.out}", file=sys.stderr)
    return found
