"""The vectors that channels keep: one file a video, whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seewhy.channels.vectors import KEY_FILE, Vector, VectorFolder
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
    reader = VectorFolder(tmp_path, KEY)
    assert reader.missing(["half", "infinite", "pickled", "whole", "wide"]) == ["half", "infinite", "pickled", "wide"]
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
