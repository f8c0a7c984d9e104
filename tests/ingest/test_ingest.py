"""Flow 1 on videos that cost nothing: what becomes of files, the first time and every time after."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from ingest_fakes import (
    ENCODER,
    check_whole,
    make_library,
    open_index,
    run_ingest,
    search,
    snapshot,
    write_video,
)

from seewhy.errors import LibraryBusy, LibraryCorrupt, LibraryReadOnly, PluginError, TwinCorrupt
from seewhy.find import find_videos
from seewhy.ingest import FileReport, reconcile
from seewhy.twin.folder import LibraryFolder
from seewhy.twin.store import TWIN_FILE


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    for number in range(3):
        write_video(tmp_path / "videos" / f"{number}.mp4", f"video {number}", tracks=number)
    return tmp_path / "videos"


@pytest.fixture
def folder(tmp_path: Path) -> LibraryFolder:
    return make_library(tmp_path / "library")


class Diary:
    """A Progress that remembers."""

    def __init__(self) -> None:
        self.total = 0
        self.lines: list[tuple[str, str]] = []

    def started(self, total: int) -> None:
        self.total = total

    def stage(self, path: Path, stage: str) -> None:
        self.lines.append((path.name, stage))

    def file(self, report: FileReport) -> None:
        self.lines.append((report.path.name, report.state))


def test_videos_become_twins_that_are_found(folder: LibraryFolder, videos: Path) -> None:
    diary = Diary()
    report = run_ingest(folder, videos, progress=diary)
    assert report.counts == {"committed": 3, "unchanged": 0, "duplicate": 0, "failed": 0}
    assert [file.path.name for file in report.files] == ["0.mp4", "1.mp4", "2.mp4"]
    assert diary.total == 3
    assert [line for name, line in diary.lines if name == "1.mp4"] == [
        "probe",
        "perceive",
        "derive",
        "commit",
        "committed",
    ]
    ids = check_whole(folder)
    assert ids == {file.video for file in report.files}
    index = open_index(folder, read_only=True)
    best = search(index, "a red thing 2")[0]
    index.close()
    assert best.video == report.files[2].video
    assert "thing 2" in best.matches[0].component.text
    with folder.catalog() as catalog:
        row = catalog.video(best.video)
        assert row is not None
        assert row.categories == ("thing", "thing 1", "thing 2")
        assert row.attempts == 1
        assert catalog.paths(best.video) == (str(videos / "2.mp4"),)


def test_what_has_not_changed_is_not_looked_at_again(folder: LibraryFolder, videos: Path) -> None:
    run_ingest(folder, videos)
    before = snapshot(folder)
    diary = Diary()
    report = run_ingest(folder, videos, progress=diary, perceive=None)
    assert report.counts["unchanged"] == 3
    assert {line for _, line in diary.lines} == {"unchanged"}
    assert snapshot(folder) == before


def test_a_file_that_was_only_touched_is_unchanged(folder: LibraryFolder, videos: Path) -> None:
    run_ingest(folder, videos)
    os.utime(videos / "1.mp4", ns=(5, 5))
    assert run_ingest(folder, videos, perceive=None).counts["unchanged"] == 3
    with folder.catalog() as catalog:
        file = catalog.file(videos / "1.mp4")
        assert file is not None
        assert file.mtime_ns == 5
        assert file.state == "committed"


def test_two_files_of_one_content_are_one_video(folder: LibraryFolder, videos: Path) -> None:
    shutil.copy(videos / "1.mp4", videos / "a copy.mp4")
    report = run_ingest(folder, videos)
    assert report.counts == {"committed": 3, "unchanged": 0, "duplicate": 1, "failed": 0}
    states = {file.path.name: (file.state, file.video) for file in report.files}
    assert states["1.mp4"][0] == "committed"
    assert states["a copy.mp4"] == ("duplicate", states["1.mp4"][1])
    shutil.copy(videos / "2.mp4", videos / "later.mp4")
    report = run_ingest(folder, videos, perceive=None)
    assert report.counts == {"committed": 0, "unchanged": 4, "duplicate": 1, "failed": 0}
    with folder.catalog() as catalog:
        assert catalog.paths(states["1.mp4"][1] or "") == (str(videos / "1.mp4"), str(videos / "a copy.mp4"))
        assert len(catalog.committed()) == 3


def test_a_path_with_new_content_leaves_the_old_video_without_a_path(folder: LibraryFolder, videos: Path) -> None:
    old = run_ingest(folder, videos).files[0].video
    write_video(videos / "0.mp4", "something else entirely", tracks=1)
    new = run_ingest(folder, videos).files[0]
    assert (new.state, new.video == old) == ("committed", False)
    assert len(check_whole(folder)) == 4
    with folder.catalog() as catalog:
        assert catalog.paths(old or "") == ()
        assert catalog.paths(new.video or "") == (str(videos / "0.mp4"),)


def test_one_bad_file_does_not_stop_the_others(folder: LibraryFolder, videos: Path) -> None:
    (videos / "text.mp4").write_text("no video")
    write_video(videos / "dark.mp4", "dark", fail="it is too dark to see anything")
    write_video(videos / "bug.mp4", "bug", raises="index 3 is out of range")
    shutil.copy(videos / "dark.mp4", videos / "dark copy.mp4")
    report = run_ingest(folder, videos, videos / "missing.mp4")
    assert report.counts == {"committed": 3, "unchanged": 0, "duplicate": 0, "failed": 5}
    failed = {file.path.name: (file.reason, file.error) for file in report.failed}
    assert failed.pop("missing.mp4")[1] == "VideoNotFound"
    reason, error = failed.pop("bug.mp4")
    assert error == "RuntimeError"
    assert re.fullmatch(r"unexpected RuntimeError at ingest_fakes\.py:\d+: index 3 is out of range", reason or "")
    assert failed == {
        "text.mp4": ("no JSON; give one of these tests' videos", "NotAVideo"),
        "dark.mp4": ("it is too dark to see anything", "PerceptionError"),
        "dark copy.mp4": ("it is too dark to see anything", "PerceptionError"),
    }
    assert len(check_whole(folder)) == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_what_keeps_every_video_from_being_perceived_ends_the_run(
    folder: LibraryFolder, videos: Path, workers: int
) -> None:
    write_video(videos / "1.mp4", "misses", misses="no specialist named 'sam'")
    with pytest.raises(PluginError, match="no specialist named 'sam'"):
        run_ingest(folder, videos, workers=workers)
    with folder.catalog() as catalog:
        assert catalog.counts()["failed"] == 0
    write_video(videos / "1.mp4", "video 1", tracks=1)
    assert run_ingest(folder, videos).counts["failed"] == 0
    assert len(check_whole(folder)) == 3


def test_failures_are_tried_again_when_asked_or_when_they_have_changed(folder: LibraryFolder, videos: Path) -> None:
    write_video(videos / "dark.mp4", "dark", fail="too dark")
    (videos / "text.mp4").write_text("no video")
    first = run_ingest(folder, videos)
    again = run_ingest(folder, videos, perceive=None)
    assert [(f.path, f.reason, f.error) for f in again.failed] == [(f.path, f.reason, f.error) for f in first.failed]
    assert len(again.failed) == 2
    run_ingest(folder, videos, retry_failed=True)
    with folder.catalog() as catalog:
        assert [row.attempts for row in catalog.files("failed")] == [2, 2]
    write_video(videos / "dark.mp4", "brightened")
    write_video(videos / "text.mp4", "a video now")
    assert run_ingest(folder, videos).counts == {"committed": 2, "unchanged": 3, "duplicate": 0, "failed": 0}
    assert len(check_whole(folder)) == 5


def test_a_file_that_changes_while_it_is_read_fails_and_is_taken_next_time(folder: LibraryFolder, videos: Path) -> None:
    write_video(videos / "grows.mp4", "grows", grows=True)
    report = run_ingest(folder, videos)
    assert [file.reason for file in report.failed] == [
        "the file changed while it was read; index it again when it is complete"
    ]
    write_video(videos / "grows.mp4", "complete")
    assert run_ingest(folder, videos).counts["committed"] == 1


def test_the_date_is_the_recordings_or_else_the_files(folder: LibraryFolder, videos: Path) -> None:
    write_video(videos / "0.mp4", "dated", created="2020-02-03T04:05:06+02:00")
    os.utime(videos / "1.mp4", (86400, 86400))
    report = run_ingest(folder, videos)
    with folder.catalog() as catalog:
        dates = [row.date for file in report.files if (row := catalog.video(file.video or ""))]
    assert dates[:2] == ["2020-02-03T02:05:06Z", "1970-01-02T00:00:00Z"]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_video_that_decodes_only_in_part_says_so(folder: LibraryFolder, videos: Path, workers: int) -> None:
    write_video(videos / "0.mp4", "damaged", damaged="breaks off after 3.2 of 10.0 s")
    report = run_ingest(folder, videos, workers=workers)
    assert folder.store.load(report.files[0].video or "").degraded == ("breaks off after 3.2 of 10.0 s",)
    assert folder.store.load(report.files[1].video or "").degraded == ()


def test_other_warnings_are_not_swallowed(folder: LibraryFolder, videos: Path) -> None:
    write_video(videos / "0.mp4", "deprecated", warns="use something else")
    with pytest.warns(FutureWarning, match="use something else"):
        run_ingest(folder, videos)


def test_a_damaged_catalog_is_refused_with_what_to_do_and_that_helps(folder: LibraryFolder, videos: Path) -> None:
    run_ingest(folder, videos)
    before = snapshot(folder)
    catalog = folder.path / "catalog.sqlite"
    data = bytearray(catalog.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    catalog.write_bytes(data)
    with pytest.raises(LibraryCorrupt, match=r"move catalog\.sqlite and its -wal and -shm files away and index"):
        run_ingest(folder, videos)
    for file in folder.path.glob("catalog.sqlite*"):
        file.rename(videos.parent / file.name)
    with pytest.raises(LibraryCorrupt, match="is missing"):
        folder.catalog()
    assert run_ingest(folder, videos, perceive=None).counts["committed"] == 3
    assert snapshot(folder) == before


@pytest.mark.parametrize("damage", ["cut", "gone", "masks gone"])
def test_a_twin_that_was_damaged_is_built_again(folder: LibraryFolder, videos: Path, damage: str) -> None:
    report = run_ingest(folder, videos)
    before = snapshot(folder)
    twin = folder.store.root / str(report.files[1].video)
    if damage == "cut":
        (twin / TWIN_FILE).write_bytes((twin / TWIN_FILE).read_bytes()[:50])
        with pytest.raises(TwinCorrupt, match="index the video's file again"):
            folder.store.load(twin.name)
    elif damage == "gone":
        shutil.rmtree(twin)
    else:
        (twin / "masks.json").unlink()
    report = run_ingest(folder, videos)
    assert [file.state for file in report.files] == ["unchanged", "committed", "unchanged"]
    check_whole(folder)
    assert snapshot(folder) == before


def test_a_flipped_bit_is_found_when_asked_for(folder: LibraryFolder, videos: Path) -> None:
    """Of the same length, and still a twin: only the digest tells."""
    report = run_ingest(folder, videos)
    before = snapshot(folder)
    twin = folder.store.root / str(report.files[1].video) / TWIN_FILE
    twin.write_bytes(twin.read_bytes().replace(b'"red"', b'"rad"'))
    assert run_ingest(folder, videos, perceive=None).counts["unchanged"] == 3
    assert run_ingest(folder, videos, retry_failed=True).counts == {
        "committed": 1, "unchanged": 2, "duplicate": 0, "failed": 0,
    }  # fmt: skip
    assert snapshot(folder) == before


def test_an_index_that_is_behind_or_ahead_is_set_right(folder: LibraryFolder, videos: Path) -> None:
    run_ingest(folder, videos)
    before = snapshot(folder)
    index = open_index(folder)
    index.delete([sorted(index.videos())[0]])
    index.flush()
    index.close()
    with folder.catalog() as catalog:
        withdrawn = sorted(catalog.committed())[1]
        catalog.withdraw(withdrawn, reason="for this test")
    index = open_index(folder)
    reconcile(folder, index=index, encoder=ENCODER)
    assert index.videos() == check_whole(folder)
    assert withdrawn not in index.videos()
    index.close()
    shutil.rmtree(folder.index_path)
    run_ingest(folder, videos)
    assert snapshot(folder) == before


def test_reconciling_withdraws_what_has_no_twin_any_more(folder: LibraryFolder, videos: Path) -> None:
    report = run_ingest(folder, videos)
    before = snapshot(folder)
    lost = report.files[0].video or ""
    shutil.rmtree(folder.store.root / lost)
    shutil.rmtree(folder.index_path)
    index = open_index(folder)
    reconcile(folder, index=index, encoder=ENCODER)
    assert index.videos() == check_whole(folder)
    index.close()
    with folder.catalog() as catalog:
        row = catalog.video(lost)
        assert row is not None
        assert row.state == "probed"
        assert "index the video's file again" in (row.reason or "")
    run_ingest(folder, videos)
    assert snapshot(folder) == before


def test_a_twin_left_uncommitted_and_damaged_is_not_taken_over(folder: LibraryFolder, videos: Path) -> None:
    run_ingest(folder, videos)
    before = snapshot(folder)
    for file in folder.path.glob("catalog.sqlite*"):
        file.unlink()
    twins = sorted(folder.store.root.iterdir())
    (twins[0] / TWIN_FILE).write_text("{}")
    (twins[1] / "masks.json").write_text('{"video": "x", "height": 8, "width": 12, "frames": {}}')
    assert run_ingest(folder, videos).counts["committed"] == 3
    assert snapshot(folder) == before


def test_an_interrupted_run_leaves_a_library_that_can_be_searched_and_taken_up(
    folder: LibraryFolder, videos: Path, tmp_path: Path
) -> None:
    class Impatient(Diary):
        def file(self, report: FileReport) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ingest(folder, videos, progress=Impatient())
    committed = check_whole(folder)
    assert len(committed) == 1
    index = open_index(folder, read_only=True)
    assert index.videos() == committed
    index.close()
    assert run_ingest(folder, videos).counts == {"committed": 2, "unchanged": 1, "duplicate": 0, "failed": 0}
    other = make_library(tmp_path / "uninterrupted")
    run_ingest(other, videos)
    assert snapshot(folder) == snapshot(other)


def test_only_one_process_indexes_and_none_into_what_is_open_for_reading(folder: LibraryFolder, videos: Path) -> None:
    with folder.writing(), pytest.raises(LibraryBusy):
        run_ingest(folder, videos)
    open_index(folder).close()
    with pytest.raises(LibraryReadOnly):
        run_ingest(LibraryFolder.open(folder.path, read_only=True), videos)


def test_a_report_can_be_read_and_written(folder: LibraryFolder, videos: Path) -> None:
    (videos / "text.mp4").write_text("no video")
    report = run_ingest(folder, videos)
    assert report.summary().startswith("4 files: 3 committed, 1 failed in ")
    document = json.loads(json.dumps(report.as_dict()))
    assert document["counts"] == report.counts
    assert document["files"][3]["path"] == str(videos / "text.mp4")
    assert document["files"][3]["error"] == "NotAVideo"


def test_nothing_to_do_is_no_error(folder: LibraryFolder, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    report = run_ingest(folder, tmp_path / "empty", workers=0)
    assert report.files == ()


# Finding files


def test_folders_are_searched_and_named_files_always_tried(tmp_path: Path) -> None:
    names = ["b.MP4", "a/x.webm", "a/.hidden.mp4", ".hidden/y.mp4", "notes.txt", "a/z.mov"]
    for name in names:
        write_video(tmp_path / name, name)
    (tmp_path / "link.mp4").symlink_to(tmp_path / "b.MP4")
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    named = [tmp_path, tmp_path / "notes.txt", tmp_path / "a" / ".." / "b.MP4", tmp_path / "missing"]
    found = [str(path.relative_to(tmp_path)) for path in find_videos(named)]
    assert found == ["a/x.webm", "a/z.mov", "b.MP4", "link.mp4", "missing", "notes.txt"]


def test_a_name_that_is_no_utf8_is_refused_by_name(folder: LibraryFolder, videos: Path) -> None:
    odd = os.fsencode(videos) + b"/\xff.mp4"
    shutil.copy(os.fsencode(videos / "0.mp4"), odd)
    report = run_ingest(folder, videos)
    assert [file.reason for file in report.failed] == ["its name is not valid UTF-8; rename the file"]
    assert report.counts["committed"] == 3
