"""Segments: unchanging pieces of an index on disk, one folder each.

::

    00000007/
      vectors.npy       (rows, dimensions) float32: the components' vectors, a video's rows together
      components.jsonl  the components, one line a row
      offsets.npy       (rows + 1,) int64: where each line of components.jsonl begins
      table.json        the videos in order with their row counts, and the sums of the other files

Vectors and lines are memory-mapped: opening reads the table alone, and a search reads the lines of
the components it returns alone, and those that it has read lately not again.
"""

from __future__ import annotations

import io
import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from seewhy.errors import LibraryCorrupt
from seewhy.files import publish_folder
from seewhy.index.inputs import Gallery
from seewhy.index.seam import VideoMeta
from seewhy.index.sums import FileSum, checksum, file_sum, write_summed
from seewhy.models.text import Vectors
from seewhy.recent import Recent
from seewhy.types.base import Frozen
from seewhy.types.query import Filters
from seewhy.types.twin import Component

TABLE, VECTORS, OFFSETS, LINES = "table.json", "vectors.npy", "offsets.npy", "components.jsonl"

COMPONENTS_KEPT = 8192
"""Of each segment, for certain, once they were read: those of some hundred videos, 1 kB each."""

FILTERS_KEPT = 8
"""Of each segment, for certain: a byte a video each."""

COPY_BYTES = 1 << 22
"""Files are copied in pieces of about this size when segments are merged."""


class VideoRow(Frozen):
    """One video of a segment."""

    id: str
    components: int
    """number of its rows"""
    meta: VideoMeta


class Table(Frozen):
    """What a segment's table.json holds."""

    dimensions: int
    videos: tuple[VideoRow, ...]
    files: dict[str, FileSum]


