"""Which pieces are of one thing: tracks from what a tracker followed before and after it lost sight.

::

    pieces ─▶ pairs that pass the gates ─▶ best first, one to one ─▶ tracks

A pair passes when the one begins after the other ends and

- class: what they are called agrees, or one of them has no name;
- appearance: their colors are alike, across a cut more so;
- time: not too long after;
- motion, within a shot: it is where the other would have got to by constant velocity, once the camera's own motion is
  taken out, and of about that size. A cut leaves no motion to go by.

Of two things that answer as well to one piece, neither is taken: a thing in two tracks does less harm than two in one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.histograms import smooth_histogram
from seewhy.perceive.local.pieces import Piece, merged_labels
from seewhy.perceive.local.salience import salience, shots_of
from seewhy.perceive.seams import CameraStep, MaskTrack
from seewhy.types.video import FrameTime

ALIKE = 0.8
"""Bhattacharyya coefficient of smoothed L*a*b* histograms from which two pieces of a shot may be of one thing. Measured
on true masks of 28 things in 22 clips, their first third against their last: all reach 0.88; of pairs of things from
different clips 27 % reach 0.8, and are left to the other gates."""
ALIKE_ACROSS = 0.93
"""The same across a cut, where nothing but looks can tell: 89 % of the same things reach it, 1 % of different ones."""
HIDDEN_SECONDS = 5.0
"""Something may be out of sight for so long within a shot; after that constant velocity says nothing."""
AWAY_SECONDS = 60.0
"""Something may be out of the picture for so long across cuts: a scene that is cut back to, not the whole film."""
VELOCITY_FRAMES = 6
"""Seen frames that a velocity is fitted to: at 6 frames/s a second."""
VELOCITY_SECONDS = 1.5
"""A velocity is believed for so long: then things have stopped, or turned."""
MISSES_SIZES = 1.0
"""A piece may begin so far from where it is expected, in square roots of its area: partial masks at the edge of what
hides it shift the centroid by about half its size ..."""
MISSES_RATE = 0.15
"""... and farther by so many frame diagonals for each second that it was out of sight."""
GROWS = 4.0
"""Ratio of areas up to which two pieces of a shot may be of one thing: twice as near."""
LEAST_INLIERS = 0.3
"""Of the background must follow the camera's motion for it to be believed; otherwise the camera is taken to stand."""
AMBIGUOUS = 0.95
"""A pair is not joined when another that excludes it is at least this much as strong."""
WEIGHTS = (0.4, 0.4, 0.2)
"""Of appearance, motion and time in the strength of a pair."""


class Link(NamedTuple):
    """Two pieces that may be of one thing, the earlier first."""

    before: int
    after: int
    strength: float
    """0..1: within a shot the margins by which the gates are passed (0: just, 1: fully), weighted by WEIGHTS;
    across a cut that of appearance"""
    across: bool
    """whether a cut lies between them"""

    def confidence(self, rival: float) -> float:
        """How surely they are of one thing, 0..1.

        (1/2 + 1/2 strength within a shot, 1/5 + 1/2 strength across a cut) * (1 - 1/2 min(1, rival / strength)).

        Args:
            rival: strength of the strongest pair that excludes this one; 0: there is none.
        """
        sure = (0.2 if self.across else 0.5) + 0.5 * self.strength
        return sure * (1.0 - 0.5 * min(1.0, rival / max(self.strength, 1e-9)))


def stitch(
    pieces: Sequence[Piece], times: Sequence[FrameTime], camera: Sequence[CameraStep], size: tuple[int, int]
) -> list[MaskTrack]:
    """Pieces → tracks, each with the aliases of its pieces, in the order of their first frames.

    A track's `id_confidence` is that of its weakest link, 1 without one; no frame has two of its masks. Its score is
    its `salience`, its labels are those of its pieces, weighted by how long each was seen.

    Args:
        times: of all sampled frames, as in `Segmentation.frames`.
        camera: as in `Segmentation.camera`, in pixels of frames of `size`.
        size: (height, width).
    """
    links = _links(pieces, _Course(times, camera, size))
    chains, confidence = _joined(pieces, links)
    return [_track([pieces[number] for number in chain], confidence[chain[0]], len(times)) for chain in chains]


