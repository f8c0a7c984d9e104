"""The file of replies: what is put in comes out, what is not ours is refused, what breaks loses nothing."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from replies_samples import ask_for, remembering

import seewhy.databases
from seewhy.errors import ReplyMissing, ReplyStoreError
from seewhy.models import replies_database
from seewhy.models.replies import KeptReply, KeptTwin, ReplyStore, schema_hash
from seewhy.models.replies_database import STORE_VERSION

RECORDER = str(Path(__file__).with_name("replies_samples.py"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replies.sqlite"


def kept(request: bytes, text: str = '{"name": "red", "score": 1}', **values: object) -> tuple[KeptReply, bytes]:
    key = hashlib.sha256(request).hexdigest()
    reply = KeptReply(key, "judge", "a ball", "m", "p@1-0", "ab", text, 12, 3, 1.5, "2024-01-02T03:04:05Z")
    return replace(reply, **values), request  # type: ignore[arg-type]


def break_page(path: Path, number: int) -> None:
    """Overwrite one of the file's pages."""
    with path.open("r+b") as file:
        file.seek(4096 * number)
        file.write(b"\xff" * 4096)


def test_a_reply_is_kept_and_replaced(path: Path) -> None:
    with ReplyStore.open(path) as store:
        one, request = kept(b"what?", "été\x00\n犬")
        assert store.reply(one.key) is None
        store.put(one, request)
        assert store.reply(one.key) == one
        assert store.request(one.key) == request
        assert store.request("00") is None
        other = replace(one, text="{}", output_tokens=9)
        store.put(other, request)
        assert store.replies() == (other,)
    with ReplyStore.open(path, read_only=True) as store:
        assert store.replies() == (other,)
        assert store.purposes() == {"judge": 1}
        assert store.meta()["created_by"].startswith("seewhy ")


def test_a_key_is_that_of_its_request(path: Path) -> None:
    with ReplyStore.open(path) as store:
        with pytest.raises(ValueError, match="not the key"):
            store.put(kept(b"one")[0], b"another")
        assert store.replies() == ()


def test_twins_come_back_byte_by_byte(path: Path) -> None:
    parts = {"twin": b'{"a": 1}' * 1000, "masks": bytes(range(256)), "thumbnail": b""}
    with ReplyStore.open(path) as store:
        store.put_twin("v1", "rate=6", parts | {"old": b"x"})
        store.put_twin("v1", "rate=6", parts)  # in the place of all of the first
        store.put_twin("v1", "rate=2", {"twin": b"other"})
        assert store.twin("v1", "rate=6") == parts
        assert list(store.twin("v1", "rate=6") or ()) == ["masks", "thumbnail", "twin"]
        assert store.twin("v2", "rate=6") is None
        assert store.twins() == (KeptTwin("v1", "rate=2", 5), KeptTwin("v1", "rate=6", 8256))
        with pytest.raises(ValueError, match="without a part"):
            store.put_twin("v3", "rate=6", {})


def test_what_it_was_recorded_with(path: Path) -> None:
    with ReplyStore.open(path) as store:
        store.put_meta({"model": "m1", "settings": "{}"})
        store.put_meta({"model": "m2"})
        assert {name: text for name, text in store.meta().items() if name != "created_by"} == {
            "model": "m2",
            "settings": "{}",
        }


def test_a_schema_is_known_by_its_content() -> None:
    assert schema_hash({"a": 1, "b": 2}) == schema_hash({"b": 2, "a": 1}) != schema_hash({"a": 1})


# What is refused


