"""Pieces: what a tracker followed under one number, and what stitching needs to know of it.

A tracker loses what is hidden for long, and everything at a cut. What it saw of one thing are then several pieces,
and `stitching` finds out which of them are of one thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.histograms import BIN_COUNT, color_bins, histogram
from seewhy.perceive.local.tracking import Seen
from seewhy.perceive.observing import Place
from seewhy.types.masks import Mask, Rle, encode
from seewhy.types.twin import Label
from seewhy.types.video import Image

MOST_LABELS = 5
"""Kept of one piece, best first."""

Colors = NDArray[np.float64]
"""(BIN_COUNT,): how often each color was seen, see `histograms.histogram`."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What was followed under one number. `masks`, `scores` and `places` have the same keys, ascending."""

    aliases: tuple[str, ...]
    """the numbers it was followed under; more than one after duplicates were merged"""
    masks: dict[int, Rle]
    """sampled-frame position → mask at frame resolution, never empty"""
    scores: Mapping[int, float]
    """position → how surely it is seen there, 0..1"""
    places: Mapping[int, Place]
    colors: Colors
    found: float = 1.0
    """how surely it is an object, by what pointed at it, 0..1"""
    labels: tuple[Label, ...] = ()
    """what it is, best first; none: nobody said"""

    @property
    def first(self) -> int:
        return next(iter(self.masks))

    @property
    def last(self) -> int:
        return next(reversed(self.masks))


def place_of(mask: Mask) -> Place | None:
    """As `observing.place`, of a mask that is not encoded.

    >>> place_of(np.array([[False, True], [False, True]]))
    Place(x=0.75, y=0.5, box=(0.5, 0.0, 1.0, 1.0), area=0.5)
    """
    height, width = mask.shape
    pixels = np.ascontiguousarray(mask).view(np.uint8)
    moments = cv2.moments(pixels, binaryImage=True)
    count = moments["m00"]
    if not count:
        return None
    left, top, across, down = cv2.boundingRect(pixels)
    box = (left / width, top / height, (left + across) / width, (top + down) / height)
    x, y = (moments["m10"] / count + 0.5) / width, (moments["m01"] / count + 0.5) / height
    return Place(x, y, box, count / (height * width))


def merged_labels(said: Iterable[tuple[Sequence[Label], float]]) -> tuple[Label, ...]:
    """Labels of several, each with the weight of whom they are of: mean over those that have any, best first."""
    totals: dict[tuple[str, str], float] = {}
    kept: dict[tuple[str, str], Label] = {}
    whole = 0.0
    for labels, weight in said:
        whole += weight if labels else 0.0
        for label in labels:
            key = label.name, label.source
            totals[key] = totals.get(key, 0.0) + weight * label.score
            kept.setdefault(key, label)
    merged = [kept[key].model_copy(update={"score": total / whole}) for key, total in totals.items()]
    return tuple(sorted(merged, key=lambda label: (-label.score, label.name, label.source)))


@dataclass(slots=True)
class _Growing:
    """A piece that is not finished."""

    found: float
    masks: dict[int, Rle] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    colors: Colors = field(default_factory=lambda: np.zeros(BIN_COUNT))
    looks: int = 0
    """searches in which something was found on it"""
    votes: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Recorder:
    """Takes down what a tracker sees, frame by frame. Keeps no pictures: run lengths, places and one histogram each."""

    def __init__(self) -> None:
        self._growing: dict[int, _Growing] = {}

    def begin(self, number: int, found: float) -> None:
        """From now on there is an object of this number.

        Args:
            found: see `Piece.found`.
        """
        self._growing[number] = _Growing(found)

    def forget(self, number: int) -> None:
        """There never was such an object."""
        del self._growing[number]

    def take(self, position: int, image: Image, seen: Mapping[int, Seen]) -> None:
        """The objects seen in the frame at `position`, none of them empty; positions come in ascending order.

        Args:
            image: the frame at any size, RGB; colors are counted in it.
        """
        if not seen:
            return
        height, width = image.shape[:2]
        bins = color_bins(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.uint8))
        for number, (mask, score) in seen.items():
            where = place_of(mask)
            if where is None:
                raise ValueError(f"object {number} has an empty mask in frame {position}; leave it out")
            piece = self._growing[number]
            piece.masks[position], piece.scores[position], piece.places[position] = encode(mask), score, where
            small = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
            piece.colors += histogram(bins[small > 0])

    def vote(self, number: int, phrases: Mapping[str, float]) -> None:
        """What a search found on an object: phrase → score. One call for one search."""
        piece = self._growing[number]
        piece.looks += 1
        piece.found = max(piece.found, *phrases.values())
        for phrase, score in phrases.items():
            piece.votes[phrase] += score

    def score(self, number: int) -> float:
        """Mean score of an object so far; 0 for one that was not seen."""
        scores = self._growing[number].scores
        return sum(scores.values()) / len(scores) if scores else 0.0

    def found(self, number: int) -> float:
        """See `Piece.found`."""
        return self._growing[number].found

    def pieces(self, source: str) -> list[Piece]:
        """All that were seen at all, by number.

        A label's score is the sum of its votes over the searches that found something on the object.

        Args:
            source: who votes.
        """
        return [
            Piece((str(number),), one.masks, one.scores, one.places, one.colors, one.found, _labels(one, source))
            for number, one in sorted(self._growing.items())
            if one.masks
        ]


def _labels(piece: _Growing, source: str) -> tuple[Label, ...]:
    best = sorted(piece.votes.items(), key=lambda vote: (-vote[1], vote[0]))[:MOST_LABELS]
    return tuple(Label(name=phrase, score=min(1.0, total / piece.looks), source=source) for phrase, total in best)
