"""The order in which the parts speak: shortlist, judge, refinement, degradation; over fakes."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from twinmaker import Maker, stand

from seewhy.candidates import Twins
from seewhy.engine import Engine
from seewhy.errors import BadReply, ModelError, QueryError, TwinCorrupt
from seewhy.index.memory import MemoryIndex
from seewhy.index.seam import Fingerprint, VideoMeta
from seewhy.keep import entered, mask_table
from seewhy.models.text import HashingEncoder
from seewhy.perceive.fakes import FakeLooker
from seewhy.perceive.findings import Findings
from seewhy.reason.fakes import FakeDecomposer, FakeJudge, FakePlanner
from seewhy.refine import Refiner
from seewhy.search import search, search_all
from seewhy.settings import RefineSettings
from seewhy.twin.derive import derive
from seewhy.twin.sentences import components
from seewhy.twin.store import MemoryStore, TwinFiles
from seewhy.types.calls import Call
from seewhy.types.hit import Candidate, SearchResult, Verdict
from seewhy.types.masks import Rle, encode
from seewhy.types.query import Query
from seewhy.types.twin import Label, RefinementStep, Twin

ENCODER = HashingEncoder(32)
VIDEOS = tuple(f"{number:032}" for number in range(8))
QUESTION = "a dog that has found something"
LOOK = RefinementStep(name="look", question="what has it found?")
FOUND = Findings(source="fake.looker@1", labels={1: (Label(name="dog", score=0.9, source="fake.looker@1"),)})


MASKS: dict[int, dict[int, Rle]] = {}


def make_twin(video: str) -> Twin:
    maker = Maker(id=video)
    maker.add(stand(0.5, 0.5))
    twin = derive(maker.twin())
    if not MASKS:
        height, width = twin.mask_size
        square = np.zeros(twin.mask_size, bool)
        square[height * 2 // 5 : height * 3 // 5, width * 2 // 5 : width * 3 // 5] = True
        MASKS.update({seen.frame: {1: encode(square)} for seen in twin.tracks[0].observations})
    return twin


class World:
    """A library in memory, its engine, and a place that keeps what refinement finds."""

    def __init__(self, **parts: Any) -> None:
        fingerprint = Fingerprint(encoder=ENCODER.name, dimensions=32, twin="twin.v1", format="memory")
        self.index = MemoryIndex(fingerprint)
        self.store = MemoryStore()
        for video in VIDEOS:
            self.put(make_twin(video))
        self.why_not: str | None = None
        self.engine = Engine(
            decomposer=FakeDecomposer(),
            checker=FakeJudge(default=0.3),
            encoder=ENCODER,
            index=self.index,
            twins=self.store,
            gallery={video: (f"{video}.mp4",) for video in VIDEOS},
            shortlist=3,
        )
        self.engine = replace(self.engine, **parts)

    def put(self, twin: Twin) -> None:
        self.store.put(TwinFiles.of(twin, MASKS, np.zeros((4, 4, 3), np.uint8)))
        said = components(twin)
        vectors = ENCODER.encode([one.text for one in said])
        self.index.add(twin.id, said, vectors, VideoMeta(duration=4.0, date="2026-01-01T00:00:00Z"))
        self.index.flush()

    def keep(self, found: Mapping[str, Any]) -> str | None:
        if self.why_not is None:
            for video, findings in found.items():
                twin, masks = self.store.load(video), mask_table(self.store, video)
                for one, refined in findings:
                    twin, masks = entered(twin, masks, one, refined)
                self.put(twin)
        return self.why_not

    def refining(self, planner: FakePlanner, looker: FakeLooker, **settings: Any) -> None:
        refiner = Refiner(planner, looker, str, self.store, self.keep, RefineSettings(**settings))  # type: ignore[arg-type]
        self.engine = replace(self.engine, refiner=refiner)


def order(result: SearchResult) -> list[str]:
    return [hit.video for hit in result.hits]


def test_without_a_model_the_checkers_verdicts_stand() -> None:
    checker = FakeJudge({VIDEOS[5]: 0.9}, default=0.3)
    result = search(QUESTION, World(checker=checker).engine)
    assert order(result)[0] == VIDEOS[5]
    assert all(hit.judged for hit in result.hits)
    assert (result.usage.calls, result.degraded) == (0, ())


def test_the_judge_sees_the_shortlist_and_what_it_has_not_seen_ranks_behind() -> None:
    checker = FakeJudge({VIDEOS[1]: 0.9, VIDEOS[4]: 0.8, VIDEOS[6]: 0.7}, default=0.3)
    judge = FakeJudge({VIDEOS[6]: 0.9, VIDEOS[4]: 0.6, VIDEOS[1]: 0.1})
    world = World(checker=checker, judge=judge, fused=True, shortlist=3)
    everyone = search(QUESTION, replace(world.engine, judge=None)).hits
    assert len({hit.coarse_score for hit in everyone}) == 1, "alike but for their ids: the checker decides"
    result = search(QUESTION, world.engine)
    assert judge.asked == [(VIDEOS[0], VIDEOS[1], VIDEOS[4])], (
        "the best by reciprocal ranks: 1/60+1/63, 1/61+1/60, 1/64+1/61"
    )
    seen = set(judge.asked[0])
    judged = [hit.video for hit in result.hits if hit.judged]
    assert set(judged) == seen == set(order(result)[:3])
    assert not any(hit.matched for hit in result.hits if not hit.judged), "nobody has judged them"


def test_the_shortlist_by_coarse_score_is_the_first_ones() -> None:
    judge = FakeJudge(default=0.6)
    checker = FakeJudge({VIDEOS[7]: 0.9}, default=0.3)
    search(QUESTION, World(checker=checker, judge=judge, fused=False).engine)
    assert judge.asked == [VIDEOS[:3]]


def test_the_last_bits_of_vectors_decide_nothing() -> None:
    """All videos say the same; a processor that rounds otherwise must not put them in another order."""
    judge = FakeJudge(default=0.6)
    world = World(judge=judge, fused=False)
    for place, video in enumerate(VIDEOS):
        said = components(world.store.load(video))
        vectors = ENCODER.encode([one.text for one in said]) * np.float32(1 + 1e-7 * place)
        world.index.add(video, said, vectors, VideoMeta(duration=4.0, date="2026-01-01T00:00:00Z"))
    world.index.flush()
    result = search(QUESTION, world.engine)
    assert judge.asked == [VIDEOS[:3]]
    assert order(result) == list(VIDEOS)


def test_without_alignment_every_video_is_judged() -> None:
    judge = FakeJudge({VIDEOS[7]: 0.9})
    result = search(QUESTION, World(judge=judge, align=False, candidates=2).engine, k=2)
    assert judge.asked == [VIDEOS]
    assert order(result)[0] == VIDEOS[7]
    assert result.hits[0].coarse_score == 0.0


class Slow(FakeLooker):
    """Takes its time."""

    def __init__(self, findings: Mapping[str, Findings], seconds: float) -> None:
        super().__init__(findings)
        self.seconds = seconds

    def take(self, *what: Any) -> Findings:
        time.sleep(self.seconds)
        return super().take(*what)


@dataclass(frozen=True)
class PerQuestion:
    """Plans one step for each question."""

    steps: Mapping[str, tuple[str, RefinementStep]]
    name = "per-question@1"

    def plan(self, query: Query, *_: Any) -> list[tuple[str, RefinementStep]]:
        return [self.steps[query.text]]


class TestRefinement:
    def world(
        self, gaps: Sequence[str] = VIDEOS[:1], **settings: Any
    ) -> tuple[World, FakePlanner, FakeLooker, FakeJudge]:
        judge = FakeJudge(default=0.6, gaps=dict.fromkeys(gaps, ("what it has found",)))
        planner = FakePlanner(dict.fromkeys(gaps, (LOOK,)))
        looker = FakeLooker({LOOK.question: FOUND})
        world = World(judge=judge, fused=False)
        world.refining(planner, looker, **settings)
        return world, planner, looker, judge

    def test_what_is_lacking_is_looked_at_kept_and_judged_again(self) -> None:
        world, planner, looker, judge = self.world()
        result = search(QUESTION, world.engine)
        assert looker.taken == [(VIDEOS[0], LOOK)]
        (step,) = result.refinements
        assert (step.outcome, step.kept, step.video) == ("done", True, VIDEOS[0])
        assert world.store.load(VIDEOS[0]).tracks[0].category == "dog"
        assert len(judge.asked) == 2
        assert "dog" in result.hits[0].objects[0].description if result.hits[0].objects else True
        assert planner.asked == [VIDEOS[:1]]

    def test_the_same_question_again_makes_no_call_to_a_specialist(self) -> None:
        world, planner, looker, _ = self.world()
        search(QUESTION, world.engine)
        again = search(f"  {QUESTION.upper()}? ", world.engine)
        assert len(looker.taken) == 1
        assert len(planner.asked) == 1, "nobody even plans"
        assert again.refinements == ()

    def test_another_question_that_needs_the_same_finds_it_known(self) -> None:
        world, _, looker, _ = self.world()
        search(QUESTION, world.engine)
        other = search("an animal with a bone", world.engine)
        assert len(looker.taken) == 1
        assert [step.outcome for step in other.refinements] == ["known"]

    def test_many_questions_share_a_step(self) -> None:
        world, _, looker, _ = self.world()
        results = list(search_all([QUESTION, "an animal with a bone"], world.engine, width=2))
        assert looker.taken == [(VIDEOS[0], LOOK)]
        for result in results:
            assert isinstance(result, SearchResult)
            assert [step.outcome for step in result.refinements] == ["done"]

    def test_what_the_index_ranks_higher_now_comes_onto_the_shortlist(self) -> None:
        """The judge has a gap in the third video; once the third is known for a dog, it is the best of all."""
        world, _, _, judge = self.world(gaps=(VIDEOS[2],))
        asked = "a dog, staying still"
        before = search(asked, replace(world.engine, refiner=None))
        after = search(asked, world.engine)
        scores = {hit.video: hit.coarse_score for hit in before.hits}
        risen = {hit.video: hit.coarse_score for hit in after.hits}
        assert risen[VIDEOS[2]] > scores[VIDEOS[2]]
        assert judge.asked[-1][0] == VIDEOS[2]

    def test_a_library_that_cannot_be_written_keeps_it_for_this_answer_only(self) -> None:
        world, _, looker, _ = self.world()
        world.why_not = "the library is read-only"
        result = search(QUESTION, world.engine)
        assert result.degraded == ("what refinement found counts for this answer only: the library is read-only",)
        assert [step.kept for step in result.refinements] == [False]
        assert world.store.load(VIDEOS[0]).tracks[0].category != "dog"
        assert len(looker.taken) == 1

    def test_a_step_that_fails_is_said_and_the_answer_stands(self) -> None:
        world, _, looker, judge = self.world()
        looker.findings.clear()
        result = search(QUESTION, world.engine)
        assert [step.outcome for step in result.refinements] == ["failed"]
        assert "nothing is known of" in result.degraded[0]
        assert len(judge.asked) == 1, "nothing changed, nothing is judged again"
        assert len(result.hits) == len(VIDEOS)

    @pytest.mark.parametrize(("settings", "why"), [({"calls": 1}, "1 calls"), ({"seconds": 1e-9}, "1e-09 s")])
    def test_budgets_hold(self, settings: dict[str, Any], why: str) -> None:
        world, planner, looker, _ = self.world(gaps=VIDEOS[:3], **settings)
        other = LOOK.model_copy(update={"question": "who is there?"})
        planner.steps[VIDEOS[0]] = (LOOK, other)
        looker.findings["who is there?"] = FOUND
        result = search(QUESTION, world.engine)
        assert len(looker.taken) == 1
        skipped = [step for step in result.refinements if step.outcome == "skipped"]
        assert len(skipped) == 3
        assert all(why in step.said for step in skipped)

    @pytest.mark.parametrize("settings", [{"calls": 1}, {"seconds": 0.05}])
    def test_budgets_are_of_all_rounds_together(self, settings: dict[str, Any]) -> None:
        """The second round plans for the videos that the first had nothing left for."""
        world, planner, _, _ = self.world(gaps=VIDEOS[:3], **settings)
        slow = Slow({LOOK.question: FOUND}, seconds=0.06)
        world.refining(planner, slow, **settings)
        result = search(QUESTION, replace(world.engine, rounds=3))
        assert len(planner.asked) > 1
        assert len(slow.taken) == 1
        assert {step.outcome for step in result.refinements} == {"done", "skipped"}

    def test_the_time_of_other_questions_is_not_on_ones_budget(self) -> None:
        world, _, _, _ = self.world(gaps=VIDEOS[:2])
        other = LOOK.model_copy(update={"question": "who is there?"})
        slow = Slow({LOOK.question: FOUND, other.question: FOUND}, seconds=0.06)
        world.refining(PerQuestion({QUESTION: (VIDEOS[0], LOOK), "a cat": (VIDEOS[1], other)}), slow, seconds=0.05)
        results = list(search_all([QUESTION, "a cat"], world.engine))
        for result in results:
            assert isinstance(result, SearchResult)
            assert [step.outcome for step in result.refinements] == ["done"]

    def test_a_question_asked_twice_is_refined_once(self) -> None:
        world, _, looker, _ = self.world()
        results = list(search_all([QUESTION, f"{QUESTION}?"], world.engine))
        assert looker.taken == [(VIDEOS[0], LOOK)]
        for result in results:
            assert isinstance(result, SearchResult)
            assert [step.outcome for step in result.refinements] == ["done"]

    def test_a_fault_in_a_step_is_that_steps_where_faults_are_caught(self) -> None:
        class Broken(FakeLooker):
            def take(self, *_: Any) -> Findings:
                raise ZeroDivisionError("a fault")

        world, planner, _, _ = self.world()
        world.refining(planner, Broken())
        with pytest.raises(ZeroDivisionError):
            list(search_all([QUESTION], world.engine))
        [result] = search_all([QUESTION], world.engine, caught=Exception)
        assert isinstance(result, SearchResult)
        assert [(step.outcome, step.said) for step in result.refinements] == [("failed", "ZeroDivisionError: a fault")]

    def test_no_more_steps_than_allowed(self) -> None:
        world, _, looker, _ = self.world(gaps=VIDEOS[:3], steps=2)
        search(QUESTION, world.engine)
        assert len(looker.taken) == 2

    def test_a_planner_that_fails_is_said(self) -> None:
        class Down(FakePlanner):
            def plan(self, *_: Any) -> list[tuple[str, RefinementStep]]:
                call = Call(purpose="plan", subject="", model="m", prompt="p", key="k", error="BadReply: no")
                raise BadReply("no", call, "")

        world, _, looker, _ = self.world()
        world.refining(Down(), looker)
        result = search(QUESTION, world.engine)
        assert result.degraded == ("refinement was not planned: no",)
        assert len(result.hits) == len(VIDEOS)


class Shy(FakeDecomposer):
    """Cannot be asked one of the questions; another one brings a fault to light."""

    def decompose(self, question: str) -> Query:
        if question == "fault":
            raise ZeroDivisionError("fault")
        return super().decompose(question)


def test_one_bad_question_is_its_own_error() -> None:
    world = World(decomposer=Shy())
    first, second, third = search_all(["a dog", " ", "a cat"], world.engine)
    assert isinstance(second, QueryError)
    assert isinstance(first, SearchResult)
    assert isinstance(third, SearchResult)
    with pytest.raises(ZeroDivisionError):
        list(search_all(["fault"], world.engine))
    _, fault = search_all(["a dog", "fault"], world.engine, caught=Exception)
    assert isinstance(fault, ZeroDivisionError)


def test_stages_are_told_and_answers_do_not_depend_on_the_width() -> None:
    questions = [f"a dog and {number} cats" for number in range(6)]
    told: list[str] = []
    alone = list(search_all(questions, World().engine, told=told.append))
    assert list(dict.fromkeys(told)) == ["decompose", "candidates", "judge", "rank"]
    together = list(search_all(questions, World().engine, width=4))

    def untimed(results: Sequence[SearchResult | Exception]) -> list[Any]:
        return [result.model_copy(update={"seconds": {}}) for result in results if isinstance(result, SearchResult)]

    assert untimed(alone) == untimed(together)
    assert len(untimed(alone)) == 6


def test_a_judge_that_is_degraded_says_so_in_the_answer() -> None:
    class Tired(FakeJudge):
        def judge(
            self, query: Query, candidates: Sequence[tuple[Candidate, Twin]], reference: object = None
        ) -> list[Verdict]:
            verdicts = super().judge(query, candidates)
            return [verdict.model_copy(update={"degraded": ("judge: too tired",)}) for verdict in verdicts]

    result = search(QUESTION, World(judge=Tired(default=0.6)).engine)
    assert result.degraded == ("judge: too tired",)


def test_a_twin_that_cannot_be_read_is_left_out_and_said() -> None:
    world = World()

    class Damaged(MemoryStore):
        def load(self, video: str) -> Twin:
            if video == VIDEOS[3]:
                raise TwinCorrupt("scratched")
            return world.store.load(video)

    result = search(QUESTION, replace(world.engine, twins=Damaged()))
    assert len(result.hits) == len(VIDEOS) - 1
    assert result.degraded == (f"video {VIDEOS[3]} was left out of the answer: scratched",)


def test_model_errors_carry_their_call() -> None:
    call = Call(purpose="plan", subject="", model="m", prompt="p", key="k")
    assert ModelError("no", call).call is call


class TestGroups:
    """Many questions: so many go through the stages together, and none is held longer than it takes to give it."""

    QUESTIONS = tuple(f"{QUESTION} {number}" for number in range(5))

    def test_stages_are_taken_group_by_group(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("seewhy.search.TOGETHER", 2)
        stages: list[str] = []
        engine = World(judge=FakeJudge(default=0.6)).engine
        answers = search_all(self.QUESTIONS, engine, told=stages.append)
        assert [answer.query.text for answer in answers if isinstance(answer, SearchResult)] == list(self.QUESTIONS)
        asked = [stage for stage in stages if stage != "rank"]
        assert asked == ["decompose", "candidates", "judge"] * 3
        assert stages.count("rank") == len(self.QUESTIONS)

    def test_answers_are_those_of_questions_asked_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("seewhy.search.TOGETHER", 2)
        engine = World(checker=FakeJudge({VIDEOS[5]: 0.9}, default=0.3)).engine
        for question, answer in zip(self.QUESTIONS, search_all(self.QUESTIONS, engine), strict=True):
            assert isinstance(answer, SearchResult)
            assert answer.hits == search(question, engine).hits

    def test_what_was_given_is_not_kept(self) -> None:
        alive, asked = [], self.QUESTIONS
        for answer in search_all(asked, World().engine):
            assert isinstance(answer, SearchResult)
            alive.append(sum(type(one) is SearchResult and one.query.text in asked for one in gc.get_objects()))
        assert max(alive) <= 2, "the one that was given, and the one before it, which the loop still held"

    def test_what_refinement_found_for_one_group_counts_in_the_next(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("seewhy.search.TOGETHER", 1)
        looker = FakeLooker({LOOK.question: FOUND})
        world = World(judge=FakeJudge(default=0.6, gaps={VIDEOS[0]: ("what it has found",)}))
        world.refining(FakePlanner({VIDEOS[0]: (LOOK,)}), looker)
        [first, second] = search_all(self.QUESTIONS[:2], world.engine)
        assert isinstance(first, SearchResult)
        assert isinstance(second, SearchResult)
        assert [step.outcome for step in first.refinements] == ["done"]
        assert [step.outcome for step in second.refinements] == ["known"]


class TestTwins:
    def test_the_latest_used_are_remembered_and_what_was_put_always(self) -> None:
        world = World()
        read: list[str] = []

        class Counting(MemoryStore):
            def load(self, video: str) -> Twin:
                read.append(video)
                return world.store.load(video)

        twins = Twins(Counting(), most=2)
        for video in (VIDEOS[0], VIDEOS[1], VIDEOS[0], VIDEOS[1]):
            assert twins.load(video).id == video
        assert read == [VIDEOS[0], VIDEOS[1]]
        for video in (*VIDEOS, VIDEOS[0]):
            assert twins.load(video).id == video
        assert read[2:] == [*VIDEOS[2:], VIDEOS[0]], "as many others came between"
        other = make_twin(VIDEOS[0]).model_copy(update={"degraded": ("seen anew",)})
        twins.put({VIDEOS[0]: other})
        for video in VIDEOS:
            twins.load(video)
        assert twins.load(VIDEOS[0]) is other
        twins.forget([VIDEOS[0]])
        assert twins.load(VIDEOS[0]).degraded == ()
