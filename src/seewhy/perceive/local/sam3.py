"""SAM 3: finds what phrases say, and follows it (SAM 3: Segment Anything with Concepts, arXiv 2511.16719).

A detector looks for each phrase in a frame; a tracker, SAM 2's, carries the masks of before into it; what both agree
on goes on, what only the detector sees begins. In its first frames an object is on probation ("hotstart"): when the
detector does not confirm it, or when it follows what another one follows, it is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from seewhy.models.local.devices import Device
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.pool import POOL
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights
from seewhy.perceive.local.components import Components
from seewhy.perceive.local.forgetting import forget, held, limit_reach, remove
from seewhy.perceive.local.phrasing import Look, Named
from seewhy.perceive.local.prompts import check
from seewhy.perceive.local.streaming import Network
from seewhy.types.video import Frame, Image

ARCHITECTURES = frozenset({"sam3_video"})
MOST_OBJECTS = 48
"""followed at a time, over all phrases, the surest first: each takes as long as the tracker of SAM 2. It is four times
`perceive.max_tracks`, since phrases overlap and find a thing more than once."""
LOST_LOOKS = 30
"""frames after which an object that nobody sees is followed no more: as many as SAM 3 lets one live on without being
detected (`max_trk_keep_alive`). transformers keeps it to the end of the session."""
PHRASE_TOKENS = 32
"""The length that SAM 3's text encoder reads, padded or cut."""
PHRASES_AT_ONCE = 64
"""through the text encoder"""


class Sam3Tracker:
    """`PhraseTracker` over `Sam3VideoModel`. Nothing is loaded before the first session."""

    def __init__(self, weights: Weights, device: Device, phrases: Sequence[str]) -> None:
        """
        Args:
            phrases: what to look for, each once.
        """
        self.weights = weights
        self.device = device
        self.phrases = tuple(phrases)
        self._texts: Mapping[int, Text] | None = None

    @property
    def source(self) -> str:
        """Name of the weights without their owner, and their version."""
        return f"{self.weights.name.rpartition('/')[2]}@{self.weights.version}"

    @contextmanager
    def session(self) -> Iterator[Sam3Session]:
        """See `PhraseTracker.session`.

        Raises:
            WeightsError: the weights are of another kind, or cannot be read.
        """
        key = (type(self).__name__, str(self.weights.folder), self.weights.revision, self.device)
        with POOL.use(key, self.device, self.load) as network:
            if self._texts is None:
                self._texts = _texts(network, self.phrases, self.device)
            session = Sam3Session(network, self.device, self._texts)
            try:
                yield session
            finally:
                session.close()

    def load(self) -> Network:
        """The network, on the device."""
        torch_ready()
        from transformers import Sam3VideoModel, Sam3VideoProcessor
        from transformers.models.sam3_video import modeling_sam3_video

        modeling_sam3_video.cv_utils_kernel = Components()  # type: ignore[assignment]
        model = load_model(Sam3VideoModel, self.weights, self.device, ARCHITECTURES)
        model.max_num_objects = min(model.max_num_objects, MOST_OBJECTS)
        model.run_tracker_update_execution_phase = partial(_removing_later, model.run_tracker_update_execution_phase)
        return Network(model, load_processor(Sam3VideoProcessor, self.weights))


class Text(NamedTuple):
    """A phrase as the detector reads it."""

    phrase: str
    features: Any
    """whose `pooler_output` is (1, PHRASE_TOKENS, C)"""
    mask: Any
    """(1, PHRASE_TOKENS), 1 where there is a token"""


