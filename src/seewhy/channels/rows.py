"""Unit vectors of one size as one matrix: a query is one product, however many videos are asked about."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float32]
"""(D,)"""
Rows: TypeAlias = NDArray[np.float32]
"""(N, D)"""

FEW = 4
"""Of a quarter of the rows, or fewer, the product is taken by themselves. Picking a row out costs reading, writing and
reading it again, where the product over all reads each once."""
LEAST = 16
"""Rows that there is room for at first."""


class Asked(NamedTuple):
    """Rows that do not change, whatever is put or forgotten meanwhile."""

    videos: list[str]
    rows: Rows
    """(N, D), of length 1 or 0; these videos' and others'"""
    places: NDArray[np.intp]
    """(V,), which row is whose, in the order of the videos"""

    def cosines(self, vector: Vector) -> dict[str, float]:
        """Cosine with each video; 0 where either has no length.

        Args:
            vector: (D,).
        """
        unit = unit_rows(vector[None])[0]
        few = FEW * len(self.places) <= len(self.rows)
        scores = self.rows[self.places] @ unit if few else (self.rows @ unit)[self.places]
        return dict(zip(self.videos, scores.tolist(), strict=True))


class UnitRows:
    """The matrix. Its callers hold a lock; a product needs none.

    A row that has been written stays as it is until nobody looks at it: another vector of a video has another row, and
    what is of no use any more is left behind when the matrix grows.
    """

    def __init__(self, size: int) -> None:
        """
        Args:
            size: D, of the vectors.
        """
        self._rows: Rows = np.empty((0, size), np.float32)
        self._written = 0
        self._places: dict[str, int] = {}

    def __contains__(self, video: str) -> bool:
        return video in self._places

    def put(self, videos: Sequence[str], vectors: Sequence[Vector]) -> None:
        """Vectors of videos, in place of any that they had.

        Args:
            videos: each once.
            vectors: (D,) each, finite.
        """
        if not videos:
            return
        self.forget(videos)
        self._make_room(len(videos))
        end = self._written + len(videos)
        self._rows[self._written : end] = unit_rows(np.stack(vectors))
        self._places.update(zip(videos, range(self._written, end), strict=True))
        self._written = end

    def forget(self, videos: Collection[str]) -> None:
        """Unknown ones are ignored."""
        for video in videos:
            self._places.pop(video, None)

    def asked(self, videos: Collection[str]) -> Asked:
        """The rows of those videos that are known, by id."""
        known = sorted(video for video in videos if video in self._places)
        places = np.fromiter(map(self._places.__getitem__, known), np.intp, len(known))
        return Asked(known, self._rows[: self._written], places)

    def _make_room(self, more: int) -> None:
        if self._written + more <= len(self._rows):
            return
        kept = len(self._places)
        rows: Rows = np.empty((max(2 * kept, kept + more, LEAST), self._rows.shape[1]), np.float32)
        rows[:kept] = self._rows[list(self._places.values())]
        self._rows, self._written = rows, kept
        self._places = dict(zip(self._places, range(kept), strict=True))


def unit_rows(rows: Rows) -> Rows:
    """(N, D), each of length 1 unless it is 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
