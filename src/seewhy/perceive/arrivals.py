"""Things that were found beside a twin's tracks: which of them are tracks that are there, and which are new."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from seewhy.perceive.findings import FoundObject
from seewhy.types.masks import Rle, area, iou, union

Sightings = Mapping[int, Rle]
"""index of a decoded frame → mask: where one thing is seen"""

SAME = 0.6
"""Mean IoU over shared frames from which two things are one. Lower than what two segmentations of one thing have in
common (0.7 and more), higher than a thing and a large part of it."""
SHARED = 0.5
"""Of the frames of the one that is seen less long: they have to share this much of them to be compared at all."""
PART = 0.9
"""Share of a thing that lies in another one, from which it is a part of it or carried in it."""
MOST_COMPARED = 24
"""Shared frames that are compared, evenly chosen: enough to tell two things apart."""


@dataclass(frozen=True)
class Arrivals:
    """What became of things that were found."""

    tracks: tuple[int, ...]
    """of each, in the order given: the id of its track"""
    new: Mapping[int, int]
    """id of a new track → place in the order given of the thing that it is made from; ids ascend"""


def arrivals(found: Sequence[FoundObject], tracks: Mapping[int, Sightings], taken: Collection[int]) -> Arrivals:
    """Which things are new. The same things in another order become the same tracks.

    Args:
        found: each is seen somewhere.
        tracks: id → where the tracks of the twin are seen.
        taken: ids that a new track may not have, besides those of `tracks`.
    """
    order = sorted(range(len(found)), key=lambda number: _standing(found[number]))
    known = dict(tracks)
    new: dict[int, int] = {}
    free = _free_ids(taken, max(tracks, default=0) + 1)
    for number in order:
        if _same_as(found[number].masks, known) is None:
            identity = next(free)
            known[identity], new[identity] = found[number].masks, number
    made = {number: identity for identity, number in new.items()}
    # Only now that all new ones are known: what was found twice goes to the track that fits best.
    which = [made.get(number) or _same_as(thing.masks, known) for number, thing in enumerate(found)]
    return Arrivals(tuple(identity for identity in which if identity is not None), new)


def parents(new: Collection[int], seen: Mapping[int, Sightings]) -> dict[int, int]:
    """New tracks that are parts of others → the smallest track that each lies in; no track is part of itself.

    Args:
        new: ids.
        seen: id → where each track is seen, the new ones included.
    """
    found: dict[int, int] = {}
    for part in sorted(new):
        around = [
            (share, whole)
            for whole in sorted(seen)
            if whole != part and (share := _size_within(seen[part], seen[whole])) is not None
        ]
        for _, whole in sorted(around):
            if part not in _line(whole, found):
                found[part] = whole
                break
    return found


def _line(track: int, parent: Mapping[int, int]) -> Iterator[int]:
    """The track, and what it is part of, and so on."""
    at: int | None = track
    while at is not None:
        yield at
        at = parent.get(at)


def _free_ids(taken: Collection[int], first: int) -> Iterator[int]:
    while True:
        if first not in taken:
            yield first
        first += 1


def _standing(thing: FoundObject) -> tuple[float, list[tuple[int, str]], list[tuple[str, float, str]], str]:
    """Surest first, then by everything else that tells two things apart."""
    seen = [(frame, thing.masks[frame].counts) for frame in sorted(thing.masks)]
    return -thing.score, seen, sorted((one.name, one.score, one.source) for one in thing.labels), thing.source


def _same_as(seen: Sightings, known: Mapping[int, Sightings]) -> int | None:
    """The track that this is, if any; of two that fit equally the first."""
    fits = [(-fit, track) for track in sorted(known) if (fit := _likeness(seen, known[track])) > SAME]
    return min(fits)[1] if fits else None


def _likeness(a: Sightings, b: Sightings) -> float:
    frames = sorted(a.keys() & b.keys())
    if not frames or len(frames) < SHARED * min(len(a), len(b)):
        return 0.0
    return _mean(iou, a, b, frames)


def _size_within(a: Sightings, b: Sightings) -> float | None:
    """Mean area of b where both are seen, if a lies in it; None if not."""
    frames = sorted(a.keys() & b.keys())
    if not frames or len(frames) < SHARED * len(a) or _mean(_share_within, a, b, frames) < PART:
        return None
    return _mean(lambda _, whole: float(area(whole)), a, b, frames)


def _share_within(a: Rle, b: Rle) -> float:
    size = area(a)
    return (size + area(b) - area(union([a, b]))) / size


def _mean(measure: Callable[[Rle, Rle], float], a: Sightings, b: Sightings, frames: Sequence[int]) -> float:
    step = max(1, len(frames) / MOST_COMPARED)
    chosen = [frames[int(i * step)] for i in range(int(len(frames) / step))]
    return sum(measure(a[frame], b[frame]) for frame in chosen) / len(chosen)
