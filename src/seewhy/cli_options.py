"""What several commands of the command line share: options, settings, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.errors import SettingsError

if TYPE_CHECKING:
    from seewhy.library import Library
    from seewhy.settings import Settings

PARTIAL = 3

LibraryOption = Annotated[Path | None, typer.Option("--library", "-l", help="The library's folder.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting; 'seewhy config show' lists them.")
]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="A TOML file with settings.")]
ProfileOption = Annotated[
    str | None, typer.Option("--profile", help="embedded or local; short for --set profile=...; default: embedded.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


def settings_of(config: Path | None, assignments: list[str] | None, profile: str | None = None) -> Settings:
    """The settings that the options, the environment and the file say.

    Raises:
        SettingsError: an unknown one, or a value that does not fit.
    """
    from seewhy.settings import Settings

    overrides: dict[str, object] = {}
    for assignment in assignments or []:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise SettingsError(f"--set takes NAME=VALUE, got {assignment!r}")
        overrides[name.strip()] = value.strip()
    if profile is not None:
        overrides["profile"] = profile
    return Settings.load(file=config, overrides=overrides)


def open_library(
    path: Path | None,
    settings: Settings,
    *,
    create: bool = False,
    read_only: bool = True,
    asks: bool = False,
) -> Library:
    """
    Args:
        path: None: where the settings say.
        asks: a question is put; with a language model that writes: replies, and what refinement finds.
    """
    from seewhy.library import Library

    read_only = read_only and not (asks and settings.has_language_model)
    return Library.open(path or Path(settings.library), settings, create=create, read_only=read_only)
