"""CVAT for video 1.1: one XML file for each video, with tracks of boxes, polygons or masks.

::

    <annotations><version>1.1</version>
      <meta><task><name>walk</name><size>90</size><start_frame>0</start_frame><stop_frame>89</stop_frame>
        <frame_filter>step=2</frame_filter><original_size><width>854</width><height>480</height></original_size>
        <source>walk.mp4</source></task></meta>
      <track id="0" label="dog">
        <box frame="0" keyframe="1" outside="0" xtl="10.0" ytl="10.0" xbr="50.0" ybr="60.0">
          <attribute name="color">brown</attribute></box>
        <box frame="8" keyframe="1" outside="1" .../></track></annotations>

Frames are numbered as in the video. A track is not seen from a shape with `outside` on until its next shape. Between
two boxes it is on its way from one to the other, evenly, as CVAT shows it; between polygons or masks nothing is made
up.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import (
    MOST_FRAMES,
    AnnotatedObject,
    Annotation,
    ObjectAttribute,
    coverage_of,
)
from seewhy.imports.documents import frame_number, name_of
from seewhy.imports.shapes import MOST_SIDE, Size, polygons, rectangle, size_of, uncompressed
from seewhy.imports.xml import read_xml
from seewhy.types.masks import Rle, decode, encode
from seewhy.types.twin import AttributeKind

FORMAT = "cvat"
_SHAPES = frozenset({"box", "polygon", "mask"})
_OTHER_SHAPES = frozenset({"polyline", "points", "ellipse", "cuboid", "skeleton"})
"""which CVAT draws, too, and which say nothing of pixels, or not in a way that is read here"""
_KINDS: Mapping[str, AttributeKind] = {
    "color": "color", "colour": "color", "shape": "shape", "texture": "texture", "size": "size", "state": "state",
}  # fmt: skip
"""Names of attributes whose meaning is known; the others are told with their name."""

Corners = tuple[float, float, float, float]


@dataclass
class _Shape:
    kind: str
    frame: int
    outside: bool
    said: Mapping[str, str]
    """XML attributes"""
    attributes: dict[str, str] = field(default_factory=dict)

    def number(self, name: str, where: str) -> float:
        try:
            value = float(self.said[name])
        except (KeyError, ValueError):
            value = math.nan
        if not abs(value) <= 2 * MOST_SIDE:
            raise AnnotationError(f"{where}: {name} is {self.said.get(name)!r}, a number of pixels was expected")
        return value

    def corners(self, where: str) -> Corners:
        x0, y0, x1, y1 = (self.number(name, where) for name in ("xtl", "ytl", "xbr", "ybr"))
        return x0, y0, x1, y1


@dataclass
class _Track:
    id: str
    label: str
    shapes: list[_Shape] = field(default_factory=list)


class _Reader:
    """Takes in the elements of one file."""

    def __init__(self, origin: Path) -> None:
        self.origin = origin
        self.facts: dict[str, str] = {}
        """innermost names of elements of <meta> → text"""
        self.tracks: list[_Track] = []
        self.images = False
        self.tasks = 0
        self._inner: str | None = None

    def start(self, path: tuple[str, ...], said: Mapping[str, str]) -> None:
        if path[0] != "annotations":
            raise AnnotationError(f"{self.origin}: the file is of <{path[0]}>, CVAT's are of <annotations>")
        match path[1:]:
            case ("image",):
                self.images = True
            case ("meta", *_, "task"):
                self.tasks += 1
            case ("track",):
                self.tracks.append(_Track(said.get("id", str(len(self.tracks))), said.get("label", "")))
            case ("track", kind) if kind in _SHAPES:
                frame = frame_number(said.get("frame", ""), f"{self.origin}: track {self.tracks[-1].id}")
                self.tracks[-1].shapes.append(_Shape(kind, frame, said.get("outside", "0") == "1", dict(said)))
            case ("track", kind) if kind in _OTHER_SHAPES:
                raise AnnotationError(
                    f"{self.origin}: track {self.tracks[-1].id} is a {kind}; boxes, polygons and masks are imported"
                )
            case ("track", _, "attribute"):
                self._inner = said.get("name")

    def end(self, path: tuple[str, ...], text: str) -> None:
        match path[1:]:
            case ("meta", *_, name) if "labels" not in path:
                if name in ("width", "height") and "original_size" not in path:
                    return
                self.facts.setdefault(name, text)
            case ("track", kind, "attribute") if kind in _SHAPES and self._inner:
                self.tracks[-1].shapes[-1].attributes[self._inner] = text

    def whole(self, name: str) -> int | None:
        """A number of the task; None where it is not said."""
        text = self.facts.get(name, "")
        return frame_number(text, f"{self.origin}: {name}") if text else None


def parse(origin: Path) -> tuple[Annotation, ...]:
    """The one video of a file.

    Raises:
        AnnotationError: something is missing or malformed.
    """
    reader = _Reader(origin)
    read_xml(origin, reader.start, reader.end)
    if reader.images:
        raise AnnotationError(f"{origin}: 'CVAT for images'; export it again as 'CVAT for video 1.1'")
    if reader.tasks > 1:
        raise AnnotationError(f"{origin}: a project of {reader.tasks} tasks; export each task by itself")
    height, width = reader.whole("height"), reader.whole("width")
    if height is None or width is None:
        raise AnnotationError(f"{origin}: meta, original_size: a width and a height were expected")
    size = size_of(height, width, str(origin))
    if len({track.id for track in reader.tracks}) < len(reader.tracks):
        raise AnnotationError(f"{origin}: two tracks have one id")
    annotated = list(_annotated(reader))
    frames: dict[int, dict[str, Rle]] = {index: {} for index in annotated}
    objects: dict[str, AnnotatedObject] = {}
    for track in reader.tracks:
        where = f"{origin}: track {track.id}"
        track.shapes.sort(key=lambda shape: shape.frame)
        if len({shape.frame for shape in track.shapes}) < len(track.shapes):
            raise AnnotationError(f"{where}: two shapes in one frame")
        for index, mask in _masks(track, annotated, size, where):
            if index not in frames:
                raise AnnotationError(f"{where}: a shape in frame {index}, which the task does not have")
            frames[index][track.id] = mask
        name = name_of(track.label)
        objects[track.id] = AnnotatedObject((name,) if name else (), attributes=_attributes(track, annotated))
    video = reader.facts.get("source") or reader.facts.get("name") or origin.stem
    return (Annotation(origin, FORMAT, video, size, objects, frames, coverage_of(frames, None)),)


def _annotated(reader: _Reader) -> range | list[int]:
    """The frames that the task is about; where it does not say, those that have a shape."""
    size, start, stop = (reader.whole(name) for name in ("size", "start_frame", "stop_frame"))
    rule = reader.facts.get("frame_filter", "").replace(" ", "")
    step = frame_number(rule.removeprefix("step="), f"{reader.origin}: frame_filter") if rule else 1
    if step == 0:
        raise AnnotationError(f"{reader.origin}: frame_filter: a step of 0")
    if stop is not None:
        return range(start or 0, stop + 1, step)
    if size is not None:
        start = start or 0
        return range(start, min(start + size * step, MOST_FRAMES), step)
    return sorted({shape.frame for track in reader.tracks for shape in track.shapes})


def _masks(track: _Track, frames: Sequence[int], size: Size, where: str) -> Iterator[tuple[int, Rle]]:
    """Frame, mask: of the track's shapes, and of boxes on their way from one to the next."""
    for place, shape in enumerate(track.shapes):
        if shape.outside:
            continue
        here = f"{where}, frame {shape.frame}"
        if (mask := _mask(shape, size, here)) is not None:
            yield shape.frame, mask
        after = track.shapes[place + 1] if place + 1 < len(track.shapes) else None
        if shape.kind != "box" or after is None or after.kind != "box":
            continue
        a = shape.corners(here)
        b = a if after.outside else after.corners(where)
        turn, turned = _rotation(shape, here), _rotation(shape if after.outside else after, where)
        for index in frames[bisect_right(frames, shape.frame) : bisect_left(frames, after.frame)]:
            way = (index - shape.frame) / (after.frame - shape.frame)
            x0, y0, x1, y1 = (p + way * (q - p) for p, q in zip(a, b, strict=True))
            if (mask := _box((x0, y0, x1, y1), turn + way * (turned - turn), size, where)) is not None:
                yield index, mask


