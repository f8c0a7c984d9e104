"""Foreground of a stretch of frames → objects with an identity over time.

Offline: a forward reading gives each connected region to the tracks that are expected there, splits regions
that several tracks claim pixel by pixel, by place and color, and starts a track for what nothing expects and for
what has moved away from the rest of its track; a backward reading carries tracks that began late, because they
were one region with another or too faint, back to where they were before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.histograms import color_bins, histogram, smooth_histogram
from seewhy.perceive.motion import Floats
from seewhy.types.masks import Mask

FOREGROUND = 0.4
"""Probability from which a pixel belongs to some object."""
LEAST_PIXELS = 6
"""Smaller regions are noise, however small a region the settings allow."""
CLAIM = 0.3
"""A track claims a region when the smaller of the two is covered by the other to this share."""
LOST_FRAMES = 18
"""Frames after which a lost track is not expected to return."""
COLOR_MATCH = 0.3
"""Overlap of color histograms from which a region can be a lost track that has returned."""
SIZE_MATCH = 3.0
"""Its area may differ by this factor."""
REACH = 0.25
"""... and it may be this far, in frame diagonals, from where it was expected, and a tenth of it more per frame lost."""
PLACE_FLOOR = 0.03
"""Chance that a pixel belongs to a track that is not expected there."""
COLOR_FLOOR = 1e-3
"""Share of a color that a track was never seen to have."""
PLACE_BLUR, OWNER_BLUR = 2.0, 1.0
"""pixels: how wrong the expected place may be, and how smooth the border between two tracks is"""
LOST_WEIGHT = 0.3
"""of the place of a track that was not seen in the frame before"""
RETURNING = 0.2
"""Share of its expected area that a lost track must win of a region to count as seen again."""
KEPT = 0.4
"""Share of a track's area that must be there, going back, for it to have been there before."""
APART = 0.04
"""Frame diagonals between pieces of one track from which they are two tracks."""
APART_FRAMES, APART_COLORS = 6, 0.35
"""A track was part of another's region before it began, and not part of the other, if it lived on for so many
frames and their colors overlap by less."""
MEMORY = 0.8
"""Share of a track's colors that is kept in each frame."""


@dataclass
class Tracklet:
    """One object within a stretch of frames."""

    masks: dict[int, Mask] = field(default_factory=dict)
    """position within the stretch → where it is; none where it is not seen"""
    colors: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """histogram, running average"""
    ghost: Mask = field(default_factory=lambda: np.zeros((0, 0), bool))
    """where it is expected in the frame being looked at"""
    velocity: tuple[float, float] = (0.0, 0.0)
    """pixels per frame (dx, dy), running average"""
    last: int = 0


