"""Keeping twins: the one place where twins, catalog and index change.

A twin goes to disk first, then the catalog says in one transaction that it is there, then the index follows, which
can always be made again from the twins. So the process may be killed between any two steps: what was committed stays,
what was not is invisible, and `Keeper.reconcile` finishes or forgets what was under way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from seewhy.build import categories
from seewhy.errors import SeewhyError, TwinError
from seewhy.index.seam import ComponentIndex, VideoMeta
from seewhy.models.text import TextEncoder
from seewhy.perceive.entering import enter
from seewhy.perceive.findings import Findings
from seewhy.twin.catalog import Catalog
from seewhy.twin.catalog_rows import VideoRow
from seewhy.twin.derive import derive
from seewhy.twin.folder import LibraryFolder
from seewhy.twin.masks_file import MaskTable
from seewhy.twin.sentences import components
from seewhy.twin.store import FolderStore, TwinFiles, TwinStore
from seewhy.types.masks import Rle
from seewhy.types.twin import Component, Refined, Twin

FLUSH_EVERY = 16
"""Videos after which the index is made durable and visible. A flush costs a few file syncs; what it had not
reached when the process died is encoded again, at about half a second a video."""


def mask_table(store: TwinStore, video: str) -> dict[int, dict[int, Rle]]:
    """All masks of a video: decoded frame index → track id → mask.

    Raises:
        TwinNotFound, TwinCorrupt: see each.
    """
    table: dict[int, dict[int, Rle]] = {}
    for frame, track, mask in store.masks(video):
        table.setdefault(frame, {})[track] = mask
    return table


def entered(
    twin: Twin, masks: MaskTable, findings: Findings, refined: Sequence[Refined] = ()
) -> tuple[Twin, dict[int, dict[int, Rle]]]:
    """The twin with what was found in it, derived anew, and all its masks.

    Args:
        refined: the steps of refinement that found it; they are remembered in the twin.
    """
    changed, table = enter(twin, masks, findings)
    if refined:
        changed = changed.model_copy(update={"refinements": (*changed.refinements, *refined)})
    return derive(changed), table


class Keeper:
    """Writes to a library. Make it within `LibraryFolder.writing`; call `flush` before that ends."""

    def __init__(self, store: FolderStore, catalog: Catalog, index: ComponentIndex, encoder: TextEncoder) -> None:
        self.store, self.catalog, self.index, self.encoder = store, catalog, index, encoder
        self._unflushed = 0
        self._replaced: list[str] = []
        self._pending: dict[str, Sequence[Component]] = {}
        """committed, and not in the index yet: one at a time, more than none where an interrupt came between"""

    @classmethod
    def of(cls, folder: LibraryFolder, catalog: Catalog, index: ComponentIndex, encoder: TextEncoder) -> Self:
        return cls(folder.store, catalog, index, encoder)

    # The index follows the catalog

    def reconcile(self) -> None:
        """Make disk, catalog and index agree after whatever happened to the writer before."""
        self.index.refresh()
        for row in self.catalog.videos("committed"):
            if row.next_sha256 is not None:
                self._settle(row)
        rows = self.catalog.videos("committed")
        committed = {row.id for row in rows}
        stale = {row.id for row in rows if row.reindex}
        indexed = self.index.videos()
        if indexed - committed:
            self.forget(sorted(indexed - committed))
        for video in sorted((committed - indexed) | stale):
            try:
                twin = self.store.load(video)
            except TwinError as error:
                self.catalog.withdraw(video, reason=str(error))
            else:
                self._add(video, components(twin))
                if video in stale:
                    self._replaced.append(video)
        self.flush()

    def _settle(self, row: VideoRow) -> None:
        """A twin was announced, and the process died: it is there, or it is not."""
        try:
            files = self.store.read(row.id)
            twin = files.parse() if files.digest == row.next_sha256 else None
        except TwinError as error:
            self.withdraw(row.id, str(error))
            return
        if twin is not None:
            self.catalog.commit(
                row.id, categories=categories(twin), twin_sha256=files.digest, twin_bytes=files.size, reindex=True
            )
        elif files.digest == row.twin_sha256:
            self.catalog.stays(row.id)
        else:
            self.withdraw(row.id, f"the twin of {row.id} is not the one that was committed")

    def flush(self) -> None:
        """Make the index durable and visible."""
        for video, sentences in tuple(self._pending.items()):
            row = self.catalog.video(video)
            if row is not None and row.state == "committed":
                self._index(video, sentences)
        if self._unflushed:
            self.index.flush()
            self._unflushed = 0
        if self._replaced:
            self.catalog.indexed(self._replaced)
            self._replaced = []

    def forget(self, videos: Sequence[str]) -> None:
        """Take videos out of the index."""
        self.index.delete(videos)
        self._unflushed += 1

    def withdraw(self, video: str, reason: str) -> None:
        """A video is out of sight, and out of the index, until it has been built again."""
        self.catalog.withdraw(video, reason=reason)
        self.forget([video])

    def _add(self, video: str, sentences: Sequence[Component]) -> None:
        self._index(video, sentences)
        if self._unflushed >= FLUSH_EVERY:
            self.flush()

    def _index(self, video: str, sentences: Sequence[Component]) -> None:
        row = self.catalog.video(video)
        assert row is not None, "only committed videos are indexed"
        vectors = self.encoder.encode([component.text for component in sentences])
        self._unflushed += 1
        self.index.add(
            video, sentences, vectors, VideoMeta(duration=row.duration, date=row.date, categories=row.categories)
        )
        self._pending.pop(video, None)

    # Twins

    def commit(self, files: TwinFiles, names: Sequence[str], sentences: Sequence[Component]) -> None:
        """A twin that is on disk is to be seen from now on."""
        self._pending[files.video] = sentences
        self.catalog.commit(files.video, categories=names, twin_sha256=files.digest, twin_bytes=files.size)
        self._add(files.video, sentences)

    def replace(
        self, files: TwinFiles, names: Sequence[str], sentences: Sequence[Component], described: str | None = None
    ) -> None:
        """Put a twin in the place of a committed one, which is to be seen until the new one is.

        Args:
            described: the describer that has looked at all of the video.

        Raises:
            OutOfSpace, LibraryReadOnly: the twin is what it was.
        """
        video = files.video
        self.catalog.announce(video, twin_sha256=files.digest, twin_bytes=files.size)
        try:
            self.store.put(files)
        except SeewhyError:
            self.catalog.stays(video)
            raise
        self._pending[video] = sentences
        self.catalog.commit(
            video,
            categories=names,
            twin_sha256=files.digest,
            twin_bytes=files.size,
            described=described,
            reindex=True,
        )
        self._replaced.append(video)
        self._add(video, sentences)

    def enter(
        self, video: str, findings: Sequence[tuple[Findings, Sequence[Refined]]], described: str | None = None
    ) -> Twin:
        """Write what was found in a video into its twin, for every later question.

        Args:
            findings: each with the steps of refinement that found it.
            described: the describer that has now looked at all of the video; None: as it was.

        Returns:
            the twin as it is now.

        Raises:
            TwinError: the twin cannot be read.
            OutOfSpace, LibraryReadOnly: the twin is what it was.
        """
        row = self.catalog.video(video)
        assert row is not None, "only videos of the library are looked at"
        twin, masks = self.store.load(video), mask_table(self.store, video)
        for found, refined in findings:
            twin, masks = entered(twin, masks, found, refined)
        files = self.store.read(video).with_twin(twin, masks)
        self.replace(files, categories(twin), components(twin), described or row.described)
        return twin
