"""What a run amounts to: its numbers with intervals, each computed from the run's records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from seewhy.bench.grounding import MaskScore
from seewhy.bench.measures import COMPOSED, LOCAL, RETRIEVAL, Estimate, Measure, estimate, estimate_macro
from seewhy.bench.reasoning import DIMENSIONS, Agreement, Scored, agreement
from seewhy.bench.records import Record, Run
from seewhy.types.base import Frozen
from seewhy.types.calls import Usage

Unit = Literal["%", "rank", "s", "calls", "tokens", "of 10"]
DIGITS: dict[Unit, int] = {"%": 1, "rank": 1, "s": 3, "calls": 2, "tokens": 0, "of 10": 2}
SIGNS: dict[Unit, str] = {"%": " %", "s": " s"}


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
    protocol: str = ""
    """which videos an edit was searched in; see `Protocol.tag`"""

    def cells(self) -> tuple[str, str, str, str, str]:
        """Name, value, interval, chance, queries, as printed."""
        digits, sign = DIGITS[self.unit], SIGNS.get(self.unit, "")
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
    """over all queries; empty where the right videos are kept secret"""
    parts: tuple[Row, ...] = ()
    """of a data set that has several: the mean over them, and each of them"""
    near: tuple[Row, ...] = ()
    """how often a near miss is taken for the right video, or for as good, where a query has near misses"""
    grounding: tuple[Row, ...]
    kinds: tuple[Row, ...]
    """R@1 for each kind of query"""
    seconds: tuple[Row, ...]
    calls: tuple[Row, ...] = ()
    """of language models, per query"""
    reasoning: tuple[Row, ...] = ()
    """how well was reasoned about edits"""
    reasoning_asked: int = 0
    """traces that were to be marked"""
    reasoning_absent: int = 0
    """those of them that are not there, or empty: they have the lowest mark in every dimension"""
    agreement: Agreement | None = None
    """of two runs of marking"""
    judged_by: str | None = None
    """who marked"""
    composed_by: tuple[str, ...] = ()
    """who reasoned about edits"""
    missing: int = 0
    """queries that are misses because a video of theirs is not there"""
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
    measured = [record for record in run.records if record.right]
    scored = [record.reasoning for record in run.records if record.reasoning is not None]
    return Summary(
        dataset=run.dataset,
        protocol=run.protocol,
        gallery=run.gallery,
        asked=run.asked,
        of=run.of,
        answered=sum(record.failure is None for record in run.records),
        retrieval=tuple(_retrieval_rows(run, measured)) if measured else (),
        parts=tuple(_part_rows(run, measured)),
        near=tuple(_near_rows(run, measured)),
        grounding=tuple(row.model_copy(update={"protocol": _tag(run)}) for row in _grounding_rows(run.records)),
        kinds=tuple(_kind_rows(run, measured)),
        seconds=tuple(_seconds_rows(run.records)),
        failures=tuple(Failure(query=r.id, reason=r.failure) for r in run.records if r.failure is not None),
        missing=sum(bool(record.missing) for record in run.records),
        calls=tuple(_call_rows(run.records)),
        reasoning=tuple(_reasoning_rows(scored)),
        reasoning_asked=len(scored),
        reasoning_absent=sum(one.absent for one in scored),
        agreement=agreement(scored),
        judged_by=scored[0].judged_by if scored else None,
        composed_by=tuple(sorted({r.composed_by for r in run.records if r.composed_by is not None})),
        degraded=sum(bool(record.degraded) and record.failure is None for record in run.records),
        not_indexed=run.not_indexed,
        not_described=run.not_described,
        index_seconds=run.index_seconds,
        index_usage=run.index_usage,
        usage=_sum(usage for record in run.records for usage in _usages(record)),
    )


def _usages(record: Record) -> tuple[Usage, ...]:
    return (record.usage,) if record.reasoning is None else (record.usage, record.reasoning.usage)


def _sizes(run: Run, records: Sequence[Record]) -> list[int]:
    return [run.gallery if record.gallery is None else record.gallery for record in records]


def _measured(run: Run, records: Sequence[Record], measure: Measure, name: str) -> Row:
    ranks, sizes = [record.rank for record in records], _sizes(run, records)
    scale = 100.0 if measure.percent else 1.0
    row = _row(name, "%" if measure.percent else "rank", measure(ranks, sizes), scale)
    chances = [measure.by_chance(size, _findable(record)) for record, size in zip(records, sizes, strict=True)]
    return row.model_copy(update={"chance": scale * sum(chances) / len(chances), "protocol": _tag(run)})


def _findable(record: Record) -> int:
    return len({record.right, *record.also_right}) if record.findable is None else record.findable


def _tag(run: Run) -> str:
    return run.galleries.tag if run.galleries is not None else ""


def _measures(run: Run) -> tuple[Measure, ...]:
    if run.task == "text":
        return RETRIEVAL
    return LOCAL if run.galleries is not None and run.galleries.gallery == "local" else COMPOSED


def _retrieval_rows(run: Run, records: Sequence[Record]) -> Iterable[Row]:
    several = len({record.source for record in records}) > 1
    for measure in _measures(run):
        name = f"{measure.name}, micro" if several else measure.name
        yield _measured(run, records, measure, name)


def _part_rows(run: Run, records: Sequence[Record]) -> Iterable[Row]:
    """Recalls as a mean over the parts of the data set, then those of each part."""
    sources = list(dict.fromkeys(record.source for record in records))
    if len(sources) < 2:
        return
    parts = [[record for record in records if record.source == source] for source in sources]
    for measure in _measures(run):
        if not measure.name.startswith("R@"):
            continue
        own = [_measured(run, part, measure, "") for part in parts]
        values = [measure.values([r.rank for r in part], _sizes(run, part)) for part in parts]
        chance = sum(row.chance or 0.0 for row in own) / len(own)
        macro = _row(f"{measure.name}, macro", "%", estimate_macro(values), 100.0)
        yield macro.model_copy(update={"chance": chance, "protocol": own[0].protocol})
        for source, row in zip(sources, own, strict=True):
            yield row.model_copy(update={"name": f"{measure.name}, {source}"})


def _kind_rows(run: Run, records: Sequence[Record]) -> Iterable[Row]:
    for kind in sorted({record.kind for record in records} - {"composed"}):
        of_kind = [record for record in records if record.kind == kind]
        first = _measures(run)[0]
        row = _measured(run, of_kind, first, f"{first.name}, {kind}")
        yield row.model_copy(update={"chance": None})


def _near_rows(run: Run, records: Sequence[Record]) -> Iterable[Row]:
    """In a random order of n near misses and r right videos, the first of them is a near miss n times in n + r."""
    having = [record for record in records if record.near_misses]
    if not having:
        return
    chances = [len(r.near_misses) / (len(r.near_misses) + _findable(r)) for r in having]
    row = _row("near miss above or tied", "%", estimate([float(bool(r.near_above)) for r in having]), 100.0)
    yield row.model_copy(update={"chance": 100.0 * sum(chances) / len(chances), "protocol": _tag(run)})


def _reasoning_rows(scored: Sequence[Scored]) -> Iterable[Row]:
    marked = [one for one in scored if one.score is not None]
    if not marked:
        return
    scores = [one.score for one in marked if one.score is not None]
    yield _row("Reasoning Score", "of 10", estimate(scores), 1.0)
    for number in range(max(len(one.runs) for one in marked)):
        of_run = [score for one in marked if (score := one.in_run(number)) is not None]
        if of_run:
            yield _row(f"in run {number + 1}", "of 10", estimate(of_run), 1.0)
    for dimension in DIMENSIONS:
        each = [one.marks[dimension] for one in marked if one.marks is not None]
        yield _row(dimension, "of 10", estimate(each), 1.0)


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
    """Of the queries that were answered: of those that were not asked, or failed on the way, no time is known."""
    seconds = [record.seconds for record in records if record.failure is None]
    if not seconds:
        return
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
