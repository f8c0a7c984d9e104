"""DAVIS folders (Perazzi et al., CVPR 2016; Pont-Tuset et al., 2017): one indexed PNG for each frame.

::

    Annotations/480p/<sequence>/00000.png      a pixel's value is its object, 0: none (also Annotations_unsupervised/)
    JPEGImages/480p/<sequence>/00000.jpg       the pictures, where they are there
    davis_semantics.json                       {"<sequence>": {"1": "dog"}}, where it is there

A file's number is that of the frame. Of several values, 255 is void, as in YouTube-VOS; alone it is the one object of
a DAVIS-2016 mask, and is called 1.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, coverage_of
from seewhy.imports.documents import frame_number, name_of, read_json
from seewhy.imports.shapes import Size, size_of
from seewhy.types.masks import Rle, encode

FORMAT = "davis"
SEMANTICS = "davis_semantics.json"
VOID = 255
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MASKS, _PICTURES = "Annotations", "JPEGImages"


def sequences(folder: Path) -> tuple[Path, ...]:
    """The folders of masks in a folder and below it, sorted; links to folders are not followed."""
    inner = sorted(entry for entry in folder.iterdir() if entry.is_dir() and entry.name.startswith(_MASKS))
    found: list[Path] = []
    for start in inner or [folder]:
        for parent, folders, names in os.walk(start):
            folders[:] = [name for name in folders if not name.startswith((".", _PICTURES))]
            if any(_is_mask(Path(name)) for name in names):
                found.append(Path(parent))
    return tuple(sorted(found))


def pictures(folder: Path) -> tuple[Path, ...]:
    """The JPEG pictures that belong to a folder of masks, by number; none where there are none."""
    parts = list(folder.absolute().parts)
    places = [place for place, part in enumerate(parts) if part.startswith(_MASKS)]
    if not places:
        return ()
    parts[places[-1]] = _PICTURES
    beside = Path(*parts)
    if not beside.is_dir():
        return ()
    return tuple(sorted(path for path in beside.iterdir() if path.suffix.lower() in (".jpg", ".jpeg")))


def parse(folder: Path) -> tuple[Annotation, ...]:
    """The one video of a folder of masks.

    Raises:
        AnnotationError: a PNG is missing or malformed, or of another size than the first.
    """
    files = sorted(path for path in folder.iterdir() if _is_mask(path))
    if not files:
        raise AnnotationError(f"{folder}: no PNG that is named by a frame's number, as 00000.png is")
    size = _size(files[0])
    frames: dict[int, dict[int, Rle]] = {}
    for path in files:
        index = frame_number(path.stem, str(folder))
        if index in frames:
            raise AnnotationError(f"{path}: frame {index} is there twice")
        if _size(path) != size:
            raise AnnotationError(f"{path}: {_size(path)} pixels (height, width), the first mask has {size}")
        frames[index] = _objects(_values(path))
    count = _count(folder)
    values = {value for masks in frames.values() for value in masks}
    names = {value: str(value) for value in values - {VOID}} or dict.fromkeys(values, "1")
    named = _semantics(folder)
    objects = {name: AnnotatedObject(named.get(name, ())) for _, name in sorted(names.items())}
    kept = {
        index: {names[value]: mask for value, mask in masks.items() if value in names}
        for index, masks in frames.items()
    }
    return (Annotation(folder, FORMAT, folder.name, size, objects, kept, coverage_of(kept, count), count),)


def _is_mask(path: Path) -> bool:
    return path.suffix.lower() == ".png" and path.stem.isascii() and path.stem.isdecimal()


def _count(folder: Path) -> int | None:
    """Frames of the video, as its pictures tell; None where they are not all there."""
    numbers = [path.stem for path in pictures(folder)]
    whole = bool(numbers) and all(n.isascii() and n.isdecimal() and int(n) == k for k, n in enumerate(numbers))
    return len(numbers) if whole else None


def _size(path: Path) -> Size:
    """(height, width), from the file's first bytes: nothing is decoded that is absurdly large."""
    try:
        with path.open("rb") as file:
            head = file.read(24)
    except OSError as error:
        raise AnnotationError(f"{path}: cannot be read: {error.strerror}") from error
    if len(head) < 24 or not head.startswith(_SIGNATURE):
        raise AnnotationError(f"{path}: no PNG, though it is named as one")
    width, height = struct.unpack(">II", head[16:24])
    return size_of(height, width, str(path))


def _values(path: Path) -> NDArray[np.uint8]:
    """(H, W): each pixel's number, as the file has it. FFmpeg keeps indices, where OpenCV would turn them to colors."""
    import av

    try:
        with av.open(io.BytesIO(path.read_bytes()), "r", format="png_pipe") as container:
            frame = next(container.decode(video=0))
            if frame.format.name not in ("pal8", "gray"):
                raise AnnotationError(
                    f"{path}: pixels are {frame.format.name}; masks of DAVIS have 8 bits, indexed or gray"
                )
            values = frame.to_ndarray()
    except (av.error.FFmpegError, StopIteration, OSError) as error:
        raise AnnotationError(f"{path}: cannot be decoded; copy it anew") from error
    return np.asarray(values[0] if isinstance(values, tuple) else values, np.uint8)


def _objects(values: NDArray[np.uint8]) -> dict[int, Rle]:
    there = np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    return {int(value): encode(values == value) for value in there if value}


def _semantics(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Object → its name, where a file beside the masks has them."""
    for parent in folder.absolute().parents[:3]:
        path = parent / SEMANTICS
        if path.is_file():
            said = read_json(path).get(folder.name, {})
            if not isinstance(said, dict) or not all(isinstance(name, str) for name in said.values()):
                raise AnnotationError(f"{path}: {folder.name}: names of objects were expected, as {{'1': 'dog'}}")
            return {key: (name_of(name),) for key, name in said.items() if name_of(name)}
    return {}
