"""Frames through the picture encoder of a tracker of the SAM 2 family, several in one pass.

The encoder sees nothing but the frame: neither the objects nor the frames before. So frames that are known to come go
through it together, and so do those of videos that are perceived side by side; only what follows it needs one frame
after the other. On a GPU one picture leaves most of the encoder's arithmetic units without work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice, takewhile
from typing import Any, NamedTuple

from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import Device
from seewhy.models.local.torches import torch_ready
from seewhy.types.video import Frame, Image


class Features(NamedTuple):
    """What the encoder makes of one frame, by the names under which transformers keeps it; the finest level first."""

    vision_feats: list[Any]
    """(pixels, 1, channels) each"""
    vision_pos_embeds: list[Any]
    """(pixels, 1, channels) each: where a pixel is. Frames of one pass share them"""


class PictureEncoder:
    """The encoder of a network, for all threads that use it."""

    def __init__(self, model: Any, processor: Any, device: Device, batch: int) -> None:
        """
        Args:
            batch: frames in one pass, at most.
        """
        self._torch = torch_ready()
        self._model, self._processor, self._device = model, processor, device
        self._batcher: Batcher[Any, Features] = Batcher(self._encoded, batch)

    @property
    def most(self) -> int:
        """Frames in one pass now; fewer than at first, where memory was short."""
        return self._batcher.most

    def __call__(self, images: Sequence[Image]) -> list[Features]:
        """The features of each picture. Pictures may differ in size: all are stretched to the network's square."""
        return self._batcher.all([self._pixels(image) for image in images])

    def _pixels(self, image: Image) -> Any:
        """(1, 3, S, S): as the network wants them; resized on its device."""
        picture = self._torch.tensor(image).to(self._device.name).permute(2, 0, 1)
        return self._processor.image_processor(images=picture, return_tensors="pt").pixel_values.to(self._device.dtype)

    def _encoded(self, batch: list[Any]) -> list[Features]:
        """One pass. Of each frame a copy is handed out: a part of the whole would keep all of it in memory."""
        with self._torch.inference_mode():
            output = self._model.get_image_features(self._torch.cat(batch), return_dict=True)
            positions = [level[:, :1].clone() for level in output.fpn_position_encoding]
            return [
                Features([level[:, place : place + 1].clone() for level in output.fpn_hidden_states], positions)
                for place in range(len(batch))
            ]


class Ahead:
    """The frames that one session will be shown next, and the features of the first of them.

    Holds the features of as many frames as go through the encoder in one pass, at most. For one thread at a time.
    """

    def __init__(self, encoder: PictureEncoder) -> None:
        self._encoder = encoder
        self._coming: deque[Frame] = deque()
        self._ready: deque[Features] = deque()
        """of as many frames at the front of those that come"""

    @property
    def ready(self) -> list[Features]:
        """Features that are held."""
        return [*self._ready]

    def expect(self, frames: Sequence[Frame]) -> None:
        """These come next, in this order, whatever was expected before. Nothing is encoded yet."""
        still = takewhile(lambda pair: pair[0] is pair[1], zip(self._coming, frames, strict=False))
        self._ready = deque(features for features, _ in zip(self._ready, still, strict=False))
        self._coming = deque(frames)

    def take(self, frame: Frame) -> Features:
        """The features of a frame; encodes it, and what is expected after it, where they are not there yet. Frames
        expected before it are passed over; one that is not expected is encoded alone, and nothing is expected then."""
        while self._coming and self._coming[0] is not frame:
            self._next()
        if not self._coming:
            return self._encoder([frame.image])[0]
        if not self._ready:
            soon = islice(self._coming, self._encoder.most)
            self._ready.extend(self._encoder([one.image for one in soon]))
        features = self._next()
        assert features is not None
        return features

    def clear(self) -> None:
        """Expect nothing, hold nothing."""
        self._coming.clear()
        self._ready.clear()

    def _next(self) -> Features | None:
        self._coming.popleft()
        return self._ready.popleft() if self._ready else None
