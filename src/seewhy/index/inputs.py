"""What every index checks of what it is given, so that all refuse the same things in the same words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from seewhy.index.seam import SearchCondition, VideoMeta
from seewhy.models.text import Vectors
from seewhy.types.query import Filters
from seewhy.types.time import moment
from seewhy.types.twin import Component


def checked_video(
    video: str, components: Sequence[Component], vectors: Any, meta: VideoMeta, dimensions: int
) -> Vectors:
    """The vectors of a video to add: float32, (len(components), dimensions), contiguous, a copy of their own.

    Raises:
        ValueError: wrong shape, a value that is not finite, an empty id, or a date that is not ISO 8601.
    """
    if not video:
        raise ValueError("a video's id is empty; give the id of its content")
    own = np.array(vectors, np.float32, order="C")
    expected = (len(components), dimensions)
    if own.shape != expected:
        raise ValueError(f"video {video}: vectors must have the shape {expected}, one row a component; got {own.shape}")
    if not np.isfinite(own).all():
        bad = int(np.flatnonzero(~np.isfinite(own).all(axis=1))[0])
        raise ValueError(f"video {video}: the vector of component {bad} has a value that is not finite")
    try:
        moment(meta.date)
    except ValueError as error:
        raise ValueError(f"video {video}: date {meta.date!r} is not an ISO 8601 date or time") from error
    return own


def checked_conditions(conditions: Sequence[SearchCondition], k: int, dimensions: int) -> Vectors:
    """All vectors of all conditions, one under the other: (M, dimensions), float32.

    Raises:
        ValueError: k < 1, a condition without vectors or of the wrong dimensions, a value that is not finite,
            or a weight that is not positive.
    """
    if k < 1:
        raise ValueError(f"k, the number of videos wanted, must be at least 1; got {k}")
    for condition in conditions:
        shape = condition.vectors.shape
        if len(shape) != 2 or shape[0] < 1 or shape[1] != dimensions:
            raise ValueError(f"condition {condition.id}: vectors must have the shape (>= 1, {dimensions}); got {shape}")
        if not np.isfinite(condition.vectors).all():
            raise ValueError(f"condition {condition.id}: a vector has a value that is not finite")
        if not 0 < condition.weight < np.inf:
            raise ValueError(f"condition {condition.id}: its weight must be positive, got {condition.weight}")
    if not conditions:
        return np.empty((0, dimensions), np.float32)
    return np.concatenate([condition.vectors for condition in conditions], dtype=np.float32)


class Gallery:
    """Which videos a search looks at: filters and exclusions, read once."""

    def __init__(self, filters: Filters | None, exclude: Collection[str]) -> None:
        self.filters = filters or Filters()
        self.exclude = frozenset(exclude)
        self._after = moment(self.filters.after) if self.filters.after is not None else None
        self._before = moment(self.filters.before) if self.filters.before is not None else None
        self._category = self.filters.category.casefold() if self.filters.category is not None else None

    @property
    def is_unfiltered(self) -> bool:
        """True: nothing but the exclusions is left out."""
        return self.filters == Filters()

    def admits(self, video: str, meta: VideoMeta) -> bool:
        if video in self.exclude or (self.filters.videos is not None and video not in self.filters.videos):
            return False
        return self.fits(meta)

    def fits(self, meta: VideoMeta) -> bool:
        """Whether a video may be searched by what filters look at: durations inclusive, dates in [after, before),
        categories compared without regard to case."""
        filters = self.filters
        if filters.min_duration is not None and meta.duration < filters.min_duration:
            return False
        if filters.max_duration is not None and meta.duration > filters.max_duration:
            return False
        if self._category is not None and self._category not in {name.casefold() for name in meta.categories}:
            return False
        if self._after is not None and moment(meta.date) < self._after:
            return False
        return self._before is None or moment(meta.date) < self._before
