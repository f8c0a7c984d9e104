"""PyAvSource on the kinds of files that cameras, phones and converters make."""

from __future__ import annotations

import gc
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from video_files import encode, pictures, turn

from seewhy.types.video import Frame, VideoFacts
from seewhy.video.pyav import PyAvSource
from seewhy.video.source import DamagedVideoWarning


def read(path: Path, rate: float = 60, lines: int | None = None) -> tuple[VideoFacts, list[Frame]]:
    source = PyAvSource()
    facts = source.probe(path)
    return facts, list(source.frames(path, facts, rate=rate, lines=lines, max_frames=None))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_is_undone(tmp_path: Path, degrees: int) -> None:
    path = turn(encode(tmp_path / "phone.mp4", pictures(3, 96, 48)), degrees)
    facts, frames = read(path)
    assert facts.rotation == degrees
    assert (facts.width, facts.height) == ((96, 48) if degrees in (0, 180) else (48, 96))
    image = frames[0].image
    assert image.shape == (facts.height, facts.width, 3)
    # The bright quarter, stored at the top left, goes clockwise around the corners.
    quarters = {0: image[:20, :20], 90: image[:20, -20:], 180: image[-20:, -20:], 270: image[-20:, :20]}
    assert {corner: bool(part.mean() > 150) for corner, part in quarters.items()} == {
        corner: corner == degrees for corner in quarters
    }


def test_lines_limit_the_upright_height(tmp_path: Path) -> None:
    path = turn(encode(tmp_path / "phone.mp4", pictures(2, 96, 48)), 90)
    _, frames = read(path, lines=32)
    assert frames[0].image.shape == (32, 16, 3)


FORMATS = {
    "mkv": ("a.mkv", "libx264", "yuv420p"),
    "webm": ("a.webm", "libvpx-vp9", "yuv420p"),
    "mpegts": ("a.ts", "libx264", "yuv420p"),
    "mov": ("a.mov", "libx264", "yuv420p"),
    "avi": ("a.avi", "mpeg4", "yuv420p"),
    "avi with b-frames": ("a.avi", "libx264", "yuv420p"),
    "gif": ("a.gif", "gif", "rgb8"),
    "444": ("a.mp4", "libx264", "yuv444p"),
    "gray": ("a.mkv", "ffv1", "gray"),
    "10 bits": ("a.mkv", "ffv1", "yuv420p10le"),
    "16 bit color": ("a.mkv", "ffv1", "gbrp16le"),
    "alpha": ("a.mkv", "ffv1", "yuva420p"),
}