def test_a_missing_file_is_not_made_by_reading(path: Path) -> None:
    with pytest.raises(ReplyStoreError, match=r"there is no file of replies at .*record one"):
        ReplyStore.open(path, read_only=True)
    assert not path.exists()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_foreign_file_is_refused_and_stays(path: Path, read_only: bool) -> None:
    path.write_text("no database at all, but long enough to have a header" * 9)
    before = path.read_bytes()
    with pytest.raises(ReplyStoreError, match="is no file of replies"):
        ReplyStore.open(path, read_only=read_only)
    assert path.read_bytes() == before
    path.unlink()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE replies (key TEXT)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(ReplyStoreError, match="a database, but no file of replies of seewhy"):
        ReplyStore.open(path, read_only=read_only)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store_unless_it_is_only_read(path: Path) -> None:
    path.touch()
    with pytest.raises(ReplyStoreError, match="no file of replies"):
        ReplyStore.open(path, read_only=True)
    with ReplyStore.open(path) as store:
        assert store.replies() == ()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_file_is_refused(path: Path, read_only: bool) -> None:
    ReplyStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {STORE_VERSION + 1}")
    connection.close()
    with pytest.raises(ReplyStoreError, match=f"version {STORE_VERSION + 1}.*upgrade seewhy"):
        ReplyStore.open(path, read_only=read_only)


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(ReplyStoreError, match="check that it is a file"):
        ReplyStore.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ReplyStoreError, match="check the path"):
        ReplyStore.open(tmp_path / "file" / "replies.sqlite")


def test_damage_is_said_where_it_is_met(path: Path) -> None:
    with ReplyStore.open(path) as store:
        for number in range(50):
            store.put(*kept(f"request {number}".encode(), "x" * 1000))
    with path.open("r+b") as file:
        file.truncate(4096 * 5)
    with pytest.raises(ReplyStoreError, match=r"malformed.*move it away"):
        ReplyStore.open(path).replies()


def test_a_damaged_request_and_twin_are_said(path: Path) -> None:
    with ReplyStore.open(path) as store:
        reply, request = kept(b"request")
        store.put(reply, request)
        store.put_twin("v", "p", {"twin": b"twin"})
        with store.database.writing() as connection:
            connection.execute("UPDATE replies SET request = substr(request, 1, 5)")
            connection.execute("UPDATE twins SET data = x'00'")
        with pytest.raises(ReplyStoreError, match="cut short"):
            store.request(reply.key)
        with pytest.raises(ReplyStoreError, match="damaged"):
            store.twin("v", "p")
        store.put_twin("v", "p", {"twin": b"twin"})
        with store.database.writing() as connection:
            connection.execute("UPDATE twins SET bytes = 9")
        with pytest.raises(ReplyStoreError, match="another size"):
            store.twin("v", "p")


def test_a_bomb_is_not_unpacked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies_database, "INFLATED_BYTES", 1000)
    with ReplyStore.open(path) as store:
        store.put_twin("v", "p", {"twin": b"x" * 1001})
        with pytest.raises(ReplyStoreError, match="too large"):
            store.twin("v", "p")


# Where nothing can be written


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not keep root from writing, so the system's answer to the question is changed."""
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)


@pytest.mark.usefixtures("unwritable")
def test_a_file_that_cannot_be_written_is_read(path: Path) -> None:
    reply, request = kept(b"request")
    with ReplyStore.open(path) as store:  # makes it, without asking
        store.put(reply, request)
    with ReplyStore.open(path) as store:
        assert store.read_only
        assert store.reply(reply.key) == reply
        with pytest.raises(ReplyStoreError, match="reading only; make it writable"):
            store.put(reply, request)


@pytest.mark.parametrize("story", ["full", "read-only"])
def test_a_real_disk(story: str, tmp_path: Path) -> None:
    namespace = ["unshare", "--map-root-user", "--mount"]
    try:
        able = subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        able = False
    if not able:
        pytest.skip("this machine lets an ordinary user mount nothing (unshare --map-root-user --mount)")
    program = [*namespace, sys.executable, str(Path(__file__).with_name("replies_disk_story.py")), story, str(tmp_path)]
    done = subprocess.run(program, check=False, capture_output=True, text=True)
    assert done.stdout == "ok\n", done.stderr


