"""A reference and an edit on their way to an answer: over fakes stage by stage, then on real pixels as a user asks."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import knower
import pytest
from test_search_flow import FOUND, LOOK, QUESTION, VIDEOS, World, order
from typer.testing import CliRunner

from seewhy import Filters, Library, Settings
from seewhy.bench.synthetic import CLIPS
from seewhy.bench.synthetic.render import render
from seewhy.channels.shelf import Shelf
from seewhy.cli import PARTIAL, app
from seewhy.compose import compose, compose_all
from seewhy.errors import ModelTimeout, NotAVideo, PluginError, QueryError, SettingsError, VideoError, VideoNotFound
from seewhy.fusion import COMPONENTS
from seewhy.models import registry
from seewhy.models.asking import ask
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Message, Request, Text
from seewhy.perceive.fakes import FakeLooker
from seewhy.reason.fakes import FakeComposer, FakeJudge, FakePlanner
from seewhy.reason.seams import Reference
from seewhy.reports import NoProgress
from seewhy.types.base import Frozen
from seewhy.types.calls import Call
from seewhy.types.hit import Candidate, SearchResult, Verdict
from seewhy.types.query import Condition, Query
from seewhy.types.trace import Alteration, Trace
from seewhy.types.twin import Twin

EDIT = "the same dog, an hour later"
TRACE = Trace(
    states=("the dog is asleep",),
    actions=("it breathes slowly",),
    scene=("it has become <b>dark</b>",),
    keep=("the dog",),
    remove=("the bone",),
    add=("a blanket",),
    alter=(Alteration(what="daylight", into="lamplight"),),
    target="A dog sleeps under a blanket.",
)


def composing(**parts: Any) -> World:
    return World(**{"composer": FakeComposer()} | parts)


def reference_in(world: World, video: str = VIDEOS[0], **has: Any) -> Reference:
    return Reference(world.store.load(video), paths=(f"{video}.mp4",), **has)


class TestFlow:
    def test_the_reference_is_left_out_though_it_is_the_best(self) -> None:
        world = composing(checker=FakeJudge({VIDEOS[0]: 1.0, VIDEOS[3]: 0.8}, default=0.3))
        result = compose(reference_in(world), EDIT, world.engine)
        assert VIDEOS[0] not in order(result)
        assert order(result)[0] == VIDEOS[3]
        assert (len(result.hits), result.gallery) == (len(VIDEOS) - 1, len(VIDEOS) - 1)
        assert result.query.reference == VIDEOS[0]
        assert result.reference_paths == (f"{VIDEOS[0]}.mp4",)

    def test_a_reference_from_elsewhere_leaves_the_gallery_whole(self) -> None:
        world = composing()
        twin = world.store.load(VIDEOS[0])
        stranger = twin.model_copy(update={"video": twin.video.model_copy(update={"id": "f" * 32})})
        result = compose(Reference(stranger), EDIT, world.engine)
        assert len(result.hits) == result.gallery == len(VIDEOS)
        assert result.reference_paths == ()

    def test_filters_and_k(self) -> None:
        world = composing()
        some = frozenset(VIDEOS[:3])
        result = compose(reference_in(world), EDIT, world.engine, filters=Filters(videos=some))
        assert set(order(result)) == some - {VIDEOS[0]}
        assert len(compose(reference_in(world), EDIT, world.engine, k=2).hits) == 2
        with pytest.raises(QueryError, match="k is the number of hits wanted"):
            compose(reference_in(world), EDIT, world.engine, k=0)

    def test_an_edit_without_words_and_an_engine_without_composer(self) -> None:
        world = composing()
        with pytest.raises(QueryError, match="an edit needs at least one word"):
            compose(reference_in(world), "  ", world.engine)
        with pytest.raises(QueryError, match="an edit has at most 2000 characters, got 2001"):
            compose(lambda: pytest.fail("no video is looked at for it"), "e" * 2001, world.engine)
        with pytest.raises(QueryError, match="no composer"):
            compose(reference_in(world), EDIT, replace(world.engine, composer=None))

    def test_checker_and_judge_are_shown_the_reference(self) -> None:
        @dataclass
        class Looking(FakeJudge):
            shown: list[Reference | None] = field(default_factory=list)

            def __init__(self, **how: Any) -> None:
                super().__init__(**how)
                self.shown = []

            def judge(
                self,
                query: Query,
                candidates: Sequence[tuple[Candidate, Twin]],
                reference: Reference | None = None,
            ) -> list[Verdict]:
                self.shown.append(reference)
                return super().judge(query, candidates, reference)

        checker, judge = Looking(default=0.3), Looking(default=0.6)
        world = composing(checker=checker, judge=judge)
        reference = reference_in(world)
        compose(reference, EDIT, world.engine)
        assert checker.shown == judge.shown == [reference]

    def test_many_edits_go_stage_by_stage_and_do_not_depend_on_the_width(self) -> None:
        told: list[str] = []

        def run(width: int) -> list[SearchResult]:
            world = composing()
            edits = [(reference_in(world, video), f"{EDIT}, {video[-1]}") for video in VIDEOS]
            results = list(compose_all(edits, world.engine, width=width, told=told.append))
            return [r.model_copy(update={"seconds": {}}) for r in results if isinstance(r, SearchResult)]

        alone = run(1)
        assert told[:4] == ["reference", "reason", "candidates", "judge"]
        assert [result.query.reference for result in alone] == list(VIDEOS)
        assert run(4) == alone

    def test_a_reference_that_cannot_be_found_is_its_own_edits_error(self) -> None:
        def gone() -> Reference:
            raise VideoNotFound("gone.mp4", "there is no such file")

        world = composing()
        first, second, third = compose_all(
            [(reference_in(world), EDIT), (gone, EDIT), (lambda: reference_in(world, VIDEOS[1]), EDIT)], world.engine
        )
        assert isinstance(second, VideoNotFound)
        assert isinstance(first, SearchResult)
        assert isinstance(third, SearchResult)
        assert third.query.reference == VIDEOS[1]
        with pytest.raises(VideoNotFound):
            compose(gone, EDIT, world.engine)

    def test_what_it_took_to_see_the_reference_is_counted(self) -> None:
        class Said(Frozen):
            text: str

        model = ScriptedModel({"describe": lambda _: {"text": "a dog"}})
        request = Request(
            purpose="describe", subject="x", prompt="p@1", schema=Said,
            messages=(Message(role="user", parts=(Text("what is it?"),)),),
        )  # fmt: skip
        world = composing()

        def looking() -> Reference:
            ask(model, request)
            return reference_in(world)

        result = compose(looking, EDIT, world.engine)
        assert result.usage.by_purpose == {"describe": 1}
        assert "reference" in result.seconds

    def test_what_went_wrong_on_the_way_is_said(self) -> None:
        condition = Condition(id="c1", kind="free", text=EDIT)
        fallen_back = Query(
            text=EDIT, conditions=(condition,), decomposed_by="edit-rules@1", degraded=("reason: too late",)
        )
        world = composing(composer=FakeComposer({EDIT: fallen_back}))
        result = compose(reference_in(world, degraded=("the reference was not described",)), EDIT, world.engine)
        assert result.degraded == ("the reference was not described", "reason: too late")
        assert len(result.hits) == len(VIDEOS) - 1

    def test_a_composer_that_cannot_is_its_own_edits_error(self) -> None:
        class Late(FakeComposer):
            def compose(self, reference: Reference, edit: str) -> Query:
                if reference.twin.id == VIDEOS[1]:
                    raise ModelTimeout("late", Call(purpose="describe", subject="", model="m", prompt="p", key="k"))
                return super().compose(reference, edit)

        world = composing(composer=Late())
        edits = [(reference_in(world, video), EDIT) for video in VIDEOS[:3]]
        outcomes = list(compose_all(edits, world.engine))
        assert [type(outcome) for outcome in outcomes] == [SearchResult, ModelTimeout, SearchResult]

    def test_one_edit_of_two_references_is_refined_for_both(self) -> None:
        """The same words do not ask the same of another video."""
        world = composing(judge=FakeJudge(default=0.6, gaps={VIDEOS[2]: ("is it asleep?",)}), fused=False)
        other = LOOK.model_copy(update={"question": "is it night?"})
        planner = FakePlanner({VIDEOS[2]: (LOOK,)})
        world.refining(planner, FakeLooker({LOOK.question: FOUND, other.question: FOUND}))
        engine = replace(world.engine, shortlist=len(VIDEOS))
        first = compose(reference_in(world, VIDEOS[0]), EDIT, engine)
        planner.steps[VIDEOS[2]] = (other,)
        second = compose(reference_in(world, VIDEOS[1]), EDIT, engine)
        third = compose(reference_in(world, VIDEOS[1]), f"{EDIT}!", engine)
        assert [step.step for step in first.refinements] == [LOOK]
        assert [step.step for step in second.refinements] == [other]
        assert third.refinements == (), "that was asked before"


class Table:
    """A channel that knows what it was told."""

    def __init__(self, name: str, known: Mapping[str, float]) -> None:
        self.name, self.known = name, known
        self.asked: list[tuple[str, ...] | None] = []

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        self.asked.append(tuple(among) if among is not None else None)
        return self.known


class TestChannels:
    """All videos say the same, so that components rank them by id alone."""

    def found(self, **parts: Any) -> SearchResult:
        world = composing(checker=FakeJudge(default=0.6), **parts)
        return compose(reference_in(world), EDIT, world.engine)

    def test_what_is_first_in_a_channel_comes_first(self) -> None:
        joint = Table("joint", {VIDEOS[0]: 0.99, VIDEOS[5]: 0.9, VIDEOS[3]: 0.8})
        result = self.found(channels=(joint,))
        assert order(result)[:2] == [VIDEOS[5], VIDEOS[3]]
        assert VIDEOS[0] not in order(result), "the reference is left out, whatever a channel says"
        assert len(result.hits) == len(VIDEOS) - 1, "what the channel does not know is found by its components"
        best = result.hits[0]
        assert set(best.channels) == {COMPONENTS, "joint"}
        assert best.channels["joint"] == 0.9
        assert set(result.hits[-1].channels) == {COMPONENTS}

    def test_alone_it_decides_what_is_found(self) -> None:
        result = self.found(channels=(Table("states", {VIDEOS[4]: 0.2, VIDEOS[6]: 0.3}),), by_components=False)
        assert order(result) == [VIDEOS[6], VIDEOS[4]]
        assert [hit.channels for hit in result.hits] == [{"states": 0.3}, {"states": 0.2}]

    def test_the_reranker_looks_at_the_best_of_all(self) -> None:
        rerank = Table("rerank", {VIDEOS[7]: 5.0, VIDEOS[2]: 4.0})
        result = self.found(rerank=rerank, channels=(Table("joint", {VIDEOS[2]: 0.9}),))
        assert order(result)[:2] == [VIDEOS[2], VIDEOS[7]]
        [asked] = rerank.asked
        assert asked is not None
        assert VIDEOS[0] not in asked
        assert asked[0] == VIDEOS[2]

    def test_where_every_video_is_a_candidate_they_are_not_asked_and_that_is_said(self) -> None:
        joint = Table("joint", {VIDEOS[5]: 0.9})
        result = self.found(channels=(joint,), align=False)
        assert joint.asked == []
        assert any("the channels were not asked" in note for note in result.degraded)
        assert self.found(align=False).degraded == ()

    def test_questions_go_the_same_way(self) -> None:
        from seewhy.search import search

        joint = Table("joint", {VIDEOS[5]: 0.9})
        result = search(QUESTION, composing(channels=(joint,)).engine)
        assert joint.asked == [None]
        assert order(result)[0] == VIDEOS[5]
        assert set(result.hits[0].channels) == {COMPONENTS, "joint"}


# As a user asks

NAMES = ("ball_right", "ball_left")
OUTSIDE = "ball_blue"
SETTINGS = Settings.load(overrides={"index.workers": 1}, environment={})
LEFT = "it rolls the other way"
HOSTILE = '<script>alert("x")<b>.mp4'


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    render([clip for clip in CLIPS if clip.name in (*NAMES, OUTSIDE)], folder)
    return folder / "videos"


@pytest.fixture(scope="module")
def folder(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("library") / "lib"
    with Library.open(path, SETTINGS) as library:
        assert library.add([clips / f"{name}.mp4" for name in NAMES]).complete
    return path


def scripted() -> FakeComposer:
    ball = Condition(id="c1", kind="free", text="a ball moves to the left", imagined=("a red ball moves left",))
    return FakeComposer({LEFT: Query(text=LEFT, conditions=(ball,), trace=TRACE, decomposed_by="fake-composer@1")})


@pytest.fixture
def composer(monkeypatch: pytest.MonkeyPatch) -> FakeComposer:
    """Who reasons in every library that this test opens."""
    fake = scripted()
    monkeypatch.setattr("seewhy.parts.composer_of", lambda *_: fake)
    return fake


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    """One for all, so that what is not in it is looked at once."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Library.open(folder, SETTINGS, create=False, read_only=True) as opened,
    ):
        patch.setattr("seewhy.parts.composer_of", lambda *_: scripted())
        assert isinstance(opened._parts.composer, FakeComposer)
        patch.undo()
        yield opened


