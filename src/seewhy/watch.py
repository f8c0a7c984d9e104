"""Keeping a library up to date with folders in which videos appear."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from seewhy.errors import LibraryBusy
from seewhy.find import find_videos
from seewhy.reports import IngestReport
from seewhy.twin.catalog_rows import FileStat

INTERVAL = 2.0
"""Seconds between two looks: longer than the pauses of a copy over a network, short enough to wait for."""


def watch(
    paths: Sequence[Path],
    ingest: Callable[[Sequence[Path]], IngestReport],
    *,
    interval: float = INTERVAL,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[IngestReport]:
    """Look at files and folders again and again; ingest what is new or changed once it has stopped growing.

    A file is taken when two looks in a row find the same size and time. Goes on until it is closed, or
    interrupted. Polling, so that it works on network folders, too, which tell nobody of changes.

    Args:
        ingest: brings files in. While another process is indexing, they wait for the next look.
        interval: seconds between two looks.

    Yields:
        what became of the files taken, whenever there were some.
    """
    last: dict[Path, FileStat] = {}
    done: dict[Path, FileStat] = {}
    while True:
        seen = _look(paths)
        ready = [path for path, file in seen.items() if file == last.get(path) and file != done.get(path)]
        last = seen
        if ready:
            try:
                report = ingest(ready)
            except LibraryBusy:
                pass
            else:
                done = {path: file for path, file in done.items() if path in seen}
                done |= {path: seen[path] for path in ready}
                yield report
        sleep(interval)


def _look(paths: Sequence[Path]) -> dict[Path, FileStat]:
    seen: dict[Path, FileStat] = {}
    for path in find_videos(paths):
        try:
            seen[path] = FileStat.of(path)
        except OSError:  # gone between the two calls, or not there yet
            continue
    return seen
