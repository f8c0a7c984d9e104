"""Models of actions on this machine: V-JEPA 2 and VideoMAE with a head that classifies, over transformers."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import WeightsError
from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import Device, device_for
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.pool import POOL, ModelPool
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights, find
from seewhy.perceive.local.action_words import verb_phrase
from seewhy.perceive.local.actions import ActionClassifier
from seewhy.perceive.local.tubes import Pictures
from seewhy.settings import LocalSettings, Settings


class _Names(NamedTuple):
    """What transformers calls the parts of one kind of model."""

    model: str
    processor: str
    frames: str
    """in its configuration: pictures in one clip"""
    side: str
    """likewise: pixels of a picture"""


KINDS = {
    "vjepa2": _Names("VJEPA2ForVideoClassification", "VJEPA2VideoProcessor", "frames_per_clip", "crop_size"),
    "videomae": _Names("VideoMAEForVideoClassification", "VideoMAEVideoProcessor", "num_frames", "image_size"),
}
"""architecture → its names"""


class VideoClassifier:
    """The seam `ActionModel` over transformers. Loaded when first needed; many threads may ask at a time."""

    def __init__(self, weights: Weights, device: Device, batch: int = 8, pool: ModelPool = POOL) -> None:
        """
        Args:
            batch: pictures in one pass through the model, at most; a clip is never divided.

        Raises:
            WeightsError: the weights are of another kind of model.
        """
        if weights.architecture not in KINDS:
            raise WeightsError(
                f"{weights.name} is a model of type {weights.architecture!r}; to name actions it takes "
                f"{' or '.join(sorted(KINDS))} with a head that classifies; see 'seewhy models list'"
            )
        self._weights, self._device, self._pool = weights, device, pool
        self._batch = batch
        self._facts: tuple[tuple[str, ...], int, int] | None = None
        self._run: Batcher[Pictures, NDArray[np.float64]] | None = None
        self._starting = Lock()

    @property
    def source(self) -> str:
        return f"{self._weights.name.rpartition('/')[2]}@{self._weights.version}"

    @property
    def labels(self) -> tuple[str, ...]:
        return self._known()[0]

    @property
    def frames(self) -> int:
        return self._known()[1]

    @property
    def side(self) -> int:
        return self._known()[2]

    def scores(self, clips: Sequence[Pictures]) -> list[NDArray[np.float64]]:
        """See `ActionModel.scores`.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        most = max(1, self._batch // self.frames)
        with self._starting:
            if self._run is None:
                self._run = Batcher(self._scores, most, self._pool)
        return self._run.all(clips)

    def _scores(self, clips: list[Pictures]) -> list[NDArray[np.float64]]:
        torch = torch_ready()
        with self._pool.use(self._key, self._device, self._load) as (model, processor), torch.inference_mode():
            inputs = processor(videos=clips, do_sample_frames=False, return_tensors="pt")
            placed = {name: value.to(self._device.name, self._device.dtype) for name, value in inputs.items()}
            logits = model(**placed).logits
            scores = torch.softmax(logits.float().cpu().double(), dim=-1).numpy()
        return list(np.asarray(scores, np.float64))

    @property
    def _key(self) -> tuple[str, ...]:
        weights, device = self._weights, self._device
        return ("actions", str(weights.folder), weights.revision, device.name, device.dtype_name)

    def _load(self) -> tuple[Any, Any]:
        torch_ready()
        import transformers

        names = KINDS[self._weights.architecture]
        model = load_model(getattr(transformers, names.model), self._weights, self._device, KINDS)
        return model, load_processor(getattr(transformers, names.processor), self._weights)

    def _known(self) -> tuple[tuple[str, ...], int, int]:
        """Labels, frames and side, as its configuration says."""
        if self._facts is None:
            with self._pool.use(self._key, self._device, self._load) as (model, _):
                config, names = model.config, KINDS[self._weights.architecture]
                labels = tuple(str(config.id2label[number]) for number in range(config.num_labels))
                frames, side = int(getattr(config, names.frames)), int(np.max(getattr(config, names.side)))
            if not all(map(verb_phrase, labels)):
                raise WeightsError(
                    f"the configuration of {self._weights.name} does not name its actions: id2label has "
                    f"{next(label for label in labels if not verb_phrase(label))!r}; take a model that was tuned to "
                    "name actions, or write their names there"
                )
            self._facts = labels, frames, side
        return self._facts


def action_classifier(settings: Settings) -> ActionClassifier:
    """What names actions, as `local.actions` says. Nothing is loaded yet.

    Raises:
        WeightsError: the weights are not here (which command gets them), or of another kind of model.
        SettingsError: the device of the settings is not there.
        PluginError: torch is not installed.
    """
    local: LocalSettings = settings.local
    return ActionClassifier(VideoClassifier(find(local.actions, local), device_for(local), local.batch))
