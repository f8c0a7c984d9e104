"""The contract of TwinStore, over every store, and what holds of the folder alone."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store_samples import sample_files, sample_twin

from seewhy import files as seewhy_files
from seewhy.errors import LibraryReadOnly, OutOfSpace, TwinCorrupt, TwinNotFound
from seewhy.twin.recalling import RecallingStore
from seewhy.twin.store import TWIN_FILE, FolderStore, MemoryStore, TwinFiles, TwinStore
from seewhy.types.twin import MASKS_FILE, mask_pointer


@pytest.fixture(params=["folder", "recalling", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TwinStore:
    if request.param == "memory":
        return MemoryStore()
    return (FolderStore if request.param == "folder" else RecallingStore)(tmp_path / "twins")


def test_an_empty_store_has_nothing(store: TwinStore) -> None:
    assert store.ids() == ()
    assert store.size("v1") is None
    for ask in (store.load, store.read, store.thumbnail):
        with pytest.raises(TwinNotFound, match="v1"):
            ask("v1")
    with pytest.raises(TwinNotFound, match="v1"):
        _ = store.masks("v1").frames
    store.delete("v1")


def test_what_is_put_comes_back(store: TwinStore) -> None:
    twin, masks = sample_twin()
    files = sample_files()
    store.put(files)
    assert store.ids() == ("v1",)
    assert store.load("v1") == twin
    assert store.read("v1") == files
    assert store.size("v1") == files.size == len(files.twin) + len(files.masks)
    assert store.masks("v1").resolve(mask_pointer(1, 1)) == masks[1][1]
    assert store.thumbnail("v1").startswith(b"\xff\xd8")


def test_a_twin_replaces_the_one_before(store: TwinStore) -> None:
    for name in ("dog", "cat"):
        store.put(sample_files("v1", name))
    store.put(sample_files("v0"))
    assert store.ids() == ("v0", "v1")
    assert store.load("v1").tracks[0].category == "cat"
    store.delete("v1")
    assert store.ids() == ("v0",)


@pytest.mark.parametrize("video", ["", "..", "a/b", "a\0", ".hidden", "x" * 65])
def test_an_id_cannot_lead_elsewhere(store: TwinStore, video: str) -> None:
    with pytest.raises(TwinNotFound):
        store.load(video)
    with pytest.raises(TwinNotFound):
        store.put(replace(sample_files(), video=video))


@pytest.mark.parametrize(
    "damage", [lambda b: b[: len(b) // 2], lambda b: b[:0], lambda b: b.replace(b"twin.v1", b"twin.v9")]
)
def test_a_damaged_twin_is_named_so(store: TwinStore, damage: Callable[[bytes], bytes]) -> None:
    files = sample_files()
    store.put(replace(files, twin=damage(files.twin)))
    with pytest.raises(TwinCorrupt, match=r"v1 is damaged.*index the video's file again"):
        store.load("v1")


def test_a_twin_in_the_place_of_another_is_damaged(store: TwinStore) -> None:
    store.put(replace(sample_files("v1"), video="v2"))
    with pytest.raises(TwinCorrupt, match="lies that of v1"):
        store.load("v2")


def test_equal_twins_have_equal_bytes_and_others_another_digest() -> None:
    files = sample_files()
    assert files == sample_files()
    others = [
        replace(files, masks=files.masks + b" "),
        replace(files, twin=files.twin + b" "),
        sample_files(name="cat"),
    ]
    assert len({files.digest, *(other.digest for other in others)}) == 4


def test_an_observation_without_its_mask_is_not_kept() -> None:
    twin, masks = sample_twin()
    del masks[1]
    with pytest.raises(ValueError, match="frames/1/1"):
        TwinFiles.of(twin, masks, np.zeros((4, 6, 3), np.uint8))


def test_files_that_do_not_fit_together_do_not_parse() -> None:
    files = sample_files()
    assert files.parse() == sample_twin()[0]
    with pytest.raises(TwinCorrupt):
        replace(files, masks=files.masks.replace(b'"1":{"1"', b'"1":{"2"')).parse()


# The folder


def test_a_twin_appears_only_when_all_of_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, then their folder, are synced before the rename, and the parent after it."""
    calls: list[str] = []
    sync, rename = os.fsync, Path.rename

    def fsync(descriptor: int) -> None:
        calls.append("sync " + Path(f"/proc/self/fd/{descriptor}").readlink().name)
        sync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        calls.append(f"rename to {target.name}")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "rename", renamed)
    FolderStore(tmp_path / "twins").put(sample_files())
    assert calls == [
        "sync twin.json", "sync masks.json", "sync thumbnail.jpg", f"sync .tmp-v1-{os.getpid()}",
        "rename to v1", "sync twins",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, OutOfSpace), (errno.EDQUOT, OutOfSpace), (errno.EROFS, LibraryReadOnly),
     (errno.EACCES, LibraryReadOnly)],
)  # fmt: skip
@pytest.mark.parametrize("fails_at", range(5))
def test_a_twin_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception], fails_at: int
) -> None:
    store = FolderStore(tmp_path / "twins")
    store.put(sample_files("v1", "dog"))
    sync, count = os.fsync, iter(range(100))

    def fsync(descriptor: int) -> None:
        if next(count) == fails_at:
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(error, match="twins"):
            store.put(sample_files("v1", "cat"))
    # The last sync comes after the rename: then the new one is there, and whole.
    assert store.load("v1").tracks[0].category == ("dog" if fails_at < 4 else "cat")
    assert store.ids() == ("v1",)
    store.sweep()
    assert [entry.name for entry in store.root.iterdir()] == ["v1"]


def test_what_a_killed_writer_left_is_invisible_and_swept(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(sample_files())
    (tmp_path / ".tmp-v2-99").mkdir()
    (tmp_path / ".tmp-v2-99" / TWIN_FILE).write_bytes(b"{")
    assert store.ids() == ("v1",)
    assert store.sweep() == 1
    assert store.sweep() == 0
    assert store.load("v1").id == "v1"


def test_a_folder_that_lacks_its_masks_has_no_size(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.put(sample_files())
    (tmp_path / "v1" / MASKS_FILE).unlink()
    assert store.size("v1") is None
    with pytest.raises(TwinNotFound, match=MASKS_FILE):
        store.read("v1")


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    seewhy_files.write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutOfSpace, match="Free some space"):
            seewhy_files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]
    seewhy_files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"


def test_other_errors_of_the_system_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), seewhy_files.explained(tmp_path):
        (tmp_path / "none").read_bytes()
