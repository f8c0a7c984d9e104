"""What happens to a library on a real disk that fills up, or is mounted for reading only.

Run inside a mount namespace of its own (`unshare --map-root-user --mount`), with a folder for a work place.
Prints `ok` when the story went as it should.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from ingest_fakes import check_whole, make_library, open_index, run_ingest, search, snapshot, write_video

from seewhy.errors import LibraryReadOnly, OutOfSpace
from seewhy.twin.folder import LibraryFolder


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def full(place: Path) -> None:
    """Indexing stops when the disk is full, keeps what was committed, and goes on when there is room again."""
    for number in range(24):
        write_video(place / "videos" / f"{number}.mp4", f"video {number}", tracks=4)
    reference = make_library(place / "reference")
    run_ingest(reference, place / "videos")
    disk = place / "disk"
    disk.mkdir()
    kilobytes = 400
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk))
    folder = make_library(disk / "library")
    committed: frozenset[str] = frozenset()
    sizes = []
    while len(committed) < 24:
        with suppress(OutOfSpace):
            run_ingest(folder, place / "videos")
        now = check_whole(folder)
        assert committed <= now
        committed = now
        sizes.append(len(committed))
        kilobytes += 200
        _mount("-o", f"remount,size={kilobytes}k", str(disk))
    assert len(sizes) > 3, sizes
    assert snapshot(folder) == snapshot(reference)


def read_only(place: Path) -> None:
    """A library on a disk mounted for reading only is searched, also right after its writer was killed."""
    for number in range(3):
        write_video(place / "videos" / f"{number}.mp4", f"video {number}", tracks=1)
    library = place / "library"
    make_library(library)
    child = os.fork()
    if child == 0:
        folder = LibraryFolder.open(library)
        with folder.catalog():  # the last to close a database would empty its log
            run_ingest(folder, place / "videos" / "0.mp4")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (library / "catalog.sqlite-wal").stat().st_size > 0
    (library / "catalog.sqlite-shm").unlink()
    for state in ("with a log", "closed"):
        _mount("--bind", str(library), str(library))
        _mount("-o", "remount,ro,bind", str(library))
        with pytest.raises(OSError, match="Read-only file system"):
            (library / "x").touch()
        reader = LibraryFolder.open(library, read_only=True)
        committed = check_whole(reader)
        assert len(committed) == (1 if state == "with a log" else 3), (state, committed)
        index = open_index(reader, read_only=True)
        assert {candidate.video for candidate in search(index, "a red thing")} == committed
        index.close()
        with pytest.raises(LibraryReadOnly):
            run_ingest(LibraryFolder.open(library), place / "videos")
        subprocess.run(["umount", str(library)], check=True)
        run_ingest(LibraryFolder.open(library), place / "videos")
        assert not (library / "catalog.sqlite-wal").exists()


if __name__ == "__main__":
    {"full": full, "read-only": read_only}[sys.argv[1]](Path(sys.argv[2]))
    print("ok")