class _Course:
    """How things move: places, in pixels, as the camera's motion carries them from frame to frame."""

    def __init__(self, times: Sequence[FrameTime], camera: Sequence[CameraStep], size: tuple[int, int]) -> None:
        self.seconds = [time.t for time in times]
        self.shots = shots_of(camera)
        self._camera = camera
        self._size = np.array([size[1], size[0]], np.float64)
        self.diagonal = float(np.hypot(*size))

    def miss(self, before: Piece, after: Piece) -> float:
        """By how much two pieces of a shot miss each other, in units of what is allowed: mean of there and back."""
        gap = self.seconds[after.first] - self.seconds[before.last]
        onward = self.carry(before.last, after.first)
        there = self._apply(onward, self._expected(before, gap)) - self._spot(after, after.first)
        back = self._apply(_inverse(onward), self._expected(after, -gap)) - self._spot(before, before.last)
        side = float(np.sqrt(max(_area(before, at_end=True), _area(after, at_end=False)) * self._size.prod()))
        allowed = MISSES_SIZES * side + MISSES_RATE * self.diagonal * gap
        return float(np.hypot(*there) + np.hypot(*back)) / 2 / allowed

    def carry(self, start: int, end: int) -> NDArray[np.float64]:
        """(3, 3): pixels of the frame at `start` → of a later one at `end`, as the background moves."""
        whole = np.eye(3)
        for step in self._camera[start + 1 : end + 1]:
            whole = _trusted(step) @ whole
        return whole

    def _spot(self, piece: Piece, position: int) -> NDArray[np.float64]:
        where = piece.places[position]
        return np.array([where.x, where.y]) * self._size

    def _expected(self, piece: Piece, seconds: float) -> NDArray[np.float64]:
        """(2,): where it is so long after its end, or before its begin, as seen from there; inside of the picture."""
        ahead = seconds > 0
        end = piece.last if ahead else piece.first
        near = list(piece.masks)[-VELOCITY_FRAMES:] if ahead else list(piece.masks)[:VELOCITY_FRAMES]
        spots, ages = [], []
        for position in near:
            forth = self.carry(min(position, end), max(position, end))
            spots.append(self._apply(forth if ahead else _inverse(forth), self._spot(piece, position)))
            ages.append(self.seconds[position] - self.seconds[end])
        here = self._spot(piece, end)
        if len(near) < 3 or ages[0] == ages[-1]:
            return here
        velocity = np.polyfit(ages, np.array(spots), 1)[0]
        believed = float(np.clip(seconds, -VELOCITY_SECONDS, VELOCITY_SECONDS))
        return np.asarray(np.clip(here + velocity * believed, 0, self._size), np.float64)

    def _apply(self, matrix: NDArray[np.float64], spot: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y, w = matrix @ np.array([*spot, 1.0])
        return np.array([x / w, y / w]) if abs(w) > 1e-9 else spot


def _trusted(step: CameraStep) -> NDArray[np.float64]:
    invertible = abs(float(np.linalg.det(step.homography))) > 1e-6
    return step.homography if step.inliers >= LEAST_INLIERS and invertible and not step.cut else np.eye(3)


def _inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.inv(matrix), np.float64)


def _area(piece: Piece, *, at_end: bool) -> float:
    """Largest area near an end, a fraction of the frame: at the very end it may be half hidden."""
    near = list(piece.places.values())
    return max(where.area for where in (near[-VELOCITY_FRAMES:] if at_end else near[:VELOCITY_FRAMES]))


def _links(pieces: Sequence[Piece], course: _Course) -> list[Link]:
    """All pairs that pass the gates, strongest first."""
    if not pieces:
        return []
    roots = np.sqrt([smooth_histogram(piece.colors) / max(piece.colors.sum(), 1.0) for piece in pieces])
    alike = np.minimum(roots @ roots.T, 1.0)
    found = []
    for a, before in enumerate(pieces):
        for b, after in enumerate(pieces):
            if before.last >= after.first or not _may_be_called_the_same(before, after):
                continue
            link = _gate(a, b, before, after, float(alike[a, b]), course)
            if link is not None:
                found.append(link)
    return sorted(found, key=lambda link: (-link.strength, link.after - link.before, link.before))


