"""The exact index's folder: opening, refusing, following, merging, locking."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from index_worlds import components, condition, fingerprint, meta, random_unit, unit

from seewhy.errors import IndexMismatch, LibraryBusy, LibraryCorrupt, LibraryNotFound, LibraryReadOnly
from seewhy.index.compaction import MERGE_AT, to_merge
from seewhy.index.exact import ExactIndex
from seewhy.index.manifest import read_manifest
from seewhy.models import registry

X = (1, 0, 0, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Holds an index of the videos a and b."""
    path = tmp_path / "index"
    with ExactIndex.open(path, fingerprint(), create=True) as index:
        index.add("a", components("a", 2), unit(X, (0, 1, 0, 0)), meta())
        index.add("b", components("b", 1), unit((1, 1, 0, 0)), meta())
        index.flush()
    return path


def segments(folder: Path) -> list[Path]:
    return sorted((folder / "segments").iterdir())


def test_is_registered() -> None:
    assert registry.load(registry.INDEXES, "exact") is ExactIndex


def test_no_index_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound, match="seewhy index --rebuild"):
        ExactIndex.open(tmp_path / "none", fingerprint())
    with pytest.raises(LibraryNotFound):
        ExactIndex.open(tmp_path / "none", fingerprint(), create=True, read_only=True)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("wanted", "difference"),
    [
        (fingerprint(encoder="other@2"), r"encoder 'hashing@1', not 'other@2'"),
        (fingerprint(dimensions=8), "dimensions 4, not 8"),
        (fingerprint(twin="twin.v2"), r"twin 'twin.v1', not 'twin.v2'"),
        (fingerprint(encoder="other@2", dimensions=8), r"encoder 'hashing@1', not 'other@2' and dimensions 4, not 8"),
    ],
)
def test_another_fingerprint_is_refused_with_what_to_do(folder: Path, wanted: object, difference: str) -> None:
    with pytest.raises(IndexMismatch, match=difference) as caught:
        ExactIndex.open(folder, wanted, create=True)  # type: ignore[arg-type]
    assert "seewhy index --rebuild" in str(caught.value)
    assert "Library.rebuild_index()" in str(caught.value)


def test_another_layout_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace("exact.v1", "exact.v9"))
    with pytest.raises(IndexMismatch, match=r"layout 'exact.v9', this seewhy reads 'exact.v1'"):
        ExactIndex.open(folder, fingerprint())


def test_reset_starts_again_with_another_fingerprint(folder: Path) -> None:
    with ExactIndex.reset(folder, fingerprint(dimensions=2)) as index:
        assert len(index) == 0
        assert segments(folder) == []
        index.add("a", components("a", 1), np.eye(1, 2, dtype=np.float32), meta())
        index.flush()
    with ExactIndex.open(folder, fingerprint(dimensions=2)) as index:
        assert index.videos() == {"a"}
    (folder / "manifest.json").write_text("not a manifest")
    with ExactIndex.reset(folder, fingerprint()) as index:
        assert len(index) == 0


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"manifest": {"layout": "exact.v1"}}', "\x00\x01"])
def test_a_damaged_manifest_is_refused(folder: Path, damage: str) -> None:
    (folder / "manifest.json").write_text(damage)
    with pytest.raises(LibraryCorrupt, match="rebuild"):
        ExactIndex.open(folder, fingerprint())


def test_a_changed_manifest_is_refused(folder: Path) -> None:
    path = folder / "manifest.json"
    document = json.loads(path.read_text())
    document["manifest"]["segments"][0]["dead"] = [0]
    path.write_text(json.dumps(document))
    with pytest.raises(LibraryCorrupt, match="does not fit its checksum"):
        ExactIndex.open(folder, fingerprint())


@pytest.mark.parametrize("name", ["table.json", "vectors.npy", "offsets.npy", "components.jsonl"])
def test_damaged_segments_are_found(folder: Path, name: str) -> None:
    path = segments(folder)[0] / name
    intact = path.read_bytes()
    path.write_bytes(intact[:-1])
    with pytest.raises(LibraryCorrupt, match=name):
        ExactIndex.open(folder, fingerprint())
    path.write_bytes(intact)
    with ExactIndex.open(folder, fingerprint()) as index:
        index.verify()
        if name != "table.json":  # whose checksum is looked at when it is opened
            path.write_bytes(intact[:-1] + bytes([intact[-1] ^ 1]))
            with pytest.raises(LibraryCorrupt, match=f"{name} is not what was written"):
                index.verify()
    path.unlink()
    with pytest.raises(LibraryCorrupt, match="is gone"):
        ExactIndex.open(folder, fingerprint())


