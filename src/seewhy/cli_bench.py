"""`seewhy bench ...`: measure seewhy on a benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seewhy.cli_options import PARTIAL, ConfigOption, LibraryOption, ProfileOption, SetOption, settings_of
from seewhy.errors import SettingsError

if TYPE_CHECKING:
    from seewhy.bench.ablations import Ablations
    from seewhy.bench.cli import Outcome
    from seewhy.settings import Settings

bench_app = typer.Typer(help="Measure seewhy on a benchmark.", no_args_is_help=True)

OutOption = Annotated[Path | None, typer.Option("--out", help="Write the run as JSON to this file.")]
LimitOption = Annotated[int | None, typer.Option("--limit", help="Ask only the first so many queries.")]
TaskOption = Annotated[
    Literal["text", "composed"], typer.Option("--task", help="Questions, or reference videos with edits.")
]
GalleryOption = Annotated[
    Literal["targets", "all", "local"],
    typer.Option("--gallery", help="Of edits: all right videos, all videos of the data set, or the few it names."),
]
KeepOption = Annotated[
    bool, typer.Option("--keep-reference", help="Of edits: the reference is searched, too, instead of masked.")
]
ScoreOption = Annotated[
    bool, typer.Option("--reasoning-score", help="Of edits: a language model marks the reasoning, twice.")
]
VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary", metavar="'NAME=VALUE ...'", help="Run this variant, too, and compare: settings; may be repeated."
    ),
]
AblationsOption = Annotated[
    bool, typer.Option("--ablations", help="Run the standard variants of the task, too, and compare.")
]
RepliesOption = Annotated[
    Path | None, typer.Option("--replies", help="A recording: a file of replies; a variant has its own beside it.")
]
ModeOption = Annotated[
    Literal["cache", "record", "replay", "off"] | None,
    typer.Option("--mode", help="record: into the file; replay: from it, without a network. Default: cache."),
]


def _run_settings(
    config: Path | None,
    assignments: list[str] | None,
    replies: Path | None,
    mode: str | None,
    profile: str | None,
) -> Settings:
    """The settings of a run: --replies and --mode are short for two of them."""
    short = [f"replies.file={replies}"] if replies is not None else []
    short += [f"replies.mode={mode}"] if mode is not None else []
    settings = settings_of(config, [*(assignments or []), *short], profile)
    if replies is not None and settings.replies.mode not in ("record", "replay"):
        raise SettingsError(
            f"--replies {replies} is for --mode record or --mode replay, not for {settings.replies.mode}; say which"
        )
    return settings


def _end(done: Outcome | Ablations) -> None:
    if not done.complete:
        raise typer.Exit(PARTIAL)


@bench_app.command("reel")
def bench_reel(
    data: Annotated[Path, typer.Option("--data", help="Folder in the Reel-97 format.")],
    task: TaskOption = "text",
    gallery: GalleryOption = "all",
    keep_reference: KeepOption = False,
    reasoning_score: ScoreOption = False,
    library: LibraryOption = None,
    limit: LimitOption = None,
    vary: VaryOption = None,
    ablations: AblationsOption = False,
    out: OutOption = None,
    replies: RepliesOption = None,
    mode: ModeOption = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Queries that need reasoning over real clips: R@k, MdR, MnR, mAP, J and F, with intervals."""
    from seewhy.bench.cli import Choices
    from seewhy.bench.cli import bench_reel as run
    from seewhy.bench.protocol import Protocol

    choices = Choices(
        library=library, limit=limit, out=out, task=task, reasoning_score=reasoning_score,
        protocol=Protocol(gallery=gallery, keep_reference=keep_reference), vary=tuple(vary or ()), ablations=ablations,
    )  # fmt: skip
    _end(run(data, choices, _run_settings(config, set_, replies, mode, profile)))


@bench_app.command("synthetic")
def bench_synthetic(
    folder: Annotated[Path | None, typer.Option("--folder", help="Where clips are rendered to.")] = None,
    task: TaskOption = "text",
    gallery: GalleryOption = "all",
    keep_reference: KeepOption = False,
    reasoning_score: ScoreOption = False,
    library: LibraryOption = None,
    limit: LimitOption = None,
    vary: VaryOption = None,
    ablations: AblationsOption = False,
    out: OutOption = None,
    replies: RepliesOption = None,
    mode: ModeOption = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """The same over rendered clips, whose truth is known by construction."""
    from seewhy.bench.cli import Choices
    from seewhy.bench.cli import bench_synthetic as run
    from seewhy.bench.protocol import Protocol

    choices = Choices(
        library=library, limit=limit, out=out, task=task, reasoning_score=reasoning_score,
        protocol=Protocol(gallery=gallery, keep_reference=keep_reference), vary=tuple(vary or ()), ablations=ablations,
    )  # fmt: skip
    _end(run(folder, choices, _run_settings(config, set_, replies, mode, profile)))


@bench_app.command("covr")
def bench_covr(
    annotations: Annotated[Path, typer.Option("--annotations", help="The data set's file of triplets, CSV or JSON.")],
    videos: Annotated[Path, typer.Option("--videos", help="Folder that the paths in it start from.")],
    format_: Annotated[
        Literal["auto", "webvid-covr", "dense-webvid-covr", "covr-r", "egocvr"],
        typer.Option("--format", help="Of the annotations; auto: by what they hold."),
    ] = "auto",
    gallery: GalleryOption = "all",
    keep_reference: KeepOption = False,
    depth: Annotated[
        int, typer.Option("--depth", min=0, help="How many videos are looked at for an edit; 0: the whole gallery.")
    ] = 100,
    submission: Annotated[
        Path | None, typer.Option("--submission", help="Write what the CoVR-R challenge takes to this file.")
    ] = None,
    reasoning_score: ScoreOption = False,
    library: LibraryOption = None,
    limit: LimitOption = None,
    vary: VaryOption = None,
    ablations: AblationsOption = False,
    out: OutOption = None,
    replies: RepliesOption = None,
    mode: ModeOption = None,
    profile: ProfileOption = None,
    set_: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Composed retrieval: WebVid-CoVR, Dense-WebVid-CoVR, CoVR-R, EgoCVR; R@1, 5, 10, 50, micro, macro and by part."""
    from seewhy.bench.cli import Choices
    from seewhy.bench.cli import bench_covr as run
    from seewhy.bench.protocol import Protocol

    choices = Choices(
        library=library, limit=limit, out=out, task="composed", reasoning_score=reasoning_score, submission=submission,
        protocol=Protocol(gallery=gallery, keep_reference=keep_reference, depth=depth or None),
        vary=tuple(vary or ()), ablations=ablations,
    )  # fmt: skip
    _end(run(annotations, videos, choices, _run_settings(config, set_, replies, mode, profile), format_))
