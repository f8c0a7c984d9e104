"""What tracks do: the tube that a model is shown, the times of its pictures, and what is made of its scores."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import tiny_actions
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from seewhy.errors import PerceptionError, WeightsError
from seewhy.keep import entered
from seewhy.models.local.devices import Device
from seewhy.models.local.pool import ModelPool
from seewhy.models.local.torches import torch_ready
from seewhy.models.local.weights import find
from seewhy.perceive.local.action_words import verb_phrase
from seewhy.perceive.local.actions import MOST_TRACKS, SURE, ActionClassifier, ActionModel
from seewhy.perceive.local.actions_fake import FakeActions
from seewhy.perceive.local.classifiers import VideoClassifier, action_classifier
from seewhy.perceive.local.tubes import MARGIN, WINDOW, Pictures, boxes_at, evenly, pictures, stretches, tube, windows
from seewhy.settings import Settings
from seewhy.types.time import Span
from seewhy.types.twin import Label, Observation, Tempo, Track, Twin
from seewhy.types.video import Frame
from seewhy.video.clip_fake import FakeClip, facts_of

Path_ = Callable[[float], tuple[float, float, float, float] | None]
"""seconds → box; None: not seen"""


def observed(number: int, path: Path_, times: Sequence[float]) -> Track:
    seen = [
        Observation(frame=index, t=t, x=(box[0] + box[2]) / 2, y=(box[1] + box[3]) / 2, box=box, area=0.1)
        for index, t in enumerate(times)
        if (box := path(t)) is not None
    ]
    label = Label(name="object", score=0.9, source="test@1")
    return Track(id=number, labels=(label,), observations=tuple(seen), score=0.9, source="test@1")


def still(x0: float, y0: float, x1: float, y1: float) -> Path_:
    return lambda _: (x0, y0, x1, y1)


def sliding(speed: float) -> Path_:
    """A square of 0.2 that starts at the left."""
    return lambda t: (speed * t, 0.4, speed * t + 0.2, 0.6)


TENTHS = [i / 10 for i in range(41)]


class TestTube:
    SIZE = (100, 100)

    def test_around_what_stands_still_with_its_margins(self) -> None:
        where = tube(observed(1, still(0.4, 0.3, 0.6, 0.4), TENTHS), [0.0, 2.0], self.SIZE)
        assert where.side == 20 + 2 * 20 * MARGIN == 30
        assert where.corners == ((35, 20), (35, 20)), "its middle is (50, 35)"

    def test_stands_still_while_the_track_fits_into_it(self) -> None:
        where = tube(observed(1, sliding(0.1), TENTHS), [0.0, 1.0, 2.0], self.SIZE)
        assert where.side == 40 + 10
        assert where.corners == ((0, 25), (0, 25), (0, 25)), "from 0 to 40, and a margin of 5 that the frame cuts off"

    def test_follows_no_more_than_it_must(self) -> None:
        """A square of 10 goes 90 to the right; three times its own 15 are 45."""
        where = tube(observed(1, lambda t: (t, 0.5, t + 0.1, 0.6), TENTHS), [0.0, 0.3, 0.6, 0.9], self.SIZE)
        assert where.side == 45
        lefts = [left for left, _ in where.corners]
        assert lefts == sorted(lefts)
        for t, left in zip((0, 30, 60, 90), lefts, strict=True):
            assert left <= t <= left + 45 - 10, "all of it is inside"
        assert lefts[1] == 28, "its middle would be at 50; the margin of 2.5 before the square is kept"

    def test_of_what_is_larger_than_the_frame_allows_the_middle(self) -> None:
        where = tube(observed(1, still(0.0, 0.0, 1.0, 1.0), TENTHS), [0.0], (60, 100))
        assert where.side == 60
        assert where.corners == ((20, 0),)

    def test_is_shifted_into_the_frame(self) -> None:
        where = tube(observed(1, still(0.0, 0.8, 0.2, 1.0), TENTHS), [0.0], self.SIZE)
        assert (where.side, where.corners) == (30, ((0, 70),))

    def test_tiny_things_have_a_least_size(self) -> None:
        where = tube(observed(1, still(0.50, 0.50, 0.51, 0.51), TENTHS), [0.0], self.SIZE)
        assert (where.side, where.corners) == (16, ((42, 42),))

    def test_one_wrong_mask_does_not_shake_it(self) -> None:
        def path(t: float) -> tuple[float, float, float, float]:
            return (0.0, 0.0, 1.0, 1.0) if t == 2.0 else (0.4, 0.4, 0.6, 0.6)

        assert np.allclose(boxes_at(observed(1, path, TENTHS), [1.9, 2.0, 2.1]), [0.4, 0.4, 0.6, 0.6])

    def test_between_two_sights_it_is_between_their_places(self) -> None:
        track = observed(1, sliding(0.1), [0.0, 1.0, 2.0, 3.0])
        assert np.allclose(boxes_at(track, [1.25, 99.0])[:, 0], [0.125, 0.3])

    @given(
        st.lists(st.tuples(*[st.floats(0, 1) for _ in range(4)]), min_size=1, max_size=8),
        st.integers(1, 200),
        st.integers(1, 200),
    )
    def test_always_lies_in_the_frame(self, corners: list[tuple[float, ...]], height: int, width: int) -> None:
        boxes = [(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in corners]
        track = observed(1, lambda t: boxes[int(t)], [float(i) for i in range(len(boxes))])
        where = tube(track, [0.0, 0.5 * len(boxes)], (height, width))
        assert 1 <= where.side <= min(height, width)
        for left, top in where.corners:
            assert 0 <= left <= width - where.side
            assert 0 <= top <= height - where.side


CLOCK = Fraction(1, 1000)


def frames_at(milliseconds: Sequence[int], size: tuple[int, int] = (48, 64)) -> list[Frame]:
    """Frame i is of the gray level i."""
    return [
        Frame(i, pts, CLOCK, float(pts * CLOCK), np.full((*size, 3), i % 256, np.uint8))
        for i, pts in enumerate(milliseconds)
    ]


class TestTimes:
    def test_the_frames_that_are_shown_in_the_middles_of_equal_parts(self) -> None:
        clip = FakeClip(frames_at(range(0, 4000, 40)))
        assert [frame.t for frame in evenly(clip, Span(start=1.0, end=3.0), 4)] == [1.24, 1.72, 2.24, 2.72]

    def test_frames_that_come_unevenly_are_shown_until_the_next_one(self) -> None:
        clip = FakeClip(frames_at([0, 100, 200, 1500, 1600, 3900]))
        picked = evenly(clip, Span(start=0.0, end=4.0), 8)  # at 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75
        assert [frame.t for frame in picked] == [0.2, 0.2, 0.2, 1.6, 1.6, 1.6, 1.6, 1.6]

    def test_before_the_first_frame_of_a_span_there_is_nothing_else_to_show(self) -> None:
        clip = FakeClip(frames_at([0, 900, 1000]))
        assert [frame.t for frame in evenly(clip, Span(start=0.5, end=1.0), 2)] == [0.9, 0.9]
        assert evenly(clip, Span(start=0.1, end=0.8), 2) == []

    @pytest.mark.parametrize("seconds", [0.5, 3.9, 4.0, 4.1, 6.0, 7.3, 30.0])
    def test_windows_cover_a_span_and_overlap_by_half(self, seconds: float) -> None:
        found = windows(Span(start=2.0, end=2.0 + seconds))
        assert found[0].start == 2.0
        assert found[-1].end == pytest.approx(2.0 + seconds)
        assert all(one.duration == pytest.approx(min(seconds, WINDOW)) for one in found)
        for before, after in itertools.pairwise(found):
            assert after.start - before.start <= WINDOW / 2 + 1e-9

    def test_stretches_end_at_cuts_and_where_a_track_goes(self) -> None:
        def path(t: float) -> tuple[float, float, float, float] | None:
            return None if 3.0 <= t < 5.0 else (0.4, 0.4, 0.6, 0.6)

        world = World([path], seconds=10.0, cuts=(7.05,))
        found = stretches(world.twin.tracks[0], world.twin, Span(start=1.0, end=9.0))
        assert [(round(one.start, 3), round(one.end, 3)) for one in found] == [(1.0, 3.0), (5.0, 7.05), (7.2, 9.0)]

    def test_a_glimpse_is_no_stretch(self) -> None:
        world = World([lambda t: (0.4, 0.4, 0.6, 0.6) if t < 0.35 else None], seconds=4.0)
        assert stretches(world.twin.tracks[0], world.twin, world.twin.span) == ()


class World:
    """A video at 20 frames a second whose pixels say their time, sampled at 5, with tracks."""

    SIZE = (60, 80)

    def __init__(self, paths: Sequence[Path_], seconds: float = 4.0, cuts: tuple[float, ...] = ()) -> None:
        self.frames = frames_at(range(0, round(1000 * seconds), 50), self.SIZE)
        self.clip = FakeClip(self.frames)
        sampled = [frame.time for frame in self.frames[::4]]
        tracks = []
        for number, path in enumerate(paths, start=1):
            track = observed(number, path, [time.t for time in sampled])
            seen = [one.model_copy(update={"frame": 4 * one.frame}) for one in track.observations]
            tracks.append(track.model_copy(update={"observations": tuple(seen)}))
        self.twin = Twin(
            video=facts_of(self.frames), frames=tuple(sampled), mask_size=self.SIZE, tracks=tuple(tracks),
            tempo=Tempo(cuts=cuts),
        )  # fmt: skip


MIDDLE = still(0.4, 0.4, 0.6, 0.6)
BESIDE = still(0.55, 0.4, 0.75, 0.6)
FAR = still(0.0, 0.0, 0.1, 0.1)


class TestPictures:
    def test_are_cut_from_the_frames_of_their_times(self) -> None:
        world = World([MIDDLE])
        seen = pictures(world.clip, world.twin.tracks[0], Span(start=0, end=4), 4, side=8)
        assert seen is not None
        shown, times = seen
        assert times == (0.5, 1.5, 2.5, 3.5)
        assert shown.shape == (4, 24, 24, 3), "16 pixels across, and half as much around"
        assert [int(one.mean()) for one in shown] == [10, 30, 50, 70]

    def test_of_small_tracks_come_from_larger_frames(self) -> None:
        frames = frames_at(range(0, 4000, 1000), (200, 200))
        clip = FakeClip(frames, settings=Settings.load(overrides={"video.lines": 64}, environment={}))
        track = observed(1, MIDDLE, TENTHS)
        seen = pictures(clip, track, Span(start=0, end=4), 2, side=32)
        assert seen is not None
        assert seen[0].shape == (2, 31, 31, 3), "of 64 lines it has 20; it is cut from frames of 64 * 32 / 20 lines"
        most = pictures(clip, track, Span(start=0, end=4), 2, side=500)
        assert most is not None
        assert most[0].shape == (2, 60, 60, 3), "the video has no more than 200 lines"


PUSH, HOLD, FALL, CAMERA, NEXT_TO = tiny_actions.LABELS


def likely(label: str, score: float = 0.9) -> NDArray[np.float64]:
    """Scores with one that stands out."""
    rest = (1 - score) / (len(tiny_actions.LABELS) - 1)
    return np.array([score if one == label else rest for one in tiny_actions.LABELS])


def by_time(*changes: tuple[float, NDArray[np.float64]]) -> Callable[[Pictures], NDArray[np.float64]]:
    """Scores by when a clip's pictures are from: its mean gray level is the number of its middle frame, 20 a second."""

    def scores(clip: Pictures) -> NDArray[np.float64]:
        t = float(clip.mean()) / 20
        return next(found for until, found in changes if t < until)

    return scores


