"""Whether the files of a model are what they were when it was pulled, bit by bit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seewhy.errors import WeightsError
from seewhy.models.local.cards import card_of
from seewhy.models.local.hashing import sha256_of
from seewhy.models.local.lock import Locked, locked, read_lock, snapshot_folder
from seewhy.models.local.shards import damage
from seewhy.models.local.weights import CONFIG, own_folder
from seewhy.settings import LocalSettings

INDEX = "model.safetensors.index.json"
"""Names the files among which large weights are shared out."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of one model's check."""

    name: str
    """as it was asked for"""
    folder: Path
    revision: str | None
    """None: a folder of the user's own"""
    files: int
    """checked"""
    bytes: int
    """of them"""
    wrong: tuple[str, ...]
    """one sentence for each file that is not as it should be; none: all is well"""

    def line(self) -> str:
        if self.wrong:
            return f"WRONG {self.name}: " + "; ".join(self.wrong)
        at = f" at {self.revision[:12]}" if self.revision else ""
        return f"ok    {self.name}{at}: {self.files} files, {self.bytes / 1e6:,.1f} MB"


def verify(reference: str, settings: LocalSettings) -> Verified:
    """Check a model that was pulled against the lock file, or a folder for being whole.

    Of a folder of the user's own nobody has kept what it should be: its configuration has to be readable, every
    file of weights as long as its header says, and all files there that its index names.

    Raises:
        WeightsError: it is no folder, and was not pulled.
    """
    folder = own_folder(reference)
    if folder is not None:
        files = sorted(folder.glob("*.safetensors"))
        size = sum(path.stat().st_size for path in files)
        return Verified(reference, folder, None, len(files), size, tuple(_damage(folder, files)))
    entry = locked(reference, settings)
    if entry is None:
        raise WeightsError(
            f"{reference} was not pulled here, so that nobody knows what it should be; get it with: "
            f"seewhy models pull {reference}"
        )
    return _checked(reference, entry, settings)


def verify_all(settings: LocalSettings) -> Iterator[Verified]:
    """Every model in the lock file, in its order."""
    for reference, entry in read_lock(settings).items():
        yield _checked(reference, entry, settings)


def differences(entry: Locked, folder: Path) -> Iterator[str]:
    """One sentence for each file of `folder` that is not what the lock, or the model's card, says."""
    yield from unpublished(entry)
    for name, file in sorted(entry.files.items()):
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != file.bytes:
            yield f"{name} has {path.stat().st_size:,} bytes, not {file.bytes:,}"
        elif (found := sha256_of(path)) != file.sha256:
            yield f"{name} has changed: its SHA-256 is {found}, not {file.sha256}"


def unpublished(entry: Locked) -> Iterator[str]:
    """One sentence for each file that was locked, and is not the one that the model's card knows."""
    card = card_of(entry.id)
    if card is None or card.revision != entry.revision:
        return
    for name, sha256 in sorted(card.files.items()):
        if name in entry.files and entry.files[name].sha256 != sha256:
            yield f"{name} is not the published one: its SHA-256 is {entry.files[name].sha256}, not {sha256}"


def _checked(reference: str, entry: Locked, settings: LocalSettings) -> Verified:
    folder = snapshot_folder(entry.id, entry.revision, settings)
    wrong = tuple(differences(entry, folder)) if folder.is_dir() else (f"{folder} is not there",)
    return Verified(reference, folder, entry.revision, len(entry.files), entry.bytes, wrong)


def _damage(folder: Path, files: list[Path]) -> Iterator[str]:
    """What keeps a folder from being a whole model."""
    try:
        json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        index = folder / INDEX
        named = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values() if index.exists() else ()
        for name in sorted(set(named) - {path.name for path in files}):
            yield f"{name} is missing, which {INDEX} names"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        yield f"{CONFIG} or {INDEX} cannot be read ({type(error).__name__}: {error})"
    if not files:
        yield "it holds no *.safetensors"
    for path in files:
        if (wrong := damage(path)) is not None:
            yield f"{path.name} {wrong}"
