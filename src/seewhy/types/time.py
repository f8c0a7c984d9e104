"""Time: exact at the source, seconds at the surface.

A frame's truth is its integer presentation timestamp (pts) and the stream's time base;
seconds are derived from them. Spans are half-open, [start, end), in seconds from the
first frame of the video.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from seewhy.types.base import Frozen


def _to_fraction(value: object) -> Fraction:
    if isinstance(value, (Fraction, int, str)):
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            raise ValueError(f"not a fraction: {value!r}; write it as 'numerator/denominator'") from error
    raise ValueError(f"a rate or time base is an exact fraction such as '30000/1001', got {value!r}")


Rational = Annotated[
    Fraction,
    PlainValidator(_to_fraction),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(/\d+)?$", "description": "numerator/denominator"}),
]
"""A Fraction that is written to JSON as ``"30000/1001"``: 29.97 never becomes 29."""


class Span(Frozen):
    """A half-open stretch of time [start, end), in seconds from the first frame.

    >>> Span(start=1.0, end=3.0).intersection(Span(start=2.0, end=9.0))
    Span(start=2.0, end=3.0)
    >>> Span(start=0.0, end=1.0).overlaps(Span(start=1.0, end=2.0))
    False
    """

    start: float
    end: float

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if not self.end >= self.start:
            raise ValueError(f"a span ends where it starts or later, got [{self.start}, {self.end})")
        return self

    @property
    def duration(self) -> float:
        return self.end - self.start

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2

    def contains(self, t: float) -> bool:
        return self.start <= t < self.end

    def overlaps(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end

    def intersection(self, other: Span) -> Span | None:
        """The common part, or None where the two share no time."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start=start, end=end) if start < end else None

    def hull(self, other: Span) -> Span:
        """The shortest span that covers both."""
        return Span(start=min(self.start, other.start), end=max(self.end, other.end))

    def iou(self, other: Span) -> float:
        """Temporal intersection over union, 0..1."""
        common = self.intersection(other)
        if common is None:
            return 0.0
        return common.duration / (self.duration + other.duration - common.duration)

    def __str__(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s"


def moment(date: str) -> datetime:
    """An ISO 8601 date or time; where it names no zone, UTC.

    Raises:
        ValueError: it is none.

    >>> moment("2024-05-01") == moment("2024-05-01T02:00:00+02:00")
    True
    """
    parsed = datetime.fromisoformat(date)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def merge_spans(spans: Iterable[Span], gap: float = 0.0) -> tuple[Span, ...]:
    """Sorted, disjoint spans; two that are at most `gap` seconds apart become one.

    >>> [str(s) for s in merge_spans([Span(start=2, end=3), Span(start=0, end=1), Span(start=1, end=1.5)])]
    ['0.0-1.5 s', '2.0-3.0 s']
    """
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if merged and span.start <= merged[-1].end + gap:
            merged[-1] = merged[-1].hull(span)
        else:
            merged.append(span)
    return tuple(merged)
