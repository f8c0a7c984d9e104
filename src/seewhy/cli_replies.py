"""`seewhy replies ...`: hand on what language models have replied, and see what is kept of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seewhy.cli_options import JsonOption, LibraryOption

if TYPE_CHECKING:
    from seewhy.models.replies import ReplyStore

replies_app = typer.Typer(help="What language models have replied: kept, handed on, counted.", no_args_is_help=True)

StoreOption = Annotated[Path | None, typer.Option("--file", help="A file of replies that is no library's.")]


@replies_app.command("export")
def export_(
    file: Annotated[Path, typer.Argument(help="A new file, to be replayed with replies.file.")],
    library: LibraryOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write all replies, and the twins that a recording has, to one file."""
    from seewhy.models.replies_file import export_replies

    with _open(library, store, read_only=True) as opened:
        print(f"exporting from {opened.path}", file=sys.stderr)
        exported = export_replies(opened, file)
    print(json.dumps(exported.as_dict(), indent=2) if as_json else exported.line())


@replies_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file of replies.")],
    library: LibraryOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the replies in a file to those that are kept; what is kept already stays as it is."""
    from seewhy.models.replies_file import import_replies

    with _open(library, store, read_only=False) as opened:
        print(f"importing into {opened.path}", file=sys.stderr)
        merged = import_replies(file, opened)
    print(json.dumps(merged.as_dict(), indent=2) if as_json else merged.line())


@replies_app.command("stats")
def stats_(library: LibraryOption = None, store: StoreOption = None, as_json: JsonOption = False) -> None:
    """How many replies are kept, by purpose, model and prompt, and what they took."""
    from seewhy.models.replies_file import stats

    with _open(library, store, read_only=True) as opened:
        found = stats(opened)
    if as_json:
        print(json.dumps(found.as_dict(), indent=2))
        return
    for group in found.groups:
        print(group.line())
    print(found.line())


def _open(library: Path | None, file: Path | None, *, read_only: bool) -> ReplyStore:
    """The store that is meant: a file, or a library's."""
    from seewhy.models.replies import ReplyStore
    from seewhy.settings import Settings
    from seewhy.twin.folder import REPLIES_FILE, LibraryFolder

    if library is not None and file is not None:
        raise typer.BadParameter("give either --library or --file")
    if file is None:
        file = LibraryFolder.open(library or Path(Settings.load().library)).path / REPLIES_FILE
    return ReplyStore.open(file, read_only=read_only)