def classifier(scores: Callable[[Pictures], NDArray[np.float64]]) -> ActionClassifier:
    return ActionClassifier(FakeActions(tiny_actions.LABELS, scores))


ALWAYS = 1e9


class TestEvents:
    def test_a_sure_action_is_an_event_of_the_track(self) -> None:
        world = World([MIDDLE, FAR])
        found = classifier(by_time((ALWAYS, likely(PUSH)))).act(world.twin, world.clip, [1], Span(start=0, end=3))
        (event,) = found.events
        assert (event.subject, event.action, event.object) == (1, "pushing something from left to right", None)
        assert event.span == Span(start=0, end=3)
        assert event.score == pytest.approx(0.9)
        assert event.source == found.source == "fake.actions@1"
        assert found.notes == ()

    def test_equal_neighbors_are_one_and_others_are_not(self) -> None:
        world = World([MIDDLE], seconds=12.0)  # windows from 0, 2, 4, 6, 8; their middles at 2, 4, 6, 8, 10
        scores = by_time((5, likely(HOLD, 0.8)), (7, likely(FALL)), (ALWAYS, likely(HOLD)))
        found = classifier(scores).act(world.twin, world.clip, [1])
        assert [(one.action, str(one.span)) for one in found.events] == [
            ("holding something", "0.0-6.0 s"),
            ("falling like a rock", "4.0-8.0 s"),
            ("holding something", "6.0-12.0 s"),
        ]
        assert found.events[0].score == pytest.approx(0.8)

    def test_what_is_not_sure_is_a_note_and_parts_its_neighbors(self) -> None:
        world = World([MIDDLE], seconds=8.0)  # windows from 0, 2, 4
        scores = by_time((3, likely(HOLD)), (5, likely(PUSH, SURE - 0.01)), (ALWAYS, likely(HOLD)))
        found = classifier(scores).act(world.twin, world.clip, [1])
        assert [str(one.span) for one in found.events] == ["0.0-4.0 s", "4.0-8.0 s"]
        (note,) = found.notes
        assert note.startswith("not sure what track 1 does in 2.0-6.0 s; likeliest: pushing something from left to")
        assert "(0.49), " in note

    def test_what_the_camera_does_is_not_what_a_track_does(self) -> None:
        world = World([MIDDLE])
        found = classifier(by_time((ALWAYS, likely(CAMERA)))).act(world.twin, world.clip, [1])
        assert found.events == ()
        assert found.notes[0].endswith("this says what the camera does")

    def test_what_it_is_done_to_is_said_where_there_is_no_doubt(self) -> None:
        def event(label: str, *paths: Path_) -> tuple[str, int | None]:
            world = World(paths)
            (one,) = classifier(by_time((ALWAYS, likely(label)))).act(world.twin, world.clip, [1]).events
            return one.action, one.object

        assert event(HOLD, MIDDLE, BESIDE) == ("holding", 2)
        assert event(PUSH, MIDDLE, BESIDE, FAR) == ("pushing something from left to right", None), "not at the end"
        assert event(HOLD, MIDDLE, FAR) == ("holding something", None)
        assert event(HOLD, MIDDLE, BESIDE, BESIDE) == ("holding something", None), "which of the two?"
        assert event(NEXT_TO, MIDDLE, BESIDE) == ("putting something next to something", None), "which something?"
        assert event(FALL, MIDDLE, BESIDE) == ("falling like a rock", None), "nothing is done to anything"
        assert event(HOLD, MIDDLE, lambda t: (0.55, 0.4, 0.75, 0.6) if t < 2 else None) == ("holding something", None)

    def test_a_part_of_it_is_not_what_it_is_done_to(self) -> None:
        world = World([MIDDLE, BESIDE])
        part = world.twin.tracks[1].model_copy(update={"part_of": 1})
        twin = world.twin.model_copy(update={"tracks": (world.twin.tracks[0], part)})
        for track in (1, 2):
            (one,) = classifier(by_time((ALWAYS, likely(HOLD)))).act(twin, world.clip, [track]).events
            assert one.object is None

    def test_enters_the_twin_for_every_later_question(self) -> None:
        world = World([MIDDLE, FAR])
        found = classifier(by_time((ALWAYS, likely(PUSH)))).act(world.twin, world.clip, [2])
        twin, _ = entered(world.twin, {}, found)
        assert [one.action for one in twin.events if one.source == found.source] == [verb_phrase(PUSH)]
        again, _ = entered(twin, {}, found)
        assert again.events == twin.events

    def test_tracks_out_of_view_and_too_many_are_noted(self) -> None:
        world = World([MIDDLE] * (MOST_TRACKS + 1) + [lambda t: (0.4, 0.4, 0.6, 0.6) if t > 3 else None])
        hold = classifier(by_time((ALWAYS, likely(FALL))))
        early = hold.act(world.twin, world.clip, [MOST_TRACKS + 2], Span(start=0, end=2))
        assert early.events == ()
        assert "not long enough in view" in early.notes[0]
        many = hold.act(world.twin, world.clip, range(1, MOST_TRACKS + 2))
        assert [one.subject for one in many.events] == [1, 2, 3, 4]
        assert many.notes == (f"tracks {MOST_TRACKS + 1} were not looked at: too many in one step",)

    def test_what_makes_no_sense_is_an_error(self) -> None:
        world = World([MIDDLE])
        acting = classifier(by_time((ALWAYS, likely(FALL))))
        with pytest.raises(PerceptionError, match="act needs the tracks"):
            acting.act(world.twin, world.clip, [])
        with pytest.raises(PerceptionError, match=r"there is no track 7 .* it has \[1\]"):
            acting.act(world.twin, world.clip, [7])
        with pytest.raises(PerceptionError, match="lies outside"):
            acting.act(world.twin, world.clip, [1], Span(start=50, end=60))


