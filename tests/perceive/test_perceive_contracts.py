"""What every segmenter, detector, depth estimator and describer must do, asked of each, the fakes included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from drawn_people import backdrop, draw_face, draw_person, soft
from tiny_detectors import save_depth_anything, save_grounding_dino, save_mm_grounding_dino, save_owlv2
from tiny_trackers import save_sam2

from seewhy.models.local.devices import device_for
from seewhy.models.local.weights import find
from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.fakes import FakeDepth, FakeDescriber, FakeDetector, FakeSegmenter
from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.prompted import PromptedSegmenter
from seewhy.perceive.local.sam2 import Sam2Tracker
from seewhy.perceive.seams import DepthEstimator, Describer, Detection, Detector, Segmentation, Segmenter
from seewhy.settings import LocalSettings, Settings
from seewhy.types.masks import Rle, area, decode, encode
from seewhy.types.twin import Attribute, AttributeKind
from seewhy.types.video import Frame, Image

RED = (220, 30, 30)
HEIGHT, WIDTH = 120, 160


def _frame(image: Image, index: int = 0) -> Frame:
    return Frame(index, index * 512, Fraction(1, 512 * 6), index / 6, image)


def _film(count: int, height: int = HEIGHT, width: int = WIDTH) -> list[Frame]:
    """A textured wall, and a red box that walks over it; indices and times as of a sampled film."""
    random = np.random.default_rng(7)
    wall = np.kron(random.integers(60, 200, (height // 4 + 1, width // 4 + 1, 3)), np.ones((4, 4, 1)))
    frames = []
    for number in range(count):
        image = wall[:height, :width].astype(np.uint8)
        left = width // 8 + 4 * number
        image[height // 3 : 2 * height // 3, left : left + width // 4] = RED
        frames.append(_frame(image, 4 * number))
    return frames


def _embedded(name: str) -> Callable[..., object]:
    made: Callable[..., object] = load(SPECIALISTS, f"embedded.{name}")
    return made


def _is_source(text: str) -> bool:
    """A name and a version: our own numbers, or the first 12 digits of a model's revision."""
    return re.fullmatch(r"[A-Za-z0-9_.\-]+@(\d+(\.\d+)*|[0-9a-f]{12})", text) is not None


# Segmenter


BOXES = [Detection("box", (0.15, 0.33, 0.4, 0.67), 0.8), Detection("cup", (0.5, 0.1, 0.9, 0.5), 0.7)]
"""of the red box in the first frame, and of something that is not there"""


def _segmenter(name: str) -> Segmenter:
    if name == "fake":
        return FakeSegmenter([RED])
    if name == "prompted":
        return PromptedSegmenter(FakeTracker([RED]), FakeDetector({0: BOXES}), Settings(), ["box", "cup"])
    return _embedded("segmenter")(Settings())  # type: ignore[return-value]


@pytest.fixture(scope="session")
def tiny_sam2(tmp_path_factory: pytest.TempPathFactory) -> Segmenter:
    """Over a SAM 2.1 with random weights."""
    local = LocalSettings(device="cpu", redetect=4, chunk=8)
    folder = save_sam2(tmp_path_factory.mktemp("weights") / "tiny-sam2")
    tracker = Sam2Tracker(find(str(folder), local), device_for(local))
    return PromptedSegmenter(tracker, FakeDetector({0: BOXES}), Settings(local=local), ["box", "cup"])


@pytest.fixture(params=["fake", "embedded", "prompted", "sam2"])
def segmenter(request: pytest.FixtureRequest) -> Segmenter:
    if request.param == "sam2":
        return request.getfixturevalue("tiny_sam2")  # type: ignore[no-any-return]
    return _segmenter(request.param)


@pytest.fixture(params=["fake", "embedded", "prompted"])
def seeing(request: pytest.FixtureRequest) -> Segmenter:
    """Segmenters that see something: not those of random weights."""
    return _segmenter(request.param)