@pytest.mark.parametrize(("name", "codec", "pixels"), FORMATS.values(), ids=FORMATS.keys())
def test_formats(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    images = pictures(25)
    facts, frames = read(encode(tmp_path / name, images, rate=25, codec=codec, pixels=pixels))
    assert facts.average_rate == 25
    assert facts.duration == pytest.approx(1.0, abs=0.002)
    assert [frame.index for frame in frames] == list(range(25))
    assert [frame.t for frame in frames] == pytest.approx([i / 25 for i in range(25)], abs=0.001)
    for frame in frames[::8]:
        difference = frame.image.astype(int) - images[frame.index]
        blocks = difference.reshape(6, 8, 8, 8, 3).mean(axis=(1, 3))  # a GIF's dithering averages out
        assert np.abs(blocks).mean() < 12


@pytest.mark.parametrize("codec", ["libvpx-vp9", "ffv1"])
def test_odd_sizes(tmp_path: Path, codec: str) -> None:
    path = encode(tmp_path / "odd.mkv", pictures(3, 101, 67), codec=codec)
    facts, frames = read(path)
    assert (facts.width, facts.height) == (101, 67)
    assert frames[0].image.shape == (67, 101, 3)
    assert read(path, lines=33)[1][0].image.shape == (33, 50, 3)


def test_a_coarse_clock_does_not_shift_the_samples(tmp_path: Path) -> None:
    """Matroska rounds to milliseconds: frame 8 of 24 a second lies at 0.333 s, before the tick at 1/3 s."""
    _, frames = read(encode(tmp_path / "a.mkv", pictures(24)), rate=3)
    assert [frame.index for frame in frames] == [0, 8, 16]


def test_stretched_pixels_are_made_square(tmp_path: Path) -> None:
    facts, frames = read(encode(tmp_path / "dv.mp4", pictures(2, 72, 48), aspect=Fraction(8, 9)))
    assert (facts.width, facts.height) == (64, 48)
    assert frames[0].image.shape == (48, 64, 3)


def test_an_absurd_pixel_aspect_is_ignored(tmp_path: Path) -> None:
    facts, _ = read(encode(tmp_path / "a.mkv", pictures(2), aspect=Fraction(1, 200)))
    assert (facts.width, facts.height) == (64, 48)


def test_sound_does_not_matter(tmp_path: Path) -> None:
    facts, frames = read(encode(tmp_path / "a.mp4", pictures(6), sound=True))
    assert facts.duration == pytest.approx(0.25)
    assert len(frames) == 6


def test_negative_timestamps(tmp_path: Path) -> None:
    path = encode(
        tmp_path / "a.mkv", pictures(6), rate=25, codec="ffv1", pts=[-2, -1, 0, 1, 2, 3],
        container_options={"avoid_negative_ts": "disabled"},
    )  # fmt: skip
    facts, frames = read(path)
    assert facts.start_pts < 0
    assert facts.duration == pytest.approx(6 / 25, abs=0.002)
    assert [frame.t for frame in frames] == pytest.approx([i / 25 for i in range(6)])


def test_no_timestamps_at_all_are_counted_from_the_rate(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.h264", pictures(25), rate=25)
    facts, frames = read(path)
    assert facts.start_pts == 0
    assert [frame.t for frame in frames] == pytest.approx([i / float(facts.average_rate) for i in range(25)], abs=1e-4)
    assert facts.duration == pytest.approx(25 / float(facts.average_rate))


def test_colors_survive_by_either_standard(tmp_path: Path) -> None:
    red = np.zeros((48, 64, 3), np.uint8)
    red[:] = (200, 30, 40)
    for name, options in (("601", {}), ("full", {"x264-params": "fullrange=on"})):
        _, frames = read(encode(tmp_path / f"{name}.mp4", [red] * 2, options=options))
        assert np.abs(frames[0].image.astype(int) - red).max() <= 24


def test_date_of_recording(tmp_path: Path) -> None:
    stamp = "2021-03-04T05:06:07.000000Z"
    facts, _ = read(encode(tmp_path / "a.mp4", pictures(2), metadata={"creation_time": stamp}))
    assert facts.created == stamp
    facts, _ = read(encode(tmp_path / "b.mp4", pictures(2)))
    assert facts.created is None


def test_names_that_look_like_protocols(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    encode(tmp_path / "x.mp4", pictures(2)).rename(tmp_path / "concat:a|b.mp4")
    assert len(read(Path("concat:a|b.mp4"))[1]) == 2


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    path = encode(tmp_path / "long.mp4", pictures(1500), options={"preset": "ultrafast"})
    source = PyAvSource()
    facts = source.probe(path)
    gc.collect()
    tracemalloc.start()
    count = sum(1 for _ in source.frames(path, facts, rate=24, lines=None, max_frames=None))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1500
    assert peak < 40 * 64 * 48 * 3


def test_a_stream_damaged_midway_gives_what_decodes_and_a_warning(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    images = [noise.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(24)]
    path = encode(tmp_path / "a.mkv", images, options={"g": "1"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    source = PyAvSource()
    facts = source.probe(path)
    with pytest.warns(DamagedVideoWarning, match="a.mkv"):
        frames = list(source.frames(path, facts, rate=24, lines=None, max_frames=None))
    assert 8 <= len(frames) <= 13
    assert facts.duration == pytest.approx(len(frames) / 24, abs=0.1)
    with pytest.warns(DamagedVideoWarning):  # also where the last sample is not the last frame
        assert len(list(source.frames(path, facts, rate=24, lines=None, max_frames=1))) == 1


def test_packets_that_do_not_decode_are_passed_over(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0)
    images = [noise.integers(0, 255, (48, 64, 3), dtype=np.uint8) for _ in range(24)]
    path = encode(tmp_path / "a.mp4", images, options={"g": "1"})
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : third + 9000] = bytes(9000)
    path.write_bytes(content)
    source = PyAvSource()
    with pytest.warns(DamagedVideoWarning, match="could not be decoded"):
        frames = list(source.frames(path, source.probe(path), rate=24, lines=None, max_frames=None))
    assert 6 <= len(frames) < 24
    assert capfd.readouterr() == ("", "")
