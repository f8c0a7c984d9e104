"""Vectors of whole videos, one file each: what a channel has computed of the gallery, and need not compute again.

::

    vectors/<channel>-<hash of the key>/
        key.json          what the vectors were made with
        <video id>.npy    float32, one dimension
        <video id>.txt    what was said of the video, where the channel says something

Derived data: all of it can be made again from the videos. A vector is there when its .npy is; what cannot be read
counts as not there. What was made with something else lies in another folder, and is never mixed in.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from seewhy.channels.rows import UnitRows, Vector
from seewhy.files import explained, write_atomically

KEY_FILE = "key.json"
BLOCK = 1024
"""Vectors that are read before they go into the matrix: some MB beside it, however large the gallery is."""
_HASH_DIGITS = 16
_START = struct.Struct("<6s2BH")
"""How a .npy file begins (format 1.0): whose it is, version, length of what describes the array."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class VectorFolder:
    """The vectors that one channel has made with one key. Threads may share it; processes may write side by side,
    because a file appears whole or not at all, and all would write the same."""

    def __init__(self, path: Path, key: Mapping[str, str], read_only: bool = False) -> None:
        """Nothing is read or written yet.

        Args:
            path: of all channels' vectors: `VECTORS_FOLDER` of a library.
            key: all that the vectors depend on besides the videos: ``channel``, a plain word, and model, revision,
                prompt, ... by name.
            read_only: what is put is kept in memory only.

        Raises:
            ValueError: the key names no channel.
        """
        channel = key.get("channel", "")
        if not _NAME.fullmatch(channel):
            raise ValueError(f"a key names its channel by a plain word; got {channel!r}")
        self.key = dict(sorted(key.items()))
        digest = hashlib.sha256(json.dumps(self.key, sort_keys=True).encode()).hexdigest()[:_HASH_DIGITS]
        self.folder = path / f"{channel}-{digest}"
        self._read_only = read_only
        self._sizes: dict[str, int] = {}
        """of the vectors that are in memory, by video"""
        self._rows: dict[int, UnitRows] = {}
        """them, by size"""
        self._unsaved: dict[str, Vector] = {}
        self._said: dict[str, str | None] = {}
        """what is not in a file"""
        self._lock = Lock()

    @property
    def read_only(self) -> bool:
        """Whether what is put is gone with this object."""
        return self._read_only

    def get(self, video: str) -> Vector | None:
        """Its vector; None: there is none that can be read."""
        with self._lock:
            unsaved = self._unsaved.get(video)
        return unsaved if unsaved is not None else _read(self._file(video, "npy"))

    def text(self, video: str) -> str | None:
        """What was said of it; None: nothing."""
        with self._lock:
            if video in self._said:
                return self._said[video]
        try:
            return self._file(video, "txt").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def put(self, video: str, vector: Vector, text: str | None = None) -> None:
        """Keep a video's vector, in place of any.

        Args:
            vector: (D,), finite; kept as float32.
            text: what was said of the video.

        Raises:
            ValueError: it is no vector.
            OutOfSpace, LibraryReadOnly: it cannot be written.
        """
        vector = np.ascontiguousarray(vector, dtype=np.float32)
        if not _is_vector(vector):
            raise ValueError(f"a vector is finite and has one dimension; video {video} got {vector.shape}")
        if not self._read_only:
            self._write(video, vector, text)
        with self._lock:
            self._take([video], [vector])
            if self._read_only:
                self._unsaved[video] = vector
                self._said[video] = text

    def missing(self, videos: Iterable[str]) -> list[str]:
        """Those whose vector has to be made, each once, in their order."""
        asked = list(dict.fromkeys(videos))
        self._read_in(asked)
        with self._lock:
            return [video for video in asked if video not in self._sizes]

    def forget(self, videos: Iterable[str]) -> None:
        """Remove what there is of videos; unknown ones are ignored.

        Raises:
            LibraryReadOnly: it cannot be removed.
        """
        for video in videos:
            if not self._read_only:
                with explained(self.folder):
                    for kind in ("npy", "txt"):
                        self._file(video, kind).unlink(missing_ok=True)
            with self._lock:
                self._drop(video)
                self._unsaved.pop(video, None)
                self._said.pop(video, None)

    def cosines(self, vector: Vector, videos: Collection[str]) -> dict[str, float]:
        """Cosine with each of those videos that have a vector of this size; with a vector of no length, 0.

        Args:
            vector: (D,).
        """
        self._read_in(videos)
        with self._lock:
            rows = self._rows.get(vector.size)
            asked = None if rows is None else rows.asked(videos)
        return {} if asked is None else asked.cosines(vector)

    def _read_in(self, videos: Iterable[str]) -> None:
        """Have the vectors of these videos in memory that can be read."""
        with self._lock:
            unknown = [video for video in videos if video not in self._sizes]
        for start in range(0, len(unknown), BLOCK):
            block = unknown[start : start + BLOCK]
            found = [(video, vector) for video in block if (vector := _read(self._file(video, "npy"))) is not None]
            with self._lock:
                new = {video: vector for video, vector in found if video not in self._sizes}  # nobody has put it since
                for size in sorted({vector.size for vector in new.values()}):
                    same = [video for video, vector in new.items() if vector.size == size]
                    self._take(same, [new[video] for video in same])

    def _take(self, videos: Sequence[str], vectors: Sequence[Vector]) -> None:
        """Into memory; vectors of one size."""
        for video in videos:
            self._drop(video)
        size = vectors[0].size
        self._rows.setdefault(size, UnitRows(size)).put(videos, vectors)
        self._sizes |= dict.fromkeys(videos, size)

    def _drop(self, video: str) -> None:
        size = self._sizes.pop(video, None)
        if size is not None:
            self._rows[size].forget([video])

    def _file(self, video: str, kind: str) -> Path:
        if not _NAME.fullmatch(video):
            raise ValueError(f"{video!r} is no id of a video")
        return self.folder / f"{video}.{kind}"

    def _write(self, video: str, vector: Vector, text: str | None) -> None:
        file, said, key = self._file(video, "npy"), self._file(video, "txt"), self.folder / KEY_FILE
        with explained(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            if text is None:
                said.unlink(missing_ok=True)
        if not key.exists():
            write_atomically(key, (json.dumps(self.key, indent=1) + "\n").encode())
        if text is not None:
            write_atomically(said, text.encode("utf-8", "replace"))
        packed = io.BytesIO()
        np.save(packed, vector, allow_pickle=False)
        write_atomically(file, packed.getvalue())  # last: with it, all is there


def _read(file: Path) -> Vector | None:
    """None: it is not there, not whole, or no vector. (`numpy.load` does the same in five times the time.)"""
    try:
        content = file.read_bytes()
        start = _START.unpack_from(content)[-1] + _START.size
        size = _size_said(content[:start])
        if len(content) < start + size * np.float32().itemsize:
            return None
        vector = np.frombuffer(content, np.float32, size, start)
    except (OSError, ValueError, struct.error):
        return None
    return vector if _is_vector(vector) else None


@lru_cache(maxsize=64)
def _size_said(header: bytes) -> int:
    """D, of the vector that a file with this header holds; those of one channel all have the same header.

    Raises:
        ValueError: it holds something else.
    """
    opened = io.BytesIO(header)
    if npy.read_magic(opened) != (1, 0):
        raise ValueError("this is of another format")
    shape, _, kind = npy.read_array_header_1_0(opened)
    if kind != np.dtype("<f4") or len(shape) != 1 or shape[0] < 1:
        raise ValueError(f"a vector is of float32 and one dimension, this is of {kind} and {shape}")
    return int(shape[0])


def _is_vector(vector: NDArray[np.float32]) -> bool:
    return vector.ndim == 1 and vector.size > 0 and bool(np.isfinite(vector).all())
