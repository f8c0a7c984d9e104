"""The manifest: which segments are an index now, replaced in one step.

The file holds the manifest and its checksum. What it does not name does not exist; so a crash before
its rename leaves the index as it was, and one after it leaves the index as it was meant to be.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from seewhy.errors import IndexMismatch, LibraryCorrupt
from seewhy.files import clear_unfinished, write_atomically
from seewhy.index.seam import Fingerprint
from seewhy.index.sums import checksum
from seewhy.types.base import Frozen

MANIFEST = "manifest.json"
LAYOUT: Final = "exact.v1"
REBUILD = "rebuild it with 'seewhy index --rebuild' or Library.rebuild_index()"


class SegmentEntry(Frozen):
    """A live segment."""

    name: str
    table: str
    """checksum of its table.json"""
    dead: tuple[int, ...] = ()
    """tombstones: positions of its videos that were deleted or replaced since, ascending"""


class Manifest(Frozen):
    """The state of an index on disk."""

    layout: Literal["exact.v1"] = LAYOUT
    fingerprint: Fingerprint
    generation: int
    """grows by one with every change"""
    segments: tuple[SegmentEntry, ...] = ()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The caller holds the index's lock."""
    body = manifest.model_dump_json()
    document = f'{{"checksum": "{checksum(body.encode())}",\n"manifest": {body}}}\n'
    clear_unfinished(folder / MANIFEST)
    write_atomically(folder / MANIFEST, document.encode())


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of the index in a folder; None where there is none.

    Raises:
        LibraryCorrupt: the file is not what was written.
        IndexMismatch: another version of seewhy laid the index out.
    """
    path = folder / MANIFEST
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise LibraryCorrupt(f"index manifest {path} does not read: {error}; {REBUILD}") from error
    try:
        document = json.loads(content)
        layout = document["manifest"]["layout"]
        if layout != LAYOUT:
            raise IndexMismatch(
                f"the index in {folder} has the layout {layout!r}, this seewhy reads {LAYOUT!r}; {REBUILD}"
            )
        manifest = Manifest.model_validate(document["manifest"])
        intact = document["checksum"] == checksum(manifest.model_dump_json().encode())
    except (json.JSONDecodeError, KeyError, TypeError, ValidationError) as error:
        raise LibraryCorrupt(f"index manifest {path} does not read: {error}; {REBUILD}") from error
    if not intact:
        raise LibraryCorrupt(f"index manifest {path} does not fit its checksum; {REBUILD}")
    return manifest


def check_fingerprint(folder: Path, found: Fingerprint, wanted: Fingerprint) -> None:
    """
    Raises:
        IndexMismatch: they differ; says in what.
    """
    differences = [
        f"{field} {getattr(found, field)!r}, not {getattr(wanted, field)!r}"
        for field in Fingerprint.model_fields
        if getattr(found, field) != getattr(wanted, field)
    ]
    if differences:
        raise IndexMismatch(f"the index in {folder} was built with {' and '.join(differences)}; {REBUILD}")
