"""A run as a table: for a terminal, in Markdown.

Whatever the form, it says what was searched (gallery protocol), how many queries were asked and answered, the interval
of each number, and what a random order would score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from seewhy.bench.measures import CONFIDENCE
from seewhy.bench.reasoning import WORST
from seewhy.bench.summary import Row, Summary

if TYPE_CHECKING:
    from rich.console import Group

LISTED = 20
"""Failures and missing videos that are named each; of a data set whose videos are not there it would be thousands."""
HEADINGS = ("measure", "value", f"{100 * CONFIDENCE:.0f} % interval", "by chance", "queries")


def sections(summary: Summary) -> Iterable[tuple[str, tuple[Row, ...]]]:
    """The tables that have rows, in order."""
    named = (
        ("Retrieval", summary.retrieval),
        ("Parts of the data set", summary.parts),
        ("Near misses (less is better)", summary.near),
        ("Masks", summary.grounding),
        ("By kind of query", summary.kinds),
        ("Reasoning", summary.reasoning),
        ("Time", summary.seconds),
        ("Language models", summary.calls),
    )
    return ((title, rows) for title, rows in named if rows)


def notes(summary: Summary) -> list[str]:
    """What a reader of the numbers has to know besides."""
    found = []
    if summary.missing:
        found.append(f"{summary.missing} of {summary.asked} queries are misses because videos of theirs are not there")
    found += [f"query {failure.query} failed: {failure.reason}" for failure in summary.failures[:LISTED]]
    if len(summary.failures) > LISTED:
        found.append(f"... and {len(summary.failures) - LISTED} more failed; the run file names them")
    gone = sorted(summary.not_indexed.items())
    found += [f"{video} is not in the library: {reason}" for video, reason in gone[:LISTED]]
    if len(gone) > LISTED:
        found.append(f"... and {len(gone) - LISTED} more videos are not there; the run file lists them")
    found += [f"{video} is not described: {reason}" for video, reason in sorted(summary.not_described.items())]
    if summary.degraded:
        found.append(f"{summary.degraded} answers are degraded; the run file says why")
    if summary.composed_by:
        found.append(f"reasoned about edits: {', '.join(summary.composed_by)}")
    if summary.judged_by is not None:
        found.append(_marking(summary))
    if summary.index_usage.calls:
        found.append(f"describing the videos: {summary.index_usage.line()}")
    if summary.usage.calls:
        found.append(f"all queries together: {summary.usage.line()}")
    if summary.index_seconds:
        found.append(f"the library was built in {summary.index_seconds:.0f} s")
    return found


def _marking(summary: Summary) -> str:
    """Who marked how many traces, and how far two runs of that agree."""
    done = summary.reasoning[0].queries if summary.reasoning else 0
    said = f"reasoning marked by {summary.judged_by}: coverage {done}/{summary.reasoning_asked}"
    if summary.reasoning_absent:
        said += f", {summary.reasoning_absent} of them without a trace: {WORST} in every dimension"
    agreed = summary.agreement
    if agreed is None:
        return f"{said}; no trace was marked in two runs"
    pearson, spearman = ("-" if r is None else f"{r:.2f}" for r in (agreed.pearson, agreed.spearman))
    return (
        f"{said}; two runs over {agreed.traces} traces differ by {agreed.difference:.2f} of 10 on average, "
        f"Pearson {pearson}, Spearman {spearman}"
    )


def headings(rows: Sequence[Row]) -> tuple[str, ...]:
    """Of the columns: rows about edits say which videos were searched."""
    return (*HEADINGS, "gallery") if any(row.protocol for row in rows) else HEADINGS


def cells(row: Row, columns: Sequence[str]) -> tuple[str, ...]:
    """What stands in them."""
    return (*row.cells(), row.protocol)[: len(columns)]


def markdown(summary: Summary) -> str:
    """The tables as GitHub-flavored Markdown."""
    lines = [f"### {summary.dataset}", "", summary.headline(), ""]
    for title, rows in sections(summary):
        columns = headings(rows)
        lines += [f"**{title}**", "", "| " + " | ".join(columns) + " |", "|---" + "|---:" * (len(columns) - 1) + "|"]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row, columns)) + " |" for row in rows]
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
        columns = headings(rows)
        for heading in columns:
            drawn.add_column(heading, justify="left" if heading == "measure" else "right")
        for row in rows:
            drawn.add_row(*(Text(cell) for cell in cells(row, columns)))
        parts.append(drawn)
    parts += [Text(note) for note in notes(summary)]
    return Group(*parts)
