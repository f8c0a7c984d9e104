"""FileClip.exact on real and made files: numbering, times, and pixels that do not depend on how they were reached."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from video_files import encode, pictures, turn

from seewhy.errors import VideoError
from seewhy.settings import Settings
from seewhy.types.video import Frame, FrameTime, Image, VideoFacts
from seewhy.video.exact import FileClip
from seewhy.video.packets import PacketTable
from seewhy.video.planes import upright
from seewhy.video.pyav import PyAvSource
from seewhy.video.sampling import fitted_size

VIDEOS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "videos"
REAL = ["davis_blackswan", "intel_car-detection", "ct_apple", "et_08_driving", "v2v_cow-walking"]
"""full and limited range, BT.601 and BT.709, stated and not"""


def moving(count: int, width: int = 96, height: int = 64) -> list[Image]:
    """Noise that wanders: every picture needs those it is predicted from."""
    ground = np.random.default_rng(3).integers(0, 256, (height, width + count, 3), np.uint8)
    ground = (ground // 8 + np.arange(width + count, dtype=np.uint8)[np.newaxis, :, np.newaxis]).astype(np.uint8)
    return [np.ascontiguousarray(ground[:, i : i + width]) for i in range(count)]


def known(path: Path, rate: float = 6) -> tuple[VideoFacts, list[Frame]]:
    source = PyAvSource()
    facts = source.probe(path)
    return facts, list(source.frames(path, facts, rate=rate, lines=480, max_frames=None))


def times(frames: list[Frame]) -> list[FrameTime]:
    return [frame.time for frame in frames]


def same(one: Mapping[int, Frame], other: Mapping[int, Frame]) -> bool:
    return list(one) == list(other) and all(
        np.array_equal(one[i].image, other[i].image) and (one[i].pts, one[i].t) == (other[i].pts, other[i].t)
        for i in one
    )


@pytest.mark.parametrize("name", REAL)
def test_real_clips_show_the_frames_that_perception_saw(name: str) -> None:
    path = VIDEOS / f"{name}.mp4"
    if not path.is_file():
        pytest.skip("the shared clips are not on this machine")
    facts, frames = known(path)
    clip, told = (
        FileClip(PyAvSource(), path, facts, Settings()),
        FileClip(PyAvSource(), path, facts, Settings(), times(frames)),
    )
    wanted = [frame.index for frame in frames[:: max(1, len(frames) // 4)]][:4]
    found = clip.exact(wanted, 480)
    assert same(found, told.exact(wanted, 480))
    assert same({wanted[-1]: found[wanted[-1]]}, told.exact(wanted[-1:], 480))
    for frame in frames:
        if frame.index in found:
            assert (found[frame.index].pts, found[frame.index].t) == (frame.pts, frame.t)
            assert np.abs(found[frame.index].image.astype(int) - frame.image).mean() < 2


@pytest.mark.parametrize("name", REAL)
def test_threads_and_seeking_change_no_pixel_of_real_clips(name: str) -> None:
    path = VIDEOS / f"{name}.mp4"
    if not path.is_file():
        pytest.skip("the shared clips are not on this machine")
    facts, frames = known(path, rate=3)
    wanted = [frames[0].index, frames[len(frames) // 2].index]
    found = FileClip(PyAvSource(), path, facts, Settings(), times(frames)).exact(wanted, 120)
    size = fitted_size(facts.width, facts.height, 120)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", 2
        for index, decoded in enumerate(container.decode(stream)):
            if index in found:
                assert np.array_equal(upright(decoded, facts.rotation, size), found[index].image)
            if index == wanted[-1]:
                break
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        container.seek(found[wanted[1]].pts, stream=stream)
        after = next(frame for frame in container.decode(stream) if frame.pts == found[wanted[1]].pts)
        assert np.array_equal(upright(after, facts.rotation, size), found[wanted[1]].image)


GROUPS: dict[str, tuple[str, str, dict[str, str], str]] = {
    "h264, closed groups": ("a.mp4", "libx264", {"g": "12", "bf": "3", "preset": "fast"}, "yuv420p"),
    "h264, open groups": ("a.mp4", "libx264", {"g": "12", "bf": "3", "x264-params": "open-gop=1"}, "yuv420p"),
    "h264 in matroska": ("a.mkv", "libx264", {"g": "12", "bf": "3"}, "yuv420p"),
    "h264, intra refresh": ("a.mp4", "libx264", {"g": "12", "x264-params": "intra-refresh=1"}, "yuv420p"),
    "h264, one group": (
        "a.mp4",
        "libx264",
        {"g": "500", "bf": "8", "x264-params": "b-pyramid=normal:ref=6"},
        "yuv420p",
    ),
    "hevc": ("a.mp4", "libx265", {"g": "12", "x265-params": "log-level=none"}, "yuv420p"),
    "hevc, 10 bits": ("a.mp4", "libx265", {"g": "12", "x265-params": "log-level=none"}, "yuv420p10le"),
    "vp9": ("a.webm", "libvpx-vp9", {"g": "12", "deadline": "realtime", "cpu-used": "8"}, "yuv420p"),
    "mpeg4": ("a.mp4", "mpeg4", {"g": "12", "bf": "2"}, "yuv420p"),
    "mpeg2": ("a.mpg", "mpeg2video", {"g": "12", "bf": "2"}, "yuv420p"),
    "mjpeg in avi": ("a.avi", "mjpeg", {}, "yuvj420p"),
    "h264 in avi": ("a.avi", "libx264", {"g": "12"}, "yuv420p"),
    "mpegts": ("a.ts", "libx264", {"g": "12"}, "yuv420p"),
    "gif": ("a.gif", "gif", {}, "rgb8"),
    "no container": ("a.h264", "libx264", {"g": "12"}, "yuv420p"),
}


@pytest.mark.parametrize(("name", "codec", "options", "pixels"), GROUPS.values(), ids=GROUPS.keys())
def test_shortcuts_change_no_pixel(tmp_path: Path, name: str, codec: str, options: dict[str, str], pixels: str) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this build of FFmpeg has no {codec}")
    path = encode(tmp_path / name, moving(48), codec=codec, options=options, pixels=pixels)
    facts, frames = known(path)
    from_the_start = FileClip(PyAvSource(), path, facts, Settings()).exact(range(48), 480)
    for wanted in ([0], [47], [24], [25], [23], [5, 30], [11, 12, 13], [0, 47], [7, 40, 44]):
        told = FileClip(PyAvSource(), path, facts, Settings(), times(frames))
        assert same(told.exact(wanted, 480), {i: from_the_start[i] for i in wanted})
    seen = {frame.index: frame for frame in frames}
    for index, frame in from_the_start.items():
        assert index not in seen or (frame.pts, frame.t) == (seen[index].pts, seen[index].t)


def test_few_packets_are_decoded_where_frames_do_not_depend_on_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = encode(tmp_path / "a.mp4", moving(96), options={"g": "12", "bf": "0"})
    facts, frames = known(path)
    planned = []
    plan = PacketTable.plan
    monkeypatch.setattr(PacketTable, "plan", lambda self, wanted: planned.append(plan(self, wanted)) or planned[-1])
    FileClip(PyAvSource(), path, facts, Settings(), times(frames)).exact([26, 75], 480)
    (steps,) = planned
    assert [step.position for step in steps] == [24, 25, 26, 72, 73, 74, 75]
    assert [step.position for step in steps if step.wanted] == [26, 75]


def test_frames_that_contradict_the_packets_are_not_trusted(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", moving(24))
    facts, frames = known(path)
    off_by_one = [time.model_copy(update={"index": time.index + 1}) for time in times(frames)]
    clip = FileClip(PyAvSource(), path, facts, Settings(), off_by_one)
    assert same(clip.exact([5], 480), FileClip(PyAvSource(), path, facts, Settings()).exact([5], 480))


def test_a_cut_off_file_shows_what_is_there(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", moving(48), options={"g": "12"})
    whole = FileClip(PyAvSource(), path, PyAvSource().probe(path), Settings()).exact([4], 480)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.warns(match="s were announced|broke off|could not be decoded"):
        facts, frames = known(path)
    clip = FileClip(PyAvSource(), path, facts, Settings(), times(frames))
    np.testing.assert_array_equal(clip.exact([4], 480)[4].image, whole[4].image)
    assert clip.exact([frames[-1].index], 480)[frames[-1].index].pts == frames[-1].pts
    with pytest.raises(VideoError, match="frame 47 was asked for"):
        clip.exact([4, 47], 480)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_upright_and_in_square_pixels_as_perception_sees_it(tmp_path: Path, degrees: int) -> None:
    images = pictures(3, 96, 48)
    path = turn(encode(tmp_path / "phone.mp4", images, aspect=Fraction(4, 3)), degrees)
    facts, _ = known(path)
    for lines in (480, 40):
        found = FileClip(PyAvSource(), path, facts, Settings()).exact([0], lines)[0].image
        seen = next(PyAvSource().frames(path, facts, rate=60, lines=lines, max_frames=1)).image
        assert found.shape == seen.shape
        assert np.abs(found.astype(int) - seen).mean() < 4


@pytest.mark.parametrize(("codec", "pixels"), [("ffv1", "yuv420p"), ("ffv1", "gray"), ("libvpx-vp9", "yuv420p")])
def test_odd_sizes(tmp_path: Path, codec: str, pixels: str) -> None:
    path = encode(tmp_path / "odd.mkv", pictures(3, 101, 67), codec=codec, pixels=pixels)
    facts, frames = known(path)
    clip = FileClip(PyAvSource(), path, facts, Settings())
    assert clip.exact([1], 480)[1].image.shape == (67, 101, 3)
    assert clip.exact([1], 33)[1].image.shape == (33, 50, 3)
    assert np.abs(clip.exact([0], 480)[0].image.astype(int) - frames[0].image).mean() < 3


def test_variable_rate(tmp_path: Path) -> None:
    ticks = [0, 1, 2, 3, 12, 13, 24, 60, 61]
    path = encode(tmp_path / "a.mkv", moving(9), pts=[i * 40 for i in ticks], time_base=Fraction(1, 960))
    facts, frames = known(path, rate=4)
    found = FileClip(PyAvSource(), path, facts, Settings(), times(frames)).exact(range(9), 480)
    assert [frame.t for frame in found.values()] == pytest.approx([tick / 24 for tick in ticks], abs=2e-3)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", pictures(2))
    facts, _ = known(path)
    path.unlink()
    with pytest.raises(VideoError, match="nothing at this path"):
        FileClip(PyAvSource(), path, facts, Settings()).exact([0], 480)


def test_pixels_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Image:
        raise av.error.OSError(95, "Operation not supported")

    path = encode(tmp_path / "a.mp4", pictures(2))
    facts, _ = known(path)
    monkeypatch.setattr("seewhy.video.exact.upright", refuse)
    with pytest.raises(VideoError, match="yuv420p"):
        FileClip(PyAvSource(), path, facts, Settings()).exact([0], 480)
