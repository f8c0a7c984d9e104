"""New facts beside those that are known: which of them replace which, and in what order they stand.

A specialist that speaks of the same thing again is taken at its last word; what others said stays. Every result is
sorted by what the facts say, so that the order in which they came does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

from seewhy.types.time import Span
from seewhy.types.twin import GENERIC_CATEGORY, Attribute, AttributeKind, Event, Label

NAMED = 0.4
"""Score of a name from which it stands before the generic one, however sure that is: everything is an object."""
MOST_TEXTS = 20
"""Of on-screen texts kept for one video: a page that is filmed must not fill the twin."""

_KINDS: tuple[AttributeKind, ...] = get_args(AttributeKind)
_MANIFOLD: frozenset[AttributeKind] = frozenset({"state", "other"})
"""Kinds of which a thing has many at a time: another value is another fact, not a correction."""


def merged_labels(old: Iterable[Label], new: Sequence[Label], source: str) -> tuple[Label, ...]:
    """What a track is, best first; of one name the surer guess.

    Args:
        old: known before; those of `source` are replaced.
        new: what `source` says now; nothing: all stays as it is.
    """
    if not new:
        return tuple(old)
    kept = [label for label in old if label.source != source]
    best: dict[str, Label] = {}
    for label in sorted([*kept, *new], key=lambda one: (-one.score, one.source, one.name, one.broader or "")):
        best.setdefault(label.name.casefold(), label)
    return tuple(sorted(best.values(), key=_label_order))


def _label_order(label: Label) -> tuple[bool, float, bool, str]:
    generic = label.name.casefold() == GENERIC_CATEGORY
    return generic or label.score < NAMED, -label.score, generic, label.name


def merged_attributes(old: Iterable[Attribute], new: Sequence[Attribute], source: str) -> tuple[Attribute, ...]:
    """What something is like: by kind, best first; one value of one kind over one span once, the surer.

    Args:
        old: known before; those of `source` are replaced where `new` speaks of the same kind and time. Of a kind of
            which a thing has many (state, other), only the same value is.
        new: what `source` says now; nothing: all stays as it is.
    """
    if not new:
        return tuple(old)
    kept = [one for one in old if one.source != source or not any(_corrects(now, one) for now in new)]
    best: dict[tuple[str, str, Span | None], Attribute] = {}
    for one in sorted([*kept, *new], key=_attribute_order):
        best.setdefault((one.kind, one.value.casefold(), one.span), one)
    return tuple(sorted(best.values(), key=_attribute_order))


def _corrects(now: Attribute, before: Attribute) -> bool:
    same = now.kind not in _MANIFOLD or now.value.casefold() == before.value.casefold()
    return now.kind == before.kind and same and _same_time(now.span, before.span)


def _same_time(a: Span | None, b: Span | None) -> bool:
    return a is None or b is None or a == b or a.overlaps(b)


def _attribute_order(one: Attribute) -> tuple[int, float, float, float, str, str]:
    start, end = (one.span.start, one.span.end) if one.span else (-1.0, -1.0)
    return _KINDS.index(one.kind), -one.score, start, end, one.value, one.source


def merged_events(old: Iterable[Event], new: Sequence[Event]) -> tuple[Event, ...]:
    """What happens, by time. An event that its source tells again, about the same time, is taken as told last."""
    if not new:
        return tuple(old)
    kept = [event for event in old if not any(_retells(now, event) for now in new)]
    best: dict[tuple[int | None, str, int | None, Span, str], Event] = {}
    for event in sorted([*kept, *new], key=_event_order):
        best.setdefault((event.subject, event.action.casefold(), event.object, event.span, event.source), event)
    return tuple(sorted(best.values(), key=_event_order))


def _retells(now: Event, before: Event) -> bool:
    said = (now.subject, now.action.casefold(), now.object, now.source)
    same = said == (before.subject, before.action.casefold(), before.object, before.source)
    return same and _same_time(now.span, before.span)


def _event_order(event: Event) -> tuple[float, float, int, str, int, str, float]:
    who, whom = event.subject or 0, event.object or 0
    return event.span.start, event.span.end, who, event.action, whom, event.source, -event.score


def merged_texts(old: Sequence[str], new: Iterable[str]) -> tuple[str, ...]:
    """On-screen texts, those known before first, each once whatever its capitals; at most MOST_TEXTS."""
    known = {text.casefold(): text for text in reversed(old)}
    added: dict[str, str] = {}
    for text in sorted(new):
        if text.casefold() not in known:
            added.setdefault(text.casefold(), text)
    return (*old, *added.values())[:MOST_TEXTS]


def leading_pace(paces: Sequence[Attribute], whole: Span) -> tuple[Attribute, tuple[Attribute, ...]]:
    """The pace that is surest and holds longest, and the others, best first. There has to be one."""

    def order(pace: Attribute) -> tuple[float, str, str]:
        share = pace.span.duration / whole.duration if pace.span and whole.duration else 1.0
        return -pace.score * share, pace.source, pace.value

    best, *others = sorted(paces, key=order)
    return best, tuple(others)
