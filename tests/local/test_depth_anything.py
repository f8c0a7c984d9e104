"""Depth Anything V2: ranks of constructed depth maps, and tiny random checkpoints through the door of the user's."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_detectors import save_depth_anything, save_owlv2

from seewhy.errors import WeightsError
from seewhy.models.local.devices import device_for
from seewhy.models.local.pool import POOL
from seewhy.models.local.weights import find
from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.local.depth import CLEAR_MARGIN, DepthAnything, DepthNetwork, depth_anything, ranked
from seewhy.settings import LocalSettings, Settings
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.video import Frame, Image

LOCAL = LocalSettings(device="cpu")
HEIGHT, WIDTH = 60, 80


def _box(x0: int, y0: int, x1: int, y1: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask


LEFT, MIDDLE, RIGHT = _box(0, 0, 20, 60), _box(30, 10, 50, 50), _box(60, 0, 80, 60)


def _ramp(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray[Any, np.dtype[np.float32]]:
    """0 at the left, 1 at the right."""
    return np.tile(np.linspace(0, 1, width, dtype=np.float32), (height, 1))


def _frame(height: int = HEIGHT, width: int = WIDTH, seed: int = 0) -> Frame:
    image: Image = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)
    return Frame(0, 0, Fraction(1), 0.0, image)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_depth_anything(tmp_path_factory.mktemp("tiny") / "depth-anything")


@pytest.fixture(scope="module")
def metric_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_depth_anything(tmp_path_factory.mktemp("tiny") / "depth-anything-metric", metric=True)


# Ranks of constructed depths


def test_larger_is_nearer_and_ranks_are_evenly_spaced() -> None:
    assert [rank for rank, _ in ranked(_ramp(), [LEFT, RIGHT, MIDDLE])] == [1.0, 0.0, 0.5]


@pytest.mark.parametrize(("height", "width"), [(6, 8), (30, 80), (240, 320), (61, 79)])
def test_the_depth_map_may_have_any_resolution(height: int, width: int) -> None:
    said = ranked(_ramp(height, width), [LEFT, MIDDLE, RIGHT])
    assert [rank for rank, _ in said] == [1.0, 0.5, 0.0]


def test_a_mask_of_one_pixel_counts_where_it_is() -> None:
    """Each lies within one of the 6 by 8 values of the depth map."""
    assert [rank for rank, _ in ranked(_ramp(6, 8), [_box(72, 3, 73, 4), _box(3, 50, 4, 51)])] == [0.0, 1.0]


def test_no_mask_is_too_small_where_one_side_shrinks_and_the_other_grows() -> None:
    for column in range(0, 1300, 7):
        masks = np.zeros((2, 13, 1300), bool)
        masks[0, 6, column] = masks[1, 6, (column + 650) % 1300] = True
        ranks = [rank for rank, _ in ranked(_ramp(14, 518), [*masks])]
        assert sorted(ranks) == [0.0, 1.0]
        assert (ranks[0] < ranks[1]) == (column >= 650)


def test_a_value_of_the_depth_counts_by_how_much_of_it_the_mask_covers() -> None:
    depth = np.array([[0.0, 1.0]], np.float32)  # each value stands for 60 by 40 pixels
    mostly_far, mostly_near = _box(0, 0, 50, 60), _box(30, 0, 80, 60)
    (far, confidence), (near, _) = ranked(depth, [mostly_far, mostly_near])
    assert (far, near) == (1.0, 0.0)
    assert confidence == 1.0, "0.2 and 0.8"
    (_, confidence), _ = ranked(depth, [_box(0, 0, 80, 60), _box(0, 0, 78, 60)])
    assert confidence == pytest.approx((0.5 - 38 / 78) / (CLEAR_MARGIN * 0.9), rel=1e-5)


def test_confidence_is_the_margin_to_the_closest_neighbor() -> None:
    depth = _ramp()
    spread = np.diff(np.percentile(depth, (5, 95)))[0]
    near, almost, far = _box(70, 0, 71, 60), _box(68, 0, 69, 60), _box(10, 0, 11, 60)
    margin = 2 / 79 / (CLEAR_MARGIN * spread)
    assert [c for _, c in ranked(depth, [far, almost, near])] == pytest.approx([1.0, margin, margin], rel=1e-4)


def test_of_equals_the_first_is_nearer_and_nothing_is_sure() -> None:
    flat = np.full((6, 8), 0.5, np.float32)
    assert ranked(flat, [LEFT, RIGHT]) == [(0.0, 0.0), (1.0, 0.0)]
    assert ranked(_ramp(), [LEFT, LEFT, LEFT]) == [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0)]


def test_an_empty_mask_is_farthest() -> None:
    empty = np.zeros((HEIGHT, WIDTH), bool)
    said = ranked(_ramp(), [empty, LEFT, RIGHT, empty])
    assert [rank for rank, _ in said] == pytest.approx([2 / 3, 1 / 3, 0.0, 1.0])
    assert said[0][1] == said[3][1] == 0.0
    assert all(0 <= confidence <= 1 for _, confidence in said)


def test_a_scale_and_a_shift_change_nothing() -> None:
    masks = [LEFT, MIDDLE, RIGHT]
    np.testing.assert_allclose(ranked(_ramp() * 37 - 5, masks), ranked(_ramp(), masks), atol=1e-5)


# The network


class _StubNetwork:
    """Predicts the red of the prepared picture, and has the configuration that it is told."""

    def __init__(self, kind: str) -> None:
        self.config = SimpleNamespace(depth_estimation_type=kind)

    def __call__(self, pixel_values: Any) -> Any:
        return SimpleNamespace(predicted_depth=pixel_values[:, 0])


@pytest.mark.parametrize(("kind", "expected"), [("relative", [1.0, 0.0]), ("metric", [0.0, 1.0])])
def test_what_larger_means_is_read_from_the_model(
    kind: str, expected: list[float], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that grows brighter to the right: of a relative model the right is nearer, of a metric one the left."""
    monkeypatch.setattr("seewhy.perceive.local.depth.load_model", lambda *_: _StubNetwork(kind))
    network = DepthNetwork(find(str(folder), LOCAL), device_for(LOCAL))
    image = np.repeat((_ramp() * 255).astype(np.uint8)[:, :, None], 3, axis=2)
    (depth,) = network.estimate([image])
    assert [rank for rank, _ in ranked(depth, [LEFT, RIGHT])] == expected


