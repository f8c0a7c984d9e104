"""What tracks are: detections in a few frames vote for the names of the tracks they lie on.

Ask the detector for `asks_for(detector, settings)`, and count votes with `names_for(detector, settings)`. Show `look`
each frame at most once, with all that was detected in it, whoever asked the detector.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from seewhy.perceive.local.vocabulary import vocabulary, wider_classes
from seewhy.perceive.seams import Detection, Detector
from seewhy.settings import Settings
from seewhy.types.masks import Mask, Rle, decode
from seewhy.types.twin import GENERIC_CATEGORY, Label

PHRASES = ("person", "face")
"""What every detector that knows them is asked for. Both speak for a person."""

MOST_LABELS = 5
"""of one track: the best, and what else it may be"""

MOST_LOOKS = 6
LEAST_LOOKS = 3
FRAMES_PER_LOOK = 5
"""A detector is shown one sampled frame in so many, within these bounds: it takes five times as long as all the other
specialists that look at a frame again, and a name needs a few views, not all."""

MIN_VOTES = 2
"""Frames that must agree on a name. One detection alone is as often a tree as a person."""

MIN_SHARE = 0.25
"""Of the looks at a track, the share that must agree. Detectors of people miss many poses: half is too much to ask."""

PERSON_IOU = 0.4
"""A person's box and a track's box are of one thing from this overlap on. The usual 0.5 asks too much of boxes with
the loose margins that detectors of people have."""

PERSON_COVERED = 0.85
PERSON_FILLED = 0.3
"""Or: this share of the mask lies in the box and fills this share of the box, as the mask of a person without feet
does."""

THING_IOU = 0.5
THING_COVERED = 0.85
THING_FILLED = 0.5
"""The same of any other thing. Its mask fills half of the box at least: a plate lies in the box of its table, too."""

FACE_COVERED = 0.6
"""Share of a face's box that the mask must cover. The corners of the box are not of the head."""

FACE_SHARE = 0.02
"""Least area of a face's box as a share of the mask's: a standing person's is about 0.07 of the body; a driver's
is far less of the car."""

FACE_HEIGHT = 0.5
"""A face's center lies in this upper part of its person's box."""


