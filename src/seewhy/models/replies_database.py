"""The file of replies: an SQLite database, checked when it is opened, and its errors as ours.

It says whose it is (application id) and in which version; what does not fit is refused by name. Any number of
threads share one connection, any number of processes the file.
"""

from __future__ import annotations

import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Self

from seewhy.databases import BUSY_SECONDS, connect_reader, connect_writer
from seewhy.errors import ReplyStoreError

STORE_VERSION = 1
APPLICATION_ID = 0x7377726C
"""Tells whose database the file is, to us and to tools that guess file types."""

COMPRESSION = 6
"""zlib's level. Measured on the twins of real clips: 9 saves 0.5 % and takes twice as long; LZMA saves 8 % of a twin,
takes ten times as long, and would be a second format."""
INFLATED_BYTES = 1 << 30
"""What is larger unpacked is refused: no request and no part of a twin comes near it, a file made to do harm may."""

MOVE_AWAY = "move it away, with its -wal and -shm files, and a new one is made; what was in it has to be asked again"

_SCHEMA = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT",
    """CREATE TABLE replies (
        key TEXT PRIMARY KEY,       -- SHA-256, hex, of the request's canonical form
        purpose TEXT NOT NULL,
        subject TEXT NOT NULL,      -- what it was about when it was asked first
        model TEXT NOT NULL,
        prompt TEXT NOT NULL,
        schema TEXT NOT NULL,       -- SHA-256 of the reply's JSON Schema, 16 hex digits
        text TEXT NOT NULL,         -- the reply
        input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL,
        seconds REAL NOT NULL,
        created TEXT NOT NULL,      -- ISO 8601, UTC
        request BLOB NOT NULL       -- the canonical form, zlib
    ) STRICT""",
    "CREATE INDEX replies_by_purpose ON replies (purpose, subject, prompt)",
    """CREATE TABLE twins (
        video TEXT NOT NULL,
        perception TEXT NOT NULL,   -- what the twin was made by
        part TEXT NOT NULL,         -- name of one of its files
        bytes INTEGER NOT NULL,     -- unpacked
        data BLOB NOT NULL,         -- zlib
        PRIMARY KEY (video, perception, part)
    ) STRICT""",
)


class Database:
    """One connection to a file of replies, for any number of threads, one at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._connection = connection
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a file, or make one where there is none; one that cannot be written is opened for reading.

        Raises:
            ReplyStoreError: it is damaged, not ours or newer, is missing and cannot be made, or cannot be read.
        """
        path = path.absolute()
        if read_only or (path.exists() and not _may_write(path)):
            return cls._read(path)
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            database = cls(connect_writer(path), path, read_only=False)
        try:
            with explained(path):
                database._make()
                database._check()
                database._write_ahead()
                database._connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            database.close()
            raise
        return database

    @classmethod
    def _read(cls, path: Path) -> Self:
        if not path.exists():
            raise ReplyStoreError(f"there is no file of replies at {path}; record one, or name another")
        with explained(path):
            database = cls(connect_reader(path), path, read_only=True)
        try:
            with explained(path):
                database._check()
        except BaseException:
            database.close()
            raise
        return database

    def _make(self) -> None:
        if not self._is_empty():
            return
        from importlib.metadata import version

        with self.writing() as connection:
            if not self._is_empty():  # another process has made it meanwhile
                return
            create_tables(connection)
            connection.execute("INSERT INTO meta VALUES ('created_by', ?)", (f"seewhy {version('seewhy')}",))

    def _write_ahead(self) -> None:
        """Turn WAL mode on. While another process does the same, SQLite may refuse at once instead of waiting."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def _is_empty(self) -> bool:
        return not self._one("SELECT count(*) FROM sqlite_schema")

    def _check(self) -> None:
        # Nothing that the file's own schema may hold (a view, a trigger) is to do anything.
        self._connection.execute("PRAGMA trusted_schema = OFF")
        if self._one("PRAGMA application_id") != APPLICATION_ID:
            raise ReplyStoreError(f"{self.path} is a database, but no file of replies of seewhy; name another file")
        found = self._one("PRAGMA user_version")
        if found > STORE_VERSION:
            raise ReplyStoreError(
                f"{self.path} has version {found}, this seewhy reads up to {STORE_VERSION}; upgrade seewhy"
            )

    def _one(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()[0]

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with explained(self.path), self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """All that is read within the block is of one state of the file."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """What is written within the block is kept as a whole, durably, when it ends; or not at all.

        Raises:
            ReplyStoreError: it cannot be kept; says why.
        """
        if self.read_only:
            raise ReplyStoreError(f"{self.path} is open for reading only; make it writable, or name another file")
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with explained(self.path), self._lock:
            self._connection.execute(begin)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty database ours."""
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {STORE_VERSION}")


def pack(data: bytes) -> bytes:
    """As it is kept."""
    return zlib.compress(data, COMPRESSION)


def unpack(data: bytes, path: Path) -> bytes:
    """What `pack` took.

    Raises:
        ReplyStoreError: it is damaged.
    """
    inflater = zlib.decompressobj()
    try:
        found = inflater.decompress(data, INFLATED_BYTES)
    except zlib.error as error:
        raise ReplyStoreError(f"{path} is damaged ({error}); {MOVE_AWAY}") from error
    if not inflater.eof:
        raise ReplyStoreError(f"{path} is damaged (cut short, or too large); {MOVE_AWAY}")
    return found


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of SQLite and of the system about this file as ours.

    Raises:
        ReplyStoreError: says what to do.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake of ours
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extended part
        raise ReplyStoreError(_said(code, path, str(error))) from error
    except OSError as error:
        raise ReplyStoreError(
            f"{path} cannot be used: {error.strerror or error}; check the path, its permissions and the disk"
        ) from error


def _said(code: int, path: Path, message: str) -> str:
    match code:
        case sqlite3.SQLITE_FULL:
            return f"no space is left for {path}; what was kept before is intact. Free some space and run it again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return f"{path} cannot be written; make file and folder writable, or name another file"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} was locked for {BUSY_SECONDS:.0f} s; wait for the other process, then try again"
        case sqlite3.SQLITE_CANTOPEN:
            return f"{path} cannot be opened ({message}); check that it is a file, and the permissions of its folder"
        case sqlite3.SQLITE_NOTADB:
            return f"{path} is no file of replies, or its beginning is damaged; name another file, or {MOVE_AWAY}"
        case _:
            return f"{path} cannot be used ({message}); if it is damaged, {MOVE_AWAY}"


def _may_write(path: Path) -> bool:
    """Whether the system lets us change the file and make SQLite's log beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
