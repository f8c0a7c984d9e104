"""Makes small video files of every kind with PyAV, for tests."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition

from seewhy.types.video import Image


def pictures(count: int, width: int = 64, height: int = 48) -> list[Image]:
    """Pictures that tell their index by their brightness, with a bright top left quarter that tells which way is up."""
    images = []
    for index in range(count):
        image = np.full((height, width, 3), 20 + index * 100 // max(count, 1), np.uint8)
        image[: height // 2, : width // 2] = (235, 225, 215)
        images.append(image)
    return images


def encode(
    path: Path,
    images: Sequence[Image],
    *,
    rate: Fraction | int = 24,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    pts: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    sound: bool = False,
    kind: str | None = None,
) -> Path:
    """Write pictures as a video; `pts` in units of `time_base`, by default one frame after the other."""
    height, width, _ = images[0].shape
    clock = time_base or 1 / Fraction(rate)
    with av.open(str(path), "w", format=kind, container_options=container_options or {}) as container:
        container.metadata.update(metadata or {})
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.time_base = clock
        stream.codec_context.thread_count = 1
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        voice: Any = container.add_stream("aac", rate=16000) if sound else None
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = pts[index] if pts is not None else index, clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            _mux_silence(container, voice)
    return path


def encode_sound(path: Path, *, cover: bool = False) -> Path:
    """Half a second of silence; with `cover`, a picture is attached to it."""
    with av.open(str(path), "w") as container:
        voice: Any = container.add_stream("aac", rate=16000)
        if cover:
            art: Any = container.add_stream("mjpeg", rate=1)
            art.width, art.height, art.pix_fmt = 64, 48, "yuvj420p"
            art.disposition = Disposition.attached_pic
            frame = av.VideoFrame.from_ndarray(pictures(1)[0], format="rgb24").reformat(format="yuvj420p")
            container.mux(art.encode(frame))
            container.mux(art.encode(None))
        _mux_silence(container, voice)
    return path


def _mux_silence(container: Any, voice: Any) -> None:
    for start in range(0, 8192, 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, start
        container.mux(voice.encode(frame))
    container.mux(voice.encode(None))


_MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
"""QuickTime's (a, b, c, d) for a picture that is to be shown turned clockwise."""


def turn(path: Path, degrees: int) -> Path:
    """Write the display matrix of an MP4, as a phone does that was held sideways."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    a, b, c, d = (value * 65536 for value in _MATRICES[degrees])
    struct.pack_into(">9i", content, matrix, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path
