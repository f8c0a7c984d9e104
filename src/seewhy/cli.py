"""The command line: thin calls into Library. stdout is data, stderr is progress and errors.

Exit codes: 0 done; 1 it could not be done (the message says why); 2 wrong usage; 3 done in part:
some files failed, or an answer is degraded; 130 interrupted with Ctrl-C.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from seewhy.cli_replies import replies_app
from seewhy.errors import SeewhyError, SettingsError

if TYPE_CHECKING:
    from seewhy.answers import Answer
    from seewhy.library import Library
    from seewhy.settings import Settings
    from seewhy.types.query import Filters

PARTIAL = 3
INTERRUPTED = 130
GARBAGE_THRESHOLD = 200_000
"""Objects made before Python looks for cycles among them. A search makes some 100,000 values, trees that are freed
without it, and a look at every 700th takes a tenth of its time."""


class Commands(TyperGroup):
    """Ends well when the user, or the reader of our output, has had enough."""

    def invoke(self, ctx: Any) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # here, where a reader that went away can still be dealt with
        except KeyboardInterrupt:
            print("seewhy: interrupted; what was committed before is kept", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:  # as with `| head`: not our failure
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at the end
            raise typer.Exit from None


app = typer.Typer(
    name="seewhy",
    cls=Commands,
    help="Find the moment in your videos, and see why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
config_app = typer.Typer(help="Settings: name, value, unit, help, environment variable.", no_args_is_help=True)
bench_app = typer.Typer(help="Measure seewhy on a benchmark.", no_args_is_help=True)
app.add_typer(config_app, name="config")
app.add_typer(bench_app, name="bench")
app.add_typer(replies_app, name="replies")

LibraryOption = Annotated[Path | None, typer.Option("--library", "-l", help="The library's folder.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting; 'seewhy config show' lists them.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="A TOML file with settings.")]


def main() -> None:
    """Entry point: what seewhy raises on purpose, and what the system refuses, becomes one line on stderr."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    if sys.argv[1:2] == ["search"]:
        Thread(target=_load_encoder).start()
    try:
        app()
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _leave()
        raise
    except SeewhyError as error:
        print(f"seewhy: {error}", file=sys.stderr)
        raise SystemExit(2 if isinstance(error, SettingsError) else 1) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(
            f"seewhy: {where}{error.strerror or error}; check the path, its permissions and the disk", file=sys.stderr
        )
        raise SystemExit(1) from error


