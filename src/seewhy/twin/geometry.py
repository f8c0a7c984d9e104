"""Pure geometry over observations: smoothed paths, speeds, legs, runs.

Lengths are in frame diagonals, so that a pixel counts the same along both axes: x in 0..W/D and y in 0..H/D, where D
is the diagonal. Speeds are in diagonals per second.

Motion is motion *in the picture*: a thing that a panning camera follows stands still here, and a standing one drifts.
`camera.py` says where that matters and the events take it into account.

The input comes from an imperfect segmenter at about six observations a second, so nothing here trusts a single
observation: positions and areas are medians over half a second, motion is net displacement between turning points,
and short flickers are filled.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from seewhy.types.twin import Observation, Track, Twin

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SMOOTHING = 0.5
"""seconds: window of the running median; three observations at six per second, so one outlier is voted down"""
SPEED_WINDOW = 0.5
"""seconds: span over which a speed is a difference of positions; shorter ones measure the segmenter's jitter"""
LONGEST_GAP = 0.75
"""seconds: a track unseen for longer was away; shorter gaps are misses of the segmenter"""
BORDER = 0.012
"""of the frame: a box this close to the border touches it; masks are often one or two pixels short of it"""


@dataclass(frozen=True)
class Picture:
    """The picture's shape and sampling: what turns fractions into diagonals and seconds into observations."""

    width: float
    height: float
    """in diagonals"""
    step: float
    """seconds between sampled frames"""
    end: float
    """seconds: the video's end"""
    looked: tuple[float, float]
    """seconds: the first and the last sampled frame"""
    cuts: tuple[float, ...]

    @classmethod
    def of(cls, twin: Twin) -> Picture:
        diagonal = math.hypot(twin.video.width, twin.video.height)
        end = max(twin.video.duration, twin.frames[-1].t if twin.frames else 0.0)
        width, height = twin.video.width / diagonal, twin.video.height / diagonal
        looked = (twin.frames[0].t, twin.frames[-1].t) if twin.frames else (0.0, 0.0)
        return cls(width, height, max(twin.frame_step, 1e-3), end, looked, twin.tempo.cuts)

    @property
    def longest_gap(self) -> float:
        """Seconds; where frames are sampled thinly, at least two steps."""
        return max(LONGEST_GAP, 2.5 * self.step)

    def window(self, seconds: float) -> int:
        """The odd number of observations that lie in a window of so many seconds, at least 1."""
        return 2 * math.floor(seconds / 2 / self.step + 0.01) + 1


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A track in diagonals, smoothed. All arrays run over its n observations, in order of time."""

    track: int
    frames: NDArray[np.int64]
    t: Floats
    x: Floats
    y: Floats
    boxes: Floats
    """(n, 4): x0, y0, x1, y1, not smoothed"""
    area: Floats
    """of the mask, fraction of the frame"""
    depth: Floats
    """rank 0..1, 0 = nearest; NaN where not said"""
    clipped: Flags
    """the box touches the border: the thing may go on outside"""
    runs: tuple[tuple[int, int], ...]
    """half-open ranges of observations in which it is seen without a gap or cut"""
    picture: Picture

    def __len__(self) -> int:
        return len(self.t)

    @cached_property
    def velocity(self) -> Floats:
        """(n, 2), diagonals per second, measured within runs over SPEED_WINDOW, then a median of the same width."""
        v = np.zeros((len(self.t), 2))
        half = max(self.picture.window(SPEED_WINDOW) // 2, 1)
        for start, end in self.runs:
            if end - start < 2:
                continue
            i = np.arange(start, end)
            before, after = np.maximum(i - half, start), np.minimum(i + half, end - 1)
            dt = self.t[after] - self.t[before]
            p = np.stack([self.x, self.y], axis=1)
            v[start:end] = running_median((p[after] - p[before]) / dt[:, None], 2 * half + 1)
        return v

    @cached_property
    def speed(self) -> Floats:
        """(n,), diagonals per second."""
        return np.hypot(self.velocity[:, 0], self.velocity[:, 1])

    @cached_property
    def size(self) -> float:
        """Typical extent in diagonals: the median of sqrt(box width x height)."""
        b = self.boxes
        return median(np.sqrt(np.maximum((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]), 0.0)))

    def until(self, i: int) -> float:
        """The end of observation i's time, in seconds: a sampled frame stands for one step."""
        return min(float(self.t[i]) + self.picture.step, max(self.picture.end, float(self.t[i])))


def trajectory(track: Track, picture: Picture) -> Trajectory:
    """A track's smoothed path. Raises nothing: a track of one observation has speed 0 and one run."""
    seen: Sequence[Observation] = track.observations
    t = np.array([o.t for o in seen], np.float64)
    boxes = np.array([o.box for o in seen], np.float64).reshape(-1, 4)
    clipped: Flags = np.any(boxes[:, :2] <= BORDER, axis=1) | np.any(boxes[:, 2:] >= 1 - BORDER, axis=1)
    runs = _runs(t, picture)
    width = picture.window(SMOOTHING)
    columns = np.array(
        [(o.x * picture.width, o.y * picture.height, o.area, math.nan if o.depth is None else o.depth) for o in seen]
    ).reshape(-1, 4)
    for start, end in runs:
        columns[start:end] = running_median(columns[start:end], width)
    scale = np.array([picture.width, picture.height, picture.width, picture.height])
    x, y, area, depth = columns.T
    numbers = np.array([o.frame for o in seen], np.int64)
    return Trajectory(track.id, numbers, t, x, y, boxes * scale, area, depth, clipped, runs, picture)


