"""What happens to replies on a real disk that fills up, or is mounted for reading only.

Run inside a mount namespace of its own (`unshare --map-root-user --mount`), with a folder for a work place.
Prints `ok` when the story went as it should.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from replies_samples import ask_for, remembering, scripted

from seewhy.errors import ReplyStoreError
from seewhy.models.remembering import RememberingModel
from seewhy.models.replies import ReplyStore


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def record(model: RememberingModel, questions: list[str], returned: list[str]) -> str:
    """Ask until an error, and tell it; empty: all were answered."""
    try:
        for question in questions:
            returned.append(model.ask(ask_for(question)).call.key)
    except ReplyStoreError as error:
        return str(error)
    return ""


def full(place: Path) -> None:
    """A recording stops when the disk is full and goes on when there is room; a cache passes the replies on."""
    disk = place / "disk"
    disk.mkdir()
    kilobytes = 300
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk))
    questions = [f"question {number} " + os.urandom(3000).hex() for number in range(60)]
    returned: list[str] = []
    stops = 0
    while len(returned) < len(questions):
        model = remembering(disk / "replies.sqlite", "record")
        said = record(model, questions[len(returned) :], returned)
        model.close()
        assert "no space is left" in said or len(returned) == len(questions), said
        stops += bool(said)
        with ReplyStore.open(disk / "replies.sqlite", read_only=True) as store:
            assert {reply.key for reply in store.replies()} == set(returned)
        if stops == 1:
            cache = remembering(disk / "replies.sqlite", "cache")
            for question in questions:
                assert cache.ask(ask_for(question)).value.name == question
            assert len(cache.notes) == 1
            assert "not kept" in cache.notes[0]
            cache.close()
            with ReplyStore.open(disk / "replies.sqlite", read_only=True) as store:
                assert {reply.key for reply in store.replies()} >= set(returned)
                returned = [key for key in returned if store.reply(key)]
        kilobytes += 300
        _mount("-o", f"remount,size={kilobytes}k", str(disk))
    assert stops >= 2, stops


def read_only(place: Path) -> None:
    """A store on a disk mounted for reading only is read, also right after its recorder was killed."""
    folder = place / "recording"
    folder.mkdir()
    path = folder / "replies.sqlite"
    child = os.fork()
    if child == 0:
        model = remembering(path, "record")
        model.ask(ask_for("first"))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert path.with_name("replies.sqlite-wal").stat().st_size > 0
    path.with_name("replies.sqlite-shm").unlink()
    for state in ("with a log", "closed"):
        _mount("--bind", str(folder), str(folder))
        _mount("-o", "remount,ro,bind", str(folder))
        with pytest.raises(OSError, match="Read-only file system"):
            (folder / "x").touch()
        replay = remembering(path, "replay")
        assert replay.ask(ask_for("first")).value.name == "first", state
        replay.close()
        cache = remembering(path, "cache")
        assert cache.ask(ask_for("first")).call.cached
        assert not cache.ask(ask_for("second")).call.cached
        assert len(cache.notes) == 1
        cache.close()
        with ReplyStore.open(path) as store, pytest.raises(ReplyStoreError, match="nothing can be recorded"):
            RememberingModel(scripted(), store, "record")
        with pytest.raises(ReplyStoreError, match="Read-only file system"):
            ReplyStore.open(folder / "new" / "replies.sqlite")
        with pytest.raises(ReplyStoreError, match="cannot be opened"):
            ReplyStore.open(folder / "new.sqlite")
        subprocess.run(["umount", str(folder)], check=True)
        remembering(path, "record").close()
        assert not path.with_name("replies.sqlite-wal").exists()


if __name__ == "__main__":
    {"full": full, "read-only": read_only}[sys.argv[1]](Path(sys.argv[2]))
    print("ok")
