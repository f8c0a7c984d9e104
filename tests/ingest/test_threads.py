"""Videos side by side in threads of one process, as models on this machine want it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ingest_fakes import (
    ENCODER,
    JsonSource,
    check_whole,
    make_library,
    open_index,
    perceive,
    run_ingest,
    snapshot,
    write_video,
)

from seewhy.build import UntilOver
from seewhy.errors import PerceptionError, PluginError, WeightsError
from seewhy.ingest import ingest
from seewhy.reports import IngestReport
from seewhy.settings import LocalSettings, Settings
from seewhy.threads import Threads
from seewhy.twin.folder import LibraryFolder
from seewhy.types.video import Frame, VideoFacts
from seewhy.video.ahead import ahead
from seewhy.video.damage import hearing_damage
from seewhy.video.source import DamagedVideoWarning
from seewhy.workers import Tell

PATIENCE = 30


def _no_stage(task: object, stage: str) -> None:
    pytest.fail("nothing was said")


def _threads(work: Any, number: int = 2) -> Threads[Any, Any]:
    return Threads(work, number, threading.Event())


# Threads


def test_each_task_has_one_result_and_several_are_worked_on_at_a_time() -> None:
    together = threading.Barrier(2)

    def work(task: int, tell: Tell) -> int:
        together.wait(PATIENCE)
        return 10 * task

    with _threads(work) as runner:
        assert sorted(runner.run(range(6), _no_stage)) == [(n, 10 * n) for n in range(6)]
        assert sorted(runner.run(range(2), _no_stage)) == [(0, 0), (1, 10)], "it can be used again"
        assert list(runner.run([], _no_stage)) == []


def test_stages_are_told_in_the_thread_of_the_caller_before_the_result() -> None:
    said: list[tuple[int, str, int]] = []

    def work(task: int, tell: Tell) -> int:
        tell("perceive")
        tell("derive")
        return task

    for task, _ in _threads(work).run([1, 2], lambda task, stage: said.append((task, stage, threading.get_ident()))):
        assert [stage for told, stage, _ in said if told == task] == ["perceive", "derive"]
    assert {thread for _, _, thread in said} == {threading.get_ident()}


def test_tasks_are_taken_one_by_one_as_threads_become_free() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(5):
            taken.append(number)
            yield number

    def work(task: int, tell: Tell) -> int:
        return task

    results = _threads(work).run(tasks(), _no_stage)
    next(results)
    assert taken == [0, 1, 2]
    assert len(list(results)) == 4


def test_what_the_work_raises_is_raised_here_and_ends_the_others() -> None:
    over = threading.Event()

    def work(task: str, tell: Tell) -> str:
        if task == "bad":
            raise PluginError("no such model")
        assert over.wait(PATIENCE), "nobody said that it is over"
        return task

    with pytest.raises(PluginError, match="no such model"):
        list(Threads(work, 2, over).run(["long", "bad", "never"], _no_stage))
    assert not [thread for thread in threading.enumerate() if thread.name == "seewhy-video"]


def test_who_leaves_early_does_not_wait_for_the_end() -> None:
    over, begun = threading.Event(), threading.Event()
    worked: list[int] = []

    def work(task: int, tell: Tell) -> int:
        worked.append(task)
        if task:
            begun.set()
            assert over.wait(PATIENCE)
        return task

    def interrupted() -> None:
        for _ in Threads(work, 2, over).run(range(100), _no_stage):
            assert begun.wait(PATIENCE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert over.is_set()
    assert len(worked) <= 3


def test_frames_end_when_it_is_over() -> None:
    class Endless:
        def probe(self, path: Path) -> VideoFacts:
            raise NotImplementedError

        def frames(self, path: Path, facts: Any, **how: Any) -> Iterator[Frame]:
            while True:
                yield Frame(0, 0, Fraction(1), 0.0, np.zeros((2, 2, 3), np.uint8))

    over = threading.Event()
    facts: Any = None
    frames = ahead(UntilOver(Endless(), over).frames(Path("a"), facts, rate=6, lines=None, max_frames=None))
    next(frames)
    over.set()
    with pytest.raises(PerceptionError, match="index it again"):
        list(frames)


# Damage


def test_each_thread_hears_of_the_damage_of_its_own_video() -> None:
    together = threading.Barrier(4)
    heard: dict[int, list[str]] = {}

    def frames(number: int) -> Iterator[Frame]:
        yield Frame(0, 0, Fraction(1), 0.0, np.zeros((2, 2, 3), np.uint8))
        together.wait(PATIENCE)  # all listen, none has left
        for _ in range(3):
            warnings.warn(f"video {number} breaks off", DamagedVideoWarning, stacklevel=1)
        together.wait(PATIENCE)

    def read(number: int) -> None:
        with hearing_damage() as damage:
            list(ahead(frames(number)))
        heard[number] = damage

    readers = [threading.Thread(target=read, args=(number,)) for number in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(PATIENCE)
    assert heard == {number: [f"video {number} breaks off"] for number in range(4)}


def test_nobody_listens_afterwards_and_other_warnings_go_their_way() -> None:
    before = warnings.showwarning
    with pytest.warns(FutureWarning, match="use something else"), hearing_damage() as damage:
        warnings.warn("use something else", FutureWarning, stacklevel=1)
    assert damage == []
    assert warnings.showwarning is before
    with pytest.warns(DamagedVideoWarning):
        warnings.warn("breaks off", DamagedVideoWarning, stacklevel=1)


# Ingest


def _ingest(folder: LibraryFolder, *paths: Path, videos: int = 2, **how: Any) -> IngestReport:
    """As with the profile `local`."""
    index = open_index(folder)
    settings = Settings(profile="local", local=LocalSettings(videos=videos))
    try:
        return ingest(
            folder, paths, settings, index=index, encoder=ENCODER,
            **{"source": JsonSource(), "perceive": perceive} | how,
        )  # fmt: skip
    finally:
        index.close()


def test_the_library_is_the_same_as_one_by_one(tmp_path: Path) -> None:
    videos = tmp_path / "videos"
    for number in range(6):
        write_video(videos / f"{number}.mp4", f"v{number}", tracks=number % 3, lasts=0.01)
    write_video(videos / "copy.mp4", "v1", tracks=1, lasts=0.01)
    write_video(videos / "dark.mp4", "dark", fail="too dark")
    write_video(videos / "odd.mp4", "odd", raises="what is this")
    write_video(videos / "damaged.mp4", "damaged", damaged="breaks off after 3 s")
    alone, together = make_library(tmp_path / "alone"), make_library(tmp_path / "together")
    run_ingest(alone, videos)
    report = _ingest(together, videos, videos=3)
    assert report.counts == {"committed": 7, "unchanged": 0, "duplicate": 1, "failed": 2}
    assert snapshot(alone) == snapshot(together)
    assert _ingest(together, videos).counts["unchanged"] == 8


def test_videos_are_perceived_in_this_process_side_by_side(tmp_path: Path) -> None:
    together = threading.Barrier(3)

    def meet(*video: Any) -> Any:
        together.wait(PATIENCE)
        return perceive(*video)

    for number in range(3):
        write_video(tmp_path / "videos" / f"{number}.mp4", f"v{number}")
    folder = make_library(tmp_path / "library")
    assert _ingest(folder, tmp_path / "videos", videos=3, perceive=meet).counts["committed"] == 3


def test_one_worker_means_no_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail(f"{thread} was started"))
    write_video(tmp_path / "videos" / "0.mp4", "v0")
    assert _ingest(make_library(tmp_path / "library"), tmp_path / "videos", workers=1).complete


def test_a_specialist_that_does_not_load_ends_the_run(tmp_path: Path) -> None:
    write_video(tmp_path / "videos" / "0.mp4", "first")
    write_video(tmp_path / "videos" / "1.mp4", "misses", misses="no specialist named 'sam'")
    for number in range(2, 8):
        write_video(tmp_path / "videos" / f"{number}.mp4", f"v{number}", lasts=0.01)
    folder = make_library(tmp_path / "library")
    with pytest.raises(PluginError, match="no specialist named 'sam'"):
        _ingest(folder, tmp_path / "videos")
    check_whole(folder)
    (tmp_path / "videos" / "1.mp4").unlink()
    assert _ingest(folder, tmp_path / "videos").complete


def test_weights_that_are_missing_are_missed_before_any_video_is_read(tmp_path: Path) -> None:
    pytest.importorskip("transformers")

    class Unread(JsonSource):
        def probe(self, path: Path) -> VideoFacts:
            pytest.fail("a video was read")

    write_video(tmp_path / "videos" / "0.mp4", "v0")
    folder = make_library(tmp_path / "library")
    settings = Settings(profile="local", local=LocalSettings(cache=str(tmp_path / "nothing"), device="cpu"))
    index = open_index(folder)
    with pytest.raises(WeightsError, match="seewhy models pull"):
        ingest(folder, [tmp_path / "videos"], settings, index=index, encoder=ENCODER, source=Unread())
    index.close()


_RUN = """
import sys
sys.path[:0] = [{tests!r}]
from pathlib import Path
from test_threads import _ingest
from seewhy.reports import NoProgress
from seewhy.twin.folder import LibraryFolder

class Say(NoProgress):
    def file(self, report):
        print(report.state, flush=True)

print("ready", flush=True)
_ingest(LibraryFolder.open(Path({library!r})), Path({videos!r}), progress=Say())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_ended_in_the_middle_it_goes_on_where_it_was(tmp_path: Path, how: signal.Signals) -> None:
    videos = tmp_path / "videos"
    for number in range(8):
        write_video(videos / f"{number}.mp4", f"v{number}", tracks=1 + number % 2, lasts=0.005 if number < 4 else 0.4)
    reference, folder = make_library(tmp_path / "reference"), make_library(tmp_path / "library")
    _ingest(reference, videos)
    script = _RUN.format(tests=str(Path(__file__).parent), library=str(folder.path), videos=str(videos))
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert [process.stdout.readline().strip() for _ in range(4)] == ["ready", *["committed"] * 3]
        process.send_signal(how)
        began = time.monotonic()
        process.wait(PATIENCE)
        assert time.monotonic() - began < 10
        assert process.returncode != 0
    committed = check_whole(folder)
    assert 3 <= len(committed) < 8
    assert _ingest(folder, videos).counts["unchanged"] >= 3
    assert committed <= check_whole(folder)
    assert snapshot(folder) == snapshot(reference)
