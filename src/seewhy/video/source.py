"""The seam VideoSource: a file's facts, and its frames with exact times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from seewhy.types.video import Frame, VideoFacts


class VideoSource(Protocol):
    """Reads video files. Memory use does not grow with a video's length."""

    def probe(self, path: Path) -> VideoFacts:
        """What the container and the first decoded frame say.

        Raises:
            VideoError: the subclass that fits; see seewhy.errors.
        """
        ...

    def frames(
        self, path: Path, facts: VideoFacts, *, rate: float, lines: int | None, max_frames: int | None
    ) -> Iterator[Frame]:
        """Sampled upright RGB frames in order of time, decoded in sequence.

        Args:
            path: the file.
            facts: what `probe` said of it.
            rate: frames sampled per second; the frame nearest after each tick is taken, none twice.
            lines: the picture is scaled down to at most this height in pixels; None: as stored.
            max_frames: a longer video is sampled more thinly, evenly over its length; None: no limit.

        Raises:
            VideoError: nothing could be decoded. A stream that breaks off later ends the iteration, with a
                `warnings.warn(..., DamagedVideoWarning)`.
        """
        ...


class DamagedVideoWarning(UserWarning):
    """A video decoded only in part; the text says how far."""