def test_real_models_of_both_kinds_say_the_opposite(folder: Path, metric_folder: Path) -> None:
    """Both have the same random weights, and a last layer that keeps the order."""
    masks = [encode(mask) for mask in (LEFT, MIDDLE, RIGHT)]
    relative = [rank for rank, _ in _estimator(folder).ranks(_frame(), masks)]
    metric = [rank for rank, _ in _estimator(metric_folder).ranks(_frame(), masks)]
    assert sorted(relative) == [0.0, 0.5, 1.0]
    assert metric == [1 - rank for rank in relative]


def test_the_network_says_what_transformers_says(folder: Path) -> None:
    import torch

    network = DepthNetwork(find(str(folder), LOCAL), device_for(LOCAL))
    frame = _frame()
    (depth,) = network.estimate([frame.image])
    assert depth.shape[0] % 14 == depth.shape[1] % 14 == 0
    assert depth.shape[1] > depth.shape[0], "the picture keeps its shape"
    taken = network._pictures(frame.image, return_tensors="pt")
    with torch.inference_mode():
        official = network.model(**taken).predicted_depth[0].numpy()
    np.testing.assert_allclose(depth, official, atol=1e-6)


def test_pictures_of_several_sizes_in_one_batch(folder: Path) -> None:
    network = DepthNetwork(find(str(folder), LOCAL), device_for(LOCAL))
    pictures = [_frame(60, 80, 1).image, _frame(90, 50, 2).image, _frame(60, 80, 3).image]
    for together, picture in zip(network.estimate(pictures), pictures, strict=True):
        np.testing.assert_allclose(together, network.estimate([picture])[0], atol=1e-5)


# The estimator


def _estimator(folder: Path, **local: object) -> DepthAnything:
    return depth_anything(Settings.model_validate({"local": {"depth_anything": str(folder), "device": "cpu", **local}}))


def test_it_comes_through_the_plug_in_door(folder: Path) -> None:
    settings = Settings.model_validate({"local": {"depth_anything": str(folder), "device": "cpu", "batch": 3}})
    made = load(SPECIALISTS, "local.depth-anything")(settings)
    assert made.source == f"depth-anything@{find(str(folder), LOCAL).version}"
    assert made.width == 3


def test_one_alone_needs_no_model(folder: Path) -> None:
    POOL.release()
    one: Rle = encode(LEFT)
    assert _estimator(folder).ranks(_frame(), [one]) == [(0.5, 0.0)]
    assert _estimator(folder).ranks(_frame(), []) == []
    assert POOL.loaded == ()


def test_two_estimators_share_one_model(folder: Path) -> None:
    POOL.release()
    masks = [encode(LEFT), encode(RIGHT)]
    assert _estimator(folder).ranks(_frame(), masks) == _estimator(folder).ranks(_frame(), masks)
    assert len(POOL.loaded) == 1


def test_half_precision_keeps_the_order_of_what_is_clear(folder: Path) -> None:
    masks = [encode(LEFT), encode(MIDDLE), encode(RIGHT)]
    exact = _estimator(folder).ranks(_frame(), masks)
    half = _estimator(folder, dtype="bfloat16").ranks(_frame(), masks)
    clear = [place for place, (_, confidence) in enumerate(exact) if confidence > 0.2]
    assert clear
    assert [half[place][0] for place in clear] == [exact[place][0] for place in clear]


def test_weights_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a model of type 'owlv2'; depth_anything is needed"):
        _estimator(save_owlv2(tmp_path / "owl")).ranks(_frame(), [encode(LEFT), encode(RIGHT)])


def test_weights_that_are_not_here_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="seewhy models pull depth-anything/Depth-Anything-V2-Small-hf"):
        depth_anything(Settings.model_validate({"local": {"cache": str(tmp_path), "device": "cpu"}}))
