"""Flow 1: videos → twins → components → index.

::

    files ─▶ probe ─▶ perceive ─▶ derive ─▶ components ─▶ keep twin ─▶ commit ─▶ encode ─▶ INDEX ─▶ describe
            ╰────────── in parallel, see `build` ──────╯ ╰─ here, one by one, see `keep` ─╯   see `enrich`

Only this process writes. A video is committed when the catalog says so, in one transaction, after its twin
is safely on disk; the index follows and can always be made again from the twins. So the process may be
killed anywhere: what was committed stays, what was not is invisible, and the next run goes on. Where there is a
vision-language model, it then looks at every video that it has not described yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from threading import Event

from seewhy.build import Build, Built, Failed, Perceive, Probe, Probed, UntilOver, Work, by_profile, categories
from seewhy.enrich import Enriching
from seewhy.errors import PerceptionError, TwinError, VideoNotFound
from seewhy.find import NO_URLS, find_videos, is_url
from seewhy.index.seam import ComponentIndex
from seewhy.keep import Keeper
from seewhy.models.text import TextEncoder
from seewhy.perceive.specialists import needs_models, specialists_for
from seewhy.recorded import Recording
from seewhy.reports import FileReport, IngestReport, NoProgress, Progress
from seewhy.settings import Settings
from seewhy.threads import Threads
from seewhy.twin.catalog_rows import FileStat
from seewhy.twin.folder import LibraryFolder
from seewhy.twin.sentences import components
from seewhy.types.twin import Twin
from seewhy.video.source import VideoSource
from seewhy.workers import Died, Inline, Pool, usable_cores

__all__ = ["FileReport", "IngestReport", "Perceive", "Progress", "ingest", "reconcile"]

Processes = (
    Inline[Probe | Build, Probed | Built | Failed]
    | Threads[Probe | Build, Probed | Built | Failed]
    | Pool[Probe | Build, Probed | Built | Failed]
)

IsOutdated = Callable[[Path, Twin], bool]
"""Whether a file, whose video has a twin, needs another one."""


def ingest(
    folder: LibraryFolder,
    paths: Sequence[Path],
    settings: Settings,
    *,
    index: ComponentIndex,
    encoder: TextEncoder,
    source: VideoSource,
    workers: int = 0,
    progress: Progress | None = None,
    retry_failed: bool = False,
    perceive: Perceive = by_profile,
    enriching: Enriching | None = None,
    recording: Recording | None = None,
    is_outdated: IsOutdated | None = None,
) -> IngestReport:
    """Bring files into a library. Files that are in it already, and have not changed, cost next to nothing.

    Args:
        folder: the library, opened for writing.
        paths: files, or folders that are searched for videos.
        index: of the library, opened for writing.
        source: reads the videos; travels to other processes, like `perceive`.
        workers: processes; 0: one per core; 1: none, everything runs in this one. Where models on this machine are
            in use, `local.videos` threads of this process take their place, so that each model is loaded once.
        progress: is told how it goes.
        retry_failed: try again what failed and has not changed since, and check every twin bit by bit.
        enriching: describes videos once they are in the library; None: nobody does.
        recording: keeps what perception made, or gives it instead of perceiving.
        is_outdated: which videos of the library are perceived anew; the twin that one has stays until the new one
            takes its place, also where perceiving fails. None: a twin that is there is the one that is wanted.

    Raises:
        LibraryBusy, LibraryReadOnly, OutOfSpace, LibraryCorrupt: see each; what was committed before stays.
        PluginError: a specialist that the settings name does not load, or its weights are not here.
    """
    began = time.perf_counter()
    with folder.writing(), folder.catalog(create=True) as catalog:
        catalog.check()
        keeper = Keeper.of(folder, catalog, index, encoder)
        run = _Ingest(keeper, progress or NoProgress(), recording, is_outdated)
        keeper.store.sweep()
        keeper.reconcile()
        files = find_videos(paths)
        run.progress.started(len(files))
        new = run.choose(files, retry_failed)
        if new and perceive is by_profile and recording is None and needs_models(settings):
            specialists_for(settings)  # weights that are missing are found missing now, and not after an hour
        try:
            with _processes(Work(source, settings, perceive), workers, len(new)) as processes:
                run.build(processes, run.probe(processes, new))
        finally:  # also when interrupted: what is committed is to be found at once
            keeper.flush()
        described, calls = enriching.describe(keeper, run.progress) if enriching is not None else ((), ())
    reports = tuple(sorted(run.reports, key=lambda report: report.path))
    return IngestReport(reports, time.perf_counter() - began, described, calls)


def reconcile(folder: LibraryFolder, *, index: ComponentIndex, encoder: TextEncoder) -> None:
    """Make the index say what the catalog says: committed videos that it lacks are encoded from their twins,
    others are deleted. Does nothing where nothing is amiss; `ingest` begins with it.

    Raises:
        LibraryBusy, LibraryReadOnly, OutOfSpace, LibraryCorrupt: see each.
    """
    with folder.writing(), folder.catalog() as catalog:
        Keeper.of(folder, catalog, index, encoder).reconcile()


class _Ingest:
    """One run over files."""

    def __init__(
        self, keeper: Keeper, progress: Progress, recording: Recording | None, is_outdated: IsOutdated | None
    ) -> None:
        self.keeper, self.store, self.catalog = keeper, keeper.store, keeper.catalog
        self.progress, self.recording, self.is_outdated = progress, recording, is_outdated
        self.reports: list[FileReport] = []
        self._same: dict[str, list[FileStat]] = {}
        """video that is being built → files after the first that have its content"""

    # files → those that have to be looked at

    def choose(self, files: Sequence[Path], retry_failed: bool) -> list[FileStat]:
        known = {row.path: row for row in self.catalog.files()}
        is_whole = cache(partial(self._is_whole, every_bit=retry_failed))
        new: list[FileStat] = []
        for path in files:
            if (file := self._look(path)) is None:
                continue
            row = known.get(str(path))
            if row is None or not row.is_same(file):
                new.append(file)
            elif row.state == "failed" and not retry_failed:
                self._report(FileReport(path, row.video, "failed", row.reason, row.error))
            elif row.state == "committed" and row.video and is_whole(row.video) and self._stays(path, row.video):
                self._report(FileReport(path, row.video, "unchanged"))
            else:
                new.append(file)
        self.keeper.flush()
        return new

    def _look(self, path: Path) -> FileStat | None:
        try:
            str(path).encode()
            return FileStat.of(path)
        except UnicodeEncodeError:
            reason = "its name is not valid UTF-8; rename the file"
        except (OSError, ValueError) as error:
            what = NO_URLS if is_url(path) else "check the name"
            reason = f"nothing can be read at this path ({error}); {what}"
        self._report(FileReport(path, None, "failed", reason, VideoNotFound.__name__))
        return None

    def _is_whole(self, video: str, *, every_bit: bool) -> bool:
        """Whether a committed twin is on disk as it was committed. If not, the video is withdrawn: out of
        sight, and out of the index, until it has been built again."""
        row = self.catalog.video(video)
        assert row is not None
        try:
            if self.store.size(video) == row.twin_bytes and (
                not every_bit or self.store.read(video).digest == row.twin_sha256
            ):
                return True
            reason = f"the twin of {video} is not the one that was committed"
        except TwinError as error:
            reason = str(error)
        self.keeper.withdraw(video, reason)
        return False

    def _stays(self, path: Path, video: str) -> bool:
        """Whether a committed video has the twin that is wanted; one that cannot be read is withdrawn."""
        try:
            return self.is_outdated is None or not self.is_outdated(path, self.store.load(video))
        except TwinError as error:
            self.keeper.withdraw(video, str(error))
            return False

    # files → facts

    def probe(self, processes: Processes, new: Sequence[FileStat]) -> list[Build]:
        """What has to be built. Of files with one content the first, by path, stands for all."""
        before = {file.path: self.catalog.file(file.path) for file in new}
        self.catalog.queue(new)
        found: dict[FileStat, Probed] = {}
        for task, outcome in processes.run([Probe(file) for file in new], self._stage):
            match outcome:
                case Probed():
                    found[task.file] = outcome
                case Failed() | Died():
                    failure = _failed(outcome)
                    self.catalog.fail_file(task.file.path, reason=failure.reason, error=failure.error)
                    self._report_failure(task.file, None, failure)
        probed = [(file, found[file]) for file in new if file in found]
        self.catalog.probed([(file, result.facts, result.date) for file, result in probed])
        builds: list[Build] = []
        for file, result in probed:
            video = result.facts.id
            if video in self._same:
                self._same[video].append(file)
            elif self._is_committed(video) and self._stays(file.path, video):
                touched = (row := before[file.path]) is not None and row.video == video
                self._report(FileReport(file.path, video, "unchanged" if touched else "duplicate"))
            elif self._is_committed(video) or not (self._from_recording(file, video) or self._take_over(file, video)):
                self._same[video] = []
                builds.append(Build(file, result.facts))
        self.keeper.flush()
        return builds

    def _is_committed(self, video: str) -> bool:
        row = self.catalog.video(video)
        return row is not None and row.state == "committed" and self._is_whole(video, every_bit=False)

    def _take_over(self, file: FileStat, video: str) -> bool:
        """Commit a twin that lies on disk whole but uncommitted: the process died just before the commit, or
        the catalog was lost."""
        try:
            files = self.store.read(video)
            twin = files.parse()
        except TwinError:
            return False  # nothing there, or nothing whole: it is built, and put in its place
        row = self.catalog.video(video)
        if row is not None and row.twin_sha256 not in (None, files.digest):
            return False  # withdrawn, because it is not what was committed
        if self.is_outdated is not None and self.is_outdated(file.path, twin):
            return False
        self.keeper.commit(files, categories(twin), components(twin))
        self._report(FileReport(file.path, video, "committed"))
        return True

    def _from_recording(self, file: FileStat, video: str) -> bool:
        """Commit what perception made of a video when the recording was made, instead of perceiving it again."""
        files = self.recording.twin(video) if self.recording is not None else None
        if files is None:
            return False
        twin = files.parse()
        self.store.put(files)
        self.keeper.commit(files, categories(twin), components(twin))
        self._report(FileReport(file.path, video, "committed"))
        return True

    # facts → twin → commit

    def build(self, processes: Processes, builds: Sequence[Build]) -> None:
        for task, outcome in processes.run(self._attempts(builds), self._stage):
            assert isinstance(task, Build)
            video = task.facts.id
            match outcome:
                case Built():
                    self._stage(task, "commit")
                    self._keep(outcome)
                    self._report(FileReport(task.file.path, video, "committed", seconds=outcome.seconds))
                    for file in self._same[video]:
                        self._report(FileReport(file.path, video, "duplicate"))
                case Failed() | Died():
                    failure = _failed(outcome)
                    self._note_failure(video, failure)
                    for file in (task.file, *self._same[video]):
                        self._report_failure(file, video, failure)

    def _attempts(self, builds: Sequence[Build]) -> Iterator[Build]:
        for build in builds:  # asked for one by one, when a process is free for it
            if not self._is_committed(build.facts.id):
                self.catalog.attempt(build.facts.id)
            yield build

    def _keep(self, built: Built) -> None:
        if self._is_committed(built.files.video):
            self.keeper.replace(built.files, built.categories, built.components)
            return
        self.catalog.perceived(built.files.video)
        self.store.put(built.files)
        if self.recording is not None:
            self.recording.keep(built.files)
        self.keeper.commit(built.files, built.categories, built.components)

    def _note_failure(self, video: str, failure: Failed) -> None:
        """A video that has a twin keeps it; another perception than the usual one says nothing against the usual."""
        if self.is_outdated is None:
            self.catalog.fail_video(video, reason=failure.reason, error=failure.error)
        elif not self._is_committed(video):
            self.catalog.withdraw(video, reason=failure.reason)

    # Telling

    def _stage(self, task: Probe | Build, stage: str) -> None:
        self.progress.stage(task.file.path, stage)

    def _report(self, report: FileReport) -> None:
        self.reports.append(report)
        self.progress.file(report)

    def _report_failure(self, file: FileStat, video: str | None, failure: Failed) -> None:
        self._report(FileReport(file.path, video, "failed", failure.reason, failure.error, failure.seconds))


def _failed(outcome: Failed | Died) -> Failed:
    return outcome if isinstance(outcome, Failed) else Failed(outcome.reason, PerceptionError.__name__)


def _processes(work: Work, workers: int, tasks: int) -> Processes:
    if workers == 1 or tasks == 0:
        return Inline(work)
    if not needs_models(work.settings):
        return Pool(work, min(workers or usable_cores(), tasks))
    over = Event()
    return Threads(replace(work, source=UntilOver(work.source, over)), min(work.settings.local.videos, tasks), over)
