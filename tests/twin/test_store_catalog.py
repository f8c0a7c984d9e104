"""The catalog: states, moves of content between paths, versions, damage, many readers beside one writer."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from store_samples import sample_facts

from seewhy import databases
from seewhy.errors import LibraryBusy, LibraryCorrupt, LibraryReadOnly, LibraryTooNew, OutOfSpace
from seewhy.twin.catalog import CATALOG_VERSION, Catalog
from seewhy.twin.catalog_rows import STATES, FileStat

DATE = "2024-01-02T03:04:05Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def catalog(path: Path) -> Catalog:
    return Catalog.open(path, create=True)


def _file(name: str, mtime: int = 1) -> FileStat:
    return FileStat(Path("/videos") / name, 9, mtime)


def _commit(catalog: Catalog, name: str, video: str, mtime: int = 1) -> None:
    catalog.queue([_file(name, mtime)])
    catalog.probed([(_file(name, mtime), sample_facts(video), DATE)])
    catalog.attempt(video)
    catalog.perceived(video)
    catalog.commit(video, categories=("dog", "cat"), twin_sha256="ab", twin_bytes=12)


def test_a_video_goes_through_its_states(catalog: Catalog) -> None:
    file = _file("a.mp4")
    catalog.queue([file])
    states = [catalog.file(file.path)]
    catalog.probed([(file, sample_facts("v1"), DATE)])
    states.append(catalog.file(file.path))
    catalog.attempt("v1")
    catalog.perceived("v1")
    states.append(catalog.file(file.path))
    assert catalog.committed() == frozenset()
    catalog.commit("v1", categories=("dog",), twin_sha256="ab", twin_bytes=12)
    states.append(catalog.file(file.path))
    assert [row.state for row in states if row] == ["queued", "probed", "perceived", "committed"]
    assert catalog.committed() == {"v1"}
    row = catalog.video("v1")
    assert row is not None
    assert (row.duration, row.date, row.categories, row.twin_sha256, row.twin_bytes) == (1.0, DATE, ("dog",), "ab", 12)
    assert (row.attempts, row.reason, row.error) == (1, None, None)
    assert catalog.counts() == dict.fromkeys(STATES, 0) | {"committed": 1}
    assert catalog.paths("v1") == ("/videos/a.mp4",)


def test_failures_keep_their_reason_until_the_next_try(catalog: Catalog) -> None:
    catalog.queue([_file("a"), _file("b")])
    catalog.fail_file(_file("a").path, reason="no video", error="NotAVideo")
    catalog.probed([(_file("b"), sample_facts("v1"), DATE)])
    catalog.attempt("v1")
    catalog.fail_video("v1", reason="too dark", error="PerceptionError")
    failed = catalog.files("failed")
    assert [(row.path, row.video, row.reason, row.error, row.attempts) for row in failed] == [
        ("/videos/a", None, "no video", "NotAVideo", 1), ("/videos/b", "v1", "too dark", "PerceptionError", 1),
    ]  # fmt: skip
    catalog.attempt("v1")
    row = catalog.video("v1")
    assert row is not None
    assert (row.state, row.reason, row.error, row.attempts) == ("probed", None, None, 2)
    catalog.queue([_file("a")])
    again = catalog.file("/videos/a")
    assert again is not None
    assert (again.state, again.reason) == ("queued", None)


def test_two_files_of_one_content_are_one_video(catalog: Catalog) -> None:
    _commit(catalog, "b", "v1")
    catalog.queue([_file("a")])
    catalog.probed([(_file("a"), sample_facts("v1"), "2030-01-01T00:00:00Z")])
    assert catalog.paths("v1") == ("/videos/a", "/videos/b")
    assert [row.state for row in catalog.files()] == ["committed", "committed"]
    row = catalog.video("v1")
    assert row is not None
    assert row.date == DATE


def test_a_path_whose_content_changed_leaves_its_video(catalog: Catalog) -> None:
    _commit(catalog, "a", "v1")
    _commit(catalog, "a", "v2", mtime=2)
    assert catalog.paths("v1") == ()
    assert catalog.paths("v2") == ("/videos/a",)
    assert catalog.committed() == {"v1", "v2"}


def test_a_withdrawn_video_is_not_to_be_seen(catalog: Catalog) -> None:
    _commit(catalog, "a", "v1")
    catalog.withdraw("v1", reason="damaged")
    assert catalog.committed() == frozenset()
    row = catalog.video("v1")
    assert row is not None
    assert (row.state, row.reason, row.twin_sha256) == ("probed", "damaged", "ab")


def test_a_removed_video_is_forgotten_with_its_files(catalog: Catalog) -> None:
    _commit(catalog, "a", "v1")
    _commit(catalog, "b", "v2")
    catalog.remove("v1")
    assert [row.id for row in catalog.videos()] == ["v2"]
    assert [row.path for row in catalog.files()] == ["/videos/b"]


def test_an_unknown_video_cannot_be_committed(catalog: Catalog) -> None:
    with pytest.raises(LibraryCorrupt, match="v9"):
        catalog.commit("v9", categories=(), twin_sha256="", twin_bytes=0)
    _commit(catalog, "a", "v1")  # and the transaction is over


def test_everything_is_there_after_closing_and_nothing_is_written_by_a_reader(path: Path, catalog: Catalog) -> None:
    _commit(catalog, "a", "v1")
    catalog.close()
    reader = Catalog.open(path, read_only=True)
    assert reader.committed() == {"v1"}
    with pytest.raises(LibraryReadOnly, match="cannot be written"):
        reader.queue([_file("b")])
    reader.close()


def test_writes_are_synced_in_full(catalog: Catalog) -> None:
    assert catalog._one("PRAGMA journal_mode") == "wal"
    assert catalog._one("PRAGMA synchronous") == 2


def test_a_newer_version_is_refused(path: Path, catalog: Catalog) -> None:
    catalog._connection.execute(f"PRAGMA user_version = {CATALOG_VERSION + 1}")
    catalog.close()
    for read_only in (True, False):
        with pytest.raises(LibraryTooNew, match="upgrade seewhy"):
            Catalog.open(path, read_only=read_only)


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_catalog_is_refused_with_what_to_do(path: Path, read_only: bool) -> None:
    path.write_bytes(b"these are no pages of a database" * 100)
    with pytest.raises(LibraryCorrupt, match=r"cannot be used \(file is not a database\); move catalog\.sqlite"):
        Catalog.open(path, read_only=read_only)
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    with pytest.raises(LibraryCorrupt, match="no catalog of seewhy"):
        Catalog.open(path, read_only=read_only)


def test_damaged_pages_are_found_when_they_are_read_and_when_all_is_checked(path: Path, catalog: Catalog) -> None:
    catalog.queue([_file(f"{number:0100}") for number in range(300)])
    catalog.check()
    catalog.close()
    data = bytearray(path.read_bytes())
    for page in range(2 * 4096, len(data), 4096):
        data[page : page + 64] = b"\xff" * 64
    path.write_bytes(data)
    with Catalog.open(path) as damaged:  # only its first page is looked at
        for read in (damaged.check, damaged.files):
            with pytest.raises(LibraryCorrupt, match=r"move catalog\.sqlite"):
                read()


@pytest.mark.parametrize("read_only", [True, False])
def test_a_catalog_is_made_only_when_asked_for(path: Path, read_only: bool) -> None:
    with pytest.raises(LibraryCorrupt, match="is missing"):
        Catalog.open(path, read_only=read_only)
    assert not path.exists()


def test_a_full_disk_is_said_and_leaves_what_was_there(catalog: Catalog) -> None:
    _commit(catalog, "a", "v1")
    catalog._connection.execute(
        f"PRAGMA max_page_count = {catalog._one('PRAGMA page_count')}"
    )  # SQLite's own full disk
    with pytest.raises(OutOfSpace, match="Free some space"):
        catalog.queue([_file(f"{number:0500}") for number in range(100)])
    assert catalog.committed() == {"v1"}
    assert len(catalog.files()) == 1
    catalog._connection.execute("PRAGMA max_page_count = 100000")
    _commit(catalog, "b", "v2")
    assert catalog.committed() == {"v1", "v2"}


def test_a_lock_that_is_never_released_is_said(path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0.05)
    other = Catalog.open(path)
    catalog._connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryBusy, match="wait for the other process"):
        other.queue([_file("a")])
    catalog._connection.execute("ROLLBACK")
    other.queue([_file("a")])
    other.close()


def test_readers_beside_a_writer_see_whole_transactions(path: Path, catalog: Catalog) -> None:
    """A reader never finds a committed video without its digest, nor the number of them shrinking."""
    stop = threading.Event()
    seen: list[int] = []
    wrong: list[str] = []

    def read() -> None:
        with Catalog.open(path, read_only=True) as reader:
            while not stop.is_set():
                rows = reader.videos("committed")
                wrong.extend(row.id for row in rows if row.twin_sha256 is None or row.twin_bytes is None)
                seen.append(len(rows))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(60):
        _commit(catalog, f"f{number}", f"v{number}")
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(seen) > 2


# Reading where nothing can be written. Root may write anywhere, so SQLite is told that it cannot.


_KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from test_store_catalog import Catalog, _commit
catalog = Catalog.open(Path({path!r}), create=True)
_commit(catalog, "a", "v1")
os.kill(os.getpid(), signal.SIGKILL)
"""