class Linker:
    """Links the foreground of consecutive frames at one working size."""

    def __init__(self, probabilities: Sequence[Floats], labs: Sequence[NDArray[np.uint8]], least_area: float) -> None:
        """
        Args:
            probabilities: of foreground, (H, W) each.
            labs: the frames, (H, W, 3).
            least_area: regions smaller than this share of the frame are left out.
        """
        self._probabilities = probabilities
        self._bins = [color_bins(lab) for lab in labs]
        height, width = probabilities[0].shape
        self._least: int = max(LEAST_PIXELS, round(least_area * height * width))
        self._reach = REACH * float(np.hypot(height, width))
        self._apart = APART * float(np.hypot(height, width))
        self.tracks: list[Tracklet] = []

    def forward(self, position: int, backward_flow: Floats | None) -> None:
        """Look at one more frame; `backward_flow` leads from it to the one before, None for the first."""
        for track in self.tracks:
            self._expect(track, position, backward_flow)
        count, regions, stats, _ = cv2.connectedComponentsWithStats(
            (self._probabilities[position] > FOREGROUND).astype(np.uint8), connectivity=8
        )
        present = [region for region in range(1, count) if stats[region, cv2.CC_STAT_AREA] >= self._least]
        claims = self._claims(position, np.asarray(regions, np.int32), present)
        unclaimed = [region for region in present if not claims[region]]
        main: dict[int, int] = {}
        for region in sorted(set(present) - set(unclaimed), key=lambda r: (-stats[r, cv2.CC_STAT_AREA], r)):
            inside = regions == region
            sole = claims[region][0] if len(claims[region]) == 1 else None
            if sole in main and self._gap(regions == main[sole], inside) > self._apart:
                unclaimed.append(region)
                continue
            if sole is not None:
                main.setdefault(sole, region)
            self._divide(position, inside, claims[region])
        for region in sorted(unclaimed, key=lambda r: -stats[r, cv2.CC_STAT_AREA]):
            inside = regions == region
            found = self._returned(position, inside)
            if found is None:
                found = len(self.tracks)
                self.tracks.append(Tracklet())
            self._put(found, position, inside)

    def backward(self, position: int, forward_flow: Floats) -> None:
        """Carry tracks that begin at position + 1 back into `position`; `forward_flow` leads from it to the next."""
        taken = np.zeros(self._probabilities[position].shape, bool)
        for track in self.tracks:
            if position in track.masks:
                taken |= track.masks[position]
        for track in self.tracks:
            if not track.masks or min(track.masks) != position + 1:
                continue
            expected = _warp_mask(track.masks[position + 1], forward_flow)
            inside = expected & ~taken & (self._probabilities[position] > FOREGROUND / 2)
            host = self._host(track, expected, position)
            if host is not None:
                inside |= self._share_of(track, host, expected, position, forward_flow)
            if np.count_nonzero(inside) < max(self._least, KEPT * np.count_nonzero(expected)):
                continue
            if host is not None:
                host.masks[position] = host.masks[position] & ~inside
            track.masks[position] = inside
            taken |= inside

    @staticmethod
    def _gap(one: Mask, other: Mask) -> float:
        """Pixels between two regions at their nearest."""
        away = cv2.distanceTransform((~one).astype(np.uint8), cv2.DIST_L2, 3)
        return float(away[other].min())

    def _host(self, track: Tracklet, expected: Mask, position: int) -> Tracklet | None:
        """The track in whose region `track`, which has lived apart since and looks different, may have been."""
        if len(track.masks) < APART_FRAMES:
            return None
        for other in self.tracks:
            mask = other.masks.get(position)
            if mask is None or np.count_nonzero(mask & expected) < 0.5 * np.count_nonzero(expected):
                continue
            if float(np.minimum(track.colors, other.colors).sum()) < APART_COLORS:
                return other
        return None

    def _share_of(self, track: Tracklet, host: Tracklet, expected: Mask, position: int, flow: Floats) -> Mask:
        """The pixels of the host's region that fit `track` better; none if they would leave nothing of the host."""
        region = host.masks[position]
        left = _warp_mask(host.masks[position + 1], flow) if position + 1 in host.masks else region & ~expected
        bins = self._bins[position]
        odds = np.log(track.colors[bins] + COLOR_FLOOR) - np.log(host.colors[bins] + COLOR_FLOOR)
        for mask, sign in ((expected, 1), (left, -1)):
            place = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), PLACE_BLUR)
            odds += sign * np.log(place + PLACE_FLOOR)
        share = region & (cv2.GaussianBlur(odds.astype(np.float32), (0, 0), OWNER_BLUR) > 0)
        rest = np.count_nonzero(region & ~share)
        return np.asarray(share if rest >= self._least else np.zeros_like(region))

    def _expect(self, track: Tracklet, position: int, flow: Floats | None) -> None:
        if flow is not None and track.last == position - 1:
            track.ghost = _warp_mask(track.masks[track.last], flow)
        else:
            shift = np.array([[1, 0, track.velocity[0]], [0, 1, track.velocity[1]]], np.float32)
            height, width = track.ghost.shape
            track.ghost = (
                cv2.warpAffine(track.ghost.astype(np.uint8), shift, (width, height), flags=cv2.INTER_NEAREST) > 0
            )

    def _claims(self, position: int, regions: NDArray[np.int32], present: list[int]) -> dict[int, list[int]]:
        """Region → the tracks expected there. Lost tracks only join in where others are: see `_returned`."""
        claims: dict[int, list[int]] = {region: [] for region in present}
        sizes = np.bincount(regions.ravel())
        live = [number for number, track in enumerate(self.tracks) if track.last == position - 1]
        lost = [
            number for number, track in enumerate(self.tracks) if position - LOST_FRAMES <= track.last < position - 1
        ]
        for number in live + lost:
            ghost = self.tracks[number].ghost
            covered = np.bincount(regions[ghost], minlength=len(sizes))
            for region in present:
                enough = covered[region] > CLAIM * min(int(ghost.sum()), int(sizes[region]))
                if enough and (number in live or claims[region]):
                    claims[region].append(number)
        return claims

    def _divide(self, position: int, inside: Mask, claimants: list[int]) -> None:
        """Give each pixel of a region to the claimant whose place and colors fit best."""
        if len(claimants) == 1:
            self._put(claimants[0], position, inside)
            return
        bins = self._bins[position][inside]
        chances = np.zeros((len(claimants), *inside.shape), np.float32)
        for plane, number in zip(chances, claimants, strict=True):
            track = self.tracks[number]
            place = cv2.GaussianBlur(track.ghost.astype(np.float32), (0, 0), PLACE_BLUR)[inside]
            if track.last < position - 1:
                place = place * LOST_WEIGHT
            plane[inside] = np.log(place + PLACE_FLOOR) + np.log(track.colors[bins] + COLOR_FLOOR)
            plane[...] = cv2.GaussianBlur(plane, (0, 0), OWNER_BLUR)
        shares = np.bincount(chances.argmax(axis=0)[inside], minlength=len(claimants))
        seen = [n for n, number in enumerate(claimants) if shares[n] >= self._least_share(number, position)]
        if not seen:
            seen = [int(shares.argmax())]
        owner = chances[seen].argmax(axis=0)
        for rank, n in enumerate(seen):
            own = inside & (owner == rank)
            if own.any():
                self._put(claimants[n], position, own)

    def _least_share(self, number: int, position: int) -> float:
        """Pixels of a divided region with which a track counts as seen; more for one that was lost."""
        track = self.tracks[number]
        if track.last == position - 1:
            return self._least / 2
        return max(self._least, RETURNING * np.count_nonzero(track.ghost))

    def _returned(self, position: int, inside: Mask) -> int | None:
        colors = self._colors(position, inside)
        center, size = _center(inside), int(inside.sum())
        best, found = 0.0, None
        for number, track in enumerate(self.tracks):
            lost = position - track.last
            if position in track.masks or lost > LOST_FRAMES:
                continue
            was = int(track.masks[track.last].sum())
            alike = float(np.minimum(colors, track.colors).sum())
            away = float(np.hypot(*(center - _center(track.ghost)))) if track.ghost.any() else self._reach
            reach = self._reach * (1 + 0.1 * lost)
            if alike < COLOR_MATCH or away > reach or not 1 / SIZE_MATCH < size / was < SIZE_MATCH:
                continue
            worth = alike * (1.5 - away / reach)
            if worth > best:
                best, found = worth, number
        return found

    def _put(self, number: int, position: int, inside: Mask) -> None:
        track = self.tracks[number]
        if position in track.masks:
            inside = inside | track.masks[position]
        elif track.masks and track.last == position - 1:
            step = _center(inside) - _center(track.masks[track.last])
            old = np.array(track.velocity) if len(track.masks) > 1 else step
            dx, dy = 0.5 * old + 0.5 * step
            track.velocity = (float(dx), float(dy))
        colors = self._colors(position, inside)
        track.colors = colors if not track.masks else MEMORY * track.colors + (1 - MEMORY) * colors
        track.masks[position] = inside
        track.ghost = inside
        track.last = position

    def _colors(self, position: int, inside: Mask) -> NDArray[np.float64]:
        counts = smooth_histogram(histogram(self._bins[position][inside]))
        return np.asarray(counts / max(counts.sum(), 1.0))


def _warp_mask(mask: Mask, flow: Floats) -> Mask:
    height, width = mask.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    moved = cv2.remap(mask.astype(np.float32), x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR)
    return np.asarray(moved > 0.5)


def _center(mask: Mask) -> NDArray[np.float64]:
    y, x = np.nonzero(mask)
    return np.array([x.mean(), y.mean()])
