"""Where the videos of a data set lie: files by their names without suffix, each folder listed once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from seewhy.errors import DatasetError

SUFFIXES = (".mp4", ".webm", ".mkv", ".mov", ".avi")
"""Of video files, in small letters or capitals; WebVid and Ego4D have the first, Something-Something V2 the second."""


class Folder:
    """The video files under a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._listed: dict[PurePosixPath, dict[str, list[Path]]] = {}

    def one(self, *names: str) -> Path | None:
        """The file with one of these names, which are paths with slashes and without suffix; None: there is none.

        Raises:
            DatasetError: there are several.
        """
        found = [path for name in dict.fromkeys(names) for path in self._of(PurePosixPath(name))]
        if len(found) > 1:
            raise DatasetError(f"{names[0]}: {found[0]} and {found[1]} could both be this video; keep one of them")
        return found[0] if found else None

    def names(self) -> Iterator[str]:
        """The names of all video files, in no order. Linked folders are walked, each folder once."""
        seen: set[tuple[int, int]] = set()
        for folder, inner, files in os.walk(self._root, followlinks=True):
            known = Path(folder).stat()
            if (known.st_dev, known.st_ino) in seen:  # a link leads back to where the walk has been
                inner.clear()
                continue
            seen.add((known.st_dev, known.st_ino))
            paths = (Path(folder) / file for file in files)
            yield from (_name(path.relative_to(self._root)) for path in paths if _is_video(path))

    def _of(self, name: PurePosixPath) -> list[Path]:
        parent = name.parent
        if parent not in self._listed:
            self._listed[parent] = _videos_in(self._root / parent)
        return self._listed[parent].get(name.name, [])


def _videos_in(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if _is_video(path):
                found.setdefault(path.stem, []).append(path)
    return found


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _name(path: Path) -> str:
    return path.with_suffix("").as_posix()
