"""Asking on the command line: `seewhy search`, `compose`, and what is done with their answers: `show`, `export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli_options import (
    PARTIAL,
    ConfigOption,
    LibraryOption,
    ProfileOption,
    SetOption,
    open_library,
    settings_of,
)
from seewhy.errors import QueryError, SettingsError

if TYPE_CHECKING:
    from seewhy.answers import Answer
    from seewhy.library import Library
    from seewhy.types.query import Filters

ask_app = typer.Typer()

HitsOption = Annotated[int, typer.Option("-k", help="Number of hits.")]
WholeOption = Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write an HTML page with the answer.")]
VideosOption = Annotated[
    list[str] | None, typer.Option("--video", help="Only this video, by id or file name; may be repeated.")
]
MinDurationOption = Annotated[float | None, typer.Option("--min-duration", help="Seconds.")]
MaxDurationOption = Annotated[float | None, typer.Option("--max-duration", help="Seconds.")]
AfterOption = Annotated[str | None, typer.Option("--after", help="Recorded on this ISO date or later.")]
BeforeOption = Annotated[str | None, typer.Option("--before", help="Recorded before this ISO date.")]
CategoryOption = Annotated[str | None, typer.Option("--category", help="At least one object is of this category.")]


@ask_app.command()
def search(
    question: Annotated[str, typer.Argument(help="What you are looking for, in words.")],
    library: LibraryOption = None,
    k: HitsOption = 10,
    as_json: WholeOption = False,
    report: ReportOption = None,
    video: VideosOption = None,
    min_duration: MinDurationOption = None,
    max_duration: MaxDurationOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    category: CategoryOption = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask a question; get ranked videos, moments, objects and a verdict per condition."""
    with open_library(library, settings_of(config, set_, profile), asks=True) as opened:
        filters = _filters(opened, video, min_duration, max_duration, after, before, category)
        answer = opened.search(question, k=k, filters=filters)
        _tell(opened, answer, report, as_json)
    if answer.degraded:
        raise typer.Exit(PARTIAL)


@ask_app.command()
def compose(
    reference: Annotated[
        str, typer.Argument(metavar="REF", help="A video file, or the id or file name of a video in the library.")
    ],
    edit: Annotated[str, typer.Argument(help="What is to be different, in words.")],
    library: LibraryOption = None,
    k: HitsOption = 10,
    as_json: WholeOption = False,
    report: ReportOption = None,
    video: VideosOption = None,
    min_duration: MinDurationOption = None,
    max_duration: MaxDurationOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    category: CategoryOption = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Find the video that would result from an edit of another one, which need not be in the library."""
    with open_library(library, settings_of(config, set_, profile), asks=True) as opened:
        filters = _filters(opened, video, min_duration, max_duration, after, before, category)
        answer = opened.compose(reference, edit, k=k, filters=filters)
        _tell(opened, answer, report, as_json)
    if answer.degraded:
        raise typer.Exit(PARTIAL)


def _filters(
    opened: Library,
    videos: list[str] | None,
    min_duration: float | None,
    max_duration: float | None,
    after: str | None,
    before: str | None,
    category: str | None,
) -> Filters | None:
    """None: nothing is filtered. Raises QueryError."""
    from pydantic import ValidationError

    from seewhy.types.base import words_of
    from seewhy.types.query import Filters

    wanted = {
        "videos": frozenset(opened.video_id(video) for video in videos) if videos else None,
        "min_duration": min_duration,
        "max_duration": max_duration,
        "after": after,
        "before": before,
        "category": category,
    }
    if all(value is None for value in wanted.values()):
        return None
    try:
        return Filters.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:  # about several of them, and names what was given
            raise QueryError(words_of(first)) from error
        option = str(first["loc"][0]).replace("_", "-")
        raise QueryError(f"--{option} {first['input']}: {words_of(first)}") from error


def _tell(opened: Library, answer: Answer, report: Path | None, as_json: bool) -> None:
    """The answer goes to stdout, and to a page where one is wanted."""
    _say_notes(opened)
    if report is not None:
        opened.report([answer], report)
        print(f"report written to {report}", file=sys.stderr)
    if as_json:
        print(answer.model_dump_json(indent=2))
    else:
        from rich.console import Console

        Console(soft_wrap=False).print(answer)


def _say_notes(opened: Library) -> None:
    for note in opened.notes:
        print(note, file=sys.stderr)


ResultOption = Annotated[
    Path | None,
    typer.Option("--result", help="What search or compose printed with --json; '-' reads stdin.", allow_dash=True),
]
QueryOption = Annotated[str | None, typer.Option("--query", help="Ask this question now.")]


def _answer(opened: Library, result: Path | None, query: str | None, k: int, filters: Filters | None = None) -> Answer:
    """The answer to show or export: asked now, or read from a file."""
    if (result is None) == (query is None):
        raise typer.BadParameter("give either --result FILE or --query TEXT")
    if query is not None:
        answer = opened.search(query, k=k, filters=filters)
        _say_notes(opened)
        return answer
    assert result is not None
    data = sys.stdin.buffer.read() if str(result) == "-" else result.read_bytes()
    return opened.read_answer(data.decode("utf-8", "replace"))


@ask_app.command()
def show(
    out: Annotated[Path, typer.Option("--out", help="Folder for the contact sheet (PNG) and the video (mp4).")],
    library: LibraryOption = None,
    result: ResultOption = None,
    query: QueryOption = None,
    rank: Annotated[int, typer.Option(help="Which hit, 1 = best.", min=1)] = 1,
    clip: Annotated[bool, typer.Option("--clip/--no-clip", help="Also write the mp4.")] = True,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Draw a hit: a contact sheet and an mp4 with its masks."""
    with open_library(library, settings_of(config, set_, profile), asks=query is not None) as opened:
        answer = _answer(opened, result, query, k=rank)
        if rank > len(answer.hits):
            raise SettingsError(f"--rank {rank}: the answer has {len(answer.hits)} hits")
        shown = opened.show(answer.hits[rank - 1])
        out.mkdir(parents=True, exist_ok=True)
        print(shown.save_sheet(out / f"hit{rank}.png"))
        if clip:
            print(shown.save_clip(out / f"hit{rank}.mp4"))
    if query is not None and answer.degraded:
        raise typer.Exit(PARTIAL)


@ask_app.command()
def export(
    library: LibraryOption = None,
    result: ResultOption = None,
    query: QueryOption = None,
    k: Annotated[int, typer.Option("-k", help="Number of hits, with --query.")] = 10,
    format_: Annotated[Literal["json", "csv", "coco"], typer.Option("--format", help="What to write.")] = "json",
    out: Annotated[Path | None, typer.Option("--out", help="A file; else stdout.")] = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Write hits as JSON, CSV, or COCO with RLE masks."""
    with open_library(library, settings_of(config, set_, profile), asks=query is not None) as opened:
        answer = _answer(opened, result, query, k)
        text = opened.export(answer, format_)
    if out is None:
        sys.stdout.write(text)
    else:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
        print(f"written to {out}", file=sys.stderr)
    if query is not None and answer.degraded:
        raise typer.Exit(PARTIAL)
