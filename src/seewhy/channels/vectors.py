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
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from seewhy.files import explained, write_atomically

Vector: TypeAlias = NDArray[np.float32]
"""(D,)"""

VECTORS_FOLDER = "vectors"
"""In a library's folder."""
KEY_FILE = "key.json"
_HASH_DIGITS = 16
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
        self._kept: dict[str, Vector] = {}
        self._said: dict[str, str | None] = {}
        """what is not in a file"""
        self._lock = Lock()

    def get(self, video: str) -> Vector | None:
        """Its vector; None: there is none that can be read."""
        with self._lock:
            kept = self._kept.get(video)
        if kept is not None:
            return kept
        vector = _read(self._file(video, "npy"))
        if vector is not None:
            with self._lock:
                self._kept[video] = vector
        return vector

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
            self._kept[video] = vector
            if self._read_only:
                self._said[video] = text

    def missing(self, videos: Iterable[str]) -> list[str]:
        """Those whose vector has to be made, each once, in their order."""
        return [video for video in dict.fromkeys(videos) if self.get(video) is None]

    def forget(self, videos: Iterable[str]) -> None:
        """Remove what there is of videos; unknown ones are ignored.

        Raises:
            LibraryReadOnly: it cannot be removed.
        """
        for video in videos:
            with self._lock:
                self._kept.pop(video, None)
                self._said.pop(video, None)
            if not self._read_only:
                with explained(self.folder):
                    for kind in ("npy", "txt"):
                        self._file(video, kind).unlink(missing_ok=True)

    def cosines(self, vector: Vector, videos: Collection[str]) -> dict[str, float]:
        """Cosine with each of those videos that have a vector of this size; with a vector of no length, 0.

        Args:
            vector: (D,).
        """
        known: list[tuple[str, Vector]] = []
        for video in sorted(videos):
            kept = self.get(video)
            if kept is not None and kept.shape == vector.shape:
                known.append((video, kept))
        if not known:
            return {}
        rows = _unit(np.stack([kept for _, kept in known]))
        scores: Sequence[float] = (rows @ _unit(vector[None])[0]).tolist()
        return {video: score for (video, _), score in zip(known, scores, strict=True)}

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
    try:
        with file.open("rb") as opened:
            vector = np.load(opened, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vector if isinstance(vector, np.ndarray) and vector.dtype == np.float32 and _is_vector(vector) else None


def _is_vector(vector: NDArray[np.float32]) -> bool:
    return vector.ndim == 1 and vector.size > 0 and bool(np.isfinite(vector).all())


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, D), each of length 1 unless it is 0."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
