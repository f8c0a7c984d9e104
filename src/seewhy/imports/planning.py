"""Before anything is imported: annotations are read and checked once, and each is matched with its video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seewhy.errors import AnnotationError
from seewhy.find import find_videos
from seewhy.imports.davis import pictures
from seewhy.imports.formats import FORMATS, Format, Origin, origins
from seewhy.imports.matching import named
from seewhy.imports.perceiving import Job
from seewhy.imports.pictures import written
from seewhy.imports.report import Unmatched


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be imported."""

    jobs: dict[Path, Job]
    """video → its annotation"""
    unmatched: tuple[Unmatched, ...]
    unannotated: tuple[Path, ...]


def format_of(name: str) -> Format | None:
    """A format by its name; ``auto``: None.

    Raises:
        AnnotationError: there is no such format.
    """
    if name == "auto":
        return None
    for known in FORMATS:
        if known == name:
            return known
    raise AnnotationError(f"unknown format {name!r}; there are auto, {', '.join(FORMATS)}")


def plan(
    annotations: Sequence[Path],
    videos: Sequence[Path],
    kind: Format | None,
    write_videos: Path | None,
) -> Plan:
    """Read all annotations, one file at a time, and find the video of each.

    One annotated video and one video file that is named belong together, whatever they are called.

    Args:
        annotations: files and folders.
        videos: files, and folders that are searched for videos.
        kind: of all annotations; None: by what each file holds.
        write_videos: where videos of DAVIS sequences that have none are written; None: nowhere.

    Raises:
        OutOfSpace, LibraryReadOnly: `write_videos` cannot be written.
    """
    found = find_videos(videos)
    jobs: list[tuple[Job, Path | None]] = []
    unmatched: list[Unmatched] = []
    for origin in _origins(annotations, kind, unmatched.append):
        try:
            jobs += [
                (Job(origin, one.video, one.digest), origin.path if _is_sequence(origin) else None)
                for one in origin.read()
            ]
        except AnnotationError as error:
            unmatched.append(Unmatched(origin.path, None, str(error)))
    alone = len(jobs) == 1 and len(videos) == 1 and videos[0].is_file()
    matched: dict[Path, list[Job]] = {}
    for job, sequence in jobs:
        fitting = found if alone else named(job.video, found)
        try:
            if not fitting and sequence is not None:
                fitting = (_written(sequence, write_videos),)
            matched.setdefault(_only(fitting, job), []).append(job)
        except AnnotationError as error:
            unmatched.append(Unmatched(job.origin.path, job.video, str(error)))
    clear = {video: of[0] for video, of in matched.items() if len(of) == 1}
    for video, several in matched.items():
        if len(several) > 1:
            unmatched += _conflicts(video, several)
    unannotated = tuple(video for video in found if video not in matched)
    return Plan(clear, tuple(sorted(unmatched, key=lambda one: (one.path, one.video or ""))), unannotated)


def _origins(
    paths: Iterable[Path],
    kind: Format | None,
    refuse: Callable[[Unmatched], None],
) -> Iterator[Origin]:
    seen: set[Path] = set()
    for path in paths:
        try:
            for origin in origins([path], kind):
                if origin.path not in seen:
                    seen.add(origin.path)
                    yield origin
        except AnnotationError as error:
            refuse(Unmatched(path, None, str(error)))


def _is_sequence(origin: Origin) -> bool:
    return origin.format == "davis" and bool(pictures(origin.path))


def _written(sequence: Path, folder: Path | None) -> Path:
    if folder is None:
        raise AnnotationError(
            "no video has its name, but there are pictures; say where a video may be made of them, with --write-videos"
        )
    return Path(written(sequence, folder)).absolute()


def _only(fitting: Sequence[Path], job: Job) -> Path:
    if not fitting:
        raise AnnotationError(f"no video is called {job.video!r}; name its file or folder, or rename it")
    if len(fitting) > 1:
        raise AnnotationError(f"{fitting[0]} and {fitting[1]} are both called {job.video!r}; name one of them")
    return fitting[0]


def _conflicts(video: Path, jobs: Sequence[Job]) -> Iterator[Unmatched]:
    names = " and ".join(dict.fromkeys(str(job.origin.path) for job in jobs[:2]))
    for job in jobs:
        yield Unmatched(job.origin.path, job.video, f"{video} has several annotations, {names}; give one of them")
