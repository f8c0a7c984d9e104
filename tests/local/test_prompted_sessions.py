"""What prompted segmenting holds, and for how long: sessions, their borders, and memory."""

from __future__ import annotations

import tracemalloc
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from test_prompted import check_masks, crossing_behind, of, segmented, settings, track_of
from tiny_trackers import save_sam2
from truths import GREEN, RATE, RED, Actor, film, in_the_dark, still, wall

from seewhy.models.registry import SPECIALISTS, load
from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.pieces import place_of
from seewhy.perceive.local.prompted import PromptedSegmenter
from seewhy.perceive.motion import Motion
from seewhy.perceive.seams import CameraStep, Detection
from seewhy.perceive.watching import Watched
from seewhy.settings import LocalSettings, PerceiveSettings, Settings
from seewhy.types.video import Frame, FrameTime, Image


@pytest.mark.parametrize("chunk", [8, 9, 13])
def test_borders_of_sessions_do_not_show(chunk: int) -> None:
    shown = film(
        [
            Actor("cup", RED, (16, 14), lambda n: (2 + n, 5)),
            Actor("dog", GREEN, (14, 18), lambda n: (60 - n, 40)),
        ],
        40,
    )
    tracker = shown.tracker()
    found = segmented(shown, tracker, chunk=chunk)
    assert tracker.begun > 3
    assert tracker.open == 0
    assert found.tracks == segmented(shown, chunk=1000).tracks
    for name in ("cup", "dog"):
        check_masks(track_of(found, shown, name), of(shown, name))


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_how_many_frames_are_read_at_a_time_makes_no_difference(batch: int) -> None:
    """Shots that are shorter than what is read at a time, and one that is longer, among them."""
    shown = film(
        [
            Actor("cup", RED, (16, 14), lambda n: (2 + n, 5) if n < 34 else None),
            Actor("dog", GREEN, (14, 18), lambda n: (60 - n, 40) if n > 6 else None),
        ],
        40,
        walls={5: 11, 7: 12, 30: 13},
    )
    shown = in_the_dark(shown, [5, 6, *range(30, 40)])
    found, one = segmented(shown, batch=batch, chunk=9), segmented(shown, chunk=9)
    assert [number for number, step in enumerate(found.camera) if step.cut] == [5, 7, 30]
    assert len(found.tracks) == 2
    assert found.tracks == one.tracks
    assert found.detections == one.detections


