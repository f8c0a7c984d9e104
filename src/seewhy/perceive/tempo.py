"""Pace: how much moves in a video, the camera's motion taken out, and where it is cut."""

from __future__ import annotations

import math

import numpy as np

from seewhy.perceive.seams import Segmentation
from seewhy.types.twin import Attribute, Tempo

SOURCE = "embedded.tempo@1"

STILL_UNDER = 0.0015
"""Mean motion in frame diagonals per second under which nothing moves. A thing of a hundredth of the picture that
crosses it in 6 s is as much; the flow's errors in a still picture are half of it."""
MODERATE_FROM, FAST_FROM = 0.03, 0.11
"""Where slow becomes moderate, and moderate fast: a tenth of the picture crosses it in 3 s, or in 1 s."""
CUTS_A_MINUTE = 20.0
"""A video that is cut more often than every three seconds is fast, whatever its shots show."""
SOFTNESS = 0.35
"""Of a border, in natural logarithms of the motion: nearer to one the next word is as good."""
AT_BORDER, SUREST = 0.4, 0.9
"""scores"""
UNSEEN = 0.4
"""The score of a pace judged from a single frame."""

_PACES = ("still", "slow", "moderate", "fast")
_BORDERS = (STILL_UNDER, MODERATE_FROM, FAST_FROM)


def tempo_of(segmentation: Segmentation) -> Tempo:
    """Pace, mean motion, and the times of the cuts of a whole video."""
    steps = list(zip(segmentation.frames, segmentation.camera, segmentation.motion, strict=True))[1:]
    cuts = tuple(frame.t for frame, step, _ in steps if step.cut)
    moved = [motion for _, step, motion in steps if not step.cut]
    if not moved:
        return Tempo(pace=Attribute(kind="pace", value="still", score=UNSEEN, source=SOURCE), motion=0.0, cuts=cuts)
    motion = float(np.mean(moved))
    seconds = segmentation.frames[-1].t - segmentation.frames[0].t
    pace, score = pace_of(motion)
    if len(cuts) * 60 > CUTS_A_MINUTE * seconds and len(cuts) > 1:
        pace, score = "fast", max(score if pace == "fast" else 0.0, 0.7)
    return Tempo(pace=Attribute(kind="pace", value=pace, score=score, source=SOURCE), motion=motion, cuts=cuts)


def pace_of(motion: float) -> tuple[str, float]:
    """The word for a mean motion in frame diagonals per second, and how far it lies from the next word, 0..1.

    >>> pace_of(0.0), pace_of(0.06)[0]
    (('still', 0.9), 'moderate')
    """
    pace = _PACES[sum(motion >= border for border in _BORDERS)]
    distance = min(abs(math.log(max(motion, 1e-6) / border)) for border in _BORDERS)
    return pace, round(SUREST - (SUREST - AT_BORDER) * math.exp(-distance / SOFTNESS), 3)
