"""The trackers of the SAM 2 family: one frame after the other through a network, with a memory of bounded size.

A frame is resized to the network's square, normalised by the model's own processor, and encoded. Of its features the
network gives each object a small mask of logits, a score for its being in view at all, and a prediction of the mask's
IoU with the truth. Memory features of older frames condition what it makes of the next (SAM 2: Segment Anything in
Images and Videos, Ravi et al., arXiv 2408.00714).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from seewhy.models.local.devices import Device
from seewhy.models.local.pool import POOL
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights
from seewhy.perceive.local.encoding import Ahead, PictureEncoder
from seewhy.perceive.local.forgetting import Reach, forget, held, limit_reach, remove
from seewhy.perceive.local.prompts import check
from seewhy.perceive.local.tracking import Prompt, Seen
from seewhy.types.video import Frame

MASK_LOGIT = 0.0
"""A pixel belongs to the mask above it: probability 1/2, as in SAM 2's code (`mask_threshold`)."""
ON_THE_OBJECT = 1
"""Label of a point in SAM's prompts; 0 would be: not on it."""


class Network(NamedTuple):
    """A model and its processor."""

    model: Any
    processor: Any


class Loaded(NamedTuple):
    """What the pool lends."""

    network: Network
    encoder: PictureEncoder


class StreamingTracker(ABC):
    """`Tracker` over a network of the SAM 2 family. Nothing is loaded before the first session."""

    def __init__(self, weights: Weights, device: Device, batch: int = 1) -> None:
        """
        Args:
            weights: of an architecture that the subclass knows, with the files of its processor.
            batch: frames in one pass through the picture encoder, at most (`local.batch`).
        """
        self.weights = weights
        self.device = device
        self.batch = batch

    @property
    def source(self) -> str:
        """Name of the weights without their owner, and their version."""
        return f"{self.weights.name.rpartition('/')[2]}@{self.weights.version}"

    @contextmanager
    def session(self) -> Iterator[StreamingSession]:
        """See `Tracker.session`.

        Raises:
            WeightsError: the weights are of another kind, or cannot be read.
            PluginError: a library that the network needs is not installed.
        """
        key = (type(self).__name__, str(self.weights.folder), self.weights.revision, self.device, self.batch)
        with POOL.use(key, self.device, self._made) as loaded:
            session = StreamingSession(loaded, self.device)
            try:
                yield session
            finally:
                session.close()

    @abstractmethod
    def load(self) -> Network:
        """The network, on the device."""

    def _made(self) -> Loaded:
        network = self.load()
        network.model.mask_decoder.register_forward_hook(_hear)
        return Loaded(network, PictureEncoder(*network, self.device, self.batch))


class StreamingSession:
    """See `TrackerSession`. To be used by one thread at a time."""

    def __init__(self, loaded: Loaded, device: Device) -> None:
        self._torch = torch_ready()
        self._model, self._processor = loaded.network
        self._ahead = Ahead(loaded.encoder)
        self._no_pixels = self._torch.empty(0)
        self._reach: Reach = limit_reach(self._model.config)
        self._session = self._processor.init_video_session(inference_device=device.name, dtype=device.dtype)
        self._size: tuple[int, int] | None = None
        self._taken = 0

    @property
    def bytes(self) -> int:
        """Of the tensors that it keeps from frame to frame, features of frames to come among them."""
        return held(self._session, self._ahead.ready)

    def expect(self, frames: Sequence[Frame]) -> None:
        """See `TrackerSession.expect`. They are encoded when the first of them is looked at, with those after it."""
        self._ahead.expect(frames)

    def look(self, frame: Frame, prompts: Sequence[Prompt] = ()) -> Mapping[int, Seen]:
        """See `TrackerSession.look`.

        A score is sigmoid(object score) * predicted IoU; for a mask that was given as a prompt the IoU is taken as 1.

        Raises:
            PerceptionError: see `prompts.check`.
        """
        check(prompts, frame, self._size)
        self._size = frame.image.shape[0], frame.image.shape[1]
        number, self._taken = self._taken, self._taken + 1
        for prompt in prompts:
            self._point(prompt, number, self._size)
        # The processor notes the objects of its last call only, and those left out are never begun.
        self._session.obj_with_new_inputs = [prompt.object for prompt in prompts]
        if not self._session.obj_ids:
            return {}
        with _hearing() as heard, self._torch.inference_mode():
            self._session.cache.cache_vision_features(number, self._ahead.take(frame)._asdict())
            # A frame tells the network that it does not see the whole video; of its pixels it has the features.
            output = self._model(self._session, frame_idx=number, frame=self._no_pixels)
            forget(self._session, number, self._reach)
            given = {prompt.object for prompt in prompts if prompt.mask is not None}
            return self._seen(output, heard, given, self._size)

    def drop(self, objects: Collection[int]) -> None:
        """See `TrackerSession.drop`. Numbers that are not followed are passed over."""
        remove(self._session, objects)

    def close(self) -> None:
        """Let go of everything."""
        remove(self._session, [*self._session.obj_ids])
        self._session.cache.clear_all()
        self._ahead.clear()

    def _point(self, prompt: Prompt, number: int, size: tuple[int, int]) -> None:
        """Tell the network of a prompt for the frame of this number."""
        if prompt.mask is not None:
            self._processor.process_new_mask_for_video_frame(self._session, number, [prompt.object], [prompt.mask])
            return
        height, width = size
        places = [[x * width, y * height] for x, y in prompt.points]
        box = prompt.box and [
            prompt.box[0] * width,
            prompt.box[1] * height,
            prompt.box[2] * width,
            prompt.box[3] * height,
        ]
        self._processor.process_new_points_or_boxes_for_video_frame(
            self._session,
            number,
            [prompt.object],
            input_points=[[places]] if places else None,
            input_labels=[[[ON_THE_OBJECT] * len(places)]] if places else None,
            input_boxes=[[box]] if box else None,
            original_size=size,
        )

    def _seen(self, output: Any, heard: list[Any], given: set[int], size: tuple[int, int]) -> dict[int, Seen]:
        logits = self._torch.nn.functional.interpolate(
            output.pred_masks.float(), size=size, mode="bilinear", align_corners=False
        )
        masks = (logits[:, 0] > MASK_LOGIT).cpu().numpy()
        quality = self._torch.stack([iou.float().amax() for iou in heard]).clamp(0, 1)  # one decoding per object
        visible = output.object_score_logits.float().reshape(-1).sigmoid()
        scores = self._torch.stack((visible, quality)).cpu().tolist()
        return {
            number: Seen(mask, seen if number in given else seen * fit)
            for number, mask, seen, fit in zip(output.object_ids, masks, *scores, strict=True)
        }


_heard: ContextVar[list[Any] | None] = ContextVar("_heard", default=None)
"""Where predicted IoUs of the session at work in this thread go: (1, 1, masks) for each object in order."""


def _hear(module: Any, args: Any, output: Any) -> None:  # noqa: ARG001 - as torch calls hooks
    """The decoder predicts IoUs that the model does not hand on. Of several masks it takes the one with the best."""
    heard = _heard.get()
    if heard is not None:
        heard.append(output[1])


@contextmanager
def _hearing() -> Iterator[list[Any]]:
    heard: list[Any] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
