"""The exact index: every component is compared with every condition, on disk, in one pass.

A folder with a manifest and segments (see `manifest`, `segments` and `store`). Adding writes a new
segment, deleting writes a tombstone, and both become true with one replacement of the manifest; small
and wasteful segments are merged on the way. Many may read while one writes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from seewhy.errors import LibraryNotFound, LibraryReadOnly
from seewhy.index.inputs import Gallery, checked_conditions, checked_video
from seewhy.index.manifest import LAYOUT
from seewhy.index.ranking import Piece, rank
from seewhy.index.seam import Fingerprint, SearchCondition, VideoMeta
from seewhy.index.segments import segment_in_memory
from seewhy.index.store import SegmentStore
from seewhy.models.text import Vectors
from seewhy.types.hit import Candidate
from seewhy.types.query import Aggregation, Filters
from seewhy.types.twin import Component


class ExactIndex:
    """A `ComponentIndex` in a folder. Open it with `open`.

    A writer sees its own changes at once; they are durable, and there for others, when `flush` returns,
    and lost if `close` comes first. Nothing but the lock is written before `flush`. The first change takes
    the folder's lock and catches up with the disk; `flush` and `close` release it.
    """

    format = LAYOUT
    """What a fingerprint's `format` says of this index."""

    def __init__(self, folder: Path, store: SegmentStore, read_only: bool) -> None:
        self._folder = folder
        self._store = store
        self._read_only = read_only
        self._staged: dict[str, tuple[tuple[Component, ...], Vectors, VideoMeta]] = {}
        self._gone: set[str] = set()
        """ids whose copy on disk no longer counts: deleted, or replaced by a staged one"""
        self._view: list[Piece] | None = None
        """what a search looks at; None: to be put together again"""

    @classmethod
    def open(
        cls, folder: Path, fingerprint: Fingerprint, *, create: bool = False, read_only: bool = False
    ) -> ExactIndex:
        """Open the index in a folder, or with `create` make an empty one where there is none.

        Raises:
            LibraryNotFound: there is none, and `create` was not asked for.
            IndexMismatch: it was built with something else; says what, and what to do.
            LibraryCorrupt: its files are not what was written.
            LibraryReadOnly: it is to be created, but the folder cannot be written.
        """
        store = SegmentStore.open(folder, fingerprint)
        if store is not None:
            return cls(folder, store, read_only)
        if create and not read_only:
            return cls.reset(folder, fingerprint)
        raise LibraryNotFound(
            f"{folder} holds no index; make it from the twins with 'seewhy index --rebuild' or Library.rebuild_index()"
        )

    @classmethod
    def reset(cls, folder: Path, fingerprint: Fingerprint) -> ExactIndex:
        """Put an empty index in a folder, in place of any that stands there, even an unreadable one.

        Raises:
            LibraryBusy: another process is changing it.
            LibraryReadOnly, OutOfSpace: it cannot be written.
        """
        return cls(folder, SegmentStore.reset(folder, fingerprint), read_only=False)

    @property
    def fingerprint(self) -> Fingerprint:
        return self._store.fingerprint

    def __len__(self) -> int:
        return sum(piece.count for piece in self._pieces())

    def videos(self, filters: Filters | None = None) -> frozenset[str]:
        gallery = Gallery(filters, ())
        return frozenset(video for piece in self._pieces() for video in piece.admitted(gallery).ids())

    def add(self, video: str, components: Sequence[Component], vectors: Vectors, meta: VideoMeta) -> None:
        """Add a video or replace it.

        Raises:
            ValueError: the vectors' shape is not (len(components), dimensions), or a value is not finite.
            LibraryBusy: another process is changing this index.
            LibraryReadOnly: it was opened to be read, or cannot be written.
        """
        own = checked_video(video, components, vectors, meta, self.fingerprint.dimensions)
        self._begin_change()
        self._staged[video] = (tuple(components), own, meta)
        self._gone.add(video)

    def delete(self, videos: Collection[str]) -> None:
        """Forget videos; unknown ids are ignored.

        Raises:
            LibraryBusy: another process is changing this index.
            LibraryReadOnly: it was opened to be read, or cannot be written.
        """
        self._begin_change()
        for video in videos:
            self._staged.pop(video, None)
            self._gone.add(video)

    def flush(self) -> None:
        """Make all changes durable and visible to others; on an error none of them is, and it can be called again.

        Raises:
            OutOfSpace: the disk is full.
            LibraryReadOnly: the folder cannot be written.
        """
        if not self._store.locked:
            return
        self._store.commit(self._staged_piece(), self._gone)
        self._forget_changes()
        self._store.sweep()
        self._store.unlock()

    def refresh(self) -> None:
        """See what a writer has flushed since. In the middle of a change of one's own there is nothing to see.

        Raises:
            IndexMismatch: the index was rebuilt with something else.
        """
        if not self._store.locked:
            self._store.catch_up()
            self._view = None

    def search(
        self,
        conditions: Sequence[SearchCondition],
        k: int,
        *,
        aggregation: Aggregation = "mean",
        filters: Filters | None = None,
        exclude: Collection[str] = (),
    ) -> list[Candidate]:
        """The best k videos, as `ComponentIndex.search` says; scores are exact in float64.

        Raises:
            ValueError: k < 1, or a condition that cannot be compared.
        """
        vectors = checked_conditions(conditions, k, self.fingerprint.dimensions)
        gallery = Gallery(filters, exclude)
        return rank([piece.admitted(gallery) for piece in self._pieces()], conditions, vectors, k, aggregation)

    def verify(self) -> None:
        """Read every byte of the index on disk and compare it with what was written.

        Raises:
            LibraryCorrupt: something differs; names the file.
        """
        self._store.verify()

    def close(self) -> None:
        """Let go of files and lock. Changes that were not flushed are gone."""
        self._forget_changes()
        self._store.close()

    def __enter__(self) -> ExactIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin_change(self) -> None:
        if self._read_only:
            raise LibraryReadOnly(f"the index in {self._folder} was opened to be read; open it without read_only")
        if not self._store.locked:
            self._store.lock()
        self._view = None

    def _forget_changes(self) -> None:
        self._staged.clear()
        self._gone.clear()
        self._view = None

    def _pieces(self) -> list[Piece]:
        if self._view is None:
            self._view = [*self._store.pieces(self._gone), *([self._staged_piece()] if self._staged else [])]
        return self._view

    def _staged_piece(self) -> Piece:
        staged = ((video, *rest) for video, rest in self._staged.items())
        segment = segment_in_memory(staged, self.fingerprint.dimensions)
        return Piece(segment, np.ones(len(segment.videos), np.bool_))
