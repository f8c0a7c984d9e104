"""SA-V masklets (Ravi et al., SAM 2, 2024): ``<video>_manual.json`` and ``<video>_auto.json``.

::

    {"video_id": "sav_000001", "video_frame_count": 483.0, "video_height": 848.0, "video_width": 480.0,
     "masklet_id": [0, 1], "masklet": [[{"size": [848, 480], "counts": "..."}, {...}], ...]}

`masklet` has a list for each annotated frame, with a mask for each id; an empty mask: not seen. The videos have 24
frames per second, of which 6 are annotated: entry k is of frame 4 k. Objects have no names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, coverage_of
from seewhy.imports.documents import Record, RleRecord, mask_of, record
from seewhy.imports.shapes import size_of
from seewhy.types.masks import Rle

STEP = 4
"""Frames from one annotated frame to the next, as SA-V's paper says; a file in which each is annotated has 1."""


class _File(Record):
    video_id: str
    video_frame_count: float = Field(ge=1, le=1e9)
    video_height: float = Field(ge=1, le=1e9)
    video_width: float = Field(ge=1, le=1e9)
    masklet_id: list[int]
    masklet: list[list[RleRecord]] = Field(min_length=1)
    masklet_type: list[Literal["manual", "auto"]] = Field(default_factory=list)


def parse(document: dict[str, Any], origin: Path) -> tuple[Annotation, ...]:
    """The one video of a file.

    Raises:
        AnnotationError: something is missing or malformed, or the number of masklet frames fits no rate of annotation.
    """
    said = record(_File, document, str(origin))
    size = size_of(int(said.video_height), int(said.video_width), str(origin))
    count = int(said.video_frame_count)
    step = _step(count, len(said.masklet), origin)
    names = [str(number) for number in said.masklet_id]
    if len(set(names)) != len(names):
        raise AnnotationError(f"{origin}: masklet_id: an id is there twice")
    frames: dict[int, dict[str, Rle]] = {}
    for place, masks in enumerate(said.masklet):
        if len(masks) != len(names):
            raise AnnotationError(f"{origin}: masklet {place} has {len(masks)} masks for {len(names)} ids")
        where = f"{origin}: masklet {place}, id"
        found = {name: mask_of(mask, size, f"{where} {name}") for name, mask in zip(names, masks, strict=True)}
        frames[step * place] = {name: mask for name, mask in found.items() if mask is not None}
    kinds = sorted(set(said.masklet_type)) or ["manual"]
    objects = {name: AnnotatedObject() for name in names}
    return (
        Annotation(
            origin, f"sa-v-{'-'.join(kinds)}", said.video_id, size, objects, frames, coverage_of(frames, count), count
        ),
    )


def _step(frames: int, annotated: int, origin: Path) -> int:
    for step in (STEP, 1):
        if annotated == -(-frames // step):
            return step
    raise AnnotationError(
        f"{origin}: {annotated} annotated frames for a video of {frames}; every {STEP}th is annotated, "
        f"which makes {-(-frames // STEP)}, or each"
    )
