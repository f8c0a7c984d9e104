"""Pace and cuts."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seewhy.perceive.seams import CameraStep, Segmentation
from seewhy.perceive.tempo import FAST_FROM, MODERATE_FROM, STILL_UNDER, pace_of, tempo_of
from seewhy.types.video import FrameTime


def _film(motion: list[float], cuts: tuple[int, ...] = ()) -> Segmentation:
    frames = tuple(FrameTime(index=4 * i, pts=4 * i, t=i / 6) for i in range(len(motion)))
    camera = tuple(CameraStep(np.eye(3), 1.0, i in cuts) for i in range(len(motion)))
    return Segmentation(frames, (120, 160), (), camera, tuple(motion))


@pytest.mark.parametrize(("motion", "pace"), [(0.0003, "still"), (0.01, "slow"), (0.06, "moderate"), (0.3, "fast")])
def test_pace_follows_motion(motion: float, pace: str) -> None:
    tempo = tempo_of(_film([0.0, *[motion] * 11]))
    assert tempo.pace is not None
    assert (tempo.pace.kind, tempo.pace.value) == ("pace", pace)
    assert tempo.pace.score >= 0.5
    assert tempo.motion == pytest.approx(motion)


@pytest.mark.parametrize("border", [STILL_UNDER, MODERATE_FROM, FAST_FROM])
def test_near_a_border_it_is_unsure(border: float) -> None:
    below, above = pace_of(border * 0.98), pace_of(border * 1.02)
    assert below[0] != above[0]
    assert max(below[1], above[1]) < 0.5


def test_more_motion_is_never_a_slower_pace() -> None:
    order = ["still", "slow", "moderate", "fast"]
    places = [order.index(pace_of(motion)[0]) for motion in np.geomspace(1e-4, 1, 60)]
    assert all(a <= b for a, b in pairwise(places))


def test_cuts_are_times_and_do_not_count_as_motion() -> None:
    motion = [0.0, 0.01, 0.01, 9.0, 0.01, 0.01]
    tempo = tempo_of(_film(motion, cuts=(3,)))
    assert tempo.cuts == (pytest.approx(0.5),)
    assert tempo.motion == pytest.approx(0.01)


def test_many_cuts_make_a_fast_pace() -> None:
    tempo = tempo_of(_film([0.0, *[0.01] * 23], cuts=(4, 9, 15, 20)))
    assert tempo.pace is not None
    assert tempo.pace.value == "fast"


@pytest.mark.parametrize("count", [0, 1])
def test_without_motion_to_judge_it_is_still_but_unsure(count: int) -> None:
    tempo = tempo_of(_film([0.0] * count))
    assert tempo.pace is not None
    assert tempo.pace.value == "still"
    assert tempo.pace.score < 0.5
