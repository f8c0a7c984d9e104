"""What lies under a library's work, made when first needed: encoder, index, catalog, and the videos' files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.errors import LibraryBusy, LibraryReadOnly, OutOfSpace, VideoNotFound
from seewhy.index.seam import ComponentIndex, Fingerprint
from seewhy.models import registry
from seewhy.settings import Settings
from seewhy.twin.catalog import Catalog
from seewhy.twin.folder import CATALOG_FILE, LibraryFolder
from seewhy.twin.recalling import RecallingStore
from seewhy.types.twin import TWIN_SCHEMA

if TYPE_CHECKING:
    from seewhy.index.exact import ExactIndex
    from seewhy.models.text import TextEncoder
    from seewhy.refine import Found
    from seewhy.video.clip import Clip
    from seewhy.video.source import VideoSource

KEEP_SECONDS = 2.0
"""How long what refinement found waits for another process to be done writing: another search is done well within it,
a process that indexes may take hours."""
KEEP_PAUSE = 0.05
"""Seconds between two looks whether it is."""


class Ground:
    """What one library stands on, as the settings choose it; `Parts` adds who thinks."""

    def __init__(self, folder: LibraryFolder, settings: Settings) -> None:
        self.folder, self.settings = folder, settings

    def close(self) -> None:
        """Let go of the index. It is opened anew when it is needed."""
        for name in ("index", "writable_index"):
            self._drop(name)

    def _drop(self, name: str) -> None:
        """Close a part that was made, so that it is made anew when it is needed."""
        part = self.__dict__.pop(name, None)
        if part is not None:
            part.close()

    @cached_property
    def encoder(self) -> TextEncoder:
        return encoder_of(self.settings)

    @cached_property
    def recalling(self) -> TextEncoder:
        """The encoder of questions, which have many sentences in common."""
        from seewhy.models.recalling import RecallingEncoder

        return RecallingEncoder(self.encoder)

    @cached_property
    def twins(self) -> RecallingStore:
        """The twins that questions are about, each read once; what changes them, and adds others, has a store of its
        own."""
        return RecallingStore(self.folder.store.root)

    @cached_property
    def source(self) -> VideoSource:
        from seewhy.video.pyav import PyAvSource

        return PyAvSource(max_pixels=self.settings.video.max_pixels)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the index has to be built with."""
        encoder = self.encoder
        return Fingerprint(
            encoder=encoder.name, dimensions=encoder.dimensions, twin=TWIN_SCHEMA, format=self.index_type.format
        )

    @property
    def index_type(self) -> type[ExactIndex]:
        kind: type[ExactIndex] = registry.load(registry.INDEXES, self.settings.index.name)
        return kind

    @cached_property
    def index(self) -> ComponentIndex:
        """For searching: changes nothing."""
        index: ComponentIndex = self.index_type.open(self.folder.index_path, self.fingerprint, read_only=True)
        return index

    @cached_property
    def writable_index(self) -> ComponentIndex:
        return self.index_type.open(self.folder.index_path, self.fingerprint, create=True)

    def reading(self) -> Catalog:
        """A catalog that nothing is written to; close it."""
        return Catalog.open(self.folder.path / CATALOG_FILE, read_only=True)

    def path_of(self, video: str) -> Path:
        """A file with this content that is there now.

        Raises:
            VideoNotFound: none of the paths the library knows exists any more.
        """
        with self.reading() as catalog:
            paths = catalog.paths(video)
        for path in paths:
            if Path(path).is_file():
                return Path(path)
        raise VideoNotFound(paths[0] if paths else video, "the file is gone; index it again where it lies now")

    def clip(self, video: str) -> Clip:
        """The video, to be looked at again.

        Raises:
            VideoNotFound: its file is gone. TwinNotFound, TwinCorrupt: see each.
        """
        from seewhy.video.exact import FileClip

        twin = self.folder.store.load(video)
        return FileClip(self.source, self.path_of(video), twin.video, self.settings, twin.frames)

    def committed(self) -> frozenset[str]:
        with self.reading() as catalog:
            return catalog.committed()

    def keep(self, found: Mapping[str, Found]) -> str | None:
        """Write what refinement found, for every later question.

        Returns:
            why it could not be written; None: it was.
        """
        from seewhy.keep import Keeper

        until = time.monotonic() + KEEP_SECONDS
        while True:
            try:
                with self.folder.writing(), self.folder.catalog() as catalog:
                    keeper = Keeper.of(self.folder, catalog, self.writable_index, self.encoder)
                    keeper.reconcile()
                    committed = catalog.committed()
                    for video, findings in sorted(found.items()):
                        if video in committed:  # still: another process may have removed it meanwhile
                            keeper.enter(video, findings)
                    keeper.flush()
            except LibraryBusy as error:
                if time.monotonic() >= until:
                    return str(error)
                time.sleep(KEEP_PAUSE)
            except (LibraryReadOnly, OutOfSpace) as error:
                self._drop("writable_index")  # with its lock, and what was not flushed: `reconcile` makes that good
                return str(error)
            else:
                return None


def encoder_of(settings: Settings) -> TextEncoder:
    """The text encoder that the settings name."""
    make = registry.load(registry.ENCODERS, settings.encoder.name)
    encoder: TextEncoder = make(threads=settings.encoder.threads)
    return encoder
