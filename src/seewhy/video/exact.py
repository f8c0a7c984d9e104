"""A video file whose frames can be looked at again: the seam Clip over FFmpeg.

`exact` gives the same pixels on every machine: decoders of today's codecs are exact by specification (the older ones,
which are not, are told which inverse transform to take), and what follows is arithmetic in whole numbers (`planes`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from seewhy.errors import VideoError
from seewhy.settings import Settings
from seewhy.types.time import Span
from seewhy.types.video import Frame, FrameTime, Image, VideoFacts
from seewhy.video.ahead import ahead
from seewhy.video.decoding import FrameTimes, Pictures, Reading
from seewhy.video.opening import opened
from seewhy.video.packets import PacketTable
from seewhy.video.planes import upright
from seewhy.video.sampling import fitted_size
from seewhy.video.source import VideoSource

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_EXACT_OPTIONS = {"flags": "+bitexact", "idct": "simple"}
"""Of the decoder. MPEG-1, 2 and 4 leave the last bit of the inverse cosine transform open, and FFmpeg picks one by the
processor unless it is told."""

_EXACT_THREADS = 1
"""Threads change nothing in an intact stream; how one conceals the damage of a broken one may depend on them."""

_THREADS = 2


class FileClip:
    """A `Clip` over a file. It is opened anew for each look and may be used from many threads at once."""

    def __init__(
        self,
        source: VideoSource,
        path: Path,
        facts: VideoFacts,
        settings: Settings,
        frames: Sequence[FrameTime] = (),
    ) -> None:
        """
        Args:
            source: reads what `sampled` gives.
            path: the file.
            facts: what was said of it when it was perceived.
            settings: `video` says at what rate and size perception saw it.
            frames: of its twin. Where they are given, and bear out that the file's packets count the same as its
                decoded frames do, `exact` decodes only what it must; the pixels are the same.
        """
        self._source = source
        self._path = path
        self._facts = facts
        self._settings = settings
        self._frames = frames

    @property
    def facts(self) -> VideoFacts:
        """See `Clip.facts`."""
        return self._facts

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        """See `Clip.exact`. Frames come in order of their index.

        Raises:
            ValueError: `lines` is not positive.
        """
        size = fitted_size(self._facts.width, self._facts.height, lines)
        wanted = frozenset(indices)
        if not wanted:
            return {}
        if min(wanted) < 0:
            raise VideoError(self._path, f"frames are counted from 0, frame {min(wanted)} was asked for")
        found = self._shortest(wanted, size) or self._from_the_start(wanted, size)
        return {index: found[index] for index in sorted(wanted)}

    def sampled(self) -> Iterator[Frame]:
        """See `Clip.sampled`."""
        video = self._settings.video
        return ahead(
            self._source.frames(
                self._path, self._facts, rate=video.rate, lines=video.lines, max_frames=video.max_frames
            )
        )

    def every(self, span: Span, most: int) -> Iterator[Frame]:
        """See `Clip.every`."""
        return ahead(self._every(span, most))

    def _every(self, span: Span, most: int) -> Iterator[Frame]:
        from av.video.reformatter import VideoReformatter

        size = fitted_size(self._facts.width, self._facts.height, self._settings.video.lines)
        picture = Pictures(size, self._facts.rotation, VideoReformatter())
        left = most
        for index, pts, decoded in self._decoded(_THREADS, {}):
            t = self._seconds(pts)
            if left <= 0 or t >= span.end:
                return
            if span.contains(t):
                yield Frame(index, pts, self._facts.time_base, t, picture.of(decoded))
                left -= 1

    def _from_the_start(self, wanted: frozenset[int], size: tuple[int, int]) -> dict[int, Frame]:
        """Decodes everything up to the last wanted frame."""
        found: dict[int, Frame] = {}
        last, count = max(wanted), 0
        for index, pts, decoded in self._decoded(_EXACT_THREADS, _EXACT_OPTIONS):
            count = index + 1
            if index in wanted:
                found[index] = self._frame(index, pts, decoded, size)
            if index == last:
                return found
        raise VideoError(
            self._path,
            f"frame {last} was asked for, the file decodes to {count} frames; if it has changed, index it again",
        )

    def _shortest(self, wanted: frozenset[int], size: tuple[int, int]) -> dict[int, Frame] | None:
        """Decodes what the wanted frames depend on; None where that cannot be known, or goes wrong."""
        table = self._table
        if table is None or max(wanted) >= len(table.entries):
            return None
        times = table.times
        index_of: dict[int | None, int] = {times[index]: index for index in wanted}
        steps = {step.position: step.wanted for step in table.plan([times[index] for index in wanted])}
        last = max(steps)
        found: dict[int, Frame] = {}
        with opened(self._path, self._settings.video.max_pixels) as (container, stream):
            context = stream.codec_context
            context.options = {**context.options, **_EXACT_OPTIONS}
            reading = Reading(container, stream, _EXACT_THREADS)
            pictures = (packet for packet in reading.packets() if packet.size)
            for position, packet in enumerate(pictures):
                if position not in steps:
                    continue
                leave_out = table.skips_unreferenced and not steps[position]
                context.skip_frame = "NONREF" if leave_out else "DEFAULT"
                decodeds = reading.decode(packet)
                if position == last:
                    decodeds += reading.decode(None)
                for decoded in decodeds:
                    if (index := index_of.get(decoded.pts)) is not None:
                        found[index] = self._frame(index, times[index], decoded, size)
                if position == last:
                    break
            intact = not reading.undecoded and reading.broken_off is None
        return found if intact and len(found) == len(wanted) else None

    @cached_property
    def _table(self) -> PacketTable | None:
        """The file's packets; None where their order in time does not tell which frame is which."""
        if not self._frames:
            return None
        with opened(self._path, self._settings.video.max_pixels) as (container, stream):
            context = stream.codec_context
            reading = Reading(container, stream, _EXACT_THREADS)
            table = PacketTable.of(context.codec.canonical_name, context.extradata, reading.packets())
            certain = not reading.counts_frames and reading.broken_off is None and table.agrees_with(self._frames)
        return table if certain else None

    def _decoded(self, threads: int, options: Mapping[str, str]) -> Iterator[tuple[int, int, VideoFrame]]:
        """(index, pts, frame) from the first frame on, counted as perception counts them."""
        with opened(self._path, self._settings.video.max_pixels) as (container, stream):
            stream.codec_context.options = {**stream.codec_context.options, **options}
            reading = Reading(container, stream, threads)
            times = FrameTimes(self._facts, reading)
            for index, decoded in enumerate(reading.frames()):
                yield index, times.of(index, decoded), decoded
            if times.last is None:
                raise reading.nothing_decoded(self._path)

    def _frame(self, index: int, pts: int, decoded: VideoFrame, size: tuple[int, int]) -> Frame:
        return Frame(index, pts, self._facts.time_base, self._seconds(pts), self._picture(decoded, size))

    def _picture(self, decoded: VideoFrame, size: tuple[int, int]) -> Image:
        import av

        try:
            return upright(decoded, self._facts.rotation, size)
        except av.error.FFmpegError as error:
            name = decoded.format.name
            raise VideoError(self._path, f"its pixels ({name}) cannot be read as colors; convert the file") from error

    def _seconds(self, pts: int) -> float:
        return float((pts - self._facts.start_pts) * self._facts.time_base)
