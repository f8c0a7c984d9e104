"""`seewhy models ...`: models on this machine: which there are, getting them, checking them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seewhy.cli_options import PARTIAL, ConfigOption, JsonOption, SetOption, settings_of
from seewhy.errors import SeewhyError

if TYPE_CHECKING:
    from seewhy.local_models import Standing

FAILED = 1

models_app = typer.Typer(help="Models on this machine: listed, got from the hub, checked.", no_args_is_help=True)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL]...",
        help="owner/name, owner/name@revision, or a setting (sam2, owlv2, language, ...); `local`: all of the profile.",
    ),
]


@models_app.command("list")
def list_(config: ConfigOption = None, set_: SetOption = None, as_json: JsonOption = False) -> None:
    """The models that fit in each place: license, size, revision, whether it is here, which setting names it."""
    from seewhy.local_models import of_the_profile, standings

    settings = settings_of(config, set_)
    ours = set(of_the_profile(settings).values())
    found = list(standings(settings))
    if as_json:
        print(json.dumps([_row(one, one.reference in ours) for one in found], indent=2))
        return
    place: str | None = None
    for one in found:
        heading = f"{one.card.specialist} ({one.card.setting})" if one.card else "without a card"
        if heading != place:
            print(f"{'' if place is None else chr(10)}{heading}")
            place = heading
        print(f"{'*' if one.reference in ours else ' '} {_line(one)}")
    print("\n* what the profile local uses with these settings; (!) read the license: it does not allow every use")


@models_app.command("pull")
def pull_(
    models: NamesArgument = None,
    update: Annotated[
        bool, typer.Option("--update", help="Of a model that no card pins: the newest, not the one that was locked.")
    ] = False,
    config: ConfigOption = None,
    set_: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Get models from the hub, all of the profile local unless some are named; what is here and whole is not got
    again."""
    from seewhy.local_models import PROFILE, meant
    from seewhy.models.local.cards import card_of
    from seewhy.models.local.lock import Reference
    from seewhy.models.local.pulling import pull
    from seewhy.models.local.weights import own_folder

    settings = settings_of(config, set_)
    _quiet_unless_watched()
    rows: list[dict[str, object]] = []
    failed = 0
    references = meant(models or [PROFILE], settings)
    for reference in references:
        if own_folder(reference) is not None:
            print(f"{reference} is a folder: there is nothing to get", file=sys.stderr)
            continue
        try:
            card = card_of(Reference.parse(reference).id)
            if card is not None and not card.permissive:
                print(f"{reference}: its license, {card.license}, does not allow every use; read it", file=sys.stderr)
            pulled = pull(reference, settings.local, _tell, update=update)
        except SeewhyError as error:
            failed += 1
            print(f"seewhy: {error}", file=sys.stderr)
            rows.append({"model": reference, "error": str(error)})
            continue
        rows.append(
            {
                "model": reference,
                "revision": pulled.entry.revision,
                "bytes": pulled.entry.bytes,
                "folder": str(pulled.folder),
                "fetched": pulled.fetched,
            }
        )
        if not as_json:
            print(pulled.line())
    if as_json:
        print(json.dumps(rows, indent=2))
    _leave(failed, len(references))


@models_app.command("verify")
def verify_(
    models: NamesArgument = None, config: ConfigOption = None, set_: SetOption = None, as_json: JsonOption = False
) -> None:
    """Compute the SHA-256 of every file of the models that were pulled, and say which differ. Also checks a folder."""
    from seewhy.local_models import meant
    from seewhy.models.local.verifying import verify, verify_all

    settings = settings_of(config, set_)
    checks = (
        (verify(name, settings.local) for name in meant(models, settings)) if models else verify_all(settings.local)
    )
    rows: list[dict[str, object]] = []
    failed = 0
    for one in checks:
        failed += bool(one.wrong)
        rows.append(
            {
                "model": one.name,
                "revision": one.revision,
                "folder": str(one.folder),
                "files": one.files,
                "bytes": one.bytes,
                "wrong": list(one.wrong),
            }
        )
        if not as_json:
            print(one.line())
    if as_json:
        print(json.dumps(rows, indent=2))
    elif not rows:
        print("no model was pulled yet; 'seewhy models pull' gets those of the profile local", file=sys.stderr)
    if failed:
        print("get what differs again with: seewhy models pull MODEL", file=sys.stderr)
        raise typer.Exit(FAILED)


def _line(one: Standing) -> str:
    parts = [one.reference]
    if one.card is not None:
        parts += [one.card.license + ("" if one.card.permissive else " (!)"), _size(one.card.bytes)]
    parts.append(
        f"{one.revision[:12]} ({one.pin})" if one.revision else "a folder" if one.pin == "own" else "not pinned yet"
    )
    parts.append(f"here: {one.folder}" if one.folder else "not here")
    if one.settings:
        parts.append("set: " + ", ".join(one.settings))
    return "  ".join(parts)


def _row(one: Standing, in_profile: bool) -> dict[str, Any]:
    card = one.card
    return {
        "model": one.reference,
        "specialist": card.specialist if card else None,
        "architecture": card.architecture if card else None,
        "setting": card.setting if card else None,
        "set": list(one.settings),
        "in_profile": in_profile,
        "revision": one.revision,
        "pin": one.pin,
        "license": card.license if card else None,
        "permissive": card.permissive if card else None,
        "gated": card.gated if card else None,
        "bytes": card.bytes if card else None,
        "sha256": dict(card.files) if card else {},
        "folder": str(one.folder) if one.folder else None,
    }


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _quiet_unless_watched() -> None:
    """The hub's progress bars are for a terminal; in a log they are thousands of lines."""
    if sys.stderr.isatty():
        return
    try:
        from huggingface_hub.utils.tqdm import disable_progress_bars
    except ImportError:
        return  # the first pull says what to install
    disable_progress_bars()


def _leave(failed: int, total: int) -> None:
    if failed:
        raise typer.Exit(FAILED if failed == total else PARTIAL)
