"""One language model of this machine: its weights, how it is spoken to, and how several of its replies are written."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from threading import Lock
from typing import Any

from seewhy.errors import LocalModelError
from seewhy.models.failures import Failure
from seewhy.models.local.chat import READS_PICTURES, Chat
from seewhy.models.local.decoding import Writer, decode
from seewhy.models.local.devices import Device, device_for
from seewhy.models.local.grammar import Grammars
from seewhy.models.local.line import Job, fitting
from seewhy.models.local.loading import load_model
from seewhy.models.local.pool import POOL, is_out_of_memory
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import Weights
from seewhy.settings import LocalSettings

CACHE_SHARE = 0.4
"""Of the memory that is free, what keys and values may take; the rest is for what is computed on the way, which is
about as much a token while prompts are read, and for the copy of a layer that grows."""
CPU_TOKENS = 16_384
"""Of a batch on a CPU, which does not say what is free: 5 GB of keys and values of an 8B model in float32."""


class Speaker:
    """A model that replies. Loaded when it is first needed; threads may share it."""

    def __init__(self, weights: Weights, settings: LocalSettings) -> None:
        self.weights = weights
        self._settings = settings
        self._lock = Lock()
        self._chat: Chat | None = None
        self._grammars: Grammars | None = None
        self._loaded: Hashable | None = None
        self._room: int | None = None
        """tokens of a batch that did not fit, halved; None: all have fitted"""

    @property
    def name(self) -> str:
        """``<id or folder>@<revision>``."""
        return f"{self.weights.name}@{self.weights.version}"

    @property
    def reads_pictures(self) -> bool:
        return self.weights.architecture in READS_PICTURES

    @property
    def chat(self) -> Chat:
        """How it is spoken to.

        Raises:
            WeightsError: its tokenizer or its template cannot be used.
        """
        with self._lock:
            if self._chat is None:
                self._chat = Chat(self.weights)
            return self._chat

    @property
    def grammars(self) -> Grammars:
        chat = self.chat
        with self._lock:
            if self._grammars is None:
                self._grammars = Grammars(chat.tokenizer_json, chat.end)
            return self._grammars

    def write(self, jobs: Sequence[Job]) -> None:
        """Write the jobs' texts and settle them, as many at a time as fit the memory.

        Raises:
            WeightsError: the model cannot be loaded.
        """
        device = device_for(self._settings)
        self._loaded = self.key(device)
        with POOL.use(self._loaded, device, lambda: self.load(device)) as model:
            for batch in fitting(jobs, self._tokens(model, device), self._settings.max_new_tokens):
                self._write(model, device, batch)

    def key(self, device: Device) -> Hashable:
        """By which the pool knows it."""
        return ("language", str(self.weights.folder), self.weights.revision, device.name, device.dtype_name)

    def release(self) -> None:
        """Let go of the model, unless somebody uses it."""
        if self._loaded is not None:
            POOL.drop(self._loaded)

    def _write(self, model: Any, device: Device, jobs: list[Job]) -> None:
        longest = context(model)
        for job in jobs:
            if job.size >= longest:
                job.settle(
                    Failure(
                        LocalModelError,
                        f"the request has {job.size} tokens, {self.weights.name} reads {longest}; lower judge.tokens "
                        "or describe.frames, or take a model with a longer context",
                    )
                )
        jobs = [job for job in jobs if not job.settled.is_set()]
        if not jobs:
            return
        if self._fits(model, jobs, longest):
            return
        # here, and not where it failed: the error would have held what was computed
        jobs = [job for job in jobs if not job.settled.is_set()]
        released = POOL.release(device=device)
        device.empty()
        if len(jobs) > 1:
            self._room = len(jobs) * (max(job.size for job in jobs) + self._settings.max_new_tokens) // 2
            half = len(jobs) // 2
            self._write(model, device, jobs[:half])
            self._write(model, device, jobs[half:])
        elif released:
            self._write(model, device, jobs)
        else:
            jobs[0].settle(
                Failure(
                    LocalModelError,
                    f"{device.name} has no memory for a request of {jobs[0].size} tokens to {self.weights.name}; lower "
                    "describe.lines, describe.frames or judge.tokens, or take a smaller model (local.language)",
                )
            )

    def _fits(self, model: Any, jobs: Sequence[Job], longest: int) -> bool:
        """Write, and settle each job at its end, unless there is no memory for all of them."""
        begun = {job.begin(): job for job in jobs}
        for writer, job in begun.items():
            writer.most = min(writer.most, longest - job.size)

        def ended(writer: Writer) -> None:
            begun[writer].writer = writer
            begun[writer].settle()

        try:
            decode(model, [job.given for job in jobs], list(begun), self.grammars.width, ended)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        return True

    def load(self, device: Device) -> Any:
        """The model, one more time, beside what the pool has.

        Raises:
            WeightsError: it cannot be loaded.
        """
        torch_ready()
        from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

        if self.reads_pictures:
            return load_model(AutoModelForImageTextToText, self.weights, device, READS_PICTURES)
        return load_model(AutoModelForCausalLM, self.weights, device, _writing_architectures())

    def _tokens(self, model: Any, device: Device) -> int:
        """Of one batch, padding and replies included."""
        device.empty()  # what torch keeps of the last batch counts as free
        free = device.free()
        tokens = CPU_TOKENS if free is None else int(free * CACHE_SHARE / bytes_a_token(model))
        return tokens if self._room is None else min(tokens, self._room)


def _writing_architectures() -> Collection[str]:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return set(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def context(model: Any) -> int:
    """Tokens that a model can read and write together."""
    return int(model.config.get_text_config().max_position_embeddings)


def bytes_a_token(model: Any) -> int:
    """Of keys and values, in all layers."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return 2 * int(config.num_hidden_layers) * int(heads) * int(size) * int(model.dtype.itemsize)
