"""Building a twin, with specialists that are told what to say."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from seewhy.errors import PerceptionError, TruncatedVideo
from seewhy.perceive.builder import Perceived, build_twin
from seewhy.perceive.fakes import FakeDepth, FakeDescriber, FakeDetector, FakeSegmenter
from seewhy.perceive.naming import MOST_LOOKS
from seewhy.perceive.seams import Detection, Segmentation
from seewhy.perceive.specialists import Specialists
from seewhy.settings import Settings
from seewhy.types.masks import area, decode
from seewhy.types.twin import Attribute
from seewhy.types.video import Frame, Image, VideoFacts
from seewhy.video.fake import FakeSource, FakeVideo
from seewhy.video.source import DamagedVideoWarning

RED, BLUE = (255, 0, 0), (0, 0, 255)
PATH = Path("fake")


def _picture(number: int, width: int = 80, height: int = 60) -> Image:
    """A red box that walks to the right, and from frame 4 on a blue one below it."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[10:30, 5 + number : 15 + number] = RED
    if number >= 4:
        image[40:50, 20:40] = BLUE
    return image


class World:
    """A fake video and fake specialists."""

    def __init__(self, images: Sequence[Image]) -> None:
        self.source = FakeSource({PATH: FakeVideo(images, rate=Fraction(30000, 1001))})
        self.facts: VideoFacts = self.source.probe(PATH)
        self.detector = FakeDetector({})
        self.describer = FakeDescriber()
        self.specialists = Specialists(FakeSegmenter([RED, BLUE]), self.detector, FakeDepth(), lambda: self.describer)
        self.readings = 0

    def frames(self) -> Iterator[Frame]:
        self.readings += 1
        return self.source.frames(PATH, self.facts, rate=15, lines=None, max_frames=None)

    def build(self, **changes: object) -> Perceived:
        specialists = dataclasses.replace(self.specialists, **changes)  # type: ignore[arg-type]
        return build_twin(self.facts, self.frames, Settings(), specialists)


@pytest.fixture
def world() -> World:
    return World([_picture(number) for number in range(12)])


def test_observations_are_fractions_of_the_frame_at_exact_times(world: World) -> None:
    twin = world.build().twin
    assert [frame.index for frame in twin.frames] == [0, 2, 4, 6, 8, 10]
    red, blue = twin.tracks
    assert (red.id, blue.id) == (1, 2)
    assert [o.frame for o in blue.observations] == [4, 6, 8, 10]
    first = red.observations[0]
    assert first.box == (5 / 80, 10 / 60, 15 / 80, 30 / 60)
    assert (first.x, first.y) == pytest.approx((10 / 80, 20 / 60))
    assert first.area == pytest.approx(200 / 4800)
    assert first.mask == "masks.json#/frames/0/1"
    assert red.observations[1].t == pytest.approx(2 * 1001 / 30000)
    assert red.observations[1].x - first.x == pytest.approx(2 / 80)


def test_every_observation_finds_its_mask_and_there_are_no_others(world: World) -> None:
    perceived = world.build()
    pointed = {o.mask: o for track in perceived.twin.tracks for o in track.observations}
    kept = {f"masks.json#/frames/{f}/{t}": rle for f, row in perceived.masks.items() for t, rle in row.items()}
    assert set(pointed) == set(kept)
    for pointer, rle in kept.items():
        assert rle.size == perceived.twin.mask_size == (60, 80)
        assert area(rle) / 4800 == pytest.approx(pointed[pointer].area)
    assert decode(perceived.masks[0][1])[10:30, 5:15].all()


def test_depth_is_a_rank_among_what_the_frame_shows(world: World) -> None:
    red, blue = world.build().twin.tracks
    assert red.by_frame[0].depth == 0.5, "alone"
    assert (red.by_frame[4].depth, blue.by_frame[4].depth) == (1.0, 0.0), "the blue box stands lower"


def test_what_the_describer_says_is_kept(world: World) -> None:
    color = Attribute(kind="color", value="blue", score=0.9, source="fake.describer@1")
    palette = Attribute(kind="palette", value="gray", score=0.8, source="fake.describer@1")
    world.describer = FakeDescriber({2: [color]}, [palette])
    twin = world.build().twin
    assert [track.attributes for track in twin.tracks] == [(), (color,)]
    assert twin.scene.attributes == (palette,)
    assert world.describer.seen == {0: (1,), 2: (1,), 4: (1, 2), 6: (1, 2), 8: (1, 2), 10: (1, 2)}


def test_detections_that_agree_name_their_track(world: World) -> None:
    def red_box(frame: int) -> Detection:
        return Detection("person", ((5 + frame) / 80, 10 / 60, (15 + frame) / 80, 30 / 60), 0.9)

    world.detector = FakeDetector({frame: [red_box(frame)] for frame in (0, 4, 8)})
    red, blue = world.build(detector=world.detector).twin.tracks
    assert red.category == "person"
    assert red.labels[0].source == "fake.detector@1"
    assert 0.6 < red.labels[0].score < 0.9
    assert (blue.category, blue.labels[0].score) == ("object", blue.score)


def test_one_detection_names_nothing(world: World) -> None:
    box = (5 / 80, 10 / 60, 15 / 80, 30 / 60)
    detector = FakeDetector({0: [Detection("person", box, 0.99)]})
    assert {track.category for track in world.build(detector=detector).twin.tracks} == {"object"}


