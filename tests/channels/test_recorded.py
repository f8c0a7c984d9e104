"""Channels recorded and replayed: the same answers without the channel, and what a replay says that has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from clip_gallery import EDIT, REFERENCE, VIDEOS, ClipGallery, edited
from hypothesis import given
from hypothesis import strategies as st

from seewhy.channels.recorded import META, PURPOSE, RecordedChannel, Said
from seewhy.channels.shelf import Depends, Shelf, channels_of
from seewhy.engine import Ahead, Channel
from seewhy.errors import ReplyStoreError, WeightsError
from seewhy.models import registry
from seewhy.models.replies import ReplyStore
from seewhy.models.replies_file import export_replies, import_replies, stats
from seewhy.reason.seams import Reference
from seewhy.recorded import Recording
from seewhy.settings import Settings
from seewhy.types.query import Filters, Query

SCORES = {video: 1 / (3 + place) for place, video in enumerate(VIDEOS)}


@dataclass
class Bare:
    """A channel that says nothing of itself, as somebody else's may be."""

    name: str = "bare"
    known: Mapping[str, float] = field(default_factory=lambda: SCORES)
    asked: list[tuple[str, tuple[str, ...] | None]] = field(default_factory=list)

    def scores(
        self, query: Query, reference: Reference | None, filters: Filters | None, among: Sequence[str] | None
    ) -> Mapping[str, float]:
        self.asked.append((query.text, None if among is None else tuple(among)))
        return {video: self.known[video] for video in reversed(among or ()) if video in self.known}


@dataclass
class Whole(Bare):
    """One that keeps something of videos, works ahead, and says what it depends on and lacks."""

    name: str = "whole"
    model: str = "owner/name@abc"
    ordered: bool = False
    notes: list[str] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    ahead_of: list[str] = field(default_factory=list)

    @property
    def depends(self) -> Depends:
        return Depends(key={"model": self.model}, query=("text", "trace.target"), ordered=self.ordered)

    def notes_of(self, reference: str | None) -> tuple[str, ...]:
        return tuple(f"{note} of {reference}" for note in self.notes)

    def prepare(self, videos: Collection[str], told: Callable[[int, int], None] | None = None) -> None:
        self.prepared += sorted(videos)

    def ahead(self, asked: Sequence[tuple[Query, Reference | None]]) -> None:
        self.ahead_of += [query.text for query, _ in asked]


def ordered() -> Whole:
    return Whole(ordered=True)


KINDS: tuple[Callable[[], Any], ...] = (Bare, Whole, ordered)
GALLERY = ClipGallery()
FILE = "run.sqlite"


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with ReplyStore.open(tmp_path / FILE) as opened:
        yield opened


def recording(channel: Any, store: ReplyStore) -> RecordedChannel:
    return RecordedChannel(channel.name, channel, store, GALLERY.ids)


def replaying(name: str, path: Path) -> RecordedChannel:
    return RecordedChannel(name, None, ReplyStore.open(path / FILE, read_only=True), GALLERY.ids)


