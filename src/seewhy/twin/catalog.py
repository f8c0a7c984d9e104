"""The catalog: what is known of every file and every video, and in which state it is.

SQLite in WAL mode with synchronous=FULL: a change is one transaction, durable when the call returns;
readers see whole transactions and never wait for the writer. A *file* is a path with the size and time
it had; a *video* is a content. Many files may be one video. A video's states::

    probed → perceived → committed
         ╰───────┴─────→ failed (reason, error)

A file is *queued* until it is probed, then in the state of its video; one that cannot be probed has no
video and is itself *failed*. Only what is committed is to be seen by a user.

The twin of a committed video may be *replaced* by one that says more: the new one is announced, put on disk, and
then takes the old one's place in one transaction, so that a process killed anywhere leaves one of the two, known.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from seewhy.databases import connect_reader, connect_writer
from seewhy.errors import LibraryCorrupt, LibraryTooNew
from seewhy.twin.catalog_rows import STATES, FileRow, FileStat, State, VideoRow
from seewhy.twin.catalog_schema import APPLICATION_ID, CATALOG_VERSION, FILE, SCHEMA, UPGRADE
from seewhy.twin.database import REBUILD, explained
from seewhy.types.video import VideoFacts


class Catalog:
    """One connection to `catalog.sqlite`. Writers make sure that they are alone (see `LibraryFolder.writing`).

    Every method may raise LibraryCorrupt, OutOfSpace, LibraryReadOnly or LibraryBusy, each saying what to do.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        connection.row_factory = sqlite3.Row

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, create: bool = False) -> Self:
        """Open a catalog, or with `create` make an empty one where there is none.

        Raises:
            LibraryCorrupt: the file is damaged, or missing.
            LibraryTooNew: it was made by a newer seewhy.
        """
        if not create and not path.exists():
            raise LibraryCorrupt(f"{path} is missing; {REBUILD}")
        with explained(path):
            connection = connect_reader(path) if read_only else connect_writer(path)
        catalog = cls(connection, path)
        try:
            catalog._prepare(create, read_only)
        except BaseException:
            connection.close()
            raise
        return catalog

    def _prepare(self, create: bool, read_only: bool) -> None:
        with explained(self._path):
            if create and self._is_empty():
                self._connection.execute("PRAGMA journal_mode = WAL")
                with self._transaction():
                    if self._is_empty():  # still: nobody else has made it meanwhile
                        self._make()
            version = self._one("PRAGMA user_version")
            if version > CATALOG_VERSION:
                raise LibraryTooNew(
                    f"{self._path} has version {version}, this seewhy reads up to {CATALOG_VERSION}; upgrade seewhy"
                )
            if version < 1 or self._one("PRAGMA application_id") != APPLICATION_ID:
                raise LibraryCorrupt(f"{self._path} is a database, but no catalog of seewhy; {REBUILD}")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            if version < CATALOG_VERSION and not read_only:
                self._upgrade()

    def _is_empty(self) -> bool:
        return not self._one("SELECT count(*) FROM sqlite_schema")

    def _make(self) -> None:
        for statement in SCHEMA.split(";"):
            self._connection.execute(statement)
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {CATALOG_VERSION}")

    def _upgrade(self) -> None:
        with self._transaction():
            for version in range(self._one("PRAGMA user_version"), CATALOG_VERSION):  # still: see `_prepare`
                for statement in UPGRADE[version]:
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA user_version = {CATALOG_VERSION}")

    def check(self) -> None:
        """Read all of it.

        Raises:
            LibraryCorrupt: something in it is damaged.
        """
        with explained(self._path):
            problem = self._one("PRAGMA quick_check(1)")
        if problem != "ok":
            raise LibraryCorrupt(f"{self._path} is damaged ({problem}); {REBUILD}")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def videos(self, state: State | None = None) -> tuple[VideoRow, ...]:
        """All videos, or those in one state, by id."""
        where = "" if state is None else "WHERE state = ?"
        rows = self._all(f"SELECT * FROM videos {where} ORDER BY id", () if state is None else (state,))
        return tuple(_video(row) for row in rows)

    def committed(self) -> frozenset[str]:
        """Ids of the videos that are to be seen."""
        return frozenset(row["id"] for row in self._all("SELECT id FROM videos WHERE state = 'committed'"))

    def count(self) -> int:
        """Number of the videos that are to be seen."""
        with explained(self._path):
            return int(self._one("SELECT count(*) FROM videos WHERE state = 'committed'"))

    def beginning(self, start: str) -> tuple[VideoRow, ...]:
        """Videos whose ids begin so, in any state, by id."""
        rows = self._all("SELECT * FROM videos WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id", (start,))
        return tuple(_video(row) for row in rows)

    def lying_at(self, end: str) -> tuple[VideoRow, ...]:
        """Videos with a file whose path ends so, in any state, by id."""
        rows = self._all(
            """SELECT * FROM videos WHERE id IN (SELECT video FROM files WHERE substr(path, -length(?1)) = ?1)
               ORDER BY id""",
            (end,),
        )
        return tuple(_video(row) for row in rows)

    def video(self, video: str) -> VideoRow | None:
        rows = self._all("SELECT * FROM videos WHERE id = ?", (video,))
        return _video(rows[0]) if rows else None

    def paths(self, video: str) -> tuple[str, ...]:
        """Where files with this content were seen last, sorted; empty when all have been changed since."""
        rows = self._all("SELECT path FROM files WHERE video = ? ORDER BY path", (video,))
        return tuple(row["path"] for row in rows)

    def files(self, state: State | None = None) -> tuple[FileRow, ...]:
        """All files, or those in one state, by path."""
        where = "" if state is None else "WHERE state = ?"
        query = f"SELECT * FROM ({FILE}) {where} ORDER BY path"
        return tuple(FileRow(**row) for row in self._all(query, () if state is None else (state,)))

    def file(self, path: Path | str) -> FileRow | None:
        rows = self._all(f"{FILE} WHERE f.path = ?", (str(path),))
        return FileRow(**rows[0]) if rows else None

    def counts(self) -> dict[State, int]:
        """Number of files in each state."""
        rows = self._all(f"SELECT state, count(*) AS n FROM ({FILE}) GROUP BY state")
        found = {row["state"]: row["n"] for row in rows}
        return {state: found.get(state, 0) for state in STATES}

    # Writing: each call is one transaction, durable on return

    def queue(self, files: Sequence[FileStat]) -> None:
        """Files that are about to be probed. One whose content may have changed leaves its video."""
        now = _now()
        with self._transaction():
            self._connection.executemany(
                """INSERT INTO files (path, bytes, mtime_ns, changed) VALUES (?, ?, ?, ?)
                   ON CONFLICT (path) DO UPDATE SET
                   video = iif(bytes = excluded.bytes AND mtime_ns = excluded.mtime_ns, video, NULL),
                   bytes = excluded.bytes, mtime_ns = excluded.mtime_ns, reason = NULL, error = NULL,
                   changed = excluded.changed""",
                [(str(file.path), file.bytes, file.mtime_ns, now) for file in files],
            )

    def probed(self, files: Sequence[tuple[FileStat, VideoFacts, str]]) -> None:
        """The contents of files are known, each with its date; of a video that is known nothing changes."""
        now = _now()
        with self._transaction():
            self._connection.executemany(
                """INSERT INTO videos (id, state, bytes, duration, date, added, changed)
                   VALUES (?, 'probed', ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING""",
                [(facts.id, facts.bytes, facts.duration, date, now, now) for _, facts, date in files],
            )
            self._connection.executemany(
                "UPDATE files SET video = ?, reason = NULL, error = NULL, changed = ? WHERE path = ?",
                [(facts.id, now, str(file.path)) for file, facts, _ in files],
            )

    def attempt(self, video: str) -> None:
        """A video is about to be perceived."""
        self._update_video(video, "state = 'probed', reason = NULL, error = NULL, attempts = attempts + 1")

    def perceived(self, video: str) -> None:
        """A video's twin is made, not yet kept."""
        self._update_video(video, "state = 'perceived'")

    def commit(
        self,
        video: str,
        *,
        categories: Sequence[str],
        twin_sha256: str,
        twin_bytes: int,
        described: str | None = None,
        reindex: bool = False,
    ) -> None:
        """The video's twin is safely on disk: from now on the video is to be seen.

        Args:
            described: the describer that has looked at all of it.
            reindex: the index has the sentences of the twin that was there before.
        """
        self._update_video(
            video,
            """state = 'committed', reason = NULL, error = NULL, categories = ?, twin_sha256 = ?, twin_bytes = ?,
               described = ?, next_sha256 = NULL, next_bytes = NULL, reindex = ?""",
            (json.dumps(list(categories)), twin_sha256, twin_bytes, described, int(reindex)),
        )

    def announce(self, video: str, *, twin_sha256: str, twin_bytes: int) -> None:
        """Another twin is about to be put in the place of a committed one."""
        self._update_video(video, "next_sha256 = ?, next_bytes = ?", (twin_sha256, twin_bytes))

    def stays(self, video: str) -> None:
        """The twin that was announced did not come to be."""
        self._update_video(video, "next_sha256 = NULL, next_bytes = NULL")

    def indexed(self, videos: Sequence[str]) -> None:
        """The index has the sentences of these videos' twins, durably."""
        with self._transaction():
            self._connection.executemany("UPDATE videos SET reindex = 0 WHERE id = ?", [(video,) for video in videos])

    def fail_video(self, video: str, *, reason: str, error: str) -> None:
        self._update_video(video, "state = 'failed', reason = ?, error = ?", (reason, error))

    def withdraw(self, video: str, *, reason: str) -> None:
        """A committed video is not to be seen any more and has to be built again. What its twin was is
        remembered, so that the damaged one is not taken for it."""
        self._update_video(video, "state = 'probed', reason = ?", (reason,))

    def fail_file(self, path: Path, *, reason: str, error: str) -> None:
        """A file could not be probed; it has no video."""
        with self._transaction():
            self._connection.execute(
                """UPDATE files SET video = NULL, reason = ?, error = ?, attempts = attempts + 1, changed = ?
                   WHERE path = ?""",
                (reason, error, _now(), str(path)),
            )

    def remove(self, video: str) -> None:
        """Forget a video and the files that have its content."""
        with self._transaction():
            self._connection.execute("DELETE FROM files WHERE video = ?", (video,))
            self._connection.execute("DELETE FROM videos WHERE id = ?", (video,))

    def _update_video(self, video: str, assignments: str, values: tuple[object, ...] = ()) -> None:
        with self._transaction():
            done = self._connection.execute(
                f"UPDATE videos SET {assignments}, changed = ? WHERE id = ?", (*values, _now(), video)
            )
            if done.rowcount != 1:
                raise LibraryCorrupt(f"{self._path} does not know the video {video} that is being indexed; {REBUILD}")

    def _one(self, query: str) -> Any:
        return self._connection.execute(query).fetchone()[0]

    def _all(self, query: str, values: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with explained(self._path):
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with explained(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _video(row: sqlite3.Row) -> VideoRow:
    values = dict(row)
    return VideoRow(**values | {"categories": tuple(json.loads(values["categories"]))})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
