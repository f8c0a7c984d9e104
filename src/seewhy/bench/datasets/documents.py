"""Reading files of data sets, which may hold anything: text, JSON without loss, and, in short, what is wrong there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seewhy.errors import DatasetError
from seewhy.types.base import words_of

SHOWN = 80
"""Letters of a bad value that an error shows: a field may have millions."""

LISTED = 400
"""Letters of the names of columns: all of any published set."""


def shown(value: object, most: int = SHOWN) -> str:
    """A value as it is written in code, cut where it is longer than so many letters.

    >>> shown("a" * 200)[-6:], shown(0.5)
    ('aaa...', '0.5')
    """
    text = repr(value[: most + 1] if isinstance(value, str) else value)
    return text if len(text) <= most else f"{text[:most]}..."


def listed(columns: Sequence[str]) -> str:
    """The names of a table's columns; of what is no table the first letters."""
    return shown(", ".join(columns), LISTED)


def read_text(path: Path) -> str:
    """A file in UTF-8, with or without a byte order mark.

    Raises:
        DatasetError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read: {error}") from error


def parse_json(text: str, where: str) -> Any:
    """A JSON document. A name that an object has twice is an error: of the two values one would be lost.

    Raises:
        DatasetError: it is none.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except ValueError as error:
        raise DatasetError(f"{where}: cannot be read as JSON: {error}") from error
    except RecursionError as error:
        raise DatasetError(f"{where}: cannot be read as JSON: it is nested too deeply") from error


def first_wrong(error: ValidationError) -> tuple[str, str]:
    """The first field that a check found wrong, and what is wrong with it."""
    first = error.errors(include_url=False, include_input=False)[0]
    return ".".join(str(step) for step in first["loc"]) or "(record)", words_of(first)


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"an object has the name {shown(next(n for n in names if names.count(n) > 1))} twice")
    return found