@pytest.mark.parametrize("make", KINDS)
class TestContract:
    def test_a_replay_says_what_was_recorded(self, make: Callable[[], Any], store: ReplyStore, tmp_path: Path) -> None:
        made = make()
        some = Filters(videos=frozenset(VIDEOS[:3]))
        asked: list[tuple[Query, Reference | None, Filters | None, Sequence[str] | None]] = [
            (edited(), GALLERY.reference(), None, None),
            (edited(), GALLERY.reference(), None, VIDEOS[1:4]),
            (edited(), GALLERY.reference(blind=True), some, None),
            (edited("in the snow"), GALLERY.reference(), None, [VIDEOS[5], VIDEOS[2]]),
            (edited("a street"), None, some, VIDEOS),
            (edited(), GALLERY.reference(), None, []),
        ]
        recorded = recording(made, store)
        first = [list(recorded.scores(*one).items()) for one in asked]
        replayed = replaying(made.name, tmp_path)
        assert [list(replayed.scores(*one).items()) for one in asked] == first
        assert dict(first[0]) == SCORES
        assert [len(one) for one in first] == [6, 3, 3, 2, 3, 0]
        assert len(made.asked) == len(asked)

    def test_what_is_kept_is_not_asked_again(self, make: Callable[[], Any], store: ReplyStore) -> None:
        first, again = make(), make()
        expected = recording(first, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        assert recording(again, store).scores(edited(), GALLERY.reference(), None, VIDEOS) == expected
        assert (len(first.asked), again.asked) == (1, [])
        recording(again, store).scores(edited("in the snow"), GALLERY.reference(), None, VIDEOS)
        assert [text for text, _ in again.asked] == ["in the snow"]

    def test_another_question_is_a_miss_that_says_where_it_differs(
        self, make: Callable[[], Any], store: ReplyStore, tmp_path: Path
    ) -> None:
        made = make()
        recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        replayed = replaying(made.name, tmp_path)
        assert replayed.scores(edited("in the snow"), GALLERY.reference(), None, VIDEOS) == {}
        [note] = replayed.notes_of(REFERENCE)
        assert note.startswith(f"{made.name}: {tmp_path / FILE} has no answer to this. ")
        assert f"the recording has '{EDIT}', the question has 'in the snow'" in note
        assert note.endswith("or record what is missing")
        assert replayed.scores(edited(), GALLERY.reference(), None, VIDEOS) == SCORES
        assert replayed.notes_of(REFERENCE) == ()

    @pytest.mark.parametrize(
        ("reference", "among", "where"),
        [
            (GALLERY.reference(blind=True), VIDEOS, "pictures"),
            (Reference(GALLERY.twins.load(VIDEOS[0]), GALLERY.reference().clip), VIDEOS, "reference"),
            (None, VIDEOS, "pictures"),
            (GALLERY.reference(), VIDEOS[1:], "videos.number"),
            (GALLERY.reference(), [*VIDEOS[1:], REFERENCE], "videos.sha256"),
        ],
    )
    def test_another_reference_or_other_videos(
        self,
        make: Callable[[], Any],
        reference: Reference | None,
        among: Sequence[str],
        where: str,
        store: ReplyStore,
        tmp_path: Path,
    ) -> None:
        made = make()
        recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        replayed = replaying(made.name, tmp_path)
        assert replayed.scores(edited(), reference, None, among) == {}
        [note] = replayed.notes_of(None if reference is None else reference.twin.id)
        assert f"differs first at {where}: " in note

    def test_an_error_is_not_kept(self, make: Callable[[], Any], store: ReplyStore) -> None:
        made = make()

        def fail(*_: object) -> Mapping[str, float]:
            raise WeightsError("the weights are not here")

        made.scores = fail
        with pytest.raises(WeightsError):
            recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        assert store.replies() == ()

    def test_what_is_no_number_is_no_score(self, make: Callable[[], Any], store: ReplyStore) -> None:
        made = make()
        made.known = SCORES | {VIDEOS[0]: float("nan"), VIDEOS[1]: float("-inf"), VIDEOS[2]: True}
        found = recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        assert list(found) == list(VIDEOS[2:])
        assert found[VIDEOS[2]] == 1.0

    def test_prepare_and_ahead_do_nothing_where_there_is_nothing_to_do(
        self, make: Callable[[], Any], store: ReplyStore, tmp_path: Path
    ) -> None:
        recorded = recording(make(), store)
        assert isinstance(recorded, Ahead)
        questions = [(edited(), GALLERY.reference()), (edited("in the snow"), None)]
        for one in (recorded, replaying(recorded.name, tmp_path)):
            one.prepare(VIDEOS)
            one.ahead(questions)
            one.ahead([])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_scores_survive_to_the_last_bit(numbers: list[float]) -> None:
    said = Said.model_validate_json(Said(scores=tuple(numbers), notes=()).model_dump_json())
    assert [score.hex() for score in said.scores if score is not None] == [score.hex() for score in numbers]


def test_scores_from_a_file_are_those_of_the_channel(store: ReplyStore, tmp_path: Path) -> None:
    known = {video: number / 7e-9 for video, number in zip(VIDEOS, (-0.0, 1e-300, 2 / 3, 1e22, -5, 0.1), strict=True)}
    recording(Bare(known=known), store).scores(edited(), None, None, VIDEOS)
    found = replaying("bare", tmp_path).scores(edited(), None, None, VIDEOS)
    assert [score.hex() for score in found.values()] == [known[video].hex() for video in VIDEOS]


class TestWhatItDependsOn:
    def test_the_order_of_videos_counts_where_the_channel_says_so(self, store: ReplyStore, tmp_path: Path) -> None:
        turned = list(reversed(VIDEOS))
        for made, hits in ((Whole(), True), (ordered(), False)):
            recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
            found = replaying(made.name, tmp_path).scores(edited(), GALLERY.reference(), None, turned)
            assert bool(found) == hits

    def test_what_the_scores_do_not_depend_on_may_differ(self, store: ReplyStore, tmp_path: Path) -> None:
        for made in (Whole(), Bare()):
            recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        other = edited().model_copy(update={"decomposed_by": "other@2"})
        elsewhere = edited(target="the same street in the snow")
        whole, bare = replaying("whole", tmp_path), replaying("bare", tmp_path)
        assert whole.scores(other, GALLERY.reference(), None, VIDEOS) == SCORES
        assert whole.scores(elsewhere, GALLERY.reference(), None, VIDEOS) == {}
        assert "differs first at query.trace.target" in whole.notes_of(REFERENCE)[0]
        assert bare.scores(other, GALLERY.reference(), None, VIDEOS) == {}, "nobody knows what it depends on"

    def test_with_other_weights_it_is_asked_again(self, store: ReplyStore, tmp_path: Path) -> None:
        recording(Whole(), store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        other = Whole(model="owner/name@def", known={VIDEOS[0]: 0.5})
        assert recording(other, store).scores(edited(), GALLERY.reference(), None, VIDEOS) == {VIDEOS[0]: 0.5}
        assert replaying("whole", tmp_path).scores(edited(), GALLERY.reference(), None, VIDEOS) == {VIDEOS[0]: 0.5}

    def test_a_channel_that_was_not_recorded(self, store: ReplyStore, tmp_path: Path) -> None:
        recording(Whole(), store)
        replayed = replaying("other", tmp_path)
        assert replayed.scores(edited(), GALLERY.reference(), None, VIDEOS) == {}
        [note] = replayed.notes_of(REFERENCE)
        assert note.startswith(f"other: {tmp_path / FILE} holds no answers of this channel; replay with")

    def test_what_it_depends_on_is_damaged(self, store: ReplyStore, tmp_path: Path) -> None:
        store.put_meta({f"{META}whole": '{"key": 1}'})
        with pytest.raises(ReplyStoreError, match="does not say what the channel whole depends on"):
            replaying("whole", tmp_path)

    def test_nothing_is_recorded_where_nothing_can_be_written(self, store: ReplyStore, tmp_path: Path) -> None:
        with (
            ReplyStore.open(tmp_path / FILE, read_only=True) as readable,
            pytest.raises(ReplyStoreError, match="open for reading only"),
        ):
            recording(Whole(), readable)


class TestNotes:
    def test_they_are_recorded_with_the_answer(self, store: ReplyStore, tmp_path: Path) -> None:
        made = Whole(notes=["lacks two"])
        recorded = recording(made, store)
        recorded.scores(edited(), GALLERY.reference(), None, VIDEOS)
        made.notes.append("later")
        expected = (f"lacks two of {REFERENCE}",)
        assert recorded.notes_of(REFERENCE) == expected
        replayed = replaying("whole", tmp_path)
        assert replayed.notes_of(REFERENCE) == ()
        replayed.scores(edited(), GALLERY.reference(), None, VIDEOS)
        assert replayed.notes_of(REFERENCE) == expected
        assert replayed.notes_of(VIDEOS[0]) == replayed.notes_of(None) == ()

    def test_a_question_in_words_has_its_own(self, store: ReplyStore) -> None:
        recorded = recording(Whole(notes=["lacks two"]), store)
        recorded.scores(edited("a street"), None, None, VIDEOS)
        assert recorded.notes_of(None) == ("lacks two of None",)

    def test_each_thread_hears_those_of_its_own_answer(self, store: ReplyStore, tmp_path: Path) -> None:
        made = Whole()
        recorded = recording(made, store)
        recorded.scores(edited(), GALLERY.reference(), None, VIDEOS)
        made.notes.append("dark")
        recorded.scores(edited("in the snow"), GALLERY.reference(), None, VIDEOS)
        replayed, together = replaying("whole", tmp_path), Barrier(2)

        def notes(edit: str) -> tuple[str, ...]:
            replayed.scores(edited(edit), GALLERY.reference(), None, VIDEOS)
            together.wait(timeout=10)
            return replayed.notes_of(REFERENCE)

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(notes, (EDIT, "in the snow"))) == [(), (f"dark of {REFERENCE}",)]


class TestKeeping:
    def test_of_two_who_ask_the_same_both_are_told_what_is_kept(self, store: ReplyStore, tmp_path: Path) -> None:
        together = Barrier(2)

        @dataclass
        class Drifting(Bare):
            """Says something else each time, as a model may that computes in batches."""

            def scores(self, *asked: Any) -> Mapping[str, float]:
                together.wait(timeout=10)
                self.asked.append(("", None))
                return {VIDEOS[0]: float(len(self.asked))}

        recorded = recording(Drifting(), store)
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(lambda _: recorded.scores(edited(), None, None, VIDEOS), range(2))
        assert one == other == replaying("bare", tmp_path).scores(edited(), None, None, VIDEOS)

    def test_what_does_not_fit_is_said_and_recorded_anew(self, store: ReplyStore, tmp_path: Path) -> None:
        made = Whole()
        expected = recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS)
        for damaged in ('{"scores": [0.5], "notes": []}', "[]"):
            with store.database.writing() as connection:
                connection.execute("UPDATE replies SET text = ?", (damaged,))
            replayed = replaying("whole", tmp_path)
            assert replayed.scores(edited(), GALLERY.reference(), None, VIDEOS) == {}
            assert "does not fit what this seewhy expects" in replayed.notes_of(REFERENCE)[0]
            assert recording(made, store).scores(edited(), GALLERY.reference(), None, VIDEOS) == expected
        assert len(made.asked) == 3

    def test_work_ahead_is_for_what_is_not_kept(self, store: ReplyStore) -> None:
        made = Whole()
        recorded = recording(made, store)
        recorded.scores(edited(), GALLERY.reference(), None, VIDEOS)
        recorded.ahead(
            [(edited(), GALLERY.reference()), (edited("in the snow"), GALLERY.reference()), (edited(), None)]
        )
        assert made.ahead_of == ["in the snow", EDIT]
        recorded.prepare(VIDEOS[:2])
        assert made.prepared == list(VIDEOS[:2])

    def test_answers_are_handed_on_with_the_replies(self, store: ReplyStore, tmp_path: Path) -> None:
        half = edited("a \ud800 half")
        recording(Whole(), store).scores(half, GALLERY.reference(), None, VIDEOS)
        export_replies(store, tmp_path / "handed.sqlite")
        (tmp_path / "there").mkdir()
        with ReplyStore.open(tmp_path / "there" / FILE) as other:
            assert import_replies(tmp_path / "handed.sqlite", other).replies_added == 1
            [group] = stats(other).groups
            assert (group.purpose, group.model, group.replies) == (PURPOSE, "owner/name@abc", 1)
        found = replaying("whole", tmp_path / "there").scores(
            edited("a \ud800 half"), GALLERY.reference(), None, VIDEOS
        )
        assert found == SCORES


