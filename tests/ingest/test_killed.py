"""Indexing is killed (SIGKILL, the whole process group), at any moment and at every moment that matters.

What a SIGKILL cannot show is what a power cut does: there the order of syncs counts, which test_store.py checks.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ingest_fakes import check_whole, enriching, make_library, open_index, run_ingest, search, snapshot, write_video

from seewhy.twin.folder import LibraryFolder

KILLS = 50
KILLS_WITH_WORKERS = 5
"""of them: each start of two worker processes takes about a second"""


class Indexer:
    """The process that forks one process for each ingest."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def start(
        self,
        folder: LibraryFolder,
        videos: Path,
        *,
        workers: int = 1,
        crash_at: int | None = None,
        describe: bool = False,
    ) -> int:
        """Begin an ingest; its process group."""
        job = {"library": str(folder.path), "videos": str(videos), "workers": workers, "crash_at": crash_at}
        job["describe"] = describe
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return int(self._answer("ready")[0])

    def end(self) -> tuple[int, int]:
        """(exit status, number of steps) of the ingest, once it is over."""
        status, steps = self._answer("ended")
        return int(status), int(steps)

    def run(self, *job: Any, **how: Any) -> tuple[int, int]:
        self.start(*job, **how)
        return self.end()

    def _answer(self, kind: str) -> list[str]:
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        assert words[:1] == [kind], words
        return words[1:]


