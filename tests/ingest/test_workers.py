"""Processes that may die, and what the others make of it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ingest_fakes import check_whole, make_library, run_ingest, snapshot, write_video
from worker_tasks import Unloadable, work

from seewhy.errors import PerceptionError
from seewhy.workers import Died, Inline, Pool, usable_cores


def _no_stage(task: str, stage: str) -> None:
    raise AssertionError(f"{task} said {stage}")


def test_every_task_has_its_result_whatever_happens_to_some() -> None:
    tasks = ["a", "die SIGSEGV", "large 3000000", "b", "die SIGKILL", "exit 3", "c", "die SIGTERM", "d"]
    with Pool(work, 2) as pool:
        results = dict(pool.run(tasks, _no_stage))
    assert set(results) == set(tasks)
    died = {task: result.reason for task, result in results.items() if isinstance(result, Died)}
    assert died == {
        "die SIGSEGV": "the process that read it was ended by SIGSEGV",
        "die SIGKILL": "the process that read it was ended by SIGKILL; the system may have run out of memory",
        "die SIGTERM": "the process that read it was ended by SIGTERM",
        "exit 3": "the process that read it ended with exit code 3",
    }
    assert len(str(results["large 3000000"])) == 3_000_000
    assert str(os.getpid()) not in str(results["a"])


def test_work_says_what_it_does_and_prints_nothing_on_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[tuple[str, str]] = []
    for made in (Pool(work, 1), Inline(work)):
        with made as processes:
            list(processes.run(["tell decode", "a"], lambda task, stage: said.append((task, stage))))
    assert said == [("tell decode", "decode")] * 2
    with Pool(work, 1) as pool:
        list(pool.run(["print data"], _no_stage))
    assert capfd.readouterr().out == ""


def test_processes_share_the_cores() -> None:
    with Pool(work, 2) as pool:
        (_, threads), *_ = pool.run(["threads"], _no_stage)
    share = max(1, usable_cores() // 2)
    assert threads == f"{share} {share}"


def test_tasks_are_taken_one_by_one_as_processes_become_free() -> None:
    taken: list[str] = []

    def tasks() -> Iterator[str]:
        for name in ("a", "b", "c"):
            taken.append(name)
            yield name

    with Pool(work, 1) as pool:
        results = pool.run(tasks(), _no_stage)
        next(results)
        assert taken == ["a", "b"]  # the second is under way while the first result is dealt with
        assert [task for task, _ in results] == ["b", "c"]


def test_an_error_of_the_work_itself_is_raised_here() -> None:
    with pytest.raises(PerceptionError, match="RuntimeError: boom"), Pool(work, 1) as pool:
        list(pool.run(["raise boom"], _no_stage))


def test_processes_that_cannot_start_are_no_fault_of_the_videos() -> None:
    with pytest.raises(PerceptionError, match="ImportError: no such weights"):
        Pool(Unloadable(), 2)


def test_leaving_early_ends_the_processes_at_once() -> None:
    pool = Pool(work, 2)
    processes = [worker.process for worker in pool._workers]

    def interrupted() -> None:
        with pool:
            next(pool.run(["a", "sleep 60", "sleep 60"], _no_stage))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert all(process.returncode is not None for process in processes)


_PARENT = """
import sys
sys.path[:0] = [{tests!r}]
from seewhy.workers import Pool
from worker_tasks import work
with Pool(work, 1) as pool:
    for task, result in pool.run(["a", "sleep 0.3"], None):
        print(result, flush=True)
"""


def test_a_script_needs_no_main_guard_and_orphans_end(tmp_path: Path) -> None:
    """The parent is killed while its process works: that one finds nobody to work for, and ends."""
    script = tmp_path / "script.py"
    script.write_text(_PARENT.format(tests=str(Path(__file__).parent)))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline().split()[-1])
        parent.kill()
    for _ in range(100):
        try:
            os.kill(orphan, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{orphan}/stat").read_text().split(")")[1].split()[0] == "Z":
            return  # ended; whoever adopted it has not looked yet
        time.sleep(0.05)
    pytest.fail("the orphan is still there after 5 seconds")


def test_ingest_in_processes_makes_the_same_library(tmp_path: Path) -> None:
    for number in range(6):
        write_video(tmp_path / "videos" / f"{number}.mp4", f"v{number}", tracks=number % 3)
    write_video(tmp_path / "videos" / "dark.mp4", "dark", fail="too dark")
    alone, many = make_library(tmp_path / "alone"), make_library(tmp_path / "many")
    run_ingest(alone, tmp_path / "videos", workers=1)
    report = run_ingest(many, tmp_path / "videos", workers=3)
    assert report.counts == {"committed": 6, "unchanged": 0, "duplicate": 0, "failed": 1}
    assert snapshot(alone) == snapshot(many)


def test_a_video_that_kills_its_process_fails_alone(tmp_path: Path) -> None:
    for number in range(4):
        write_video(tmp_path / "videos" / f"{number}.mp4", f"v{number}")
    write_video(tmp_path / "videos" / "1 crash.mp4", "crash", dies="SIGSEGV")
    write_video(tmp_path / "videos" / "2 hog.mp4", "hog", dies="SIGKILL")
    write_video(tmp_path / "videos" / "3 bomb.mp4", "bomb", probe_dies=True)
    folder = make_library(tmp_path / "library")
    report = run_ingest(folder, tmp_path / "videos", workers=2)
    assert report.counts == {"committed": 4, "unchanged": 0, "duplicate": 0, "failed": 3}
    assert [(file.path.name, file.error) for file in report.failed] == [
        ("1 crash.mp4", "PerceptionError"), ("2 hog.mp4", "PerceptionError"), ("3 bomb.mp4", "PerceptionError"),
    ]  # fmt: skip
    assert "SIGSEGV" in (report.failed[0].reason or "")
    assert "memory" in (report.failed[1].reason or "")
    assert len(check_whole(folder)) == 4