def test_each_specialist_that_looked_is_named(world: World) -> None:
    runs = world.build().twin.specialists
    assert [run.source for run in runs] == [
        "fake.segmenter@1", "fake.detector@1", "fake.depth@1", "fake.describer@1",
    ]  # fmt: skip
    assert all(run.seconds is not None and run.seconds >= 0 for run in runs)


def test_a_video_is_read_twice_and_few_frames_are_shown_to_the_detector() -> None:
    world = World([_picture(number, width=200) for number in range(100)])
    twin = world.build().twin
    assert len(twin.frames) == 50
    assert world.readings == 2
    assert len(world.detector.looked_at) == MOST_LOOKS
    assert max(world.detector.looked_at) - min(world.detector.looked_at) > 80, "spread over the video"


def test_frames_are_let_go(world: World) -> None:
    """Whoever reads the frames one by one sees at most the last two alive."""
    import gc
    import weakref

    alive: list[weakref.ref[Image]] = []
    most = 0

    def frames() -> Iterator[Frame]:
        nonlocal most
        for frame in world.frames():
            image = frame.image.copy()
            alive.append(weakref.ref(image))
            yield dataclasses.replace(frame, image=image)
            del frame, image
            gc.collect()
            most = max(most, sum(reference() is not None for reference in alive))

    build_twin(world.facts, frames, Settings(), world.specialists)
    assert len(alive) == 12
    assert most <= 2


def test_the_thumbnail_is_the_frame_that_shows_most() -> None:
    images = [np.kron(_picture(number), np.ones((10, 10, 1), np.uint8)) for number in (0, 0, 6, 0)]
    thumbnail = World(images).build().thumbnail
    assert thumbnail.shape == (240, 320, 3)
    assert thumbnail.dtype == np.uint8
    assert tuple(thumbnail[180, 120]) == BLUE


def test_a_small_frame_is_its_own_thumbnail(world: World) -> None:
    assert world.build().thumbnail.shape == (60, 80, 3)


@pytest.mark.parametrize("images", [[_picture(5)], [np.full((60, 80, 3), 128, np.uint8)] * 5], ids=["one", "nothing"])
def test_one_frame_or_no_track_is_a_twin_too(images: list[Image]) -> None:
    perceived = World(images).build()
    shown = len(images) == 1
    assert len(perceived.twin.tracks) == (2 if shown else 0)
    assert set(perceived.masks) == ({0} if shown else set())
    assert perceived.thumbnail.shape == (60, 80, 3)


def test_the_same_again_is_the_same_but_for_the_seconds(world: World) -> None:
    def timeless(perceived: Perceived) -> str:
        return perceived.twin.model_copy(update={"specialists": ()}).model_dump_json()

    assert timeless(world.build()) == timeless(world.build())


def test_what_the_segmenter_could_not_do_is_said(world: World) -> None:
    class Excusing(FakeSegmenter):
        def segment(self, frames: Iterable[Frame]) -> Segmentation:
            return dataclasses.replace(super().segment(frames), notes=("the camera could not be followed",))

    assert world.build(segmenter=Excusing([RED])).twin.degraded == ("the camera could not be followed",)


class _Fails:
    """Any specialist, failing at whatever it is asked."""

    source = "broken.thing@3"
    vocabulary = None

    def _fail(self, *_: object) -> list[object]:
        raise RuntimeError("no such kernel")

    segment = detect = ranks = see = _fail


@pytest.mark.parametrize("seam", ["segmenter", "detector", "depth", "describer"])
def test_a_specialist_that_fails_is_named_with_the_cause(world: World, seam: str) -> None:
    broken = _Fails
    with pytest.raises(PerceptionError, match=r"broken\.thing@3 failed .*RuntimeError: no such kernel") as caught:
        world.build(**{seam: broken if seam == "describer" else broken()})
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("reading", [1, 2])
def test_errors_of_the_video_pass_through(world: World, reading: int) -> None:
    def frames() -> Iterator[Frame]:
        for frame in world.frames():
            if frame.index == 4 and world.readings == reading:
                raise TruncatedVideo(PATH, "nothing decodes")
            yield frame

    with pytest.raises(TruncatedVideo):
        build_twin(world.facts, frames, Settings(), world.specialists)


def test_warnings_of_damage_reach_the_caller(world: World) -> None:
    def frames() -> Iterator[Frame]:
        yield from world.frames()
        warnings.warn("decoded only to 0.3 s", DamagedVideoWarning, stacklevel=1)

    with pytest.warns(DamagedVideoWarning, match="decoded only"):
        build_twin(world.facts, frames, Settings(), world.specialists)


@pytest.mark.parametrize("change", ["fewer", "more", "later"])
def test_a_second_reading_that_differs_is_an_error(world: World, change: str) -> None:
    def frames() -> Iterable[Frame]:
        read = list(world.frames())
        if world.readings == 1:
            return read[:-1]
        return {"fewer": read[:-2], "more": read, "later": read[1:]}[change]

    with pytest.raises(PerceptionError, match="second reading"):
        build_twin(world.facts, frames, Settings(), world.specialists)


def test_no_frames_at_all_is_an_error(world: World) -> None:
    with pytest.raises(PerceptionError, match="no frame"):
        build_twin(world.facts, lambda: [], Settings(), world.specialists)
