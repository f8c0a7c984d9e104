"""A gallery in memory: twins, and clips that show a color each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from twinmaker import Maker

from seewhy.errors import VideoNotFound
from seewhy.reason.seams import Reference
from seewhy.twin.store import MemoryStore, TwinFiles
from seewhy.types.query import Condition, Query
from seewhy.types.trace import Trace
from seewhy.types.video import Frame
from seewhy.video.clip import Clip
from seewhy.video.clip_fake import FakeClip

VIDEOS = tuple(f"{number:032}" for number in range(1, 7))
REFERENCE = "f" * 32
EDIT = "now at night"
SIDE = 64
CLOCK = Fraction(1, 30000)
TICKS = 1001
"""From frame to frame; 29.97 a second."""


def clip_of_color(number: int, frames: int = 40) -> FakeClip:
    """Frame i has the color (number, i, i // 2)."""
    made = []
    for i in range(frames):
        image = np.zeros((SIDE, SIDE, 3), np.uint8)
        image[:] = (number, i, i // 2)
        made.append(Frame(i, i * TICKS, CLOCK, float(i * TICKS * CLOCK), image))
    return FakeClip(made)


@dataclass
class ClipGallery:
    """What a channel works with. Those of `gone` have a twin, but their file is not there."""

    videos: Sequence[str] = VIDEOS
    gone: set[str] = field(default_factory=set)
    looked_at: list[str] = field(default_factory=list)
    twins: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        for video in (*self.videos, REFERENCE):
            twin = Maker(id=video, duration=1.2).twin()
            self.twins.put(TwinFiles.of(twin, {}, np.zeros((4, 4, 3), np.uint8)))

    def clip(self, video: str) -> Clip:
        self.looked_at.append(video)
        if video in self.gone:
            raise VideoNotFound(f"{video[-1]}.mp4", "the file is gone; index it again where it lies now")
        return clip_of_color(10 * int(video[-1], 16))

    def ids(self) -> tuple[str, ...]:
        return tuple(self.videos)

    def reference(self, *, blind: bool = False) -> Reference:
        return Reference(self.twins.load(REFERENCE), None if blind else clip_of_color(200))


def edited(text: str = EDIT, target: str = "the same street in the dark") -> Query:
    return Query(
        text=text,
        conditions=(Condition(id="c1", kind="free", text=text),),
        exclude=(REFERENCE,),
        reference=REFERENCE,
        trace=Trace(target=target),
        decomposed_by="test@1",
    )