@pytest.fixture(scope="module")
def indexer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexer]:
    here = Path(__file__).parent
    place = tmp_path_factory.mktemp("indexer")
    with subprocess.Popen(
        [sys.executable, str(here / "indexer.py"), str(place)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ) as process:  # fmt: skip
        yield Indexer(process)
        assert process.stdin is not None
        process.stdin.close()


def _videos(folder: Path, number: int) -> Path:
    for name in range(number):
        write_video(folder / f"{name}.mp4", f"video {name}", tracks=1 + name % 2, seconds=0.5, lasts=0.004)
    write_video(folder / "copy.mp4", "video 0", tracks=1, seconds=0.5, lasts=0.004)
    return folder


def check_nothing_half_visible(folder: LibraryFolder) -> frozenset[str]:
    """What a reader of a library whose writer was killed finds: whole videos, and none that is not committed."""
    committed = check_whole(folder)
    reader = LibraryFolder.open(folder.path, read_only=True)
    if reader.index_path.exists():
        index = open_index(reader, create=True)
        assert index.videos() <= committed
        for candidate in search(index, "a red thing"):
            assert reader.store.load(candidate.video).id == candidate.video
        index.close()
    return committed


def test_killed_at_random_moments_nothing_is_lost_and_the_library_becomes_the_same(
    indexer: Indexer, tmp_path: Path
) -> None:
    videos = _videos(tmp_path / "videos", 8)
    reference = make_library(tmp_path / "reference")
    indexer.run(reference, videos)
    expected = snapshot(reference)
    durations = {}
    for workers in (1, 2):
        folder = make_library(tmp_path / f"with {workers}")
        indexer.start(folder, videos, workers=workers)
        began = time.monotonic()
        indexer.end()
        durations[workers] = time.monotonic() - began

    moments = random.Random(20251121)
    kills, libraries = 0, 0
    folder, committed = make_library(tmp_path / "killed 0"), frozenset[str]()
    while kills < KILLS:
        workers = 2 if kills < KILLS_WITH_WORKERS else 1
        group = indexer.start(folder, videos, workers=workers)
        time.sleep(moments.uniform(0, durations[workers]))
        with suppress(ProcessLookupError):  # it may be done already
            os.killpg(group, signal.SIGKILL)
        status, _ = indexer.end()
        now = check_nothing_half_visible(folder)
        assert committed <= now, "a committed video is gone"
        committed = now
        if status == -signal.SIGKILL:
            kills += 1
            continue
        assert status == 0
        assert snapshot(folder) == expected
        libraries += 1
        folder, committed = make_library(tmp_path / f"killed {libraries}"), frozenset()
    assert indexer.run(folder, videos)[0] == 0
    assert committed <= check_nothing_half_visible(folder)
    assert snapshot(folder) == expected


def test_killed_before_every_step_that_changes_the_disk(indexer: Indexer, tmp_path: Path) -> None:
    videos = _videos(tmp_path / "videos", 2)
    reference = make_library(tmp_path / "reference")
    status, steps = indexer.run(reference, videos)
    assert status == 0
    assert steps > 20
    expected = snapshot(reference)
    for step in range(steps):
        folder = make_library(tmp_path / f"killed before {step}")
        assert indexer.run(folder, videos, crash_at=step) == (-signal.SIGKILL, step)
        committed = check_nothing_half_visible(folder)
        run_ingest(folder, videos)
        assert committed <= check_nothing_half_visible(folder)
        assert snapshot(folder) == expected, step


def test_killed_while_it_mends_a_damaged_twin(indexer: Indexer, tmp_path: Path) -> None:
    """Replacing a twin moves the old one away first: nobody may see the moment between."""
    videos = _videos(tmp_path / "videos", 1)

    def damaged(name: str) -> LibraryFolder:
        folder = make_library(tmp_path / name)
        run_ingest(folder, videos)
        twin = sorted(folder.store.root.iterdir())[0] / "twin.json"
        twin.write_bytes(twin.read_bytes()[:-20])
        return folder

    reference = damaged("reference")
    status, steps = indexer.run(reference, videos)
    assert status == 0
    expected = snapshot(reference)
    for step in range(steps):
        folder = damaged(f"killed before {step}")
        assert indexer.run(folder, videos, crash_at=step) == (-signal.SIGKILL, step)
        if step > 5:  # until then nobody has noticed the damage
            check_nothing_half_visible(folder)
        run_ingest(folder, videos)
        check_nothing_half_visible(folder)
        assert snapshot(folder) == expected, step


def test_killed_while_it_describes(indexer: Indexer, tmp_path: Path) -> None:
    """A description replaces a committed twin: the video is to be seen throughout, before or after, never between."""
    videos = _videos(tmp_path / "videos", 2)

    def indexed(name: str) -> LibraryFolder:
        folder = make_library(tmp_path / name)
        run_ingest(folder, videos)
        return folder

    reference = indexed("reference")
    status, steps = indexer.run(reference, videos, describe=True)
    assert status == 0
    assert steps > 20
    expected = snapshot(reference)
    assert b"terrier" in reference.store.read(reference.store.ids()[0]).twin
    for step in range(steps):
        folder = indexed(f"killed before {step}")
        assert indexer.run(folder, videos, crash_at=step, describe=True) == (-signal.SIGKILL, step)
        assert len(check_nothing_half_visible(folder)) == 2, step
        assert run_ingest(folder, videos, enriching=enriching()).complete
        assert snapshot(folder) == expected, step


def test_readers_beside_an_indexer_find_only_whole_videos(indexer: Indexer, tmp_path: Path) -> None:
    videos = _videos(tmp_path / "videos", 40)
    folder = make_library(tmp_path / "library")
    open_index(folder).close()
    reader = LibraryFolder.open(folder.path, read_only=True)
    sizes: set[int] = set()
    indexer.start(folder, videos)
    with reader.catalog() as catalog:
        index = open_index(reader, read_only=True)
        while len(sizes) == 0 or max(sizes) < 40:
            before = catalog.committed()
            index.refresh()
            found = [candidate.video for candidate in search(index, "a red thing")]
            after = catalog.committed()
            assert before <= after
            assert set(found) == index.videos() <= after
            for video in after:
                row = catalog.video(video)
                assert row is not None
                assert reader.store.read(video).digest == row.twin_sha256
            sizes.add(len(found))
        index.close()
    assert indexer.end()[0] == 0
    assert len(sizes) > 1
