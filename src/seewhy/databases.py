"""Opening SQLite files: for writing by many processes, and for reading also where nothing can be written."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's transaction; ours last milliseconds."""


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
    with tempfile.TemporaryDirectory(prefix="seewhy-") as folder:
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
