"""Ablations: the same queries put to seewhy in several variants, one table of what each comes to.

A variant is compared with the base query by query, so that its difference has a much smaller interval than the
difference of two numbers would have. One that cannot be measured here is named with the reason, in the table and on
stderr; so is one that would only repeat another.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seewhy.bench.datasets import Dataset
from seewhy.bench.effective import Task, effective
from seewhy.bench.measures import MEAN_AVERAGE_PRECISION, Measure, paired_difference, recall_at
from seewhy.bench.measuring import Choices, Outcome, measure
from seewhy.bench.recording import for_recording, lend_twins
from seewhy.bench.records import Run, run_document
from seewhy.bench.summary import Row, Summary, summarize
from seewhy.bench.variants import LeftOut, Variant, plan, said
from seewhy.errors import DatasetError, ReplyStoreError, SeewhyError
from seewhy.files import write_atomically
from seewhy.settings import Settings
from seewhy.types.base import Frozen

ABLATIONS_SCHEMA: Final = "bench-ablations.v1"
COMPARED: tuple[Measure, ...] = (recall_at(1), MEAN_AVERAGE_PRECISION)
"""Measures whose difference to the base is told."""
_OF_A_MACHINE = "local."
"""Settings that a replay takes from the recording, of as many of them as its channels depend on."""
EVERYTHING = "all"
"""The protocol of questions in words, where edits have `Protocol.tag`."""


class Difference(Frozen):
    """A variant less the base, in percent points, over the same queries."""

    value: float
    low: float
    high: float
    """ends of the interval; see `paired_difference`"""
    queries: int


class VariantRow(Frozen):
    """What one variant comes to."""

    variant: str
    """as on the command line; ``base``"""
    protocol: str
    """which videos a query was searched in; see `Protocol.tag`"""
    run: int | None = None
    """which of the runs it is; None: it failed as a whole"""
    failure: str | None = None
    """why"""
    values: dict[str, float] = Field(default_factory=dict)
    """measure → value; percentages are 0..100"""
    asked: int = 0
    failed: int = 0
    """queries that are misses because they failed"""
    degraded: int = 0
    """queries that were answered, and not as well as they were to be"""
    complete: bool = False
    """see `Outcome.complete`"""
    differences: dict[str, Difference] = Field(default_factory=dict)
    """measure → difference to the base; empty: it is the base, or there is nothing to compare"""


class Ablations(Frozen):
    """All runs, and the table of them."""

    schema_version: Literal["bench-ablations.v1"] = ABLATIONS_SCHEMA
    dataset: str = ""
    task: Task = "text"
    headline: str = ""
    """what was asked of what; see `Summary.headline`"""
    planned: int = 0
    """runs there are to be; fewer rows: it was interrupted"""
    table: tuple[VariantRow, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def complete(self) -> bool:
        """False: a run is missing or partial, or a variant that was asked for by name could not be measured."""
        unmet = any(one.named and not one.same for one in self.left_out)
        return len(self.table) == self.planned and all(row.complete for row in self.table) and not unmet


def ablate(dataset: Dataset, data: Path, choices: Choices, settings: Settings) -> Iterator[Ablations]:
    """Run the base, then the variants. Recordings are one file for each: `Variant.beside` says which.

    Yields:
        what there is after each run; the last is all.

    Raises:
        SettingsError: a variant is not right; nothing was run.
        SeewhyError: the base cannot be measured (see `measure`); nothing can be compared.
    """
    recorded = settings.replies.mode in ("record", "replay")
    base = for_recording(settings)
    planned = plan(
        base,
        choices.task,
        choices.vary,
        standard=choices.ablations,
        model=choices.has_model(base),
        one_library=choices.library is not None and not recorded,
        replayed=Path(settings.replies.file) if settings.replies.mode == "replay" else None,
    )
    for line in said(planned.left_out):
        print(line, file=sys.stderr)
    found = Ablations(
        dataset=dataset.name,
        task=choices.task,
        planned=len(planned.variants),
        left_out=planned.left_out,
    )
    protocol = EVERYTHING if choices.task == "text" else choices.protocol.tag
    for number, variant in enumerate(planned.variants, start=1):
        print(f"variant {number} of {len(planned.variants)}: {variant.label}", file=sys.stderr)
        try:
            outcome = _measured(dataset, data, choices, variant)
        except SeewhyError as error:
            if not variant.assignments:
                raise
            row = VariantRow(variant=variant.label, protocol=protocol, failure=f"{type(error).__name__}: {error}")
            print(f"{variant.label} failed: {error}", file=sys.stderr)
            found = found.model_copy(update={"table": (*found.table, row)})
        else:
            row = _row(variant.label, outcome, len(found.runs), found.runs[:1])
            update = {"table": (*found.table, row), "runs": (*found.runs, outcome.run)}
            found = found.model_copy(update={"headline": found.headline or outcome.summary.headline(), **update})
        yield found


def _measured(dataset: Dataset, data: Path, choices: Choices, variant: Variant) -> Outcome:
    if variant.settings.replies.mode not in ("record", "replay"):
        return measure(dataset, data, choices, variant.settings)
    library = None if choices.library is None else variant.beside(choices.library)
    return measure(dataset, data, replace(choices, library=library), _with_recording(variant, choices.task))


def _with_recording(variant: Variant, task: Task) -> Settings:
    """The variant's settings with its own recording; what perception made for the base is lent to it.

    Raises:
        ReplyStoreError: the recording cannot be used, or is of something else.
        SettingsError: there is nobody to be recorded.
    """
    replies = variant.settings.replies
    base = Path(replies.file)
    file = variant.beside(base)
    update = {"replies": replies.model_copy(update={"file": str(file)})}
    settings = variant.settings.model_copy(update=update)
    chosen, used = (effective(one, task, model=True) for one in (settings, for_recording(settings)))
    names = [name for name in chosen.keys() | used.keys() if chosen.get(name) != used.get(name)]
    assigned = [name for name in variant.assignments if name in names]
    other = assigned + sorted(name for name in names if not name.startswith(_OF_A_MACHINE))
    if other:
        raise ReplyStoreError(
            f"{file} was recorded with {other[0]} = {used.get(other[0])}, {variant.label} has "
            f"{chosen.get(other[0])}; replay what was recorded together, or record it again"
        )
    if replies.mode == "record" and file != base:
        lend_twins(base, file, settings)
    return settings


def _row(label: str, outcome: Outcome, number: int, base: Sequence[Run]) -> VariantRow:
    run, summary = outcome.run, outcome.summary
    return VariantRow(
        variant=label,
        protocol=EVERYTHING if run.galleries is None else run.galleries.tag,
        run=number,
        values=_values(summary),
        asked=summary.asked,
        failed=len(summary.failures),
        degraded=summary.degraded,
        complete=outcome.complete,
        differences=differences(run, base[0]) if base else {},
    )


SHOWN: Mapping[str, str] = {
    "near miss above or tied": "near miss",
    "J&F, right video": "J&F",
    "calls per query": "calls",
    "Reasoning Score": "reasoning",
}
"""Numbers of a run that stand in the table beside its measures of retrieval → their names there."""


def _values(summary: Summary) -> dict[str, float]:
    retrieval = {row.name.partition(",")[0]: row.value for row in summary.retrieval}  # of several parts, micro
    rows: Sequence[Row] = (*summary.near, *summary.grounding, *summary.calls, *summary.reasoning)
    return retrieval | {SHOWN[row.name]: row.value for row in rows if row.name in SHOWN}


def differences(run: Run, base: Run) -> dict[str, Difference]:
    """What a run measures less what the base does; empty where the right videos are kept secret.

    Raises:
        ValueError: the runs did not ask the same queries.
    """
    found: dict[str, Difference] = {}
    for measured in COMPARED:
        own, others = _by_query(run, measured), _by_query(base, measured)
        if own.keys() != others.keys():
            raise ValueError("runs over other queries cannot be compared query by query")
        if own:
            ids = sorted(own)
            value, low, high, queries = paired_difference(
                np.array([own[query] for query in ids]), np.array([others[query] for query in ids])
            )
            found[measured.name] = Difference(value=100 * value, low=100 * low, high=100 * high, queries=queries)
    return found


def _by_query(run: Run, measured: Measure) -> dict[str, float]:
    records = [record for record in run.records if record.right]
    sizes = [run.gallery if record.gallery is None else record.gallery for record in records]
    values: NDArray[np.float64] = measured.values([record.rank for record in records], sizes)
    return {record.id: float(value) for record, value in zip(records, values, strict=True)}


def write_ablations(found: Ablations, path: Path) -> None:
    """Write the table and all runs as JSON; each run as `records.write_run` writes it.

    Raises:
        OutOfSpace, LibraryReadOnly: it cannot be written; what was there stays.
    """
    document = found.model_dump(mode="json", exclude={"runs"})
    document["runs"] = [run_document(run, summarize(run).model_dump(mode="json")) for run in found.runs]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())


def read_ablations(path: Path) -> Ablations:
    """What `write_ablations` wrote.

    Raises:
        DatasetError: the file cannot be read or is none of this schema.
    """
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        for run in document["runs"]:
            run.pop("summary", None)  # derived
        return Ablations.model_validate(document)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"{path}: not a file of schema {ABLATIONS_SCHEMA}: {error}") from error
