"""Writing files and folders so that a crash leaves the old content or the new, never half of one; locks.

New content is written under a temporary name, synced, renamed, and its folder synced. What a killed process
left behind keeps its temporary name, which no reader knows, until the next writer clears it away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from seewhy.errors import LibraryBusy, LibraryReadOnly, OutOfSpace

TEMPORARY_PREFIX = ".tmp-"
"""Names that begin so belong to a write that has not finished."""

Result = TypeVar("Result")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


def out_of_space(path: Path) -> OutOfSpace:
    """The error for a full disk, in words a user can act on."""
    return OutOfSpace(
        f"no space left while writing under {path}; what was committed before is intact. "
        "Free some space, or raise the quota, and run the same command again: it goes on where it stopped"
    )


def not_writable(path: Path) -> LibraryReadOnly:
    """The error for a place that cannot be written."""
    return LibraryReadOnly(
        f"{path} cannot be written; the library can be searched, not changed. "
        "Make the folder writable, or copy the library to where you may write"
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the system's errors about space and permission into ours; others pass.

    Raises:
        OutOfSpace: the disk or the quota is full.
        LibraryReadOnly: the file system or the permissions forbid writing.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise out_of_space(path) from error
        if error.errno in _DENIED:
            raise not_writable(path) from error
        raise


def write_durably(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write a new file, piece by piece, and wait until its bytes are on the disk. Its name may not be: see
    `sync_folder`."""
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in this folder (created, renamed, removed) are on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content: readers and a crash see all of the old or all of the new.

    Raises:
        OutOfSpace, LibraryReadOnly: see `explained`; the old content stays.
    """
    temporary = path.with_name(f"{_temporary_name(path)}{os.getpid()}-{threading.get_ident()}")
    with explained(path.parent):
        try:
            write_durably(temporary, [data])
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def clear_unfinished(path: Path) -> None:
    """Remove what killed processes left of `write_atomically` to this path. For the one writer only."""
    prefix = _temporary_name(path)
    for entry in sorted(path.parent.iterdir()):
        if entry.name.startswith(prefix):
            entry.unlink()


def _temporary_name(path: Path) -> str:
    return f"{TEMPORARY_PREFIX}{path.name}-"


def publish_folder(folder: Path, fill: Callable[[Path], Result]) -> Result:
    """Make a new folder appear in one step; `fill` writes its files, durably, where it is told to.

    Nothing is undone when a step fails: the caller is the one writer, and sweeps before it tries again.
    """
    temporary = folder.with_name(TEMPORARY_PREFIX + folder.name)
    temporary.mkdir()
    result = fill(temporary)
    sync_folder(temporary)
    temporary.rename(folder)
    sync_folder(folder.parent)
    return result


def sweep(folder: Path, keep: Iterable[str]) -> None:
    """Remove everything in a folder but the names to keep."""
    kept = frozenset(keep)
    for entry in sorted(folder.iterdir()):
        if entry.name in kept:
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def take_lock(path: Path, busy: str, *, create: bool = False) -> int:
    """Hold the system's lock on a file until `release_lock`; a process that dies lets go of it.

    Args:
        path: the file.
        busy: the message where somebody else holds the lock.
        create: make the file if need be.

    Returns:
        what `release_lock` takes.

    Raises:
        LibraryBusy: somebody else holds it.
        OSError: the file cannot be opened for writing.
    """
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise LibraryBusy(busy) from error
    return handle


def release_lock(handle: int) -> None:
    """Let go of a lock."""
    # Unlocked, not only closed: a forked process may still hold a copy of the handle, and with it the lock.
    fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)
