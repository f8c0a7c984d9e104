"""Weights and processors that are damaged, hostile or of another kind: each is an error that says so."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seewhy.errors import WeightsError
from seewhy.models.local.devices import Device
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.verifying import verify
from seewhy.models.local.weights import find, own_folder
from seewhy.settings import LocalSettings

transformers = pytest.importorskip("transformers")

CPU = Device("cpu", "float32")
WEIGHTS = "model.safetensors"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_detectors import save_owlv2

    return save_owlv2(tmp_path_factory.mktemp("whole") / "owlv2")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return shutil.copytree(whole, tmp_path / "model")


def load(folder: Path) -> Any:
    weights = find(str(folder), LocalSettings())
    return load_model(transformers.Owlv2ForObjectDetection, weights, CPU, ("owlv2",))


def configured(folder: Path, **values: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def garbage(content: bytes) -> bytes:
    return b"\xff" * len(content)


def nothing(_: bytes) -> bytes:
    return b""


def pointer(_: bytes) -> bytes:
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"


def bad_header(content: bytes) -> bytes:
    return content[:8] + b"{" * 50 + content[58:]


@pytest.mark.parametrize("damage", [half, garbage, nothing, pointer, bad_header])
def test_damaged_weights_are_refused_and_found_damaged(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    file = folder / WEIGHTS
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(WeightsError, match=f"seewhy models verify {folder}"):
        load(folder)
    assert verify(str(folder), LocalSettings()).wrong


@pytest.mark.parametrize(
    "values",
    [
        {"vision_config": 5},
        {"logit_scale_init_value": "much"},
        {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}},
    ],
)
def test_configurations_that_cannot_be_are_refused(folder: Path, values: dict[str, Any]) -> None:
    configured(folder, **values)
    with pytest.raises(WeightsError, match="cannot be loaded"):
        load(folder)


def test_a_configuration_without_a_bottom_is_refused(folder: Path) -> None:
    (folder / "config.json").write_text("[" * 100_000)
    with pytest.raises(WeightsError, match="holds no model"):
        load(folder)


@pytest.mark.parametrize(
    "values",
    [
        {"attn_implementation": "somebody/kernel:flash"},
        {"_attn_implementation": {"": "sdpa", "vision_config": "somebody/kernel"}},
        {"text_config": {"_attn_implementation": "somebody/kernel"}},
    ],
)
def test_code_from_the_hub_is_not_even_asked_for(folder: Path, values: dict[str, Any]) -> None:
    configured(folder, **values)
    with pytest.raises(WeightsError, match="asks for code from the hub"):
        load(folder)


def test_transformers_gets_no_kernels_of_its_own_accord() -> None:
    from seewhy.models.local.torches import torch_ready

    torch_ready()
    assert os.environ["USE_HUB_KERNELS"] == "NO"


def test_a_tokenizer_without_its_words_is_refused(folder: Path) -> None:
    """transformers makes one that reads every letter as unknown."""
    (folder / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match="reads no word"):
        load_processor(transformers.Owlv2Processor, find(str(folder), LocalSettings()))


def test_no_memory_is_no_fault_of_the_weights(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool releases models then, and loads again."""

    def full(*_: object, **__: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(transformers.Owlv2ForObjectDetection, "from_pretrained", full)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        load(folder)


@pytest.mark.parametrize("reference", ["", "~nobody-of-this-name/model", "a" * 5000 + "/b", "\0/b"])
def test_what_cannot_be_a_folder_is_none(reference: str) -> None:
    assert own_folder(reference) is None
    with pytest.raises(WeightsError):
        find(reference, LocalSettings())
