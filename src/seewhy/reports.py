"""What an ingest says: while it goes, and when it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

FileState = Literal["committed", "unchanged", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file."""

    path: Path
    video: str | None
    state: FileState
    """duplicate: its content is a video that is known from another path"""
    reason: str | None = None
    error: str | None = None
    """name of the error's class, where it failed"""
    seconds: float = 0.0
    """of work on it, in the process that did it"""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all files, by path."""

    files: tuple[FileReport, ...]
    seconds: float
    """wall time"""

    @property
    def counts(self) -> dict[FileState, int]:
        found = Counter(report.state for report in self.files)
        return {state: found[state] for state in get_args(FileState)}

    def summary(self) -> str:
        """One line, naming only what there is.

        >>> first, second = FileReport(Path("a"), "1", "committed"), FileReport(Path("b"), "1", "duplicate")
        >>> IngestReport((first, second), 2.5).summary()
        '2 files: 1 committed, 1 duplicate in 2.5 s'
        """
        what = ", ".join(f"{number} {state}" for state, number in self.counts.items() if number)
        return f"{len(self.files)} files: {what or 'nothing to do'} in {self.seconds:.1f} s"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        files = [asdict(report) | {"path": str(report.path)} for report in self.files]
        return {"seconds": self.seconds, "counts": self.counts, "files": files}

    @property
    def failed(self) -> tuple[FileReport, ...]:
        return tuple(report for report in self.files if report.state == "failed")


class Progress(Protocol):
    """Told how an ingest goes, in the thread that called it."""

    def started(self, total: int) -> None:
        """`total` files were found."""
        ...

    def stage(self, path: Path, stage: str) -> None:
        """Work on a file has come to a stage: probe, perceive, derive or commit."""
        ...

    def file(self, report: FileReport) -> None:
        """A file is done."""
        ...


class NoProgress:
    """Tells nobody."""

    def started(self, total: int) -> None:
        """See `Progress`."""

    def stage(self, path: Path, stage: str) -> None:
        """See `Progress`."""

    def file(self, report: FileReport) -> None:
        """See `Progress`."""


def printable(name: str) -> str:
    """A file's name on one line: control characters, and bytes that are no text, as Python would write them.

    >>> printable("été\\n\\x1b[2J.mp4")
    'été\\\\n\\\\x1b[2J.mp4'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