class Sam3Session:
    """See `PhraseSession`. To be used by one thread at a time."""

    def __init__(self, network: Network, device: Device, texts: Mapping[int, Text]) -> None:
        self._torch = torch_ready()
        self._model, self._processor = network
        self._device = device
        self._reach = limit_reach(self._model.tracker_model.config)
        self._phrases = {number: text.phrase for number, text in texts.items()}
        self._session = self._processor.init_video_session(inference_device=device.name, dtype=device.dtype)
        self._session.prompt_embeddings = {number: text.features for number, text in texts.items()}
        self._session.prompt_attention_masks = {number: text.mask for number, text in texts.items()}
        self._nothing = self._torch.empty(0)
        self._seen_at: dict[int, int] = {}
        """object → number of the last frame that showed it"""
        self._size: tuple[int, int] | None = None
        self._taken = 0

    @property
    def delay(self) -> int:
        """See `PhraseSession.delay`."""
        return int(self._model.hotstart_delay)

    @property
    def bytes(self) -> int:
        """Of the tensors that it keeps from frame to frame, the phrases among them."""
        return held(self._session)

    def look(self, frame: Frame, *, search: bool) -> Look:
        """See `PhraseSession.look`. A score is the tracker's object score, in an object's first frame the detector's.

        Raises:
            PerceptionError: the frame is of another size than those before.
        """
        check((), frame, self._size)
        self._size = frame.image.shape[0], frame.image.shape[1]
        number, self._taken = self._taken, self._taken + 1
        session = self._session
        in_view = {session.obj_id_to_prompt_id[one] for one in session.obj_ids}
        session.prompts = self._phrases if search else {one: self._phrases[one] for one in sorted(in_view)}
        if not session.prompts:
            return Look({})
        self._count_frames()
        with self._torch.inference_mode():
            session.add_new_frame(self._pixels(frame.image), number)
            output = self._model(session, frame_idx=number)
            session.hotstart_removed_obj_ids.update(output.removed_obj_ids)
            named = self._named(output, self._size)
            gone = self._remove(output.removed_obj_ids)
            self._forget(number)
        self._seen_at |= dict.fromkeys(named, number)
        self._remove([one for one in session.obj_ids if number - self._seen_at.setdefault(one, number) >= LOST_LOOKS])
        return Look(named, gone)

    def close(self) -> None:
        """Let go of everything."""
        remove(self._session, [*self._session.obj_ids])
        self._session.cache.clear_all()

    def _named(self, output: Any, size: tuple[int, int]) -> dict[int, Named]:
        """What is in view, without overlaps among the objects of one phrase."""
        shown = self._processor.postprocess_outputs(self._session, output, original_sizes=[[*size]])
        masks = shown["masks"].cpu().numpy()
        named = {}
        for one, mask in zip(shown["object_ids"].tolist(), masks, strict=True):
            if mask.any():
                phrase = self._phrases[self._session.obj_id_to_prompt_id[one]]
                seen, found = output.obj_id_to_tracker_score[one], output.obj_id_to_score[one]
                named[one] = Named(phrase, mask, float(seen), float(found))
        return named

    def _remove(self, removed: Collection[int]) -> frozenset[int]:
        """Take objects out of the session; those that it has not, or not any more, are left out."""
        session = self._session
        session.obj_ids = [*session._obj_id_to_idx]  # see `_removing_later`
        gone = frozenset(removed).intersection(session.obj_ids)
        remove(session, gone)
        for one in gone:
            del session.obj_id_to_prompt_id[one]
        return gone

    def _count_frames(self) -> None:
        """The network takes the number of frames in its session for the video's length, and looks at no more pointers
        than that: show it the places of all that went, and no fewer than it would look at."""
        places = range(max(self._taken, self._reach.pointers + 1))
        self._session.processed_frames = dict.fromkeys(places, self._nothing)

    def _forget(self, number: int) -> None:
        forget(self._session, number, self._reach)
        for of_frames in (self._session.obj_id_to_tracker_score_frame_wise, self._session.suppressed_obj_ids):
            of_frames.clear()  # transformers copies them in each frame

    def _pixels(self, image: Image) -> Any:
        """(3, S, S): as the network wants them; resized on its device."""
        picture = self._torch.tensor(image).to(self._device.name).permute(2, 0, 1)
        return self._processor.image_processor(images=picture, return_tensors="pt").pixel_values[0]


def _texts(network: Network, phrases: Sequence[str], device: Device) -> dict[int, Text]:
    """Phrases through the text encoder."""
    from transformers.modeling_outputs import BaseModelOutputWithPooling

    texts: dict[int, Text] = {}
    with torch_ready().inference_mode():
        for start in range(0, len(phrases), PHRASES_AT_ONCE):
            some = [*phrases[start : start + PHRASES_AT_ONCE]]
            tokens = network.processor.tokenizer(
                some, return_tensors="pt", padding="max_length", truncation=True, max_length=PHRASE_TOKENS
            ).to(device.name)
            features = network.model.detector_model.get_text_features(
                input_ids=tokens.input_ids, attention_mask=tokens.attention_mask, return_dict=True
            ).pooler_output
            for phrase, row, mask in zip(some, features, tokens.attention_mask, strict=True):
                texts[len(texts)] = Text(phrase, BaseModelOutputWithPooling(pooler_output=row[None]), mask[None])
    return texts


def _removing_later(method: Callable[..., None], *, tracker_update_plan: Mapping[str, Any], **others: Any) -> None:
    """Begin what is new in a frame, and leave what is to be removed to the session.

    transformers 5.23 takes objects out before it puts their masks into its output, by place: in that frame those
    behind one that goes get the mask of the one before them.
    """
    method(tracker_update_plan={**tracker_update_plan, "obj_ids_newly_removed": set()}, **others)
