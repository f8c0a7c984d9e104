"""Twins that were read lately need not be read again: the candidates of one question are those of the next."""

from __future__ import annotations

from pathlib import Path

from seewhy.recent import Roomy
from seewhy.twin.store import TWIN_FILE, FolderStore
from seewhy.types.twin import Twin

ROOM = 16 << 20
"""Bytes of JSON whose twins are remembered: those of four hundred short clips. In memory they take eight times that."""

File = tuple[int, int, int]
"""Which file it is: inode, time of its last change in ns, bytes. Twins are replaced by new files, not written over."""


class RecallingStore(FolderStore):
    """A `FolderStore` that gives a twin it has read before, as long as its file is the same. Threads may share it.

    Args:
        room: bytes of the twins' files that are remembered, the latest used ones.
    """

    def __init__(self, root: Path, room: int = ROOM) -> None:
        super().__init__(root)
        self._known: Roomy[str, tuple[File, Twin]] = Roomy(room)

    def load(self, video: str) -> Twin:
        file = self._file(video)
        known = self._known.get(video)
        if known is not None and known[0] == file:
            return known[1]
        twin = super().load(video)
        if file is not None and file == self._file(video):  # else it was replaced meanwhile
            self._known.put(video, (file, twin), file[2])
        return twin

    def _file(self, video: str) -> File | None:
        """None: it is not there, or is being replaced."""
        try:
            found = (self._folder(video) / TWIN_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
