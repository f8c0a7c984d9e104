"""What happens between two samples is seen when every frame is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pytest

from seewhy.perceive.entering import enter
from seewhy.perceive.fullrate import at_full_rate
from seewhy.perceive.observing import observation, place
from seewhy.twin.derive import derive
from seewhy.types.masks import Mask, Rle, decode, encode
from seewhy.types.time import Span
from seewhy.types.twin import Label, Track, Twin
from seewhy.types.video import Frame, Image, VideoFacts, VideoId
from seewhy.video.clip_fake import FakeClip

WIDTH, HEIGHT, RATE, STEP = 320, 192, 30, 15
SIDE = 48
RANDOM = np.random.default_rng(7)
BACKGROUND = RANDOM.integers(90, 130, (HEIGHT, WIDTH, 3), np.uint8)
SKINS = RANDOM.integers(0, 60, (2, SIDE, SIDE, 3), np.uint8) + np.array(
    [[[[190, 20, 20]]], [[[20, 40, 190]]]], np.uint8
)


@dataclass(frozen=True)
class Story:
    """Two textured squares, of which one darts towards the other and back between the second and the third sample."""

    frames: tuple[Frame, ...]
    truth: dict[int, dict[int, Mask]]
    twin: Twin
    masks: dict[int, dict[int, Rle]]

    @property
    def clip(self) -> FakeClip:
        return FakeClip(self.frames)


def at(index: int) -> int:
    """x of the one that darts: at rest at 40; near the other, which starts at 144, for a third of a second."""
    away = max(0.0, 7 - abs(index - 22.5))  # frames 16..29
    return round(min(40 + 14 * away, 110))


@pytest.fixture(scope="module")
def story() -> Story:
    frames: list[Frame] = []
    truth: dict[int, dict[int, Mask]] = {}
    for index in range(61):
        image: Image = BACKGROUND.copy()
        truth[index] = {}
        for track, x in ((2, 144), (1, at(index))):
            image[72 : 72 + SIDE, x : x + SIDE] = SKINS[track - 1]
            pixels = np.zeros((HEIGHT, WIDTH), bool)
            pixels[72 : 72 + SIDE, x : x + SIDE] = True
            truth[index] = {number: mask & ~pixels for number, mask in truth[index].items()} | {track: pixels}
        frames.append(Frame(index, index, Fraction(1, RATE), index / RATE, image))
    sampled = frames[::STEP]
    masks = {f.index: {track: encode(mask) for track, mask in truth[f.index].items()} for f in sampled}
    tracks = []
    for track in (1, 2):
        places = [(f.time, place(masks[f.index][track])) for f in sampled]
        seen = tuple(observation(time, track, where, None, 1.0) for time, where in places if where is not None)
        label = Label(name="object", score=1.0, source="test@1")
        tracks.append(Track(id=track, labels=(label,), observations=seen, score=1.0, source="test@1"))
    facts = VideoFacts(
        id=VideoId("0" * 32), bytes=1, width=WIDTH, height=HEIGHT, rotation=0, duration=61 / RATE, start_pts=0,
        time_base=Fraction(1, RATE), average_rate=Fraction(RATE), codec="drawn", container="memory",
    )  # fmt: skip
    times = tuple(frame.time for frame in sampled)
    twin = derive(Twin(video=facts, frames=times, mask_size=(HEIGHT, WIDTH), tracks=tuple(tracks)))
    return Story(tuple(frames), truth, twin, masks)


def iou(a: Mask, b: Mask) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def test_masks_between_samples_are_where_things_are(story: Story) -> None:
    found = at_full_rate(story.clip, story.twin, story.masks, Span(start=0.6, end=0.9))
    indices = [frame.index for frame in found.frames]
    assert indices == list(range(16, 30)), "from the sample before to the sample after, samples left out"
    assert set(found.masks) == set(indices)
    still = [iou(decode(found.masks[i][2]), story.truth[i][2]) for i in indices if 2 in found.masks[i]]
    assert len(still) == len(indices)
    assert np.mean(still) > 0.75
    near = [iou(decode(found.masks[i][1]), story.truth[i][1]) for i in indices]
    assert min(near) > 0.75, near
    assert {mask.size for of in found.masks.values() for mask in of.values()} == {(HEIGHT, WIDTH)}


def test_a_relation_of_a_moment_is_derived_only_from_every_frame(story: Story) -> None:
    def touching(twin: Twin) -> set[str]:
        return {relation.predicate for relation in twin.relations} & {"near", "overlaps"}

    found = at_full_rate(story.clip, story.twin, story.masks, Span(start=0.5, end=1.0))
    twin, masks = enter(story.twin, story.masks, found)
    again = derive(twin)
    assert touching(story.twin) == set(), "at every sample the one stands where it stood"
    assert touching(again) == {"near"}, "they overlap, too, for less time than a relation has to last"
    moment = next(relation.span for relation in again.relations if relation.predicate == "near")
    assert 0.5 < moment.start < 0.7
    assert 0.8 < moment.end < 1.0
    assert set(masks) == {seen.frame for track in again.tracks for seen in track.observations}


def test_only_the_tracks_asked_for(story: Story) -> None:
    found = at_full_rate(story.clip, story.twin, story.masks, Span(start=0.6, end=0.8), tracks=(2,))
    assert {track for of in found.masks.values() for track in of} == {2}


def test_no_more_frames_than_allowed_and_what_is_left_out_is_said(story: Story) -> None:
    found = at_full_rate(story.clip, story.twin, story.masks, story.twin.span, most_frames=20)
    assert max(frame.index for frame in found.frames) == 14
    assert any("left out" in note for note in found.notes)


def test_a_stretch_whose_every_frame_was_sampled_gives_nothing(story: Story) -> None:
    every = story.twin.model_copy(update={"frames": tuple(frame.time for frame in story.frames)})
    found = at_full_rate(story.clip, every, story.masks, Span(start=0.6, end=0.9))
    assert (found.count, found.notes) == (0, ("every frame of the stretch was sampled",))


def test_twice_is_the_same(story: Story) -> None:
    span = Span(start=0.5, end=1.0)
    first, second = (at_full_rate(story.clip, story.twin, story.masks, span) for _ in range(2))
    assert first.masks == second.masks
