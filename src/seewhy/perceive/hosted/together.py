"""What was read of the stretches of a video, put together: findings about the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from seewhy.perceive.findings import Findings, FoundObject
from seewhy.perceive.hosted import replies
from seewhy.perceive.hosted.boxes import Box
from seewhy.perceive.hosted.reading import Missed, Reading
from seewhy.perceive.hosted.sieve import NO_TRACK, event_order, fact_key, merged
from seewhy.perceive.hosted.wording import sentences
from seewhy.types.masks import Rle
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Attribute, AttributeKind, Event, Label, Twin

Follow = Callable[[int, Box, str], Mapping[int, Rle]]
"""(index of a decoded frame, box, what it is said to be) → masks by frame; empty where nothing could be segmented"""

MOST_FOLLOWED = 12
"""things of one video that had no track, the surest: following one takes seconds"""
MOST_SUMMARY = 600
"""characters; a twin keeps no more"""
MOST_TEXTS = 20
"""pieces of writing of one video"""
NOT_FOLLOWED = "things that could not be followed"
TOO_MANY_THINGS = "things more than are followed"


class _Said(NamedTuple):
    """What was said in one stretch of one owner of attributes: a track, the scene, the camera."""

    stretch: Span
    weight: float
    """seconds that the owner is in view"""
    attributes: Sequence[Attribute]


def together(readings: Sequence[Reading], twin: Twin, source: str, follow: Follow) -> Findings:
    """
    Args:
        readings: of stretches, in order of time.
        source: of the facts.
        follow: segments a thing that had no track, from its box.
    """
    notes: Counter[str] = Counter()
    for reading in readings:
        notes.update(reading.dropped)
    numbers, objects = _followed(readings, follow, source, notes)
    events = tuple(sorted(_events(readings, numbers, notes), key=event_order))
    whole = [(reading, reading.span.duration) for reading in readings]
    tracks = sorted({track for reading in readings for track in (*reading.labels, *reading.attributes)})
    views = {track: _in_view(readings, twin, track) for track in tracks}
    labels = {track: _labels([(r.labels.get(track, ()), w) for r, w in views[track]]) for track in tracks}
    looks = {
        track: over_time([_Said(r.span, w, r.attributes.get(track, ())) for r, w in views[track]]) for track in tracks
    }
    return Findings(
        source=source,
        labels={track: said for track, said in labels.items() if said},
        attributes={track: said for track, said in looks.items() if said},
        events=events,
        objects=objects,
        scene=over_time([_Said(r.span, weight, r.picture.scene) for r, weight in whole]),
        camera=over_time([_Said(r.span, weight, r.picture.camera) for r, weight in whole]),
        pace=_pace([(r.picture.pace, weight) for r, weight in whole if r.picture.pace is not None]),
        texts=tuple(dict.fromkeys(text for reading in readings for text in reading.texts))[:MOST_TEXTS],
        summary=_summary([reading.summary for reading in readings if reading.summary]),
        notes=tuple(f"{count} {what}" for what, count in sorted(notes.items()) if count),
    )


def _in_view(readings: Sequence[Reading], twin: Twin, track: int) -> list[tuple[Reading, float]]:
    """The readings, and for how long (in seconds, about) the track is in view in each."""
    seen = twin.track_by_id[track].observations
    return [(r, sum(r.span.contains(one.t) for one in seen) * twin.frame_step) for r in readings]


def _labels(said: Sequence[tuple[Sequence[Label], float]]) -> tuple[Label, ...]:
    """Names averaged by time in view, over the stretches in which the track was named."""
    named = [(labels, weight) for labels, weight in said if labels]
    whole = sum(weight for _, weight in named)
    if len(named) < 2 or whole == 0:
        return merged(label for labels, _ in named for label in labels)
    surest = merged(label for labels, _ in named for label in labels)
    shares = {label.name: 0.0 for label in surest}
    for labels, weight in named:
        for label in labels:
            shares[label.name] += label.score * weight / whole
    averaged = [label.model_copy(update={"score": round(shares[label.name], 3)}) for label in surest]
    return merged(averaged, replies.MOST_NAMES)


def over_time(said: Sequence[_Said]) -> tuple[Attribute, ...]:
    """Attributes of stretches as those of the whole.

    What is said in every stretch in which something is said of its kind, holds throughout; the rest gets its
    stretch's span, and stretches side by side are one span. What has a span keeps it.
    """
    kinds: dict[AttributeKind, int] = {}
    lasting: dict[tuple[AttributeKind, str], list[tuple[Attribute, _Said]]] = {}
    result: list[Attribute] = []
    for one in said:
        for kind in dict.fromkeys(attribute.kind for attribute in one.attributes):
            kinds[kind] = kinds.get(kind, 0) + 1
        for attribute in one.attributes:
            if attribute.span is None:
                lasting.setdefault((attribute.kind, attribute.value), []).append((attribute, one))
            else:
                result.append(attribute)
    for (kind, _), where in lasting.items():
        whole = sum(one.weight for _, one in where)
        score = sum(a.score * one.weight for a, one in where) / whole if whole else where[0][0].score
        like = where[0][0].model_copy(update={"score": round(score, 3)})
        if len(where) == kinds[kind]:
            result.append(like)
        else:
            spans = merge_spans(one.stretch for _, one in where)
            result += [like.model_copy(update={"span": span}) for span in spans]
    return tuple(sorted(merged(result), key=lambda a: (list(kinds).index(a.kind), -a.score, fact_key(a))))


def _pace(said: Sequence[tuple[Attribute, float]]) -> Attribute | None:
    """The pace that is surest and holds longest; its score is its share."""
    whole = sum(weight for _, weight in said)
    shares: dict[str, float] = {}
    for pace, weight in said:
        shares[pace.value] = shares.get(pace.value, 0.0) + pace.score * (weight / whole if whole else 1 / len(said))
    if not shares:
        return None
    value = max(sorted(shares), key=lambda word: shares[word])
    return said[0][0].model_copy(update={"value": value, "score": round(shares[value], 3)})


def _summary(said: Sequence[str]) -> str | None:
    """All of them; or the first sentence of each, and as many as there is room for."""
    joined = " ".join(said)
    if len(joined) <= MOST_SUMMARY:
        return joined or None
    firsts = [text.partition(". ") for text in said]
    return sentences(" ".join(first + "." if rest else first for first, _, rest in firsts), MOST_SUMMARY)


def _followed(
    readings: Sequence[Reading], follow: Follow, source: str, notes: Counter[str]
) -> tuple[dict[tuple[int, int], int], tuple[FoundObject, ...]]:
    """Things that had no track, with masks; and (reading, place in its `missed`) → place among them."""
    things = [(place, n, thing) for place, reading in enumerate(readings) for n, thing in enumerate(reading.missed)]
    surest = sorted(things, key=lambda one: (-one[2].score, one[0], one[1]))
    notes[TOO_MANY_THINGS] += len(surest[MOST_FOLLOWED:])
    numbers: dict[tuple[int, int], int] = {}
    objects: list[FoundObject] = []
    for place, n, thing in sorted(surest[:MOST_FOLLOWED], key=lambda one: one[:2]):
        masks = follow(thing.frame, thing.box, thing.labels[0].name if thing.labels else "")
        if masks:
            numbers[place, n] = len(objects)
            objects.append(_found(thing, masks, source))
        else:
            notes[NOT_FOLLOWED] += 1
    return numbers, tuple(objects)


def _found(thing: Missed, masks: Mapping[int, Rle], source: str) -> FoundObject:
    return FoundObject(labels=thing.labels, masks=masks, score=thing.score, source=source, attributes=thing.attributes)


def _events(readings: Sequence[Reading], numbers: Mapping[tuple[int, int], int], notes: Counter[str]) -> list[Event]:
    """All events, with the numbers of the objects that were found; those on others are gone."""
    told: list[Event] = []
    for place, reading in enumerate(readings):
        for event in reading.events:
            ends = []
            for end in (event.subject, event.object):
                number = numbers.get((place, -end - 1)) if end is not None and end < 0 else None
                ends.append(end if end is None or end > 0 else -number - 1 if number is not None else 0)
            if 0 in ends:
                notes[NO_TRACK] += 1
            else:
                told.append(event.model_copy(update={"subject": ends[0], "object": ends[1]}))
    return told
