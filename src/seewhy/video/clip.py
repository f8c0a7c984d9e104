"""The seam Clip: one video whose frames can be looked at again, at will."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from seewhy.types.time import Span
from seewhy.types.video import Frame, VideoFacts


class Clip(Protocol):
    """A video that is there to be looked at."""

    @property
    def facts(self) -> VideoFacts: ...

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        """Some frames, with pixels that are the same on every machine.

        Args:
            indices: of decoded frames, from 0.
            lines: greatest height; larger frames are scaled down.

        Raises:
            VideoError: the file cannot be read, or has no such frame.
        """
        ...

    def sampled(self) -> Iterator[Frame]:
        """The frames that perception saw, in order and in the size that it saw them."""
        ...

    def every(self, span: Span, most: int) -> Iterator[Frame]:
        """Every decoded frame within a span, in the size that perception saw, at most so many of them (the first)."""
        ...
