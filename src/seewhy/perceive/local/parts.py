"""Masks of one thing twice, and things that are parts of others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.local.overlaps import insides, ious
from seewhy.perceive.local.pieces import Piece, merged_labels
from seewhy.perceive.observing import place
from seewhy.perceive.seams import MaskTrack
from seewhy.types.masks import Rle, area

SAME = 0.7
"""IoU from which two masks are of one thing, as in mask NMS."""
MOSTLY = 0.7
"""Of the frames that show both, so many must agree for two pieces to be one."""
INSIDE = 0.8
"""Of a part's mask lies in the whole's; the rest is the edge, where trackers differ."""
SHARED = 0.8
"""Of the frames that show a part, so many show it inside of its whole: what passes in front is also seen beside it."""
LARGER = 1.5
"""Times the part's area is the whole's, at least: else they are two views of one thing."""
LOOKS = 24
"""Frames, spread evenly, in which two tracks are compared: enough for a share, however long the video."""
SWAY_OF_PART, SWAY_OF_WHOLE = 0.5, 0.05
"""How far a part may move against its whole, in square roots of the areas of the two: a wheel stays where it is on the
car while the car turns a little; a ball that rolls by moves by many times its size."""


def merge_duplicates(pieces: Sequence[Piece]) -> list[Piece]:
    """Each thing once: pieces that agree in most of the frames that show both become one.

    The better one's masks stay, the other's fill the frames in which it has none; labels are merged, by how long each
    was seen. Where two pieces agree for a while only, a tracker has jumped from the one thing to the other: then each
    keeps its own masks, and the less sure one loses those on which they agree.

    Returns:
        pieces in the order of their first frames.
    """
    agreeing, alone = _agreements(pieces)
    group = {number: {number} for number in range(len(pieces))}
    losing: dict[int, set[int]] = {}
    for (a, b), frames in sorted(agreeing.items()):
        if len(frames) >= MOSTLY * (len(frames) + alone.get((a, b), 0)):
            joined = group[a] | group[b]
            group |= dict.fromkeys(joined, joined)
        else:
            loser = min((a, b), key=lambda number: (_worth(pieces[number]), -number))
            losing.setdefault(loser, set()).update(frames)
    found = []
    for members in {min(group[number]): group[number] for number in group}.values():
        ranked = sorted(members, key=lambda number: (-_worth(pieces[number]), number))
        left = [_without(pieces[number], losing.get(number, ())) for number in ranked]
        one = _union([piece for piece in left if piece.masks])
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda piece: piece.first)


def with_parts(tracks: Sequence[MaskTrack], shots: Sequence[int]) -> list[MaskTrack]:
    """The same tracks, `part_of` filled in: the smallest of those that a track lies in and moves with.

    Args:
        shots: number of the shot of each sampled frame; a cut moves everything.
    """
    found = []
    for track in tracks:
        around = [
            (whole, number)
            for number, other in enumerate(tracks)
            if other is not track and (whole := _size_around(track, other, shots)) is not None
        ]
        found.append(replace(track, part_of=min(around)[1]) if around else track)
    return found


def _worth(piece: Piece) -> float:
    """What it says in all: how surely it is an object, times how surely and how long it was seen."""
    return piece.found * sum(piece.scores.values())


def _agreements(pieces: Sequence[Piece]) -> tuple[dict[tuple[int, int], list[int]], dict[tuple[int, int], int]]:
    """Of each pair: the frames in which both are seen and agree, and the number of those in which they do not.

    Pairs that never agree are left out of the first.
    """
    agreeing: dict[tuple[int, int], list[int]] = {}
    alone: dict[tuple[int, int], int] = {}
    for position, seen in _by_position(pieces):
        masks = [pieces[number].masks[position] for number in seen]
        overlaps = ious(masks, masks)
        for (i, a), (j, b) in itertools.combinations(enumerate(seen), 2):
            if overlaps[i, j] >= SAME:
                agreeing.setdefault((a, b), []).append(position)
            else:
                alone[a, b] = alone.get((a, b), 0) + 1
    return agreeing, alone


def _by_position(pieces: Sequence[Piece]) -> Iterator[tuple[int, list[int]]]:
    """The pieces that each frame shows."""
    shown: dict[int, list[int]] = {}
    for number, piece in enumerate(pieces):
        for position in piece.masks:
            shown.setdefault(position, []).append(number)
    yield from sorted(shown.items())


def _without(piece: Piece, positions: Iterable[int]) -> Piece:
    gone = set(positions)
    kept = [position for position in piece.masks if position not in gone]
    return piece if not gone else _at(piece, dict.fromkeys(kept, piece))


def _union(ranked: Sequence[Piece]) -> Piece | None:
    """One piece of several, the better first; None of none."""
    if len(ranked) <= 1:
        return ranked[0] if ranked else None
    owner = {position: piece for piece in reversed(ranked) for position in piece.masks}
    whole = _at(ranked[0], owner)
    return replace(
        whole,
        aliases=tuple(alias for piece in ranked for alias in piece.aliases),
        found=max(piece.found for piece in ranked),
        labels=merged_labels((piece.labels, len(piece.masks)) for piece in ranked),
    )


def _at(piece: Piece, owner: Mapping[int, Piece]) -> Piece:
    """`piece` with the masks of others: position → whose."""
    ordered = sorted(owner.items())
    return replace(
        piece,
        masks={position: whose.masks[position] for position, whose in ordered},
        scores={position: whose.scores[position] for position, whose in ordered},
        places={position: whose.places[position] for position, whose in ordered},
    )


def _size_around(part: MaskTrack, whole: MaskTrack, shots: Sequence[int]) -> float | None:
    """Mean area of `whole`, in pixels, if `part` is a part of it."""
    shared = sorted(part.masks.keys() & whole.masks.keys())
    if not shared or len(shared) < SHARED * len(part.masks):
        return None
    looks = [shared[i] for i in np.unique(np.linspace(0, len(shared) - 1, LOOKS).round().astype(int))]
    pairs = [(part.masks[position], whole.masks[position]) for position in looks]
    small, large = (float(np.mean([area(pair[side]) for pair in pairs])) for side in (0, 1))
    if large < LARGER * small:
        return None
    inside = [float(insides([a], [b])[0, 0]) >= INSIDE for a, b in pairs]
    if sum(inside) * len(shared) < SHARED * len(inside) * len(part.masks):
        return None
    allowed = SWAY_OF_PART * math.sqrt(small / large) + SWAY_OF_WHOLE
    for _, run in itertools.groupby(zip(looks, pairs, strict=True), key=lambda look: shots[look[0]]):
        spots = np.array([_spot(a, b) for _, (a, b) in run])
        if np.hypot(*(spots - np.median(spots, axis=0)).T).max() > allowed:
            return None
    return large


def _spot(part: Rle, whole: Rle) -> NDArray[np.float64]:
    """(2,): where the part is, seen from the middle of the whole, in square roots of the whole's area."""
    a, b = place(part), place(whole)
    assert a is not None
    assert b is not None
    height, width = whole.size
    side = math.sqrt(b.area * height * width)
    return np.array([(a.x - b.x) * width / side, (a.y - b.y) * height / side])
