"""VideoSource over PyAV: FFmpeg's demuxers and decoders, in sequence, one frame in memory at a time.

Decoding everything and dropping what is not sampled beats seeking six times over at two samples a
second, and is exact for every file, indexed or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.errors import VideoNotFound
from seewhy.settings import VideoSettings
from seewhy.types.video import Frame, VideoFacts
from seewhy.video.decoding import FrameTimes, Packets, Pictures, Reading
from seewhy.video.identity import content_id
from seewhy.video.opening import check_dimensions, checked_size, opened
from seewhy.video.sampling import Ticks, fitted_size, sampling_rate

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

FALLBACK_RATE = Fraction(25)
"""Frames per second of a file that states no rate and holds too few frames to measure one."""

HIGHEST_RATE = 1000
"""A stated rate above it is a clock's frequency, not a rate of frames."""

RATE_TOLERANCE = Fraction(3, 2)
"""A stated rate that differs from the measured one by more than this factor is not believed."""

ASPECT_LIMIT = 4
"""Pixels said to be more stretched than this are taken as square: the field holds garbage."""


class PyAvSource:
    """Reads whatever FFmpeg decodes: see `VideoSource` for the contract.

    Width, height and images are upright and in square pixels: the rotation of the display matrix is
    applied (in quarter turns; mirroring is not), and pixels stored with an aspect ratio are stretched
    in width. Where a stream carries no usable timestamps (H.264 without a container; AVI with
    B-frames, which stores no order of display) they are counted from the rate.
    """

    def __init__(self, *, max_pixels: int = VideoSettings().max_pixels, threads: int = 2) -> None:
        """
        Args:
            max_pixels: larger stored pictures are refused before anything is decoded.
            threads: that decode one video; the second brings about a quarter more frames per second at 720 lines.
        """
        self._max_pixels = max_pixels
        self._threads = threads

    def probe(self, path: Path) -> VideoFacts:
        """See `VideoSource.probe`. Reads the file twice in sequence (its hash, its packets), decodes one frame."""
        size = checked_size(path)
        try:
            identity = content_id(path)
        except OSError as error:
            raise VideoNotFound(path, f"the file cannot be read: {error.strerror}") from error
        with opened(path, self._max_pixels) as (container, stream):
            reading = Reading(container, stream, threads=1)
            packets = Packets()
            first: VideoFrame | None = None
            for packet in reading.packets():
                packets.see(packet)
                if first is None:
                    first = next(iter(reading.decode(packet)), None)
            if first is None:
                raise reading.nothing_decoded(path)
            check_dimensions(path, first.width, first.height, self._max_pixels)

            clock = _clock(stream)
            rate = _average_rate(stream, packets, clock)
            counted = reading.counts_frames
            if counted:
                start, duration = 0, packets.count / rate
            else:
                start, duration = first.pts or 0, packets.end(first.pts or 0, clock, 1 / rate)
            turn = -round(first.rotation / 90) * 90 % 360
            width, height = _square(first.width, first.height, stream.sample_aspect_ratio)
            if turn in (90, 270):
                width, height = height, width
            return VideoFacts(
                id=identity, bytes=size, width=width, height=height, rotation=turn, duration=float(duration),
                start_pts=start, time_base=clock, average_rate=rate, codec=stream.codec_context.codec.canonical_name,
                container=container.format.name, created=_created(container.metadata),
            )  # fmt: skip

    def frames(
        self, path: Path, facts: VideoFacts, *, rate: float, lines: int | None, max_frames: int | None
    ) -> Iterator[Frame]:
        """See `VideoSource.frames`."""
        sampled = sampling_rate(rate, facts.duration, max_frames)
        size = fitted_size(facts.width, facts.height, lines)
        return self._sampled(path, facts, Ticks(sampled, facts.time_base, max_frames), size)

    def _sampled(self, path: Path, facts: VideoFacts, ticks: Ticks, size: tuple[int, int]) -> Iterator[Frame]:
        from av.video.reformatter import VideoReformatter

        picture = Pictures(size, facts.rotation, VideoReformatter())
        with opened(path, self._max_pixels) as (container, stream):
            reading = Reading(container, stream, self._threads)
            times = FrameTimes(facts, reading)
            for index, decoded in enumerate(reading.frames()):
                pts = times.of(index, decoded)
                t = (pts - facts.start_pts) * facts.time_base
                if ticks.take(t):
                    yield Frame(index, pts, facts.time_base, float(t), picture.of(decoded))
            if times.last is None:
                raise reading.nothing_decoded(path)
            reading.warn_of_damage(path, facts, times)


def _clock(stream: VideoStream) -> Fraction:
    return stream.time_base if stream.time_base else 1 / FALLBACK_RATE


def _average_rate(stream: VideoStream, packets: Packets, clock: Fraction) -> Fraction:
    """The stated rate where the packets bear it out, else the measured one."""
    measured = packets.rate(clock)
    for stated in (stream.average_rate, stream.guessed_rate):
        if stated is None or not 0 < stated <= HIGHEST_RATE:
            continue
        if measured is None or 1 / RATE_TOLERANCE <= stated / measured <= RATE_TOLERANCE:
            return Fraction(stated)
    return measured or FALLBACK_RATE


def _square(width: int, height: int, aspect: Fraction | None) -> tuple[int, int]:
    """The size in square pixels: the rows stay, the width is stretched."""
    if not aspect or not 1 / ASPECT_LIMIT <= aspect <= ASPECT_LIMIT:
        return width, height
    return max(1, round(width * aspect)), height


def _created(metadata: dict[str, str]) -> str | None:
    stated = metadata.get("creation_time", "")
    try:
        datetime.fromisoformat(stated)
    except ValueError:
        return None
    return stated
