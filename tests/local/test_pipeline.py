"""The second reading with specialists that look at frames in batches, and what segmenters know already."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from seewhy.errors import PerceptionError
from seewhy.models.local.batching import Batcher
from seewhy.perceive.builder import Perceived, build_twin
from seewhy.perceive.fakes import FakeDepth, FakeDescriber, FakeDetector, FakeSegmenter
from seewhy.perceive.seams import Detection, MaskTrack, Segmentation, Wide
from seewhy.perceive.specialists import Specialists, needs_models
from seewhy.settings import PerceiveSettings, Settings
from seewhy.threads import in_flight
from seewhy.types.masks import Rle
from seewhy.types.twin import Label
from seewhy.types.video import Frame, Image
from seewhy.video.fake import FakeSource, FakeVideo

RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
PATH = Path("fake")
FRAMES = 40
WIDTH = 4
PATIENCE = 30


def _picture(number: int) -> Image:
    """A red box that walks to the right, a blue one below it, a green one that comes late; one frame shows nothing."""
    image = np.full((60, 120, 3), 128, np.uint8)
    if number == 7:
        return image
    image[10:30, 5 + number : 15 + number] = RED
    image[40:50, 20:40] = BLUE
    if number >= 30:
        image[2:8, 90:110] = GREEN
    return image


class World:
    """A fake video and fake specialists, of which some may be wide."""

    def __init__(self) -> None:
        self.source = FakeSource({PATH: FakeVideo([_picture(n) for n in range(FRAMES)], rate=Fraction(10))})
        self.facts = self.source.probe(PATH)
        box = (0.0, 0.0, 0.5, 0.5)
        self.detector = FakeDetector({number: [Detection("person", box, 0.8)] for number in range(FRAMES)})
        self.describer = FakeDescriber()
        self.specialists = Specialists(
            FakeSegmenter([RED, BLUE, GREEN]), self.detector, FakeDepth(), lambda: self.describer
        )
        self.taken = 0
        """frames of the second reading"""

    def frames(self) -> Iterator[Frame]:
        self.taken = 0
        for frame in self.source.frames(PATH, self.facts, rate=10, lines=None, max_frames=None):
            self.taken += 1
            yield frame

    def build(self, **changes: object) -> Perceived:
        specialists = dataclasses.replace(self.specialists, **changes)  # type: ignore[arg-type]
        return build_twin(self.facts, self.frames, Settings(), specialists)


@pytest.fixture
def world() -> World:
    return World()


class WideDepth(FakeDepth):
    """Looks at frames in batches; what happens before it answers can be told."""

    source = "wide.depth@1"

    def __init__(self, before: Callable[[Frame], object] = id) -> None:
        self.width = WIDTH
        self.before = before
        self.threads: set[int] = set()
        self.batches: list[int] = []
        self._batcher = Batcher(self._all, WIDTH)

    def ranks(self, frame: Frame, masks: Sequence[Rle]) -> list[tuple[float, float]]:
        self.before(frame)
        self.threads.add(threading.get_ident())
        return self._batcher((frame, masks))

    def _all(self, asked: list[tuple[Frame, Sequence[Rle]]]) -> list[list[tuple[float, float]]]:
        self.batches.append(len(asked))
        return [FakeDepth.ranks(self, frame, masks) for frame, masks in asked]


class WideDetector(FakeDetector):
    source = FakeDetector.source
    width = WIDTH


def _untimed(perceived: Perceived) -> tuple[object, ...]:
    twin = perceived.twin.model_copy(update={"specialists": ()})
    return twin, perceived.masks, perceived.thumbnail.tobytes()


def test_wide_specialists_say_the_same_and_the_describer_sees_frames_in_order(world: World) -> None:
    one_by_one = _untimed(world.build())
    described = world.describer.seen
    looked_at = world.detector.looked_at
    world.describer, detector = FakeDescriber(), WideDetector(world.detector.script)
    depth = WideDepth()
    side_by_side = _untimed(world.build(depth=depth, detector=detector))
    assert side_by_side == one_by_one
    assert list(world.describer.seen) == list(described) == list(range(FRAMES))
    assert sorted(detector.looked_at) == looked_at
    assert sum(depth.batches) == FRAMES - 1, "one frame shows nothing"


def test_a_wide_specialist_is_asked_about_several_frames_at_a_time(world: World) -> None:
    together = threading.Barrier(WIDTH)

    def meet(frame: Frame) -> None:
        if frame.index < WIDTH:
            together.wait(PATIENCE)  # a broken barrier raises: they were not asked together

    depth = WideDepth(meet)
    world.build(depth=depth)
    assert len(depth.threads) == WIDTH
    assert threading.get_ident() not in depth.threads


def test_a_bounded_number_of_frames_is_under_way(world: World) -> None:
    most = 0

    class Describer(FakeDescriber):
        def see(self, frame: Frame, masks: Mapping[int, Rle]) -> None:
            nonlocal most
            most = max(most, world.taken - frame.index)

    world.build(depth=WideDepth(), describer=Describer)
    assert most == WIDTH


def test_who_is_not_wide_is_asked_by_one_thread(world: World) -> None:
    threads: set[int] = set()

    class Narrow(FakeDetector):
        def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
            threads.add(threading.get_ident())
            return super().detect(frame, phrases)

    detector = Narrow(world.detector.script)
    world.build(depth=WideDepth(), detector=detector)
    assert threads == {threading.get_ident()}
    assert detector.looked_at == sorted(detector.looked_at)
    assert not isinstance(detector, Wide)


def test_without_wide_specialists_there_are_no_threads(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail(f"{thread} was started"))
    world.build()


def test_when_a_wide_specialist_fails_it_is_named_and_nothing_goes_on(world: World) -> None:
    def fail(frame: Frame) -> None:
        if frame.index == 5:
            raise RuntimeError("no such kernel")

    with pytest.raises(PerceptionError, match=r"wide\.depth@1 failed .*no such kernel"):
        world.build(depth=WideDepth(fail))
    assert world.taken < 5 + 2 * WIDTH
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("seewhy")]


def test_time_counts_once_however_many_threads_ask(world: World) -> None:
    def last(_: Frame) -> None:
        time.sleep(0.01)

    began = time.perf_counter()
    twin = world.build(depth=WideDepth(last)).twin
    wall = time.perf_counter() - began
    seconds = {run.source: run.seconds or 0.0 for run in twin.specialists}
    assert list(seconds) == ["fake.segmenter@1", "fake.detector@1", "wide.depth@1", "fake.describer@1"]
    assert 0.01 * FRAMES / WIDTH <= seconds["wide.depth@1"] <= wall + 0.001, "and not four times that"


# What the segmenter knows


class Knowing:
    """A segmenter that finds what the fake finds, and says more of it."""

    source = "knowing.segmenter@1"

    def __init__(
        self,
        change: Callable[[tuple[MaskTrack, ...]], Iterable[MaskTrack]],
        detections: Mapping[int, tuple[Detection, ...]] | None = None,
    ) -> None:
        self.change, self.detections = change, detections or {}

    def segment(self, frames: Iterable[Frame]) -> Segmentation:
        found = FakeSegmenter([RED, BLUE, GREEN]).segment(frames)
        return dataclasses.replace(found, tracks=tuple(self.change(found.tracks)), detections=self.detections)


def test_names_that_the_segmenter_gives_stand(world: World) -> None:
    named = (Label(name="bus", score=0.9, source="knowing@1"), Label(name="car", score=0.4, source="knowing@1"))

    def change(tracks: tuple[MaskTrack, ...]) -> list[MaskTrack]:
        return [dataclasses.replace(track, labels=named, aliases=(f"was {n}",)) for n, track in enumerate(tracks)]

    twin = world.build(segmenter=Knowing(change)).twin
    assert [track.labels for track in twin.tracks] == [named] * 3
    assert [track.aliases for track in twin.tracks] == [("was 0",), ("was 1",), ("was 2",)]
    assert world.detector.looked_at == [], "nothing is left to be named"


def test_parts_find_their_wholes_in_the_new_order(world: World) -> None:
    def change(tracks: tuple[MaskTrack, ...]) -> list[MaskTrack]:
        red, blue, green = tracks
        nothing = dataclasses.replace(red, masks={})
        return [
            dataclasses.replace(green, score=0.1, part_of=2),
            dataclasses.replace(blue, score=0.5, part_of=3),
            dataclasses.replace(red, score=0.9),
            nothing,  # never to be seen: it becomes no track, and no track is a part of it
        ]

    twin = world.build(segmenter=Knowing(change)).twin
    assert [(track.id, track.score, track.part_of) for track in twin.tracks] == [
        (1, 0.9, None), (2, 0.5, None), (3, 0.1, 1),
    ]  # fmt: skip


def _red_box(number: int) -> Detection:
    return Detection("person", ((5 + number) / 120, 10 / 60, (15 + number) / 120, 30 / 60), 0.9)


def test_what_was_detected_on_the_way_votes_and_is_not_looked_for_again(world: World) -> None:
    seen = {number: (_red_box(number),) for number in range(0, FRAMES, 3)}
    twin = world.build(segmenter=Knowing(tuple, seen)).twin
    assert [track.category for track in twin.tracks] == ["person", "object", "object"]
    assert world.detector.looked_at == [], "each track was shown often enough, the green one four times"
    (run,) = [run for run in twin.specialists if run.source == world.detector.source]
    assert run.note == f"looked at 0 of {FRAMES} frames, and the segmenter at 14 with its help"


def test_tracks_that_were_not_shown_are_looked_at(world: World) -> None:
    seen = {number: (_red_box(number),) for number in range(0, 28, 4)}
    world.build(segmenter=Knowing(tuple, seen))
    assert len(world.detector.looked_at) == 3
    assert min(world.detector.looked_at) >= 30, "where the green one is, which came after the last look"


def test_an_open_vocabulary_is_asked_for_the_phrases_of_the_settings(world: World, tmp_path: Path) -> None:
    asked: set[tuple[str, ...]] = set()

    class Open(FakeDetector):
        def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
            asked.add(tuple(phrases))
            return [_red_box(frame.index)._replace(phrase="terrier")]

    words = tmp_path / "words.txt"
    words.write_text("terrier: dog\ntea pot\n")
    settings = Settings(perceive=PerceiveSettings(vocabulary=str(words)))
    specialists = dataclasses.replace(world.specialists, detector=Open({}))
    twin = build_twin(world.facts, world.frames, settings, specialists).twin
    assert asked == {("terrier", "tea pot")}
    assert [(label.name, label.broader) for label in twin.tracks[0].labels] == [("terrier", "dog")]


def test_a_wrong_number_of_ranks_is_the_estimators_fault(world: World) -> None:
    class Short(FakeDepth):
        source = "short.depth@1"

        def ranks(self, frame: Frame, masks: Sequence[Rle]) -> list[tuple[float, float]]:
            return super().ranks(frame, masks)[1:]

    with pytest.raises(PerceptionError, match=r"short\.depth@1 failed .*1 ranks for 2 masks"):
        world.build(depth=Short())


# Things in flight


@pytest.mark.parametrize("width", [1, 3])
def test_in_flight_keeps_order_and_takes_no_more_than_it_may(width: int) -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(20):
            taken += 1
            yield number

    for place, result in enumerate(in_flight(lambda n: n * n, items(), width)):
        assert result == place * place
        assert taken <= place + width


def test_in_flight_ends_its_threads_with_its_consumer() -> None:
    release = threading.Event()
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number:
            assert release.wait(PATIENCE)
        return number

    results = in_flight(work, iter(range(100)), 3)
    assert next(results) == 0
    release.set()
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("seewhy")]


# Who needs models


def test_local_specialists_need_models() -> None:
    assert not needs_models(Settings())
    assert needs_models(Settings(profile="local"))
    assert needs_models(Settings(perceive=PerceiveSettings(depth="local.depth-anything")))
