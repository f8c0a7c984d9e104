"""What a promptable video segmenter is to the code around it: a session that looks at one frame after the other.

The networks (SAM 2.1, EdgeTAM) are behind it, and what decides whom to follow, for how long, and who is the same as
whom is in front of it: so that the latter can be tested on constructed inputs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from seewhy.types.masks import Mask
from seewhy.types.video import Frame


class Prompt(NamedTuple):
    """Where an object is in a frame: exactly one of box, points and mask."""

    object: int
    """number by which it is known from now on, in this session"""
    box: tuple[float, float, float, float] | None = None
    """x0, y0, x1, y1 as fractions of the frame"""
    points: tuple[tuple[float, float], ...] = ()
    """x, y as fractions of the frame, all on the object"""
    mask: Mask | None = None
    """of the frame's size"""


class Seen(NamedTuple):
    """An object in a frame."""

    mask: Mask
    """(H, W) of the frame; may be empty: it is hidden, or out of view"""
    score: float
    """how surely it is seen and the mask fits, 0..1"""


class TrackerSession(Protocol):
    """Objects followed through frames in order. Keeps a bounded number of frames, however many it is shown."""

    def expect(self, frames: Sequence[Frame]) -> None:
        """Which frames will be looked at next, in this order, so that a network may prepare several of them together.

        What was expected before is not any more. Nobody has to tell, nor to keep to it: what is seen is the same, but
        for rounding.

        Args:
            frames: the very ones that `look` will be given; held until they were looked at or something else is.
        """
        ...

    def look(self, frame: Frame, prompts: Sequence[Prompt] = ()) -> Mapping[int, Seen]:
        """Take in the next frame: where all objects are in it.

        Args:
            frame: of the same size as those before.
            prompts: objects that are new from this frame on, or are set right in it.

        Returns:
            object → how it is seen, for all that have been prompted and not dropped.
        """
        ...

    def drop(self, objects: Collection[int]) -> None:
        """Follow these no longer."""
        ...


class Tracker(Protocol):
    """A promptable video segmenter."""

    @property
    def source(self) -> str:
        """``<name>@<version>``"""
        ...

    def session(self) -> AbstractContextManager[TrackerSession]:
        """A new session; its memory goes with the block."""
        ...
