"""The track table: what a twin knows of its tracks, one line of JSON a track, for a model that sees their numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from seewhy.perceive.hosted.replies import BOX_UNITS
from seewhy.perceive.hosted.wording import quoted
from seewhy.plain import plain
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import GENERIC_CATEGORY, AttributeKind, Observation, Track, Twin

MOST_TRACKS = 24
"""of one table; those that are longest in view, weighted by salience"""
MOST_PLACES = 4
"""of a path: where a track is first and last seen, and between"""
MOST_STRETCHES = 4
"""of time in view; more are drawn together across the shortest gaps"""
MOST_WORD = 40
"""characters of a name or a value"""
SAID = 0.4
"""names and attributes that are less sure are not said: a wrong word leads a model astray"""
_LOOKS: tuple[AttributeKind, ...] = ("size", "color", "texture", "shape")
MOST_LOOKS = 2
"""of one kind"""
GAP_STEPS = 2.5
"""A track that is missed in a sampled frame or two is in view all the same."""

TINY = 1e-6
"""seconds, against rounding"""


def tracks_in(twin: Twin, span: Span) -> tuple[int, ...]:
    """Ids of the tracks that are seen in a span, ascending; at most MOST_TRACKS."""
    weights = {track.id: track.score * len(_seen(track, span)) for track in twin.tracks}
    ordered = sorted((track for track, weight in weights.items() if weight > 0), key=lambda id_: (-weights[id_], id_))
    return tuple(sorted(ordered[:MOST_TRACKS]))


def track_table(twin: Twin, span: Span, tracks: Sequence[int]) -> str:
    """One line a track: its guessed name, looks, when it is in view, and where.

    Args:
        span: of which it speaks.
        tracks: ids, in the order of the lines.
    """
    lines = [_line(twin, twin.track_by_id[track], span) for track in tracks]
    return "\n".join(lines) or "(none)"


def _line(twin: Twin, track: Track, span: Span) -> str:
    seen = _seen(track, span)
    facts: dict[str, object] = {"track": track.id}
    names = [label.name for label in track.labels if label.score >= SAID]
    guess = next((name for name in names if name != GENERIC_CATEGORY), None)
    if guess is not None:
        facts["guess"] = plain(guess, MOST_WORD)
    looks = list(_looks(track))
    if looks:
        facts["looks"] = ", ".join(looks)
    facts["in_view"] = ", ".join(f"{one.start:.1f}-{one.end:.1f}" for one in _in_view(twin, seen, span))
    facts["at"] = " > ".join(f"{o.t:.1f}s ({_units(o.x)},{_units(o.y)})" for o in _places(seen))
    return quoted(facts)


def _seen(track: Track, span: Span) -> list[Observation]:
    return [one for one in track.observations if span.contains(one.t)]


def _looks(track: Track) -> Iterator[str]:
    for kind in _LOOKS:
        known = [one.value for one in track.values(kind) if one.score >= SAID]
        yield from (plain(value, MOST_WORD) for value in list(dict.fromkeys(known))[:MOST_LOOKS])


def _in_view(twin: Twin, seen: Sequence[Observation], span: Span) -> tuple[Span, ...]:
    step = twin.frame_step
    moments = [Span(start=one.t, end=max(min(one.t + step, span.end), one.t)) for one in seen]
    spans = merge_spans(moments, gap=(GAP_STEPS - 1) * step)
    while len(spans) > MOST_STRETCHES:
        shortest = min(after.start - before.end for before, after in itertools.pairwise(spans))
        spans = merge_spans(spans, gap=shortest + TINY)
    return spans


def _places(seen: Sequence[Observation]) -> list[Observation]:
    """The first, the last, and evenly between."""
    if len(seen) <= MOST_PLACES:
        return list(seen)
    return [seen[i * (len(seen) - 1) // (MOST_PLACES - 1)] for i in range(MOST_PLACES)]


def _units(fraction: float) -> int:
    return min(max(round(fraction * BOX_UNITS), 0), BOX_UNITS)
