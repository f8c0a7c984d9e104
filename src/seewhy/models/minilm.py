"""The text encoder of the base install: all-MiniLM-L6-v2 on onnxruntime, no torch.

The weights are stored in 8 bits, one scale a row or column, and computed with in float32, so that a
vector does not depend on what else is encoded: nothing is scaled to the range of a batch. `card.json`
beside the model says where it comes from and how near it is to the original; `scripts/export_encoder.py`
makes it again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seewhy.errors import PluginError
from seewhy.models.text import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

DATA = Path(__file__).parent / "data" / "all-MiniLM-L6-v2"

MAX_TOKENS = 256
"""What lies beyond is not read, as in the original; some 190 English words."""

TOKENS_PER_RUN = 2048
"""Most tokens encoded at once, which bounds memory at some 100 MB however many sentences there are."""

THREADS = 2
"""It computes with, unless told otherwise: more gain nothing on sentences."""


class MiniLmEncoder:
    """A `TextEncoder`. The model is loaded when the first sentence is encoded, and shared by all encoders of a process.

    Sentences of equal length run together, so none is padded, and a vector is the same alone and among others, to the
    last bit. A process that forks should do so before the first sentence: threads do not survive a fork.

    Args:
        threads: it computes with.

    >>> encoder = MiniLmEncoder()
    >>> chair, seat, rain = encoder.encode(["a wooden chair", "something to sit on", "heavy rain"])
    >>> bool(chair @ seat > chair @ rain)
    True
    """

    name = "all-MiniLM-L6-v2@onnx8.1"
    dimensions = 384

    def __init__(self, threads: int = THREADS) -> None:
        if threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self._threads = threads

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """(N, 384), rows of unit length, in the order given. Each sentence is read up to `MAX_TOKENS` tokens.

        Raises:
            PluginError: the model's files are missing from the installation.
        """
        places = {sentence: place for place, sentence in enumerate(dict.fromkeys(sentences))}
        vectors = np.empty((len(places), self.dimensions), np.float32)
        if not places:
            return vectors
        tokenizer, session = load(self._threads)
        # Half a surrogate pair, as file names that are not UTF-8 bring with them, reads as "?".
        whole = [sentence.encode("utf-8", "replace").decode("utf-8") for sentence in places]
        token_ids = [encoding.ids for encoding in tokenizer.encode_batch(whole)]
        for group in _runs([len(ids) for ids in token_ids]):
            batch = np.array([token_ids[position] for position in group], np.int64)
            (vectors[group],) = session.run(None, {"token_ids": batch})
        return vectors[[places[sentence] for sentence in sentences]]


_loading = threading.Lock()


def load(threads: int) -> tuple[Tokenizer, InferenceSession]:
    """The model, once per process and number of threads. Half of the time it takes Python could do something else:
    who knows that it will be needed may call this ahead, in a thread.

    Raises:
        PluginError: its files are missing from the installation.
    """
    with _loading:  # whoever comes second waits for the first one's model instead of making another
        return _load(threads)


@cache
def _load(threads: int) -> tuple[Tokenizer, InferenceSession]:
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_file("tokenizer.json")))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Weights become float32 once, at the start, instead of in every run.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    # A thread that waits by spinning takes the core from whoever else is at work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return tokenizer, onnxruntime.InferenceSession(_file("model.onnx"), options, providers=["CPUExecutionProvider"])


def _runs(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions of equal length, shortest first, so many at a time as `TOKENS_PER_RUN` allows."""
    by_length: dict[int, list[int]] = {}
    for position, length in enumerate(lengths):
        by_length.setdefault(length, []).append(position)
    for length, positions in sorted(by_length.items()):
        step = max(1, TOKENS_PER_RUN // length)
        for start in range(0, len(positions), step):
            yield positions[start : start + step]


def _file(name: str) -> Path:
    path = DATA / name
    if not path.is_file():
        raise PluginError(f"{path} is missing; install seewhy again, or make it with scripts/export_encoder.py")
    return path
