"""A disk that is full or read-only: as the system reports it, and, where the machine allows it, for real."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ingest_fakes import check_whole, make_library, open_index, run_ingest, search, snapshot, write_video

from seewhy.errors import LibraryReadOnly, OutOfSpace
from seewhy.twin.folder import LibraryFolder

NAMESPACE = ["unshare", "--map-root-user", "--mount"]


def _can_mount() -> bool:
    try:
        return subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("story", ["full", "read-only"])
def test_a_real_disk(story: str, tmp_path: Path) -> None:
    if not _can_mount():
        pytest.skip("this machine lets an ordinary user mount nothing (unshare --map-root-user --mount)")
    program = [*NAMESPACE, sys.executable, str(Path(__file__).with_name("disk_story.py")), story, str(tmp_path)]
    done = subprocess.run(program, check=False, capture_output=True, text=True)
    assert done.stdout == "ok\n", done.stderr


def _videos(folder: Path) -> Path:
    for number in range(3):
        write_video(folder / f"{number}.mp4", f"video {number}", tracks=1)
    return folder


def test_a_disk_that_fills_up_at_any_sync_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = _videos(tmp_path / "videos")
    reference = make_library(tmp_path / "reference")
    syncs = 0
    sync = os.fsync

    def counted(descriptor: int) -> None:
        nonlocal syncs
        syncs += 1
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    run_ingest(reference, videos)
    whole, expected = syncs, snapshot(reference)
    assert whole >= 15
    for last in range(whole):
        monkeypatch.setattr(os, "fsync", sync)
        folder = make_library(tmp_path / f"full after {last}")
        done = 0

        def full(descriptor: int) -> None:
            nonlocal done
            done += 1
            if done > last:  # noqa: B023 - used up before the loop goes on
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutOfSpace, match="Free some space"):
            run_ingest(folder, videos)
        monkeypatch.setattr(os, "fsync", sync)
        committed = check_whole(folder)
        run_ingest(folder, videos)
        assert committed <= check_whole(folder)
        assert snapshot(folder) == expected, last


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not keep root from writing; see test_a_real_disk")
def test_a_folder_without_permission_to_write_is_searched(tmp_path: Path) -> None:
    folder = make_library(tmp_path / "library")
    run_ingest(folder, _videos(tmp_path / "videos"))
    everything = [folder.path, *folder.path.rglob("*")]
    for path in everything:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        reader = LibraryFolder.open(folder.path, read_only=True)
        index = open_index(reader, read_only=True)
        assert {candidate.video for candidate in search(index, "a red thing")} == check_whole(reader)
        index.close()
        with pytest.raises(LibraryReadOnly):
            run_ingest(folder, tmp_path / "videos")
    finally:
        for path in everything:
            path.chmod(0o755 if path.is_dir() else 0o644)
