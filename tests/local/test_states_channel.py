"""The channel `states`: what is described when, what is kept, and what is said where it finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from clip_gallery import EDIT, REFERENCE, VIDEOS, ClipGallery, clip_of_color, edited
from tiny_embedding import video_checkpoint
from tiny_language import language_settings

from seewhy.channels.shelf import Shelf
from seewhy.channels.showing import FEWEST, MOST, by_second, footage_by_second
from seewhy.channels.states import KEPT, StatesChannel, states
from seewhy.channels.vectors import VectorFolder
from seewhy.engine import Ahead
from seewhy.errors import LibraryReadOnly, PerceptionError, VideoError
from seewhy.models.local.composed import states as composing
from seewhy.models.local.composed.states import Described, Edited, Imagined
from seewhy.models.local.footage import Footage
from seewhy.models.local.pooling import Vector
from seewhy.reason.seams import Reference
from seewhy.search import TOGETHER
from seewhy.twin.folder import VECTORS_FOLDER
from seewhy.types.query import Filters, Query
from seewhy.types.video import Frame, FrameTime
from seewhy.video.clip_fake import FakeClip

KEY = {"channel": "states", "model": "colors@1"}


def seen(footage: Footage) -> Vector:
    """What number a clip of color has, as an angle."""
    angle = float(footage.images[0][0, 0, 0]) / 100
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


@dataclass
class Colors:
    """A teller that sees a clip's color and nothing else."""

    dull: set[int] = field(default_factory=set)
    """colors that it has no words for"""
    batches: list[int] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)

    def describe_all(self, videos: Sequence[Footage]) -> list[Described | PerceptionError]:
        self.batches.append(len(videos))
        return [
            PerceptionError("no vector: nothing was said")
            if int(one.images[0][0, 0, 0]) in self.dull
            else Described(f"It is {one.images[0][0, 0, 0]}.", seen(one))
            for one in videos
        ]

    composed: list[int] = field(default_factory=list)
    """how many edits together"""
    notes: tuple[str, ...] = ()
    """what it does without when it imagines"""

    def compose_all(self, asked: Sequence[Edited]) -> list[Imagined | PerceptionError]:
        self.composed.append(len(asked))
        self.edits += [one.edit for one in asked if int(one.footage.images[0][0, 0, 0]) not in self.dull]
        return [
            PerceptionError("no vector: nothing was said")
            if int(one.footage.images[0][0, 0, 0]) in self.dull
            else Imagined((), "", "", seen(one.footage), self.notes)
            for one in asked
        ]


def channel(gallery: ClipGallery, teller: Colors, path: Path, *, read_only: bool = False) -> StatesChannel:
    vectors = VectorFolder(path, KEY, read_only)
    return StatesChannel(teller, vectors, gallery.twins, gallery.clip, gallery.ids, side=4)


class TestFrames:
    def test_an_18_second_clip_gives_18_frames_with_their_times(self) -> None:
        clock, picture = Fraction(1001, 6000), np.zeros((8, 8, 3), np.uint8)  # 5.994 a second
        frames = [Frame(i, i, clock, float(i * clock), picture + np.uint8(i)) for i in range(108)]
        twin = ClipGallery().twins.load(REFERENCE).model_copy(update={"frames": tuple(one.time for one in frames)})
        shown = footage_by_second(twin, FakeClip(frames))
        assert len(shown.images) == 18
        assert shown.seconds == tuple(float(6 * second * clock) for second in range(18))  # true: not 1.0, but 1.001
        assert [image[0, 0, 0] for image in shown.images] == list(range(0, 108, 6))

    @pytest.mark.parametrize(
        ("times", "chosen"),
        [
            ([0.0], (0,)),
            ([0.0, 0.5], (0, 1)),
            ([0.2 * number for number in range(9)], (0, 3, 5, 8)),  # 1.6 s: four, evenly
            ([0.0, 0.4, 1.1, 1.9, 2.2, 3.4, 9.0], (0, 2, 3, 5, 6)),
        ],
    )
    def test_the_nearest_to_each_second(self, times: list[float], chosen: tuple[int, ...]) -> None:
        frames = [FrameTime(index=number, pts=0, t=time) for number, time in enumerate(times)]
        assert by_second(frames) == chosen
        assert len(chosen) >= min(FEWEST, len(times))

    def test_long_videos_have_frames_further_apart(self) -> None:
        frames = [FrameTime(index=number, pts=0, t=number / 2) for number in range(600)]
        chosen = by_second(frames)
        assert len(chosen) == MOST
        assert (chosen[0], chosen[-1]) == (0, 598)

    def test_pictures_that_no_model_takes_are_said(self) -> None:
        twin = ClipGallery().twins.load(REFERENCE)
        thread = twin.model_copy(update={"video": twin.video.model_copy(update={"width": 2010, "height": 10})})
        with pytest.raises(VideoError, match="2010x10"):
            footage_by_second(thread, clip_of_color(1))


