"""A line about each track: what it is, how it looks, where it is when, how large and how near.

``t3 "small brown dog (animal) or fox?"; left 0-3 > center 4.1 > right 5-9.8; size 4%; depth 0.2; fastest``
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from seewhy.twin.counting import value_of
from seewhy.twin.digest_records import SAID, Record, clock, names, quoted, times, times_of_all, word
from seewhy.twin.facts import YES, TwinFacts
from seewhy.twin.geometry import Floats, Trajectory, median
from seewhy.twin.sentences import STILL_SHARE, TRIVIAL
from seewhy.types.query import Measure
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Attribute, AttributeKind, Track

LOOKS: Mapping[AttributeKind, int] = {"size": 1, "color": 2, "texture": 1, "shape": 1, "state": 4, "other": 3}
"""what of a track's look is said, and how many values of each, besides those with a span"""
TIMED = 4
"""most values of one kind that hold for a time only"""
LOOKS_LETTERS = 200
"""most letters of names and looks together"""
FAINT = 0.5
"""salience under which a track may be a piece of background"""
SALIENT = 0.35
"""salience from which tracks are compared with each other"""
SAME = 0.5
"""id_confidence under which a track may be several things"""
TURNING = 0.1
"""of the frame: where a track goes by the straight and even way between two places to within this, they say it all"""
PLACES = 5
"""most places of one track"""
CHANGED_SIZE = 2.0
"""ratio of areas at the begin and the end, from which both are said"""
EDGE = 3
"""observations at the begin, and at the end, that a size is the median of"""
LEAD = 1.2
"""times the next largest or fastest, to be said to be it"""
LEAST: Mapping[Measure, float] = {"largest": 0.0, "fastest": 0.04}
"""what the next one counts for at least; diagonals a second: what is slower stands and trembles"""


def track_records(facts: TwinFacts, still: frozenset[int]) -> list[Record]:
    """One a track, in order of id; a track that is never seen has none.

    Args:
        still: tracks that stand all the time.
    """
    seen = [track for _, track in sorted(facts.tracks.items()) if track.observations]
    most = _most(facts, [track for track in seen if track.score >= SALIENT], still)
    return [_record(facts, track, track.id in still, most.get(track.id, ())) for track in seen]


def standing(facts: TwinFacts) -> frozenset[int]:
    """Tracks that stay still for nearly all the time they are seen."""
    found = []
    for number in facts.tracks:
        stood = merge_spans(
            fact.span for fact in facts.events.get(("stays_still", number, None), ()) if fact.score >= YES
        )
        seen = math.fsum(span.duration for span in facts.presence[number])
        if stood and math.fsum(span.duration for span in stood) >= STILL_SHARE * seen:
            found.append(number)
    return frozenset(found)


def _record(facts: TwinFacts, track: Track, still: bool, most: Sequence[str]) -> Record:
    number, view = track.id, facts.in_view(track.id)

    def says() -> str:
        return _says(facts, track, still, most)

    return Record(f"t{number}", "track", track.score, (number,), view, says, lambda: facts.name(number), track.score)


def _says(facts: TwinFacts, track: Track, still: bool, most: Sequence[str]) -> str:
    path, spans = facts.path(track.id), facts.presence[track.id]
    known = path.depth[~np.isnan(path.depth)]
    parts = [
        quoted(", ".join([names(track), *_looks(track)]), LOOKS_LETTERS),
        route(path, spans),
        f"seen {times_of_all(spans)}" if len(spans) > 1 else "",
        "still" if still else "",
        _size(path),
        f"depth {clock(median(known))}" if len(known) else "",
        *most,
        f"part of t{track.part_of}" if track.part_of in facts.tracks else "",
        "faint" if track.score < FAINT else "",
        "maybe several things" if track.id_confidence < SAME else "",
    ]
    return "; ".join(part for part in parts if part)


