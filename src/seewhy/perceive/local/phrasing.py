"""What a segmenter that follows phrases is to the code around it: a session that looks at one frame after the other."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from seewhy.types.masks import Mask
from seewhy.types.video import Frame


class Named(NamedTuple):
    """An object in a frame, and the phrase that it answers to."""

    phrase: str
    mask: Mask
    """(H, W) of the frame, not empty"""
    score: float
    """how surely it is seen in this frame, 0..1"""
    found: float
    """how surely it is what the phrase says, by the detection that began it, 0..1"""


class Look(NamedTuple):
    """What a frame shows."""

    named: Mapping[int, Named]
    """object → how it is seen; numbers are the session's own, and stay"""
    gone: frozenset[int] = frozenset()
    """Objects that have turned out to be none, or another one once more: what was said of them in the frames before,
    at most `PhraseSession.delay`, is taken back. None of them is in `named`."""


class PhraseSession(Protocol):
    """Objects that answer to phrases, followed through frames in order. Keeps a bounded number of frames for objects
    that are seen, and a little for each frame."""

    @property
    def delay(self) -> int:
        """In so many frames from its first an object may turn out to be none."""
        ...

    def look(self, frame: Frame, *, search: bool) -> Look:
        """Take in the next frame, of the same size as those before.

        Args:
            search: look for all phrases. Otherwise only for those that objects in view answer to.
        """
        ...


class PhraseTracker(Protocol):
    """Finds and follows what phrases say."""

    @property
    def source(self) -> str:
        """``<name>@<version>``"""
        ...

    def session(self) -> AbstractContextManager[PhraseSession]:
        """A new session; its memory goes with the block."""
        ...
