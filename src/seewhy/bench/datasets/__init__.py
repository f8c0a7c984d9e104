"""Data sets of the benchmarks: one adapter per set, all saying the same few things.

A data set names its videos (the gallery), its questions, and, where it has them, the right masks. An adapter reads
the set in place and raises `seewhy.errors.DatasetError` for whatever is missing or malformed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from seewhy.types.base import Frozen
from seewhy.types.masks import Rle, encode, union


class TextQuery(Frozen):
    """A question in words with its one right video."""

    id: str
    source: str = ""
    """see `ComposedQuery.source`"""
    text: str
    kind: str
    """what it takes to answer: ``negation``, ``temporal order``, ..."""
    video: str
    """name of the right video"""
    objects: tuple[str, ...] = ()
    """ids, in the video's mask truth, of the objects it speaks of; empty: its masks are not scored"""
    near_misses: tuple[str, ...] = ()
    """names of videos that fit in part and are wrong"""


class ComposedQuery(Frozen):
    """A reference video and an edit, with the videos that show what would result."""

    id: str
    """unique in the data set"""
    reference: str
    """name of the video that the edit starts from"""
    edit: str
    video: str | None
    """name of the right video; None: the set keeps it to itself"""
    also_right: tuple[str, ...] = ()
    """names of further right ones"""
    kind: str = "composed"
    """what it takes to answer, where the set says so: ``direction``, ``count``, ..."""
    source: str = ""
    """the part of the data set that it belongs to, where parts have galleries of their own"""
    objects: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """names of videos of its part that the set does not want searched for this query"""
    local: tuple[str, ...] | None = None
    """names of the few videos of its local gallery; None: the set has none"""
    after_effects: tuple[str, ...] = ()
    """what follows from the edit, in the words of the set"""
    reference_description: str = ""
    target_description: str = ""
    """what the right video shows, in the words of the set"""
    reasoning: str = ""
    """the set's own reasoning from reference and edit to the target"""

    @property
    def right(self) -> tuple[str, ...]:
        """All right videos."""
        return (*(() if self.video is None else (self.video,)), *self.also_right)


@dataclass(frozen=True, slots=True)
class MaskTruth:
    """The right masks of one video."""

    size: tuple[int, int]
    """(height, width) of every mask, in pixels"""
    frames: Mapping[int, Mapping[str, Rle]]
    """decoded frame index from 0 → object id → mask"""
    exhaustive: bool
    """True: an object without a mask in an annotated frame is absent from it; False: it may only be unannotated"""

    def of(self, objects: Sequence[str]) -> dict[int, Rle]:
        """Annotated frame → union of the masks of these objects, for the frames that say something of all of them.

        In an exhaustive annotation those are all annotated frames, and a frame without any of the objects has an
        empty mask.
        """
        found: dict[int, Rle] = {}
        for index, masks in sorted(self.frames.items()):
            present = [masks[name] for name in objects if name in masks]
            if not self.exhaustive and len(present) < len(objects):
                continue
            found[index] = union(present) if present else encode(np.zeros(self.size, bool))
        return found


class Dataset(Protocol):
    """What a benchmark needs of a data set."""

    @property
    def name(self) -> str: ...

    @property
    def videos(self) -> Mapping[str, Path]:
        """Name of a video → its file; of those that are there."""
        ...

    @property
    def missing(self) -> Mapping[str, str]:
        """Name of a video whose file is not there → why."""
        ...

    @property
    def queries(self) -> Sequence[TextQuery]: ...

    @property
    def composed(self) -> Sequence[ComposedQuery]: ...

    def pool(self, source: str) -> frozenset[str]:
        """Names of all videos of a part of the set, missing ones among them."""
        ...

    def truth(self, video: str) -> MaskTruth | None:
        """The right masks of a video, None where the set has none.

        Raises:
            DatasetError: the annotation is malformed.
        """
        ...
