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
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from seewhy.cli_ask import ask_app
from seewhy.cli_bench import bench_app
from seewhy.cli_import import import_app
from seewhy.cli_models import models_app
from seewhy.cli_options import (
    PARTIAL,
    ConfigOption,
    LibraryOption,
    ProfileOption,
    SetOption,
    open_library,
    settings_of,
)
from seewhy.cli_replies import replies_app
from seewhy.errors import SeewhyError, SettingsError

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
app.add_typer(config_app, name="config")
app.add_typer(ask_app)
app.add_typer(bench_app, name="bench")
app.add_typer(models_app, name="models")
app.add_typer(replies_app, name="replies")
app.add_typer(import_app)


def main() -> None:
    """Entry point: what seewhy raises on purpose, and what the system refuses, becomes one line on stderr."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    if sys.argv[1:2] in (["search"], ["compose"]):
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
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Make twins of videos and index them. Killing it loses nothing: run it again and it goes on."""
    from seewhy.progress import TerminalProgress

    if not paths and not rebuild:
        raise typer.BadParameter("name video files or folders to index (none are needed with --rebuild)")
    paths = paths or []
    with open_library(library, settings_of(config, set_, profile), create=True, read_only=False) as opened:
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
def videos(
    library: LibraryOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """List the library: every video, its state, and why a failed one failed."""
    with open_library(library, settings_of(config, set_)) as opened:
        entries = opened.videos()
    if as_json:
        print(json.dumps([entry.as_dict() for entry in entries], indent=2))
        return
    for entry in entries:
        print(entry.line())


@app.command()
def remove(
    ids: Annotated[
        list[str],
        typer.Argument(metavar="VIDEO...", help="Ids or their beginnings, or file names; 'seewhy videos' lists them."),
    ],
    library: LibraryOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Take videos out of the library. The video files themselves are not touched."""
    with open_library(library, settings_of(config, set_), read_only=False) as opened:
        for video in opened.remove(ids):
            print(f"removed {video}", file=sys.stderr)


@app.command()
def doctor(
    library: LibraryOption = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Check what this machine, this installation and the endpoint, if there is one, can do."""
    from seewhy.doctor import examine

    settings = settings_of(config, set_, profile)
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
    rows = list(settings_of(config, set_).rows())
    if as_json:
        print(json.dumps([row._asdict() for row in rows], indent=2))
        return
    width = max(len(row.name) for row in rows)
    for row in rows:
        changed = "" if row.value == row.default else f" (default {row.default})"
        print(f"{row.name:{width}} = {row.value}{changed}  {row.unit} {row.help}  [{row.variable}]")


@app.command()
def demo(
    videos: Annotated[Path | None, typer.Option(help="Your own videos instead of rendered ones.")] = None,
    query: Annotated[list[str] | None, typer.Option(help="Your own question; may be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that is written to.")] = Path("demo"),
) -> None:
    """Render clips, index them, ask four questions and for an edit, and write a page with masks drawn on the frames."""
    from seewhy.demo import run

    run(out, videos=videos, questions=tuple(query or ()))


if __name__ == "__main__":
    main()