class TestChannel:
    def test_scores_are_cosines_with_what_would_result(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        scores = channel(gallery, colors, tmp_path).scores(edited(), gallery.reference(), None, None)
        assert set(scores) == set(VIDEOS)
        assert scores[VIDEOS[0]] == pytest.approx(np.cos(1.9), abs=1e-6)  # 10 and the reference's 200
        assert colors.edits == [EDIT]

    def test_the_gallery_is_described_once_in_batches_and_kept(self, tmp_path: Path) -> None:
        gallery, colors, told = ClipGallery(), Colors(), list[tuple[int, int]]()
        made = channel(gallery, colors, tmp_path)
        made.prepare(VIDEOS, lambda *numbers: told.append(numbers))
        made.prepare(VIDEOS, lambda *numbers: told.append(numbers))
        assert colors.batches == [4, 2]
        assert told == [(4, 6), (6, 6)]
        again = channel(gallery, colors, tmp_path)
        assert len(again.scores(edited(), gallery.reference(), None, None)) == len(VIDEOS)
        assert colors.batches == [4, 2]
        assert len(gallery.looked_at) == len(VIDEOS)
        assert VectorFolder(tmp_path, KEY).text(VIDEOS[0]) == "It is 10."

    def test_interrupted_it_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()

        def interrupt(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            channel(gallery, colors, tmp_path).prepare(VIDEOS, interrupt)
        channel(gallery, colors, tmp_path).prepare(VIDEOS)
        assert colors.batches == [4, 2]

    def test_only_what_is_asked_about_is_described(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        some = Filters(videos=frozenset(VIDEOS[1:3]))
        assert set(made.scores(edited(), gallery.reference(), some, None)) == set(VIDEOS[1:3])
        assert set(made.scores(edited(), gallery.reference(), some, VIDEOS[2:5])) == {VIDEOS[2]}
        assert made.scores(edited(), gallery.reference(), some, []) == {}
        assert colors.batches == [2]
        assert len(colors.edits) == 1, "nothing is reasoned for nothing, nor twice about one edit"
        made.scores(edited("in the snow"), gallery.reference(), some, None)
        made.scores(edited(), replaced(gallery.reference(), twin=gallery.twins.load(VIDEOS[0])), some, None)
        assert len(colors.edits) == 3, "another edit, and another reference, are other questions"

    def test_what_has_no_vector_is_said_once_and_not_tried_again(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(gone={VIDEOS[1]}), Colors(dull={30})
        gallery.twins.delete(VIDEOS[4])
        made = channel(gallery, colors, tmp_path)
        for _ in range(2):
            scores = made.scores(edited(), gallery.reference(), None, None)
            assert set(scores) == {VIDEOS[0], VIDEOS[3], VIDEOS[5]}
        assert gallery.looked_at.count(VIDEOS[1]) == 1
        assert colors.batches == [3, 1]
        [note] = made.notes_of(REFERENCE)
        assert note.startswith(f"states: 3 videos have no vector and cannot be found this way (video {VIDEOS[1]}: ")

    def test_a_reference_that_shows_nothing_finds_nothing_and_says_why(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors(dull={200})
        made = channel(gallery, colors, tmp_path)
        assert made.scores(edited(), None, None, None) == {}
        assert made.scores(edited(), gallery.reference(blind=True), None, None) == {}
        assert made.scores(edited(), gallery.reference(), None, None) == {}
        assert colors.batches == [], "nothing is described for nothing"
        blind, dull = made.notes_of(REFERENCE)
        assert blind == f"states: an edit of {REFERENCE} finds nothing this way: there are no pictures of it"
        assert dull.endswith("no vector: nothing was said")
        assert made.notes_of(VIDEOS[0]) == (), "an answer about another reference lacks nothing"

    def test_a_folder_that_cannot_be_written_costs_no_answer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise LibraryReadOnly("the folder cannot be written")

        monkeypatch.setattr(VectorFolder, "_write", refuse)
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        for _ in range(2):
            assert len(made.scores(edited(), gallery.reference(), None, None)) == len(VIDEOS)
        assert colors.batches == [4, 2]
        assert made.notes_of(REFERENCE) == ("states: vectors are not kept: the folder cannot be written",)

    def test_a_library_open_for_reading_only_says_what_it_costs(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        channel(gallery, colors, tmp_path).prepare(VIDEOS[:4])
        made = channel(gallery, colors, tmp_path, read_only=True)
        made.scores(edited(), gallery.reference(), Filters(videos=frozenset(VIDEOS[:4])), None)
        assert made.notes_of(REFERENCE) == (), "nothing is missing of those that are asked about"
        made.scores(edited(), gallery.reference(), None, None)
        [note] = made.notes_of(REFERENCE)
        assert note.startswith("states: vectors of videos are missing and are made anew each time")


class TestAhead:
    def asked(self, gallery: ClipGallery) -> list[tuple[Query, Reference | None]]:
        """Seven edits of several references, one of them twice, one of nothing that can be seen, and a question."""
        others = [
            replaced(gallery.reference(), twin=gallery.twins.load(video), clip=clip_of_color(number))
            for number, video in ((7, VIDEOS[0]), (90, VIDEOS[1]))
        ]
        return [
            *((edited(text), one) for text in (EDIT, "in the snow") for one in (gallery.reference(), *others)),
            (edited(), gallery.reference()),
            (edited("blue"), gallery.reference(blind=True)),
            (edited("words"), None),
        ]

    def test_together_they_are_what_each_is_alone(self, tmp_path: Path) -> None:
        gallery, alone, together = ClipGallery(), Colors(dull={90}), Colors(dull={90})
        one_by_one = channel(gallery, alone, tmp_path / "alone")
        at_once = channel(gallery, together, tmp_path / "together")
        assert isinstance(at_once, Ahead)
        at_once.ahead(self.asked(gallery))
        assert together.composed == [4, 2]
        for query, reference in self.asked(gallery):
            expected = one_by_one.scores(query, reference, None, None)
            assert at_once.scores(query, reference, None, None) == expected
            video = None if reference is None else reference.twin.id
            assert at_once.notes_of(video) == one_by_one.notes_of(video)
        assert sorted(together.edits) == sorted(alone.edits)
        assert alone.composed == [1] * 6
        assert together.composed == [4, 2, 1, 1], "what fails together is tried again, and said"

    def test_what_is_known_is_not_imagined_again(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        made.scores(edited(), gallery.reference(), None, None)
        for _ in range(2):
            made.ahead([(edited(), gallery.reference()), (edited("in the snow"), gallery.reference())])
        assert colors.edits == [EDIT, "in the snow"]
        made.ahead([])
        assert colors.composed == [1, 1]

    def test_a_reference_that_cannot_be_read_is_said_when_it_is_asked_about(self, tmp_path: Path) -> None:
        class Gone:
            def exact(self, *_: object) -> object:
                raise VideoError("gone.mp4", "the file is gone")

        gallery, colors = ClipGallery(), Colors()
        made = channel(gallery, colors, tmp_path)
        gone = cast(Any, replaced(gallery.reference(), clip=cast(Any, Gone())))
        made.ahead([(edited(), gone), (edited("in the snow"), gone)])
        assert colors.composed == []
        assert made.notes_of(REFERENCE) == ()
        assert made.scores(edited(), gone, None, None) == {}
        assert made.notes_of(REFERENCE)[0].endswith("gone.mp4: the file is gone")

    def test_what_had_to_be_done_without_is_said_of_each_edit(self, tmp_path: Path) -> None:
        gallery, colors = ClipGallery(), Colors(notes=("nothing was said of what would follow",))
        made = channel(gallery, colors, tmp_path)
        made.ahead([(edited(), gallery.reference()), (edited("in the snow"), gallery.reference())])
        assert made.notes_of(REFERENCE) == ()
        made.scores(edited(), gallery.reference(), None, None)
        assert made.notes_of(REFERENCE) == (f"states: an edit of {REFERENCE}: nothing was said of what would follow",)
        assert made.notes_of(VIDEOS[0]) == ()

    def test_a_group_is_remembered_as_a_whole(self) -> None:
        assert KEPT >= TOGETHER


def test_over_a_checkpoint_edits_together_are_what_each_is_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composing, "DESCRIPTION_TOKENS", 12)
    monkeypatch.setattr(composing, "REASONING_TOKENS", 6)
    gallery = ClipGallery(videos=VIDEOS[:3])
    shelf = Shelf(
        language_settings(str(video_checkpoint()), batch=3), tmp_path, False, gallery.twins, gallery.ids, gallery.clip,
        None,
    )  # fmt: skip
    asked = [
        (edited(text), replaced(gallery.reference(), twin=gallery.twins.load(video), clip=gallery.clip(video)))
        for text in (EDIT, "it is blue, and the dog is gone")
        for video in VIDEOS[:2]
    ]
    one_by_one, together = states(shelf), states(shelf)
    together.ahead(asked)
    assert len(together._imaginings) == len(asked)
    for query, reference in asked:
        expected = one_by_one.scores(query, reference, None, None)
        assert together.scores(query, reference, None, None) == pytest.approx(expected, abs=1e-4)
    assert together.depends == one_by_one.depends
    assert together.depends.key["strategy"] == "two_stage"


def test_over_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model with random weights knows nothing, but the same pictures are described in the same words."""
    monkeypatch.setattr(composing, "DESCRIPTION_TOKENS", 12)
    monkeypatch.setattr(composing, "REASONING_TOKENS", 6)
    gallery = ClipGallery(videos=VIDEOS[:3])
    settings = language_settings(str(video_checkpoint()))
    chosen = settings.model_copy(update={"compose": settings.compose.model_copy(update={"channels": "states"})})
    shelf = Shelf(chosen, tmp_path, False, gallery.twins, gallery.ids, gallery.clip, None)
    made = states(shelf)
    scores = made.scores(edited(), replaced(gallery.reference(), clip=gallery.clip(VIDEOS[1])), None, None)
    assert set(scores) == set(VIDEOS[:3])
    assert all(-1.001 < score < 1.001 for score in scores.values())
    [folder] = (tmp_path / VECTORS_FOLDER).iterdir()
    assert sorted(file.name for file in folder.glob("*.npy")) == [f"{video}.npy" for video in VIDEOS[:3]]
    assert made.notes_of(REFERENCE) == ()
