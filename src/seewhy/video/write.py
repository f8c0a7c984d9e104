"""Writes pictures to an H.264 file: demo clips, overlays, exported moments."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seewhy.types.video import Image

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

DEFAULT_QUALITY = 18
"""x264's constant rate factor; 18 is visually close to lossless."""

_MAX_RATE = 1000


def write_video(
    path: Path, frames: Iterable[Image], rate: Fraction, *, quality: int = DEFAULT_QUALITY, preset: str = "veryfast"
) -> int:
    """Write RGB pictures of one size (H, W, 3), uint8, as H.264 (yuv420p) in MP4. Returns the number of frames.

    The file appears whole or not at all: it is written beside its place, synced and renamed. Chroma is stored
    for 2x2 pixels, so an odd width or height gains one column or row, a copy of the last. The same pictures
    give the same bytes (with the same FFmpeg).

    Args:
        path: where the file is to be; its folder exists, a file there is replaced.
        frames: taken one at a time; memory does not grow with their number.
        rate: frames per second, exact.
        quality: x264's constant rate factor, 0 (best) to 51.
        preset: x264's trade of time against size.

    Raises:
        ValueError: there is no frame, a picture's shape or type is wrong or changes, or `rate` or `quality` is
            out of range.
        OSError: the file cannot be written.
    """
    if not 0 < rate <= _MAX_RATE:
        raise ValueError(f"rate is over 0 and at most {_MAX_RATE} frames per second, got {rate}")
    if not 0 <= quality <= 51:
        raise ValueError(f"quality is a rate factor between 0 and 51, got {quality}")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        os.close(handle)
        count = _encode(temporary, frames, rate, {"crf": str(quality), "preset": preset})
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp's own mode hides the file from everyone else
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def _encode(path: Path, frames: Iterable[Image], rate: Fraction, options: dict[str, str]) -> int:
    import av
    from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

    count = 0
    shape: tuple[int, ...] | None = None
    reformatter = VideoReformatter()
    # "bitexact" leaves out the library's version, "faststart" puts the index in front, for players on a network.
    container_options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(str(path), "w", format="mp4", container_options=container_options) as container:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.thread_count = 1  # x264's output depends on its number of threads
        context.time_base = 1 / Fraction(rate)
        context.colorspace, context.color_range = Colorspace.ITU601, ColorRange.MPEG
        for image in frames:
            if shape is None:
                shape = _checked(image).shape
                stream.height, stream.width = shape[0] + shape[0] % 2, shape[1] + shape[1] % 2
            elif _checked(image).shape != shape:
                raise ValueError(f"all pictures have one shape; frame {count} is {image.shape}, the first was {shape}")
            rgb: VideoFrame = av.VideoFrame.from_ndarray(_even(image), format="rgb24")
            frame = reformatter.reformat(rgb, format="yuv420p", dst_colorspace=Colorspace.ITU601, threads=1)
            frame.pts, frame.time_base = count, 1 / Fraction(rate)
            container.mux(stream.encode(frame))
            count += 1
        if count == 0:
            raise ValueError(f"there is no frame to write to {path}")
        container.mux(stream.encode(None))
    return count


def _checked(image: Image) -> Image:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise ValueError(f"a picture is (H, W, 3) uint8, got {image.shape} {image.dtype}")
    return image


def _even(image: Image) -> Image:
    rows, columns = image.shape[0] % 2, image.shape[1] % 2
    if rows or columns:
        image = np.pad(image, ((0, rows), (0, columns), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
