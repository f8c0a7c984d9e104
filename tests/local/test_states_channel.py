"""The channel `states`: what is described when, what is kept, and what is said where it finds nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from clip_gallery import EDIT, REFERENCE, VIDEOS, ClipGallery, clip_of_color, edited
from tiny_embedding import video_checkpoint
from tiny_language import language_settings

from seewhy.channels.shelf import Shelf
from seewhy.channels.states import FEWEST, MOST, StatesChannel, by_second, footage_by_second, states
from seewhy.channels.vectors import VECTORS_FOLDER, VectorFolder
from seewhy.errors import LibraryReadOnly, PerceptionError, VideoError
from seewhy.models.local.composed import states as composing
from seewhy.models.local.composed.states import Described, Imagined
from seewhy.models.local.footage import Footage
from seewhy.models.local.pooling import Vector
from seewhy.types.query import Filters
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

    def compose(self, footage: Footage, edit: str) -> Imagined:
        if int(footage.images[0][0, 0, 0]) in self.dull:
            raise PerceptionError("no vector: nothing was said")
        self.edits.append(edit)
        return Imagined((), "", "", seen(footage))


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
