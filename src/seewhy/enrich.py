"""Describing: a vision-language model looks at videos that are in the library, and what it says enters their twins.

Perception gives every video a twin that can be found at once. Describing comes after, may take hours at a slow
endpoint, and can be interrupted: each video's twin is replaced when its description is there, and what is missing is
asked for in the next run; replies that had come are in the replies store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seewhy.errors import SeewhyError
from seewhy.keep import Keeper, mask_table
from seewhy.models.asking import counting
from seewhy.perceive.findings import Findings
from seewhy.perceive.seams import VideoDescriber
from seewhy.reports import DescribeReport, Progress
from seewhy.types.calls import Call
from seewhy.video.clip import Clip

FLUSH_SECONDS = 30.0
"""Between two flushes of the index while descriptions trickle in."""


@dataclass(frozen=True)
class Enriching:
    """Who describes videos, and how many at a time."""

    describer: VideoDescriber
    clip: Callable[[str], Clip]
    """video id → the video, to be looked at again. Raises VideoError where its file is gone"""
    side_by_side: int
    """videos that are described at one time"""
    give_up: Callable[[], None]
    """called when the user interrupts: requests under way are to end"""

    def describe(self, keeper: Keeper, progress: Progress) -> tuple[tuple[DescribeReport, ...], tuple[Call, ...]]:
        """Describe every committed video that this describer has not described.

        Returns:
            what became of each, by video id; and the calls that were made.
        """
        source = self.describer.source
        rows = keeper.catalog.videos("committed")
        waiting = [row.id for row in rows if row.described != source]
        reports: list[DescribeReport] = []
        calls: list[tuple[str, Call]] = []
        flushed = time.monotonic()
        try:
            for seen in self._looked_at(keeper, waiting, progress):
                calls += [(seen.video, call) for call in seen.calls]
                reports.append(self._enter(keeper, seen))
                progress.described(reports[-1], len(reports), len(waiting))
                if time.monotonic() - flushed > FLUSH_SECONDS:
                    keeper.flush()
                    flushed = time.monotonic()
        finally:  # also when interrupted: what was described is to be found at once
            keeper.flush()
        calls.sort(key=lambda item: item[0])  # a stable order, whoever was first
        return tuple(sorted(reports, key=lambda report: report.video)), tuple(call for _, call in calls)

    def _looked_at(self, keeper: Keeper, videos: Sequence[str], progress: Progress) -> Iterator[_Seen]:
        """What was seen in each video, as it comes; a bounded number are looked at, or wait to be entered."""
        if not videos:
            return
        ahead = iter(videos)
        pool = ThreadPoolExecutor(min(self.side_by_side, len(videos)), "describe")
        try:
            under_way: set[Future[_Seen]] = set()
            while True:
                for video in islice(ahead, self.side_by_side - len(under_way)):
                    under_way.add(pool.submit(self._look, keeper, video))
                    progress.describing(_path(keeper, video))
                if not under_way:
                    break
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BaseException:
            self.give_up()
            pool.shutdown(wait=False, cancel_futures=True)  # nobody waits for what is computed in vain
            raise
        pool.shutdown()

    def _look(self, keeper: Keeper, video: str) -> _Seen:
        began = time.perf_counter()
        found: Findings | str
        with counting() as calls:
            try:
                found = self.describer.describe(
                    keeper.store.load(video), mask_table(keeper.store, video), self.clip(video)
                )
            except SeewhyError as error:
                found = f"{type(error).__name__}: {error}"
        return _Seen(video, found, tuple(calls), time.perf_counter() - began)

    def _enter(self, keeper: Keeper, seen: _Seen) -> DescribeReport:
        path = _path(keeper, seen.video)
        if isinstance(seen.found, str):
            return DescribeReport(path, seen.video, "failed", seen.found, seen.seconds)
        whole = not seen.found.incomplete
        keeper.enter(seen.video, [(seen.found, ())], described=self.describer.source if whole else None)
        why = "; ".join(seen.found.degraded) or None
        return DescribeReport(path, seen.video, "described" if whole else "partly", why, seen.seconds)


@dataclass(frozen=True, slots=True)
class _Seen:
    video: str
    found: Findings | str
    """or why there is nothing"""
    calls: tuple[Call, ...]
    seconds: float


def _path(keeper: Keeper, video: str) -> Path:
    return Path(next(iter(keeper.catalog.paths(video)), video))
