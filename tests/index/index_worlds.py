"""What the tests of indexes share: small worlds of videos, made by hand or from a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seewhy.index.exact import ExactIndex
from seewhy.index.seam import Fingerprint, SearchCondition, VideoMeta
from seewhy.models.text import Vectors
from seewhy.types.time import Span
from seewhy.types.twin import Component


def fingerprint(dimensions: int = 4, **changes: str) -> Fingerprint:
    values = {"encoder": "hashing@1", "twin": "twin.v1", "format": ExactIndex.format, **changes}
    return Fingerprint(dimensions=dimensions, **values)


def meta(duration: float = 10.0, date: str = "2024-05-01T12:00:00Z", categories: Sequence[str] = ()) -> VideoMeta:
    return VideoMeta(duration=duration, date=date, categories=tuple(categories))


def component(text: str, track: int = 1) -> Component:
    return Component(kind="object", text=text, tracks=(track,), span=Span(start=0.0, end=1.5))


def components(video: str, count: int) -> list[Component]:
    return [component(f"{video} says thing {i} – “quoted”\n", i + 1) for i in range(count)]


def unit(*rows: Sequence[float]) -> Vectors:
    """Rows scaled to unit length."""
    values = np.array(rows, np.float64)
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def random_unit(rng: np.random.Generator, count: int, dimensions: int) -> Vectors:
    values = rng.standard_normal((count, dimensions))
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


def condition(name: str, *rows: Sequence[float], weight: float = 1.0) -> SearchCondition:
    return SearchCondition(id=name, weight=weight, vectors=unit(*rows))
