"""SHA-256 of files, remembered: a model in a folder of the user's own is named by its content, and has gigabytes.

What was computed is kept with the file's size and time in `models.hashes.json`, beside the lock file; a file that has
changed since is read again. Where nothing can be kept, files are read in every process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from seewhy.errors import LibraryReadOnly, OutOfSpace
from seewhy.files import write_atomically

HASHES_NAME = "models.hashes.json"
MOST_KEPT = 1000
"""files; the oldest entries go"""
_CHUNK = 1 << 20

_known: dict[str, tuple[int, int, str]] = {}
"""path → size, time of change (ns), SHA-256: of this process"""
_lock = Lock()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits, read whole."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            sha.update(chunk)
    return sha.hexdigest()


def digest_of(files: Iterable[Path], kept_in: Path) -> str:
    """SHA-256 over the names and contents of files, 64 hexadecimal digits.

    Args:
        files: in an order that is always the same.
        kept_in: the folder of `models.hashes.json`.
    """
    sha = hashlib.sha256()
    with _lock:
        before = dict(_known)
        for path in files:
            sha.update(f"{path.name}\0{_remembered(path.resolve(), kept_in)}\n".encode())
        if _known != before:
            _keep(kept_in)
    return sha.hexdigest()


def _remembered(path: Path, kept_in: Path) -> str:
    stat = path.stat()
    now = stat.st_size, stat.st_mtime_ns
    if str(path) not in _known:
        for name, entry in _kept(kept_in).items():
            _known.setdefault(name, entry)
    before = _known.get(str(path))
    if before is not None and before[:2] == now:
        return before[2]
    sha256 = sha256_of(path)
    _known[str(path)] = (*now, sha256)
    return sha256


def _kept(folder: Path) -> dict[str, tuple[int, int, str]]:
    """What earlier processes have computed; nothing of a file that cannot be read: it is no more than a memory."""
    try:
        document = json.loads((folder / HASHES_NAME).read_text(encoding="utf-8"))
        return {str(name): (int(size), int(time), str(sha)) for name, (size, time, sha) in document.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _keep(folder: Path) -> None:
    entries = dict(list({**_kept(folder), **_known}.items())[-MOST_KEPT:])
    with suppress(OSError, LibraryReadOnly, OutOfSpace):  # then the next process computes it again
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / HASHES_NAME, json.dumps(entries, indent=0).encode())
