"""Which format a file of annotations has, by what it holds, and reading it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from seewhy.errors import AnnotationError
from seewhy.imports import coco, coco_rle, cvat, davis, sa_v, youtube_vis
from seewhy.imports.annotation import Annotation
from seewhy.imports.documents import read_json

Format = Literal["coco-rle", "sa-v", "davis", "coco", "youtube-vis", "cvat"]
FORMATS: tuple[Format, ...] = get_args(Format)

_OF_JSON: Mapping[Format, Callable[[dict[str, Any], Path], tuple[Annotation, ...]]] = {
    "coco-rle": coco_rle.parse,
    "sa-v": sa_v.parse,
    "coco": coco.parse,
    "youtube-vis": youtube_vis.parse,
}
_SUFFIXES = frozenset({".json", ".xml"})
"""of files that are taken from a folder"""


@dataclass(frozen=True, slots=True)
class Origin:
    """A file, or of DAVIS the folder of a sequence, that is read at once."""

    path: Path
    format: Format | None
    """None: by what it holds"""

    def read(self) -> tuple[Annotation, ...]:
        """The videos that it speaks of.

        Raises:
            AnnotationError: it cannot be read, or its format is not one of FORMATS.
        """
        if self.format == "davis":
            return davis.parse(self.path)
        if self.format == "cvat" or (self.format is None and _looks_like_xml(self.path)):
            return cvat.parse(self.path)
        document = read_json(self.path)
        return _OF_JSON[self.format or _format_of(document, self.path)](document, self.path)


def origins(paths: Iterable[Path], kind: Format | None = None) -> tuple[Origin, ...]:
    """What is to be read: each named file, the JSON and XML files in a named folder, and the sequences of DAVIS in it.

    Raises:
        AnnotationError: nothing is at a path, or no annotation in a folder.
    """
    found: dict[Path, Origin] = {}
    for path in paths:
        if path.is_dir():
            below = _below(path, kind)
            if not below:
                raise AnnotationError(f"{path}: no annotations in it; JSON, XML or PNG files were expected")
            found |= {origin.path: origin for origin in below}
        elif path.is_file():
            found[path.absolute()] = Origin(path.absolute(), kind)
        else:
            raise AnnotationError(f"{path}: there is no such file or folder; check the name")
    return tuple(found[path] for path in sorted(found))


def _below(folder: Path, kind: Format | None) -> list[Origin]:
    folder = folder.absolute()
    files = [] if kind == "davis" else sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)
    named = [Origin(path, kind) for path in files if path.is_file() and path.name != davis.SEMANTICS]
    if named or kind not in (None, "davis"):
        return named
    return [Origin(path, "davis") for path in davis.sequences(folder)]


def _looks_like_xml(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read: {error.strerror}") from error


def _format_of(document: Mapping[str, Any], path: Path) -> Format:
    """
    Raises:
        AnnotationError: it is none of ours.
    """
    keys = document.keys()
    if "masklet" in keys:
        return "sa-v"
    if {"video", "frames"} <= keys:
        return "coco-rle"
    if {"videos", "annotations"} <= keys and "images" not in keys:
        return "youtube-vis"
    if {"images", "annotations"} <= keys:
        return "coco"
    raise AnnotationError(
        f"{path}: the fields {sorted(keys)[:6]} are of no format that is known; "
        f"name it, one of {', '.join(FORMATS)}, or convert the file"
    )
