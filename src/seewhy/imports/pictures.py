"""A video from a folder of pictures: DAVIS has no videos."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from seewhy.errors import AnnotationError
from seewhy.files import explained
from seewhy.imports.davis import pictures
from seewhy.types.video import Image
from seewhy.video.write import write_video

RATE = Fraction(24)
"""Frames per second of DAVIS (Perazzi et al., CVPR 2016)."""


def written(sequence: Path, folder: Path) -> Path:
    """The video of a DAVIS sequence, written into `folder` unless it is there and no picture is newer.

    Args:
        sequence: the folder of its masks; its pictures lie beside, under JPEGImages.
        folder: made if need be.

    Raises:
        AnnotationError: there are no pictures, one is missing or cannot be read, or their sizes differ.
        OutOfSpace, LibraryReadOnly: the folder cannot be written.
    """
    files = pictures(sequence)
    if not files:
        raise AnnotationError(f"{sequence}: no pictures beside it, under JPEGImages; give its video")
    for number, path in enumerate(files):
        if not (path.stem.isascii() and path.stem.isdecimal() and int(path.stem) == number):
            raise AnnotationError(f"{path}: picture {number} was expected here; of every n-th frame no video is made")
    video = folder / f"{sequence.name}.mp4"
    if video.is_file() and video.stat().st_mtime_ns >= max(path.stat().st_mtime_ns for path in files):
        return video
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            write_video(video, _images(files), RATE)
        except ValueError as error:
            raise AnnotationError(f"{files[0].parent}: {error}") from error
    return video


def _images(files: Sequence[Path]) -> Iterator[Image]:
    for path in files:
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise AnnotationError(f"{path}: cannot be read as a picture; copy it anew")
        yield np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