def budget(frames: int) -> int:
    """How many of so many sampled frames are looked at.

    >>> [budget(frames) for frames in (1, 20, 60, 600)]
    [1, 4, 6, 6]
    """
    return min(frames, MOST_LOOKS, max(LEAST_LOOKS, frames // FRAMES_PER_LOOK))


def frames_to_look_at(tracks: Sequence[Collection[int]], budget: int) -> tuple[int, ...]:
    """Frames that together show each track often and far apart in time, sorted.

    The track with the fewest looks so far chooses next, the most salient first; it takes the frame that is farthest
    from those in which it has been looked at (at first: the middle one).

    Args:
        tracks: for each, most salient first, the positions of the frames that show it.
        budget: most frames in all.

    >>> frames_to_look_at([range(0, 9)], budget=3)
    (0, 4, 8)
    """
    chosen: set[int] = set()
    views = [sorted(set(track)) for track in tracks]
    while len(chosen) < budget:
        wanting = [(len(chosen & set(view)), rank) for rank, view in enumerate(views) if set(view) - chosen]
        if not wanting:
            break
        view = views[min(wanting)[1]]
        seen = sorted(chosen & set(view)) or [view[0], view[-1]]
        chosen.add(max((p for p in view if p not in chosen), key=lambda p: (min(abs(p - s) for s in seen), -p)))
    return tuple(sorted(chosen))


def asks_for(detector: Detector, settings: Settings) -> tuple[str, ...]:
    """The phrases to ask a detector for: all that it knows; of one that knows any, the vocabulary of the settings.

    Raises:
        SettingsError: the vocabulary cannot be read.
    """
    known = detector.vocabulary
    if known is None:
        return vocabulary(settings)
    first = tuple(phrase for phrase in PHRASES if phrase in known)
    return (*first, *sorted(known - set(first)))


def names_for(detector: Detector, settings: Settings) -> Names:
    """Votes to be cast by a detector.

    Raises:
        SettingsError: the vocabulary cannot be read.
    """
    if detector.vocabulary is not None:
        return Names(detector.source)
    return Names(detector.source, wider_classes(settings), one_look_counts=True)


class Names:
    """The votes on the tracks of one video."""

    def __init__(
        self, source: str, wider: Mapping[str, str] = MappingProxyType({}), one_look_counts: bool = False
    ) -> None:
        """
        Args:
            source: of the detector whose detections vote.
            wider: name → the wider class that its label is to have.
            one_look_counts: of a track that is looked at only once, one vote is enough. It is for detectors that err
                less than they miss.
        """
        self.source = source
        self._wider = wider
        self._one_look_counts = one_look_counts
        self._looks: dict[int, int] = {}
        self._votes: dict[int, dict[str, list[float]]] = {}

    def look(self, masks: Mapping[int, Rle], detections: Sequence[Detection]) -> None:
        """Take in one frame: its tracks (id → mask) and what was detected in it.

        A detection speaks for the one track that it fits best; of several with one name on one track the best counts. A
        person and a face on one track are one vote.
        """
        decoded = {track: decode(mask) for track, mask in sorted(masks.items())}
        won: dict[int, dict[str, float]] = {}
        for detection in detections:
            fits = {track: fit(detection, mask) for track, mask in decoded.items()}
            best = max(fits, key=lambda track: (fits[track], -track), default=None)
            if best is not None and fits[best] > 0:
                name, mine = _name(detection.phrase), won.setdefault(best, {})
                mine[name] = max(mine.get(name, 0.0), detection.score)
        for track in decoded:
            self._looks[track] = self._looks.get(track, 0) + 1
            for name, score in won.get(track, {}).items():
                self._votes.setdefault(track, {}).setdefault(name, []).append(score)

    def labels(self, track: int, unnamed: Label) -> tuple[Label, ...]:
        """What the track is, best first, MOST_LABELS at most; `unnamed` where too few frames agree on any name.

        The score of a name is the mean score of its votes, times how far their number can be trusted (each vote more
        halves the doubt that is left), times its votes as a share of those for the name that has most:
        mean · (1 - 2^-votes) · votes / most votes. So what one frame in six saw more clearly than the others saw
        something else comes second.
        """
        cast = self._votes.get(track, {})
        looks = self._looks.get(track, 0)
        least = 1 if self._one_look_counts and looks == 1 else MIN_VOTES
        agreed = {name: votes for name, votes in cast.items() if len(votes) >= max(least, MIN_SHARE * looks)}
        if not agreed:
            return (unnamed,)
        most = max(map(len, agreed.values()))
        labels = [
            Label(
                name=name,
                score=sum(votes) / len(votes) * (1 - 0.5 ** len(votes)) * (len(votes) / most),
                source=self.source,
                broader=self._wider.get(name),
            )
            for name, votes in agreed.items()
        ]
        return tuple(sorted(labels, key=lambda label: (-label.score, label.name))[:MOST_LABELS])


def _name(phrase: str) -> str:
    return "person" if phrase in PHRASES else phrase


def unnamed(score: float, source: str) -> Label:
    """The label of a track that is an object and no more: as sure as it is an object at all."""
    return Label(name=GENERIC_CATEGORY, score=score, source=source)


def fit(detection: Detection, mask: Mask) -> float:
    """How well a detection's box fits a track's mask, 0..1; 0: it is of something else."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return 0.0
    height, width = mask.shape
    x0, y0, x1, y1 = (side * scale for side, scale in zip(detection.box, (width, height, width, height), strict=True))
    inside = mask[max(0, math.floor(y0)) : math.ceil(y1), max(0, math.floor(x0)) : math.ceil(x1)]
    box_area, mask_area = (x1 - x0) * (y1 - y0), int(mask.sum())
    if inside.size == 0 or box_area <= 0:
        return 0.0
    shared = int(inside.sum())
    top, bottom = float(rows[0]), float(rows[-1] + 1)
    if detection.phrase == "face":
        high = (y0 + y1) / 2 <= top + FACE_HEIGHT * (bottom - top)
        covered = shared / int(inside.size)
        return covered if high and covered >= FACE_COVERED and box_area >= FACE_SHARE * mask_area else 0.0
    left, right = float(columns[0]), float(columns[-1] + 1)
    common = max(0.0, min(x1, right) - max(x0, left)) * max(0.0, min(y1, bottom) - max(y0, top))
    overlap = float(common / (box_area + (right - left) * (bottom - top) - common))
    least, covered_from, filled_from = (
        (PERSON_IOU, PERSON_COVERED, PERSON_FILLED)
        if detection.phrase == "person"
        else (THING_IOU, THING_COVERED, THING_FILLED)
    )
    if overlap >= least or (shared >= covered_from * mask_area and shared >= filled_from * box_area):
        return max(overlap, least)
    return 0.0
