"""What a specialist has found in a video that has a twin already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from seewhy.types.masks import Rle
from seewhy.types.twin import Attribute, Event, Label, Score
from seewhy.types.video import FrameTime


@dataclass(frozen=True)
class FoundObject:
    """A thing that the twin has no track of."""

    labels: tuple[Label, ...]
    masks: Mapping[int, Rle]
    """index of a decoded frame, one of the twin's → mask of the size of the twin's masks"""
    score: Score
    source: str
    """who followed it through the frames"""
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class Findings:
    """Facts that are to enter a twin, each with its score and source."""

    source: str
    """who looked: ``<name>@<version>``"""
    labels: Mapping[int, tuple[Label, ...]] = field(default_factory=dict)
    """track → what it is, best first"""
    attributes: Mapping[int, tuple[Attribute, ...]] = field(default_factory=dict)
    """track → what it is like"""
    events: tuple[Event, ...] = ()
    objects: tuple[FoundObject, ...] = ()
    frames: tuple[FrameTime, ...] = ()
    """frames that the twin has not, which `masks` speak of"""
    masks: Mapping[int, Mapping[int, Rle]] = field(default_factory=dict)
    """index of a decoded frame → track → its mask there: more observations of tracks"""
    scene: tuple[Attribute, ...] = ()
    camera: tuple[Attribute, ...] = ()
    pace: Attribute | None = None
    texts: tuple[str, ...] = ()
    """on-screen text, as read"""
    summary: str | None = None
    notes: tuple[str, ...] = ()
    """what was said and could not be used, and why"""
    degraded: tuple[str, ...] = ()
    """what could not be looked at, and why"""
    incomplete: bool = False
    """True: some of it may be looked at another time, when the model answers again"""
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """Number of facts."""
        of_tracks = sum(map(len, self.labels.values())) + sum(map(len, self.attributes.values()))
        of_picture = len(self.scene) + len(self.camera) + (self.pace is not None) + len(self.texts) + bool(self.summary)
        return of_tracks + of_picture + len(self.events) + len(self.objects) + sum(map(len, self.masks.values()))
