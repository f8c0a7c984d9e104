"""Ablations as a table: for a terminal, in Markdown. A row a variant; each says which videos were searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seewhy.bench.ablations import COMPARED, SHOWN, Ablations, Difference, VariantRow
from seewhy.bench.measures import CONFIDENCE, MEAN_RANK
from seewhy.bench.summary import DIGITS
from seewhy.bench.variants import said

if TYPE_CHECKING:
    from rich.console import Group

PERCENT, RANK, CALLS, MARK = (DIGITS[unit] for unit in ("%", "rank", "calls", "of 10"))
_DIGITS = {"MdR": RANK, "calls": CALLS, "reasoning": MARK}
"""Of the columns that hold no percentages."""
UNKNOWN = "-"
VARIANT, TROUBLE, GALLERY = "variant", "failed / degraded", "gallery"


def columns(found: Ablations) -> tuple[str, ...]:
    """Headings. What no variant has, has no column."""
    there = dict.fromkeys(name for row in found.table for name in row.values)
    last = [name for name in SHOWN.values() if name in there]
    named = [name for name in there if name not in last and name != MEAN_RANK.name] + last
    compared = [f"Δ {one.name}" for one in COMPARED if any(one.name in row.differences for row in found.table)]
    return (VARIANT, *named, TROUBLE, *compared, GALLERY)


def cells(row: VariantRow, headings: Sequence[str]) -> tuple[str, ...]:
    """What stands under them; of a variant that failed as a whole, nothing but its name and protocol."""
    return tuple(_cell(row, heading) for heading in headings)


def _cell(row: VariantRow, heading: str) -> str:
    if heading == VARIANT:
        return row.variant
    if heading == GALLERY:
        return row.protocol
    if row.run is None:
        return UNKNOWN
    if heading == TROUBLE:
        return f"{row.failed} / {row.degraded}"
    if heading.startswith("Δ "):
        return _difference(row.differences.get(heading.removeprefix("Δ ")))
    value = row.values.get(heading)
    return UNKNOWN if value is None else f"{value:.{_DIGITS.get(heading, PERCENT)}f}"


def _difference(found: Difference | None) -> str:
    if found is None:
        return ""
    value, low, high = (_signed(number) for number in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"


def _signed(number: float) -> str:
    """
    >>> _signed(-0.01), _signed(2.5)
    ('0.0', '+2.5')
    """
    rounded = round(number, PERCENT)
    return f"{rounded:+.{PERCENT}f}" if rounded else f"{0:.{PERCENT}f}"


def notes(found: Ablations) -> Iterator[str]:
    """What a reader of the numbers has to know besides."""
    compared = " and ".join(f"Δ {one.name}" for one in COMPARED)
    yield (
        "R@k, mAP, J&F and near miss (above the right video or tied with it: less is better) in %; "
        f"{compared}: less the base, in points, with the {100 * CONFIDENCE:.0f} % interval of a paired bootstrap over "
        "queries; calls: of language models, per query; a failed query is a miss"
    )
    if len(found.table) < found.planned:
        yield f"{len(found.table)} of {found.planned} runs are done"
    for row in found.table:
        if row.failure is not None:
            yield f"failed: {row.variant}: {row.failure}"
    yield from said(found.left_out)
    if any(row.run is not None and not row.complete for row in found.table):
        partial = "; ".join(row.variant for row in found.table if row.run is not None and not row.complete)
        yield f"partial: {partial}; a file of all runs (--out) says why, query by query"


def markdown(found: Ablations) -> str:
    """The table as GitHub-flavored Markdown."""
    headings = columns(found)
    lines = [f"### {found.dataset}", "", found.headline, "", f"| {' | '.join(headings)} |"]
    lines.append("|---" + "|---:" * (len(headings) - 2) + "|---|")
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells(r, headings))} |" for r in found.table]
    return "\n".join([*lines, "", *(f"- {' '.join(note.split())}" for note in notes(found))]) + "\n"


def _in_lines(cell: str, heading: str) -> str:
    """A cell in short lines, so that a terminal of 120 columns holds a row; in fewer, no number is broken."""
    if heading == VARIANT:
        return cell.replace(" ", "\n")
    return cell.replace(", ", ",\n") if heading == GALLERY else cell.replace(" [", "\n[")


def drawn(found: Ablations) -> Group:
    """The table for a terminal."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    headings = columns(found)
    table = Table(title="Ablations", title_justify="left", title_style="bold", box=SIMPLE_HEAD, collapse_padding=True)
    for heading in headings:
        words = heading in (VARIANT, GALLERY)
        title = heading.replace(" / ", " /\n").replace(" miss", "\nmiss")
        table.add_column(title, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    for row in found.table:
        table.add_row(*(Text(_in_lines(*pair)) for pair in zip(cells(row, headings), headings, strict=True)))
    head = [Text(found.dataset, style="bold"), Text(found.headline), Text("")]
    return Group(*head, table, *(Text(note) for note in notes(found)))