def _check(found: Segmentation, frames: list[Frame]) -> None:
    assert found.frames == tuple(frame.time for frame in frames)
    assert len(found.camera) == len(found.motion) == len(frames)
    assert all(motion >= 0 for motion in found.motion)
    for step in found.camera:
        assert step.homography.shape == (3, 3)
        assert np.isfinite(step.homography).all()
        assert 0 <= step.inliers <= 1
    assert [track.score for track in found.tracks] == sorted((t.score for t in found.tracks), reverse=True)
    for track in found.tracks:
        assert 0 <= track.score <= 1
        assert 0 <= track.id_confidence <= 1
        assert track.masks, "a track is seen at least once"
        assert set(track.masks) <= set(range(len(frames)))
        assert set(track.scores) <= set(track.masks)
        assert all(0 <= score <= 1 for score in track.scores.values())
        assert all(mask.size == found.size for mask in track.masks.values())
        assert all(area(mask) > 0 for mask in track.masks.values())


def test_segmenter_names_its_source(segmenter: Segmenter) -> None:
    assert _is_source(segmenter.source)


@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (121, 163), (160, 90)], ids=str)
def test_segmenter_speaks_of_the_frames_it_was_given(segmenter: Segmenter, shape: tuple[int, int]) -> None:
    frames = _film(8, *shape)
    found = segmenter.segment(iter(frames))
    assert found.size == shape
    _check(found, frames)


def test_segmenter_finds_what_moves(seeing: Segmenter) -> None:
    frames = _film(10)
    found = seeing.segment(frames)
    truth = (frames[5].image == RED).all(axis=2)
    masks = [decode(track.masks[5]) for track in found.tracks if 5 in track.masks]
    assert max((mask & truth).sum() / (mask | truth).sum() for mask in masks) > 0.5


@pytest.mark.parametrize("count", [1, 2, 3])
def test_segmenter_takes_very_short_films(segmenter: Segmenter, count: int) -> None:
    frames = _film(count)
    _check(segmenter.segment(frames), frames)


def test_segmenter_of_nothing_finds_nothing(segmenter: Segmenter) -> None:
    found = segmenter.segment([])
    assert (found.frames, found.tracks, found.camera, found.motion) == ((), (), (), ())


def test_segmenter_says_the_same_again(segmenter: Segmenter) -> None:
    first, second = segmenter.segment(_film(6)), segmenter.segment(_film(6))
    assert first.tracks == second.tracks
    assert first.motion == second.motion


def test_segmenter_leaves_the_pictures_as_they_are(segmenter: Segmenter) -> None:
    frames, untouched = _film(4), _film(4)
    segmenter.segment(frames)
    for frame, original in zip(frames, untouched, strict=True):
        np.testing.assert_array_equal(frame.image, original.image)


def test_segmenter_takes_frames_as_they_come(segmenter: Segmenter) -> None:
    """One pass, in order, and nothing after the end."""
    taken = []

    def frames() -> Iterator[Frame]:
        for frame in _film(5):
            taken.append(frame.index)
            yield frame

    segmenter.segment(frames())
    assert taken == [0, 4, 8, 12, 16]


# Detector


def _people() -> Frame:
    image = backdrop()
    draw_face(image, 150, 150, 80)
    draw_person(image, 450, 60, 330)
    return _frame(soft(image))


LOCAL_DETECTORS = {
    "owlv2": ("local.owlv2", "owlv2", save_owlv2),
    "grounding-dino": ("local.grounding-dino", "grounding_dino", save_grounding_dino),
    "mm-grounding-dino": ("local.grounding-dino", "grounding_dino", save_mm_grounding_dino),
}
"""Name → entry point, setting that names its weights, what saves a tiny random checkpoint."""


def _local(entry_point: str, setting: str, folder: Path) -> object:
    settings = Settings.model_validate({"local": {setting: str(folder), "device": "cpu"}})
    made: object = load(SPECIALISTS, entry_point)(settings)
    return made


