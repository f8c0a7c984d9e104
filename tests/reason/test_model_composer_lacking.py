"""ModelComposer where something is lacking: replies, samples, pictures."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from edit_replies import (
    BALL,
    DESCRIBED,
    EDIT,
    STRATEGIES,
    THOUGHT,
    TRACE,
    Sized,
    asked,
    composer,
    frames_of,
    reference,
    say,
)
from judges import text_of

from seewhy.errors import Cancelled, ModelError, ModelTimeout, QueryError, VideoError
from seewhy.models.asking import counting
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Picture, Request, Text
from seewhy.reason.composing.model import BLIND, SILENT
from seewhy.reason.composing.requests import LINES, NO_PICTURES
from seewhy.reason.composing.rules import RulesComposer
from seewhy.reason.seams import Reference
from seewhy.types.trace import Trace
from seewhy.types.video import Frame
from seewhy.video.clip_fake import FakeClip


def failing(*modes: str, error: Exception | str = "no JSON") -> Any:
    return lambda request: error if request.hints["mode"] in modes else say(request)


class TestFailures:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_where_nobody_reasons_the_rules_do(self, strategy: str) -> None:
        by = composer(failing("compose_reason", "compose_single"), strategy=strategy)
        query = by.compose(reference(), EDIT)
        rules = RulesComposer().compose(reference(), EDIT)
        *_, note = query.degraded
        assert note.startswith("reason: BadReply: ")
        assert note.endswith("; the rules' conditions were used")
        assert query == rules.model_copy(update={"degraded": query.degraded})

    def test_where_nobody_describes_the_after_effects_are_the_conditions(self) -> None:
        by = composer(failing("compose_describe"))
        query = by.compose(reference(), EDIT)
        (note,) = query.degraded
        assert note.startswith("reason: the target was not described: BadReply: ")
        assert query.trace == TRACE.model_copy(update={"target": ""})
        assert "the dog looks to the left" in [condition.text for condition in query.conditions]
        assert (query.reference, query.exclude, query.decomposed_by) == ("ball", ("ball",), by.name)

    def test_a_description_of_nothing_is_none(self) -> None:
        empty = {**DESCRIBED, "conditions": [{"id": "c1", "text": " "}]}
        for strategy, said in (("two_stage", empty), ("single_stage", {**THOUGHT, **empty})):
            query = composer(
                lambda r, said=said: THOUGHT if r.hints["mode"] == "compose_reason" else said, strategy=strategy
            ).compose(reference(), EDIT)
            assert "names no condition" in query.degraded[0]
            assert "the dog looks to the left" in [condition.text for condition in query.conditions]

    def test_where_nothing_is_said_at_all_the_rules_are_asked(self) -> None:
        nothing = {"shows": "", "change": "", "seen": "Nothing.", "conditions": [{"id": "c1", "text": " "}]}
        by = composer(lambda _: nothing, strategy="single_stage")
        query = by.compose(reference(), EDIT)
        assert query.degraded[-1] == (
            "reason: the reply says nothing that could be searched for; the rules' conditions were used"
        )

    @pytest.mark.parametrize("strategy", ["two_stage", "self_consistency"])
    @pytest.mark.parametrize("said", [{}, {"states": [" ", "..."], "keep": ["\u202e"]}])
    def test_reasoning_that_says_nothing_has_failed(self, strategy: str, said: dict[str, Any]) -> None:
        silent = {"shows": "A ball rolls.", "change": "The ball rolls to the left.", **said}
        by = composer(lambda r: silent if r.hints["mode"] == "compose_reason" else say(r), strategy=strategy)
        query = by.compose(reference(), EDIT)
        assert query.degraded == (
            "reason: BadReply: the reply says nothing of what would follow from the edit; the rules' conditions were "
            "used",
        )
        assert query.conditions == RulesComposer().compose(reference(), EDIT).conditions
        assert {request.hints["mode"] for request in asked(by)} == {"compose_reason"}

    def test_a_description_without_reasoning_is_used_in_a_single_stage(self) -> None:
        silent = {"shows": "A ball rolls.", "change": "The ball rolls to the left.", **DESCRIBED}
        query = composer(lambda _: silent, strategy="single_stage").compose(reference(), EDIT)
        assert query.degraded == (SILENT,)
        assert [condition.text for condition in query.conditions] == [one["text"] for one in DESCRIBED["conditions"]]
        assert query.trace == Trace(target=TRACE.target)

    def test_samples_that_say_nothing_are_not_joined(self) -> None:
        def some(request: Request[Any]) -> Any:
            silent = request.hints["mode"] == "compose_reason" and request.sample in (0, 3)
            return {"shows": "", "change": ""} if silent else say(request)

        by = composer(some, strategy="self_consistency")
        query = by.compose(reference(), EDIT)
        (note,) = query.degraded
        assert note.startswith("reason: 2 of 5 samples failed: BadReply: the reply says nothing of what would follow")
        joined = json.loads(asked(by)[-2].hints["reasonings"])
        assert list(joined) == ["edit", "reasoning 1", "reasoning 2", "reasoning 3"]
        assert all(joined[name]["states"] for name in list(joined)[1:])
        assert query.trace == TRACE

    def test_where_the_join_says_nothing_the_first_sample_counts(self) -> None:
        def empty(request: Request[Any]) -> Any:
            return {"shows": "", "change": ""} if request.hints["mode"] == "compose_join" else say(request)

        query = composer(empty, strategy="self_consistency").compose(reference(), EDIT)
        (note,) = query.degraded
        assert note.startswith("reason: the samples were not joined: BadReply: the reply says nothing")
        assert note.endswith("the first one counts")
        assert query.trace == TRACE

    def test_a_sample_that_fails_leaves_the_others(self) -> None:
        def second(request: Request[Any]) -> Any:
            return "no JSON" if request.hints["mode"] == "compose_reason" and request.sample == 1 else say(request)

        by = composer(second, strategy="self_consistency")
        query = by.compose(reference(), EDIT)
        (note,) = query.degraded
        assert note.startswith("reason: 1 of 5 samples failed: BadReply")
        join = asked(by)[-2]
        assert "reasoning 4" in json.loads(join.hints["reasonings"])
        assert "reasoning 5" not in json.loads(join.hints["reasonings"])
        assert query.trace == TRACE

    def test_a_single_sample_is_not_joined(self) -> None:
        def first(request: Request[Any]) -> Any:
            return "no JSON" if request.hints["mode"] == "compose_reason" and request.sample else say(request)

        by = composer(first, strategy="self_consistency")
        assert "4 of 5 samples failed" in by.compose(reference(), EDIT).degraded[0]
        assert "compose_join" not in [request.hints["mode"] for request in asked(by)]

    def test_where_nobody_joins_the_first_sample_counts(self) -> None:
        by = composer(failing("compose_join"), strategy="self_consistency")
        query = by.compose(reference(), EDIT)
        assert query.degraded[0].startswith("reason: the samples were not joined: BadReply")
        assert query.trace == TRACE

    @pytest.mark.parametrize("edit", ["", " ...\n", "x" * 2001])
    def test_what_is_no_edit_is_asked_of_nobody(self, edit: str) -> None:
        by = composer()
        with pytest.raises(QueryError):
            by.compose(reference(), edit)
        assert asked(by) == []


class Gone(FakeClip):
    """A clip whose file is not there any more."""

    def exact(self, indices: Collection[int], lines: int) -> Mapping[int, Frame]:
        raise VideoError("ball.mp4", "the file is gone")


def pictures(request: Request[Any]) -> list[Picture]:
    return [part for message in request.messages for part in message.parts if isinstance(part, Picture)]


def blind(request: Request[Any]) -> Any:
    """A model that takes no pictures."""
    return RuntimeError("this model takes no pictures") if request.has_pictures else say(request)


class TestPictures:
    @pytest.mark.parametrize("strategy", STRATEGIES)
    def test_who_reasons_sees_the_reference_with_its_times(self, strategy: str) -> None:
        by = composer(strategy=strategy, frames=3)
        query = by.compose(reference(clip=True), EDIT)
        assert query.degraded == ()
        for request in asked(by):
            seeing = request.hints["mode"] in ("compose_reason", "compose_single")
            shown = pictures(request)
            assert len(shown) == (3 if seeing else 0)
            assert ("Pictures of the reference:" in text_of(request)) == seeing
        user = asked(by)[0].messages[-1].parts
        captions = [
            part.text
            for part, after in itertools.pairwise(user)
            if isinstance(part, Text) and isinstance(after, Picture)
        ]
        times = [float(text.rpartition("t = ")[2].removesuffix(" s")) for text in captions]
        assert [text.rpartition("\n")[2].partition(",")[0] for text in captions] == ["reference"] * 3
        assert times == sorted(set(times))
        levels = [int(part.pixels[0, 0, 0]) for part in user if isinstance(part, Picture)]
        assert [level / 48 for level in levels] == pytest.approx(times, abs=0.05), "each picture is that of its time"

    def test_none_where_none_are_wanted_or_there(self) -> None:
        for frames, clip in ((0, True), (6, False)):
            by = composer(frames=frames)
            assert by.compose(reference(clip=clip), EDIT).degraded == ()
            assert not any(map(pictures, asked(by)))
            assert NO_PICTURES in text_of(asked(by)[0])

    def test_a_clip_that_cannot_be_read_is_said(self) -> None:
        gone = Gone(frames_of(BALL))
        query = composer().compose(Reference(BALL, gone), EDIT)
        (note,) = query.degraded
        assert "the file is gone" in note
        assert query.trace == TRACE

    @pytest.mark.parametrize(("strategy", "again"), [("two_stage", 1), ("single_stage", 1), ("self_consistency", 5)])
    def test_a_model_that_takes_none_is_asked_without(self, strategy: str, again: int) -> None:
        by = composer(blind, strategy=strategy)
        with counting() as calls:
            query = by.compose(reference(clip=True), EDIT)
        assert query.degraded == (BLIND,)
        assert query.trace == TRACE
        assert len(calls) == STRATEGIES[strategy] + again
        assert sum(call.error is not None for call in calls) == again
        without = composer(say, strategy=strategy)
        without.compose(reference(), EDIT)
        assert {r.key("m", {}) for r in asked(without)} <= {r.key("m", {}) for r in asked(by)}

    def test_where_neither_is_answered_the_first_error_is_told(self) -> None:
        def down(request: Request[Any]) -> Any:
            return RuntimeError("with pictures" if request.has_pictures else "without")

        query = composer(down).compose(reference(clip=True), EDIT)
        assert "with pictures" in query.degraded[-1]

    def test_what_was_given_up_is_not_asked_again(self) -> None:
        errors: list[ModelError] = []

        def given_up(request: Request[Any]) -> Any:
            errors.append(Cancelled("enough", ScriptedModel({})._call(request)))
            return errors[-1]

        by = composer(given_up)
        assert "Cancelled" in by.compose(reference(clip=True), EDIT).degraded[-1]
        assert len(errors) == 1

    def test_pictures_are_no_larger_than_describers_see(self) -> None:
        clip = Sized(BALL)
        composer().compose(Reference(BALL, clip), EDIT)
        assert clip.lines == [LINES]


def test_errors_that_are_long_are_shortened() -> None:
    def long(request: Request[Any]) -> Any:
        return ModelTimeout("x " * 4000, ScriptedModel({})._call(request))

    assert len(composer(long).compose(reference(), EDIT).degraded[-1]) < 400