def _mask(shape: _Shape, size: Size, where: str) -> Rle | None:
    if shape.kind == "box":
        return _box(shape.corners(where), _rotation(shape, where), size, where)
    if shape.kind == "polygon":
        try:
            ring = [float(n) for point in shape.said.get("points", "").split(";") for n in point.split(",")]
        except ValueError as error:
            raise AnnotationError(f"{where}: points are not x,y;x,y;...") from error
        return polygons([ring], size, where)
    return _patch(shape, size, where)


def _rotation(shape: _Shape, where: str) -> float:
    return shape.number("rotation", where) if "rotation" in shape.said else 0.0


def _box(corners: Corners, degrees: float, size: Size, where: str) -> Rle | None:
    """A box, turned clockwise about its center."""
    x0, y0, x1, y1 = corners
    if degrees % 360 == 0:
        return rectangle(x0, y0, x1, y1, size, where)
    x, y, turn = (x0 + x1) / 2, (y0 + y1) / 2, math.radians(degrees)
    ring: list[float] = []
    for a, b in ((x0, y0), (x1, y0), (x1, y1), (x0, y1)):
        ring.append(x + (a - x) * math.cos(turn) - (b - y) * math.sin(turn))
        ring.append(y + (a - x) * math.sin(turn) + (b - y) * math.cos(turn))
    return polygons([ring], size, where)


