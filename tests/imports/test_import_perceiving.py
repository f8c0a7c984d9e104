"""From a film and its annotation to a twin: masks as they are, the rest perceived, and what does not fit refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import annotated_world as world
import numpy as np
import pytest

from seewhy.errors import AnnotationError
from seewhy.imports.annotation import AnnotatedObject, Annotation, ObjectAttribute
from seewhy.imports.formats import Origin
from seewhy.imports.perceiving import perceive_annotated
from seewhy.imports.segmenter import AnnotatedSegmenter
from seewhy.perceive.builder import Perceived
from seewhy.perceive.segmenter import EmbeddedSegmenter
from seewhy.perceive.watching import CameraWatcher
from seewhy.settings import Settings
from seewhy.types.masks import Rle, encode
from seewhy.types.time import Span
from seewhy.types.video import Frame
from seewhy.video.pyav import PyAvSource

SETTINGS = Settings.load(environment={})
SOURCE = PyAvSource()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.write_film(tmp_path_factory.mktemp("film") / "walk.mp4")


@pytest.fixture
def annotation(tmp_path: Path) -> Annotation:
    (found,) = Origin(world.write_json(tmp_path / "walk.json", world.coco_rle()), None).read()
    return found


def perceive(annotation: Annotation, film: Path) -> Perceived:
    return perceive_annotated(annotation, SOURCE, film, SOURCE.probe(film), SETTINGS)


def named_masks(perceived: Perceived) -> dict[int, dict[str, Rle]]:
    ids = {track.id: track.aliases[0] for track in perceived.twin.tracks}
    return {frame: {ids[track]: mask for track, mask in of.items()} for frame, of in perceived.masks.items()}


def only(annotation: Annotation, *frames: int) -> Annotation:
    return replace(annotation, frames={f: annotation.frames[f] for f in frames}, coverage="sparse")


def test_masks_names_and_ids_are_the_annotation_s(annotation: Annotation, film: Path) -> None:
    perceived = perceive(annotation, film)
    twin = perceived.twin
    assert named_masks(perceived) == world.truth()
    assert [frame.index for frame in twin.frames] == list(range(world.FRAMES))
    assert twin.mask_size == world.SIZE
    assert twin.degraded == ()
    named = {track.aliases[0]: track for track in twin.tracks}
    assert {alias: track.category for alias, track in named.items()} == world.NAMES
    assert all(track.source == "imported.coco-rle@1" for track in twin.tracks)
    assert {track.labels[0].source for track in twin.tracks} == {"imported.coco-rle@1"}
    assert named["1"].values("color")[0].value == "red"
    assert named["2"].values("color")[0].value == "blue"
    assert all(o.depth is not None for track in twin.tracks for o in track.observations)


def test_the_twin_s_frames_are_those_that_are_annotated(annotation: Annotation, film: Path) -> None:
    perceived = perceive(only(annotation, 1, 6), film)
    assert [frame.index for frame in perceived.twin.frames] == [1, 6]
    assert [frame.t for frame in perceived.twin.frames] == [1 / 8, 6 / 8]
    assert named_masks(perceived) == {frame: world.truth()[frame] for frame in (1, 6)}
    assert perceived.twin.degraded[0] == "2 of 9 frames are annotated; of the others nothing is known"


def test_a_frame_that_shows_nothing_is_a_frame(annotation: Annotation, film: Path) -> None:
    nothing = replace(annotation, frames={0: annotation.frames[0], 1: {}})
    assert len(perceive(nothing, film).twin.frames) == 2


def test_masks_may_be_smaller_than_the_video(annotation: Annotation, film: Path) -> None:
    half = {frame: {name: encode(mask[::2, ::2]) for name, mask in world.masks_of(frame).items()} for frame in range(3)}
    perceived = perceive(replace(annotation, size=(24, 32), frames=half), film)
    assert perceived.twin.mask_size == (24, 32)
    assert named_masks(perceived) == half
    assert {track.category for track in perceived.twin.tracks} == {"dog", "ball"}


def test_what_does_not_fit_the_video_is_refused(annotation: Annotation, film: Path) -> None:
    turned = {0: {"1": encode(np.ones((64, 48), bool))}}
    with pytest.raises(AnnotationError, match="48 x 64 pixels, the video has 64 x 48"):
        perceive(replace(annotation, size=(64, 48), frames=turned), film)
    with pytest.raises(AnnotationError, match="of 12 frames, this one decodes to 9"):
        perceive(replace(annotation, frame_count=12), film)
    with pytest.raises(AnnotationError, match="masks in frame 40, the video decodes to 9"):
        perceive(replace(annotation, frame_count=None, frames={40: annotation.frames[0]}), film)


def test_attributes_hold_when_their_frames_do(annotation: Annotation, film: Path) -> None:
    wet = ObjectAttribute("state", "wet", frozenset({0, 1, 2, 5, 6}))
    objects = {
        "1": AnnotatedObject(("dog",), attributes=(wet, ObjectAttribute("color", "crimson"))),
        "2": AnnotatedObject(),
    }
    twin = perceive(replace(annotation, objects=objects), film).twin
    dog = next(track for track in twin.tracks if track.aliases == ("1",))
    assert [a.span for a in dog.values("state") if a.value == "wet"] == [
        Span(start=0.0, end=3 / 8),
        Span(start=5 / 8, end=7 / 8),
    ]
    assert dog.values("color")[0].value == "crimson"
    assert "red" in {a.value for a in dog.values("color")}
    ball = next(track for track in twin.tracks if track.aliases == ("2",))
    assert ball.category == "object"


# The segmenter


def frames_of(*indices: int) -> list[Frame]:
    return [Frame(i, i * 64, Fraction(1, 512), i / 8, world.image_of(i)) for i in indices]


def test_the_segmenter_takes_what_it_is_told(annotation: Annotation) -> None:
    frames = frames_of(0, 3, 8)
    found = AnnotatedSegmenter(annotation).segment(iter(frames))
    assert found.frames == tuple(frame.time for frame in frames)
    assert found.size == world.SIZE
    assert len(found.camera) == len(found.motion) == 3
    assert {track.aliases: sorted(track.masks) for track in found.tracks} == {("1",): [0, 1], ("2",): [0, 1, 2]}
    scores = [track.score for track in found.tracks]
    assert scores == sorted(scores, reverse=True)
    assert all(0.5 <= score <= 1 for score in scores)
    assert AnnotatedSegmenter(annotation).segment(iter(())).tracks == ()


def test_the_segmenter_refuses_other_frames(annotation: Annotation) -> None:
    with pytest.raises(AnnotationError, match="frame 8 is not annotated"):
        AnnotatedSegmenter(only(annotation, 0)).segment(frames_of(0, 8))
    small = [replace(frame, image=np.zeros((10, 10, 3), np.uint8)) for frame in frames_of(0)]
    with pytest.raises(AnnotationError, match="size"):
        AnnotatedSegmenter(annotation).segment(small)


def test_the_camera_is_seen_as_by_the_embedded_segmenter(annotation: Annotation) -> None:
    frames = frames_of(*range(world.FRAMES))
    told, seen = AnnotatedSegmenter(annotation).segment(frames), EmbeddedSegmenter().segment(frames)
    assert told.frames == seen.frames
    assert told.motion == seen.motion
    for ours, theirs in zip(told.camera, seen.camera, strict=True):
        assert (ours.homography == theirs.homography).all()
        assert (ours.inliers, ours.cut) == (theirs.inliers, theirs.cut)


def test_the_watcher_tells_each_step_as_it_comes() -> None:
    watcher = CameraWatcher()
    black, white = (np.full((*world.SIZE, 3), value, np.uint8) for value in (0, 255))
    noise = np.random.default_rng(1).integers(0, 255, (*world.SIZE, 3), np.uint8)
    images = [world.image_of(0), world.image_of(0), noise, black, white]
    steps = [watcher.take(Frame(i, i, Fraction(1, 8), i / 8, image)) for i, image in enumerate(images)]
    assert steps[0].flow is None
    assert (steps[0].camera.homography == np.eye(3)).all()
    assert steps[1].motion < 0.01
    assert not steps[1].camera.cut
    assert steps[2].camera.cut
    assert steps[2].motion == 0
    assert watcher.size == world.SIZE
    assert watcher.motion == tuple(step.motion for step in steps)
    assert watcher.camera == tuple(step.camera for step in steps)
    assert [time.index for time in watcher.times] == list(range(5))
