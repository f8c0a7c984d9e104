"""Real files through real processes: good ones become twins, bad ones fail by name, and nobody waits for them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from ingest_fakes import check_whole, make_library, run_ingest
from real_perceive import decode_only

from seewhy.twin.folder import LibraryFolder
from seewhy.video.pyav import PyAvSource
from seewhy.video.write import write_video


def _film(path: Path, seed: int, frames: int) -> Path:
    random = np.random.default_rng(seed)
    write_video(path, random.integers(0, 255, (frames, 48, 64, 3), np.uint8), Fraction(12))
    return path


def _without_index(mp4: bytes) -> bytes:
    """As a recorder leaves it that was switched off: MP4 whose index, which is written last, is missing."""
    boxes, start = [], 0
    while start < len(mp4):
        size = int.from_bytes(mp4[start : start + 4])
        boxes.append(mp4[start : start + size])
        start += size
    return b"".join(box for box in boxes if box[4:8] != b"moov")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_file_ends_in_a_twin_or_with_a_reason(tmp_path: Path, workers: int) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    whole = _film(videos / "a.mp4", 1, 24).read_bytes()
    _film(videos / "one frame.mp4", 2, 1)
    (videos / "same.mov").write_bytes(whole)
    (videos / "empty.mp4").touch()
    (videos / "text.mp4").write_text("Dear diary")
    (videos / "list.mp4").write_text("#EXTM3U\nhttp://example.invalid/a.ts\n")
    (videos / "cut.mp4").write_bytes(_without_index(whole))
    (videos / "half.mp4").write_bytes(whole[: len(whole) // 2])
    (videos / "noise.mkv").write_bytes(np.random.default_rng(3).bytes(5000))
    folder = make_library(tmp_path / "library")
    report = run_ingest(folder, videos, workers=workers, source=PyAvSource(), perceive=decode_only)
    assert {file.path.name: (file.state, file.error) for file in report.files} == {
        "a.mp4": ("committed", None),
        "cut.mp4": ("failed", "TruncatedVideo"),
        "empty.mp4": ("failed", "EmptyFile"),
        "half.mp4": ("committed", None),
        "list.mp4": ("failed", "NotAVideo"),
        "noise.mkv": ("failed", "NotAVideo"),
        "one frame.mp4": ("committed", None),
        "same.mov": ("duplicate", None),
        "text.mp4": ("failed", "NotAVideo"),
    }
    assert all(str(file.path) not in (file.reason or "") for file in report.failed), "the path is said beside it"
    assert len(check_whole(LibraryFolder.open(folder.path))) == 3
    half = folder.store.load(next(file.video or "" for file in report.files if file.path.name == "half.mp4"))
    assert len(half.degraded) == 1, "what could not be decoded is said in the twin"
    assert folder.store.load(report.files[0].video or "").video.duration == pytest.approx(2.0)
