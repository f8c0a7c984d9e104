"""Looking into a library: its videos, their twins and masks, and what is needed to draw them. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seewhy.errors import TwinNotFound
from seewhy.names import known_video
from seewhy.parts import Parts
from seewhy.settings import Settings
from seewhy.twin.folder import LibraryFolder
from seewhy.types.hit import Hit
from seewhy.types.twin import Twin

if TYPE_CHECKING:
    from seewhy.models.language import LanguageModel
    from seewhy.render.stills import Footage
    from seewhy.twin.masks_file import MaskTable


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """A video, or a file that could not become one, as the catalog knows it."""

    id: str | None
    """None: the file could not even be probed"""
    state: str
    paths: tuple[str, ...]
    duration: float | None
    """seconds"""
    date: str | None
    categories: tuple[str, ...]
    reason: str | None
    error: str | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def line(self) -> str:
        from seewhy.reports import printable

        length = f"{self.duration:7.1f} s" if self.duration is not None else "        -"
        where = printable(", ".join(self.paths)) or "(no file has this content any more)"
        return f"{self.id or '-':32} {self.state:9} {length}  {where}" + (
            f"  {printable(self.reason)}" if self.reason else ""
        )


class Looking:
    """What can be seen of a library without asking it anything; `Library` is one."""

    def __init__(self, folder: LibraryFolder, settings: Settings, model: LanguageModel | None = None) -> None:
        """
        Args:
            model: a language model that is asked instead of the settings' endpoint; None: that one.
        """
        self._folder = folder
        self.settings = settings
        self._parts = Parts(folder, settings, model)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user has to know of the work so far: that replies of models are not kept, and why."""
        return self._parts.notes

    @property
    def path(self) -> Path:
        return self._folder.path

    def videos(self) -> list[VideoEntry]:
        """Every video, and every file that could not become one, in order of path."""
        with self._folder.catalog() as catalog:
            entries = [
                VideoEntry(row.id, row.state, catalog.paths(row.id), row.duration, row.date, row.categories,
                           row.reason, row.error)
                for row in catalog.videos()
            ]  # fmt: skip
            entries += [
                VideoEntry(None, row.state, (row.path,), None, None, (), row.reason, row.error)
                for row in catalog.files()
                if row.video is None
            ]
        return sorted(entries, key=lambda entry: (entry.paths, entry.id or ""))

    def video_id(self, named: str) -> str:
        """The id of a video, in whatever state, of which `named` is the id, a path, the beginning of the id, or the
        name of the file.

        Raises:
            QueryError: none is called so, or several are; lists these.
        """
        with self._parts.reading() as catalog:
            return known_video(catalog, named).id

    def footage(self, hit: Hit) -> Footage:
        """All that is needed to draw a hit: its twin, its masks and a file with its pictures.

        Raises:
            VideoNotFound: the file is gone. TwinNotFound, TwinCorrupt: see each.
        """
        from seewhy.render.stills import Footage

        return Footage(self.twin(hit.video), self.masks(hit.video), self.video_path(hit.video), self._parts.source)

    def twin(self, video: str) -> Twin:
        """
        Raises:
            TwinNotFound: the library does not know it, or the twin's files are gone; the message says which.
            TwinCorrupt: they are damaged.
        """
        with self._knowing(video):
            return self._folder.store.load(video)

    def masks(self, video: str) -> MaskTable:
        """Decoded frame index → track id → mask.

        Raises:
            TwinNotFound, TwinCorrupt: as for `twin`.
        """
        from seewhy.keep import mask_table

        with self._knowing(video):
            return mask_table(self._folder.store, video)

    @contextmanager
    def _knowing(self, video: str) -> Iterator[None]:
        """Of a video that the library does not know, a missing twin is no damage that indexing again would mend."""
        try:
            yield
        except TwinNotFound as error:
            with self._parts.reading() as catalog:
                if catalog.video(video) is not None:
                    raise
            raise TwinNotFound(
                f"video {video!r} is not in {self.path}: it was removed, or the answer is another library's; "
                "index the video's file there, and ask again"
            ) from error

    def thumbnail(self, video: str, paths: Sequence[str] = ()) -> bytes:
        """A JPEG: of a video of the library, or of another one that was a reference.

        Args:
            paths: where a video outside the library lay.

        Raises:
            TwinNotFound: there is neither a twin nor a file of it.
        """
        try:
            return self._folder.store.thumbnail(video)
        except TwinNotFound:
            return self._parts.references.thumbnail(video, paths)

    def video_path(self, video: str) -> Path:
        """A file with this content that is there now.

        Raises:
            VideoNotFound: none of the paths the library knows exists any more.
        """
        return self._parts.path_of(video)
