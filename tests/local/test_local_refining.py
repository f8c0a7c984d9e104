"""Refinement without a language model: a question about what nobody has named is answered after it was looked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from squares import BLUE, COLORS, RED, Square, Squares
from tiny_actions import LABELS

from seewhy.engine import Engine
from seewhy.errors import BadReply, Cancelled, ModelError
from seewhy.index.memory import MemoryIndex
from seewhy.index.seam import Fingerprint, VideoMeta
from seewhy.keep import entered, mask_table
from seewhy.models.text import HashingEncoder
from seewhy.perceive.fakes import FakeLooker
from seewhy.perceive.local.actions import ActionClassifier
from seewhy.perceive.local.actions_fake import FakeActions
from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.finding import PhraseFinder
from seewhy.perceive.local.looker import LocalLooker
from seewhy.perceive.observing import place
from seewhy.perceive.seams import Detection, Looker
from seewhy.reason.fakes import FakeDecomposer, FakePlanner
from seewhy.reason.judge import RulesJudge
from seewhy.reason.planning_rules import RulesPlanner
from seewhy.reason.rules import RulesDecomposer
from seewhy.reason.seams import Planner
from seewhy.refine import Found, Refiner
from seewhy.search import search
from seewhy.settings import RefineSettings
from seewhy.twin.sentences import components
from seewhy.twin.store import MemoryStore, TwinFiles
from seewhy.types.calls import Call
from seewhy.types.masks import Rle, encode
from seewhy.types.query import Condition, Query
from seewhy.types.twin import RefinementStep, Twin
from seewhy.types.video import Frame

ENCODER = HashingEncoder(64)
GRAYS = (90, 120, 150)
PUSH = "pushing something from left to right"


class BlueIsIt:
    """A detector to which a blue thing is whatever it is asked for, in the video of one background."""

    source, vocabulary = "blue@1", None

    def __init__(self, gray: int) -> None:
        self.gray = gray

    def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
        where = place(encode((frame.image == BLUE).all(axis=2)))
        if where is None or frame.image[-1, -1, 0] != self.gray:
            return []
        return [Detection(phrase, where.box, 0.4) for phrase in phrases]


class Library:
    """Three videos: a red square that is tracked and has no name, and a blue one that nobody tracks."""

    def __init__(self, looker: Looker | None = None, planner: Planner | None = None, **parts: Any) -> None:
        squares = [Square(RED, (0, 4), (80, 4), label="object"), Square(BLUE, (70, 44), (10, 44))]
        self.worlds = {(world := Squares(squares, gray=gray)).twin.id: world for gray in GRAYS}
        self.videos = list(self.worlds)
        fingerprint = Fingerprint(encoder=ENCODER.name, dimensions=64, twin="twin.v1", format="memory")
        self.index, self.store = MemoryIndex(fingerprint), MemoryStore()
        for world in self.worlds.values():
            self.put(world.twin, world.masks)
        finder = PhraseFinder(BlueIsIt(gray=GRAYS[1]), FakeTracker(COLORS))
        self.engine = Engine(
            decomposer=RulesDecomposer(),
            checker=RulesJudge(),
            encoder=ENCODER,
            index=self.index,
            twins=self.store,
            gallery={video: (f"{video}.mp4",) for video in self.videos},
            refiner=Refiner(
                planner=planner or RulesPlanner(),
                looker=looker or LocalLooker(None, self.acting(), finder),
                clip=lambda video: self.worlds[video].clip,
                twins=self.store,
                keep=self.keep,
                settings=RefineSettings(seconds=1e6),
            ),
        )
        self.engine = replace(self.engine, **parts)

    def acting(self) -> ActionClassifier:
        scores = np.array([0.8, 0.05, 0.05, 0.05, 0.05])
        return ActionClassifier(FakeActions(LABELS, lambda _: scores))

    def put(self, twin: Twin, masks: Mapping[int, Mapping[int, Rle]]) -> None:
        table = {frame: dict(of) for frame, of in masks.items()}
        self.store.put(TwinFiles.of(twin, table, np.zeros((4, 4, 3), np.uint8)))
        said = components(twin)
        vectors = ENCODER.encode([one.text for one in said])
        self.index.add(twin.id, said, vectors, VideoMeta(duration=4.0, date="2026-01-01T00:00:00Z"))
        self.index.flush()

    def keep(self, found: Mapping[str, Found]) -> str | None:
        for video, findings in found.items():
            twin, masks = self.store.load(video), mask_table(self.store, video)
            for one, refined in findings:
                twin, masks = entered(twin, masks, one, refined)
            self.put(twin, masks)
        return None


def test_a_thing_that_nobody_had_named_is_found_after_it_was_looked_for() -> None:
    library = Library()
    right = library.videos[1]
    before = search("a dog", replace(library.engine, refiner=None))
    assert before.no_match, "nobody knows what the red square is"
    after = search("a dog", library.engine)
    assert [hit.video for hit in after.hits if hit.matched] == [right]
    assert [(step.step.name, step.step.question, step.outcome) for step in after.refinements] == [
        ("detect", "dog", "done")
    ] * 3
    assert after.usage.calls == 0
    (thing,) = after.hits[0].objects
    masks = {index: mask for index, track, mask in library.store.masks(right) if track == thing.track}
    assert masks == library.worlds[right].truth(1), "those of the blue square"
    assert after.degraded == ()
    again = search("a dog", library.engine)
    assert again.refinements == (), "it is known"
    assert [hit.video for hit in again.hits if hit.matched] == [right]


def test_what_somebody_does_is_named_when_a_question_needs_it() -> None:
    """The track is the evidence of a free condition; the action enters the twin, and its sentence is searched."""
    asked = Query(
        text=PUSH,
        conditions=(Condition(id="c1", kind="event", text=f"the object {PUSH}"),),
        decomposed_by="test@1",
    )
    library = Library(decomposer=FakeDecomposer({PUSH: asked}))
    before = search(PUSH, replace(library.engine, refiner=None))
    assert {hit.verdict.conditions[0].answer for hit in before.hits} == {"unknown"}
    after = search(PUSH, library.engine)
    assert [(step.step.name, step.step.tracks, step.outcome) for step in after.refinements] == [
        ("act", (1,), "done")
    ] * 3
    assert {hit.verdict.conditions[0].answer for hit in after.hits} == {"yes"}
    assert all(PUSH in {event.action for event in library.store.load(video).events} for video in library.videos)


# When the planner fails


class Down(FakePlanner):
    """No plan ever comes."""

    kind: type[ModelError] = BadReply

    def plan(self, *_: Any) -> list[tuple[str, RefinementStep]]:
        call = Call(purpose="plan", subject="", model="m", prompt="p", key="k", error="no")
        raise BadReply("no", call, "") if self.kind is BadReply else self.kind("no", call)


class GivenUp(Down):
    kind = Cancelled


def test_rules_plan_when_the_model_does_not() -> None:
    library = Library(planner=Down())
    result = search("a lantern is next to a dog", library.engine)
    assert {step.step.name for step in result.refinements} >= {"detect"}
    assert {step.outcome for step in result.refinements} == {"done"}
    assert result.degraded == ("refinement was planned by rules: no",)


def test_they_plan_nothing_that_takes_the_model() -> None:
    looker = FakeLooker()
    result = search("a dog", Library(looker, Down()).engine)
    assert looker.taken == []
    assert result.degraded == ("refinement was not planned: no",)


def test_they_plan_nothing_for_whoever_has_given_up() -> None:
    result = search("a dog", Library(planner=GivenUp()).engine)
    assert result.refinements == ()
    assert result.degraded == ("refinement was not planned: no",)


def test_only_steps_that_the_looker_takes_are_planned() -> None:
    class Asked(FakePlanner):
        allowed: Sequence[str] = ()

        def plan(self, query: Any, judged: Any, allowed: Any, most: Any) -> list[tuple[str, RefinementStep]]:
            self.allowed = allowed
            return []

    for steps in (("recompute", "act"), ("look",)):
        planner = Asked()
        search("a dog", Library(FakeLooker(steps=steps), planner).engine)  # type: ignore[arg-type]
        assert planner.allowed == steps


@pytest.mark.parametrize("question", ["a dog", "a dog moves to the left"])
def test_the_same_twice(question: str) -> None:
    first, second = (search(question, Library().engine) for _ in range(2))
    assert [(hit.video, hit.score) for hit in first.hits] == [(hit.video, hit.score) for hit in second.hits]
    assert [(one.video, one.step) for one in first.refinements] == [(one.video, one.step) for one in second.refinements]
