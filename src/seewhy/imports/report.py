"""What an import says when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seewhy.reports import IngestReport, printable


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An annotation that came to nothing before its video was looked at, and why."""

    path: Path
    """the file, or DAVIS folder"""
    video: str | None
    """the video's name in it; None: it could not be read"""
    reason: str

    def line(self) -> str:
        of = f" ({printable(self.video)})" if self.video is not None else ""
        return f"{printable(str(self.path))}{of}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of annotations and videos."""

    videos: IngestReport
    """those that have an annotation; one that does not fit its video has failed"""
    unmatched: tuple[Unmatched, ...]
    """annotations that could not be read, or have no video, or more than one"""
    unannotated: tuple[Path, ...]
    """videos without an annotation; nothing was done with them"""

    @property
    def complete(self) -> bool:
        """Every annotation is in the library."""
        return not self.unmatched and self.videos.complete

    def summary(self) -> str:
        """A line, and one for each thing that went wrong."""
        counts = [self.videos.summary()]
        if self.unmatched:
            counts.append(f"{len(self.unmatched)} annotations not imported")
        if self.unannotated:
            counts.append(f"{len(self.unannotated)} videos without an annotation")
        failed = [f"{printable(str(file.path))}: {file.reason}" for file in self.videos.failed]
        return "\n".join(["; ".join(counts), *failed, *(one.line() for one in self.unmatched)])

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "videos": self.videos.as_dict(),
            "unmatched": [{"path": str(one.path), "video": one.video, "reason": one.reason} for one in self.unmatched],
            "unannotated": [str(path) for path in self.unannotated],
        }
