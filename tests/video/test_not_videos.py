"""What is no video is named; nothing else than a named error ever comes out."""

from __future__ import annotations

import itertools
import os
import pickle
import warnings
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from video_files import encode, encode_sound, pictures

from seewhy import errors
from seewhy.types.video import Frame
from seewhy.video import opening
from seewhy.video.pyav import PyAvSource
from seewhy.video.source import DamagedVideoWarning


def failure(path: Path, **arguments: int) -> errors.VideoError:
    with pytest.raises(errors.VideoError) as caught:
        PyAvSource(**arguments).probe(path)
    assert caught.value.path == path
    assert str(path) in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return caught.value


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_missing_folder_and_device(tmp_path: Path) -> None:
    assert type(failure(tmp_path / "no.mp4")) is errors.VideoNotFound
    assert "folder" in failure(tmp_path).reason
    assert type(failure(tmp_path)) is errors.VideoNotFound
    os.mkfifo(tmp_path / "pipe.mp4")
    assert type(failure(tmp_path / "pipe.mp4")) is errors.VideoNotFound
    assert type(failure(Path("a\0b.mp4"))) is errors.VideoNotFound


def test_empty(tmp_path: Path) -> None:
    assert type(failure(written(tmp_path / "a.mp4", b""))) is errors.EmptyFile


OTHERS = {
    "text": b"Dear diary,\ntoday I renamed a file.\n" * 40,
    "one letter": b"x",
    "utf-8": "Ünïcödé, 文字, ".encode() * 700,
    "json": b'{"video": true}',
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nreal.mp4\n#EXT-X-ENDLIST\n",
    "ffconcat": b"ffconcat version 1.0\nfile real.mp4\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    "jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "webp": b"RIFF\x00\x10\x00\x00WEBPVP8 " + bytes(500),
    "heic": b"\x00\x00\x00\x18ftypheic" + bytes(500),
    "noise": np.random.default_rng(1).bytes(50_000),
    "zeros": bytes(5000),
    "zip": b"PK\x03\x04" + np.random.default_rng(2).bytes(5000),
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS.keys())
def test_other_files_renamed(tmp_path: Path, content: bytes) -> None:
    encode(tmp_path / "real.mp4", pictures(2))
    assert type(failure(written(tmp_path / "a.mp4", content))) is errors.NotAVideo


def test_real_pictures(tmp_path: Path) -> None:
    for name, codec, pixels in (("a.png", "png", "rgb24"), ("a.jpg", "mjpeg", "yuvj420p"), ("a.bmp", "bmp", "bgr24")):
        encode(
            tmp_path / name, pictures(1), codec=codec, pixels=pixels, kind="image2", container_options={"update": "1"}
        )
        assert type(failure(tmp_path / name)) is errors.NotAVideo


@pytest.mark.parametrize("kind", ["hls", "ffconcat", "sdp", "dash"])
def test_ffmpeg_itself_may_not_follow_a_playlist(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the first bytes look harmless, the format is not on the list."""
    monkeypatch.setattr(opening, "_what_else", lambda _: None)
    encode(tmp_path / "real.mp4", pictures(2))
    suffix = {"hls": ".m3u8", "ffconcat": ".ffconcat", "sdp": ".sdp", "dash": ".mpd"}[kind]
    path = written(tmp_path / f"list{suffix}", OTHERS[kind])
    assert type(failure(path)) is errors.NotAVideo


def test_sound_only(tmp_path: Path) -> None:
    for name in ("a.m4a", "a.mkv", "a.aac"):
        error = failure(encode_sound(tmp_path / name))
        assert type(error) is errors.NoVideoStream


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    error = failure(encode_sound(tmp_path / "song.mp4", cover=True))
    assert type(error) is errors.NoVideoStream
    assert "cover art" in error.reason


def test_no_decoder(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mkv", pictures(2), codec="libvpx-vp9")
    written(path, path.read_bytes().replace(b"V_VP9", b"V_XX9"))
    assert type(failure(path)) is errors.NoVideoStream


def test_cut_off_before_the_index(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", pictures(24))
    content = path.read_bytes()
    assert content.index(b"mdat") < content.index(b"moov")
    error = failure(written(tmp_path / "half.mp4", content[: len(content) // 2]))
    assert type(error) is errors.TruncatedVideo
    assert "MP4" in error.reason


def test_cut_off_before_the_first_picture(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", pictures(24), container_options={"movflags": "faststart"})
    content = path.read_bytes()
    error = failure(written(tmp_path / "head.mp4", content[: content.index(b"mdat") + 4]))
    assert type(error) is errors.TruncatedVideo


def test_a_stream_without_a_picture(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.avi", pictures(4), codec="ffv1")
    content = bytearray(path.read_bytes())
    data = content.index(b"movi")
    index = content.index(b"idx1")
    for chunk in range(data, index):
        if content[chunk : chunk + 4] == b"00dc":
            size = int.from_bytes(content[chunk + 4 : chunk + 8], "little")
            content[chunk + 8 : chunk + 8 + size] = b"\xff" * size
    assert type(failure(written(path, bytes(content)))) in (errors.NoFrames, errors.TruncatedVideo)


def test_too_large(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", pictures(2, 64, 48))
    assert PyAvSource(max_pixels=64 * 48).probe(path).width == 64
    error = failure(path, max_pixels=64 * 48 - 1)
    assert type(error) is errors.AbsurdDimensions
    assert "64 x 48" in error.reason


def test_other_errors_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what FFmpeg says of the file becomes a VideoError; a mistake of ours is not hidden as one."""
    path = encode(tmp_path / "a.mp4", pictures(2))

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(av, "open", broken)
    with pytest.raises(ZeroDivisionError):
        PyAvSource().probe(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("samples")
    images = pictures(10)
    return {
        "mp4": encode(folder / "a.mp4", images, sound=True).read_bytes(),
        "faststart.mp4": encode(folder / "b.mp4", images, container_options={"movflags": "faststart"}).read_bytes(),
        "mkv": encode(folder / "a.mkv", images).read_bytes(),
        "webm": encode(folder / "a.webm", images, codec="libvpx-vp9").read_bytes(),
        "ts": encode(folder / "a.ts", images).read_bytes(),
        "avi": encode(folder / "a.avi", images, codec="mpeg4").read_bytes(),
    }


def frames_or_error(path: Path) -> list[Frame] | errors.VideoError:
    source = PyAvSource(max_pixels=1 << 20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DamagedVideoWarning)
        try:
            facts = source.probe(path)
            return list(source.frames(path, facts, rate=30, lines=48, max_frames=100))
        except errors.VideoError as error:
            return error


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["mp4", "faststart.mp4", "mkv", "webm", "ts", "avi"]),
    cut=st.floats(0, 1),
    flips=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=12),
)
def test_damage_gives_frames_or_a_named_error(
    samples: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    cut: float,
    flips: list[tuple[float, int]],
) -> None:
    content = bytearray(samples[kind])
    for place, value in flips:
        content[int(place * len(content))] ^= value
    # Half of the files keep their full length, so that flips alone are tried too.
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(content if cut > 0.5 else content[: int(2 * cut * len(content))])
    result = frames_or_error(path)
    if isinstance(result, list):
        assert result
        assert result[0].t >= 0
        assert all(a.t < b.t and a.index < b.index for a, b in itertools.pairwise(result))
        assert len({frame.image.shape for frame in result}) == 1
