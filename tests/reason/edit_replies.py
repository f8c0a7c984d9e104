"""What a language model might reply to an edit, and a composer whose model does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from worlds import RATE, go, rest, thing, world

from seewhy.models.fakes import Answer, ScriptedModel
from seewhy.models.language import Request
from seewhy.reason.composing.model import ModelComposer
from seewhy.reason.composing.reading import read_trace
from seewhy.reason.composing.reply import Reasoning
from seewhy.reason.composing.rules import RulesComposer
from seewhy.reason.seams import Reference
from seewhy.settings import ComposeSettings
from seewhy.types.twin import Twin
from seewhy.types.video import Frame
from seewhy.video.clip_fake import FakeClip

BALL = world(
    "ball", thing(1, go(0.1, 0.5, 0.9, 0.5), color="red", shape="round"), thing(2, rest(0.3, 0.2), label="dog")
)
EDIT = "the same ball, but it rolls to the left"

THOUGHT: dict[str, Any] = {
    "shows": "A red ball rolls to the right past a dog.",
    "change": "The red ball rolls to the left.",
    "states": ["the ball is at the left in the end"],
    "actions": ["the ball rolls to the left", "the dog looks to the left"],
    "scene": ["it is day"],
    "camera": ["the camera is still"],
    "tempo": [],
    "keep": ["the red ball", "the dog"],
    "remove": [],
    "add": ["a wall at the left"],
    "alter": [{"what": "to the right", "into": "to the left"}],
}
DESCRIBED: dict[str, Any] = {
    "seen": "A red ball rolls from right to left past a dog.",
    "entities": [{"id": "e1", "phrase": "the red ball"}],
    "conditions": [
        {"id": "c1", "text": "the ball moves to the left", "check": "moves_left", "subject": "e1", "weight": 2},
        {"id": "c2", "text": "the ball is red", "check": "color", "subject": "e1", "value": "red"},
        {"id": "c3", "text": "a dog looks on", "kind": "event", "imagined": ["the dog stays still"], "weight": 0.5},
    ],
}

STRATEGIES = {"two_stage": 2, "single_stage": 1, "self_consistency": 7}
"""calls of each, with 5 samples"""
TRACE = read_trace(Reasoning.model_validate(THOUGHT), DESCRIBED["seen"])


def say(request: Request[Any]) -> dict[str, Any]:
    """The reply to each kind of request."""
    said = {"compose_describe": DESCRIBED, "compose_single": {**THOUGHT, **DESCRIBED}}
    return said.get(request.hints["mode"], THOUGHT)


def composer(answer: Callable[[Request[Any]], Answer] = say, **settings: Any) -> ModelComposer:
    return ModelComposer(ScriptedModel({"compose": answer}), RulesComposer(), ComposeSettings(**settings))


def asked(composer: ModelComposer) -> list[Request[Any]]:
    """What its model was asked, in order."""
    model = composer.model
    assert isinstance(model, ScriptedModel)
    return sorted(model.asked, key=lambda request: (list(STAGES).index(request.hints["mode"]), request.sample))


STAGES = ("compose_reason", "compose_single", "compose_join", "compose_describe")


def frames_of(twin: Twin) -> list[Frame]:
    """Gray pictures, each lighter than the one before."""
    last = twin.frames[-1].index
    shades = [np.full((12, 16, 3), 2 * index, np.uint8) for index in range(last + 1)]
    return [Frame(i, i, Fraction(1, RATE), i / RATE, shade) for i, shade in enumerate(shades)]


def clip_of(twin: Twin) -> FakeClip:
    return FakeClip(frames_of(twin), twin.video)


class Sized(FakeClip):
    """A clip that remembers in which size it was looked at."""

    def __init__(self, twin: Twin) -> None:
        super().__init__(frames_of(twin), twin.video)
        self.lines: list[int] = []

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        self.lines.append(lines)
        return super().exact(indices, lines)


def reference(twin: Twin = BALL, *, clip: bool = False) -> Reference:
    return Reference(twin, clip_of(twin) if clip else None)