@pytest.fixture(scope="module")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny random checkpoints of the real architectures, by name."""
    folder = tmp_path_factory.mktemp("tiny")
    for name, (_, _, save) in LOCAL_DETECTORS.items():
        save(folder / name, WIDTH * 2)  # not much smaller than the frames: they are not to be shown in tiles
    save_depth_anything(folder / "relative")
    save_depth_anything(folder / "metric", metric=True)
    return folder


@pytest.fixture(params=["fake", "embedded", *LOCAL_DETECTORS])
def detector(request: pytest.FixtureRequest) -> Detector:
    """All there are; random weights find anything anywhere."""
    if request.param in LOCAL_DETECTORS:
        entry_point, setting, _ = LOCAL_DETECTORS[request.param]
        folder = request.getfixturevalue("tiny_weights") / request.param
        return _local(entry_point, setting, folder)  # type: ignore[return-value]
    return _seeing_detector(request.param)


@pytest.fixture(params=["fake", "embedded"])
def seeing_detector(request: pytest.FixtureRequest) -> Detector:
    """Those that find what is there."""
    return _seeing_detector(request.param)


def _seeing_detector(name: str) -> Detector:
    if name == "fake":
        face, person = Detection("face", (0.15, 0.15, 0.33, 0.45), 0.7), Detection("person", (0.6, 0.1, 0.8, 0.8), 0.9)
        return FakeDetector({0: [face, person]}, frozenset({"face", "person"}))
    return _embedded("detector")(Settings())  # type: ignore[return-value]


def test_detector_names_its_source(detector: Detector) -> None:
    assert _is_source(detector.source)


def test_detector_finds_what_is_there(seeing_detector: Detector) -> None:
    found = seeing_detector.detect(_people(), ["person", "face"])
    assert {detection.phrase for detection in found} == {"person", "face"}


def test_detector_gives_boxes_in_the_frame_best_first(detector: Detector) -> None:
    found = detector.detect(_people(), ["person", "face"])
    assert found
    assert [d.score for d in found] == sorted((d.score for d in found), reverse=True)
    for detection in found:
        x0, y0, x1, y1 = detection.box
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert 0 <= detection.score <= 1
        assert all(type(number) is float for number in (*detection.box, detection.score)), "no numpy scalars"


def test_detector_finds_only_what_it_is_asked_for(detector: Detector) -> None:
    assert {detection.phrase for detection in detector.detect(_people(), ["face"])} == {"face"}
    assert detector.detect(_people(), []) == []


def test_detector_does_not_search_for_what_it_does_not_know(detector: Detector) -> None:
    found = detector.detect(_people(), ["teapot"])
    if detector.vocabulary is None:
        assert {detection.phrase for detection in found} == {"teapot"}
    else:
        assert "teapot" not in detector.vocabulary
        assert found == []


def test_detector_leaves_the_picture_as_it_is(detector: Detector) -> None:
    frame, untouched = _people(), _people()
    detector.detect(frame, ["person"])
    np.testing.assert_array_equal(frame.image, untouched.image)


def test_detector_says_the_same_again(detector: Detector) -> None:
    assert detector.detect(_people(), ["person", "face"]) == detector.detect(_people(), ["face", "person"])


# Depth


@pytest.fixture(params=["fake", "embedded", "relative", "metric"])
def depth(request: pytest.FixtureRequest) -> DepthEstimator:
    """All there are; random weights have no idea of depth."""
    if request.param in ("relative", "metric"):
        folder = request.getfixturevalue("tiny_weights") / request.param
        return _local("local.depth-anything", "depth_anything", folder)  # type: ignore[return-value]
    return _seeing_depth(request.param)


@pytest.fixture(params=["fake", "embedded"])
def seeing_depth(request: pytest.FixtureRequest) -> DepthEstimator:
    """Those that judge by what is there."""
    return _seeing_depth(request.param)


def _seeing_depth(name: str) -> DepthEstimator:
    return FakeDepth() if name == "fake" else _embedded("depth")(Settings())  # type: ignore[return-value]


def _boxes(count: int) -> list[Rle]:
    random = np.random.default_rng(count)
    masks = []
    for _ in range(count):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        top, left = random.integers(0, HEIGHT - 20), random.integers(0, WIDTH - 20)
        mask[top : top + random.integers(4, 60), left : left + random.integers(4, 60)] = True
        masks.append(encode(mask))
    return masks


def test_depth_names_its_source(depth: DepthEstimator) -> None:
    assert _is_source(depth.source)


@pytest.mark.parametrize("count", [2, 3, 7, 12])
def test_depth_ranks_the_masks_of_a_frame(depth: DepthEstimator, count: int) -> None:
    said = depth.ranks(_film(1)[0], _boxes(count))
    assert sorted(rank for rank, _ in said) == pytest.approx([place / (count - 1) for place in range(count)])
    assert all(0 <= confidence <= 1 for _, confidence in said)


def test_depth_of_one_mask_is_the_middle_and_of_none_nothing(depth: DepthEstimator) -> None:
    assert [rank for rank, _ in depth.ranks(_film(1)[0], _boxes(1))] == [0.5]
    assert depth.ranks(_film(1)[0], []) == []


def test_depth_does_not_depend_on_the_order_of_the_masks(depth: DepthEstimator) -> None:
    masks = _boxes(5)
    forwards, backwards = depth.ranks(_film(1)[0], masks), depth.ranks(_film(1)[0], masks[::-1])
    np.testing.assert_allclose(forwards, backwards[::-1], atol=1e-9)


def test_depth_puts_what_stands_lower_and_is_larger_in_front(seeing_depth: DepthEstimator) -> None:
    far, near = np.zeros((2, HEIGHT, WIDTH), bool)
    far[20:40, 20:40] = True
    near[50:110, 80:140] = True
    (far_rank, _), (near_rank, _) = seeing_depth.ranks(_film(1)[0], [encode(far), encode(near)])
    assert (near_rank, far_rank) == (0.0, 1.0)


# Describer

RED_SAID = Attribute(kind="color", value="red", score=0.9, source="fake.describer@1")
BRIGHT_SAID = Attribute(kind="brightness", value="bright", score=0.9, source="fake.describer@1")


@pytest.fixture(params=["fake", "embedded"])
def describer(request: pytest.FixtureRequest) -> Describer:
    if request.param == "fake":
        return FakeDescriber({1: [RED_SAID]}, [BRIGHT_SAID])
    return _embedded("describer")(Settings())  # type: ignore[return-value]


def _shown(describer: Describer, count: int = 5) -> Describer:
    for frame in _film(count):
        describer.see(frame, {1: encode((frame.image == RED).all(axis=2))})
    return describer


def _check_attributes(said: list[Attribute], kinds: set[AttributeKind]) -> None:
    for attribute in said:
        assert attribute.kind in kinds
        assert attribute.value == attribute.value.strip().lower()
        assert attribute.value
        assert 0 <= attribute.score <= 1
        assert _is_source(attribute.source)
    whole = [(attribute.kind, attribute.value) for attribute in said if attribute.span is None]
    assert not any(a == b for a, b in combinations(whole, 2)), "nothing is said twice"


def test_describer_names_its_source(describer: Describer) -> None:
    assert _is_source(describer.source)


def test_describer_says_what_a_track_looks_like(describer: Describer) -> None:
    said = _shown(describer).track_attributes(1)
    _check_attributes(said, {"color", "shape", "texture", "size", "state", "other"})
    assert "red" in {attribute.value for attribute in said if attribute.kind == "color"}


def test_describer_says_what_the_scene_looks_like(describer: Describer) -> None:
    said = _shown(describer).scene_attributes()
    assert said
    _check_attributes(said, {"palette", "coloring", "brightness", "time_of_day", "setting", "place"})
    assert {attribute.kind for attribute in said} <= set(get_args(AttributeKind))


def test_describer_needs_no_track(describer: Describer) -> None:
    for frame in _film(3):
        describer.see(frame, {})
    assert describer.scene_attributes()


def test_describer_takes_a_single_frame_and_a_tiny_track(describer: Describer) -> None:
    speck = np.zeros((HEIGHT, WIDTH), bool)
    speck[5, 5] = True
    describer.see(_film(1)[0], {1: encode(speck)})
    _check_attributes(describer.track_attributes(1), {"color", "shape", "texture", "size", "state", "other"})


def test_describer_says_the_same_when_asked_again(describer: Describer) -> None:
    _shown(describer)
    assert describer.track_attributes(1) == describer.track_attributes(1)
    assert describer.scene_attributes() == describer.scene_attributes()
