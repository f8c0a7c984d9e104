"""The video that an edit starts from: one of the library, or any file.

::

    id, or name in the library ───────────╮
    file ─▶ content ─▶ in the library? yes ┴▶ its twin ──────────────────────────╮
                                    no ─────▶ perceive ─▶ describe, if anyone can ┴▶ REFERENCE

A file is known by its content: a video of the library is one under any name. A file that is not in it is looked at as
if it were indexed; nothing of that is written, but what a recording has to have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from threading import Lock

from seewhy.build import Build, Failed, Perceive, Probed, Work, by_profile
from seewhy.errors import QueryError, SeewhyError, TwinNotFound, VideoError, VideoNotFound
from seewhy.find import NO_URLS, is_url
from seewhy.keep import entered, mask_table
from seewhy.names import find_video
from seewhy.perceive.seams import VideoDescriber
from seewhy.reason.seams import Reference
from seewhy.recorded import Recording
from seewhy.reports import printable
from seewhy.settings import Settings
from seewhy.twin.catalog import Catalog
from seewhy.twin.catalog_rows import FileStat, VideoRow
from seewhy.twin.store import MemoryStore, TwinFiles, TwinStore, jpeg
from seewhy.types.twin import Twin
from seewhy.types.video import VideoFacts
from seewhy.video.clip import Clip
from seewhy.video.exact import FileClip
from seewhy.video.source import VideoSource

KEPT = 16
"""Videos outside the library that are remembered, so that another edit of one does not look at it again. Each is a twin
and its masks, some megabytes."""

THUMBNAIL_AT = 1.0
"""Second that is drawn of a reference that nothing else is known of: many videos begin with a black picture."""
THUMBNAIL_LINES = 180
"""Height of that picture in pixels; that of a twin is 320 wide."""

_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class _Seen:
    """What a video outside the library shows."""

    files: TwinFiles
    """as perceived"""
    twin: Twin
    """with what was said of it"""
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True)
class References:
    """Finds the references that users name. Many threads may ask at once."""

    catalog: Callable[[], Catalog]
    """opens the library's, for reading"""
    twins: TwinStore
    source: VideoSource
    settings: Settings
    describer: Callable[[], VideoDescriber | None] = lambda: None
    """gives who describes videos that are not in the library; None: nobody does"""
    recording: Callable[[], Recording | None] = lambda: None
    """gives what keeps, or has kept, what perception made of them"""
    perceive: Perceive = by_profile
    _seen: dict[str, Future[_Seen]] = field(default_factory=dict, init=False)
    """video outside the library → what it shows, there or in the making; the oldest first"""
    _lock: Lock = field(default_factory=Lock, init=False)
    _perceiving: Lock = field(default_factory=Lock, init=False)
    """one video at a time: perception itself uses all cores"""

    def find(self, named: Path | str) -> Reference:
        """
        Args:
            named: id of a video of the library, or path of a file, in the library or not; where there is no such file,
                also what else a video of the library is called by, see `seewhy.names`.

        Raises:
            QueryError: no video has this id, several are called so, or the one could not be indexed.
            VideoError: the file is not there, is no video, or nothing could be made of it.
            TwinNotFound, TwinCorrupt: the library's twin of it cannot be read.
            PluginError, SettingsError: nothing can be perceived as things are set.
        """
        if not str(named).strip():
            raise QueryError("an edit starts from a video; give a file, or the id of a video of the library")
        path = Path(os.path.abspath(named))  # noqa: PTH100 - keeps links, as the library does
        file = _stat(path)
        with self.catalog() as catalog:
            row = catalog.video(str(named))
            if row is not None:
                return self._of_library(row, catalog.paths(row.id))
            before, facts = catalog.file(path), None
            if before is not None and before.video is not None and (file is None or before.is_same(file)):
                video = before.video
            elif file is None:
                row = find_video(catalog, str(named))
                if row is None:
                    raise _unknown(str(named), path)
                return self._of_library(row, catalog.paths(row.id))
            else:
                facts = self.source.probe(path)
                video = facts.id
            row = catalog.video(video)
            if row is not None and (row.state == "committed" or file is None):
                return self._of_library(row, dict.fromkeys((str(path), *catalog.paths(video))))
        assert file is not None, "otherwise the library knows it, or nobody does"
        return self._outside(file, facts or self.source.probe(path))

    def thumbnail(self, video: str, paths: Sequence[str] = ()) -> bytes:
        """A JPEG of a video outside the library: of one that was a reference a short while ago, or else drawn from a
        file with its content.

        Args:
            paths: where it lay when it was the reference.

        Raises:
            TwinNotFound: it is not remembered, and no such file is there any more.
        """
        with self._lock:
            seen = self._seen.get(video)
        if seen is not None and seen.done():
            return seen.result().files.thumbnail
        for path in paths:
            drawn = self._drawn(video, Path(path))
            if drawn is not None:
                return drawn
        where = f"; it lay at {printable(', '.join(paths))}" if paths else ""
        raise TwinNotFound(f"video {video} is not in the library, and no file with its content is there{where}")

    def _drawn(self, video: str, path: Path) -> bytes | None:
        """From a file; None: it is gone, cannot be read, or is another video by now."""
        try:
            facts = self.source.probe(path)
            if facts.id != video:
                return None
            frames = self.source.frames(path, facts, rate=1 / THUMBNAIL_AT, lines=THUMBNAIL_LINES, max_frames=None)
            first, *later = islice(frames, 2)
        except VideoError:
            return None
        return jpeg((later or [first])[0].image)

    # Of the library

    def _of_library(self, row: VideoRow, paths: Sequence[str] | dict[str, None]) -> Reference:
        if row.state == "failed":
            raise QueryError(f"video {row.id} could not be indexed: {row.reason}; see 'seewhy index --retry-failed'")
        if row.state != "committed":
            raise QueryError(f"video {row.id} is not indexed yet; run 'seewhy index' with its file")
        twin = self.twins.load(row.id)
        there = [path for path in paths if Path(path).is_file()]
        return Reference(twin, self._clip(Path(there[0]), twin) if there else None, tuple(there) or tuple(paths))

    def _clip(self, path: Path, twin: Twin) -> Clip:
        return FileClip(self.source, path, twin.video, self.settings, twin.frames)

    # Not of the library

    def _outside(self, file: FileStat, facts: VideoFacts) -> Reference:
        seen = self._once(file, facts)
        return Reference(seen.twin, self._clip(file.path, seen.twin), (str(file.path),), seen.degraded)

    def _once(self, file: FileStat, facts: VideoFacts) -> _Seen:
        """What a video shows; looked at once, whoever asks for it meanwhile or later. What could not be described is
        tried again."""
        with self._lock:
            known = self._seen.get(facts.id)
            before = known.result() if known is not None and known.done() else None
            if known is not None and (before is None or not before.degraded):
                flight, mine = known, False
            else:
                flight, mine = Future[_Seen](), True
                self._seen[facts.id] = flight
        if mine:
            try:
                flight.set_result(self._described(file.path, before.files if before else self._perceived(file, facts)))
            except BaseException as error:
                with self._lock:
                    del self._seen[facts.id]
                flight.set_exception(error)
                raise
            self._forget_old()
        return flight.result()

    def _forget_old(self) -> None:
        with self._lock:
            done = [video for video, seen in self._seen.items() if seen.done()]
            for video in done[:-KEPT]:
                del self._seen[video]

    def _perceived(self, file: FileStat, facts: VideoFacts) -> TwinFiles:
        with self._perceiving:
            recording = self.recording()
            kept = recording.twin(facts.id) if recording is not None else None
            if kept is not None:
                return kept
            built = Work(self.source, self.settings, self.perceive)(Build(file, facts), lambda _: None)
            assert not isinstance(built, Probed), "a video that is built has been probed"
            if isinstance(built, Failed):
                raise VideoError(file.path, built.reason)
            if recording is not None:
                recording.keep(built.files)
            return built.files

    def _described(self, path: Path, files: TwinFiles) -> _Seen:
        twin = files.parse()
        describer = self.describer()
        if describer is None:
            return _Seen(files, twin)
        masks = mask_table(MemoryStore({files.video: files}), files.video)
        try:
            findings = describer.describe(twin, masks, self._clip(path, twin))
        except SeewhyError as error:  # then the twin is what perception made it, and the answer says so
            return _Seen(files, twin, (f"the reference was not described: {type(error).__name__}: {error}",))
        described, _ = entered(twin, masks, findings)
        return _Seen(files, described, tuple(f"reference: {note}" for note in findings.degraded))


def _stat(path: Path) -> FileStat | None:
    """None: nothing can be seen there.

    Raises:
        VideoNotFound: no catalog can know such a name.
    """
    try:
        str(path).encode()
        return FileStat.of(path)
    except UnicodeEncodeError as error:
        raise VideoNotFound(path, "its name is not valid UTF-8; rename the file") from error
    except (OSError, ValueError):
        return None


def _unknown(named: str, path: Path) -> QueryError | VideoNotFound:
    if _ID.fullmatch(named):
        return QueryError(f"no video {named!r} in the library; 'seewhy videos' lists them")
    if is_url(named):
        return QueryError(f"{named}: {NO_URLS}")
    return VideoNotFound(path, "there is no such file, nor a video of the library with this id or name; check the name")
