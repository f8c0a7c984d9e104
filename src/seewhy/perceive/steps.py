"""What every step of refinement is checked for before anybody looks."""

from __future__ import annotations

from collections.abc import Iterable

from seewhy.errors import PerceptionError
from seewhy.types.time import Span
from seewhy.types.twin import Twin


def within(twin: Twin, span: Span | None, tracks: Iterable[int] = ()) -> Span:
    """The part of a span that lies in the video; None stands for all of it.

    Raises:
        PerceptionError: there is no such track, or the span lies outside the video.
    """
    unknown = sorted(set(tracks) - twin.track_by_id.keys())
    if unknown:
        raise PerceptionError(f"there is no track {unknown[0]} in {twin.id}; it has {sorted(twin.track_by_id)}")
    when = twin.span if span is None else span.intersection(twin.span)
    if when is None:
        raise PerceptionError(f"{span} lies outside {twin.id}, which lasts {twin.video.duration:.1f} s")
    return when
