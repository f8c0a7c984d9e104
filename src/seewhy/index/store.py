"""The segments of one index folder: opened, changed by commits, followed while others change them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np

from seewhy.errors import IndexMismatch, LibraryBusy, LibraryCorrupt, LibraryNotFound
from seewhy.files import explained, release_lock, sweep, sync_folder, take_lock
from seewhy.index.compaction import to_merge
from seewhy.index.manifest import (
    REBUILD,
    Manifest,
    SegmentEntry,
    check_fingerprint,
    read_manifest,
    write_manifest,
)
from seewhy.index.ranking import Piece
from seewhy.index.seam import Fingerprint
from seewhy.index.segments import Segment, open_segment, verify_segment, write_segment

SEGMENTS, LOCK = "segments", "lock"

OPEN_ATTEMPTS = 20
"""A reader that finds a segment merged away under its hands reads the manifest again; a writer would have
to merge that often, each time within the few milliseconds of opening, to starve it."""


class SegmentStore:
    """What is on disk, as of the last commit or `catch_up`.

    Raises:
        LibraryCorrupt: the files are not what was written.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._manifest = manifest
        self._open: dict[SegmentEntry, Segment] = {}
        self._lock: int | None = None
        self._adopt(manifest)

    @classmethod
    def open(cls, folder: Path, fingerprint: Fingerprint) -> SegmentStore | None:
        """None where there is nothing.

        Raises:
            IndexMismatch: it was built with something else.
            LibraryCorrupt: the files are not what was written.
        """
        manifest = read_manifest(folder)
        if manifest is None:
            return None
        check_fingerprint(folder, manifest.fingerprint, fingerprint)
        return cls(folder, manifest)

    @classmethod
    def reset(cls, folder: Path, fingerprint: Fingerprint) -> SegmentStore:
        """An empty store, in place of any that stands there, even an unreadable one.

        Raises:
            LibraryBusy, LibraryReadOnly, OutOfSpace: it cannot be made.
        """
        with explained(folder):
            (folder / SEGMENTS).mkdir(parents=True, exist_ok=True)
            sync_folder(folder.parent)
            lock = _take_lock(folder)
            try:
                manifest = Manifest(fingerprint=fingerprint, generation=_last_generation(folder) + 1)
                write_manifest(folder, manifest)
                sweep(folder / SEGMENTS, [])
            finally:
                release_lock(lock)
        return cls(folder, manifest)

    @property
    def fingerprint(self) -> Fingerprint:
        return self._manifest.fingerprint

    @property
    def locked(self) -> bool:
        """True: this store is the one that writes."""
        return self._lock is not None

    def lock(self) -> None:
        """Become the one that writes, and catch up with those that did before.

        Raises:
            LibraryBusy: another one is writing.
            LibraryReadOnly: the folder cannot be written.
        """
        with explained(self._folder):
            self._lock = _take_lock(self._folder)
        try:
            self.catch_up()
        except BaseException:
            self.unlock()
            raise

    def unlock(self) -> None:
        if self._lock is not None:
            release_lock(self._lock)
            self._lock = None

    def catch_up(self) -> None:
        """Take the manifest that stands on disk now.

        Raises:
            IndexMismatch: the index was rebuilt with something else.
        """
        manifest = self._read_again()
        if manifest != self._manifest:
            self._adopt(manifest)

    def pieces(self, gone: Collection[str] = ()) -> list[Piece]:
        """All segments with what lives in them, when these ids live no more."""
        return [piece for _, piece in self._entries(gone)]

    def commit(self, fresh: Piece, gone: Collection[str]) -> None:
        """Write new videos and forget others, in one step; segments worth it are merged with the new one.
        The caller holds the lock. On an error nothing has changed, and it can be tried again.

        Raises:
            OutOfSpace, LibraryReadOnly: it cannot be written.
        """
        with explained(self._folder):
            self.sweep()  # what a crash left behind must not stand in the way
            entries = self._entries(gone)
            merged = set(to_merge([p.size for _, p in entries], [p.full_size for _, p in entries], fresh.size))
            segments = [
                SegmentEntry(name=entry.name, table=entry.table, dead=tuple(np.flatnonzero(~piece.live).tolist()))
                for position, (entry, piece) in enumerate(entries)
                if position not in merged
            ]
            parts = [entries[position][1].kept() for position in sorted(merged)] + [fresh.kept()]
            generation = self._manifest.generation + 1
            if any(part.keep for part in parts):
                name = f"{generation:08d}"
                table = write_segment(self._folder / SEGMENTS / name, parts, self.fingerprint.dimensions)
                segments.append(SegmentEntry(name=name, table=table))
            manifest = Manifest(fingerprint=self.fingerprint, generation=generation, segments=tuple(segments))
            write_manifest(self._folder, manifest)
            self._adopt(manifest)

    def sweep(self) -> None:
        """Remove what the manifest does not name: merged segments, and what a crash left half-written."""
        with explained(self._folder):
            sweep(self._folder / SEGMENTS, [entry.name for entry in self._manifest.segments])

    def verify(self) -> None:
        """Read every byte and compare it with what was written.

        Raises:
            LibraryCorrupt: something differs; names the file.
        """
        for entry in self._manifest.segments:
            verify_segment(self._folder / SEGMENTS / entry.name)

    def close(self) -> None:
        self._open = {}
        self.unlock()

    def _entries(self, gone: Collection[str]) -> list[tuple[SegmentEntry, Piece]]:
        entries = []
        for entry, segment in self._open.items():
            live = np.ones(len(segment.videos), np.bool_)
            live[list(entry.dead)] = False
            if gone:
                live &= np.array([video.id not in gone for video in segment.videos], np.bool_)
            entries.append((entry, Piece(segment, live)))
        return entries

    def _adopt(self, manifest: Manifest) -> None:
        """Take a manifest as the truth and open its segments; those already open stay so."""
        known = {(entry.name, entry.table): segment for entry, segment in self._open.items()}
        for _ in range(OPEN_ATTEMPTS):
            try:
                self._open = {
                    entry: known.get((entry.name, entry.table))
                    or open_segment(self._folder / SEGMENTS / entry.name, entry.table)
                    for entry in manifest.segments
                }
            except (FileNotFoundError, LibraryCorrupt) as error:
                newer = self._read_again()
                if newer == manifest:
                    if isinstance(error, LibraryCorrupt):
                        raise
                    raise LibraryCorrupt(f"{error.filename}: a file of the index is gone; {REBUILD}") from error
                manifest = newer  # a writer has merged segments away since
            else:
                self._manifest = manifest
                return
        raise LibraryBusy(f"the index in {self._folder} changes faster than it can be opened; try again later")

    def _read_again(self) -> Manifest:
        manifest = read_manifest(self._folder)
        if manifest is None:
            raise LibraryNotFound(f"the index in {self._folder} is gone; {REBUILD}")
        check_fingerprint(self._folder, manifest.fingerprint, self._manifest.fingerprint)
        return manifest


def _take_lock(folder: Path) -> int:
    busy = f"the index in {folder} is being changed by another process; wait until it has finished"
    return take_lock(folder / LOCK, busy, create=True)


def _last_generation(folder: Path) -> int:
    """The highest generation that has left a trace, so that no name is ever used twice."""
    names = [int(path.name) for path in (folder / SEGMENTS).iterdir() if path.name.isdecimal()]
    try:
        manifest = read_manifest(folder)
    except (LibraryCorrupt, IndexMismatch):
        manifest = None
    return max([0, *names, *([manifest.generation] if manifest else [])])
