"""Runs that are recorded, and runs that replay a recording.

A recording is one file: every reply, what channels answered, the twins that perception made, and the settings it was
made with. A replay takes all of these from it, sends nothing and loads no weights of channels. Both begin with a
library of their own, built from the file as far as it goes, because refinement changes twins: so a recording that was
interrupted goes on where it stopped, and a replay asks in the same order as the recording did. Vectors of whole videos
stay in the library that is made anew: no question changes them.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from seewhy.errors import ReplyStoreError, SettingsError
from seewhy.fusion import COMPONENTS
from seewhy.models.replies import ReplyStore
from seewhy.recorded import perception_key
from seewhy.settings import Settings
from seewhy.twin.folder import LIBRARY_FILE, VECTORS_FOLDER

_RECORDED = (
    "model", "vision_model", "local.language", "local.vision", "local.max_new_tokens", "encoder.name", "search.",
    "compose.",
    "calls.temperature", "calls.seed", "calls.max_output_tokens", "describe.", "judge.", "refine.",
)  # fmt: skip
"""Settings that requests depend on begin with one of these, besides those of perception."""
_OF_CHANNELS = {
    "joint": ("local.dtype", "local.frames", "local.embedding"),
    "rerank": ("local.dtype", "local.frames", "local.reranker"),
    "states": ("local.dtype", "local.language", "local.vision"),
}
"""And those that the scores of channels depend on, of each channel that is used. Of others it is not known on which."""
_ANY_CHANNEL = ("local.",)
_META = "setting "
"""What the names of settings begin with among a recording's texts."""


def for_recording(settings: Settings) -> Settings:
    """The settings of a run: when replaying, those of the recording; when recording, these, which are written into it.

    Raises:
        ReplyStoreError: the file is no recording of a run, or was begun with other settings.
        SettingsError: recording without an endpoint or a file; a setting of the recording that does not exist here.
    """
    mode, file = settings.replies.mode, settings.replies.file
    if mode not in ("record", "replay"):
        return settings
    if not file:
        raise SettingsError(f"to {mode} a run, name the file of replies: --replies FILE")
    names = (*_RECORDED, *_of_channels(settings))
    chosen = {row.name: row.value for row in settings.rows() if row.name.startswith(names)}
    used = {name: json.dumps(value) for name, value in (chosen | settings.shaping_perception).items()}
    if mode == "replay":
        return _replayed(settings, Path(file).expanduser())
    if not settings.has_language_model and not _channels(settings):
        raise SettingsError(
            "to record a run, a language model is needed (set SEEWHY_ENDPOINT and SEEWHY_MODEL, or profile=local), or "
            "channels that load models (compose.channels, search.channels)"
        )
    with ReplyStore.open(Path(file).expanduser()) as store:
        before = _settings_in(store)
        other = sorted(name for name in before if used.get(name) != before[name])
        if other:
            raise ReplyStoreError(
                f"{file} was begun with {other[0]} = {before[other[0]]}, this is {used.get(other[0])}; "
                "record into another file, or set it as it was"
            )
        store.put_meta({_META + name: value for name, value in used.items()})
    return settings


def _channels(settings: Settings) -> set[str]:
    """The channels whose answers are recorded: what is made of the twins is made again."""
    return {*settings.search.channels.split(","), *settings.compose.channels.split(",")} - {COMPONENTS}


def _of_channels(settings: Settings) -> set[str]:
    """What the names of settings begin with that the channels in use depend on."""
    return {name for channel in _channels(settings) for name in _OF_CHANNELS.get(channel, _ANY_CHANNEL)}


def _replayed(settings: Settings, file: Path) -> Settings:
    with ReplyStore.open(file, read_only=True) as store:
        recorded = _settings_in(store)
    if not recorded:
        raise ReplyStoreError(f"{file} holds replies, but no recorded run; record one with --mode record")
    changed = []
    values: dict[str, object] = {}
    for row in settings.rows():
        if row.secret:
            continue
        values[row.name] = json.loads(recorded[row.name]) if row.name in recorded else row.value
        if values[row.name] != row.value:
            changed.append(f"{row.name} = {values[row.name]}")
    unknown = sorted(set(recorded) - set(values))
    if unknown:
        raise SettingsError(f"{file} was recorded with a setting {unknown[0]} that this seewhy has not; upgrade it")
    if changed:
        print(f"as recorded: {', '.join(changed)}", file=sys.stderr)
    if not values["model"]:  # nobody is asked: an endpoint of this machine's settings has nothing to say here
        values["endpoint"] = ""
    return Settings.load(overrides=values, environment={})


def _settings_in(store: ReplyStore) -> dict[str, str]:
    return {name.removeprefix(_META): text for name, text in store.meta().items() if name.startswith(_META)}


def begin_anew(library: Path, *, ours: bool) -> None:
    """Make way for a new library; what is left of one are vectors of whole videos, which are the same in any.

    Args:
        ours: the folder is one of the benchmarks' own; only such a one is removed.

    Raises:
        SettingsError: there is something that is not ours to remove.
    """
    if not library.exists():
        return
    entries = sorted(library.iterdir()) if library.is_dir() else [library]
    others = [entry for entry in entries if entry.name != VECTORS_FOLDER]
    if not ours or (others and not (library / LIBRARY_FILE).exists()):
        raise SettingsError(
            f"recording and replaying begin with a new library, and {library} exists; name another folder, or none"
        )
    for entry in sorted(others, key=lambda entry: entry.name == LIBRARY_FILE):  # last: without it, it is not ours
        shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def lend_twins(source: Path, target: Path, settings: Settings) -> None:
    """Have a recording begin with the twins that perception made for another one, where it would make the same.

    Raises:
        ReplyStoreError: one of the files cannot be used.
    """
    perception = perception_key(settings)
    with ReplyStore.open(source.expanduser(), read_only=True) as lender, ReplyStore.open(target.expanduser()) as other:
        there = {twin.video for twin in other.twins() if twin.perception == perception}
        for twin in lender.twins():
            parts = lender.twin(twin.video, perception) if twin.perception == perception else None
            if parts is not None and twin.video not in there:
                other.put_twin(twin.video, perception, parts)
