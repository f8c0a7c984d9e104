"""The contract of VideoSource, over every implementation."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from video_files import encode, pictures

from seewhy.errors import VideoNotFound
from seewhy.types.video import Image
from seewhy.video.fake import FakeSource, FakeVideo
from seewhy.video.pyav import PyAvSource
from seewhy.video.source import VideoSource

Make = Callable[[list[Image], Fraction, list[int] | None], tuple[VideoSource, Path]]
"""images, rate, pts in 1/512 of a frame → a source and the path of the video in it"""


def _pyav(folder: Path) -> Make:
    def make(images: list[Image], rate: Fraction, pts: list[int] | None) -> tuple[VideoSource, Path]:
        path = folder / "a.mp4"
        clock = 1 / (rate * 512)
        encode(path, images, rate=rate, pts=pts or [i * 512 for i in range(len(images))], time_base=clock)
        return PyAvSource(), path

    return make


def _fake(folder: Path) -> Make:
    def make(images: list[Image], rate: Fraction, pts: list[int] | None) -> tuple[VideoSource, Path]:
        path = folder / "a.fake"
        return FakeSource({path: FakeVideo(images, rate, pts)}), path

    return make


@pytest.fixture(params=[_pyav, _fake], ids=["pyav", "fake"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    return request.param(tmp_path)


def test_facts(make: Make) -> None:
    rate = Fraction(30000, 1001)
    source, path = make(pictures(30), rate, None)
    facts = source.probe(path)
    assert (facts.width, facts.height, facts.rotation) == (64, 48, 0)
    assert facts.average_rate == rate
    assert facts.duration == pytest.approx(30 * 1001 / 30000, abs=1e-6)
    assert facts.time_base > 0
    assert facts.bytes > 0
    assert facts.codec
    assert facts.container
    assert len(facts.id) == 32
    assert source.probe(path) == facts


def test_samples_the_first_frame_after_each_tick(make: Make) -> None:
    source, path = make(pictures(24), Fraction(24), None)
    facts = source.probe(path)
    for rate, expected in ((6, [0, 4, 8, 12, 16, 20]), (5, [0, 5, 10, 15, 20]), (0.5, [0]), (60, list(range(24)))):
        frames = list(source.frames(path, facts, rate=rate, lines=None, max_frames=None))
        assert [frame.index for frame in frames] == expected
        for frame in frames:
            assert frame.t == pytest.approx(frame.index / 24, abs=1e-9)
            assert frame.t == pytest.approx(facts.seconds(frame.pts))
            assert frame.time_base == facts.time_base


def test_shows_the_right_pictures_whole_and_upright(make: Make) -> None:
    images = pictures(12)
    source, path = make(images, Fraction(24), None)
    for frame in source.frames(path, source.probe(path), rate=24, lines=None, max_frames=None):
        assert frame.image.shape == (48, 64, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        difference = np.abs(frame.image.astype(int) - images[frame.index].astype(int))
        assert np.median(difference) <= 4
        assert difference.mean() <= 6


def test_scales_down_never_up(make: Make) -> None:
    source, path = make(pictures(3), Fraction(24), None)
    facts = source.probe(path)
    for lines, shape in ((24, (24, 32, 3)), (25, (25, 33, 3)), (48, (48, 64, 3)), (500, (48, 64, 3)), (1, (1, 1, 3))):
        assert {f.image.shape for f in source.frames(path, facts, rate=24, lines=lines, max_frames=None)} == {shape}


def test_max_frames_thins_evenly(make: Make) -> None:
    source, path = make(pictures(96), Fraction(24), None)
    facts = source.probe(path)
    assert [f.index for f in source.frames(path, facts, rate=24, lines=None, max_frames=4)] == [0, 24, 48, 72]
    assert [f.index for f in source.frames(path, facts, rate=24, lines=None, max_frames=1)] == [0]
    for most in (3, 7, 11, 50, 95, 97):
        found = [f.index for f in source.frames(path, facts, rate=24, lines=None, max_frames=most)]
        assert len(found) <= most
        steps = set(np.diff(found).tolist())
        assert max(steps) - min(steps) <= 1
        assert 96 - found[-1] <= max(steps)


def test_variable_frame_rate(make: Make) -> None:
    ticks = [0, 1, 2, 3, 12, 13, 24, 60, 61]
    source, path = make(pictures(9), Fraction(24), [i * 512 for i in ticks])
    facts = source.probe(path)
    frames = list(source.frames(path, facts, rate=4, lines=None, max_frames=None))
    assert [f.t for f in frames] == pytest.approx([0, 12 / 24, 24 / 24, 60 / 24])
    assert [f.index for f in frames] == [0, 4, 6, 7]
    assert facts.duration >= 61 / 24


def test_times_count_from_the_first_frame(make: Make) -> None:
    source, path = make(pictures(6), Fraction(24), [i * 512 for i in range(100, 106)])
    facts = source.probe(path)
    frames = list(source.frames(path, facts, rate=24, lines=None, max_frames=None))
    assert facts.duration == pytest.approx(6 / 24)
    assert frames[0].pts == facts.start_pts
    assert [f.t for f in frames] == pytest.approx([i / 24 for i in range(6)])


def test_one_frame_lasts_one_period(make: Make) -> None:
    source, path = make(pictures(1), Fraction(25), None)
    facts = source.probe(path)
    assert facts.duration == pytest.approx(1 / 25)
    frames = list(source.frames(path, facts, rate=6, lines=None, max_frames=None))
    assert [(f.index, f.t) for f in frames] == [(0, 0.0)]


def test_frames_may_be_read_again_and_given_up_midway(make: Make) -> None:
    source, path = make(pictures(12), Fraction(24), None)
    facts = source.probe(path)
    first = source.frames(path, facts, rate=24, lines=None, max_frames=None)
    assert next(first).index == 0
    assert len(list(source.frames(path, facts, rate=24, lines=None, max_frames=None))) == 12


def test_the_id_is_the_content(make: Make) -> None:
    source, path = make(pictures(3), Fraction(24), None)
    one = source.probe(path).id
    source, path = make(pictures(4), Fraction(24), None)
    assert source.probe(path).id != one


def test_nothing_there(make: Make) -> None:
    source, path = make(pictures(1), Fraction(24), None)
    missing = path.with_name("missing.mp4")
    with pytest.raises(VideoNotFound, match=r"missing\.mp4"):
        source.probe(missing)
    with pytest.raises(VideoNotFound):
        list(source.frames(missing, source.probe(path), rate=6, lines=None, max_frames=None))


@pytest.mark.parametrize("wrong", [{"rate": 0}, {"rate": -1}, {"rate": float("nan")}, {"lines": 0}, {"max_frames": 0}])
def test_impossible_sampling_is_refused_at_once(make: Make, wrong: dict[str, float]) -> None:
    source, path = make(pictures(1), Fraction(24), None)
    facts = source.probe(path)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        source.frames(path, facts, **{"rate": 6, "lines": None, "max_frames": None, **wrong})
