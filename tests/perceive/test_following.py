"""Things followed from a box, in drawn films whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest
from boxes import HEIGHT, WIDTH, Box, Where, film, fractions, mask_of, surface, twin_of

from seewhy.errors import PerceptionError
from seewhy.perceive.hosted.following import follow_box
from seewhy.types.masks import Rle, decode
from seewhy.types.video import Frame
from seewhy.video.clip_fake import FakeClip

RED, BLUE = (205, 45, 45), (50, 60, 205)
COUNT, RATE = 48, 24
"""two seconds, of which 12 frames are sampled: every fourth"""


def follow(clip: FakeClip, frame: int, box: Box, cuts: tuple[float, ...] = ()) -> dict[int, Rle]:
    return follow_box(clip, twin_of(clip, {}, cuts)[0], frame, fractions(box))


def fits(found: dict[int, Rle], where: Where) -> list[float]:
    values = []
    for frame in range(0, COUNT, 4):
        truth = mask_of(where(frame))
        mask = decode(found[frame]) if frame in found else np.zeros_like(truth)
        if truth.any() or mask.any():
            values.append(float((truth & mask).sum() / (truth | mask).sum()))
    return values


def still(_: int) -> Box:
    return 60, 30, 90, 60


def sliding(number: int) -> Box:
    return 20 + 2 * number, 30, 48 + 2 * number, 60


def test_a_still_thing_is_found_in_every_frame() -> None:
    found = follow(film(COUNT, RATE, (RED, still)), 0, still(0))
    assert list(found) == list(range(0, COUNT, 4))
    assert min(fits(found, still)) > 0.85
    assert all(mask.size == (HEIGHT, WIDTH) for mask in found.values())


@pytest.mark.parametrize("start", [0, 24, 44])
def test_a_moving_thing_is_followed_forwards_and_backwards(start: int) -> None:
    found = follow(film(COUNT, RATE, (RED, sliding)), start, sliding(start))
    assert list(found) == list(range(0, COUNT, 4))
    assert np.mean(fits(found, sliding)) > 0.8


def test_a_leap_too_far_for_flow_is_found_by_its_picture() -> None:
    def leaping(number: int) -> Box:
        left = 20 if number < 20 else 54
        return left, 30, left + 24, 54

    found = follow(film(COUNT, RATE, (RED, leaping)), 0, leaping(0))
    assert np.mean(fits(found, leaping)) > 0.75


def test_of_two_things_the_one_in_the_box_is_followed() -> None:
    def other(number: int) -> Box:
        return 110 - 2 * number, 66, 138 - 2 * number, 90

    found = follow(film(COUNT, RATE, (BLUE, other), (RED, sliding)), 0, sliding(0))
    assert np.mean(fits(found, sliding)) > 0.75


def test_what_leaves_is_followed_until_it_is_gone() -> None:
    def leaving(number: int) -> Box:
        return 70 + 4 * number, 30, 100 + 4 * number, 60

    found = follow(film(COUNT, RATE, (RED, leaving)), 0, leaving(0))
    gone = next(frame for frame in range(0, COUNT, 4) if leaving(frame)[0] >= WIDTH)
    assert 0 in found
    assert gone - 12 <= max(found) < gone
    assert np.mean(fits(found, leaving)[: gone // 4 - 2]) > 0.7


def test_it_ends_at_a_cut() -> None:
    before, after = film(COUNT, RATE, (RED, still)), surface(3, (30, 180, 60), grain=5)
    frames = [replace(frame, image=after if frame.index >= 24 else frame.image) for frame in every_frame(before)]
    assert max(follow(FakeClip(frames), 0, still(0))) == 20


def every_frame(clip: FakeClip) -> list[Frame]:
    return list(clip.every(twin_of(clip, {})[0].span, COUNT))


def test_nothing_comes_of_a_box_with_nothing_in_it() -> None:
    clip = film(COUNT, RATE, (RED, still))
    assert follow(clip, 0, (5, 60, 35, 90)) == {}
    assert follow(clip, 0, (50, 50, 50, 80)) == {}
    assert follow(clip, 0, (30, 30, 31, 31)) == {}


def test_a_box_may_reach_out_of_the_frame() -> None:
    def corner(_: int) -> Box:
        return -10, -10, 30, 30

    found = follow(film(COUNT, RATE, (RED, corner)), 8, corner(8))
    assert np.mean(fits(found, corner)) > 0.75


def test_the_result_does_not_depend_on_what_ran_before() -> None:
    clip = film(COUNT, RATE, (RED, sliding))
    first = follow(clip, 0, sliding(0))
    cv2.setRNGSeed(12345)
    assert follow(clip, 0, sliding(0)) == first


def test_the_video_is_read_once_and_no_further_than_needed() -> None:
    read: list[int] = []

    class Counting(FakeClip):
        def sampled(self) -> Iterator[Frame]:
            for frame in super().sampled():
                read.append(frame.index)
                yield frame

    whole = film(COUNT, RATE, (RED, lambda n: still(n) if n < 8 else None))
    clip = Counting(every_frame(whole))
    twin, _ = twin_of(clip, {})
    read.clear()
    found = follow_box(clip, twin, 0, fractions(still(0)))
    assert max(found) < 16
    assert read == sorted(set(read))
    assert max(read) < 24


def test_only_sampled_frames_are_known() -> None:
    with pytest.raises(PerceptionError, match=r"frame 3 .* was not sampled"):
        follow(film(COUNT, RATE, (RED, still)), 3, still(3))
