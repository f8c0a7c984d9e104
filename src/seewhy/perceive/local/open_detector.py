"""A detector of any phrase: a network that reads text and sees pictures, and what all such networks need around them.

The networks are in `owlv2` and `grounding`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from seewhy.errors import PerceptionError
from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import Device
from seewhy.models.local.pool import POOL, ModelPool
from seewhy.models.local.weights import Weights
from seewhy.perceive.local.boxes import Found, in_frame, settled, windows
from seewhy.perceive.seams import Detection
from seewhy.types.video import Frame, Image


class Pass(NamedTuple):
    """One picture, and the phrases to look for in one go."""

    picture: Image
    phrases: tuple[str, ...]
    """not empty, sorted"""


class Network(Protocol):
    """A loaded model, with all that it takes from pictures and phrases to boxes."""

    model: Any
    """the torch module: its weights count"""
    side: int
    """of its input, in pixels: the finest that it sees of a picture"""

    def passes(self, phrases: Sequence[str]) -> list[range]:
        """Which of the phrases, by place, go together into one pass.

        Raises:
            PerceptionError: it cannot read one of them.
        """
        ...

    def find(self, batch: list[Pass]) -> list[Found]:
        """One pass each: all that scores enough, before overlapping boxes are suppressed. Boxes are fractions of the
        picture and may reach beyond it."""
        ...


class Loaded(NamedTuple):
    """What the pool keeps of a detector."""

    model: Any
    network: Network
    batcher: Batcher[Pass, Found]


class OpenDetector:
    """A `Detector` of any phrase. The model is loaded when it is first asked, and shared by all detectors of it."""

    vocabulary = None

    def __init__(
        self,
        name: str,
        weights: Weights,
        device: Device,
        load: Callable[[Weights, Device], Network],
        batch: int,
        pool: ModelPool = POOL,
    ) -> None:
        """
        Args:
            name: of the specialist: tells its model from others' of the same weights.
            load: makes the network.
            batch: passes through it at a time, at most.
        """
        self.source = f"{weights.name.rpartition('/')[2]}@{weights.version}"
        self._key = (name, str(weights.folder), weights.revision, device.name, device.dtype_name, str(batch))
        self._weights, self._device, self._load = weights, device, load
        self._batch, self._pool = batch, pool
        self.width = batch

    def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`. Blank phrases are not searched. A thing may be found under several phrases (see
        `boxes.settled`); `boxes.things` takes each once.

        Raises:
            WeightsError: the model cannot be loaded.
            PerceptionError: a phrase is too long for the model.
        """
        # Sorted, because a network that reads all phrases at once says something else when their order changes.
        asked = tuple(sorted({phrase for phrase in phrases if phrase.strip()}))
        if not asked:
            return []
        height, width, _ = frame.image.shape
        with self._pool.use(self._key, self._device, self._loaded) as loaded:
            shown = windows(height, width, loaded.network.side)
            groups = loaded.network.passes(asked)
            pictures = [frame.image[w.top : w.bottom, w.left : w.right] for w in shown]
            passes = [Pass(picture, asked[group.start : group.stop]) for picture in pictures for group in groups]
            answers = loaded.batcher.all(passes)
        looks = [(window, group) for window in shown for group in groups]
        parts = [
            in_frame(answer._replace(phrases=answer.phrases + group.start), window, height, width)
            for (window, group), answer in zip(looks, answers, strict=True)
        ]
        return settled(parts, asked)

    def _loaded(self) -> Loaded:
        network = self._load(self._weights, self._device)
        return Loaded(network.model, network, Batcher(network.find, self._batch, self._pool))


def too_long(phrase: str, tokens: int, most: int, model: str) -> PerceptionError:
    """The error that says that a phrase does not fit."""
    return PerceptionError(
        f"{model} reads phrases of at most {most} tokens, {phrase[:60]!r} has {tokens}; say it in fewer words"
    )
