"""The vectors that channels keep: one file a video, whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.channels import vectors
from seewhy.channels.rows import FEW, Vector, unit_rows
from seewhy.channels.vectors import KEY_FILE, VectorFolder
from seewhy.errors import LibraryReadOnly

KEY = {"channel": "states", "model": "owner/name@abc", "prompt": "describe@1-0"}


def vector(*values: float) -> Vector:
    return np.array(values, np.float32)


def test_what_is_put_is_there_for_the_next_process(tmp_path: Path) -> None:
    VectorFolder(tmp_path, KEY).put("v1", vector(1, 2), "a dog — runs")
    folder = VectorFolder(tmp_path, dict(reversed(KEY.items())))
    kept = folder.get("v1")
    assert kept is not None
    assert kept.tolist() == [1, 2]
    assert folder.text("v1") == "a dog — runs"
    assert folder.missing(["v2", "v1", "v2", "v0"]) == ["v2", "v0"]
    assert json.loads((folder.folder / KEY_FILE).read_text()) == KEY
    assert [file.name for file in sorted(folder.folder.iterdir())] == ["key.json", "v1.npy", "v1.txt"]


def test_another_key_is_another_folder(tmp_path: Path) -> None:
    VectorFolder(tmp_path, KEY).put("v1", vector(1))
    assert VectorFolder(tmp_path, {**KEY, "prompt": "describe@2-0"}).get("v1") is None
    with pytest.raises(ValueError, match="names its channel"):
        VectorFolder(tmp_path, {"channel": "../x"})


def test_a_file_that_cannot_be_read_is_not_there(tmp_path: Path) -> None:
    writer = VectorFolder(tmp_path, KEY)
    for video in ("half", "pickled", "whole", "wide", "infinite"):
        writer.put(video, vector(1, 2))
    half = writer.folder / "half.npy"
    half.write_bytes(half.read_bytes()[:-3])
    np.save(writer.folder / "pickled.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(writer.folder / "wide.npy", np.zeros((2, 2), np.float32))
    np.save(writer.folder / "infinite.npy", vector(np.inf))
    np.save(writer.folder / "double.npy", np.zeros(2))
    np.save(writer.folder / "none.npy", vector())
    whole = (writer.folder / "whole.npy").read_bytes()
    (writer.folder / "empty.npy").write_bytes(b"")
    (writer.folder / "version.npy").write_bytes(whole[:6] + b"\x07" + whole[7:])
    (writer.folder / "negative.npy").write_bytes(whole.replace(b"(2,), ", b"(-1,),"))
    (writer.folder / "text.npy").write_text("a dog runs, and runs, and runs")
    (writer.folder / "folder.npy").mkdir()
    wrong = {file.stem for file in writer.folder.glob("*.npy")} - {"whole"}
    reader = VectorFolder(tmp_path, KEY)
    assert len(wrong) == 11
    assert set(reader.missing([*wrong, "whole"])) == wrong
    assert {video: reader.get(video) for video in wrong} == dict.fromkeys(wrong)
    reader.put("half", vector(3))
    assert VectorFolder(tmp_path, KEY).missing(["half"]) == []


@pytest.mark.parametrize("wrong", [vector(), vector(np.nan), np.zeros((1, 2), np.float32)])
def test_only_vectors_are_kept(tmp_path: Path, wrong: Vector) -> None:
    with pytest.raises(ValueError, match="finite"):
        VectorFolder(tmp_path, KEY).put("v1", wrong)


def test_names_that_lead_elsewhere_are_refused(tmp_path: Path) -> None:
    folder = VectorFolder(tmp_path / "vectors", KEY)
    for name in ("../v1", "", "a/b", ".v1"):
        with pytest.raises(ValueError, match="no id"):
            folder.put(name, vector(1))
    assert list(tmp_path.iterdir()) == []


def test_another_vector_takes_its_place_and_its_text(tmp_path: Path) -> None:
    folder = VectorFolder(tmp_path, KEY)
    folder.put("v1", vector(1), "old")
    folder.put("v1", vector(2))
    assert folder.text("v1") is None
    assert VectorFolder(tmp_path, KEY).text("v1") is None
    folder.forget(["v1", "v2"])
    assert folder.missing(["v1"]) == ["v1"]
    assert VectorFolder(tmp_path, KEY).missing(["v1"]) == ["v1"]


def test_read_only_keeps_in_memory_alone(tmp_path: Path) -> None:
    VectorFolder(tmp_path, KEY).put("v1", vector(1), "kept")
    folder = VectorFolder(tmp_path, KEY, read_only=True)
    folder.put("v2", vector(1), "not kept")
    assert folder.missing(["v1", "v2", "v3"]) == ["v3"]
    assert (folder.text("v1"), folder.text("v2")) == ("kept", "not kept")
    assert VectorFolder(tmp_path, KEY).missing(["v2"]) == ["v2"]


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(LibraryReadOnly):
        VectorFolder(tmp_path / "vectors", KEY).put("v1", vector(1))


def test_cosines_of_those_that_are_known(tmp_path: Path) -> None:
    folder = VectorFolder(tmp_path, KEY)
    for video, kept in {"same": (3, 4), "across": (-4, 3), "against": (-3, -4), "none": (0, 0)}.items():
        folder.put(video, vector(*kept))
    folder.put("longer", vector(1, 1, 1))
    found = folder.cosines(vector(30, 40), ["same", "across", "against", "none", "longer", "unknown"])
    assert found == pytest.approx({"same": 1, "across": 0, "against": -1, "none": 0})
    assert folder.cosines(vector(1), ["same"]) == {}


def by_formula(kept: Mapping[str, Vector], query: Vector, videos: list[str]) -> dict[str, float]:
    """Stacked, normalized and multiplied for this query alone."""
    known = sorted(video for video in set(videos) if video in kept and kept[video].shape == query.shape)
    if not known:
        return {}
    rows = unit_rows(np.stack([kept[video] for video in known]))
    return dict(zip(known, (rows @ unit_rows(query[None])[0]).tolist(), strict=True))


NUMBERS = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=3)
STEPS = st.one_of(
    st.tuples(st.just("put"), st.integers(0, 40), NUMBERS),
    st.tuples(st.just("forget"), st.integers(0, 40), st.just([0.0])),
    st.tuples(st.just("open"), st.just(0), st.just([0.0])),
)


@settings(deadline=None, max_examples=25)  # it writes files, and waits for the disk
@given(st.lists(STEPS, max_size=40), st.lists(st.integers(0, 50), max_size=50), st.integers(0, 7))
def test_whatever_was_put_and_forgotten_cosines_are_by_the_formula(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, list[float]]], asked: list[int], ready: int
) -> None:
    """Sizes differ, vectors are zero, are put again in another size, and another process goes on."""
    path = tmp_path_factory.mktemp("vectors")
    kept: dict[str, Vector] = {f"v{number}": vector(1, number - 3) for number in range(ready)}
    folder = VectorFolder(path, KEY)
    for video, first in kept.items():
        folder.put(video, first)
    for what, number, values in steps:
        video = f"v{number}"
        if what == "put":
            kept[video] = vector(*values)
            folder.put(video, kept[video])
        elif what == "forget":
            kept.pop(video, None)
            folder.forget([video])
        else:
            folder = VectorFolder(path, KEY)
    videos = [f"v{number}" for number in asked]
    assert folder.missing(videos) == [video for video in dict.fromkeys(videos) if video not in kept]
    for query in (vector(3, -1), vector(1, 2, 3), vector(0, 0), vector(1)):
        found, expected = folder.cosines(query, videos), by_formula(kept, query, videos)
        assert list(found) == list(expected)
        assert found == pytest.approx(expected, abs=1e-6)


def test_a_few_of_many_and_all_of_them_have_the_same_cosines(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    folder = VectorFolder(tmp_path, KEY, read_only=True)
    videos = [f"v{number:03}" for number in range(200)]
    for video in videos:
        folder.put(video, rng.standard_normal(48, np.float32))
    query = rng.standard_normal(48, np.float32)
    every = folder.cosines(query, videos)
    few = folder.cosines(query, videos[:: 2 * FEW])
    assert list(every) == videos
    assert few == pytest.approx({video: every[video] for video in videos[:: 2 * FEW]}, abs=1e-6)


def test_a_gallery_larger_than_a_block_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "BLOCK", 4)
    writer = VectorFolder(tmp_path, KEY)
    videos = [f"v{number}" for number in range(11)]
    for number, video in enumerate(videos):
        writer.put(video, vector(number, 1))
    reader = VectorFolder(tmp_path, KEY)
    first = reader.cosines(vector(0, 1), videos)
    assert first == writer.cosines(vector(0, 1), videos)
    for file in writer.folder.glob("*.npy"):
        file.unlink()
    assert reader.cosines(vector(0, 1), videos) == first
    assert reader.missing([*videos, "v11"]) == ["v11"]


def test_threads_see_whole_vectors(tmp_path: Path) -> None:
    """While some are put again and again, with matrices that grow under those who read, each cosine is one of the two
    that a video has ever had."""
    folder = VectorFolder(tmp_path, KEY, read_only=True)
    sides = (np.full(512, 1, np.float32), np.full(512, -1, np.float32))
    videos = [f"v{number}" for number in range(8)]
    for video in videos:
        folder.put(video, sides[0])

    def turn(times: int) -> None:
        for number in range(times):
            for video in videos:
                folder.put(video, sides[number % 2])

    with ThreadPoolExecutor(3) as pool:
        turning = [pool.submit(turn, 60) for _ in range(2)]
        while not all(one.done() for one in turning):
            found = folder.cosines(sides[0], videos)
            assert len(found) == len(videos)
            assert all(abs(score) == pytest.approx(1, abs=1e-5) for score in found.values())
        for one in turning:
            one.result()