def _leave() -> None:
    """End at once: threads that still look at a video write nothing, and may go on for many seconds."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(INTERRUPTED)


def _load_encoder() -> None:
    """Load the text encoder while the rest is imported: a seventh of the time to an answer. Where the settings name
    another one, this was for nothing."""
    from seewhy.models.minilm import THREADS, load

    with suppress(SeewhyError):  # said when it is needed
        load(THREADS)


def _settings(config: Path | None, assignments: list[str] | None) -> Settings:
    from seewhy.settings import Settings

    overrides: dict[str, object] = {}
    for assignment in assignments or []:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise SettingsError(f"--set takes NAME=VALUE, got {assignment!r}")
        overrides[name.strip()] = value.strip()
    return Settings.load(file=config, overrides=overrides)


def _open(
    path: Path | None,
    config: Path | None,
    assignments: list[str] | None,
    *,
    create: bool = False,
    read_only: bool = True,
    asks: bool = False,
) -> Library:
    """
    Args:
        asks: a question is put; with a language model that writes: replies, and what refinement finds.
    """
    from seewhy.library import Library

    settings = _settings(config, assignments)
    read_only = read_only and not (asks and settings.hosted)
    return Library.open(path or Path(settings.library), settings, create=create, read_only=read_only)


@app.command()
def index(
    paths: Annotated[list[Path] | None, typer.Argument(help="Video files, or folders searched for them.")] = None,
    library: LibraryOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Stay and index what is added later, until Ctrl-C.")] = False,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Try files again that failed before, and check every twin bit by bit."),
    ] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Make the vector index anew from the twins.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Make twins of videos and index them. Killing it loses nothing: run it again and it goes on."""
    from seewhy.progress import TerminalProgress

    if not paths and not rebuild:
        raise typer.BadParameter("name video files or folders to index (none are needed with --rebuild)")
    paths = paths or []
    with _open(library, config, set_, create=True, read_only=False) as opened:
        if rebuild:
            count = opened.rebuild_index()
            print(f"index made anew from {count} twins", file=sys.stderr)
        with TerminalProgress() as progress:
            report = opened.add(paths, progress=progress, retry_failed=retry_failed)
            if paths and not report.files:
                print("no video files were found there", file=sys.stderr)
            if watch:
                print("watching; Ctrl-C ends", file=sys.stderr)
                for _ in opened.watch(paths, progress=progress):
                    pass
    if as_json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        print(report.summary())
    if not report.complete:
        raise typer.Exit(PARTIAL)


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What you are looking for, in words.")],
    library: LibraryOption = None,
    k: Annotated[int, typer.Option("-k", help="Number of hits.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write an HTML page with the answer.")] = None,
    video: Annotated[list[str] | None, typer.Option("--video", help="Only this video id; may be repeated.")] = None,
    min_duration: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    max_duration: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    after: Annotated[str | None, typer.Option(help="Recorded on this ISO date or later.")] = None,
    before: Annotated[str | None, typer.Option(help="Recorded before this ISO date.")] = None,
    category: Annotated[str | None, typer.Option(help="At least one object is of this category.")] = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Ask a question; get ranked videos, moments, objects and a verdict per condition."""
    from seewhy.types.query import Filters

    filters = Filters(
        videos=frozenset(video) if video else None,
        min_duration=min_duration,
        max_duration=max_duration,
        after=after,
        before=before,
        category=category,
    )
    with _open(library, config, set_, asks=True) as opened:
        answer = opened.search(question, k=k, filters=filters)
        _say_notes(opened)
        if report is not None:
            opened.report([answer], report)
            print(f"report written to {report}", file=sys.stderr)
        if as_json:
            print(answer.model_dump_json(indent=2))
        else:
            from rich.console import Console

            Console(soft_wrap=False).print(answer)
    if answer.degraded:
        raise typer.Exit(PARTIAL)


def _say_notes(opened: Library) -> None:
    for note in opened.notes:
        print(note, file=sys.stderr)


ResultOption = Annotated[
    Path | None, typer.Option("--result", help="What 'seewhy search --json' printed; '-' reads stdin.", allow_dash=True)
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


@app.command()
def show(
    out: Annotated[Path, typer.Option("--out", help="Folder for the contact sheet (PNG) and the video (mp4).")],
    library: LibraryOption = None,
    result: ResultOption = None,
    query: QueryOption = None,
    rank: Annotated[int, typer.Option(help="Which hit, 1 = best.", min=1)] = 1,
    clip: Annotated[bool, typer.Option("--clip/--no-clip", help="Also write the mp4.")] = True,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Draw a hit: a contact sheet and an mp4 with its masks."""
    with _open(library, config, set_, asks=query is not None) as opened:
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


