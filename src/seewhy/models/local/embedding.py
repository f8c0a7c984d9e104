"""Videos and texts as vectors in one space: Qwen3-VL-Embedding (arXiv 2601.04720) through sentence-transformers.

::

    instruction ─▶ system ╮
    frames, times ╮       ├▶ Qwen3-VL ─▶ last state of the last token ─▶ length 1
    text ─────────┴─ user ╯

A video with a text in one input is one vector: what the model makes of both together, not a sum of two vectors. The
modules are put together here and not as the checkpoint's `modules.json` says: revisions from before it had one load,
too, and it can name any class that Python can import.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import PluginError, WeightsError
from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import device_for
from seewhy.models.local.footage import READS_VIDEOS, VIDEO, WRAPPED_VIDEO, Exhibit, markers_of, unmarked
from seewhy.models.local.loading import SAFE, load_model
from seewhy.models.local.pool import POOL, ModelPool
from seewhy.models.local.torches import INSTALL, torch_ready
from seewhy.models.local.weights import find
from seewhy.settings import LocalSettings

DOCUMENT = "Represent the user's input."
"""The instruction for what is searched in (the model's published code; no other was used for videos there)."""
EMPTY = "NULL"
"""What stands for nothing (likewise)."""
PROCESSING = {"chat_template": {"add_generation_prompt": True}, "video": {"do_sample_frames": False}}
"""The vector is the state before an answer would begin (likewise); and the frames are chosen already."""


class _Item(NamedTuple):
    exhibit: Exhibit
    instruction: str


class JointEmbedder:
    """Videos, texts, and videos with texts → vectors. Loaded when first needed; many threads may ask at a time."""

    def __init__(self, settings: LocalSettings, pool: ModelPool = POOL) -> None:
        """
        Args:
            settings: `embedding` names the model; a batch holds `batch` frames at most, but one video at least.

        Raises:
            WeightsError: the weights are not here (which command gets them), or of another kind of model.
            SettingsError: the device is not there.
            PluginError: torch is not installed.
        """
        self._weights, self._device, self._pool = find(settings.embedding, settings), device_for(settings), pool
        if self._weights.architecture not in READS_VIDEOS:
            raise WeightsError(
                f"local.embedding: {self._weights.name} is a model of type {self._weights.architecture!r}; videos and "
                f"texts together are read by {' or '.join(sorted(READS_VIDEOS))}, such as Qwen/Qwen3-VL-Embedding-2B"
            )
        self._run: Batcher[_Item, NDArray[np.float32]] = Batcher(
            self._encode, max(1, settings.batch // settings.frames), pool
        )
        self._loading = Lock()

    @property
    def name(self) -> str:
        """``<id or folder>@<revision>``."""
        return f"{self._weights.name}@{self._weights.revision}"

    def embed(self, exhibits: Sequence[Exhibit], instruction: str = DOCUMENT) -> list[NDArray[np.float32]]:
        """
        Args:
            instruction: what the vectors are for; one sentence. Never text from outside.

        Returns:
            (D,) each, of length 1, in the order of the exhibits. What shares a batch changes the last bits.

        Raises:
            WeightsError: the model cannot be loaded, or computes what is no number in this precision.
        """
        return self._run.all(_Item(exhibit, instruction) for exhibit in exhibits)

    def _encode(self, items: list[_Item]) -> list[NDArray[np.float32]]:
        vectors: dict[int, NDArray[np.float32]] = {}
        key = ("embedding", str(self._weights.folder), self._weights.revision, *self._device_key)
        with self._pool.use(key, self._device, self._load) as model:
            markers = markers_of(model[0].tokenizer)
            for instruction in dict.fromkeys(item.instruction for item in items):
                places = [place for place, item in enumerate(items) if item.instruction == instruction]
                inputs = [_input(items[place].exhibit, markers) for place in places]
                encoded = model.encode(
                    inputs, prompt=instruction, batch_size=len(inputs), show_progress_bar=False, convert_to_tensor=True
                )
                vectors |= dict(zip(places, encoded.float().cpu().numpy(), strict=True))
        return [self._unit(vectors[place]) for place in range(len(items))]

    def _unit(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of length 1 in float32, too, whatever the precision it was computed in."""
        if not np.isfinite(vector).all():
            raise WeightsError(
                f"{self._weights.name} computes what is no number in {self._device.dtype_name}; set local.dtype to "
                "bfloat16 or float32"
            )
        return np.asarray(vector / np.linalg.norm(vector), np.float32)

    @property
    def _device_key(self) -> tuple[str, str]:
        return self._device.name, self._device.dtype_name

    def _load(self) -> Any:
        torch_ready()
        try:
            from sentence_transformers import SentenceTransformer
            from sentence_transformers.base.modules import Transformer
            from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
        except ImportError as error:
            raise PluginError(f"sentence-transformers does not import ({error}); {INSTALL}") from error
        from transformers import AutoModel

        weights, device = self._weights, self._device

        class Reader(Transformer):
            """Its weights are loaded as all of ours are, so that missing ones are an error and not random numbers."""

            def _load_model(self, *_: Any, config: Any = None, **__: Any) -> Any:
                options = {} if config is None else {"config": config}
                return load_model(AutoModel, weights, device, READS_VIDEOS, **options)

        try:
            reader = Reader(
                str(weights.folder),
                processor_kwargs=dict(SAFE),
                config_kwargs=dict(SAFE),
                processing_kwargs=PROCESSING,
            )
        except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
            raise WeightsError(f"{weights.name} in {weights.folder} cannot be loaded: {error}") from error
        template = getattr(reader.processor, "chat_template", None)
        if "message" not in reader.modality_config or not isinstance(template, str):
            raise WeightsError(
                f"{weights.name} in {weights.folder} has no chat template; get it again with: "
                f"seewhy models pull {weights.name}"
            )
        reader.processor.chat_template = template.replace(WRAPPED_VIDEO, VIDEO)
        reader.processor.video_processor.cap_pixels_per_frame = True  # as the model's published code does
        width = int(reader.model.config.get_text_config().hidden_size)
        return SentenceTransformer(modules=[reader, Pooling(width, "lasttoken"), Normalize()], device=device.name)


def _input(exhibit: Exhibit, markers: Sequence[str]) -> dict[str, Any]:
    """The video first, then the text, as in the model's published code. By name always: a text that is an address or
    a path would be fetched and looked at otherwise."""
    shown: dict[str, Any] = {}
    if exhibit.footage is not None:
        shown["video"] = {"array": exhibit.footage.pixels, "video_metadata": exhibit.footage.metadata}
    if exhibit.text or not shown:
        shown["text"] = unmarked(exhibit.text, markers) or EMPTY
    return shown
