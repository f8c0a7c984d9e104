"""Progress of indexing on stderr: a bar with the time left on a terminal, one line a file elsewhere."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from seewhy.reports import printable

if TYPE_CHECKING:
    from seewhy.reports import DescribeReport, FileReport

_MARKS = {"committed": "indexed", "unchanged": "unchanged", "duplicate": "duplicate", "failed": "FAILED"}

_TOLD = {"described": "described", "partly": "IN PART", "failed": "NOT DESCRIBED"}


class TerminalProgress:
    """Prints what becomes of every file; what is under way is shown beside the bar."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, file=sys.stderr)
        self._live = self._console.is_terminal
        self._bar = Progress(
            TextColumn("indexing"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[now]}", markup=False),
            console=self._console,
            disable=not self._live,
        )
        self._task = self._bar.add_task("indexing", total=None, now="")
        self._under_way: dict[Path, str] = {}
        self._done = 0
        self._total = 0
        self._began = time.monotonic()
        self._describing = False

    def __enter__(self) -> TerminalProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def started(self, total: int) -> None:
        """`total` files were found."""
        self._total, self._done, self._began = total, 0, time.monotonic()
        self._describing = False
        self._bar.reset(self._task, total=total, now="")

    def stage(self, path: Path, stage: str) -> None:
        """`path` is at `stage` now."""
        self._under_way.pop(path, None)  # to the end, which is what is shown
        self._under_way[path] = stage
        self._show_under_way()

    def file(self, report: FileReport) -> None:
        """A file is finished, one way or another."""
        self._done += 1
        self._under_way.pop(report.path, None)
        note = f": {printable(report.reason)}" if report.reason else ""
        if report.state != "unchanged" or not self._live:
            line = f"{_MARKS[report.state]:9} {printable(report.path.name)}  {report.seconds:.1f} s{note}"
            if not self._live:
                line = f"[{self._done}/{self._total}{self._left()}] {line}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._bar.advance(self._task)
        self._show_under_way()

    def describing(self, path: Path) -> None:
        """`path` is shown to a vision-language model now."""
        if not self._describing:
            self._describing, self._began = True, time.monotonic()
            self._bar.reset(self._task, now="")
        self.stage(path, "describe")

    def described(self, report: DescribeReport, done: int, total: int) -> None:
        """What came of it."""
        if done == 1:
            self._bar.update(self._task, total=total)
        self._done, self._total = done, total
        self._under_way.pop(report.path, None)
        note = f": {printable(report.reason)}" if report.reason else ""
        line = f"{_TOLD[report.state]:9} {printable(report.path.name)}  {report.seconds:.1f} s{note}"
        if not self._live:
            line = f"[{done}/{total}{self._left()}] {line}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._bar.advance(self._task)
        self._show_under_way()

    def preparing(self, channel: str, done: int, total: int) -> None:
        """A channel has made so many of its vectors."""
        self._bar.reset(self._task, total=total, completed=done, now=f"vectors of the channel {channel}")
        if not self._live:
            self._console.print(f"[{done}/{total}] vectors of the channel {channel}", markup=False, highlight=False)

    def _left(self) -> str:
        elapsed = time.monotonic() - self._began
        left = elapsed / self._done * (self._total - self._done)
        return f", {left:.0f} s left" if self._done < self._total else ""

    def _show_under_way(self) -> None:
        now = ", ".join(f"{printable(path.name)} ({stage})" for path, stage in list(self._under_way.items())[-2:])
        self._bar.update(self._task, now=now)