@app.command()
def export(
    library: LibraryOption = None,
    result: ResultOption = None,
    query: QueryOption = None,
    k: Annotated[int, typer.Option("-k", help="Number of hits, with --query.")] = 10,
    format_: Annotated[Literal["json", "csv", "coco"], typer.Option("--format", help="What to write.")] = "json",
    out: Annotated[Path | None, typer.Option("--out", help="A file; else stdout.")] = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Write hits as JSON, CSV, or COCO with RLE masks."""
    with _open(library, config, set_, asks=query is not None) as opened:
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


@app.command()
def videos(
    library: LibraryOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """List the library: every video, its state, and why a failed one failed."""
    with _open(library, config, set_) as opened:
        entries = opened.videos()
    if as_json:
        print(json.dumps([entry.as_dict() for entry in entries], indent=2))
        return
    for entry in entries:
        print(entry.line())


@app.command()
def remove(
    ids: Annotated[list[str], typer.Argument(help="Video ids; 'seewhy videos' lists them.")],
    library: LibraryOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Take videos out of the library. The video files themselves are not touched."""
    with _open(library, config, set_, read_only=False) as opened:
        opened.remove(ids)


@app.command()
def doctor(library: LibraryOption = None, set_: SetOption = None, config: ConfigOption = None) -> None:
    """Check what this machine, this installation and the endpoint, if there is one, can do."""
    from seewhy.doctor import examine

    settings = _settings(config, set_)
    checks = examine(library or Path(settings.library), settings)
    for check in checks:
        print(check.line())
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@config_app.command("show")
def config_show(
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Every setting with its value, unit, help and environment variable."""
    rows = list(_settings(config, set_).rows())
    if as_json:
        print(json.dumps([row._asdict() for row in rows], indent=2))
        return
    width = max(len(row.name) for row in rows)
    for row in rows:
        changed = "" if row.value == row.default else f" (default {row.default})"
        print(f"{row.name:{width}} = {row.value}{changed}  {row.unit} {row.help}  [{row.variable}]")


OutOption = Annotated[Path | None, typer.Option("--out", help="Write the run as JSON to this file.")]
LimitOption = Annotated[int | None, typer.Option("--limit", help="Ask only the first so many questions.")]
RepliesOption = Annotated[Path | None, typer.Option("--replies", help="A recording: one file of replies.")]
ModeOption = Annotated[
    Literal["cache", "record", "replay", "off"] | None,
    typer.Option("--mode", help="record: into the file; replay: from it, without a network. Default: cache."),
]


def _run_settings(
    config: Path | None, assignments: list[str] | None, replies: Path | None, mode: str | None
) -> Settings:
    """The settings of a run: --replies and --mode are short for two of them."""
    short = [f"replies.file={replies}"] if replies is not None else []
    short += [f"replies.mode={mode}"] if mode is not None else []
    settings = _settings(config, [*(assignments or []), *short])
    if replies is not None and settings.replies.mode not in ("record", "replay"):
        raise SettingsError(
            f"--replies {replies} is for --mode record or --mode replay, not for {settings.replies.mode}; say which"
        )
    return settings


@bench_app.command("reel")
def bench_reel(
    data: Annotated[Path, typer.Option("--data", help="Folder in the Reel-97 format.")],
    library: LibraryOption = None,
    limit: LimitOption = None,
    out: OutOption = None,
    replies: RepliesOption = None,
    mode: ModeOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Questions that need reasoning over real clips: R@k, MdR, MnR, mAP, J and F, with intervals."""
    from seewhy.bench.cli import bench_reel as run

    outcome = run(data, library=library, limit=limit, out=out, settings=_run_settings(config, set_, replies, mode))
    if not outcome.complete:
        raise typer.Exit(PARTIAL)


@bench_app.command("synthetic")
def bench_synthetic(
    folder: Annotated[Path | None, typer.Option("--folder", help="Where clips are rendered to.")] = None,
    library: LibraryOption = None,
    limit: LimitOption = None,
    out: OutOption = None,
    replies: RepliesOption = None,
    mode: ModeOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """The same over rendered clips, whose truth is known by construction."""
    from seewhy.bench.cli import bench_synthetic as run

    settings = _run_settings(config, set_, replies, mode)
    outcome = run(folder=folder, library=library, limit=limit, out=out, settings=settings)
    if not outcome.complete:
        raise typer.Exit(PARTIAL)


@app.command()
def demo(
    videos: Annotated[Path | None, typer.Option(help="Your own videos instead of rendered ones.")] = None,
    query: Annotated[list[str] | None, typer.Option(help="Your own question; may be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that is written to.")] = Path("demo"),
) -> None:
    """Render clips, index them, ask four questions, and write a page with masks drawn on the frames."""
    from seewhy.demo import run

    run(out, videos=videos, questions=tuple(query or ()))


if __name__ == "__main__":
    main()
