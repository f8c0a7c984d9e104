"""A memory in front of a text encoder: questions, and edits of one video, say the same sentences again and again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from seewhy.models.text import TextEncoder, Vectors
from seewhy.recent import Recent

MOST_SENTENCES = 4096
"""That are remembered for certain, some hundred questions' worth: 384 dimensions of twice as many are 13 MB."""


class RecallingEncoder:
    """A `TextEncoder` that encodes what it was not asked for lately, and recalls the rest. Threads may share it.

    What it gives is what the encoder itself gives, to the last bit, since an encoder's vector of a sentence does not
    depend on the others.

    Args:
        encoder: who encodes.
        most: sentences that are remembered for certain; never more than twice as many are.
    """

    def __init__(self, encoder: TextEncoder, most: int = MOST_SENTENCES) -> None:
        self._encoder, self._most = encoder, most
        self._known: Recent[str, Vectors] = Recent(most)

    @property
    def name(self) -> str:
        return self._encoder.name

    @property
    def dimensions(self) -> int:
        return self._encoder.dimensions

    def ahead(self, sentences: Iterable[str]) -> None:
        """Encode what is asked for next, as far as it is remembered: of many sentences more are of one length and run
        together, which takes half the time. Raises what the encoder raises."""
        self.encode(list(islice(dict.fromkeys(sentences), self._most)))

    def encode(self, sentences: Sequence[str]) -> Vectors:
        """(N, dimensions), rows of unit length, in the order given. Raises what the encoder raises."""
        found = {sentence: self._known.get(sentence) for sentence in sentences}
        new = [sentence for sentence, vector in found.items() if vector is None]
        if new:
            for sentence, vector in zip(new, self._encoder.encode(new), strict=True):
                # A copy: a row of the whole would keep the whole.
                found[sentence] = self._known.put(sentence, vector.copy())
        vectors = np.empty((len(sentences), self.dimensions), np.float32)
        for row, sentence in zip(vectors, sentences, strict=True):
            row[:] = found[sentence]
        return vectors
