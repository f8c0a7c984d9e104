"""Faces and people by OpenCV's own detectors, on pictures drawn for it and on real ones."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from drawn_people import backdrop, draw_face, draw_person, soft

from seewhy.perceive.detect import OpenCvDetector, face_score, person_score
from seewhy.perceive.seams import Detection
from seewhy.types.video import Frame, Image
from seewhy.video.pyav import PyAvSource

VIDEOS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "videos"


@pytest.fixture(scope="module")
def detector() -> OpenCvDetector:
    return OpenCvDetector()


def _frame(image: Image) -> Frame:
    return Frame(0, 0, Fraction(1), 0.0, image)


def _iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes that meet."""
    common = (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))
    return common / (sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b)) - common)


def test_two_people_are_found_where_they_stand(detector: OpenCvDetector) -> None:
    image = backdrop()
    draw_person(image, 200, 60, 330)
    draw_person(image, 480, 120, 250, (230, 230, 240))
    found = detector.detect(_frame(soft(image)), ["person"])
    assert [detection.phrase for detection in found] == ["person", "person"]
    for detection, (x, top, height) in zip(
        sorted(found, key=lambda d: d.box), [(200, 60, 330), (480, 120, 250)], strict=True
    ):
        half = 1.15 / 8 * height
        truth = ((x - half) / 640, top / 480, (x + half) / 640, (top + height) / 480)
        assert _iou(detection.box, truth) > 0.6
        assert 0.4 < detection.score <= 1


def test_two_faces_are_found_once_each(detector: OpenCvDetector) -> None:
    image = backdrop()
    draw_face(image, 200, 200, 80)
    draw_face(image, 450, 300, 60)
    found = sorted(detector.detect(_frame(soft(image)), ["face"]), key=lambda d: d.box)
    assert [detection.phrase for detection in found] == ["face", "face"]
    for detection, (x, y) in zip(found, [(200, 200), (450, 300)], strict=True):
        x0, y0, x1, y1 = detection.box
        assert ((x0 + x1) / 2 * 640, (y0 + y1) / 2 * 480) == pytest.approx((x, y), abs=20)
        assert 0.5 <= detection.score < 1


def test_nothing_is_found_in_noise_or_in_soft_light(detector: OpenCvDetector) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    for image in (noise, backdrop(seed=2), np.full((480, 640, 3), 90, np.uint8)):
        assert detector.detect(_frame(image), ["person", "face"]) == []


def test_only_what_is_asked_for_is_searched(detector: OpenCvDetector) -> None:
    image = backdrop()
    draw_face(image, 150, 150, 80)
    draw_person(image, 450, 60, 330)
    frame = _frame(soft(image))
    assert {d.phrase for d in detector.detect(frame, ["person"])} == {"person"}
    assert {d.phrase for d in detector.detect(frame, ["face"])} == {"face"}
    assert {d.phrase for d in detector.detect(frame, ["person", "face", "dog"])} == {"person", "face"}


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (40, 300), (300, 40), (127, 63)])
def test_small_pictures_are_no_trouble(detector: OpenCvDetector, shape: tuple[int, int]) -> None:
    assert detector.detect(_frame(np.zeros((*shape, 3), np.uint8)), ["person", "face"]) == []


def test_scores_grow_with_the_evidence() -> None:
    people = [person_score(margin) for margin in (1.0, 1.3, 1.8, 3.0)]
    faces = [face_score(hits, 4) for hits in (4, 9, 40)]
    for scores in (people, faces):
        assert scores == sorted(scores)
        assert 0.5 < scores[0] < 0.7
        assert scores[-1] < 1


def _of_clip(detector: OpenCvDetector, name: str, frames: int) -> list[list[Detection]]:
    path = VIDEOS / f"{name}.mp4"
    if not path.is_file():
        pytest.skip(f"needs {path.name} of Reel-97, which is not here")
    source = PyAvSource()
    facts = source.probe(path)
    shown = source.frames(path, facts, rate=6, lines=480, max_frames=frames)
    return [detector.detect(frame, ["person", "face"]) for frame in shown]


def test_a_signer_has_a_face_in_real_footage(detector: OpenCvDetector) -> None:
    found = _of_clip(detector, "asl_eat", 4)
    assert sum(any(d.phrase == "face" for d in frame) for frame in found) >= 3


@pytest.mark.parametrize("name", ["davis_dog", "davis_drift-straight", "da_dolphins"])
def test_nobody_is_seen_where_nobody_is(detector: OpenCvDetector, name: str) -> None:
    assert _of_clip(detector, name, 4) == [[], [], [], []]