@pytest.mark.parametrize(
    ("label", "phrase"),
    [
        ("Pushing [something] from left to right", "pushing something from left to right"),
        ("Approaching something with your camera", "approaching something with your camera"),
        ("[Something] colliding with [something] and both come to a halt",
         "colliding with something and both come to a halt"),
        ("Showing [something] on top of [something]", "showing something on top of something"),
        ("Moving [part] of [something]", "moving part of something"),
        ("playing_guitar", "playing guitar"),
        ("  Riding   a bike ", "riding a bike"),
        ("LABEL_17", ""),
        ("17", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_labels_become_verb_phrases(label: str, phrase: str) -> None:
    assert verb_phrase(label) == phrase


# Models: the fake and the real architectures


SAVE = {"vjepa2": tiny_actions.save_vjepa2, "videomae": tiny_actions.save_videomae}
CPU = Device("cpu", "float32")


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch_ready().set_num_threads(1)
    return {name: save(tmp_path_factory.mktemp(f"tiny-{name}")) for name, save in SAVE.items()}


def settings_for(folder: Path) -> Settings:
    return Settings.load(overrides={"local.actions": str(folder), "local.device": "cpu"}, environment={})


def loaded(folder: Path, batch: int = 8) -> VideoClassifier:
    return VideoClassifier(find(str(folder), settings_for(folder).local), CPU, batch, ModelPool())


@pytest.fixture(params=["fake", *SAVE])
def model(request: pytest.FixtureRequest, saved: dict[str, Path]) -> ActionModel:
    if request.param == "fake":
        return FakeActions(tiny_actions.LABELS, by_time((5.0, likely(PUSH)), (ALWAYS, likely(HOLD))), frames=4, side=32)
    return loaded(saved[request.param])


def noise(seed: int, side: int) -> Pictures:
    return np.random.default_rng(seed).integers(0, 256, (4, side, side, 3), dtype=np.uint8)


class TestActionModel:
    def test_says_what_it_is_and_takes(self, model: ActionModel) -> None:
        name, _, version = model.source.partition("@")
        assert name
        assert version
        assert model.labels == tiny_actions.LABELS
        assert (model.frames, model.side) == (tiny_actions.FRAMES, tiny_actions.SIDE)

    def test_scores_every_label_of_every_clip(self, model: ActionModel) -> None:
        scores = model.scores([noise(1, 32), noise(2, 50), noise(3, 17)])
        assert [one.shape for one in scores] == [(5,)] * 3
        assert np.allclose([one.sum() for one in scores], 1)
        assert model.scores([]) == []

    def test_a_clip_scores_the_same_alone(self, model: ActionModel) -> None:
        clips = [noise(1, 32), noise(2, 50)]
        together, alone = model.scores(clips), [model.scores([clip])[0] for clip in clips]
        assert np.allclose(together, alone, atol=1e-6)

    def test_names_what_a_track_does(self, model: ActionModel) -> None:
        world = World([MIDDLE])
        (guesses,) = ActionClassifier(model).guesses(world.twin, world.clip, 1, world.twin.span)
        (guess,) = guesses
        assert guess.times == (0.5, 1.5, 2.5, 3.5)
        assert [score for _, score in guess.actions] == sorted((score for _, score in guess.actions), reverse=True)
        assert {action for action, _ in guess.actions} <= set(map(verb_phrase, tiny_actions.LABELS))


@pytest.mark.parametrize("name", SAVE)
class TestWeights:
    def test_pixels_reach_the_network_as_it_has_learned_them(self, name: str, saved: dict[str, Path]) -> None:
        """RGB, 0..1, normalized: clips of one color in each frame are the same at every size."""
        torch = torch_ready()
        import transformers

        model = loaded(saved[name])
        colors = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 200, 20)], np.uint8)
        clip = np.broadcast_to(colors[:, None, None], (4, 45, 45, 3)).copy()
        kind = {"vjepa2": "VJEPA2ForVideoClassification", "videomae": "VideoMAEForVideoClassification"}[name]
        network = getattr(transformers, kind).from_pretrained(saved[name]).eval()
        imagenet = name == "vjepa2"
        mean = (0.485, 0.456, 0.406) if imagenet else (0.5, 0.5, 0.5)
        spread = (0.229, 0.224, 0.225) if imagenet else (0.5, 0.5, 0.5)
        pixels = torch.tensor((colors / 255 - mean) / spread, dtype=torch.float32)
        with torch.inference_mode():
            logits = network(pixels[None, :, :, None, None].expand(1, 4, 3, 32, 32).contiguous()).logits
        assert np.allclose(model.scores([clip])[0], torch.softmax(logits, -1)[0].numpy(), atol=1e-5)

    def test_comes_from_the_settings(self, name: str, saved: dict[str, Path]) -> None:
        made = action_classifier(settings_for(saved[name]))
        weights = find(str(saved[name]), settings_for(saved[name]).local)
        assert made.source == f"{saved[name].name}@{weights.version}"

    def test_is_loaded_once_and_released(self, name: str, saved: dict[str, Path]) -> None:
        pool = ModelPool()
        model = VideoClassifier(find(str(saved[name]), settings_for(saved[name]).local), CPU, 8, pool)
        assert pool.loaded == (), "nothing before it is needed"
        before = model.scores([noise(1, 32)])
        assert len(pool.loaded) == 1
        assert pool.release() == 1
        assert np.array_equal(model.scores([noise(1, 32)]), before)

    def test_labels_without_names_are_an_error(self, name: str, tmp_path: Path) -> None:
        SAVE[name](tmp_path, [f"LABEL_{number}" for number in range(3)])
        with pytest.raises(WeightsError, match="does not name its actions: id2label has 'LABEL_0'"):
            _ = loaded(tmp_path).labels


def test_an_older_processors_file_is_read(saved: dict[str, Path], tmp_path: Path) -> None:
    """VideoMAE's published weights come with that of the former image processor."""
    for file in saved["videomae"].iterdir():
        new = "preprocessor_config.json" if file.name.startswith("video_") else file.name
        (tmp_path / new).write_bytes(file.read_bytes())
    clip = noise(1, 40)
    assert np.array_equal(loaded(tmp_path).scores([clip]), loaded(saved["videomae"]).scores([clip]))


def test_another_kind_of_model_is_refused(saved: dict[str, Path], tmp_path: Path) -> None:
    for file in saved["vjepa2"].iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes().replace(b'"vjepa2"', b'"owlv2"'))
    with pytest.raises(WeightsError, match="is a model of type 'owlv2'; to name actions it takes videomae or vjepa2"):
        loaded(tmp_path)


def test_weights_that_are_not_here_say_how_to_get_them(tmp_path: Path) -> None:
    settings = Settings.load(overrides={"local.cache": str(tmp_path)}, environment={})
    with pytest.raises(WeightsError, match="seewhy models pull facebook/vjepa2-vitl-fpc16-256-ssv2"):
        action_classifier(settings)
