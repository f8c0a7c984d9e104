"""Watching folders: a file is taken once it has stopped growing, and only once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ingest_fakes import check_whole, make_library, run_ingest, write_video

from seewhy.errors import LibraryBusy
from seewhy.reports import IngestReport
from seewhy.watch import watch


class Clock:
    """Sleeps in no time, and lets something happen at each look; stops when nothing is left to happen."""

    def __init__(self, *happenings: Callable[[], object]) -> None:
        self.happenings = list(happenings)
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if not self.happenings:
            raise KeyboardInterrupt
        self.happenings.pop(0)()


def _watch(folder: Path, clock: Clock, ingest: Callable[[Sequence[Path]], IngestReport]) -> list[IngestReport]:
    reports: list[IngestReport] = []
    try:
        for report in watch([folder], ingest, interval=2.0, sleep=clock.sleep):
            reports.append(report)
    except KeyboardInterrupt:
        return reports
    raise AssertionError("watching ended by itself")


class Taken:
    """An ingest that remembers what it was given."""

    def __init__(self) -> None:
        self.names: list[list[str]] = []

    def __call__(self, paths: Sequence[Path]) -> IngestReport:
        self.names.append([path.name for path in paths])
        return IngestReport((), 0.0)


def _nothing() -> None:
    pass


def test_a_file_is_taken_once_it_has_stopped_growing(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    taken = Taken()
    clock = Clock(
        lambda: file.write_bytes(b"1"), lambda: file.write_bytes(b"22"), lambda: file.write_bytes(b"333"),
        _nothing, _nothing, _nothing,
    )  # fmt: skip
    reports = _watch(tmp_path, clock, taken)
    assert taken.names == [["a.mp4"]]
    assert len(reports) == 1
    assert clock.slept == [2.0] * 7


def test_what_is_there_already_comes_first_and_what_changes_comes_again(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"1")
    (tmp_path / "b.mp4").write_bytes(b"1")
    taken = Taken()
    clock = Clock(_nothing, lambda: (tmp_path / "b.mp4").write_bytes(b"22"), _nothing, _nothing)
    _watch(tmp_path, clock, taken)
    assert taken.names == [["a.mp4", "b.mp4"], ["b.mp4"]]


def test_a_file_that_went_and_came_back_is_taken_again(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"1")
    taken = Taken()
    _watch(tmp_path, Clock(_nothing, file.unlink, lambda: file.write_bytes(b"22"), _nothing, _nothing), taken)
    assert taken.names == [["a.mp4"], ["a.mp4"]]


def test_while_another_process_indexes_files_wait(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"1")
    tries: list[int] = []

    def ingest(paths: Sequence[Path]) -> IngestReport:
        tries.append(len(paths))
        if len(tries) < 3:
            raise LibraryBusy("another process")
        return IngestReport((), 0.0)

    assert len(_watch(tmp_path, Clock(*[_nothing] * 5), ingest)) == 1
    assert tries == [1, 1, 1]


def test_watching_ends_in_a_library_that_has_everything(tmp_path: Path) -> None:
    folder = make_library(tmp_path / "library")
    videos = tmp_path / "videos"
    videos.mkdir()
    clock = Clock(
        lambda: write_video(videos / "a.mp4", "a"), _nothing, lambda: write_video(videos / "b.mp4", "b"), _nothing
    )
    reports = _watch(videos, clock, lambda paths: run_ingest(folder, *paths))
    assert [report.counts["committed"] for report in reports] == [1, 1]
    assert len(check_whole(folder)) == 2
