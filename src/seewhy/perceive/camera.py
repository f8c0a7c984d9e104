"""What the camera does, from the homographies that the background follows, and how near it is to its subject.

Turning, zooming and trembling are told apart in time: what goes on in one direction for half a second or more is a
pan, a tilt or a zoom; what comes and goes faster is a hand. A camera may do several at once, and each is said with the
time it is done in. When the camera pans to the right, the background moves to the left.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.perceive.seams import CameraStep, Segmentation
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import Attribute

SOURCE = "embedded.camera@1"

Floats = NDArray[np.float64]

SMOOTH_SECONDS = 0.8
"""over which motion is averaged: a hand trembles faster, a pan lasts longer"""
TURNING = 0.045
"""Frame heights per second from which the camera turns: 2 s for the tenth of a picture."""
ZOOMING = 0.045
"""Natural logarithm of magnification per second from which it zooms: a tenth larger in 2 s."""
LEAST_SECONDS = 0.5
"""that a pan, tilt or zoom lasts"""
GAP_SECONDS = 0.4
"""A pan that slackens for no longer goes on."""
LEAST_WAY = (0.08, 0.08, 0.05)
"""How far a pan, a tilt (frame heights) and a zoom (logarithm) go at least: less is swaying."""
SWAYING = 5.0
"""A hand that trembles sways too: what it turns by has to be this many times its tremor."""
TREMBLING = 0.003
"""Median, over a shot, of how far a step differs from the mean of its neighbors, in frame heights, from which a hand
holds the camera: one and a half pixels of 480. On a tripod it is what the fit errs by, a tenth of that. A median, since
a tripod's pan begins and ends with a jerk."""
TRUSTED_INLIERS = 0.3
"""With fewer background points agreeing, a step's motion is what most of the picture does, camera or not."""
SUREST, LEAST_SURE = 0.95, 0.5

CLOSE_UP_FROM, WIDE_UNDER = 0.32, 0.04
"""Median area of the most salient thing, as a fraction of the frame."""
SCALE_SCORES = {"close-up": 0.6, "medium": 0.45, "wide": 0.55}
"""Low: what was segmented may be a part of the subject, or more than it."""

_DIRECTIONS = (("pan right", "pan left"), ("tilt up", "tilt down"), ("zoom in", "zoom out"))
"""of positive and negative rates"""


class _Rates(NamedTuple):
    """The camera's motion in one shot. All run in parallel, one entry per step between sampled frames."""

    spans: tuple[Span, ...]
    """from the previous frame to this one"""
    turns: Floats
    """(N, 3): to the right and up in frame heights, and magnification as a logarithm, in this step"""
    inliers: Floats

    @property
    def seconds(self) -> Floats:
        return np.array([span.duration for span in self.spans])


def camera_attributes(segmentation: Segmentation, largest_area: float) -> tuple[Attribute, ...]:
    """What the camera does, with spans, and the scale of the shot.

    Args:
        segmentation: whose homographies are in pixels of its own size.
        largest_area: median area of the most salient track, as a fraction of the frame; 0: there is none, and nothing
            is said of the scale.
    """
    said = [attribute for shot in _shots(segmentation) for attribute in _of_shot(shot)]
    return (*_joined(said), *_scale(largest_area))


def _scale(largest_area: float) -> Iterator[Attribute]:
    if largest_area > 0:
        value = "wide" if largest_area < WIDE_UNDER else "close-up" if largest_area >= CLOSE_UP_FROM else "medium"
        yield Attribute(kind="shot_scale", value=value, score=SCALE_SCORES[value], source=SOURCE)


def _shots(segmentation: Segmentation) -> Iterator[_Rates]:
    """The steps between cuts."""
    height, width = segmentation.size
    spans: list[Span] = []
    turns: list[tuple[float, float, float]] = []
    inliers: list[float] = []
    times = [frame.t for frame in segmentation.frames]
    for before, now, step in zip(times, times[1:], segmentation.camera[1:], strict=False):
        if step.cut:
            if spans:
                yield _Rates(tuple(spans), np.array(turns), np.array(inliers))
            spans, turns, inliers = [], [], []
            continue
        spans.append(Span(start=before, end=now))
        turns.append(_turn(step, height, width))
        inliers.append(step.inliers)
    if spans:
        yield _Rates(tuple(spans), np.array(turns), np.array(inliers))