def _gate(a: int, b: int, before: Piece, after: Piece, alike: float, course: _Course) -> Link | None:
    gap = course.seconds[after.first] - course.seconds[before.last]
    if course.shots[before.last] != course.shots[after.first]:
        if alike < ALIKE_ACROSS or gap > AWAY_SECONDS:
            return None
        return Link(a, b, (alike - ALIKE_ACROSS) / (1 - ALIKE_ACROSS), across=True)
    if alike < ALIKE or gap > HIDDEN_SECONDS:
        return None
    areas = sorted((_area(before, at_end=True), _area(after, at_end=False)))
    if areas[1] > GROWS * areas[0]:
        return None
    miss = course.miss(before, after)
    if miss > 1:
        return None
    margins = ((alike - ALIKE) / (1 - ALIKE), 1 - miss, 1 - gap / HIDDEN_SECONDS)
    return Link(a, b, sum(w * margin for w, margin in zip(WEIGHTS, margins, strict=True)), across=False)


def _may_be_called_the_same(a: Piece, b: Piece) -> bool:
    """The best name of one is among the names of the other, or one has none."""
    names, others = [label.name for label in a.labels], [label.name for label in b.labels]
    return not names or not others or names[0] in others or others[0] in names


def _joined(pieces: Sequence[Piece], links: Sequence[Link]) -> tuple[list[list[int]], dict[int, float]]:
    """Chains of pieces in order of time, by their first frames; and, by its first piece, how sure each is."""
    chain_of = {number: [number] for number in range(len(pieces))}
    sure = dict.fromkeys(range(len(pieces)), 1.0)
    passed = {(link.before, link.after) for link in links}
    sharing: dict[tuple[str, int], list[Link]] = defaultdict(list)
    for link in links:
        sharing["before", link.before].append(link)
        sharing["after", link.after].append(link)
    for link in links:
        one, other = chain_of[link.before], chain_of[link.after]
        if one is other:
            continue
        chain = sorted(one + other, key=lambda number: (pieces[number].first, number))
        if not all(pair in passed for pair in pairwise(chain)):
            continue
        near = sharing["before", link.before] + sharing["after", link.after]
        rivals = [rival for rival in near if _excludes(rival, link, pieces)]
        undecided = [rival for rival in rivals if not _is_settled(rival, link, chain_of)]
        if any(rival.strength >= AMBIGUOUS * link.strength for rival in undecided):
            continue
        strongest = max((rival.strength for rival in rivals), default=0.0)
        confidence = min(link.confidence(strongest), sure[one[0]], sure[other[0]])
        for number in chain:
            chain_of[number] = chain
        sure[chain[0]] = confidence
    distinct = {id(chain): chain for chain in chain_of.values()}.values()
    return sorted(distinct, key=lambda chain: (pieces[chain[0]].first, chain[0])), sure


def _excludes(other: Link, link: Link, pieces: Sequence[Piece]) -> bool:
    """Whether a pair that shares a piece with this one excludes it: both would put one thing in two places at once."""
    if other.before == link.before:
        a, b = pieces[other.after], pieces[link.after]
    else:
        a, b = pieces[other.before], pieces[link.before]
    return other != link and a.first <= b.last and b.first <= a.last


def _is_settled(rival: Link, link: Link, chain_of: Mapping[int, list[int]]) -> bool:
    """Whether the piece that a rival would take instead has found another one already."""
    if rival.before == link.before:
        return chain_of[rival.after][0] != rival.after
    return chain_of[rival.before][-1] != rival.before


def _track(chain: Sequence[Piece], confidence: float, frames: int) -> MaskTrack:
    masks = {position: mask for piece in chain for position, mask in piece.masks.items()}
    scores = {position: score for piece in chain for position, score in piece.scores.items()}
    places = {position: where for piece in chain for position, where in piece.places.items()}
    found = max(piece.found for piece in chain)
    return MaskTrack(
        masks=masks,
        score=salience(scores, places, found, frames),
        scores=scores,
        id_confidence=confidence,
        labels=merged_labels((piece.labels, len(piece.masks)) for piece in chain),
        aliases=tuple(alias for piece in chain for alias in piece.aliases),
    )
