"""The judge of composed queries: it is shown the reference, the edit, the trace, the candidates, and their pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from edit_replies import BALL, EDIT, TRACE, Sized, clip_of, composer, reference
from hostile import check_structure, hostile
from hypothesis import given
from hypothesis import strategies as st
from judges import TAU, Entry, each, entry, ids_of, judge_by, judging, question_of, records_of, text_of
from test_hostile_requests import FEW, queries, twins
from worlds import ask, candidate, go, pairs, rest, thing, world

from seewhy.errors import TwinNotFound, VideoNotFound
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Picture, Request
from seewhy.models.prompt import load_prompt
from seewhy.models.tokens import count_tokens
from seewhy.reason.judge import RulesJudge
from seewhy.reason.judging import ModelJudge
from seewhy.reason.judging.edited import LINES, MOST_PICTURES, NO_PICTURES
from seewhy.reason.judging.judge import BLIND
from seewhy.reason.pictures import Album
from seewhy.reason.seams import Reference
from seewhy.settings import JudgeSettings
from seewhy.twin.digest import digest
from seewhy.types.query import Query
from seewhy.types.trace import Trace
from seewhy.types.twin import Twin
from seewhy.video.clip import Clip

MODES = ("listwise", "pointwise", "pairwise")
QUERY = composer().compose(reference(), EDIT)
LEFT = world(
    "left", thing(1, go(0.9, 0.5, 0.1, 0.5), color="red", shape="round"), thing(2, rest(0.3, 0.2), label="dog")
)
SAME = world(
    "same", thing(1, go(0.1, 0.5, 0.9, 0.5), color="red", shape="round"), thing(2, rest(0.3, 0.2), label="dog")
)


def mode_of(request: Request[Any]) -> str:
    return request.prompt.partition("@")[0]


KEYS = {
    "listwise": {"b6c2cc6c47a3e33788ff09fe4acf3327d98bbbf8242b653c32a7c5effcb2a6a4"},
    "pointwise": {
        "41c77ff52e421a42a70017ba50e70f7658fb8abe87a5287a5143cce46175c6d8",
        "718940535c00c053fceefa5743402bf9a758797c03385627c86bf5c7c7e696ce",
        "7d30a4563fe74abd7836c5db85736a5d253e04ce994e4bf8a9791093e2ca5ae1",
        "f2c9ce1220eb0b22a07b43ffcdd9e0efd1b19927ef35fb36e2f8a6bdce109fcb",
    },
    "pairwise": {
        "41c77ff52e421a42a70017ba50e70f7658fb8abe87a5287a5143cce46175c6d8",
        "952f7dfb5d2ff9e0919b17afcb959c0cb9e721769be26c07edc73fd983693919",
        "f2c9ce1220eb0b22a07b43ffcdd9e0efd1b19927ef35fb36e2f8a6bdce109fcb",
    },
}
"""of the requests as they were before there were edits; to be replaced when a prompt for questions, or the digest,
is changed on purpose, which makes recordings of questions void"""


class TestWithoutAReference:
    """What is asked about questions has not changed: recordings go on."""

    @pytest.mark.parametrize("mode", MODES)
    def test_requests_are_byte_for_byte_what_they_were(self, mode: str) -> None:
        model = judging()
        query = ask("a red ball moves to the right past a dog, without a cat")
        b = world(
            "b", thing(1, go(0.1, 0.6, 0.9, 0.6), color="red", shape="round"), thing(3, rest(0.5, 0.2), label="dog")
        )
        a = world("a", thing(2, go(0.9, 0.6, 0.1, 0.6), color="red"))
        judge_by(model, mode, null_query=mode == "pointwise").judge(query, pairs(b, a))
        assert {request.key("m", {"temperature": 0.0, "seed": 0}) for request in model.asked} == KEYS[mode]

    @pytest.mark.parametrize("mode", MODES)
    def test_nor_do_pictures_of_candidates_change_them(self, mode: str) -> None:
        sent = []
        for how in ({}, {"clips": clip_of_video(BALL), "frames": 3}):
            model = judging()
            judge(model, mode, **how).judge(ask("a red ball"), pairs(BALL, LEFT))
            sent.append(sorted(request.canonical("m", {}) for request in model.asked))
        assert sent[0] == sent[1]


def judge(
    model: ScriptedModel, mode: str = "listwise", *, clips: Any = None, frames: int = 0, **has: Any
) -> ModelJudge:
    settings = JudgeSettings.model_validate({"mode": mode, **has})
    return ModelJudge(model, RulesJudge(tau=TAU), settings, TAU, clips=clips, frames=frames)


class TestRequests:
    @pytest.mark.parametrize("mode", MODES)
    def test_they_show_the_reference_the_edit_and_what_would_follow(self, mode: str) -> None:
        model = judging()
        judge(model, mode).judge(QUERY, pairs(LEFT, SAME), reference())
        modes = {"judge_edit"} if mode == "listwise" else {"judge_edit_point"}
        assert {mode_of(request) for request in model.asked} == modes | (
            {"judge_edit_pair"} if mode == "pairwise" else set()
        )
        for request in model.asked:
            assert digest(BALL).text in text_of(request)
            assert request.subject == EDIT
            told = question_of(request)
            assert "question" not in told
            assert told["edit"] == EDIT
            for part in ("states", "actions", "scene", "camera", "keep", "add"):
                assert told[part] == list(getattr(TRACE, part))
            assert "tempo" not in told, "nothing follows for it"
            assert told["alter"] == [{"what": "to the right", "into": "to the left"}]
            assert told["target"] == TRACE.target
            assert [one["statement"] for one in told["conditions"]] == [one.text for one in QUERY.conditions]
            assert NO_PICTURES in text_of(request)

    def test_a_query_without_a_trace_is_judged_by_the_edit(self) -> None:
        model = judging()
        query = ask("the ball moves to the left").model_copy(update={"reference": "ball"})
        (verdict,) = judge(model).judge(query, pairs(LEFT), reference())
        assert set(question_of(model.asked[0])) == {"edit", "entities", "conditions"}
        assert verdict.degraded == ()

    def test_the_verdicts_say_who_judged_and_by_which_prompt(self) -> None:
        for mode in MODES:
            by = judge(judging(), mode)
            verdicts = by.judge(QUERY, pairs(LEFT, SAME), reference())
            prompt = load_prompt("seewhy.reason", "judge_edit" if mode == "listwise" else "judge_edit_point").id
            assert all(prompt in verdict.judged_by for verdict in verdicts)
            assert "judge_edit" not in by.name
            assert ("judge_edit_pair@" in verdicts[0].judged_by) == (mode == "pairwise")

    @pytest.mark.parametrize("mode", MODES)
    def test_they_are_the_same_every_time(self, mode: str) -> None:
        def sent() -> list[bytes]:
            model = judging()
            judge(model, mode, clips=clip_of_video(LEFT, SAME), frames=2, null_query=True).judge(
                QUERY, pairs(LEFT, SAME), reference(clip=True)
            )
            return sorted(request.canonical("m", {}) for request in model.asked)

        assert sent() == sent()

    def test_ids_of_the_reference_are_no_evidence(self) -> None:
        model = judging()
        judge(model).judge(QUERY, pairs(world("w", thing(7, rest(0.5, 0.5)))), reference())
        tracks = json.dumps(model.asked[0].json_schema["$defs"]["SaidObject"]["properties"]["track"])
        assert "t7" in tracks
        assert "t1" not in tracks

    @pytest.mark.parametrize("tokens", [500, 700, 12000])
    @pytest.mark.parametrize("mode", MODES)
    def test_records_and_reference_share_the_tokens(self, mode: str, tokens: int) -> None:
        many = [thing(n, go(0.1, 0.05 * n, 0.9, 0.05 * n), label=f"thing {n}", color="red") for n in range(1, 18)]
        model = judging()
        twins = [world(f"w{n}", *many) for n in range(3)]
        judge(model, mode, tokens=tokens).judge(QUERY, pairs(*twins), Reference(world("r", *many)))
        for request in model.asked:
            names = ("first", "second") if mode_of(request) == "judge_edit_pair" else ()
            shown = [request.hints[name] for name in names] or list(records_of(request).values())
            assert shown
            assert count_tokens(request.hints["reference"]) + sum(map(count_tokens, shown)) <= tokens

    def test_an_edit_about_nothing_measures_how_much_likeness_alone_counts(self) -> None:
        def script(request: Request[Any], handle: str) -> Entry:
            return entry(request, handle, relevance=60 if question_of(request)["edit"] == "N/A" else 80)

        model = ScriptedModel({"judge": each(script)})
        (verdict,) = judge(model, "pointwise", null_query=True).judge(QUERY, pairs(LEFT), reference())
        assert verdict.relevance == pytest.approx(0.5)
        null = next(request for request in model.asked if question_of(request)["edit"] == "N/A")
        assert set(question_of(null)) == {"edit", "entities", "conditions"}
        assert null.hints["reference"] == digest(BALL).text

    def test_the_model_is_told_that_likeness_is_not_enough(self) -> None:
        for name in ("judge_edit", "judge_edit_point", "judge_edit_pair"):
            (system,) = (text for role, text in load_prompt("seewhy.reason", name).sections if role == "system")
            assert "shows what the reference shows, without the change, is wrong" in system


def test_who_has_not_changed_is_under_who_has_whatever_the_model_says() -> None:
    left, same = judge(judging()).judge(QUERY, pairs(LEFT, SAME), reference())
    assert left.relevance > TAU > same.relevance
    assert any("moves to the left" in said for said in same.corrections)


# Pictures


def clip_of_video(*twins: Twin) -> Callable[[str], Clip]:
    clips: dict[str, Clip] = {twin.id: clip_of(twin) for twin in twins}

    def clip(video: str) -> Clip:
        if video not in clips:
            raise VideoNotFound(f"{video}.mp4", "the file is gone")
        return clips[video]

    return clip


def captions(request: Request[Any]) -> list[str]:
    """Whose pictures are shown, in order."""
    parts = [part for message in request.messages for part in message.parts]
    before = [parts[place - 1] for place, part in enumerate(parts) if isinstance(part, Picture)]
    return [part.text.rpartition("\n")[2].partition(",")[0] for part in before if not isinstance(part, Picture)]


class TestPictures:
    def test_of_the_reference_and_every_candidate(self) -> None:
        model = judging()
        by = judge(model, clips=clip_of_video(LEFT, SAME), frames=3)
        verdicts = by.judge(QUERY, pairs(LEFT, SAME), reference(clip=True))
        assert captions(model.asked[0]) == ["reference"] * 3 + ["v1"] * 3 + ["v2"] * 3
        assert NO_PICTURES not in text_of(model.asked[0])
        assert all(verdict.degraded == () for verdict in verdicts)

    def test_they_are_small(self) -> None:
        clip = Sized(LEFT)
        judge(judging(), clips=lambda _: clip, frames=1).judge(QUERY, pairs(LEFT), reference(clip=True))
        assert clip.lines == [LINES]

    def test_they_are_read_once_for_many_edits(self) -> None:
        clip, model = Sized(LEFT), judging()
        by = judge(model, clips=lambda _: clip, frames=1)
        for _ in range(2):
            by.judge(QUERY, pairs(LEFT), reference(clip=True))
        assert clip.lines == [LINES]
        assert captions(model.asked[0]) == captions(model.asked[1]) == ["reference", "v1"]
        assert model.asked[0].canonical("m", {}) == model.asked[1].canonical("m", {})

    def test_what_there_is_no_room_for_is_read_again(self) -> None:
        clip = Sized(LEFT)
        album = Album(room=0)
        first, second = (album.stills(LEFT, lambda: clip, 1, LINES) for _ in range(2))
        assert clip.lines == [LINES, LINES]
        assert [frame.index for frame in first] == [frame.index for frame in second]
        roomy = Album(room=2 * first[0].image.nbytes)
        for most in (1, 2, 1):
            roomy.stills(LEFT, lambda: clip, most, LINES)
        assert len(clip.lines) == 5, "both were in it for a while, but not together"

    def test_one_by_one_and_two_by_two(self) -> None:
        model = judging()
        judge(model, "pairwise", clips=clip_of_video(LEFT, SAME), frames=2).judge(
            QUERY, pairs(LEFT, SAME), reference(clip=True)
        )
        shown = {mode_of(request): captions(request) for request in model.asked}
        assert shown["judge_edit_point"] == ["reference"] * 2 + ["v1"] * 2
        assert sorted(shown["judge_edit_pair"]) == ["first"] * 2 + ["reference"] * 2 + ["second"] * 2

    @pytest.mark.parametrize(("number", "each_of"), [(10, 3), (30, 1), (60, 0)])
    def test_their_number_is_bounded(self, number: int, each_of: int) -> None:
        some = [world(f"w{n:02}", thing(1, rest(0.5, 0.5), color="red")) for n in range(number)]
        model = judging()
        judge(model, clips=clip_of_video(*some), frames=3, candidates=64).judge(
            QUERY, pairs(*some), reference(clip=True)
        )
        assert len(captions(model.asked[0])) == each_of * (number + 1) <= MOST_PICTURES

    @pytest.mark.parametrize(
        "how",
        [{"frames": 3}, {"clips": clip_of_video(LEFT)}, {"clips": clip_of_video(LEFT), "frames": 3, "clip": False}],
    )
    def test_none_where_none_are_wanted_or_there(self, how: dict[str, Any]) -> None:
        model = judging()
        clip = how.pop("clip", True)
        (verdict,) = judge(model, **how).judge(QUERY, pairs(LEFT), reference(clip=clip))
        assert not model.asked[0].has_pictures
        assert verdict.degraded == ()

    def test_a_candidate_that_is_gone_is_judged_by_its_record_and_says_so(self) -> None:
        model = judging()
        left, same = judge(model, clips=clip_of_video(SAME), frames=1).judge(
            QUERY, pairs(LEFT, SAME), reference(clip=True)
        )
        assert captions(model.asked[0]) == ["reference", "v2"]
        assert left.degraded == ("judge: there are no pictures of it: left.mp4: the file is gone",)
        assert same.degraded == ()

    def test_a_twin_that_is_gone_meanwhile_is_no_error(self) -> None:
        def clips(video: str) -> Clip:
            raise TwinNotFound(f"no twin of {video}")

        (verdict,) = judge(judging(), clips=clips, frames=1).judge(QUERY, pairs(LEFT), reference(clip=True))
        assert "no twin of left" in verdict.degraded[0]

    @pytest.mark.parametrize("mode", MODES)
    def test_a_model_that_takes_none_is_asked_without(self, mode: str) -> None:
        def blind(request: Request[Any]) -> Any:
            return RuntimeError("takes no pictures") if request.has_pictures else each()(request)

        model = ScriptedModel({"judge": blind})
        by = judge(model, mode, clips=clip_of_video(LEFT, SAME), frames=2)
        verdicts = by.judge(QUERY, pairs(LEFT, SAME), reference(clip=True))
        assert all(verdict.degraded == (BLIND,) for verdict in verdicts)
        plain = judging()
        judge(plain, mode).judge(QUERY, pairs(LEFT, SAME), reference())
        without = [request.canonical("m", {}) for request in model.asked if not request.has_pictures]
        assert sorted(without) == sorted(request.canonical("m", {}) for request in plain.asked)

    def test_where_neither_is_answered_the_rules_stand(self) -> None:
        model = ScriptedModel({"judge": lambda _: RuntimeError("down")})
        verdicts = judge(model, clips=clip_of_video(LEFT), frames=1).judge(QUERY, pairs(LEFT), reference(clip=True))
        assert verdicts[0].judged_by == "rules-judge@1"
        assert "the rules' verdict stands" in verdicts[0].degraded[0]


# Whatever stands in an edit, a trace or a twin


@st.composite
def edits(draw: st.DrawFn) -> Query:
    said = tuple(draw(st.lists(hostile, max_size=2)))
    trace = Trace(states=said, scene=said, keep=said, add=said, target=draw(hostile))
    return draw(queries()).model_copy(update={"trace": trace, "reference": "r"})


@FEW
@given(edits(), twins(), twins(), st.sampled_from(MODES))
def test_everything_untrusted_stands_in_strings_of_the_user(query: Query, one: Twin, other: Twin, mode: str) -> None:
    one, other = (
        twin.model_copy(update={"video": twin.video.model_copy(update={"id": name})})
        for twin, name in ((one, "one"), (other, "other"))
    )
    model = ScriptedModel({"judge": each()})
    verdicts = judge(model, mode).judge(query, [candidate(one), candidate(other)], Reference(one))
    assert [verdict.video for verdict in verdicts] == ["one", "other"]
    for request in model.asked:
        check_structure(request, load_prompt("seewhy.reason", mode_of(request)))
        told = question_of(request)
        assert next(iter(told)) == "edit"
        assert len(told["conditions"]) == 5
        if mode_of(request) != "judge_edit_pair":
            assert all(ids_of(record) for record in records_of(request).values())