def _turn(step: CameraStep, height: int, width: int) -> tuple[float, float, float]:
    """How far the camera turned right and up, in frame heights, and the logarithm of its magnification."""
    center = np.array([width / 2, height / 2, 1.0])
    matrix = step.homography
    x, y, w = matrix @ center
    if abs(w) < 1e-9:
        return 0.0, 0.0, 0.0
    # The Jacobian of the projection at the picture's middle.
    jacobian = (matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w
    magnification = math.sqrt(max(abs(float(np.linalg.det(jacobian))), 1e-6))
    return float(width / 2 - x / w) / height, float(y / w - height / 2) / height, math.log(magnification)


def _of_shot(rates: _Rates) -> Iterator[Attribute]:
    seconds = rates.seconds
    trust = np.clip(rates.inliers / TRUSTED_INLIERS, 0.2, 1.0)
    smooth = np.stack([_smoothed(rates.turns[:, axis], seconds) for axis in range(3)], axis=1)
    whole = rates.spans[0].hull(rates.spans[-1])
    tremble = _tremble(rates.turns[:, :2])
    moving: list[Span] = []
    for axis, names in enumerate(_DIRECTIONS):
        least = ZOOMING if axis == 2 else TURNING
        for sign, name in zip((1, -1), names, strict=True):
            for first, last in _runs(sign * smooth[:, axis] > least, rates.spans):
                span = rates.spans[first].hull(rates.spans[last])
                if span.duration < min(LEAST_SECONDS, whole.duration):
                    continue
                way = float(sign * rates.turns[first : last + 1, axis].sum())
                if way < max(LEAST_WAY[axis], SWAYING * tremble if axis < 2 else 0.0):
                    continue
                rate = way / max(span.duration, 1e-9)
                score = _surer(rate / least) * float(trust[first : last + 1].mean())
                yield _motion(name, score, span)
                moving.append(span)
    sure = float(trust.mean())
    if tremble > TREMBLING:
        yield _motion("handheld", _surer(tremble / TREMBLING) * sure, whole)
        return
    for rest in _rests(whole, moving):
        yield _motion("static", _surer(TREMBLING / max(tremble, 1e-6)) * sure, rest)


def _motion(value: str, score: float, span: Span) -> Attribute:
    return Attribute(kind="camera_motion", value=value, score=round(score, 3), source=SOURCE, span=span)


def _surer(ratio: float) -> float:
    """How sure a value is that is `ratio` times what it has to be at least."""
    return LEAST_SURE + (SUREST - LEAST_SURE) * (1 - math.exp(1 - max(ratio, 1.0)))


def _smoothed(turned: Floats, seconds: Floats) -> Floats:
    """Mean rate per second over SMOOTH_SECONDS around each step; shorter at the ends."""
    ends = np.cumsum(seconds)
    middles = ends - seconds / 2
    near = np.abs(middles[:, None] - middles[None, :]) <= SMOOTH_SECONDS / 2
    rate: Floats = (near @ turned) / np.maximum(near @ seconds, 1e-9)
    return rate


def _tremble(turned: Floats) -> float:
    """Median way, in the picture (N, 2), by which a step differs from the mean of the steps before and after it."""
    if len(turned) < 3:
        return 0.0
    difference = turned[1:-1] - (turned[:-2] + turned[2:]) / 2
    return float(np.median(np.hypot(difference[:, 0], difference[:, 1])))


def _runs(active: NDArray[np.bool_], spans: tuple[Span, ...]) -> Iterator[tuple[int, int]]:
    """First and last step of each stretch that is active, short gaps closed."""
    start: int | None = None
    last = 0
    for index in np.flatnonzero(active):
        if start is not None and spans[index].start - spans[last].end > GAP_SECONDS:
            yield start, last
            start = None
        start, last = (int(index) if start is None else start), int(index)
    if start is not None:
        yield start, last


def _rests(whole: Span, moving: list[Span]) -> Iterator[Span]:
    """What is left of a shot between the spans in which the camera moves."""
    at = whole.start
    for span in merge_spans(moving):
        if span.start - at >= min(LEAST_SECONDS, whole.duration):
            yield Span(start=at, end=span.start)
        at = span.end
    if whole.end - at >= min(LEAST_SECONDS, whole.duration):
        yield Span(start=at, end=whole.end)


def _joined(said: list[Attribute]) -> list[Attribute]:
    """The same motion in shots one after the other is one; in order of time."""
    joined: list[Attribute] = []
    for attribute in sorted(said, key=lambda a: (a.value, a.span.start if a.span else 0.0)):
        last = joined[-1] if joined else None
        same = last is not None and last.value == attribute.value
        if same and last and last.span and attribute.span and attribute.span.start - last.span.end <= GAP_SECONDS:
            a, b = last.span.duration, attribute.span.duration
            score = (last.score * a + attribute.score * b) / max(a + b, 1e-9)
            joined[-1] = _motion(last.value, score, last.span.hull(attribute.span))
        else:
            joined.append(attribute)
    return sorted(joined, key=lambda a: (a.span.start if a.span else 0.0, -a.score, a.value))
