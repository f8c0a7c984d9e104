"""Depth Anything V2 (Yang et al., 2024, arXiv 2406.09414): which of the objects in a frame is nearer.

The relative models predict something like one over the distance, up to a scale and a shift that differ from frame to
frame: larger is nearer. The metric models predict meters: larger is farther. Of neither more is used than the order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import Device, device_for
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.pool import POOL, ModelPool
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights, find
from seewhy.settings import Settings
from seewhy.types.masks import Mask, Rle, decode
from seewhy.types.video import Frame, Image

DepthMap = NDArray[np.float32]
"""(h, w), finite; covers the whole frame, at whatever resolution; larger is nearer"""

CLEAR_MARGIN = 0.1
"""Two objects whose means differ by this share of the frame's spread are told apart as surely as can be. A choice, not
a measurement: where ten objects stand evenly one behind the other, each is just clear of the next."""

SPREAD = (5, 95)
"""Percentiles of a frame's depth between which its spread is measured: a few pixels of sky say nothing."""


class DepthNetwork:
    """A loaded model."""

    def __init__(self, weights: Weights, device: Device) -> None:
        """
        Raises:
            WeightsError: they cannot be loaded, or are of another kind of model.
        """
        torch_ready()
        from transformers import DepthAnythingForDepthEstimation, DPTImageProcessor

        self._device = device
        self.model: Any = load_model(DepthAnythingForDepthEstimation, weights, device, ("depth_anything",))
        self._pictures = load_processor(DPTImageProcessor, weights)
        self._sign = -1 if self.model.config.depth_estimation_type == "metric" else 1

    def estimate(self, batch: list[Image]) -> list[DepthMap]:
        """Larger is nearer. Pictures of one size are looked at together."""
        torch = torch_ready()
        said: dict[int, DepthMap] = {}
        with torch.inference_mode():
            for shape in sorted({picture.shape for picture in batch}):
                places = [place for place, picture in enumerate(batch) if picture.shape == shape]
                pictures = [batch[place] for place in places]
                taken = self._pictures(pictures, return_tensors="pt", device=self._device.name)
                pixels = taken.pixel_values.to(self._device.name, self._device.dtype)
                depths = self.model(pixel_values=pixels).predicted_depth.float().cpu().numpy()
                said.update(zip(places, self._sign * depths, strict=True))
        return [said[place] for place in range(len(batch))]


class _Loaded(NamedTuple):
    """What the pool keeps."""

    model: Any
    batcher: Batcher[Image, DepthMap]


class DepthAnything:
    """A `DepthEstimator`. The model is loaded when it is first asked, and shared by all that use it."""

    def __init__(self, weights: Weights, device: Device, batch: int, pool: ModelPool = POOL) -> None:
        """
        Args:
            batch: frames in one pass through the model, at most.
        """
        self.source = f"{weights.name.rpartition('/')[2]}@{weights.version}"
        self._key = ("depth", str(weights.folder), weights.revision, device.name, device.dtype_name, str(batch))
        self._weights, self._device, self._batch, self._pool = weights, device, batch, pool
        self.width = batch

    def ranks(self, frame: Frame, masks: Sequence[Rle]) -> list[tuple[float, float]]:
        """See `DepthEstimator.ranks`. Ranks are evenly spaced, all different; of equals the first is nearer.

        A mask that is alone has rank 0.5 and confidence 0, and no model is asked: there is nothing to be nearer than.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        if len(masks) < 2:
            return [(0.5, 0.0)] * len(masks)
        with self._pool.use(self._key, self._device, self._loaded) as loaded:
            depth = loaded.batcher(frame.image)
        return ranked(depth, [decode(mask) for mask in masks])

    def _loaded(self) -> _Loaded:
        network = DepthNetwork(self._weights, self._device)
        return _Loaded(network.model, Batcher(network.estimate, self._batch, self._pool))


def depth_anything(settings: Settings) -> DepthAnything:
    """With the weights that `local.depth_anything` names.

    Raises:
        WeightsError: they are not here; which command gets them.
        SettingsError: there is no such device.
    """
    local = settings.local
    return DepthAnything(find(local.depth_anything, local), device_for(local), local.batch)


def ranked(depth: DepthMap, masks: Sequence[Mask]) -> list[tuple[float, float]]:
    """Rank and confidence of at least two masks by their mean depth; an empty mask is farthest.

    The confidence is the difference to the mean of the mask next in rank, of the two neighbors the closer one, as a
    share of CLEAR_MARGIN times the spread of the frame's depth; 1 at most.

    >>> near, far = np.array([[True, False]]), np.array([[False, True]])
    >>> ranked(np.array([[2.0, 1.0]], np.float32), [far, near])
    [(1.0, 1.0), (0.0, 1.0)]
    """
    nearness = np.array([_mean(depth, mask) for mask in masks])
    order = np.argsort(-nearness, kind="stable")
    low, high = np.percentile(depth, SPREAD)
    confidence = np.zeros(len(masks))
    if high > low:
        with np.errstate(invalid="ignore"):  # of two empty masks, -inf less -inf: no difference that says anything
            steps = np.nan_to_num(-np.diff(nearness[order]), nan=0.0, posinf=0.0)
        closest = np.minimum(np.append(np.inf, steps), np.append(steps, np.inf))
        confidence[order] = np.minimum(closest / (CLEAR_MARGIN * (high - low)), 1)
    rank = np.empty(len(masks))
    rank[order] = np.arange(len(masks)) / (len(masks) - 1)
    return [(float(r), float(c)) for r, c in zip(rank, confidence, strict=True)]


def _mean(depth: DepthMap, mask: Mask) -> float:
    """Of the depth, over a mask of any resolution; -inf: the mask is empty.

    Each value of the depth counts by the share of its pixel that the mask covers, so that no mask is too small.
    """
    import cv2

    if not mask.any():
        return -np.inf
    height, width = depth.shape
    # One side after the other: where one shrinks and the other grows, OpenCV takes samples instead of shares.
    narrow = cv2.resize(mask.astype(np.float32), (width, mask.shape[0]), interpolation=cv2.INTER_AREA)
    weights = cv2.resize(narrow, (width, height), interpolation=cv2.INTER_AREA)
    return float(np.average(depth.astype(np.float64), weights=weights))