def _runs(t: Floats, picture: Picture) -> tuple[tuple[int, int], ...]:
    if not len(t):
        return ()
    broken = np.diff(t) > picture.longest_gap
    for cut in picture.cuts:
        broken |= (t[:-1] < cut) & (t[1:] >= cut)
    edges = [0, *(np.flatnonzero(broken) + 1).tolist(), len(t)]
    return tuple(itertools.pairwise(edges))


def median(values: Floats) -> float:
    """The median; NaN of nothing. numpy's own answers the same, ten times slower on few values, and loads its masked
    arrays for it, which a search would wait for. No value may be NaN.

    >>> median(np.array([4.0, 1.0, 2.0])), median(np.array([4.0, 1.0]))
    (2.0, 2.5)
    """
    ordered = np.sort(values)
    if not len(ordered):
        return math.nan
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def running_median(values: Floats, width: int) -> Floats:
    """The median along the first axis over a centered window of odd width, shorter at the ends (so that they do not
    drift). NaN spreads to its window.

    >>> running_median(np.array([0.0, 1.0, 9.0, 3.0, 4.0]), 3).tolist()
    [0.0, 1.0, 3.0, 4.0, 4.0]
    """
    n = len(values)
    smooth = values.copy()
    for r in range(1, min(width // 2, (n - 1) // 2) + 1):
        # Rings from outside inwards: each round does what is at least r from both ends, the next ones do better.
        if r == 1:  # by far the most frequent width; sorting would take most of a twin's derivation
            a, b, c = values[:-2], values[1:-1], values[2:]
            smooth[1:-1] = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
        else:
            windows = np.stack([values[k : n - 2 * r + k] for k in range(2 * r + 1)])
            smooth[r : n - r] = np.partition(windows, r, axis=0)[r]
    return smooth


def legs(values: Floats, reversal: float) -> list[tuple[int, int]]:
    """Cuts a signal at its turning points: (first, last) index of each monotone leg; wobbles of less than
    `reversal` turn nothing. The zigzag of rainflow counting; robust to jitter and independent of speed.

    >>> legs(np.array([0.0, 1.0, 0.9, 2.0, 0.0, 0.1]), 0.5)
    [(0, 3), (3, 4), (4, 5)]
    """
    n = len(values)
    if n < 2:
        return []
    turns = [0]
    low = high = 0
    direction = 0
    for i in range(1, n):
        if values[i] > values[high]:
            high = i
        if values[i] < values[low]:
            low = i
        if direction >= 0 and values[high] - values[i] >= reversal:
            if direction > 0 or high > 0:
                turns.append(high)
            direction, low = -1, i
            high = i
        elif direction <= 0 and values[i] - values[low] >= reversal:
            if direction < 0 or low > 0:
                turns.append(low)
            direction, high = 1, i
            low = i
    # The last leg ends at its extreme, as the first one begins there: read backwards, the legs are the same.
    turns += [(low, n - 1, high)[direction + 1], n - 1]
    turns = sorted(set(turns))
    return list(itertools.pairwise(turns))


def trim(values: Floats, first: int, last: int, share: float = 0.04) -> tuple[int, int]:
    """The part of a leg in which it happens: without the plateaus at its ends that bring less than `share` of it.

    >>> trim(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 2.0]), 0, 5)
    (2, 4)
    """
    change = np.abs(values[first : last + 1] - values[first])
    whole = abs(values[last] - values[first])
    begun = np.flatnonzero(change > share * whole)
    rest = np.abs(values[first : last + 1] - values[last])
    going = np.flatnonzero(rest > share * whole)
    if not len(begun) or not len(going):
        return first, last
    return first + max(int(begun[0]) - 1, 0), first + min(int(going[-1]) + 1, last - first)


def flags_to_runs(flags: Flags, fill: int = 0, shortest: int = 1) -> list[tuple[int, int]]:
    """Half-open ranges where flags hold; gaps of at most `fill` are filled, then shorter ranges dropped.

    >>> flags_to_runs(np.array([1, 0, 1, 0, 0, 0, 1], bool), fill=1, shortest=2)
    [(0, 3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    found: list[tuple[int, int]] = []
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if found and start - found[-1][1] <= fill:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return [run for run in found if run[1] - run[0] >= shortest]


def hysteresis(values: Floats, on: float, off: float) -> Flags:
    """True from where values reach `on` back and forth to where they fall under `off` (off <= on).

    >>> hysteresis(np.array([0.6, 1.1, 0.6, 0.4, 0.6]), on=1.0, off=0.5).tolist()
    [True, True, True, False, False]
    """
    kept = np.zeros(len(values), bool)
    for start, end in flags_to_runs(values >= off):
        kept[start:end] = bool((values[start:end] >= on).any())
    return kept


def surety(value: float, threshold: float) -> float:
    """How surely `value` is over `threshold`, 0..1: 0.5 at it, 0.78 at 1.5 times, 0.9 at twice, 0 at nothing.

    >>> [round(surety(v, 2.0), 2) for v in (0.0, 1.0, 2.0, 3.0, 4.0)]
    [0.0, 0.12, 0.5, 0.78, 0.9]
    """
    ratio = max(value, 0.0) / threshold
    return 0.5 * ratio**2 if ratio < 1 else 1.0 - 0.5 * math.exp(-1.61 * (ratio - 1))
