"""Triplets: what data sets of composed retrieval have in common, and where their videos are looked for.

Such a set is a file of annotations, a reference, an edit and a target in each row, and a folder of videos. A video is
known by its whole path within the folder, without its suffix: base names are not unique in WebVid.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from seewhy.bench.datasets import ComposedQuery, MaskTruth, TextQuery
from seewhy.bench.datasets.documents import listed, shown
from seewhy.bench.datasets.files import SUFFIXES, Folder
from seewhy.errors import DatasetError

LONGEST_NAME = 255
"""Bytes of one step of a path, the limit of all common file systems."""
LONGEST_PATH = 1024
"""Bytes of a whole path, well below any system's limit; published ones have less than 100."""

Row = tuple[str, Mapping[str, str]]
"""Where it stands, and its fields."""


@dataclass(frozen=True, slots=True)
class TripletDataset:
    """A set of triplets, read in place."""

    name: str
    composed: tuple[ComposedQuery, ...]
    videos: Mapping[str, Path]
    missing: Mapping[str, str]
    pools: Mapping[str, frozenset[str]]
    """part of the set → names of its videos"""
    annotations: Path
    queries: tuple[TextQuery, ...] = ()

    def pool(self, source: str) -> frozenset[str]:
        """Names of all videos of a part of the set: its references and targets, and what else it searches."""
        return self.pools[source]

    def truth(self, video: str) -> MaskTruth | None:  # noqa: ARG002 - no such set has masks
        """None: these sets have no masks."""
        return None


def gathered(
    name: str,
    queries: Sequence[ComposedQuery],
    annotations: Path,
    videos: Path,
    others: Mapping[str, Iterable[str]] | None = None,
) -> TripletDataset:
    """A data set of these queries, with its videos looked for.

    Args:
        videos: the folder. The video ``webvid/12/34`` of the part ``webvid`` is ``webvid/12/34.mp4`` or ``12/34.mp4``
            in it; other parts' names have no part before them.
        others: part → names of videos that no query names.

    Raises:
        DatasetError: no query, no such folder, or several files that could be one video.
    """
    if not queries:
        raise DatasetError(f"{annotations}: holds no query")
    if not videos.is_dir():
        raise DatasetError(f"{videos}: no such folder; give the folder that the paths in {annotations.name} start from")
    pools: dict[str, set[str]] = {part: set(names) for part, names in (others or {}).items()}
    for query in queries:
        pools.setdefault(query.source, set()).update((query.reference, *query.right, *(query.local or ())))
    folder = Folder(videos)
    found: dict[str, Path] = {}
    missing: dict[str, str] = {}
    for part, names in sorted(pools.items()):
        for video in sorted(names):
            within = video.removeprefix(f"{part}/")
            path = folder.one(video, within)
            if path is None:
                missing[video] = f"no file {within} ({', '.join(SUFFIXES)}) in {videos}"
            else:
                found[video] = path
    frozen = {part: frozenset(names) for part, names in sorted(pools.items())}
    return TripletDataset(name, tuple(queries), found, missing, frozen, annotations)


def video_name(path: str, where: str) -> str:
    """The name of a video by its path in an annotation: with slashes, without suffix.

    >>> video_name("12/345.mp4", "row 1"), video_name("a.b/345", "row 2")
    ('12/345', 'a.b/345')

    Raises:
        DatasetError: it is empty, absolute, too long, or leads out of the folder, here or on Windows; or has letters
            that no name has.
    """
    pure = PurePosixPath(path.strip())
    elsewhere = pure.is_absolute() or ".." in pure.parts or "\\" in path or bool(PureWindowsPath(pure).drive)
    sizes = [len(step.encode("utf-8", "replace")) for step in pure.parts]
    name = str(pure.with_suffix("") if pure.suffix.lower() in SUFFIXES else pure)
    if not sizes or elsewhere or not name.isprintable() or max(sizes) > LONGEST_NAME or sum(sizes) > LONGEST_PATH:
        raise DatasetError(f"{where}: {shown(path)} is no path of a video within a folder")
    return name


def read_table(file: Path, columns: Sequence[str], may_be_empty: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a CSV file with a header; further columns are let be.

    Args:
        columns: that it has to have.
        may_be_empty: those of them of which a row may say nothing.

    Raises:
        DatasetError: the file cannot be read, a column is missing, or a row is too short, too long, or has an empty
            field in one of the columns.
    """
    header = header_of(file)
    absent = [column for column in columns if column not in header]
    if absent:
        raise DatasetError(f"{file}: no column {absent[0]!r}; it has {listed(header)}")
    number, filled = 0, [column for column in columns if column not in may_be_empty]
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines, strict=True)
            for number, row in enumerate(reader):
                where = f"{file}, row {number} (line {reader.line_num})"
                if None in row or None in row.values():
                    raise DatasetError(f"{where}: has not {len(header)} fields as the header has")
                empty = [column for column in filled if not row[column].strip()]
                if empty:
                    raise DatasetError(f"{where}: field {empty[0]!r} is empty")
                yield where, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{file}: cannot be read as CSV, in or after row {number}: {error}") from error


def header_of(file: Path) -> tuple[str, ...]:
    """The names of a CSV file's columns.

    Raises:
        DatasetError: the file cannot be read, or names a column twice.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            header = tuple(next(csv.reader(lines, strict=True), ()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{file}: cannot be read as CSV: {error}") from error
    if len(set(header)) != len(header):
        raise DatasetError(f"{file}: the header names a column twice: {listed(header)}")
    return header