def shelf(recording: Recording | None) -> Shelf:
    return Shelf(Settings(), Path(), False, GALLERY.twins, GALLERY.ids, GALLERY.clip, None, recording)


class TestShelf:
    def test_a_replay_loads_no_channel(
        self, store: ReplyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loaded: list[str] = []
        plugs = {"joint": lambda _: Whole(name="joint"), "rerank": lambda _: Bare(name="rerank")}

        def load(_: str, name: str) -> Any:
            loaded.append(name)
            return plugs[name]

        monkeypatch.setattr(registry, "load", load)
        made: dict[str, Channel] = {}
        plain = channels_of(shelf(None), "twin,joint,rerank", made)
        assert [type(one) for one in (*plain.others, plain.rerank)] == [Whole, Bare]
        recorded = channels_of(shelf(Recording(store, "", True)), "twin,joint,rerank", {})
        assert recorded.rerank is not None
        assert loaded == ["joint", "rerank"] * 2
        first = [one.scores(edited(), None, None, VIDEOS) for one in (*recorded.others, recorded.rerank)]
        readable = ReplyStore.open(tmp_path / FILE, read_only=True)
        replayed = channels_of(shelf(Recording(readable, "", False)), "twin,joint,rerank", {})
        assert replayed.rerank is not None
        assert [one.scores(edited(), None, None, VIDEOS) for one in (*replayed.others, replayed.rerank)] == first
        assert loaded == ["joint", "rerank"] * 2
        assert [one.name for one in (*replayed.others, replayed.rerank)] == ["joint", "rerank"]

    def test_the_recording_says_what_channels_depend_on(self, store: ReplyStore) -> None:
        recording(Whole(), store)
        kept = json.loads(store.meta()[f"{META}whole"])
        assert kept == {"key": {"model": "owner/name@abc"}, "query": ["text", "trace.target"], "ordered": False}
