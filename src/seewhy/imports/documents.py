"""Reading files that may hold anything: JSON into checked records, names into plain text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import MOST_FRAMES
from seewhy.imports.shapes import Size, compressed, polygons, uncompressed
from seewhy.plain import plain
from seewhy.types.base import words_of
from seewhy.types.masks import Rle

MOST_BYTES = 4 << 30
"""of one file: the largest sets of annotations in one file have 1 GB, and it has to fit into memory"""
NAME_LETTERS = 80
"""of an object's name, at most"""

Read = TypeVar("Read", bound="Record")


class Record(BaseModel):
    """A part of a document. Files carry more than is needed: unknown fields are let be, known ones are strict."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class RleRecord(Record):
    """A mask as run lengths, compressed or not."""

    size: list[int]
    counts: str | list[int]


def read_json(path: Path) -> dict[str, Any]:
    """A file with one JSON object.

    Raises:
        AnnotationError: it cannot be read, or is something else.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise AnnotationError(f"{path}: larger than {MOST_BYTES >> 30} GB; split it by video")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise AnnotationError(f"{path}: cannot be read as JSON: {error}") from error
    except RecursionError as error:
        raise AnnotationError(f"{path}: JSON nested too deeply to be an annotation") from error
    if not isinstance(document, dict):
        raise AnnotationError(f"{path}: an object was expected, it holds a {type(document).__name__}")
    return document


def record(kind: type[Read], document: object, where: str) -> Read:
    """A document as a record.

    Raises:
        AnnotationError: names the first field that is missing or malformed.
    """
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "it"
        raise AnnotationError(f"{where}: {field}: {words_of(first)}") from error


def mask_of(said: RleRecord | list[list[float]], size: Size, where: str) -> Rle | None:
    """A mask in any of COCO's ways; None for an empty one.

    Raises:
        AnnotationError: it is malformed, or of another size.
    """
    if isinstance(said, list):
        return polygons(said, size, where)
    if tuple(said.size) != size:
        raise AnnotationError(f"{where}: a mask of size {said.size}, the picture has {list(size)} (height, width)")
    if isinstance(said.counts, str):
        return compressed(said.counts, size, where)
    return uncompressed(said.counts, size, where)


def frame_number(text: str, where: str) -> int:
    """A frame's number as decimal digits.

    Raises:
        AnnotationError: it is none, or absurdly large.
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12 and int(digits) < MOST_FRAMES):
        raise AnnotationError(f"{where}: {text[:40]!r} is no number of a frame; they are counted from 0")
    return int(digits)


def name_of(text: str) -> str:
    """A name from outside: one line of visible characters, not too long."""
    return plain(text, NAME_LETTERS)
