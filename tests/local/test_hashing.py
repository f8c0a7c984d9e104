"""The names of folders of weights: by content, computed once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from seewhy.errors import WeightsError
from seewhy.models.local import hashing
from seewhy.models.local.hashing import HASHES_NAME, digest_of, sha256_of
from seewhy.models.local.weights import find
from seewhy.settings import LocalSettings


@pytest.fixture(autouse=True)
def _a_new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_known", {})


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are read whole."""
    names: list[str] = []

    def spied(path: Path) -> str:
        names.append(path.name)
        return sha256_of(path)

    monkeypatch.setattr(hashing, "sha256_of", spied)
    return names


def shard(header: dict[str, object], data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def model(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "owlv2"}')
    tensor = {"w": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}
    (folder / "model.safetensors").write_bytes(shard(tensor, b"abcd"))
    (folder / "tokenizer.json").write_text("{}")
    return folder


def test_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc" * 1_000_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"abc" * 1_000_000).hexdigest()


def test_a_file_is_read_once_by_all_processes_until_it_changes(
    tmp_path: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("one")
    first = digest_of([tmp_path / "a"], tmp_path / "kept")
    assert digest_of([tmp_path / "a"], tmp_path / "kept") == first
    monkeypatch.setattr(hashing, "_known", {})  # another process
    assert digest_of([tmp_path / "a"], tmp_path / "kept") == first
    assert read == ["a"]
    (tmp_path / "a").write_text("another")
    assert digest_of([tmp_path / "a"], tmp_path / "kept") != first
    assert read == ["a", "a"]


@pytest.mark.parametrize("damaged", ["", "[]", '{"x": 1}', '{"x": ["a", "b", "c"]}', "\x00"])
def test_a_memory_that_cannot_be_read_is_none(tmp_path: Path, damaged: str, read: list[str]) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / HASHES_NAME).write_text(damaged)
    digest_of([tmp_path / "a"], tmp_path)
    assert read == ["a"]
    assert (
        json.loads((tmp_path / HASHES_NAME).read_text())[str(tmp_path / "a")][2] == hashlib.sha256(b"one").hexdigest()
    )


def test_where_nothing_can_be_kept_it_is_computed_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    (tmp_path / "file").write_text("in the way of a folder")
    assert digest_of([tmp_path / "a"], tmp_path / "file") == digest_of([tmp_path / "a"], tmp_path / "elsewhere")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"])
def test_a_folder_is_another_model_when_any_part_of_it_is(tmp_path: Path, name: str) -> None:
    folder = model(tmp_path / "m")
    before = find(str(folder), LocalSettings(cache=str(tmp_path))).revision
    path = folder / name
    if name == "model.safetensors":
        path.write_bytes(path.read_bytes()[:-4] + b"dcba")
    else:
        path.write_text('{"model_type": "owlv2", "more": 1}')
    assert find(str(folder), LocalSettings(cache=str(tmp_path))).revision != before


def test_what_lies_beside_a_model_is_no_part_of_it(tmp_path: Path) -> None:
    folder = model(tmp_path / "m")
    before = find(str(folder), LocalSettings(cache=str(tmp_path))).revision
    (folder / "README.md").write_text("hello")
    (folder / "pytorch_model.bin").write_bytes(b"never read")
    assert find(str(folder), LocalSettings(cache=str(tmp_path))).revision == before


def test_a_truncated_file_is_found_before_anything_is_loaded(tmp_path: Path) -> None:
    folder = model(tmp_path / "m")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="its header says"):
        find(str(folder), LocalSettings(cache=str(tmp_path)))


def test_an_adapter_is_no_model(tmp_path: Path) -> None:
    folder = model(tmp_path / "m")
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(WeightsError, match="merge the two"):
        find(str(folder), LocalSettings(cache=str(tmp_path)))
