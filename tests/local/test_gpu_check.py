"""The check of all specialists at their real size, in its tiny form: what a GPU would run, on what there is."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path

import pytest

pytest.importorskip("transformers")

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.mark.slow
def test_every_specialist_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    monkeypatch.syspath_prepend(str(SCRIPTS))
    gpu_check = importlib.import_module("gpu_check")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert gpu_check.main(["--size", "tiny", "--device", "cpu", "--json", str(tmp_path / "numbers.json")]) == 0
    finally:
        torch.set_num_threads(before)
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    ran = {one["name"]: one for one in numbers["specialists"]}
    assert set(ran) == {"depth_anything", "owlv2", "grounding_dino", "sam2", "edgetam", "sam3", "actions", "language"}
    passes = [(one["name"], one["batch"]) for one in numbers["trackers"]]
    if importlib.util.find_spec("timm") is None:
        assert "timm" in ran.pop("edgetam")["skipped"]
        assert passes == [("sam2", 1), ("sam2", 4)]
    else:
        assert passes == [("sam2", 1), ("sam2", 4), ("edgetam", 1), ("edgetam", 4)]
    assert all(one["encoded"] > one["followed"] > 0 for one in numbers["trackers"])
    for one in ran.values():
        assert one["frames_per_second"] > 0
        assert one["weight_bytes"] >= 4 * one["parameters"] > 0, "float32"
        assert one["found"]
    assert numbers["pipeline"]["ratio"] > 0
    assert "times as fast" in capsys.readouterr().out


def test_weights_are_random_only_while_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import DepthAnythingForDepthEstimation, PreTrainedModel

    from seewhy.errors import WeightsError
    from seewhy.models.local.devices import Device
    from seewhy.models.local.loading import load_model
    from seewhy.models.local.weights import find
    from seewhy.settings import LocalSettings

    monkeypatch.syspath_prepend(str(SCRIPTS))
    random_models = importlib.import_module("random_models")
    device, before = Device("cpu", "float32"), PreTrainedModel.__dict__["from_pretrained"]
    weights = find(str(random_models.write_model("depth_anything", "tiny", tmp_path / "depth")), LocalSettings())
    with random_models.random_weights(device) as made:
        model = load_model(DepthAnythingForDepthEstimation, weights, device, ("depth_anything",))
    assert made == [model]
    assert PreTrainedModel.__dict__["from_pretrained"] is before
    with pytest.raises(WeightsError, match="lack"):
        load_model(DepthAnythingForDepthEstimation, weights, device, ("depth_anything",))


@pytest.mark.parametrize(
    ("name", "architecture", "millions"),
    [
        ("sam2", "Sam2VideoModel", 224.4),  # SAM 2's README: sam2.1_hiera_large
        ("depth_anything", "DepthAnythingForDepthEstimation", 24.8),  # Depth Anything V2's README: small
        ("language", "Qwen3VLForConditionalGeneration", 8767.1),  # called 8B, for its language part
        # The others' publishers give no count: these are what their configurations make.
        ("owlv2", "Owlv2ForObjectDetection", 437.6),
        ("grounding_dino", "MMGroundingDinoForObjectDetection", 342.4),
        ("sam3", "Sam3VideoModel", 859.9),
        ("edgetam", "EdgeTamVideoModel", 13.9),  # its picture encoder is exported as 19.7 MB of float32
        ("actions", "VJEPA2ForVideoClassification", 375.5),
    ],
)
def test_real_sizes_are_those_that_are_published(
    name: str, architecture: str, millions: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made without memory for its weights."""
    if name == "edgetam":
        pytest.importorskip("timm")
    import torch
    import transformers

    monkeypatch.syspath_prepend(str(SCRIPTS))
    config, _ = importlib.import_module("random_models").MODELS[name]("real")
    with torch.device("meta"):
        model = getattr(transformers, architecture)._from_config(config)
    assert sum(weight.numel() for weight in model.parameters()) / 1e6 == pytest.approx(millions, abs=0.1)
