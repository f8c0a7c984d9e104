"""Runs ingests in processes of their own, quickly: this one imports everything once and forks for each.

Reads one JSON object a line: `{"library", "videos", "workers", "crash_at", "describe"}`. Answers `ready <pid>` when the
child (the leader of its own process group) begins, and `ended <status> <steps>` when it is gone. A step is a moment at
which the disk may change for good: a file or folder synced, a rename, a removal, a transaction committed. With
`crash_at` the child kills itself just before that step.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
from ingest_fakes import enriching, make_library, run_ingest, write_video

from seewhy.twin.catalog import Catalog
from seewhy.twin.folder import LibraryFolder


class Steps:
    """Counts the steps, in memory that a kill does not take away: a file."""

    def __init__(self, counter: int, crash_at: int | None) -> None:
        self.number, self.counter, self.crash_at = 0, counter, crash_at

    def step(self) -> None:
        if self.number == self.crash_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.number += 1
        os.pwrite(self.counter, f"{self.number:6}".encode(), 0)

    def before(self, owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def stepped(*args: Any, **how: Any) -> Any:
            self.step()
            return real(*args, **how)

        setattr(owner, name, stepped)

    def watch(self) -> None:
        for owner, name in (
            (os, "fsync"), (os, "rename"), (os, "replace"), (os, "rmdir"), (os, "unlink"), (os, "link"),
            (pathlib.Path, "rename"), (pathlib.Path, "replace"), (pathlib.Path, "unlink"), (pathlib.Path, "mkdir"),
        ):  # fmt: skip
            self.before(owner, name)
        opened = Catalog.open.__func__

        def traced(cls: type[Catalog], path: Path, **how: bool) -> Catalog:
            catalog: Catalog = opened(cls, path, **how)
            catalog._connection.set_trace_callback(lambda statement: self.step() if statement == "COMMIT" else None)
            return catalog

        Catalog.open = classmethod(traced)


def _child(job: dict[str, Any], counter: int) -> None:
    os.setsid()
    Steps(counter, job["crash_at"]).watch()
    print(f"ready {os.getpid()}", flush=True)
    how = {"workers": job["workers"], "enriching": enriching() if job["describe"] else None}
    report = run_ingest(LibraryFolder.open(Path(job["library"])), Path(job["videos"]), **how)
    os._exit(0 if report.complete else 1)


def main() -> None:
    cv2.setNumThreads(1)
    assert sqlite3.threadsafety == 3
    place = Path(sys.argv[1])
    video = write_video(place / "videos" / "a.mp4", "to load and compile everything that is needed, once", tracks=2)
    run_ingest(make_library(place / "library"), video, enriching=enriching())
    with (place / "steps").open("wb+") as counter:
        for line in sys.stdin:
            os.pwrite(counter.fileno(), b"     0", 0)
            child = os.fork()
            if child == 0:
                try:
                    _child(json.loads(line), counter.fileno())
                finally:
                    os._exit(2)
            _, status = os.waitpid(child, 0)
            print(f"ended {os.waitstatus_to_exitcode(status)} {int(os.pread(counter.fileno(), 6, 0))}", flush=True)


if __name__ == "__main__":
    main()