def _patch(shape: _Shape, size: Size, where: str) -> Rle | None:
    """CVAT's mask: run lengths of a part of the picture, row by row, zeros first."""
    left, top, width, height = (int(shape.number(name, where)) for name in ("left", "top", "width", "height"))
    inside = min(left, top) >= 0 and left + width <= size[1] and top + height <= size[0]
    if not inside or width < 1 or height < 1:
        raise AnnotationError(f"{where}: a mask of {width} x {height} pixels at ({left}, {top}) leaves the picture")
    try:
        runs = [int(run) for run in shape.said.get("rle", "").split(",")]
    except ValueError as error:
        raise AnnotationError(f"{where}: rle is not a list of numbers") from error
    turned = uncompressed(runs, (width, height), where)  # rows of the part are columns of what is made of it
    if turned is None:
        return None
    pixels = np.zeros(size, bool)
    pixels[top : top + height, left : left + width] = decode(turned).T
    return encode(pixels)


def _attributes(track: _Track, frames: Sequence[int]) -> tuple[ObjectAttribute, ...]:
    """What its shapes say of it: each value from the frame of its shape up to the next one's."""
    held: dict[tuple[str, str], set[int]] = {}
    shapes = [shape for shape in track.shapes if not shape.outside]
    for place, shape in enumerate(track.shapes):
        if shape.outside:
            continue
        after = track.shapes[place + 1].frame if place + 1 < len(track.shapes) else shape.frame + 1
        until = frames[bisect_left(frames, shape.frame) : bisect_left(frames, after)]
        for name, value in shape.attributes.items():
            held.setdefault((name, value), set()).update(until)
    found: list[ObjectAttribute] = []
    for (name, value), when in held.items():
        told = _told(name, value)
        if told is not None:
            always = all(shape.attributes.get(name) == value for shape in shapes)
            found.append(ObjectAttribute(*told, None if always else frozenset(when)))
    return tuple(found)


def _told(name: str, value: str) -> tuple[AttributeKind, str] | None:
    """An attribute's kind and words; None where it says nothing, as a box that is not ticked does.

    >>> _told("Colour", "brown"), _told("parked", "true"), _told("parked", "false"), _told("breed", "beagle")
    (('color', 'brown'), ('state', 'parked'), None, ('other', 'breed: beagle'))
    """
    name, value = name_of(name), name_of(value)
    kind = _KINDS.get(name.casefold())
    if not value or value.casefold() == "false":
        return None
    if value.casefold() == "true":
        return "state", name
    return (kind, value) if kind is not None else ("other", name_of(f"{name}: {value}"))
