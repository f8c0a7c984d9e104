"""An answer in a terminal: what was understood, the ranking, and the reasons of the best hits."""

from __future__ import annotations

from pathlib import PurePath

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seewhy.names import SHORT, short
from seewhy.render.edit import channels_line, reference_name, trace_rows
from seewhy.reports import printable
from seewhy.types.hit import Answer, ConditionVerdict, Hit, Refinement, SearchResult
from seewhy.types.query import Condition

MARKS: dict[Answer, tuple[str, str]] = {"yes": ("✓", "green"), "no": ("✗", "red"), "unknown": ("?", "yellow")}
EXPLAINED = 3
"""Best hits whose reasons are written out."""
NAMED_OBJECTS = 2
"""Objects of a hit that the table names; the others are counted."""


def result_table(result: SearchResult) -> RenderableType:
    """The whole answer, for `rich.print`. All that comes from users and files is printed as plain text."""
    parts: list[RenderableType] = [_question(result)]
    if result.no_match:
        why = result.nothing or "nothing reaches the threshold; the nearest are"
        parts.append(Text(f"no match: {why}", style="bold yellow"))
    if result.hits:
        parts.append(_ranking(result))
    for hit in result.hits[:EXPLAINED]:
        parts.append(_reasons(hit))
    parts += [_refinement(step) for step in result.refinements]
    for note in result.degraded:
        parts.append(Text(f"degraded: {note}", style="yellow"))
    seconds = sum(result.seconds.values())
    asked = f"; {result.usage.line()} of language models" if result.usage.calls else ""
    parts.append(Text(f"{result.searched}, {seconds:.2f} s{asked}", style="dim"))
    return Group(*parts)


def name_of(hit: Hit) -> str:
    """What a person calls the video: its file name, else its id."""
    return printable(PurePath(hit.paths[0]).name) if hit.paths else hit.video


def _question(result: SearchResult) -> RenderableType:
    lines = [Text.assemble(("? ", "bold cyan"), (result.query.text, "bold"))]
    if (reference := reference_name(result)) is not None:
        lines.append(Text(f"  of {reference}", style="bold"))
        lines += [Text.assemble((f"  {what}: ", "cyan"), said) for what, said in trace_rows(result)]
    for condition in result.query.conditions:
        lines.append(Text(f"  {condition.id}  {_said(condition)}", style="dim"))
    lines += [Text(f"  not understood: {part}", style="yellow") for part in result.query.not_understood]
    return Group(*lines)


def _said(condition: Condition) -> str:
    how = "checked on the twin" if condition.predicate is not None else "by similarity"
    wanted = ", must not hold" if condition.negated else ""
    return f"{condition.text.removeprefix('not: ')} ({condition.kind}{wanted}, {how})"


def _ranking(result: SearchResult) -> Table:
    """Narrow columns first, so that a terminal of 80 columns cuts off names, never numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    ids = [condition.id for condition in result.query.conditions]
    marks_header = ids[0] if len(ids) == 1 else f"{ids[0]}-{ids[-1].removeprefix('c')}"
    table.add_column("#", justify="right", no_wrap=True, min_width=2)
    table.add_column("score", justify="right", no_wrap=True, min_width=5)
    table.add_column("moment", no_wrap=True, min_width=9)
    table.add_column(marks_header, no_wrap=True, min_width=max(len(ids), len(marks_header)))
    table.add_column("id", no_wrap=True, min_width=SHORT)
    table.add_column("video", overflow="fold", min_width=12)  # these two wrap: rich narrows such columns only
    table.add_column("objects", overflow="fold", min_width=12)
    for hit in result.hits:
        table.add_row(
            str(hit.rank),
            f"{hit.score:.2f}",
            str(hit.moments[0].span) if hit.moments else "-",
            _marks(hit, result),
            Text(short(hit.video)),
            Text(name_of(hit)),
            Text(_objects(hit)),
            style="" if hit.matched else "dim",
        )
    return table


def _marks(hit: Hit, result: SearchResult) -> Text:
    """One mark per condition, in the query's order."""
    by_id = {verdict.condition: verdict for verdict in hit.verdict.conditions}
    text = Text()
    for condition in result.query.conditions:
        verdict = by_id.get(condition.id)
        mark, color = MARKS[verdict.answer] if verdict is not None else ("-", "dim")
        text.append(mark, style=color)
    return text


def _objects(hit: Hit) -> str:
    named = [thing.description for thing in hit.objects[:NAMED_OBJECTS]]
    more = len(hit.objects) - len(named)
    return ", ".join(named) + (f", {more} more" if more > 0 else "")


def _reasons(hit: Hit) -> RenderableType:
    lines = [Text.assemble((f"{hit.rank} {name_of(hit)}", "bold" if hit.matched else "dim"))]
    lines += [_verdict(verdict) for verdict in hit.verdict.conditions]
    lines += [Text(f"  corrected: {printable(said)}", style="yellow") for said in hit.verdict.corrections]
    if (channels := channels_line(hit)) is not None:
        lines.append(Text(f"  found by: {channels}", style="dim"))
    lines += [Text(f"degraded: {note}", style="yellow") for note in hit.degraded]
    return Padding(Group(*lines), (1 if hit.rank == 1 else 0, 0, 0, 0))


def _refinement(refinement: Refinement) -> Text:
    """What was looked at again."""
    step = refinement.step
    about = [f"tracks {', '.join(map(str, step.tracks))}"] * bool(step.tracks)
    about += [str(step.span)] * (step.span is not None) + [f"'{step.question}'"] * bool(step.question)
    kept = ", kept" if refinement.kept else ""
    what = f"{step.name.replace('_', ' ')} {short(refinement.video)}{' ' if about else ''}{', '.join(about)}"
    return Text(
        f"looked again: {printable(what)}: {refinement.outcome}{kept}; {printable(refinement.said)}", style="dim"
    )


def _verdict(verdict: ConditionVerdict) -> Text:
    mark, color = MARKS[verdict.answer]
    evidence = verdict.evidence
    text = Text.assemble("  ", (mark, color), f" {verdict.condition} ", evidence.text)
    if evidence.span is not None:
        text.append(f"  [{evidence.span}]", style="dim")
    return text
