"""The seam TextEncoder: sentences in, unit vectors out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Rows of unit length, shape (N, dimensions), float32."""


@runtime_checkable
class TextEncoder(Protocol):
    """Turns sentences into vectors whose dot product is their cosine."""

    @property
    def name(self) -> str:
        """Versioned name that goes into every index built with it, e.g. ``all-MiniLM-L6-v2@onnx8.1``."""
        ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """(N, dimensions), rows of unit length, in the order given; N = 0 gives shape (0, dimensions).

        A sentence's vector does not depend on the others it is encoded with, to the last bit: else an answer would
        depend on what was asked before, see `models.recalling`.
        """
        ...


class HashingEncoder:
    """A public fake: bags of words hashed to signs. Deterministic, instant, knows nothing of meaning.

    >>> encoder = HashingEncoder()
    >>> a, b = encoder.encode(["a red ball", "a red ball"])
    >>> round(float(a @ b), 3)
    1.0
    """

    name = "hashing@1"

    def __init__(self, dimensions: int = 64) -> None:
        self.dimensions = dimensions

    def encode(self, sentences: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(sentences), self.dimensions), np.float32)
        for position, sentence in enumerate(sentences):
            for word in sentence.lower().split() or [""]:
                seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
                vectors[position] += np.random.default_rng(seed).standard_normal(self.dimensions, np.float32)
            vectors[position] /= np.linalg.norm(vectors[position])
        return vectors
