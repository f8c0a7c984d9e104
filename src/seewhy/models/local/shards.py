"""Files of weights (safetensors): whether one is whole, by its header, without reading what follows."""

from __future__ import annotations

import json
from pathlib import Path

_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000
"""bytes: the limit of the format's own library"""
_POINTER = b"version https://git-lfs"


def damage(path: Path) -> str | None:
    """What is wrong with a file of weights, as a predicate ("is no safetensors file"); None: nothing.

    It starts with the length of its header, and that says where data end.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(_POINTER))
        if start == _POINTER:
            return "is a pointer of Git LFS, not the weights; fetch them with: git lfs pull"
        length = int.from_bytes(start[:_LENGTH_BYTES], "little")
        if not 0 < length <= min(_LONGEST_HEADER, size - _LENGTH_BYTES):
            return "is no safetensors file"
        file.seek(_LENGTH_BYTES)
        header = file.read(length)
    try:
        ends = [value["data_offsets"][1] for name, value in json.loads(header).items() if name != "__metadata__"]
        whole = _LENGTH_BYTES + length + max(ends, default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return "is no safetensors file: its header cannot be read"
    return None if size == whole else f"has {size:,} bytes, its header says {whole:,}"
