"""The catalog's database: opening it, for reading also where nothing can be written, and its errors as ours."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from seewhy.errors import LibraryBusy, LibraryCorrupt, LibraryError, LibraryReadOnly
from seewhy.files import not_writable, out_of_space

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's transaction; ours last milliseconds."""

REBUILD = (
    "move catalog.sqlite and its -wal and -shm files away and index the same videos again: "
    "the twins on disk are taken over, nothing is perceived twice"
)


def connect_writer(path: Path) -> sqlite3.Connection:
    """A connection without implicit transactions; makes the file where there is none."""
    # Threads of one process (a server) may share a connection: SQLite is built serialized.
    return sqlite3.connect(path, BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that never changes the database.

    In WAL mode even a reader needs a `-shm` file beside the database, and SQLite makes it. Where it cannot
    (a read-only folder or file system), nobody else writes either, so the database is opened as immutable. A
    `-wal` file with content, left there by a writer that was killed, would then be overlooked, and with it the
    last commits: such a database is read from a temporary copy, in which SQLite can recover it.

    Raises:
        sqlite3.Error: it cannot be opened at all.
    """
    try:
        return _open(path, "mode=ro")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or log.stat().st_size == 0:
        return _open(path, "immutable=1")
    with tempfile.TemporaryDirectory(prefix="seewhy-catalog-") as folder:
        for file in (path, log):
            shutil.copyfile(file, Path(folder) / file.name)
        recovered = sqlite3.connect(Path(folder) / path.name)
        memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        try:
            recovered.backup(memory)
        finally:
            recovered.close()
    memory.execute("PRAGMA query_only = ON")
    return memory


def _open(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{mode}",
        BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
    )
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # only now is the file looked at
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, by their primary result code."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extended part
        raise _ours(code, path, str(error)) from error


def _ours(code: int, path: Path, message: str) -> LibraryError:
    match code:
        case sqlite3.SQLITE_FULL:
            return out_of_space(path.parent)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return not_writable(path.parent)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LibraryBusy(
                f"{path} was locked for {BUSY_SECONDS:.0f} s; wait for the other process, then try again"
            )
        case sqlite3.SQLITE_CANTOPEN:
            return LibraryReadOnly(f"{path} cannot be opened ({message}); check the permissions of file and folder")
        case _:
            return LibraryCorrupt(f"{path} cannot be used ({message}); {REBUILD}")
