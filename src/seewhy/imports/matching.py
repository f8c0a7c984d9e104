"""Which video an annotation is of, by the names of both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from seewhy.find import VIDEO_EXTENSIONS


def named(name: str, videos: Sequence[Path]) -> tuple[Path, ...]:
    """The videos that a name in an annotation may mean; more than one: they cannot be told apart.

    Folders in the name are compared as far as they go: of several videos with the right file name, those whose folders
    agree the longest are meant. The extension counts only if the name has that of a video and a file has it, too.

    >>> named("train/walk.mp4", [Path("/a/train/walk.mp4"), Path("/a/test/walk.mp4"), Path("/a/train/run.mp4")])
    (PosixPath('/a/train/walk.mp4'),)
    >>> named("walk", [Path("/a/walk.mkv"), Path("/a/walk.v2.mkv")])
    (PosixPath('/a/walk.mkv'),)
    """
    wanted = PurePosixPath(name.replace("\\", "/"))
    stem = _stem(wanted.name)
    same = [video for video in videos if _stem(video.name) == stem]
    exact = [video for video in same if video.name == wanted.name]
    agreeing = [(_agreement(wanted.parent.parts, video.parent.parts), video) for video in exact or same]
    most = max((agreement for agreement, _ in agreeing), default=0)
    return tuple(video for agreement, video in agreeing if agreement == most)


def _stem(name: str) -> str:
    """A file's name without a video's extension; another ending may be a part of the name."""
    path = PurePosixPath(name)
    return path.stem if path.suffix.lower() in VIDEO_EXTENSIONS else name


def _agreement(wanted: Sequence[str], there: Sequence[str]) -> int:
    """How many folders agree, from the innermost on."""
    count = 0
    for a, b in zip(reversed(wanted), reversed(there), strict=False):
        if a != b:
            break
        count += 1
    return count