def _looks(track: Track) -> Iterator[str]:
    for kind, most in LOOKS.items():
        known = [a for a in track.values(kind) if a.score >= SAID and a.value not in TRIVIAL.get(kind, frozenset())]
        yield from dict.fromkeys(word(a.value) for a in [a for a in known if a.span is None][:most])
        timed = sorted([a for a in known if a.span is not None][:TIMED], key=_begin)
        yield from (f"{word(a.value)} {times(a.span)}" for a in timed if a.span is not None)


def _begin(attribute: Attribute) -> tuple[float, float, str]:
    span = attribute.span or Span(start=0.0, end=0.0)
    return span.start, span.end, attribute.value


def route(path: Trajectory, spans: Sequence[Span]) -> str:
    """Where the track is when, at the few moments between which it goes straight: ``left 0-3 > right 5-9.8``.

    Args:
        path: of the track, at least one observation.
        spans: in which it is seen; the last one's end is the end of its last place.
    """
    x, y = path.x / path.picture.width, path.y / path.picture.height
    places: list[tuple[str, float, float]] = []
    for k in turning_points(path.t, x, y):
        name, t = place(float(x[k]), float(y[k])), float(path.t[k])
        if places and places[-1][0] == name:
            places[-1] = (name, places[-1][1], t)
        else:
            places.append((name, t, t))
    name, start, _ = places[-1]
    places[-1] = (name, start, max(spans[-1].end, start))
    return " > ".join(f"{name} {times(Span(start=start, end=end))}" for name, start, end in places)


def turning_points(t: Floats, x: Floats, y: Floats) -> list[int]:
    """Positions of the observations between which the path is straight and even to within TURNING, at most PLACES.

    The first and the last one, and again and again the one that is farthest from where it would be (Douglas, Peucker).
    """
    chosen = sorted({0, len(t) - 1})
    while len(chosen) < min(PLACES, len(t)):
        away = np.hypot(x - np.interp(t, t[chosen], x[chosen]), y - np.interp(t, t[chosen], y[chosen]))
        worst = int(np.argmax(away))
        if away[worst] < TURNING:
            break
        chosen = sorted({*chosen, worst})
    return chosen


def place(x: float, y: float) -> str:
    """One of nine fields of the frame.

    >>> place(0.1, 0.9), place(0.5, 0.5), place(0.5, 0.1), place(0.9, 0.5)
    ('bottom left', 'center', 'top', 'right')
    """
    across = ("left", "", "right")[min(max(int(3 * x), 0), 2)]
    along = ("top", "", "bottom")[min(max(int(3 * y), 0), 2)]
    return f"{along} {across}".strip() or "center"


def _size(path: Trajectory) -> str:
    """Of the frame, in percent; where it changes, at the begin and at the end."""
    first, last = median(path.area[:EDGE]), median(path.area[-EDGE:])
    if len(path) >= 2 * EDGE and max(first, last) >= CHANGED_SIZE * max(min(first, last), 1e-6):
        return f"size {_percent(first)} > {_percent(last)}"
    return f"size {_percent(median(path.area))}"


def _percent(share: float) -> str:
    """
    >>> _percent(0.123), _percent(0.0012)
    ('12%', '0.1%')
    """
    return f"{clock(100 * share) if share < 0.01 else round(100 * share)}%"


def _most(facts: TwinFacts, tracks: Sequence[Track], still: frozenset[int]) -> dict[int, tuple[str, ...]]:
    """Track → what it is the most of, of several; nothing where two tie."""
    if len(tracks) < 2:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    for measure, least in LEAST.items():
        values = [(value, track.id) for track in tracks if (value := value_of(facts, measure, track.id)) is not None]
        if len(values) < 2:
            continue
        (second, _), (first, number) = sorted(values)[-2:]
        if first >= LEAD * max(second, least) and not (measure == "fastest" and number in still):
            found[number] = (*found.get(number, ()), measure)
    return found
