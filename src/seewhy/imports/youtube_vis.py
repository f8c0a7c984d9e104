"""YouTube-VIS (Yang et al., ICCV 2019) and what is written like it: one JSON file for any number of videos.

::

    {"videos": [{"id": 1, "height": 720, "width": 1280, "length": 3,
                 "file_names": ["0043f083b5/00000.jpg", "0043f083b5/00005.jpg", "0043f083b5/00010.jpg"]}],
     "categories": [{"id": 1, "name": "dog", "supercategory": "animal"}],
     "annotations": [{"id": 1, "video_id": 1, "category_id": 1, "segmentations": [{"size": [...], "counts": ...},
                      [[10, 10, 50, 10, 50, 60]], null]}]}

`segmentations` has an entry for each of the `file_names`; null: not visible. A frame's number is the one in its file's
name: YouTube-VIS names every fifth frame of its videos.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, coverage_of
from seewhy.imports.coco import Category, Id, categories_of, category_of, numbers_in
from seewhy.imports.documents import Record, RleRecord, mask_of, record
from seewhy.imports.shapes import size_of
from seewhy.types.masks import Rle

FORMAT = "youtube-vis"


class _Video(Record):
    id: Id
    height: int
    width: int
    length: int | None = None
    file_names: list[str] = Field(min_length=1)
    name: str | None = None


class _Annotation(Record):
    id: Id
    video_id: Id
    category_id: Id
    segmentations: list[RleRecord | list[list[float]] | None]


class _File(Record):
    videos: list[_Video]
    annotations: list[_Annotation]
    categories: list[Category]


def parse(document: dict[str, Any], origin: Path) -> tuple[Annotation, ...]:
    """The videos of a file, in its order.

    Raises:
        AnnotationError: something is missing or malformed.
    """
    said = record(_File, document, str(origin))
    categories = categories_of(said.categories, origin)
    of_video: dict[Id, list[_Annotation]] = defaultdict(list)
    for one in said.annotations:
        of_video[one.video_id].append(one)
    unknown = of_video.keys() - {video.id for video in said.videos}
    if unknown:
        raise AnnotationError(f"{origin}: annotations of video {sorted(map(str, unknown))[0]}, which is not listed")
    return tuple(_video(video, of_video.get(video.id, []), categories, origin) for video in said.videos)


def _video(
    video: _Video, annotations: list[_Annotation], categories: Mapping[Id, AnnotatedObject], origin: Path
) -> Annotation:
    where = f"{origin}: video {video.id}"
    size, length = size_of(video.height, video.width, where), len(video.file_names)
    if video.length not in (None, length):
        raise AnnotationError(f"{where}: length {video.length}, but {length} file_names")
    indices = numbers_in(video.file_names, where)
    if indices is None:
        raise AnnotationError(f"{where}: file_names without numbers; a frame's number is in the name of its file")
    if len(set(indices)) < length:
        raise AnnotationError(f"{where}: two file_names have one number")
    frames: dict[int, dict[str, Rle]] = {index: {} for index in indices}
    objects: dict[str, AnnotatedObject] = {}
    for one in annotations:
        thing = f"{where}, annotation {one.id}"
        if len(one.segmentations) != length:
            raise AnnotationError(f"{thing}: {len(one.segmentations)} segmentations for {length} file_names")
        key = str(one.id)
        if key in objects:
            raise AnnotationError(f"{thing}: the id is there twice")
        objects[key] = category_of(categories, one.category_id, thing)
        for index, segmentation in zip(indices, one.segmentations, strict=True):
            mask = None if segmentation is None else mask_of(segmentation, size, f"{thing}, frame {index}")
            if mask is not None:
                frames[index][key] = mask
    name = video.name or str(PurePosixPath(video.file_names[0].replace("\\", "/")).parent)
    name = str(video.id) if name == "." else name
    return Annotation(origin, FORMAT, name, size, objects, frames, coverage_of(frames, None))
