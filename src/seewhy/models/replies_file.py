"""Replies stores as files to hand on: export to one file, import from one, and what is in one."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seewhy.databases import connect_writer
from seewhy.errors import ReplyStoreError
from seewhy.files import TEMPORARY_PREFIX, sync_folder
from seewhy.models.replies import ReplyStore
from seewhy.models.replies_database import create_tables, explained, unpack

_ORDERED = {"meta": "key", "replies": "key", "twins": "video, perception, part"}
"""Tables, and the order of their rows in an exported file, which makes equal contents equal files."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written."""

    path: Path
    replies: int
    twins: int
    bytes: int

    def line(self) -> str:
        return f"{self.path}: {_counted(self.replies, self.twins)}, {_size(self.bytes)}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"path": str(self.path)}


@dataclass(frozen=True, slots=True)
class Merged:
    """What an import did: of replies and of twins, how many are new, were there with the same content, or were there
    with another, which stays."""

    replies_added: int = 0
    replies_same: int = 0
    replies_kept: int = 0
    twins_added: int = 0
    twins_same: int = 0
    twins_kept: int = 0

    def line(self) -> str:
        known = self.replies_same + self.twins_same
        differing = self.replies_kept + self.twins_kept
        return (
            f"{_counted(self.replies_added, self.twins_added)} added; {known} were there already"
            + f"; {differing} were there with another content, which stays" * bool(differing)
        )

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Group:
    """Replies of one purpose, model and prompt."""

    purpose: str
    model: str
    prompt: str
    replies: int
    input_tokens: int
    output_tokens: int
    bytes: int
    """on disk: of the replies and of the requests, packed"""

    def line(self) -> str:
        return (
            f"{self.purpose:9} {self.model}  {self.prompt}  {_plural(self.replies, 'reply', 'replies')}, "
            f"{self.input_tokens} tokens in, {self.output_tokens} out, {_size(self.bytes)}"
        )


@dataclass(frozen=True, slots=True)
class Stats:
    """What is in a store."""

    path: Path
    groups: tuple[Group, ...]
    """by purpose, model and prompt"""
    twins: int
    twin_bytes: int
    """on disk, packed"""
    meta: dict[str, str]

    @property
    def replies(self) -> int:
        return sum(group.replies for group in self.groups)

    def line(self) -> str:
        size = _size(sum(group.bytes for group in self.groups) + self.twin_bytes)
        return f"{self.path}: {_counted(self.replies, self.twins)}, {size}"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"path": str(self.path), "replies": self.replies}


def export_replies(store: ReplyStore, path: Path) -> Exported:
    """Write all of a store to one new file that needs no other beside it. Equal contents give equal bytes.

    The store may be in use meanwhile: the file has one state of it.

    Raises:
        ReplyStoreError: there is such a file already, it cannot be written, or the store is damaged.
    """
    path = path.absolute()
    if path.exists():
        raise ReplyStoreError(f"{path} exists already; name a new file, or remove this one first")
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{path.name}-{os.getpid()}")
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            target = connect_writer(temporary)
            try:
                _copy(store, target)
            finally:
                target.close()
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)
        size = path.stat().st_size
    with ReplyStore.open(path, read_only=True) as exported:
        found = stats(exported)
    return Exported(path, found.replies, found.twins, size)


def _copy(store: ReplyStore, target: sqlite3.Connection) -> None:
    # Left in SQLite's ordinary journal mode: a file in WAL mode needs others beside it, even to be read.
    target.execute("BEGIN")
    create_tables(target)
    with store.database.reading() as source:
        for table, order in _ORDERED.items():
            rows = source.execute(f"SELECT * FROM {table} ORDER BY {order}")
            places = ", ".join("?" * len(rows.description))
            target.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
    target.execute("COMMIT")


def import_replies(path: Path, store: ReplyStore) -> Merged:
    """Add what a file has to a store. What the store has stays as it is. All of it is added, or, on an error, nothing.

    Raises:
        ReplyStoreError: the file cannot be used, or a reply in it is not under the key of its request; the store cannot
            be written.
    """
    counts = dict.fromkeys(Merged.__dataclass_fields__, 0)

    def count(kind: str, outcome: str) -> None:
        counts[f"{kind}_{outcome}"] += 1

    with (
        ReplyStore.open(path, read_only=True) as source,
        store.database.writing() as target,
        source.database.reading() as rows,
    ):
        _import_replies(source, rows, target, count)
        _import_twins(source, rows, target, count)
        target.executemany(
            "INSERT OR IGNORE INTO meta VALUES (?, ?)", rows.execute("SELECT key, text FROM meta ORDER BY key")
        )
    return Merged(**counts)


def _import_replies(
    source: ReplyStore, rows: sqlite3.Connection, target: sqlite3.Connection, count: Callable[[str, str], None]
) -> None:
    columns = (
        "key, text, request, purpose, subject, model, prompt, schema, input_tokens, output_tokens, seconds, created"
    )
    for row in rows.execute(f"SELECT {columns} FROM replies ORDER BY key"):
        key, text, request = row[:3]
        if hashlib.sha256(unpack(request, source.path)).hexdigest() != key:
            raise ReplyStoreError(f"{source.path}: the reply {key} is not to the request that is kept with it")
        there = target.execute("SELECT text FROM replies WHERE key = ?", (key,)).fetchone()
        if there is None:
            target.execute(f"INSERT INTO replies ({columns}) VALUES (?{', ?' * 11})", row)
        count("replies", "added" if there is None else "same" if there[0] == text else "kept")


def _import_twins(
    source: ReplyStore, rows: sqlite3.Connection, target: sqlite3.Connection, count: Callable[[str, str], None]
) -> None:
    query = "SELECT part, bytes, data FROM twins WHERE video = ? AND perception = ? ORDER BY part"
    for key in rows.execute("SELECT DISTINCT video, perception FROM twins ORDER BY 1, 2").fetchall():
        offered, there = (connection.execute(query, key).fetchall() for connection in (rows, target))
        if not there:
            target.executemany("INSERT INTO twins VALUES (?, ?, ?, ?, ?)", [(*key, *part) for part in offered])
            count("twins", "added")
            continue
        mine, yours = (
            [(part, unpack(data, source.path)) for part, _, data in parts] for parts in (offered, there)
        )  # unpacked: another zlib packs otherwise
        count("twins", "same" if mine == yours else "kept")


def stats(store: ReplyStore) -> Stats:
    """What is in a store.

    Raises:
        ReplyStoreError: it cannot be read.
    """
    with store.database.reading() as connection:
        groups = connection.execute(
            """SELECT purpose, model, prompt, count(*), sum(input_tokens), sum(output_tokens),
                      sum(length(CAST(text AS BLOB)) + length(request))
               FROM replies GROUP BY purpose, model, prompt ORDER BY purpose, model, prompt"""
        ).fetchall()
        twins, size = connection.execute(
            "SELECT count(*), coalesce(sum(size), 0) FROM "
            "(SELECT sum(length(data)) AS size FROM twins GROUP BY video, perception)"
        ).fetchone()
        meta = dict(connection.execute("SELECT key, text FROM meta ORDER BY key").fetchall())
    return Stats(store.path, tuple(Group(*group) for group in groups), twins, size, meta)


def _counted(replies: int, twins: int) -> str:
    return f"{_plural(replies, 'reply', 'replies')} and {_plural(twins, 'twin', 'twins')}"


def _plural(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"