def test_readers_see_what_stood_when_they_opened_or_refreshed(folder: Path) -> None:
    with ExactIndex.open(folder, fingerprint(), read_only=True) as reader, ExactIndex.open(folder, fingerprint()) as w:
        earlier = reader.search([condition("q", X)], 5)
        for number in range(20):
            w.add(f"c{number}", components("c", 1), unit(X), meta())
            w.delete(["a"])
            assert len(reader) == 2
            w.flush()
        assert reader.search([condition("q", X)], 5) == earlier, "though its segment has been merged away"
        reader.refresh()
        assert len(reader) == 21
        assert "a" not in reader.videos()


def test_a_refresh_refuses_an_index_rebuilt_with_something_else(folder: Path) -> None:
    with ExactIndex.open(folder, fingerprint(), read_only=True) as reader:
        ExactIndex.reset(folder, fingerprint(encoder="other@1")).close()
        with pytest.raises(IndexMismatch):
            reader.refresh()
        shutil.rmtree(folder)
        with pytest.raises(LibraryNotFound, match="is gone"):
            reader.refresh()


def test_opening_follows_a_writer_that_merges(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest read first names a segment that is gone when it is opened."""
    stale = read_manifest(folder)
    with ExactIndex.open(folder, fingerprint()) as writer:
        for number in range(MERGE_AT):
            writer.add(f"c{number}", components("c", 3), unit(X, X, X), meta())
            writer.flush()
    assert stale is not None
    assert stale.segments[0].name not in [path.name for path in segments(folder)]
    answers = [stale]
    monkeypatch.setattr(
        "seewhy.index.store.read_manifest", lambda path: answers.pop() if answers else read_manifest(path)
    )
    with ExactIndex.open(folder, fingerprint(), read_only=True) as reader:
        assert len(reader) == 2 + MERGE_AT


def test_only_one_may_change_at_a_time(folder: Path) -> None:
    first, second = ExactIndex.open(folder, fingerprint()), ExactIndex.open(folder, fingerprint())
    first.add("c", components("c", 1), unit(X), meta())
    with pytest.raises(LibraryBusy, match="another process"):
        second.add("d", components("d", 1), unit(X), meta())
    with pytest.raises(LibraryBusy):
        second.delete(["a"])
    first.flush()
    second.delete(["a"])
    assert second.videos() == {"b", "c"}, "the second catches up with the first before it changes anything"
    second.close()
    first.refresh()
    assert first.videos() == {"a", "b", "c"}, "what was not flushed is gone"
    first.close()


def test_a_reader_changes_nothing(folder: Path) -> None:
    with ExactIndex.open(folder, fingerprint(), read_only=True) as reader:
        with pytest.raises(LibraryReadOnly, match="opened to be read"):
            reader.add("c", components("c", 1), unit(X), meta())
        with pytest.raises(LibraryReadOnly):
            reader.delete(["a"])
        reader.flush()
        assert len(reader) == 2


def test_segments_stay_few_and_waste_goes(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    rng = np.random.default_rng(1)
    with ExactIndex.open(folder, fingerprint(), create=True) as index:
        for number in range(70):
            index.add(f"v{number}", components("v", 5), random_unit(rng, 5, 4), meta())
            index.flush()
            assert len(segments(folder)) <= 3 * (MERGE_AT - 1) + 1
        index.delete([f"v{number}" for number in range(60)])
        index.flush()
        stored = sum(np.load(path / "vectors.npy", mmap_mode="r").shape[0] for path in segments(folder))
        assert 50 <= stored <= 100
        index.delete(index.videos())
        index.flush()
        assert segments(folder) == []


def test_merging_moves_each_row_few_times() -> None:
    """Sizes as flushes of one make them; every row is copied at most once per size class."""
    sizes: list[int] = []
    copied = 0
    for _ in range(1000):
        merged = to_merge(sizes, sizes, 1)
        copied += sum(sizes[i] for i in merged)
        sizes = [size for i, size in enumerate(sizes) if i not in merged] + [1 + sum(sizes[i] for i in merged)]
    assert len(sizes) <= (MERGE_AT - 1) * 5
    assert copied <= 1000 * 5
