"""Finding the video files that a user means by a list of files and folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

VIDEO_EXTENSIONS = frozenset(
    {".3g2", ".3gp", ".avi", ".flv", ".gif", ".ivf", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg",
     ".mts", ".mxf", ".ogv", ".ts", ".webm", ".wmv", ".y4m"}
)  # fmt: skip
"""What is taken from a folder, in either case; a file that is named is tried whatever its extension."""

_URL = re.compile(r"(?:^|/)(?:https?|ftps?|rtsps?|rtmps?|s3|gs|data|file):/", re.IGNORECASE)
"""Also in a path that was made of one: 'folder/https:/...'."""
NO_URLS = "seewhy reads files, not URLs; download it, and give the path of the file"


def find_videos(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Absolute paths, each once, sorted: every named file, and every video in a named folder and below it.

    Hidden files and folders are passed over, links to folders are not followed. A path where nothing is stays
    in the list, so that whoever named it hears of it.
    """
    found: set[Path] = set()
    for path in paths:
        path = Path(os.path.abspath(path))  # noqa: PLW2901, PTH100 - resolves '..', keeps links: the user's own name
        if path.is_dir():
            found.update(_below(path))
        else:
            found.add(path)
    return tuple(sorted(found))


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix.lower() in VIDEO_EXTENSIONS and path.is_file():
                yield path


def is_url(named: Path | str) -> bool:
    """Whether it is an address on a network, or a path that was made of one."""
    return _URL.search(str(named)) is not None
