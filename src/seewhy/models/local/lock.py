"""Which revision of each model is used, and the SHA-256 of each of its files: `models.lock.json`.

`seewhy models pull` writes an entry when all files of a model are here; loading reads it, so that a library is always
built with the very weights that were pulled, and `seewhy models verify` compares. One entry::

    "facebook/sam2.1-hiera-tiny": {
      "id": "facebook/sam2.1-hiera-tiny",
      "revision": "<40 hexadecimal digits>",
      "files": {"model.safetensors": {"sha256": "<64 hexadecimal digits>", "bytes": 155906048}}
    }

The key is what was asked for: `owner/name`, or `owner/name@<commit>`.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seewhy.errors import LibraryReadOnly, WeightsError
from seewhy.files import release_lock, write_atomically
from seewhy.settings import LocalSettings

LOCK_NAME = "models.lock.json"
LOCK_FORMAT = "models.lock.v1"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_HASH = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A model of the hub: `owner/name` or `owner/name@revision`."""

    id: str
    """owner/name"""
    revision: str | None
    """branch, tag or commit; None: none was named"""

    @property
    def commit(self) -> str | None:
        """The revision, if it names one for good: branches and tags move."""
        return self.revision if self.revision and _COMMIT.fullmatch(self.revision) else None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read `owner/name` or `owner/name@revision`.

        Raises:
            WeightsError: it is neither.

        >>> Reference.parse("facebook/sam3@main")
        Reference(id='facebook/sam3', revision='main')
        """
        name, at, revision = text.partition("@")
        if not _ID.fullmatch(name) or (at and not revision) or ".." in name:
            raise WeightsError(
                f"{text!r} names no model of the hub, nor a folder that is there; give owner/name, "
                "owner/name@revision or a folder"
            )
        return cls(name, revision or None)

    def __str__(self) -> str:
        return self.id if self.revision is None else f"{self.id}@{self.revision}"


@dataclass(frozen=True, slots=True)
class LockedFile:
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Locked:
    """A model that was pulled."""

    id: str
    """owner/name"""
    revision: str
    """the commit, 40 hexadecimal digits"""
    files: Mapping[str, LockedFile]
    """path within the model's folder → what it must be"""

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(file.bytes for file in self.files.values())


def hub_home() -> Path:
    """Where the hub's library keeps its things, by its own rules: HF_HOME, else huggingface in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.path.expandvars(os.environ.get("HF_HOME", f"{cache}/huggingface"))).expanduser()


def cache_folder(settings: LocalSettings) -> Path:
    """The folder of downloaded models, laid out as the hub's library does it: `local.cache`, HF_HUB_CACHE, or the
    hub's own."""
    if settings.cache:
        return Path(settings.cache).expanduser()
    named = os.environ.get("HF_HUB_CACHE", os.environ.get("HUGGINGFACE_HUB_CACHE"))
    return Path(os.path.expandvars(named)).expanduser() if named else hub_home() / "hub"


def snapshot_folder(model: str, revision: str, settings: LocalSettings) -> Path:
    """Where the files of one revision (a commit) of the model `owner/name` lie, if they are here."""
    return cache_folder(settings) / f"models--{model.replace('/', '--')}" / "snapshots" / revision


def lock_file(settings: LocalSettings) -> Path:
    """The lock file: in `local.cache`, else in the folder `seewhy` beside the hub's cache."""
    folder = Path(settings.cache).expanduser() if settings.cache else hub_home() / "seewhy"
    return folder / LOCK_NAME


def read_lock(settings: LocalSettings) -> dict[str, Locked]:
    """All entries by what was asked for, sorted; none where nothing was pulled yet.

    Raises:
        WeightsError: the file is damaged, or of a newer seewhy.
    """
    path = lock_file(settings)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != LOCK_FORMAT:
            raise WeightsError(f"{path} has the format {document['format']!r}, this seewhy reads {LOCK_FORMAT}")
        return {key: _entry(value) for key, value in sorted(document["models"].items())}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError(
            f"{path} cannot be read ({type(error).__name__}: {error}); remove it and run 'seewhy models pull': "
            "what has been downloaded is checked, not downloaded again"
        ) from error


def locked(reference: str, settings: LocalSettings) -> Locked | None:
    """The entry for `owner/name` or `owner/name@<commit>`; None: it was not pulled.

    A commit is found also where the model was pulled without naming it.

    Raises:
        WeightsError: the reference is none, or the lock file cannot be read.
    """
    asked, entries = Reference.parse(reference), read_lock(settings)
    if str(asked) in entries:
        return entries[str(asked)]
    same = (entry for entry in entries.values() if (entry.id, entry.revision) == (asked.id, asked.revision))
    return next(same, None)


def write_entry(reference: str, entry: Locked, settings: LocalSettings) -> None:
    """Add or replace one entry; a crash leaves the old file or the new one, and two processes do not lose each
    other's entries.

    Raises:
        WeightsError: the folder cannot be written.
        OutOfSpace: the disk is full.
    """
    path = lock_file(settings)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path.with_name(f".{LOCK_NAME}.held")):
            entries = read_lock(settings) | {str(Reference.parse(reference)): entry}
            models = {key: asdict(entries[key]) for key in sorted(entries)}
            document = {"format": LOCK_FORMAT, "models": models}
            write_atomically(path, json.dumps(document, indent=2, sort_keys=True).encode() + b"\n")
    except (LibraryReadOnly, PermissionError) as error:
        raise WeightsError(f"{path} cannot be written; make its folder writable, or set local.cache") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait for, and hold, the system's lock on a file."""
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_CREAT, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        release_lock(handle)


def _entry(value: Any) -> Locked:
    """Checked: paths and hashes come from a file that anybody may have edited."""
    files = {name: LockedFile(str(file["sha256"]), int(file["bytes"])) for name, file in value["files"].items()}
    if not _COMMIT.fullmatch(value["revision"]) or not _ID.fullmatch(value["id"]):
        raise ValueError(f"{value['id']!r} at {value['revision']!r} is no model at a commit")
    for name, file in files.items():
        if not _HASH.fullmatch(file.sha256) or Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"the entry of {name!r} in {value['id']} is no file with a SHA-256")
    return Locked(value["id"], value["revision"], files)