def test_a_log_left_by_a_killed_recorder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite cannot make its files beside the database: it is read from a copy."""
    reply, request = kept(b"request")
    with ReplyStore.open(tmp_path / "live.sqlite") as store:
        store.put(reply, request)
        for end in ("", "-wal"):
            shutil.copyfile(tmp_path / f"live.sqlite{end}", tmp_path / f"killed.sqlite{end}")
    opened = seewhy.databases._open

    def refused(path: Path, mode: str) -> sqlite3.Connection:
        if mode == "mode=ro":
            error = sqlite3.OperationalError("unable to open database file")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error
        return opened(path, mode)

    monkeypatch.setattr(seewhy.databases, "_open", refused)
    with ReplyStore.open(tmp_path / "killed.sqlite", read_only=True) as store:
        assert store.replies() == (reply,)


# Threads, processes, death


def test_many_threads_share_a_store(path: Path) -> None:
    failed: list[Exception] = []

    def work(thread: int) -> None:
        try:
            for number in range(25):
                reply, request = kept(f"{thread % 4} {number}".encode(), f"text {thread % 4} {number}")
                store.put(reply, request)
                found = store.reply(reply.key)
                assert found == reply
        except (ReplyStoreError, AssertionError) as error:  # told in the main thread
            failed.append(error)

    with ReplyStore.open(path) as store:
        threads = [threading.Thread(target=work, args=(thread,)) for thread in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert len(store.replies()) == 100


def recorder(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, RECORDER, str(path), name, str(number)], stdout=subprocess.PIPE, text=True)


def test_processes_record_into_one_file_at_once(path: Path) -> None:
    """They also race to make it; two of them ask the same."""
    started = [recorder(path, name, 60) for name in ("a", "b", "b")]
    told = [process.communicate()[0].split() for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert told[1] == told[2]
    assert not path.with_name(f"{path.name}-wal").exists()  # the last to close it has put all into the one file
    with ReplyStore.open(path, read_only=True) as store:
        assert {reply.key for reply in store.replies()} == {*told[0], *told[1]}
        assert len(store.replies()) == 120


def test_a_killed_recorder_loses_nothing_it_returned(path: Path) -> None:
    returned: list[str] = []
    for wanted in (1, 40, 90):  # the next one goes on where the last was killed
        process = recorder(path, "a", 100_000)
        assert process.stdout is not None
        told = [line.strip() for line in islice(process.stdout, wanted)]
        process.send_signal(signal.SIGKILL)
        told += [line.strip() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        assert told[: len(returned)] == returned[: len(told)]
        returned = max(told, returned, key=len)
        with ReplyStore.open(path, read_only=True) as store:
            held = {reply.key for reply in store.replies()}
            assert set(returned) <= held
            assert len(held) <= len(returned) + 1
    replay = remembering(path, "replay")
    assert [replay.ask(ask_for(f"a {number}")).call.key for number in range(len(returned))] == returned
    with pytest.raises(ReplyMissing):
        replay.ask(ask_for(f"a {len(returned) + 1}"))
    replay.close()


def test_a_writer_waits_for_another_and_then_says_so(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seewhy.databases, "BUSY_SECONDS", 0.05)
    with ReplyStore.open(path) as store, ReplyStore.open(path) as other:
        reply, request = kept(b"request")
        with other.database.writing(), pytest.raises(ReplyStoreError, match="was locked"):
            store.put(reply, request)
        store.put(reply, request)
        assert other.reply(reply.key) == reply


def test_a_full_disk_keeps_what_was_there(path: Path) -> None:
    with ReplyStore.open(path) as store:
        first, request = kept(b"first")
        store.put(first, request)
        pages = store.database.rows("PRAGMA page_count")[0][0]
        store.database.rows(f"PRAGMA max_page_count = {pages}")
        second, other = kept(b"second", "x" * 9000)
        with pytest.raises(ReplyStoreError, match=r"no space is left .* Free some space"):
            store.put(second, other)
        assert store.replies() == (first,)
        store.database.rows(f"PRAGMA max_page_count = {pages + 9}")
        store.put(second, other)
        assert {reply.key for reply in store.replies()} == {first.key, second.key}