def stems(result: SearchResult) -> list[str]:
    return [Path(hit.paths[0]).stem for hit in result.hits]


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


class TestLibrary:
    def test_by_path_by_id_and_by_a_copy_it_is_the_same_reference(
        self, library: Library, clips: Path, tmp_path: Path
    ) -> None:
        by_path = library.compose(clips / "ball_right.mp4", LEFT)
        video = by_path.query.reference
        assert video is not None
        by_id = library.compose(video, LEFT)
        by_copy = library.compose(shutil.copy(clips / "ball_right.mp4", tmp_path / HOSTILE), LEFT)
        for answer in (by_path, by_id, by_copy, library.compose("ball_right.mp4", LEFT)):
            assert stems(answer) == ["ball_left"], "the reference is none of the hits"
            assert answer.query.reference == video
        assert by_copy.reference_paths[0] == str(tmp_path / HOSTILE)

    def test_a_file_that_is_not_in_the_library(self, library: Library, folder: Path, clips: Path) -> None:
        before = content(folder)
        answer = library.compose(str(clips / f"{OUTSIDE}.mp4"), LEFT)
        assert set(stems(answer)) == set(NAMES)
        assert answer.gallery == 2
        assert answer.query.reference not in {entry.id for entry in library.videos()}
        assert "data:image/jpeg;base64," in answer._repr_html_().partition("ball_blue")[0], "its thumbnail"
        assert content(folder) == before, "nothing of it is written"

    def test_filters_and_k(self, library: Library, clips: Path) -> None:
        reference = clips / f"{OUTSIDE}.mp4"
        first, second = library.compose(reference, LEFT).hits
        only = Filters(videos=frozenset({second.video}))
        assert [hit.video for hit in library.compose(reference, LEFT, filters=only).hits] == [second.video]
        assert [hit.video for hit in library.compose(reference, LEFT, k=1).hits] == [first.video]

    def test_many_edits_some_of_which_fail(self, library: Library, clips: Path, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("milk, eggs")
        edits = [
            (clips / "ball_right.mp4", LEFT),
            (tmp_path / "notes.txt", LEFT),
            (clips, LEFT),
            ("0" * 32, LEFT),
            (clips / "ball_left.mp4", " "),
            (clips / "ball_left.mp4", LEFT),
        ]
        told: list[str] = []
        outcomes = list(library.compose_all(edits, told=told.append))
        errors = [type(outcome) for outcome in outcomes[1:5]]
        assert errors == [NotAVideo, VideoNotFound, QueryError, QueryError]
        first, last = outcomes[0], outcomes[-1]
        assert isinstance(first, SearchResult)
        assert isinstance(last, SearchResult)
        assert (stems(first), stems(last)) == (["ball_left"], ["ball_right"])
        assert told[:2] == ["reference", "reason"]

    def test_an_answer_survives_json(self, library: Library, clips: Path) -> None:
        answer = library.compose(clips / "ball_right.mp4", LEFT)
        assert answer.query.trace == TRACE
        again = library.read_answer(library.export(answer))
        assert again == answer
        assert repr(again) == repr(answer)
        assert json.loads(library.export(answer, "coco"))["images"]
        assert "ball_left.mp4" in library.export(answer, "csv")

    def test_it_shows_what_follows_from_the_edit(self, library: Library, clips: Path, tmp_path: Path) -> None:
        copy = tmp_path / HOSTILE
        answer = library.compose(shutil.copy(clips / "ball_right.mp4", copy), LEFT)
        said = repr(answer)
        page = library.report([answer, library.search("a ball")], tmp_path / "a.html").read_text()
        html = answer._repr_html_()
        for text in ("the dog is asleep", "the bone", "a blanket", "daylight → lamplight", "A dog sleeps under"):
            assert text in said
            assert text in page
            assert text in html
        assert f"of {copy.name}" in said
        for written in (page, html):
            assert "<script>" not in written
            assert "has become &lt;b&gt;dark&lt;/b&gt;" in written
            assert "&lt;script&gt;alert(" in written
        assert page.count('class="edit"') == 1, "the question has none"
        thumbnail = library._parts.folder.store.thumbnail(str(answer.query.reference))
        assert base64.b64encode(thumbnail).decode() in page

    def test_a_reference_that_is_forgotten_is_drawn_from_its_file_or_said_to_be_gone(
        self, library: Library, folder: Path, clips: Path, tmp_path: Path
    ) -> None:
        file = Path(shutil.copy(clips / f"{OUTSIDE}.mp4", tmp_path))
        text = library.compose(file, LEFT).model_dump_json()
        for there in (True, False):
            with Library.open(folder, SETTINGS, read_only=True) as other:
                answer = other.read_answer(text)
                html = answer._repr_html_()
                page = other.report([answer], tmp_path / "a.html").read_text()
            assert "from <b>ball_blue.mp4</b>" in html
            assert html.count("<img") == len(answer.hits) + there
            assert ("no picture" in html) is not there
            assert page.count('alt="the video that is edited"') == there
            assert (f"No picture: video {answer.query.reference} is not in the library" in page) is not there
            file.unlink(missing_ok=True)

    def test_where_a_model_can_see_the_reference_is_described_in_memory(
        self, folder: Path, composer: FakeComposer, clips: Path, tmp_path: Path
    ) -> None:
        copy = Path(shutil.copytree(folder, tmp_path / "lib"))
        chosen = Settings.load(overrides={"refine.rounds": 0}, environment={})
        with Library.open(copy, chosen, model=knower.scripted()) as library:
            twins = content(copy / "twins")
            answer = library.compose(clips / f"{OUTSIDE}.mp4", LEFT)
            again = library.compose(clips / f"{OUTSIDE}.mp4", f"{LEFT} again")
            assert content(copy / "twins") == twins
            assert {entry.id for entry in library.videos()} == {hit.video for hit in answer.hits}
        assert answer.usage.by_purpose["describe"] == 1
        assert "describe" not in again.usage.by_purpose
        assert {len(answer.hits), len(again.hits)} == {2}
        assert answer.degraded == ()

    def test_channels_are_those_that_the_settings_name(
        self, folder: Path, composer: FakeComposer, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shelves: list[Shelf] = []

        def make(group: str, name: str) -> Any:
            def of(shelf: Shelf) -> Table:
                shelves.append(shelf)
                return Table(name, dict.fromkeys(shelf.videos(), 0.5))

            return of if group == "seewhy.channels" else load(group, name)

        load = registry.load
        monkeypatch.setattr(registry, "load", make)
        chosen = Settings.load(overrides={"compose.channels": "joint,rerank"}, environment={})
        with Library.open(folder, chosen, read_only=True) as library:
            answers = [library.compose(clips / "ball_right.mp4", LEFT), library.search("a ball")]
        assert [set(answer.hits[0].channels) for answer in answers] == [{"joint", "rerank"}, set()]
        assert [shelf.folder for shelf in shelves] == [folder, folder], "made once each"

    def test_questions_have_channels_of_their_own_and_share_them(
        self, folder: Path, composer: FakeComposer, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[str] = []

        def make(group: str, name: str) -> Any:
            def of(shelf: Shelf) -> Table:
                made.append(name)
                return Table(name, dict.fromkeys(shelf.videos(), 0.5))

            return of if group == "seewhy.channels" else load(group, name)

        load = registry.load
        monkeypatch.setattr(registry, "load", make)
        chosen = Settings.load(
            overrides={"search.channels": "twin, mine", "compose.channels": "mine,joint"}, environment={}
        )
        with Library.open(folder, chosen, read_only=True) as library:
            answers = [library.search("a ball"), library.compose(clips / "ball_right.mp4", LEFT)]
            assert (
                len(library.search("a ball", filters=Filters(videos=frozenset([answers[0].hits[0].video]))).hits) == 1
            )
        assert [set(answer.hits[0].channels) for answer in answers] == [{"twin", "mine"}, {"mine", "joint"}]
        assert made == ["mine", "joint"]
        assert answers[0].hits[0].fused is not None

    @pytest.mark.parametrize(
        ("setting", "value", "said"),
        [
            ("search.channels", "rerank", "rerank needs another"),
            ("search.channels", " , ", "separated by commas"),
            ("search.channels", "twin,states", "compose.channels"),
            ("compose.channels", "rerank", "rerank needs another"),
        ],
    )
    def test_channels_that_find_nothing_are_refused(self, setting: str, value: str, said: str) -> None:
        with pytest.raises(SettingsError, match=f"{setting}.*{said}"):
            Settings.load(overrides={setting: value}, environment={})

    def test_what_channels_keep_is_made_when_videos_come_in(
        self, folder: Path, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepared: list[frozenset[str]] = []

        class Keeping(Table):
            def prepare(self, videos: Collection[str], told: Callable[[int, int], None]) -> None:
                prepared.append(frozenset(videos))
                told(len(videos), len(videos))

        class Heard(NoProgress):
            def preparing(self, channel: str, done: int, total: int) -> None:
                heard.append((channel, done, total))

        def make(group: str, name: str) -> Any:
            return (lambda _: Keeping(name, {})) if group == "seewhy.channels" else load(group, name)

        heard: list[tuple[str, int, int]] = []
        load = registry.load
        monkeypatch.setattr(registry, "load", make)
        copy = Path(shutil.copytree(folder, tmp_path / "lib"))
        chosen = Settings.load(overrides={"compose.channels": "twin,joint"}, environment={})
        with Library.open(copy, chosen) as library:
            library.add([], progress=Heard())
            every = frozenset(str(entry.id) for entry in library.videos())
        assert prepared == [every]
        assert heard == [("joint", len(every), len(every))]

    def test_a_channel_that_is_not_there_is_said_so(
        self, folder: Path, composer: FakeComposer, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(registry, "CHANNELS", "seewhy.nothing")
        chosen = Settings.load(overrides={"compose.channels": "twin,joint"}, environment={})
        with Library.open(folder, chosen, read_only=True) as library, pytest.raises(PluginError, match="'joint'"):
            library.compose(clips / "ball_right.mp4", LEFT)

    def test_several_channels_are_shown(self, library: Library, clips: Path, tmp_path: Path) -> None:
        answer = library.compose(clips / "ball_right.mp4", LEFT)
        hit = answer.hits[0].model_copy(update={"channels": {"twin": 0.5, "joint": 0.25}})
        answer = library.read_answer(answer.model_copy(update={"hits": (hit,)}).model_dump_json())
        for written in (repr(answer), answer._repr_html_(), library.report([answer], tmp_path / "a.html").read_text()):
            assert "ound by" in written
            assert "twin 0.500, joint 0.250" in written


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


class TestCommands:
    def test_json_on_stdout_alone_and_what_is_done_with_it(
        self, folder: Path, composer: FakeComposer, clips: Path, tmp_path: Path
    ) -> None:
        text = run("compose", clips / "ball_right.mp4", LEFT, "-l", folder, "--json", "-k", 1)
        answer = json.loads(text)
        assert Path(answer["hits"][0]["paths"][0]).stem == "ball_left"
        assert answer["query"]["trace"]["target"] == TRACE.target
        saved = tmp_path / "answer.json"
        saved.write_text(text)
        assert "ball_left" in run("export", "--result", saved, "--format", "csv", "-l", folder)
        [sheet] = run("show", "--result", saved, "--out", tmp_path / "p", "--no-clip", "-l", folder).split()
        assert Path(sheet).read_bytes()[:4] == b"\x89PNG"
        assert composer.asked == [(answer["query"]["reference"], LEFT)]

    def test_a_table_and_a_page(self, folder: Path, composer: FakeComposer, clips: Path, tmp_path: Path) -> None:
        page = tmp_path / "a.html"
        text = run("compose", clips / f"{OUTSIDE}.mp4", LEFT, "-l", folder, "--report", page, "--max-duration", 1e3)
        assert f"of {OUTSIDE}.mp4" in text
        assert "ball_left.mp4" in text
        assert f"from {OUTSIDE}.mp4" in page.read_text()

    def test_in_part_is_exit_code_3(self, folder: Path, composer: FakeComposer, clips: Path) -> None:
        composer.script[LEFT] = composer.script[LEFT].model_copy(update={"degraded": ("reason: no",)})
        assert "degraded: reason: no" in run("compose", clips / "ball_left.mp4", LEFT, "-l", folder, code=PARTIAL)

    @pytest.mark.parametrize(
        ("reference", "error"), [("nowhere.mp4", VideoError), ("0" * 32, QueryError), (".", VideoError)]
    )
    def test_a_reference_that_is_none(
        self, folder: Path, composer: FakeComposer, reference: str, error: type[Exception]
    ) -> None:
        result = CliRunner().invoke(app, ["compose", reference, LEFT, "-l", str(folder)])
        assert (result.exit_code, result.stdout) == (1, "")
        assert isinstance(result.exception, error)

    @pytest.mark.parametrize("words", [("compose",), ("compose", "a.mp4"), ("compose", "a.mp4", LEFT, "--kind", "x")])
    def test_wrong_usage_is_exit_code_2(self, folder: Path, words: tuple[str, ...]) -> None:
        run(*words, "-l", folder, code=2)
