"""Steps of refinement with specialists on this machine; and what every looker has to be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from squares import BLUE, COLORS, GREEN, Square, Squares, tracked_and_not
from tiny_actions import LABELS, save_vjepa2
from tiny_detectors import save_owlv2
from tiny_trackers import save_sam2

from seewhy.errors import PerceptionError, WeightsError
from seewhy.keep import entered
from seewhy.models.fakes import ScriptedModel
from seewhy.perceive import fullrate
from seewhy.perceive.fakes import FakeDetector, FakeLooker
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted.looker import HostedLooker
from seewhy.perceive.hosted.perceived import as_perceived
from seewhy.perceive.local.actions import ActionClassifier
from seewhy.perceive.local.actions_fake import FakeActions
from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.finding import HELD, LINES, MOST_FOUND, PhraseFinder
from seewhy.perceive.local.looker import LocalLooker, local_looker
from seewhy.perceive.seams import Detection, Looker
from seewhy.settings import Settings
from seewhy.twin.derive import GEOMETRY
from seewhy.types.time import Span
from seewhy.types.twin import STEP_NAMES, Refined, RefinementStep
from seewhy.types.video import Frame

EVERY = dict.fromkeys(range(0, 48, 2), 0.3)
"""found in every sampled frame"""


def finder(script: Mapping[int, list[Detection]], tracker: FakeTracker | None = None, chunk: int = 96) -> PhraseFinder:
    return PhraseFinder(FakeDetector(script), tracker or FakeTracker(COLORS), chunk)


# What a phrase names


class TestFinding:
    def test_what_is_found_is_followed_on_and_back(self) -> None:
        world, tracker = tracked_and_not(), FakeTracker(COLORS)
        script = world.detections("lantern", 1, {**EVERY, 24: 0.6, 22: 0.55, 26: 0.58})
        found = finder(script, tracker).find("a lantern", world.twin, world.clip)
        assert found.objects == (), "the detector is asked for the phrase as it is"
        found = finder(script, tracker).find("lantern", world.twin, world.clip)
        (thing,) = found.objects
        assert dict(thing.masks) == world.truth(1)
        assert [label.name for label in thing.labels] == ["lantern"]
        assert thing.source == found.source == "look:fake.detector@1+fake.tracker@1"
        on, back = tracker.sessions
        seed = on.looks[0][0]
        assert [index for index, _ in on.looks] == list(range(seed, 48, 2))
        assert [index for index, _ in back.looks] == list(range(seed, -1, -2))
        assert on.looks[0][1] == back.looks[0][1], "both begin with the box"
        assert not any(prompts for _, prompts in (*on.looks[1:], *back.looks[1:]))

    def test_it_enters_the_twin_as_a_track(self) -> None:
        world = tracked_and_not()
        found = finder(world.detections("lantern", 1, EVERY)).find("lantern", world.twin, world.clip)
        twin, masks = entered(world.twin, world.masks, found)
        assert [track.category for track in twin.tracks] == ["object", "lantern"]
        assert {frame: of[2] for frame, of in masks.items()} == world.truth(1)
        assert any(event.subject == 2 and event.action == "moves_left" for event in twin.events)

    def test_what_is_tracked_already_gets_the_name(self) -> None:
        world = tracked_and_not()
        found = finder(world.detections("lantern", 0, EVERY)).find("lantern", world.twin, world.clip)
        twin, _ = entered(world.twin, world.masks, found)
        assert [track.category for track in twin.tracks] == ["lantern"]

    def test_several_looks_that_agree_make_a_name_sure(self) -> None:
        world = tracked_and_not()
        often = finder(world.detections("lantern", 1, EVERY)).find("lantern", world.twin, world.clip)
        assert often.objects[0].score == pytest.approx(1 - 0.7**3)
        span = Span(start=2.0, end=2.1)
        once = finder(world.detections("lantern", 1, {24: 0.3})).find("lantern", world.twin, world.clip, span)
        assert once.objects[0].score == pytest.approx(0.3)
        assert dict(once.objects[0].masks) == world.truth(1), "it is followed beyond the span"

    def test_what_a_describer_saw_is_followed_from_where_it_is_detected(self) -> None:
        """The describer's box is off by a third; the detector's, of the name that it gave, is not."""
        world, tracker = tracked_and_not(), FakeTracker(COLORS)
        [detection] = world.detections("lantern", 1, {24: 0.3})[24]
        x0, y0, x1, y1 = detection.box
        off = x0 + (x1 - x0) / 3, y0, x1 + (x1 - x0) / 3, y1
        found = finder({24: [detection]}, tracker).follow(world.clip, world.twin, 24, off, "lantern")
        assert found == world.truth(1)
        assert [prompt.box for prompt in tracker.sessions[0].looks[0][1]] == [detection.box]

    @pytest.mark.parametrize("said", ["", "lantern", "kite"])
    def test_where_the_detector_finds_nothing_there_the_describers_box_counts(self, said: str) -> None:
        world, tracker = tracked_and_not(), FakeTracker(COLORS)
        [there] = world.detections("kite", 1, {24: 0.3})[24]
        [elsewhere] = world.detections("lantern", 0, {24: 0.9})[24]
        script = {} if said == "kite" else {24: [elsewhere]}
        found = finder(script, tracker).follow(world.clip, world.twin, 24, there.box, said)
        assert found == world.truth(1)
        assert [prompt.box for prompt in tracker.sessions[0].looks[0][1]] == [there.box]

    def test_nothing_is_followed_from_outside_the_frame_or_the_twin(self) -> None:
        world = tracked_and_not()
        assert finder({}).follow(world.clip, world.twin, 24, (1.2, 0.1, 1.4, 0.3), "lantern") == {}
        with pytest.raises(PerceptionError, match="not sampled"):
            finder({}).follow(world.clip, world.twin, 25, (0.1, 0.1, 0.3, 0.3), "lantern")

    def test_it_is_not_followed_over_a_cut(self) -> None:
        world = Squares([Square(BLUE, (10, 10), (60, 40))], cuts=(1.0, 3.0))
        span = Span(start=1.5, end=2.5)
        found = finder(world.detections("lantern", 0, EVERY)).find("lantern", world.twin, world.clip, span)
        assert sorted(found.objects[0].masks) == list(range(12, 36, 2)), "12 frames a second, from 1 to 3 s"

    def test_what_is_seen_elsewhere_and_is_another_is_found_too(self) -> None:
        """The green one is there when the blue one has gone."""
        world = Squares(
            [Square(BLUE, (0, 0), (10, 0), seen=(0.0, 1.8)), Square(GREEN, (70, 40), (60, 40), seen=(2.2, 9.0))]
        )
        script = {
            **world.detections("lantern", 0, dict.fromkeys(range(0, 22, 2), 0.5)),
            **world.detections("lantern", 1, dict.fromkeys(range(28, 48, 2), 0.4)),
        }
        found = finder(script).find("lantern", world.twin, world.clip)
        assert [dict(thing.masks) for thing in found.objects] == [world.truth(0), world.truth(1)]
        assert [thing.score > 0.7 for thing in found.objects] == [True, True]

    def test_no_more_than_a_few(self) -> None:
        world = Squares([Square(BLUE, (0, 0), (0, 0))])
        boxes = [Detection("lantern", (x / 10, 0.5, x / 10 + 0.05, 0.6), 0.5) for x in range(8)]
        found = PhraseFinder(FakeDetector(dict.fromkeys(EVERY, boxes)), FakeTracker([(128, 128, 128)])).find(
            "lantern", world.twin, world.clip
        )
        assert len(found.objects) == MOST_FOUND

    def test_what_cannot_be_segmented_is_a_note(self) -> None:
        world = tracked_and_not()
        script = {key: [Detection("lantern", (0.0, 0.5, 0.1, 0.6), 0.5)] for key in EVERY}
        found = finder(script).find("lantern", world.twin, world.clip)
        assert found.objects == ()
        assert found.notes
        assert all("could not be segmented" in note for note in found.notes)

    def test_what_is_not_there_is_said(self) -> None:
        world = tracked_and_not()
        script = {0: [Detection("lantern", (1.2, 0.5, 1.4, 0.6), 0.5)]}  # outside of the frame
        for given in ({}, script):
            assert finder(given).find("lantern", world.twin, world.clip).notes == ("'lantern' was not found",)

    def test_a_long_video_is_held_in_parts(self) -> None:
        world = Squares([Square(BLUE, (0, 0), (80, 40))], seconds=20.0)
        spy = Spy(world)
        script = world.detections("lantern", 0, dict.fromkeys(range(0, 240, 2), 0.5))
        tracker = FakeTracker(COLORS)
        found = finder(script, tracker, chunk=16).find("lantern", world.twin, spy)
        assert dict(found.objects[0].masks) == world.truth(0)
        assert max(len(indices) for indices, _ in spy.looked) <= HELD
        assert {lines for _, lines in spy.looked} == {LINES, 64}
        assert len(tracker.sessions) > 2, "a session takes 16 frames"
        assert all(session.closed for session in tracker.sessions)

    def test_what_makes_no_sense_is_an_error(self) -> None:
        world = tracked_and_not()
        with pytest.raises(PerceptionError, match="needs the phrase"):
            finder({}).find(" \u202e ", world.twin, world.clip)
        with pytest.raises(PerceptionError, match="lies outside"):
            finder({}).find("lantern", world.twin, world.clip, Span(start=50, end=60))
        other = world.twin.model_copy(update={"mask_size": (32, 96)})
        with pytest.raises(PerceptionError, match="index it again"):
            finder(world.detections("lantern", 1, EVERY)).find("lantern", other, world.clip)


@dataclass
class Spy:
    """A clip that remembers which frames it was asked for, and how large."""

    world: Squares
    looked: list[tuple[tuple[int, ...], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts, self.sampled, self.every = (
            self.world.clip.facts,
            self.world.clip.sampled,
            self.world.clip.every,
        )

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        self.looked.append((tuple(indices), lines))
        return self.world.clip.exact(indices, lines)


# The looker

FIND = RefinementStep(name="detect", question="lantern")
ACT = RefinementStep(name="act", tracks=(1,))
RECOMPUTE = RefinementStep(name="recompute", tracks=(1,), span=Span(start=1, end=2))
LOOK = RefinementStep(name="look", question="what is there?")
SAID = {"answer": "A ball.", "tracks": [], "missed": [], "events": []}


def acting() -> ActionClassifier:
    scores = np.array([0.9, 0.025, 0.025, 0.025, 0.025])
    return ActionClassifier(FakeActions(LABELS, lambda _: scores))


def finding() -> PhraseFinder:
    return finder(tracked_and_not().detections("lantern", 1, EVERY))


def vision() -> ScriptedModel:
    return ScriptedModel({"look": lambda _: SAID})


class TestLocalLooker:
    def test_offers_what_somebody_takes(self) -> None:
        assert LocalLooker().steps == ("recompute",)
        assert LocalLooker(actions=acting()).steps == ("recompute", "act")
        assert LocalLooker(actions=acting(), finder=finding()).steps == ("detect", "recompute", "act")
        assert LocalLooker(vision()).steps == HostedLooker(vision()).steps
        assert LocalLooker(vision(), acting(), finding()).steps == STEP_NAMES

    def test_what_runs_here_costs_no_call(self) -> None:
        with_model, alone = LocalLooker(vision(), acting(), finding()), LocalLooker(None, acting(), finding())
        for looker in (with_model, alone):
            assert [looker.cost(step) for step in (FIND, ACT, RECOMPUTE)] == [0, 0, 0]
        assert with_model.cost(LOOK) == 1
        assert LocalLooker(vision()).cost(FIND) == 1, "nobody else finds it"

    def test_names_its_specialists(self) -> None:
        looker = LocalLooker(None, acting(), finding())
        assert looker.source == "fake.actions@1+look:fake.detector@1+fake.tracker@1"

    def test_takes_steps_without_a_model(self) -> None:
        world, looker = tracked_and_not(), LocalLooker(None, acting(), finding())
        (event,) = looker.take(ACT, world.twin, world.masks, world.clip).events
        assert (event.subject, event.action) == (1, "pushing something from left to right")
        (thing,) = looker.take(FIND, world.twin, world.masks, world.clip).objects
        assert dict(thing.masks) == world.truth(1)

    def test_recomputes_as_the_hosted_one(self) -> None:
        world = tracked_and_not()
        here = LocalLooker().take(RECOMPUTE, world.twin, world.masks, world.clip)
        there = HostedLooker(vision()).take(RECOMPUTE, world.twin, world.masks, world.clip)
        assert here.source == fullrate.SOURCE
        assert here.count > 0
        assert replace(here, seconds=0) == replace(there, seconds=0)

    def test_shows_pictures_to_the_model(self) -> None:
        world, model = tracked_and_not(), vision()
        found = LocalLooker(model, acting(), finding()).take(LOOK, world.twin, world.masks, world.clip)
        assert found.notes == ("said: A ball.",)
        assert len(model.asked) == 1

    def test_a_description_does_not_depend_on_what_was_asked_before(self) -> None:
        """What a describer is shown is the twin as perception made it."""
        world, looker = tracked_and_not(), LocalLooker(None, acting(), finding())
        twin, masks = world.twin, world.masks
        for step in (ACT, FIND):
            found = looker.take(step, twin, masks, world.clip)
            refined = Refined(step=step, source=found.source, found=found.count)
            twin, masks = entered(twin, masks, found, [refined])
        assert len(twin.tracks) == 2
        bare, before = as_perceived(twin), as_perceived(world.twin)
        assert bare.tracks == before.tracks
        assert {event.source for event in twin.events} > {event.source for event in bare.events} == {GEOMETRY}


# From the settings, with the networks themselves


@pytest.fixture(scope="session")
def settings_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Settings]:
    folder = tmp_path_factory.mktemp("tiny-looker")
    weights = {
        "sam2": save_sam2(folder / "sam2"),
        "edgetam": save_sam2(folder / "edgetam"),  # only named, not loaded: that takes timm
        "owlv2": save_owlv2(folder / "owlv2"),
        "actions": save_vjepa2(folder / "vjepa2"),
    }

    def settings(**overrides: str) -> Settings:
        named = {f"local.{name}": str(path) for name, path in weights.items()}
        chosen = {"profile": "local", "local.device": "cpu", **named}
        return Settings.load(
            overrides=chosen | {key.replace("_", "."): v for key, v in overrides.items()}, environment={}
        )

    return settings


class TestFromSettings:
    def test_all_specialists_take_their_steps(self, settings_of: Callable[..., Settings]) -> None:
        """Weights are random: what is found is anyone's guess, and the same each time."""
        world, looker = Squares([Square(BLUE, (4, 4), (40, 40), label="object")], 1.0), local_looker(settings_of())
        assert looker.steps == ("detect", "recompute", "act")
        assert looker.source.startswith("vjepa2@")
        for step in (RefinementStep(name="detect", question="dog"), ACT):
            found, again = (looker.take(step, world.twin, world.masks, world.clip) for _ in range(2))
            assert replace(found, seconds=0) == replace(again, seconds=0)
            assert found.notes or found.count
            twin, _ = entered(world.twin, world.masks, found)
            assert {track.source for track in twin.tracks[1:]} <= {found.source}

    def test_as_the_settings_say(self, settings_of: Callable[..., Settings]) -> None:
        assert local_looker(settings_of(perceive_detector="embedded.detector")).steps == ("recompute", "act")
        assert local_looker(settings_of(local_actions="")).steps == ("detect", "recompute")
        assert "+edgetam@" in local_looker(settings_of(perceive_segmenter="local.edgetam")).source
        assert "+sam2@" in local_looker(settings_of(perceive_segmenter="local.sam3")).source

    def test_weights_that_are_not_here_say_how_to_get_them(
        self, settings_of: Callable[..., Settings], tmp_path: Path
    ) -> None:
        with pytest.raises(WeightsError, match="seewhy models pull some/thing"):
            local_looker(settings_of(local_actions="some/thing", local_cache=str(tmp_path)))


