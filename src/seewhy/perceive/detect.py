"""Faces and people, by the detectors that ship inside OpenCV: nothing to download.

Faces: boosted cascades (Viola and Jones, 2001), frontal and in profile. People: histograms of oriented gradients with
a linear classifier (Dalal and Triggs, 2005), trained on people who stand or walk upright. Both are of their time: they
miss small, bent, turned and hidden people. Thresholds are high all the same, since a person who is not there misleads
a search more than one who goes by "object".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seewhy.errors import PluginError
from seewhy.perceive.seams import Detection
from seewhy.types.video import Frame

Gray = NDArray[np.uint8]
Box = tuple[float, float, float, float]
"""x0, y0, x1, y1"""


class _Cascade(NamedTuple):
    """A face cascade and how it is run."""

    file: str
    pixels: int
    """size of the picture that it searches: its time grows with it, and small faces are lost below it"""
    step: float
    """from one size of faces to the next"""
    least: int
    """overlapping raw hits that make a detection; fewer are mostly textures"""
    mirrored: bool
    """also search the mirrored picture: the profile cascade knows faces that look to the left"""


CASCADES = (
    _Cascade("haarcascade_frontalface_alt2.xml", pixels=72_000, step=1.2, least=4, mirrored=False),
    _Cascade("haarcascade_profileface.xml", pixels=46_000, step=1.25, least=5, mirrored=True),
)

LEAST_FACE = 20
"""pixels, in the reduced picture: the size of the cascades' window"""

PERSON_PIXELS = 230_000
"""People are searched in a picture of this size (640 x 360)."""

PERSON_STEP = 1.1
PERSON_STRIDE = (8, 8)
PERSON_PADDING = (16, 16)
"""The step from one size of people to the next; the window's stride; how far it may reach over the picture's edges."""

PERSON_MARGIN = 1.0
"""Least distance from the classifier's border: over a hundred varied clips, nine of ten windows above it show people;
below it trees and lamp posts come in."""

PERSON_INSET = (0.2, 0.09)
"""Of the window's width and height, the part on each side that is background: people are 96 of 128 pixels tall in the
pictures it was trained on, and about half as wide as the window."""

SAME_OVERLAP = 0.45
"""Intersection over union, or over the smaller box for `SAME_INSIDE`, from which two boxes are of one thing."""
SAME_INSIDE = 0.8


class OpenCvDetector:
    """A `Detector` of faces and upright people."""

    source = "embedded.detector@1"
    vocabulary: frozenset[str] | None = frozenset({"face", "person"})

    def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
        """See `Detector.detect`.

        Raises:
            PluginError: this OpenCV has no face cascades (5.0 dropped them).
        """
        import cv2

        gray = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        found: list[Detection] = []
        if "person" in phrases:
            found += _distinct([Detection("person", box, score) for box, score in self._people(gray)])
        if "face" in phrases:
            found += _distinct([Detection("face", box, score) for box, score in self._faces(gray)])
        return sorted(found, key=lambda detection: (-detection.score, detection))

    def _people(self, gray: Gray) -> list[tuple[Box, float]]:
        small = _reduced(gray, PERSON_PIXELS)
        if small.shape[0] < 128 or small.shape[1] < 64:  # the window does not fit in
            return []
        boxes, margins = self._hog.detectMultiScale(
            small, winStride=PERSON_STRIDE, padding=PERSON_PADDING, scale=PERSON_STEP
        )
        found = []
        for (x, y, width, height), margin in zip(boxes, np.ravel(margins), strict=True):
            if margin >= PERSON_MARGIN:
                across, down = PERSON_INSET[0] * width, PERSON_INSET[1] * height
                box = (x + across, y + down, x + width - across, y + height - down)
                found.append((_fractions(box, small), person_score(float(margin))))
        return found

    def _faces(self, gray: Gray) -> list[tuple[Box, float]]:
        import cv2

        found = []
        for cascade, classifier in zip(CASCADES, self._classifiers, strict=True):
            small = _reduced(gray, cascade.pixels)
            for mirrored in (False, True)[: 1 + cascade.mirrored]:
                searched = cv2.flip(small, 1) if mirrored else small
                boxes, hits = classifier.detectMultiScale2(
                    searched,
                    scaleFactor=cascade.step,
                    minNeighbors=cascade.least,
                    minSize=(LEAST_FACE, LEAST_FACE),
                )
                for (x, y, width, height), count in zip(boxes, np.ravel(hits), strict=True):
                    left = small.shape[1] - x - width if mirrored else x
                    box = _fractions((left, y, left + width, y + height), small)
                    found.append((box, face_score(int(count), cascade.least)))
        return found

    @cached_property
    def _hog(self) -> Any:
        import cv2

        hog = cv2.HOGDescriptor()
        hog.setSVMDetector(np.array(cv2.HOGDescriptor.getDefaultPeopleDetector(), dtype=np.float32))
        return hog

    @cached_property
    def _classifiers(self) -> tuple[Any, ...]:
        import cv2

        try:
            folder = Path(import_module("cv2.data").haarcascades)
        except ImportError as error:
            raise PluginError(f"OpenCV {cv2.__version__} has no face cascades; install one below 5") from error
        loaded = tuple(cv2.CascadeClassifier(str(folder / cascade.file)) for cascade in CASCADES)
        for cascade, classifier in zip(CASCADES, loaded, strict=True):
            if classifier.empty():
                raise PluginError(f"{folder / cascade.file} is not there; install opencv-python-headless again")
        return loaded


def person_score(margin: float) -> float:
    """How surely a window at this distance from the classifier's border shows a person, 0..1.

    >>> [round(person_score(margin), 2) for margin in (1.0, 1.4, 1.8)]
    [0.62, 0.82, 0.92]
    """
    return 1 / (1 + math.exp(-2.5 * (margin - 0.8)))


def face_score(hits: int, least: int) -> float:
    """How surely so many overlapping raw hits are a face, 0..1, when fewer than `least` are none.

    >>> [round(face_score(hits, 4), 2) for hits in (4, 8, 20)]
    [0.67, 0.8, 0.91]
    """
    return hits / (hits + least / 2)


def _reduced(gray: Gray, pixels: int) -> Gray:
    """The picture with at most so many pixels, its sides in proportion."""
    import cv2

    height, width = gray.shape
    scale = math.sqrt(pixels / (height * width))
    if scale >= 1:
        return gray
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _fractions(box: tuple[float, ...], picture: Gray) -> Box:
    """Pixels to fractions of the picture, cut off at its edges."""
    height, width = picture.shape
    x0, x1 = (float(min(max(side / width, 0.0), 1.0)) for side in (box[0], box[2]))
    y0, y1 = (float(min(max(side / height, 0.0), 1.0)) for side in (box[1], box[3]))
    return x0, y0, x1, y1


def _distinct(detections: list[Detection]) -> list[Detection]:
    """One detection a thing: of those that overlap the surest."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda d: (-d.score, d.box)):
        if not any(_same(detection.box, other.box) for other in kept):
            kept.append(detection)
    return kept


def _same(a: Box, b: Box) -> bool:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return False
    common = width * height
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b)]
    return common / (sum(areas) - common) >= SAME_OVERLAP or common / min(areas) >= SAME_INSIDE
