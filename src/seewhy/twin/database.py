"""The catalog's database: how to come by another, and SQLite's errors as ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seewhy.databases import BUSY_SECONDS
from seewhy.errors import LibraryBusy, LibraryCorrupt, LibraryError, LibraryReadOnly
from seewhy.files import not_writable, out_of_space

REBUILD = (
    "move catalog.sqlite and its -wal and -shm files away and index the same videos again: "
    "the twins on disk are taken over, nothing is perceived twice"
)


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
