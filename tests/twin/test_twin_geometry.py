"""The pure functions under the events, against plain references."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twinmaker import Maker, line, stand

from seewhy.twin.geometry import Picture, flags_to_runs, hysteresis, legs, running_median, surety, trajectory

SIGNAL = st.lists(st.floats(-1, 1, allow_nan=False, width=32), min_size=0, max_size=40).map(np.array)
QUICK = settings(max_examples=100, deadline=None, derandomize=True)


@QUICK
@given(SIGNAL, st.sampled_from([1, 3, 5, 9]))
def test_running_median_is_the_median_of_its_window(values, width):
    half = width // 2
    expected = []
    for i in range(len(values)):
        reach = min(half, i, len(values) - 1 - i)
        expected.append(float(np.median(values[i - reach : i + reach + 1])))
    assert running_median(values, width).tolist() == expected


@QUICK
@given(SIGNAL, st.floats(0.05, 1))
def test_legs_cover_the_signal_and_read_the_same_backwards(values, reversal):
    found = legs(values, reversal)
    if len(values) < 2:
        assert found == []
        return
    assert found[0][0] == 0
    assert found[-1][1] == len(values) - 1
    assert all(a[1] == b[0] for a, b in itertools.pairwise(found))
    big = [abs(values[j] - values[i]) for i, j in found if abs(values[j] - values[i]) >= reversal]
    back = values[::-1]
    again = [abs(back[j] - back[i]) for i, j in legs(back, reversal) if abs(back[j] - back[i]) >= reversal]
    assert sorted(big) == pytest.approx(sorted(again))


@QUICK
@given(st.lists(st.booleans(), max_size=30), st.integers(0, 3), st.integers(1, 4))
def test_runs_are_disjoint_in_order_and_long_enough(flags, fill, shortest):
    runs = flags_to_runs(np.array(flags, bool), fill, shortest)
    assert all(end - start >= shortest for start, end in runs)
    assert all(b[0] - a[1] > fill for a, b in itertools.pairwise(runs))
    assert all(flags[start] and flags[end - 1] for start, end in runs)
    if fill == 0 and shortest == 1:
        assert sum(end - start for start, end in runs) == sum(flags)


@QUICK
@given(SIGNAL)
def test_hysteresis_lies_between_its_two_thresholds(values):
    kept = hysteresis(values, on=0.5, off=0.1)
    assert not (kept & (values < 0.1)).any()
    assert kept[values >= 0.5].all()


def test_surety_is_half_at_the_threshold_and_grows():
    assert surety(0.2, 0.2) == pytest.approx(0.5)
    values = [surety(v, 0.2) for v in np.linspace(0, 1, 30)]
    assert values == sorted(values)
    assert values[0] == 0
    assert values[-1] < 1


def test_lengths_are_in_diagonals():
    maker = Maker()
    maker.add(line(0.0, 0.5, 1.0, 0.5, 0, 4), 0.1)
    twin = maker.twin()
    path = trajectory(twin.tracks[0], Picture.of(twin))
    seconds = path.t[-1] - path.t[0]
    middle = path.speed[len(path) // 2]
    assert middle == pytest.approx(640 / math.hypot(640, 360) / 4, rel=0.02)
    assert path.x[-1] - path.x[0] == pytest.approx(640 / math.hypot(640, 360) * seconds / 4, rel=0.05)


def test_one_outlier_moves_nothing():
    maker = Maker()
    maker.add(lambda t: (0.5, 0.5) if abs(t - 2) > 0.01 else (0.9, 0.1))
    twin = maker.twin()
    path = trajectory(twin.tracks[0], Picture.of(twin))
    assert np.ptp(path.x) == 0
    assert np.ptp(path.y) == 0


def test_runs_break_at_gaps_and_cuts_only():
    maker = Maker(duration=6, cuts=(4.0,))
    maker.add(stand(0.5, 0.5), drop=(3, 12, 13, 14, 15, 16, 17))
    twin = maker.twin()
    path = trajectory(twin.tracks[0], Picture.of(twin))
    starts = [float(path.t[start]) for start, _ in path.runs]
    assert starts == pytest.approx([0, 3, 4])
