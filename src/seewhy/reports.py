"""What an ingest says: while it goes, and when it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

from seewhy.types.calls import Call, Usage

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
class DescribeReport:
    """What came of showing a video to a vision-language model."""

    path: Path
    video: str
    state: Literal["described", "partly", "failed"]
    """partly: what was said is in the twin; the rest is asked for in the next run, as is what failed"""
    reason: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of all files, by path."""

    files: tuple[FileReport, ...]
    seconds: float
    """wall time"""
    described: tuple[DescribeReport, ...] = ()
    """videos that were shown to a vision-language model, by id"""
    calls: tuple[Call, ...] = ()
    """requests to it"""

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
        shown: Counter[str] = Counter(report.state for report in self.described)
        words = {"described": "described", "partly": "described in part", "failed": "not described"}
        told = ", ".join(f"{shown[state]} {said}" for state, said in words.items() if shown[state])
        done = ", ".join(filter(None, (what, told))) or "nothing to do"
        return f"{len(self.files)} files: {done} in {self.seconds:.1f} s"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        files = [asdict(report) | {"path": str(report.path)} for report in self.files]
        described = [asdict(report) | {"path": str(report.path)} for report in self.described]
        usage = Usage.of(self.calls).model_dump(mode="json")
        return {
            "seconds": self.seconds, "counts": self.counts, "files": files, "described": described, "usage": usage
        }  # fmt: skip

    @property
    def failed(self) -> tuple[FileReport, ...]:
        return tuple(report for report in self.files if report.state == "failed")

    @property
    def complete(self) -> bool:
        """Every file is in the library, and every video that was to be described is."""
        return not self.failed and all(report.state == "described" for report in self.described)


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

    def describing(self, path: Path) -> None:
        """A video is being shown to a vision-language model."""
        ...

    def described(self, report: DescribeReport, done: int, total: int) -> None:
        """What came of it; so many of the videos to describe are done."""
        ...

    def preparing(self, channel: str, done: int, total: int) -> None:
        """A channel of composed search keeps a vector of each video; so many of those that it lacked are made."""
        ...


class NoProgress:
    """Tells nobody."""

    def started(self, total: int) -> None:
        """See `Progress`."""

    def stage(self, path: Path, stage: str) -> None:
        """See `Progress`."""

    def file(self, report: FileReport) -> None:
        """See `Progress`."""

    def describing(self, path: Path) -> None:
        """See `Progress`."""

    def described(self, report: DescribeReport, done: int, total: int) -> None:
        """See `Progress`."""

    def preparing(self, channel: str, done: int, total: int) -> None:
        """See `Progress`."""


def printable(name: str) -> str:
    """A file's name on one line: control characters, and bytes that are no text, as Python would write them.

    >>> printable("été\\n\\x1b[2J.mp4")
    'été\\\\n\\\\x1b[2J.mp4'
    """
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