def _refuse_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = databases._open

    def as_on_a_read_only_disk(path: Path, mode: str) -> sqlite3.Connection:
        if mode == "mode=ro":
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return opened(path, mode)

    monkeypatch.setattr(databases, "_open", as_on_a_read_only_disk)


def test_a_catalog_is_read_where_nothing_can_be_written(
    path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    _commit(catalog, "a", "v1")
    catalog.close()
    _refuse_shared_memory(monkeypatch)
    with Catalog.open(path, read_only=True) as reader:
        assert reader.committed() == {"v1"}
    assert [entry.name for entry in path.parent.iterdir()] == ["catalog.sqlite"]


def test_commits_that_a_killed_writer_left_in_its_log_are_read_there_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = _KILLED_WRITER.format(tests=str(Path(__file__).parent), path=str(path))
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    log = path.with_name("catalog.sqlite-wal")
    assert log.stat().st_size > 0
    before = {entry.name: entry.read_bytes() for entry in path.parent.iterdir() if not entry.name.endswith("-shm")}
    _refuse_shared_memory(monkeypatch)
    with Catalog.open(path, read_only=True) as reader:
        assert reader.committed() == {"v1"}
        with pytest.raises(LibraryReadOnly):
            reader.queue([_file("b")])
    assert {name: (path.parent / name).read_bytes() for name in before} == before


# Version 1, before twins could be replaced

_LATER = ("described", "next_sha256", "next_bytes", "reindex")


def _as_version_1(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for column in _LATER:
            connection.execute(f"ALTER TABLE videos DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()


def test_a_catalog_of_version_1_is_read_as_it_is_and_upgraded_by_the_first_writer(path: Path, catalog: Catalog) -> None:
    _commit(catalog, "a.mp4", "v1")
    catalog.close()
    _as_version_1(path)
    with Catalog.open(path, read_only=True) as reader:
        row = reader.video("v1")
        assert row is not None
        assert (row.categories, row.described, row.reindex) == (("dog", "cat"), None, 0)
    with Catalog.open(path) as writer:
        assert writer.paths("v1") == ("/videos/a.mp4",)
        writer.announce("v1", twin_sha256="11", twin_bytes=8)
        row = writer.video("v1")
        assert row is not None
        assert (row.twin_sha256, row.next_sha256, row.next_bytes) == ("ab", "11", 8)
        writer.commit("v1", categories=[], twin_sha256="11", twin_bytes=8, described="x@1", reindex=True)
        row = writer.video("v1")
        assert row is not None
        assert (row.twin_sha256, row.next_sha256, row.described, row.reindex) == ("11", None, "x@1", 1)
        writer.indexed(["v1"])
        row = writer.video("v1")
        assert row is not None
        assert row.reindex == 0