@dataclass(frozen=True)
class Segment:
    """An open segment, on disk or still in memory."""

    videos: tuple[VideoRow, ...]
    vectors: Vectors
    offsets: NDArray[np.int64]
    lines: bytes | mmap.mmap

    @cached_property
    def bounds(self) -> NDArray[np.int64]:
        """(videos + 1,): video i has the rows [bounds[i], bounds[i + 1])."""
        return np.cumsum([0, *(video.components for video in self.videos)], dtype=np.int64)

    def together(self, videos: Sequence[int]) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors of one or more videos, ascending: (rows, dimensions), and (videos + 1,) where each begins."""
        first, last = videos[0], videos[-1] + 1
        if last - first == len(videos):  # side by side: nothing is copied
            bounds = self.bounds[first : last + 1]
            return self.vectors[int(bounds[0]) : int(bounds[-1])], bounds - bounds[0]
        starts, stops = self.bounds[list(videos)], self.bounds[[video + 1 for video in videos]]
        rows = [self.vectors[start:stop] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
        return np.concatenate(rows), np.cumsum([0, *(stops - starts)], dtype=np.int64)

    def component(self, video: int, row: int) -> Component:
        """The component in a video's row, counted from the video's first."""
        line = int(self.bounds[video]) + row
        known = self._read.get(line)
        if known is not None:
            return known
        text = self.lines[int(self.offsets[line]) : int(self.offsets[line + 1])]
        return self._read.put(line, Component.model_validate_json(text))

    def admitted(self, gallery: Gallery) -> NDArray[np.bool_]:
        """(videos,): which of them a search looks at, whether live or not."""
        admitted = self._filtered(gallery).copy()
        for video in gallery.exclude & self._places.keys():
            admitted[self._places[video]] = False
        return admitted

    def _filtered(self, gallery: Gallery) -> NDArray[np.bool_]:
        known = self._masks.get(gallery.filters)
        if known is not None:
            return known
        mask = np.zeros(len(self.videos), np.bool_)
        named = gallery.filters.videos
        asked = range(len(mask)) if named is None else [self._places[video] for video in named & self._places.keys()]
        for place in asked:
            mask[place] = gallery.fits(self.videos[place].meta)
        return self._masks.put(gallery.filters, mask)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {video.id: place for place, video in enumerate(self.videos)}

    @cached_property
    def _masks(self) -> Recent[Filters, NDArray[np.bool_]]:
        """Which videos filters let through: many questions have the same ones."""
        return Recent(FILTERS_KEPT)

    @cached_property
    def _read(self) -> Recent[int, Component]:
        """Components by line: the same ones answer many questions."""
        return Recent(COMPONENTS_KEPT)


@dataclass(frozen=True, slots=True)
class Part:
    """The videos of a segment that go into a new one, by position, ascending."""

    segment: Segment
    keep: Sequence[int]

    def row_runs(self) -> Iterator[tuple[int, int]]:
        """Stretches of rows [low, high) to copy, as long as can be."""
        bounds = self.segment.bounds
        low = high = 0
        for video in self.keep:
            start, stop = int(bounds[video]), int(bounds[video + 1])
            if start != high:
                if high > low:
                    yield low, high
                low = start
            high = stop
        if high > low:
            yield low, high


def segment_in_memory(
    videos: Iterable[tuple[str, Sequence[Component], Vectors, VideoMeta]], dimensions: int
) -> Segment:
    """A segment of videos that are not on disk yet."""
    rows, blocks, lines = [], [np.empty((0, dimensions), np.float32)], []
    for video, components, vectors, meta in videos:
        rows.append(VideoRow(id=video, components=len(components), meta=meta))
        blocks.append(vectors)
        lines += [component.model_dump_json().encode() + b"\n" for component in components]
    offsets = np.cumsum([0, *(len(line) for line in lines)], dtype=np.int64)
    return Segment(tuple(rows), np.concatenate(blocks), offsets, b"".join(lines))


def write_segment(folder: Path, parts: Sequence[Part], dimensions: int) -> str:
    """Write the kept videos of all parts as one segment; gives the checksum of its table."""
    videos = tuple(part.segment.videos[position] for part in parts for position in part.keep)
    runs = [(part.segment, low, high) for part in parts for low, high in part.row_runs()]

    def fill(temporary: Path) -> str:
        files = {
            VECTORS: write_summed(temporary / VECTORS, _vector_bytes(runs, dimensions)),
            OFFSETS: write_summed(temporary / OFFSETS, _offset_bytes(runs)),
            LINES: write_summed(temporary / LINES, _line_bytes(runs)),
        }
        table = Table(dimensions=dimensions, videos=videos, files=files).model_dump_json().encode()
        write_summed(temporary / TABLE, [table])
        return checksum(table)

    return publish_folder(folder, fill)


def open_segment(folder: Path, table_sum: str) -> Segment:
    """Open a segment; checks its table, and of the other files that none is cut short.

    Raises:
        FileNotFoundError: a file of it is gone.
        LibraryCorrupt: it is not what was written.
    """
    content = (folder / TABLE).read_bytes()
    if checksum(content) != table_sum:
        raise _corrupt(folder, f"{TABLE} is not what was written")
    try:
        table = Table.model_validate_json(content)
    except ValidationError as error:
        raise _corrupt(folder, f"{TABLE} does not read: {error}") from error
    for name, expected in table.files.items():
        size = (folder / name).stat().st_size
        if size != expected.bytes:
            raise _corrupt(folder, f"{name} has {size} bytes instead of {expected.bytes}")
    rows = sum(video.components for video in table.videos)
    if rows == 0:  # an empty file cannot be mapped
        return Segment(table.videos, np.empty((0, table.dimensions), np.float32), np.zeros(1, np.int64), b"")
    with (folder / LINES).open("rb") as file:
        lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    # A plain array over the map: slicing a np.memmap costs ten times as much.
    vectors = np.asarray(np.load(folder / VECTORS, mmap_mode="r"))
    return Segment(table.videos, vectors, np.load(folder / OFFSETS), lines)


def verify_segment(folder: Path) -> None:
    """Read every byte of a segment and compare it with what was written.

    Raises:
        LibraryCorrupt: something differs; names the file.
    """
    table = Table.model_validate_json((folder / TABLE).read_bytes())
    for name, expected in table.files.items():
        if file_sum(folder / name) != expected:
            raise _corrupt(folder, f"{name} is not what was written")


def _corrupt(folder: Path, what: str) -> LibraryCorrupt:
    return LibraryCorrupt(f"index segment {folder}: {what}; twins are safe: rebuild with 'seewhy index --rebuild'")


_Runs = Sequence[tuple[Segment, int, int]]
"""Stretches of rows [low, high) of segments, to be written one after the other."""


def _vector_bytes(runs: _Runs, dimensions: int) -> Iterator[bytes | memoryview]:
    yield _npy_header((sum(high - low for _, low, high in runs), dimensions), np.float32)
    step = max(1, COPY_BYTES // (4 * dimensions))
    for segment, low, high in runs:
        for start in range(low, high, step):
            yield segment.vectors[start : min(start + step, high)].data.cast("B")


def _offset_bytes(runs: _Runs) -> Iterator[bytes]:
    lengths = [np.diff(segment.offsets[low : high + 1]) for segment, low, high in runs]
    offsets = np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths]))
    yield _npy_header(offsets.shape, np.int64)
    yield offsets.tobytes()


def _line_bytes(runs: _Runs) -> Iterator[bytes]:
    for segment, low, high in runs:
        first, last = int(segment.offsets[low]), int(segment.offsets[high])
        for start in range(first, last, COPY_BYTES):
            yield segment.lines[start : min(start + COPY_BYTES, last)]


def _npy_header(shape: tuple[int, ...], dtype: type) -> bytes:
    header = io.BytesIO()
    description = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    return header.getvalue()
