"""What every index checks of what it is given, so that all refuse the same things in the same words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from seewhy.errors import QueryError
from seewhy.index.seam import SearchCondition, VideoMeta
from seewhy.models.text import Vectors
from seewhy.types.query import Filters
from seewhy.types.twin import Component


def moment(date: str) -> datetime:
    """An ISO 8601 date or time; where it names no zone, UTC.

    Raises:
        ValueError: it is none.

    >>> moment("2024-05-01") == moment("2024-05-01T02:00:00+02:00")
    True
    """
    parsed = datetime.fromisoformat(date)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


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
    """Which videos a search looks at: filters and exclusions, read once.

    Raises:
        QueryError: `after` or `before` is not an ISO 8601 date.
    """

    def __init__(self, filters: Filters | None, exclude: Collection[str]) -> None:
        self._filters = filters or Filters()
        self._exclude = frozenset(exclude)
        self._after = _bound("after", self._filters.after)
        self._before = _bound("before", self._filters.before)
        self._category = self._filters.category.casefold() if self._filters.category is not None else None

    @property
    def is_everything(self) -> bool:
        """True: nothing is left out, so nobody needs to ask."""
        return not self._exclude and self._filters == Filters()

    def admits(self, video: str, meta: VideoMeta) -> bool:
        """Durations inclusive, dates in [after, before), categories compared without regard to case."""
        filters = self._filters
        if video in self._exclude or (filters.videos is not None and video not in filters.videos):
            return False
        if filters.min_duration is not None and meta.duration < filters.min_duration:
            return False
        if filters.max_duration is not None and meta.duration > filters.max_duration:
            return False
        if self._category is not None and self._category not in {name.casefold() for name in meta.categories}:
            return False
        if self._after is not None and moment(meta.date) < self._after:
            return False
        return self._before is None or moment(meta.date) < self._before


def _bound(name: str, date: str | None) -> datetime | None:
    if date is None:
        return None
    try:
        return moment(date)
    except ValueError as error:
        raise QueryError(
            f"filter {name}: {date!r} is not a date; write it as 2024-05-31 or 2024-05-31T18:00"
        ) from error
