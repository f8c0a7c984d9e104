"""The contract of Clip, over a file and over the fake."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from video_files import encode, pictures

from seewhy.errors import VideoError
from seewhy.settings import Settings
from seewhy.types.time import Span
from seewhy.types.video import Frame, Image
from seewhy.video.clip import Clip
from seewhy.video.clip_fake import FakeClip
from seewhy.video.exact import FileClip
from seewhy.video.pyav import PyAvSource

Make = Callable[[list[Image], Settings], Clip]
RATE = Fraction(24)
CLOCK = 1 / (RATE * 512)


def _file(folder: Path) -> Make:
    def make(images: list[Image], settings: Settings) -> Clip:
        path = encode(folder / "a.mkv", images, rate=RATE, codec="ffv1", pixels="bgr0")
        source = PyAvSource()
        return FileClip(source, path, source.probe(path), settings)

    return make


def _known(folder: Path) -> Make:
    """The same, told which frames its twin has."""

    def make(images: list[Image], settings: Settings) -> Clip:
        path = encode(folder / "a.mkv", images, rate=RATE, codec="ffv1", pixels="bgr0")
        source = PyAvSource()
        facts = source.probe(path)
        frames = [f.time for f in source.frames(path, facts, rate=6, lines=None, max_frames=None)]
        return FileClip(source, path, facts, settings, frames)

    return make


def _fake(folder: Path) -> Make:
    def make(images: list[Image], settings: Settings) -> Clip:
        frames = [Frame(i, i * 512, CLOCK, float(i * 512 * CLOCK), image) for i, image in enumerate(images)]
        return FakeClip(frames, settings=settings)

    return make


@pytest.fixture(params=[_file, _known, _fake], ids=["file", "known file", "fake"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    return request.param(tmp_path)


def settings(**video: object) -> Settings:
    return Settings.load(environment={}, overrides={f"video.{name}": value for name, value in video.items()})


def test_exact_frames_are_the_pictures(make: Make) -> None:
    images = pictures(24)
    clip = make(images, settings())
    found = clip.exact([20, 3, 0, 3, 23], lines=480)
    assert list(found) == [0, 3, 20, 23]
    for index, frame in found.items():
        assert frame.index == index
        assert frame.t == pytest.approx(index / 24, abs=1e-3)
        assert frame.t == clip.facts.seconds(frame.pts)
        assert frame.time_base == clip.facts.time_base
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        np.testing.assert_array_equal(frame.image, images[index])


def test_exact_frames_do_not_depend_on_which_others_are_asked_for(make: Make) -> None:
    clip = make(pictures(24), settings())
    together = clip.exact(range(24), lines=20)
    for index in (0, 11, 23):
        np.testing.assert_array_equal(clip.exact([index], lines=20)[index].image, together[index].image)


def test_exact_frames_are_scaled_down_never_up(make: Make) -> None:
    clip = make(pictures(3), settings())
    for lines, shape in ((24, (24, 32, 3)), (25, (25, 33, 3)), (48, (48, 64, 3)), (500, (48, 64, 3)), (1, (1, 1, 3))):
        assert clip.exact([1], lines)[1].image.shape == shape


def test_scaling_is_the_mean_of_what_lies_under_a_pixel(make: Make) -> None:
    noise = np.random.default_rng(5).integers(0, 256, (48, 64, 3), np.uint8)
    halved = make([noise] * 2, settings()).exact([1], lines=24)[1].image
    sums = noise.reshape(24, 2, 32, 2, 3).astype(int).sum(axis=(1, 3))
    np.testing.assert_array_equal(halved, (sums + 2) // 4)


def test_no_frames_asked_for(make: Make) -> None:
    assert make(pictures(2), settings()).exact([], lines=480) == {}


@pytest.mark.parametrize("wrong", [-1, 24, 10_000])
def test_a_frame_that_is_not_there(make: Make, wrong: int) -> None:
    with pytest.raises(VideoError, match=str(abs(wrong))):
        make(pictures(24), settings()).exact([0, wrong], lines=480)


def test_no_lines(make: Make) -> None:
    with pytest.raises(ValueError, match="lines"):
        make(pictures(2), settings()).exact([0], lines=0)


def test_sampled_is_what_perception_saw(make: Make) -> None:
    frames = list(make(pictures(24), settings(rate=6, lines=64)).sampled())
    assert [frame.index for frame in frames] == [0, 4, 8, 12, 16, 20]
    assert [f.index for f in make(pictures(24), settings(rate=6, max_frames=3)).sampled()] == [0, 8, 16]
    assert {frame.image.shape for frame in make(pictures(4, 160, 96), settings(lines=64)).sampled()} == {(64, 107, 3)}


def test_every_frame_of_a_span(make: Make) -> None:
    images = pictures(24, 160, 96)
    clip = make(images, settings(rate=2, lines=64))
    frames = list(clip.every(Span(start=0.25, end=0.5), most=100))
    assert [frame.index for frame in frames] == [6, 7, 8, 9, 10, 11]
    for frame in frames:
        assert frame.image.shape == (64, 107, 3)
        assert abs(int(frame.image[60, 100, 0]) - int(images[frame.index][90, 150, 0])) <= 2
    assert [frame.index for frame in clip.every(Span(start=0.25, end=0.5), most=2)] == [6, 7]
    assert list(clip.every(Span(start=0.25, end=0.25), most=9)) == []
    assert list(clip.every(Span(start=0.0, end=9.0), most=0)) == []
    assert len(list(clip.every(Span(start=0.0, end=9.0), most=100))) == 24


def test_giving_up_midway(make: Make) -> None:
    clip = make(pictures(24), settings())
    assert next(clip.every(Span(start=0.0, end=1.0), most=100)).index == 0
    assert next(clip.sampled()).index == 0
    assert len(clip.exact([23], lines=48)) == 1


def test_the_fake_refuses_what_is_no_video() -> None:
    frame = Frame(1, 512, CLOCK, 1 / 24, pictures(1)[0])
    for frames in ([], [frame]):
        with pytest.raises(ValueError, match="numbered from 0"):
            FakeClip(frames)
