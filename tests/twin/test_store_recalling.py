"""Twins that are read once: as long as they are the same, and there is room."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from store_samples import sample_files

from seewhy.errors import TwinCorrupt, TwinNotFound
from seewhy.twin.recalling import RecallingStore
from seewhy.twin.store import TWIN_FILE, FolderStore

NAMES = ("dog", "cat", "owl", "hen")


def filled(folder: Path, videos: int = 1) -> FolderStore:
    """A store that changes what another one reads."""
    store = FolderStore(folder)
    for number in range(videos):
        store.put(sample_files(f"v{number}"))
    return store


def test_a_twin_is_read_once(tmp_path: Path) -> None:
    filled(tmp_path)
    store = RecallingStore(tmp_path)
    twin = store.load("v0")
    assert store.load("v0") is twin
    assert twin == FolderStore(tmp_path).load("v0")


@pytest.mark.parametrize("by_itself", [True, False])
def test_a_twin_that_was_replaced_is_read_anew(tmp_path: Path, by_itself: bool) -> None:
    other = filled(tmp_path)
    store = RecallingStore(tmp_path)
    for name in (*NAMES, *NAMES):
        (store if by_itself else other).put(sample_files("v0", name))
        assert store.load("v0").tracks[0].category == name


def test_a_twin_that_is_gone_or_damaged_is_said_so(tmp_path: Path) -> None:
    other = filled(tmp_path, 2)
    store = RecallingStore(tmp_path)
    store.load("v0"), store.load("v1")
    other.delete("v0")
    with pytest.raises(TwinNotFound, match="v0"):
        store.load("v0")
    (tmp_path / "v1" / TWIN_FILE).write_bytes(b"{}")
    with pytest.raises(TwinCorrupt, match="v1"):
        store.load("v1")


def test_the_latest_used_ones_are_kept_as_far_as_there_is_room(tmp_path: Path) -> None:
    filled(tmp_path, 4)
    size = len(sample_files("v0").twin)
    store = RecallingStore(tmp_path, room=2 * size + size // 2)
    first, second = store.load("v0"), store.load("v1")
    assert store.load("v0") is first
    third = store.load("v2")  # in the room of v1
    assert store.load("v0") is first
    assert store.load("v2") is third
    assert store.load("v1") is not second
    assert store.load("v1") == second


def test_a_twin_larger_than_the_room_is_given_and_not_kept(tmp_path: Path) -> None:
    filled(tmp_path)
    store = RecallingStore(tmp_path, room=10)
    assert store.load("v0") == store.load("v0")
    assert store.load("v0") is not store.load("v0")


def test_readers_see_a_whole_twin_while_it_is_replaced_and_the_last_one_in_the_end(tmp_path: Path) -> None:
    other = filled(tmp_path)
    store, done = RecallingStore(tmp_path), threading.Event()

    def read() -> int:
        seen = 0
        while not done.is_set() or not seen:
            assert store.load("v0").tracks[0].category in {*NAMES, sample}
            seen += 1
        return seen

    sample = store.load("v0").tracks[0].category
    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read) for _ in range(3)]
        for name in NAMES * 8:
            other.put(sample_files("v0", name))
        done.set()
        assert all(one.result() for one in reading)
    assert store.load("v0").tracks[0].category == NAMES[-1]