def test_sessions_are_told_what_they_will_be_shown() -> None:
    """Up to the end of what is read, of the shot, and of the session; the next one with the last frame once more."""
    shown = in_the_dark(film([Actor("cup", RED, (16, 14), lambda n: (2 + n, 5))], 14, walls={11: 12}), [11, 12, 13])
    tracker = FakeTracker((RED,))
    assert segmented(shown, tracker, chunk=8, batch=6).tracks
    told = [[tuple(index // 2 for index in one) for one in session.expected] for session in tracker.sessions]
    assert [one for one in told if one] == [
        [(0, 1, 2, 3, 4, 5), (6, 7)],
        [(7, 8, 9, 10)],
        [(11,), (12, 13)],
    ]


def test_who_is_hidden_where_a_session_ends_is_found_again() -> None:
    shown = crossing_behind(pillar=26, width=27)
    hidden = [position for position, masks in enumerate(shown.truth) if "cup" not in masks]
    cup = track_of(segmented(shown, shown.tracker(), chunk=hidden[2], redetect=2), shown, "cup")
    assert len(cup.aliases) == 2
    assert min(cup.masks) < hidden[0] < hidden[-1] < max(cup.masks)


def test_what_stays_out_of_sight_is_followed_no_more() -> None:
    shown = film([Actor("cup", RED, (16, 14), lambda n: (20, 20) if n < 5 else None)], 6 * RATE)
    tracker = FakeTracker((RED,))
    (cup,) = segmented(shown, tracker).tracks
    check_masks(cup, of(shown, "cup"))
    (session,) = [session for session in tracker.sessions if len(session.looks) > 1]
    assert session.dropped == [1]
    assert len(session.looks) == 5 + 5 * RATE + 1, "five seconds after it was last seen"


def test_a_session_is_closed_when_the_video_breaks_off() -> None:
    shown = film([Actor("cup", RED, (16, 14), still(10, 20))], 6)
    tracker = shown.tracker()

    def broken() -> Iterator[Frame]:
        yield from shown.frames[:4]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        PromptedSegmenter(tracker, shown.detector(), settings(batch=2), ["cup"]).segment(broken())
    assert tracker.begun > 0
    assert tracker.open == 0


def test_the_profile_makes_one_from_settings(tmp_path: Path) -> None:
    """A tiny SAM 2.1 with random weights follows something through sessions, the same each time."""
    local = LocalSettings(sam2=str(save_sam2(tmp_path / "tiny-sam2")), device="cpu", chunk=8, redetect=4)
    made = Settings(profile="local", local=local, perceive=PerceiveSettings(detector="embedded.detector"))
    segmenter = load(SPECIALISTS, "local.sam2")(made)
    assert isinstance(segmenter, PromptedSegmenter)
    assert segmenter.source.startswith("tiny-sam2@")
    shown = film([Actor("cup", RED, (24, 24), lambda n: (10 + n, 20))], 12)
    following = PromptedSegmenter(segmenter._tracker, shown.detector(), made, ["cup"])
    first, second = following.segment(shown.frames), following.segment(shown.frames)
    assert first.tracks == second.tracks
    assert any(max(track.masks) >= local.chunk for track in first.tracks), "beyond the first session"
    assert segmenter.segment(shown.frames).detections.keys() == {0, 4, 8}


class Endless:
    """A cup on the move, for as long as you like, and who finds it. Each picture is made when it is asked for."""

    source = "fake.everywhere@1"
    vocabulary = None

    def __init__(self) -> None:
        self.most_alive = 0
        """pictures that were there at one time"""
        self.needed: list[int] = []
        """bytes in use when each frame was asked for"""

    def frames(self, count: int) -> Iterator[Frame]:
        behind = wall(height=48, width=64)
        pictures: deque[weakref.ref[Image]] = deque(maxlen=50)
        for number in range(count):
            image = behind.copy()
            left = 4 + abs(number % 80 - 40)
            image[12:30, left : left + 14] = RED
            pictures.append(weakref.ref(image))
            self.most_alive = max(self.most_alive, sum(picture() is not None for picture in pictures))
            self.needed.append(tracemalloc.get_traced_memory()[0])
            yield Frame(number, number, Fraction(1, RATE), number / RATE, image)

    def detect(self, frame: Frame, phrases: Sequence[str]) -> list[Detection]:
        where = place_of((frame.image == RED).all(axis=2))
        assert where is not None
        return [Detection(phrase, where.box, 0.9) for phrase in phrases]


class Tripod:
    """A camera watcher that need not look: the camera stands still. Optical flow would take nearly all of the time."""

    size = (48, 64)
    motion: tuple[float, ...] = ()

    def __init__(self) -> None:
        self._times: list[FrameTime] = []

    def take(self, frame: Frame) -> Watched:
        self._times.append(frame.time)
        still = np.zeros((*self.size, 2), np.float32), np.zeros(self.size, np.float32)
        motion = Motion(still[0], still[0], CameraStep(np.eye(3), 1.0), still[1], still[1])
        return Watched(frame.time, motion.camera, 0.0, frame.image, motion if len(self._times) > 1 else None)

    @property
    def times(self) -> tuple[FrameTime, ...]:
        return tuple(self._times)

    @property
    def camera(self) -> tuple[CameraStep, ...]:
        return (CameraStep(np.eye(3), 1.0),) * len(self._times)


def test_memory_does_not_grow_with_the_video(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each frame stays what was found in it, and no picture, however many there are."""
    count = 1000
    monkeypatch.setattr("seewhy.perceive.local.prompted.CameraWatcher", Tripod)
    world = Endless()
    segmenter = PromptedSegmenter(FakeTracker((RED,)), world, settings(redetect=12, chunk=32, batch=4), ["cup"])
    tracemalloc.start()
    found = segmenter.segment(world.frames(count))
    left, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    (cup,) = found.tracks
    assert len(cup.masks) == count
    assert cup.id_confidence == 1.0
    assert world.most_alive <= 4 + 3, "those read at a time, the one being made, and the last of a session"
    picture = 48 * 64 * 3
    assert world.needed[-1] - world.needed[200] < 0.3 * picture * (count - 200)
    assert peak - left < 0.1 * picture * count, "what is needed besides what is found"
