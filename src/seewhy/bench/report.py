"""A run as a table: for a terminal, in Markdown, and as JSON.

Whatever the form, it says what was searched (gallery protocol), how many queries were asked and answered, the interval
of each number, and what a random order would score. Everything is computed from the run's records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field

from seewhy.bench.grounding import MaskScore
from seewhy.bench.measures import CONFIDENCE, RETRIEVAL, Estimate, estimate, recall_at
from seewhy.bench.run import Record, Run
from seewhy.types.base import Frozen
from seewhy.types.calls import Usage

if TYPE_CHECKING:
    from rich.console import Group

Unit = Literal["%", "rank", "s", "calls", "tokens"]


class Row(Frozen):
    """One number of a table."""

    name: str
    unit: Unit
    value: float
    """percentages are 0..100"""
    low: float
    high: float
    """ends of the bootstrap interval"""
    queries: int
    """over how many queries"""
    chance: float | None = None
    """what a random order of the gallery scores, on average"""

    def cells(self) -> tuple[str, str, str, str, str]:
        """Name, value, interval, chance, queries, as printed."""
        digits = {"%": 1, "rank": 1, "s": 3, "calls": 2, "tokens": 0}[self.unit]
        sign = {"%": " %", "rank": "", "s": " s", "calls": "", "tokens": ""}[self.unit]
        chance = "" if self.chance is None else f"{self.chance:.{digits}f}{sign}"
        interval = f"{self.low:.{digits}f} - {self.high:.{digits}f}"
        return self.name, f"{self.value:.{digits}f}{sign}", interval, chance, str(self.queries)


class Failure(Frozen):
    query: str
    reason: str


class Summary(Frozen):
    """What a run amounts to."""

    dataset: str
    protocol: str
    gallery: int
    asked: int
    of: int
    answered: int
    retrieval: tuple[Row, ...]
    grounding: tuple[Row, ...]
    kinds: tuple[Row, ...]
    """R@1 for each kind of query"""
    seconds: tuple[Row, ...]
    calls: tuple[Row, ...] = ()
    """of language models, per query"""
    failures: tuple[Failure, ...]
    degraded: int = 0
    """queries that were answered, and not as well as they were to be"""
    not_indexed: dict[str, str]
    not_described: dict[str, str] = Field(default_factory=dict)
    index_seconds: float
    index_usage: Usage = Usage()
    usage: Usage = Usage()
    """of all queries together"""

    @property
    def coverage(self) -> float:
        """Answered / asked, 0..1."""
        return self.answered / self.asked

    def headline(self) -> str:
        """What was asked of what, in one line: printed above every table."""
        limited = f" of the {self.of} the data set has" if self.of > self.asked else ""
        return (
            f"{self.asked} queries{limited}, gallery of {self.gallery} videos ({self.protocol}); "
            f"coverage {self.answered}/{self.asked} = {100 * self.coverage:.1f} %; a failed query is a miss"
        )


def summarize(run: Run) -> Summary:
    """Compute every number of a run from its records.

    Raises:
        ValueError: the run has no record.
    """
    if not run.records:
        raise ValueError(f"the run over {run.dataset} asked nothing; there is nothing to measure")
    ranks = [record.rank for record in run.records]
    retrieval = []
    for measure in RETRIEVAL:
        scale = 100.0 if measure.percent else 1.0
        row = _row(measure.name, "%" if measure.percent else "rank", measure(ranks, run.gallery), scale)
        retrieval.append(row.model_copy(update={"chance": scale * measure.by_chance(run.gallery)}))
    kinds = []
    first = recall_at(1)
    for kind in sorted({record.kind for record in run.records}):
        of_kind = [record.rank for record in run.records if record.kind == kind]
        kinds.append(_row(f"R@1, {kind}", "%", first(of_kind, run.gallery), 100.0))
    return Summary(
        dataset=run.dataset,
        protocol=run.protocol,
        gallery=run.gallery,
        asked=run.asked,
        of=run.of,
        answered=sum(record.failure is None for record in run.records),
        retrieval=tuple(retrieval),
        grounding=tuple(_grounding_rows(run.records)),
        kinds=tuple(kinds),
        seconds=tuple(_seconds_rows(run.records)),
        failures=tuple(Failure(query=r.id, reason=r.failure) for r in run.records if r.failure is not None),
        calls=tuple(_call_rows(run.records)),
        degraded=sum(bool(record.degraded) and record.failure is None for record in run.records),
        not_indexed=run.not_indexed,
        not_described=run.not_described,
        index_seconds=run.index_seconds,
        index_usage=run.index_usage,
        usage=_sum(record.usage for record in run.records),
    )


def _grounding_rows(records: Sequence[Record]) -> Iterable[Row]:
    scored = [(record.grounding, record.rank == 1) for record in records if record.grounding is not None]
    if not scored:
        return
    parts: tuple[tuple[str, Callable[[MaskScore], float]], ...] = (
        ("J&F", lambda score: score.jf),
        ("J", lambda score: score.j),
        ("F", lambda score: score.f),
    )
    for name, part in parts:
        values = [part(score.annotated) for score, _ in scored]
        yield _row(f"{name}, right video", "%", estimate(values), 100.0)
    for name, part in parts:
        values = [part(score.annotated) if is_first else 0.0 for score, is_first in scored]
        yield _row(f"{name}, only if ranked first", "%", estimate(values), 100.0)
    sampled = [score.sampled.jf for score, _ in scored if score.sampled is not None]
    if sampled:
        yield _row("J&F, right video, sampled frames", "%", estimate(sampled), 100.0)


def _seconds_rows(records: Sequence[Record]) -> Iterable[Row]:
    seconds = [record.seconds for record in records]
    yield _row("median time per query", "s", estimate(seconds, "median"), 1.0)
    slowest = float(np.max(seconds))
    yield Row(name="slowest query", unit="s", value=slowest, low=slowest, high=slowest, queries=len(seconds))


CALLS_OF_REFINEMENT = ("plan", "look")
"""Purposes of calls that only refinement makes; judging again after it counts as judging."""


def _call_rows(records: Sequence[Record]) -> Iterable[Row]:
    """Calls per query, answered from a store or not: what the method costs, not what this run did."""
    if not any(record.usage.calls for record in records):
        return
    yield _row("calls per query", "calls", estimate([float(r.usage.calls) for r in records]), 1.0)
    of_refinement = [float(sum(r.usage.by_purpose.get(p, 0) for p in CALLS_OF_REFINEMENT)) for r in records]
    yield _row("of them, for refinement", "calls", estimate(of_refinement), 1.0)
    for purpose in sorted({purpose for record in records for purpose in record.usage.by_purpose}):
        each = [float(record.usage.by_purpose.get(purpose, 0)) for record in records]
        yield _row(f"of them, to {purpose}", "calls", estimate(each), 1.0)
    sent = [record.usage for record in records if record.usage.calls > record.usage.cached]
    if sent:
        tokens = estimate([float(usage.input_tokens + usage.output_tokens) for usage in sent])
        yield _row("tokens per query that was sent", "tokens", tokens, 1.0)


def _sum(usages: Iterable[Usage]) -> Usage:
    total = Usage()
    for usage in usages:
        total = total + usage
    return total


def _row(name: str, unit: Unit, found: Estimate, scale: float) -> Row:
    value, low, high = (scale * number for number in found[:3])
    return Row(name=name, unit=unit, value=value, low=low, high=high, queries=found.queries)


HEADINGS = ("measure", "value", f"{100 * CONFIDENCE:.0f} % interval", "by chance", "queries")


def sections(summary: Summary) -> Iterable[tuple[str, tuple[Row, ...]]]:
    """The tables that have rows, in order."""
    named = (
        ("Retrieval", summary.retrieval),
        ("Masks", summary.grounding),
        ("By kind of query", summary.kinds),
        ("Time", summary.seconds),
        ("Language models", summary.calls),
    )
    return ((title, rows) for title, rows in named if rows)


def notes(summary: Summary) -> list[str]:
    """What a reader of the numbers has to know besides."""
    found = [f"query {failure.query} failed: {failure.reason}" for failure in summary.failures]
    found += [f"{video} is not in the library: {reason}" for video, reason in sorted(summary.not_indexed.items())]
    found += [f"{video} is not described: {reason}" for video, reason in sorted(summary.not_described.items())]
    if summary.degraded:
        found.append(f"{summary.degraded} answers are degraded; the run file says why")
    if summary.index_usage.calls:
        found.append(f"describing the videos: {summary.index_usage.line()}")
    if summary.usage.calls:
        found.append(f"all queries together: {summary.usage.line()}")
    if summary.index_seconds:
        found.append(f"the library was built in {summary.index_seconds:.0f} s")
    return found


def markdown(summary: Summary) -> str:
    """The tables as GitHub-flavored Markdown."""
    lines = [f"### {summary.dataset}", "", summary.headline(), ""]
    for title, rows in sections(summary):
        lines += [f"**{title}**", "", "| " + " | ".join(HEADINGS) + " |", "|---|---:|---:|---:|---:|"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells()) + " |" for row in rows]
        lines.append("")
    lines += [f"- {' '.join(note.split())}" for note in notes(summary)]
    return "\n".join(lines).rstrip() + "\n"


def table(summary: Summary) -> Group:
    """The tables for a terminal."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    parts: list[Table | Text] = [Text(summary.dataset, style="bold"), Text(summary.headline()), Text("")]
    for title, rows in sections(summary):
        drawn = Table(title=title, title_justify="left", title_style="bold")
        for heading in HEADINGS:
            drawn.add_column(heading, justify="left" if heading == "measure" else "right")
        for row in rows:
            drawn.add_row(*(Text(cell) for cell in row.cells()))
        parts.append(drawn)
    parts += [Text(note) for note in notes(summary)]
    return Group(*parts)
