"""Whether a video is what a query asks for: Qwen3-VL-Reranker (arXiv 2601.04720), which reads both together.

The score is the probability of `yes` against `no` as the first word of the answer. What the model reads is written out
here, over transformers: sentence-transformers takes no times for the frames of a pair, and the checkpoints' own
arrangement for it does not load at every revision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from seewhy.errors import WeightsError
from seewhy.models.local.batching import Batcher
from seewhy.models.local.devices import device_for
from seewhy.models.local.footage import READS_VIDEOS, VIDEO, Exhibit, markers_of, unmarked
from seewhy.models.local.loading import load_model, load_processor
from seewhy.models.local.pool import POOL, ModelPool
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import find
from seewhy.settings import LocalSettings

SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
"""What the model was trained with, to the letter; so are the labels below (its published code)."""
LABELS = "<Instruct>", "<Query>", "<Document>"
EMPTY = "NULL"
"""What stands for nothing (likewise)."""
YES, NO = "yes", "no"


class _Pair(NamedTuple):
    query: Exhibit
    document: Exhibit
    instruction: str


class Reranker:
    """Query and document → probability that the document meets the query. Loaded when first needed; many threads may
    ask at a time."""

    def __init__(self, settings: LocalSettings, pool: ModelPool = POOL) -> None:
        """
        Args:
            settings: `reranker` names the model; a batch holds `batch` frames at most, but one pair at least.

        Raises:
            WeightsError: the weights are not here (which command gets them), or of another kind of model.
            SettingsError: the device is not there.
            PluginError: torch is not installed.
        """
        self._weights, self._device, self._pool = find(settings.reranker, settings), device_for(settings), pool
        if self._weights.architecture not in READS_VIDEOS:
            raise WeightsError(
                f"local.reranker: {self._weights.name} is a model of type {self._weights.architecture!r}; two videos "
                f"are compared by {' or '.join(sorted(READS_VIDEOS))}, such as Qwen/Qwen3-VL-Reranker-2B"
            )
        most = max(1, settings.batch // (2 * settings.frames))
        self._run: Batcher[_Pair, float] = Batcher(self._score, most, pool)

    @property
    def name(self) -> str:
        """``<id or folder>@<revision>``."""
        return f"{self._weights.name}@{self._weights.revision}"

    def scores(self, query: Exhibit, documents: Sequence[Exhibit], instruction: str) -> list[float]:
        """
        Args:
            instruction: what makes a document the right one; one sentence. Never text from outside.

        Returns:
            0..1, in the order of the documents. What shares a batch changes the last bits.

        Raises:
            WeightsError: the model cannot be loaded, or computes what is no number in this precision.
        """
        return self._run.all(_Pair(query, document, instruction) for document in documents)

    def _score(self, pairs: list[_Pair]) -> list[float]:
        torch = torch_ready()
        key = (
            "reranker",
            str(self._weights.folder),
            self._weights.revision,
            self._device.name,
            self._device.dtype_name,
        )
        with self._pool.use(key, self._device, self._load) as (model, processor), torch.inference_mode():
            markers = (*markers_of(processor.tokenizer), *LABELS)
            shown = [one.footage for pair in pairs for one in (pair.query, pair.document) if one.footage is not None]
            videos = {
                "videos": [footage.pixels for footage in shown],
                "video_metadata": [footage.metadata for footage in shown],
                "do_sample_frames": False,
            }
            inputs = processor(
                text=[_written(pair, markers) for pair in pairs],
                padding=True,
                padding_side="left",  # so that the last token of each row is its last
                return_tensors="pt",
                **(videos if shown else {}),
            )
            placed = {name: _placed(value, model) for name, value in inputs.items() if hasattr(value, "to")}
            states = model.model(**placed, use_cache=False).last_hidden_state[:, -1]
            vocabulary = processor.tokenizer.get_vocab()
            yes, no = (model.get_output_embeddings().weight[vocabulary[word]] for word in (YES, NO))
            odds = states.float() @ (yes.float() - no.float())
            if not torch.isfinite(odds).all():
                raise WeightsError(
                    f"{self._weights.name} computes what is no number in {self._device.dtype_name}; set local.dtype to "
                    "bfloat16 or float32"
                )
            return [float(score) for score in odds.double().sigmoid().cpu()]

    def _load(self) -> tuple[Any, Any]:
        torch_ready()
        from transformers import AutoModelForImageTextToText, AutoProcessor

        processor = load_processor(AutoProcessor, self._weights)
        lacking = {YES, NO} - set(processor.tokenizer.get_vocab())
        if lacking:
            raise WeightsError(
                f"{self._weights.name} has no token for {' and '.join(sorted(lacking))}, between which it is to "
                "decide; take Qwen/Qwen3-VL-Reranker-2B, or a model tuned from it"
            )
        processor.video_processor.cap_pixels_per_frame = True  # as the model's published code does
        return load_model(AutoModelForImageTextToText, self._weights, self._device, READS_VIDEOS), processor


def _placed(value: Any, model: Any) -> Any:
    """A tensor where the model is; pixels in its precision."""
    return value.to(model.device, model.dtype) if value.is_floating_point() else value.to(model.device)


def _written(pair: _Pair, markers: Sequence[str]) -> str:
    """What the model reads, up to where its answer begins."""
    instruct, query, document = LABELS
    asked = f"{instruct}: {pair.instruction}{query}:{_shown(pair.query, markers)}\n"
    asked += f"{document}:{_shown(pair.document, markers)}"
    turns = (f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in (("system", SYSTEM), ("user", asked)))
    return f"{''.join(turns)}<|im_start|>assistant\n"


def _shown(exhibit: Exhibit, markers: Sequence[str]) -> str:
    video = VIDEO if exhibit.footage is not None else ""
    return video + unmarked(exhibit.text, markers) or EMPTY
