"""One value for every format: what a file of annotations says of one video."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from seewhy.errors import AnnotationError
from seewhy.imports.shapes import size_of
from seewhy.types.masks import Rle
from seewhy.types.twin import AttributeKind

IMPORTER = 1
"""Version of the importers: raised when the same file gives another twin."""

MOST_FRAMES = 1_000_000
"""A frame's number is below it: eleven hours at 24 frames per second."""
MOST_OBJECTS = 1_000
"""in one video: relations are derived for every two of them"""
ID_LETTERS = 200
"""of an object's id, at most: tracks keep it"""

Coverage = Literal["complete", "sparse", "first_frame"]


@dataclass(frozen=True, slots=True)
class ObjectAttribute:
    """One property that an annotator gave an object."""

    kind: AttributeKind
    value: str
    frames: frozenset[int] | None = None
    """indices of the decoded frames in which it holds; None: wherever the object is seen"""


@dataclass(frozen=True, slots=True)
class AnnotatedObject:
    names: tuple[str, ...] = ()
    """what it is, best first; none: nobody said"""
    broader: str | None = None
    """the wider class of the first name, where the annotation knows one"""
    attributes: tuple[ObjectAttribute, ...] = ()


@dataclass(frozen=True)
class Annotation:
    """Masks and names of the objects of one video."""

    origin: Path
    """the file or folder that says so"""
    format: str
    """how it says so, as in a source's name: ``sa-v-manual``"""
    video: str
    """the video's name as the annotation has it: a file's name, perhaps with folders and without extension"""
    size: tuple[int, int]
    """(height, width) of the upright picture and of every mask, in pixels"""
    objects: Mapping[str, AnnotatedObject]
    """id in the annotation → what it is"""
    frames: Mapping[int, Mapping[str, Rle]]
    """index of an annotated decoded frame, from 0 → object → its mask, not empty; an object that is not there is not
    seen, or, where `coverage` is not ``complete``, perhaps not annotated"""
    coverage: Coverage
    """complete: each frame of the video is annotated, so far as the file knows"""
    frame_count: int | None = None
    """decoded frames of the video, where the file says how many"""
    notes: tuple[str, ...] = field(default=())
    """what was made of the file that it does not say itself"""

    def __post_init__(self) -> None:
        size_of(*self.size, f"{self.origin}: video {self.video!r}")
        if not self.video.strip():
            self._refuse("no name of a video")
        if not self.frames:
            self._refuse("no annotated frame")
        if len(self.objects) > MOST_OBJECTS:
            self._refuse(f"{len(self.objects)} objects; at most {MOST_OBJECTS} can be imported")
        for name in self.objects:
            if not (name.isprintable() and len(name) <= ID_LETTERS):
                self._refuse(f"the id {name[:40]!r} of an object; ids are at most {ID_LETTERS} visible characters")
        for index, masks in self.frames.items():
            self._check_frame(index, masks)
        if self.frame_count is not None and max(self.frames) >= self.frame_count:
            self._refuse(f"masks in frame {max(self.frames)}, but it says that there are {self.frame_count} frames")

    def _check_frame(self, index: int, masks: Mapping[str, Rle]) -> None:
        if not 0 <= index < MOST_FRAMES:
            self._refuse(f"a frame {index}; frames are counted from 0 to {MOST_FRAMES - 1}")
        for name, mask in masks.items():
            if name not in self.objects:
                self._refuse(f"a mask in frame {index} of object {name!r}, which is not among its objects")
            if mask.size != self.size:
                self._refuse(f"frame {index}, object {name!r}: a mask of size {mask.size}, the picture has {self.size}")

    def _refuse(self, what: str) -> None:
        raise AnnotationError(f"{self.origin}: video {self.video!r}: {what}; correct the annotation")

    @property
    def source(self) -> str:
        """Provenance of what it says: ``imported.<format>@<version>``."""
        return f"imported.{self.format}@{IMPORTER}"

    @cached_property
    def digest(self) -> str:
        """The same for annotations that say the same of a video, whatever their file is called; 32 hex digits."""
        objects = {
            name: [
                thing.names,
                thing.broader,
                [[a.kind, a.value, None if a.frames is None else sorted(a.frames)] for a in thing.attributes],
            ]
            for name, thing in self.objects.items()
        }
        frames = {index: {name: mask.counts for name, mask in masks.items()} for index, masks in self.frames.items()}
        said = [self.source, self.size, objects, frames, self.coverage, self.frame_count, self.notes]
        return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()


def coverage_of(frames: Mapping[int, object], frame_count: int | None) -> Coverage:
    """What the numbers of the annotated frames tell, where the file does not say it.

    >>> coverage_of({0: ..., 1: ...}, 2), coverage_of({0: ..., 4: ...}, 5), coverage_of({0: ...}, 9)
    ('complete', 'sparse', 'first_frame')
    """
    every = len(frames) == (frame_count if frame_count is not None else max(frames, default=0) + 1)
    if every and (len(frames) > 1 or frame_count == 1):
        return "complete"
    return "first_frame" if set(frames) == {0} else "sparse"