# Every looker

Make = Callable[[], Looker]
LOOKERS: dict[str, Make] = {
    "hosted": lambda: HostedLooker(vision()),
    "local": lambda: LocalLooker(None, acting(), finding()),
    "local, with a model": lambda: LocalLooker(vision(), acting(), finding()),
    "local, bare": LocalLooker,
    "fake": lambda: FakeLooker({"lantern": Findings(source=FakeLooker.source)}),
    "fake, of some steps": lambda: FakeLooker(steps=("look", "recompute")),
}


@pytest.fixture(params=LOOKERS)
def looker(request: pytest.FixtureRequest) -> Looker:
    return LOOKERS[request.param]()


class TestLooker:
    def test_offers_steps_that_there_are_each_once(self, looker: Looker) -> None:
        assert looker.steps
        assert len(set(looker.steps)) == len(looker.steps)
        assert set(looker.steps) <= set(STEP_NAMES)

    def test_has_a_versioned_source(self, looker: Looker) -> None:
        assert "@" in looker.source

    def test_knows_what_a_step_costs(self, looker: Looker) -> None:
        for name in looker.steps:
            assert 0 <= looker.cost(RefinementStep(name=name, tracks=(1,), question="lantern")) <= 4

    def test_steps_that_make_no_sense_are_errors(self, looker: Looker) -> None:
        world = tracked_and_not()
        for name in looker.steps:
            for step in (
                RefinementStep(name=name, tracks=(99,), question="?"),
                RefinementStep(name=name, tracks=(1,), question="?", span=Span(start=50, end=60)),
            ):
                with pytest.raises(PerceptionError):
                    looker.take(step, world.twin, world.masks, world.clip)

    def test_takes_no_step_that_it_does_not_offer(self, looker: Looker) -> None:
        world = tracked_and_not()
        for name in set(STEP_NAMES) - set(looker.steps):
            with pytest.raises(PerceptionError, match=f"nobody here takes the step {name}; take one of "):
                looker.take(RefinementStep(name=name, tracks=(1,), question="lantern"), world.twin, {}, world.clip)

    def test_finds_the_same_again(self, looker: Looker) -> None:
        world = tracked_and_not()
        step = RefinementStep(name="recompute", tracks=(1,), question="lantern")
        if isinstance(looker, FakeLooker):
            looker.findings["lantern"] = Findings(source=looker.source)
        first, second = (looker.take(step, world.twin, world.masks, world.clip) for _ in range(2))
        assert replace(first, seconds=0) == replace(second, seconds=0)
        assert first.source
