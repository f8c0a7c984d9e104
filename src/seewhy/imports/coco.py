"""COCO instances over the frames of videos: one JSON file for any number of them.

::

    {"images": [{"id": 1, "file_name": "walk/frame_000000.png", "height": 480, "width": 854}],
     "categories": [{"id": 1, "name": "dog", "supercategory": "animal"}],
     "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[10, 10, 50, 10, 50, 60]],
                      "bbox": [10, 10, 40, 50], "attributes": {"track_id": 3}}]}

A frame's video is its `video_id`, the folder of its file's name, or else the annotation file's own name. Its number is
`frame_index` or `frame_id`, or the last number in its file's name. An object's id over time is `track_id` or
`instance_id`, of the annotation or of its attributes; an annotation without one is an object that is seen once. Without
a segmentation its box is its mask.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, coverage_of
from seewhy.imports.documents import Record, RleRecord, frame_number, mask_of, name_of, record
from seewhy.imports.shapes import Size, rectangle, size_of
from seewhy.types.masks import Rle, union

FORMAT = "coco"
_NUMBER = re.compile(r"\d+(?=\D*$)", re.ASCII)
Id = int | str


class Category(Record):
    """What an object is."""

    id: Id
    name: str
    supercategory: str | None = None


class _Video(Record):
    id: Id
    name: str | None = None
    file_name: str | None = None


class _Image(Record):
    id: Id
    file_name: str
    height: int
    width: int
    video_id: Id | None = None
    frame_index: int | None = None
    frame_id: int | None = None


class _Annotation(Record):
    id: Id
    image_id: Id
    category_id: Id
    segmentation: RleRecord | list[list[float]] | None = None
    bbox: list[float] | None = Field(default=None, min_length=4, max_length=4)
    track_id: Id | None = None
    instance_id: Id | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)

    @property
    def track(self) -> str | None:
        for known in (self.track_id, self.instance_id, *map(self.attributes.get, ("track_id", "instance_id"))):
            if isinstance(known, (int, str)) and not isinstance(known, bool):
                return str(known)
        return None


class _File(Record):
    images: list[_Image]
    annotations: list[_Annotation]
    categories: list[Category]
    videos: list[_Video] = Field(default_factory=list)


def parse(document: dict[str, Any], origin: Path) -> tuple[Annotation, ...]:
    """The videos of a file, by name.

    Raises:
        AnnotationError: something is missing or malformed.
    """
    said = record(_File, document, str(origin))
    categories = categories_of(said.categories, origin)
    names = {video.id: video.name or video.file_name or str(video.id) for video in said.videos}
    of_image: dict[Id, list[_Annotation]] = defaultdict(list)
    for one in said.annotations:
        of_image[one.image_id].append(one)
    unknown = of_image.keys() - {image.id for image in said.images}
    if unknown:
        raise AnnotationError(f"{origin}: annotations of image {sorted(map(str, unknown))[0]}, which is not listed")
    videos: dict[str, list[_Image]] = defaultdict(list)
    for image in said.images:
        videos[_video_of(image, names, origin)].append(image)
    return tuple(_video(name, images, of_image, categories, origin) for name, images in sorted(videos.items()))


def categories_of(said: Iterable[Category], origin: Path) -> dict[Id, AnnotatedObject]:
    """Category → an object of it.

    Raises:
        AnnotationError: an id stands for two.
    """
    found: dict[Id, AnnotatedObject] = {}
    for category in said:
        if category.id in found:
            raise AnnotationError(f"{origin}: categories: the id {category.id} is there twice")
        name, wider = name_of(category.name), name_of(category.supercategory or "")
        found[category.id] = AnnotatedObject((name,) if name else (), wider if wider not in ("", name) else None)
    return found


def category_of(known: Mapping[Id, AnnotatedObject], category: Id, where: str) -> AnnotatedObject:
    """
    Raises:
        AnnotationError: there is none with this id.
    """
    if category not in known:
        raise AnnotationError(f"{where}: category_id {category} is not among the categories")
    return known[category]


def numbers_in(names: Iterable[str], where: str) -> list[int] | None:
    """The last number in each file's name; None where one has none. Numbers 1, 2, 3, ... count from 1 and are shifted.

    >>> numbers_in(["v/00000.jpg", "v/00005.jpg"], "here"), numbers_in(["img1.png", "img2.png"], "here")
    ([0, 5], [0, 1])
    """
    found: list[int] = []
    for name in names:
        number = _NUMBER.search(PurePosixPath(name.replace("\\", "/")).stem)
        if number is None:
            return None
        found.append(frame_number(number[0], where))
    from_one = sorted(found) == list(range(1, len(found) + 1))
    return [number - from_one for number in found]


def _video_of(image: _Image, names: Mapping[Id, str], origin: Path) -> str:
    if image.video_id is not None:
        if names and image.video_id not in names:
            raise AnnotationError(f"{origin}: image {image.id}: video_id {image.video_id} is not among the videos")
        return names.get(image.video_id, str(image.video_id))
    folder = PurePosixPath(image.file_name.replace("\\", "/")).parent
    return origin.stem if folder == PurePosixPath() else str(folder)


def _video(
    name: str,
    images: list[_Image],
    of_image: Mapping[Id, list[_Annotation]],
    categories: Mapping[Id, AnnotatedObject],
    origin: Path,
) -> Annotation:
    where = f"{origin}: video {name!r}"
    size = size_of(images[0].height, images[0].width, where)
    frames: dict[int, dict[str, Rle]] = {}
    objects: dict[str, AnnotatedObject] = {}
    for image, index in zip(images, _indices(images, where), strict=True):
        if (image.height, image.width) != size:
            raise AnnotationError(f"{where}: image {image.id} is {image.width} x {image.height}, others {size[::-1]}")
        if index in frames:
            raise AnnotationError(f"{where}: two images are of frame {index}")
        masks: defaultdict[str, list[Rle]] = defaultdict(list)
        for one in of_image.get(image.id, ()):
            thing = f"{where}: annotation {one.id}"
            key = one.track if one.track is not None else f"annotation-{one.id}"
            what = category_of(categories, one.category_id, thing)
            if objects.setdefault(key, what) != what:
                raise AnnotationError(f"{thing}: track {key} is {what.names}, before it was {objects[key].names}")
            if (mask := _mask(one, size, thing)) is not None:
                masks[key].append(mask)
        frames[index] = {key: found[0] if len(found) == 1 else union(found) for key, found in masks.items()}
    return Annotation(origin, FORMAT, name, size, objects, frames, coverage_of(frames, None))


def _indices(images: list[_Image], where: str) -> list[int]:
    for field in ("frame_index", "frame_id"):
        said = [getattr(image, field) for image in images]
        if all(number is not None for number in said):
            return said
    found = numbers_in((image.file_name for image in images), where)
    if found is None:
        raise AnnotationError(f"{where}: images have neither a frame_index nor a number in their file_name")
    return found


def _mask(one: _Annotation, size: Size, where: str) -> Rle | None:
    if one.segmentation is None or one.segmentation == []:
        if one.bbox is None:
            raise AnnotationError(f"{where}: neither a segmentation nor a bbox")
        x, y, width, height = one.bbox
        return rectangle(x, y, x + width, y + height, size, where)
    return mask_of(one.segmentation, size, where)
