"""The replies store: what language models have replied, by the hash of what they were asked.

One SQLite file, kept in a library as a cache or recorded by itself, shipped, and replayed elsewhere. Each reply is
durable when `put` returns: its commit waits for the disk (synchronous=FULL), which takes half a millisecond, next to
nothing beside the seconds that the reply took.

A recording also has what channels answered (see `channels.recorded`): replies like others, of the purpose ``channel``.

Beside the replies it keeps twins as perception made them. Requests quote twins, and perception's floats differ a
little from machine to machine; a recording that is to be replayed anywhere brings its twins along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from seewhy.errors import ReplyStoreError
from seewhy.models.replies_database import MOVE_AWAY, Database, pack, unpack

SIMILAR = 50
"""Most requests that are compared with one that has no reply: a tenth of a second."""

_COLUMNS = "key, purpose, subject, model, prompt, schema, text, input_tokens, output_tokens, seconds, created"


@dataclass(frozen=True, slots=True)
class KeptReply:
    """A reply as it is kept."""

    key: str
    """SHA-256, hex, of the request's canonical form"""
    purpose: str
    subject: str
    """what the request was about when it was sent; for people, the reply does not depend on it"""
    model: str
    prompt: str
    """name, version and hash of the prompt"""
    schema: str
    """`schema_hash` of what the reply had to be"""
    text: str
    """the reply as it came"""
    input_tokens: int
    output_tokens: int
    seconds: float
    """that it took"""
    created: str
    """when it came: ISO 8601, UTC"""


class KeptTwin(NamedTuple):
    """A twin that is kept."""

    video: str
    perception: str
    """what it was made by"""
    bytes: int
    """of its parts together"""


class ReplyStore:
    """A file of replies. Safe to use from many threads, and from several processes at once.

    Every method may raise ReplyStoreError, which says what to do.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a store, or make an empty one where there is none.

        Args:
            read_only: nothing is made or changed. Where the system lets nobody write, this is so without being said:
                see the property.

        Raises:
            ReplyStoreError: the file is damaged, not ours or of a newer version, is missing and to be read only or not
                to be made there.
        """
        return cls(Database.open(path, read_only=read_only))

    @property
    def path(self) -> Path:
        return self.database.path

    @property
    def read_only(self) -> bool:
        """Whether nothing can be kept."""
        return self.database.read_only

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Replies

    def reply(self, key: str) -> KeptReply | None:
        rows = self.database.rows(f"SELECT {_COLUMNS} FROM replies WHERE key = ?", (key,))
        return KeptReply(*rows[0]) if rows else None

    def replies(self) -> tuple[KeptReply, ...]:
        """All of them, by key."""
        return tuple(KeptReply(*row) for row in self.database.rows(f"SELECT {_COLUMNS} FROM replies ORDER BY key"))

    def put(self, reply: KeptReply, request: bytes) -> None:
        """Keep a reply, in place of one with the same key. Durable on return.

        Args:
            request: the canonical form of what was asked, whose hash is the key.
        """
        if hashlib.sha256(request).hexdigest() != reply.key:
            raise ValueError(f"{reply.key} is not the key of the request that was given with it")
        row = (
            reply.key, reply.purpose, reply.subject, reply.model, reply.prompt, reply.schema, reply.text,
            reply.input_tokens, reply.output_tokens, reply.seconds, reply.created, pack(request),
        )  # fmt: skip
        with self.database.writing() as connection:
            connection.execute(f"INSERT OR REPLACE INTO replies ({_COLUMNS}, request) VALUES (?{', ?' * 11})", row)

    def request(self, key: str) -> bytes | None:
        """The canonical form of what was asked."""
        rows = self.database.rows("SELECT request FROM replies WHERE key = ?", (key,))
        return unpack(rows[0][0], self.path) if rows else None

    def similar(self, purpose: str, subject: str, prompt: str) -> list[tuple[str, bytes]]:
        """Keys and canonical forms of requests like one: about the same subject, else of the same prompt, else of the
        same purpose. At most `SIMILAR`, by key."""
        for where, values in (
            ("purpose = ? AND subject = ?", (purpose, subject)),
            ("purpose = ? AND prompt = ?", (purpose, prompt)),
            ("purpose = ?", (purpose,)),
        ):
            query = f"SELECT key, request FROM replies WHERE {where} ORDER BY key LIMIT {SIMILAR}"
            if rows := self.database.rows(query, values):
                return [(key, unpack(request, self.path)) for key, request in rows]
        return []

    def knows(self, purpose: str, subject: str, prompt: str) -> bool:
        """Whether there is a reply to any request of this purpose and prompt about this subject."""
        query = "SELECT 1 FROM replies WHERE purpose = ? AND subject = ? AND prompt = ? LIMIT 1"
        return bool(self.database.rows(query, (purpose, subject, prompt)))

    def purposes(self) -> dict[str, int]:
        """Number of replies to each purpose."""
        return dict(self.database.rows("SELECT purpose, count(*) FROM replies GROUP BY purpose ORDER BY purpose"))

    # Twins

    def put_twin(self, video: str, perception: str, parts: Mapping[str, bytes]) -> None:
        """Keep a video's twin, in place of what the same perception has made of it before. Durable on return.

        Args:
            perception: names all that the twin was made by.
            parts: the files that a twin consists of, by name.
        """
        if not parts:
            raise ValueError(f"a twin of {video} without a part")
        rows = [(video, perception, name, len(data), pack(data)) for name, data in sorted(parts.items())]
        with self.database.writing() as connection:
            connection.execute("DELETE FROM twins WHERE video = ? AND perception = ?", (video, perception))
            connection.executemany("INSERT INTO twins VALUES (?, ?, ?, ?, ?)", rows)

    def twin(self, video: str, perception: str) -> dict[str, bytes] | None:
        """The parts of a twin by name, sorted."""
        rows = self.database.rows(
            "SELECT part, bytes, data FROM twins WHERE video = ? AND perception = ? ORDER BY part", (video, perception)
        )
        parts = {name: unpack(data, self.path) for name, _, data in rows}
        if any(len(parts[name]) != size for name, size, _ in rows):
            raise ReplyStoreError(f"{self.path} is damaged (the twin of {video} has another size); {MOVE_AWAY}")
        return parts or None

    def twins(self) -> tuple[KeptTwin, ...]:
        """Which are kept, by video and perception."""
        query = "SELECT video, perception, sum(bytes) FROM twins GROUP BY 1, 2 ORDER BY 1, 2"
        return tuple(KeptTwin(*row) for row in self.database.rows(query))

    # What it was recorded with

    def meta(self) -> dict[str, str]:
        """What is known of how this came about: settings, versions, model."""
        return dict(self.database.rows("SELECT key, text FROM meta ORDER BY key"))

    def put_meta(self, texts: Mapping[str, str]) -> None:
        """Add to it; what has the same name is replaced."""
        with self.database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", sorted(texts.items()))


def schema_hash(schema: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON Schema, the first 16 hex digits."""
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:16]
