"""What tracks are: detections in a few frames vote for the names of the tracks they lie on."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from seewhy.perceive.seams import Detection
from seewhy.types.masks import Mask, Rle, decode
from seewhy.types.twin import GENERIC_CATEGORY, Label

PHRASES = ("person", "face")
"""What a detector is asked for. Both speak for a person."""

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


class Names:
    """The votes on the tracks of one video."""

    def __init__(self, source: str) -> None:
        """
        Args:
            source: of the detector whose detections vote.
        """
        self.source = source
        self._looks: dict[int, int] = {}
        self._votes: dict[int, list[float]] = {}

    def look(self, masks: Mapping[int, Rle], detections: Sequence[Detection]) -> None:
        """Take in one frame: its tracks (id → mask) and what was detected in it.

        A detection speaks for the one track that it fits best; a person and a face on one track are one vote.
        """
        decoded = {track: decode(mask) for track, mask in sorted(masks.items())}
        won: dict[int, float] = {}
        for detection in detections:
            fits = {track: fit(detection, mask) for track, mask in decoded.items()}
            best = max(fits, key=lambda track: (fits[track], -track), default=None)
            if best is not None and fits[best] > 0:
                won[best] = max(won.get(best, 0.0), detection.score)
        for track in decoded:
            self._looks[track] = self._looks.get(track, 0) + 1
            if track in won:
                self._votes.setdefault(track, []).append(won[track])

    def labels(self, track: int, unnamed: Label) -> tuple[Label, ...]:
        """What the track is, best first; `unnamed` where too few frames agree.

        The score is the mean score of the votes, times how far the number of looks that agreed can be trusted: each
        vote more halves the doubt that is left.
        """
        votes = self._votes.get(track, [])
        if len(votes) < MIN_VOTES or len(votes) < MIN_SHARE * self._looks[track]:
            return (unnamed,)
        score = sum(votes) / len(votes) * (1 - 0.5 ** len(votes))
        return (Label(name="person", score=score, source=self.source),)


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
    if overlap >= PERSON_IOU or (shared >= PERSON_COVERED * mask_area and shared >= PERSON_FILLED * box_area):
        return max(overlap, PERSON_IOU)
    return 0.0
