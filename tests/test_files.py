"""Files, folders and locks that survive the death of whoever writes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seewhy.errors import LibraryBusy
from seewhy.files import (
    clear_unfinished,
    publish_folder,
    release_lock,
    sweep,
    take_lock,
    write_atomically,
    write_durably,
)


def test_the_pieces_of_a_file_are_written_in_order(tmp_path: Path) -> None:
    write_durably(tmp_path / "f", [b"ab", memoryview(b"cd"), b""])
    assert (tmp_path / "f").read_bytes() == b"abcd"


def test_what_a_killed_process_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    killed = "import os, sys; from pathlib import Path; from seewhy import files\n"
    killed += "os.rename = os.replace = lambda *_: os._exit(9)\n"
    killed += "files.write_atomically(Path(sys.argv[1]), b'new')"
    assert subprocess.run([sys.executable, "-c", killed, str(path)], check=False).returncode == 9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".tmp-manifest.json-")
    other = tmp_path / ".tmp-other-1"
    other.write_bytes(b"somebody else's")
    clear_unfinished(path)
    write_atomically(path, b"whole")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [other.name, path.name]


def test_a_folder_appears_when_it_is_full(tmp_path: Path) -> None:
    folder = tmp_path / "made"

    def fill(place: Path) -> int:
        assert not folder.exists()
        (place / "a").write_bytes(b"1")
        return 7

    assert publish_folder(folder, fill) == 7
    assert [entry.name for entry in folder.iterdir()] == ["a"]
    (tmp_path / "file").touch()
    sweep(tmp_path, ["file"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_one_holds_the_lock_until_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with pytest.raises(FileNotFoundError):
        take_lock(path, "busy")
    held = take_lock(path, "busy", create=True)
    with pytest.raises(LibraryBusy, match="come back later"):
        take_lock(path, "come back later")
    copy = os.dup(held)  # what a forked process has
    release_lock(held)
    again = take_lock(path, "busy")
    release_lock(again)
    os.close(copy)
