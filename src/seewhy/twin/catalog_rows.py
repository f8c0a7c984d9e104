"""What the catalog knows of a file and of a video."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

State = Literal["queued", "probed", "perceived", "committed", "failed"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class FileStat:
    """A file as it was when it was looked at: if both numbers stay, its content is taken to have stayed."""

    path: Path
    bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> FileStat:
        """Raises OSError where nothing can be seen at the path."""
        found = path.stat()
        return cls(path, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class FileRow:
    """What the catalog knows of a path."""

    path: str
    bytes: int
    mtime_ns: int
    video: str | None
    attempts: int
    state: State
    reason: str | None
    error: str | None

    def is_same(self, stat: FileStat) -> bool:
        return (self.bytes, self.mtime_ns) == (stat.bytes, stat.mtime_ns)


@dataclass(frozen=True, slots=True)
class VideoRow:
    """What the catalog knows of a content."""

    id: str
    state: State
    reason: str | None
    error: str | None
    attempts: int
    bytes: int
    duration: float
    date: str
    categories: tuple[str, ...]
    twin_sha256: str | None
    twin_bytes: int | None
    added: str
    changed: str
    described: str | None = None
    next_sha256: str | None = None
    next_bytes: int | None = None
    reindex: int = 0
