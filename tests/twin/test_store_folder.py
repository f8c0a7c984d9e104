"""The library's folder: making, opening, versions, and the one writer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seewhy.errors import (
    LibraryBusy,
    LibraryCorrupt,
    LibraryError,
    LibraryNotFound,
    LibraryReadOnly,
    LibraryTooNew,
    OutOfSpace,
)
from seewhy.settings import Settings
from seewhy.twin.folder import LIBRARY_FILE, LIBRARY_FORMAT, LibraryFolder


def _make(path: Path) -> LibraryFolder:
    return LibraryFolder.create(path, encoder="hashing@1", settings=Settings.load(overrides={"video.rate": 4.0}))


def test_a_library_says_what_it_was_made_with(tmp_path: Path) -> None:
    made = _make(tmp_path / "a" / "library")
    opened = LibraryFolder.open(made.path)
    assert opened == made
    assert opened.info.format == LIBRARY_FORMAT
    assert opened.info.created_by.startswith("seewhy ")
    assert opened.info.encoder == "hashing@1"
    assert Settings.load(overrides=opened.info.settings) == Settings.load(overrides={"video.rate": 4.0})
    assert sorted(entry.name for entry in made.path.iterdir()) == ["catalog.sqlite", "library.toml", "twins"]


def test_an_odd_encoder_name_survives(tmp_path: Path) -> None:
    name = 'a "b" \\ \x7f \n é 😀'
    LibraryFolder.create(tmp_path / "l", encoder=name, settings=Settings())
    assert LibraryFolder.open(tmp_path / "l").info.encoder == name


def test_a_library_is_made_once_and_not_among_other_files(tmp_path: Path) -> None:
    _make(tmp_path / "library")
    with pytest.raises(LibraryError, match="is a library already"):
        _make(tmp_path / "library")
    with pytest.raises(LibraryError, match=r"holds other files \(library\)"):
        _make(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="is a file"):
        _make(tmp_path / "file")


def test_making_one_can_be_taken_up_where_it_broke_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutOfSpace):
            _make(tmp_path / "library")
    with pytest.raises(LibraryNotFound):
        LibraryFolder.open(tmp_path / "library")
    _make(tmp_path / "library")


def test_two_that_make_one_library_at_once_make_one(tmp_path: Path) -> None:
    def make(path: Path) -> str:
        try:
            return str(_make(path).path)
        except LibraryError as error:
            return type(error).__name__

    with ThreadPoolExecutor(2) as threads:
        for number in range(10):
            path = tmp_path / str(number)
            made = list(threads.map(make, [path, path]))
            assert str(path) in made
            assert set(made) <= {str(path), "LibraryError", "LibraryBusy"}
            with LibraryFolder.open(path).catalog() as catalog:
                assert catalog.videos() == ()


def test_what_is_no_library_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "none", tmp_path / "file"):
        with pytest.raises(LibraryNotFound, match="index videos into it first"):
            LibraryFolder.open(path)


def test_a_newer_format_is_refused_even_when_all_else_has_changed(tmp_path: Path) -> None:
    _make(tmp_path / "l")
    (tmp_path / "l" / LIBRARY_FILE).write_text(f'format = {LIBRARY_FORMAT + 1}\ncreated_by = "seewhy 9.0"\nnew = [1]\n')
    with pytest.raises(LibraryTooNew, match=r"format 2, made by seewhy 9\.0; .*upgrade seewhy"):
        LibraryFolder.open(tmp_path / "l")


@pytest.mark.parametrize(
    "damage",
    [lambda t: t[:10], lambda t: t[:0], lambda t: "unknown = 1\n" + t,
     lambda t: t.replace("format = 1", 'format = "x"'), lambda t: t.replace("seewhy", "\0")],
)  # fmt: skip
def test_a_damaged_library_file_is_refused_with_what_to_do(tmp_path: Path, damage: Callable[[str], str]) -> None:
    _make(tmp_path / "l")
    file = tmp_path / "l" / LIBRARY_FILE
    file.write_text(damage(file.read_text()))
    with pytest.raises(LibraryCorrupt, match="restore it from a backup"):
        LibraryFolder.open(tmp_path / "l")


_HOLDER = """
import sys
from pathlib import Path
from seewhy.twin.folder import LibraryFolder
with LibraryFolder.open(Path(sys.argv[1])).writing():
    print("holding", flush=True)
    sys.stdin.read()
"""


def test_there_is_one_writer_and_its_lock_dies_with_it(tmp_path: Path) -> None:
    folder = _make(tmp_path / "l")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(LibraryBusy, match="another process is indexing"), folder.writing():
            pass
        reader = LibraryFolder.open(folder.path, read_only=True)
        with reader.catalog() as catalog:
            assert catalog.committed() == frozenset()
        holder.kill()
    with folder.writing():
        pass


def test_a_thread_of_the_same_process_waits_its_turn_too(tmp_path: Path) -> None:
    folder = _make(tmp_path / "l")
    with folder.writing(), pytest.raises(LibraryBusy), LibraryFolder.open(folder.path).writing():
        pass


def test_a_library_opened_for_reading_is_not_written(tmp_path: Path) -> None:
    _make(tmp_path / "l")
    folder = LibraryFolder.open(tmp_path / "l", read_only=True)
    with pytest.raises(LibraryReadOnly, match="opened for reading only"), folder.writing():
        pass


def test_a_library_that_cannot_be_written_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _make(tmp_path / "l")

    def refuse(path: Path, flags: int, mode: int = 0o777) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(LibraryReadOnly, match="can be searched, not changed"), folder.writing():
        pass
