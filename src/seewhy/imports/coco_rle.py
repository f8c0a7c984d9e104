"""COCO run lengths by frame, the mask format of Reel-97: one JSON file for each video.

::

    {"video": "davis_camel.mp4", "height": 480, "width": 854, "num_frames": 90, "annotation": "all_frames",
     "objects": {"1": {"name": "front camel"}},
     "frames": {"0": {"1": {"size": [480, 854], "counts": "..."}}}}

`annotation` is ``all_frames``, ``sparse`` or ``first_frame``; frames are counted from 0 as decoded.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, Coverage, ObjectAttribute
from seewhy.imports.documents import Record, RleRecord, frame_number, mask_of, name_of, record
from seewhy.imports.shapes import size_of
from seewhy.types.masks import Rle

_COVERAGE: dict[str, Coverage] = {"all_frames": "complete", "sparse": "sparse", "first_frame": "first_frame"}
_ABOUT_THE_MASK = re.compile(r"\([^)]*\)?")
_ASIDE = re.compile(r"[,;]")
"""What follows is said of the object, and is no part of its name: ``tall girl, turquoise polo``."""
_FURTHER = re.compile(r"\s(?:with|of|in|on|at|by|and|to|from|near|behind)\s", re.IGNORECASE)
"""What follows is another thing, or where it is: ``rider with bike``, ``backpack of the girl``."""


class _Object(Record):
    name: str = ""


class _File(Record):
    video: str
    height: int
    width: int
    num_frames: int | None = Field(default=None, ge=1)
    annotation: Literal["all_frames", "sparse", "first_frame"]
    objects: dict[str, _Object]
    frames: dict[str, dict[str, RleRecord]]


def parse(document: dict[str, Any], origin: Path) -> tuple[Annotation, ...]:
    """The one video of a file.

    Raises:
        AnnotationError: something is missing or malformed.
    """
    said = record(_File, document, str(origin))
    size = size_of(said.height, said.width, str(origin))
    frames: dict[int, dict[str, Rle]] = {}
    for number, masks in said.frames.items():
        index = frame_number(number, f"{origin}: frames")
        if index in frames:
            raise AnnotationError(f"{origin}: frames: {index} is there twice, as {number!r} too")
        found = {name: mask_of(mask, size, f"{origin}: frame {number}, object {name}") for name, mask in masks.items()}
        frames[index] = {name: mask for name, mask in found.items() if mask is not None}
    objects = {name: _object(thing.name) for name, thing in said.objects.items()}
    coverage = _COVERAGE[said.annotation]
    return (Annotation(origin, "coco-rle", said.video, size, objects, frames, coverage, said.num_frames),)


def _object(text: str) -> AnnotatedObject:
    """The name, the phrase that it begins, and what is said besides.

    >>> _object("rider with bike (one union mask)").names, _object("tall girl, turquoise polo").names
    (('rider', 'rider with bike'), ('tall girl',))
    """
    phrase, *asides = (name_of(part) for part in _ASIDE.split(_ABOUT_THE_MASK.sub(" ", text)))
    name = _FURTHER.split(phrase, maxsplit=1)[0]
    attributes = tuple(ObjectAttribute("other", aside) for aside in dict.fromkeys(asides) if aside)
    return AnnotatedObject(tuple(dict.fromkeys(said for said in (name, phrase) if said)), attributes=attributes)
