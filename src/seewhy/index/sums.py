"""Checksums: what a file of the index must be to be the one that was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from seewhy.files import write_durably
from seewhy.types.base import Frozen

DIGEST_BYTES = 16
"""128 bits tell a damaged file from a whole one; nobody is assumed to forge one."""


class FileSum(Frozen):
    """What a file must be to be the one that was written."""

    bytes: int
    blake2b: str


def checksum(content: bytes) -> str:
    """BLAKE2b of some bytes, hex."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def file_sum(path: Path) -> FileSum:
    """Reads the whole file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES))
        return FileSum(bytes=file.tell(), blake2b=digest.hexdigest())


def write_summed(path: Path, chunks: Iterable[bytes | memoryview]) -> FileSum:
    """Write a new file durably, piece by piece; its sum."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    size = 0

    def summed() -> Iterator[bytes | memoryview]:
        nonlocal size
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    write_durably(path, summed())
    return FileSum(bytes=size, blake2b=digest.hexdigest())
