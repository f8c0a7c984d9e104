"""One pass over a picture stream: packets, frames, their times and their pixels, surviving damage."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from seewhy.errors import NoFrames, TruncatedVideo, VideoError
from seewhy.types.video import Image, VideoFacts
from seewhy.video.source import DamagedVideoWarning

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream

DURATION_SLACK = 2
"""Frames that a container's stated duration may be off by before a file counts as cut short."""

MICROSECONDS = 1_000_000
"""FFmpeg states the duration of a container in these."""


class Packets:
    """What the packets of a stream say of its times, without decoding them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: int | None = None
        self._last: tuple[int, int] | None = None

    def see(self, packet: Packet[VideoStream]) -> None:
        if packet.size == 0 or packet.is_discard:
            return
        self.count += 1
        if packet.pts is not None:
            self.first = packet.pts if self.first is None else min(self.first, packet.pts)
            self._last = max(self._last or (packet.pts, 0), (packet.pts, packet.duration or 0))

    def end(self, start: int, clock: Fraction, period: Fraction) -> Fraction:
        """Seconds from the frame at `start` to the end of the last; a last frame of unstated length lasts a period."""
        if self._last is None or self._last[0] < start:
            return period
        last, length = self._last
        return (last - start) * clock + (length * clock or period)

    def rate(self, clock: Fraction) -> Fraction | None:
        """Mean frames per second, where there are frames enough to tell."""
        if self.first is None or self._last is None or self._last[0] <= self.first:
            return None
        measured = (self.count - 1) / ((self._last[0] - self.first) * clock)
        return measured.limit_denominator(1001) or measured


@dataclass
class Reading:
    """One pass over a stream that survives damage and remembers it."""

    container: InputContainer
    stream: VideoStream
    threads: int
    counts_frames: bool = False
    """True once known: timestamps are missing or useless, times are counted from the rate"""
    seen: int = 0
    """packets read"""
    undecoded: int = 0
    """packets that could not be decoded"""
    broken_off: str | None = None
    """why reading ended before the end of the file"""

    def __post_init__(self) -> None:
        context = self.stream.codec_context
        context.thread_type = "AUTO"
        context.thread_count = self.threads
        # AVI stores the order of decoding only; with B-frames its timestamps are those of other frames.
        self.counts_frames = self.container.format.name == "avi" and context.has_b_frames

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """All packets in order of decoding; the last is empty and drains the decoder."""
        import av

        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                self.broken_off = error.strerror or str(error)
                packet = None
            if packet is None:
                return
            if packet.size:
                self.counts_frames |= self.seen == 0 and packet.pts is None
                self.seen += 1
            yield packet

    def decode(self, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        """The frames that this packet completes; a damaged packet gives none and is counted."""
        import av

        try:
            return self.stream.codec_context.decode(packet)
        except av.error.EOFError:  # drained before
            return []
        except av.error.FFmpegError:
            self.undecoded += 1
            return []

    def frames(self) -> Iterator[VideoFrame]:
        for packet in self.packets():
            yield from self.decode(packet)
        if self.broken_off is not None:
            yield from self.decode(None)

    def nothing_decoded(self, path: Path) -> VideoError:
        """The error for a stream that gave no picture at all."""
        announced = self.stream.frames or int(bool(self.stream.duration))
        if self.broken_off or self.seen < announced:
            why = self.broken_off or f"it holds {self.seen} of {announced} announced pictures"
            return TruncatedVideo(path, f"the file ends before its first whole picture ({why}); copy it anew")
        name = self.stream.codec_context.name
        failed = f"{self.undecoded} of its {self.seen} packets failed"
        return NoFrames(path, f"its {name} stream decodes to no picture ({failed}); the file is empty or damaged")

    def warn_of_damage(self, path: Path, facts: VideoFacts, times: FrameTimes) -> None:
        """Warn where the file held less than it said."""
        problems = []
        if self.broken_off:
            problems.append(f"reading broke off ({self.broken_off})")
        if self.undecoded:
            problems.append(f"{self.undecoded} packets could not be decoded")
        announced = self._announced_seconds(facts.time_base)
        short = facts.duration + DURATION_SLACK / facts.average_rate < announced
        if short and not 0 < self.stream.frames <= times.count:
            problems.append(f"{float(announced):.3f} s were announced, {facts.duration:.3f} s are there")
        if times.repaired:
            problems.append(f"{times.repaired} frames had timestamps out of order, which were set by the rate")
        if problems:
            end = float((times.last or 0) - facts.start_pts) * float(facts.time_base)
            message = f"{path}: {'; '.join(problems)}; decoded up to {end:.3f} s"
            warnings.warn(message, DamagedVideoWarning, stacklevel=3)

    def _announced_seconds(self, clock: Fraction) -> Fraction:
        """How long the container says that the pictures last; 0 where it does not say."""
        if self.stream.duration is not None:
            return self.stream.duration * clock
        # The container's own duration is that of its longest stream, which tells only where all are pictures.
        if self.container.duration is not None and all(s.type == "video" for s in self.container.streams):
            return Fraction(self.container.duration, MICROSECONDS)
        return Fraction(0)


class FrameTimes:
    """The pts of decoded frames, which come in order of display: strictly growing, whatever the file says."""

    def __init__(self, facts: VideoFacts, reading: Reading) -> None:
        self._facts = facts
        self._reading = reading
        self._period = max(1, round(1 / (facts.average_rate * facts.time_base)))
        self.last: int | None = None
        self.count = 0
        self.repaired = 0

    def of(self, index: int, decoded: VideoFrame) -> int:
        self.count = index + 1
        if self._reading.counts_frames:
            pts = round(index / (self._facts.average_rate * self._facts.time_base))
        elif decoded.pts is None or (self.last is not None and decoded.pts <= self.last):
            self.repaired += 1
            pts = self._facts.start_pts if self.last is None else self.last + self._period
        else:
            pts = decoded.pts
        self.last = pts
        return pts


class Pictures(NamedTuple):
    """Decoded frames → upright RGB of one size."""

    size: tuple[int, int]
    """(width, height), upright"""
    rotation: int
    reformatter: VideoReformatter
    """one for all frames: it keeps its tables"""

    def of(self, decoded: VideoFrame) -> Image:
        width, height = self.size if self.rotation in (0, 180) else self.size[::-1]
        rgb = self.reformatter.reformat(decoded, width=width, height=height, format="rgb24", threads=1)
        return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), -self.rotation // 90))
