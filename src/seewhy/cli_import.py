"""`seewhy import ...`: annotated videos become twins, without a segmenter."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from seewhy.cli_options import (
    PARTIAL,
    ConfigOption,
    JsonOption,
    LibraryOption,
    ProfileOption,
    SetOption,
    open_library,
    settings_of,
)

import_app = typer.Typer()


@import_app.command("import")
def import_(
    annotations: Annotated[list[Path], typer.Argument(help="Files of annotations, or folders with them.")],
    videos: Annotated[
        list[Path] | None, typer.Option("--videos", help="A video, or a folder searched for them; may be repeated.")
    ] = None,
    library: LibraryOption = None,
    format_: Annotated[
        Literal["auto", "coco-rle", "sa-v", "davis", "coco", "youtube-vis", "cvat"],
        typer.Option("--format", help="What the annotations are; auto: by what each file holds."),
    ] = "auto",
    write_videos: Annotated[
        Path | None,
        typer.Option("--write-videos", help="Folder for videos of DAVIS sequences that are pictures only."),
    ] = None,
    as_json: JsonOption = False,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Make twins of annotated videos: masks and names are taken as they are, the rest is perceived."""
    from seewhy.progress import TerminalProgress

    if not videos and write_videos is None:
        raise typer.BadParameter("say where the videos are with --videos (or, for DAVIS pictures, --write-videos)")
    settings = settings_of(config, set_, profile)
    with open_library(library, settings, create=True, read_only=False) as opened, TerminalProgress() as progress:
        report = opened.import_annotations(
            annotations, videos or [], format=format_, write_videos=write_videos, progress=progress
        )
    for path in report.unannotated:
        print(f"{path}: no annotation", file=sys.stderr)
    print(json.dumps(report.as_dict(), indent=2) if as_json else report.summary())
    if not report.complete:
        raise typer.Exit(PARTIAL)
