"""The embedded segmenter on drawn films whose objects are known."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from seewhy.perceive import segmenter as module
from seewhy.perceive.seams import MaskTrack, Segmentation
from seewhy.perceive.segmenter import SALIENT, EmbeddedSegmenter
from seewhy.settings import PerceiveSettings
from seewhy.types.masks import Mask, decode
from seewhy.types.video import Frame, Image

HEIGHT, WIDTH = 120, 200
RED, BLUE, YELLOW = (215, 35, 35), (40, 60, 210), (235, 215, 40)

Box = tuple[int, int, int, int]
"""left, top, right, bottom"""


def wall(
    seed: int = 3, tint: tuple[int, int, int] = (110, 125, 115), height: int = HEIGHT, width: int = WIDTH
) -> Image:
    """A plastered wall: patches of almost one color."""
    random = np.random.default_rng(seed)
    patches = np.kron(random.integers(-14, 15, (height // 5 + 1, width // 5 + 1, 1)), np.ones((5, 5, 3)))
    return (np.array(tint) + patches[:height, :width]).astype(np.uint8)


def film(count: int, *objects: tuple[tuple[int, int, int], Callable[[int], Box | None]], seed: int = 3) -> list[Frame]:
    """Boxes over a wall, later ones in front; where a box is in a frame is said by its function, None: not there."""
    frames = []
    for number in range(count):
        image = wall(seed)
        for color, where in objects:
            if (box := where(number)) is not None:
                image[max(0, box[1]) : box[3], max(0, box[0]) : max(0, box[2])] = color
        frames.append(Frame(4 * number, 4 * number, Fraction(1, 24), number / 6, image))
    return frames


def moving(left: int, top: int, right: int, bottom: int, dx: int = 0, dy: int = 0) -> Callable[[int], Box]:
    return lambda n: (left + dx * n, top + dy * n, right + dx * n, bottom + dy * n)


def of_color(frame: Frame, color: tuple[int, int, int]) -> Mask:
    return np.asarray((frame.image == color).all(axis=2))


def overlap(track: MaskTrack, frames: list[Frame], color: tuple[int, int, int]) -> float:
    """Mean IoU of a track with what has this color, over the frames in which either is seen."""
    values = []
    for position, frame in enumerate(frames):
        truth = of_color(frame, color)
        mask = decode(track.masks[position]) if position in track.masks else np.zeros_like(truth)
        if mask.any() or truth.any():
            values.append((mask & truth).sum() / (mask | truth).sum())
    return float(np.mean(values))


def best(found: Segmentation, frames: list[Frame], color: tuple[int, int, int]) -> tuple[int, float]:
    """The track that fits what has this color best, and how well."""
    fits = [overlap(track, frames, color) for track in found.tracks]
    assert fits, "nothing was found"
    return int(np.argmax(fits)), max(fits)


def test_each_object_is_a_track_of_its_own() -> None:
    frames = film(
        14,
        (RED, moving(20, 20, 50, 50, dx=5)),
        (BLUE, moving(140, 70, 175, 100, dx=-4)),
        (YELLOW, moving(90, 15, 115, 40)),
    )
    found = EmbeddedSegmenter().segment(frames)
    fits = [best(found, frames, color) for color in (RED, BLUE, YELLOW)]
    assert len({track for track, _ in fits}) == 3
    assert min(fit for _, fit in fits) > 0.8
    assert all(found.tracks[track].score >= SALIENT for track, _ in fits)


def test_an_object_keeps_its_track_behind_another() -> None:
    """Red passes behind the yellow pillar, unseen for a moment."""
    frames = film(20, (RED, moving(10, 50, 34, 74, dx=7)), (YELLOW, moving(85, 20, 120, 100)))
    unseen = [position for position, frame in enumerate(frames) if not of_color(frame, RED).any()]
    assert unseen, "the film is wrong"
    found = EmbeddedSegmenter().segment(frames)
    (red, red_fit), (pillar, pillar_fit) = best(found, frames, RED), best(found, frames, YELLOW)
    assert red != pillar
    assert red_fit > 0.75
    assert pillar_fit > 0.85
    assert not set(unseen) & set(found.tracks[red].masks)


def test_what_parts_was_two_objects_all_along() -> None:
    """Red and blue adjoin for four frames, then part: each is one track from the first frame on."""
    frames = film(
        16,
        (RED, lambda n: moving(70, 40, 100, 70, dx=-4)(max(0, n - 4))),
        (BLUE, lambda n: moving(100, 40, 130, 70, dx=4)(max(0, n - 4))),
    )
    found = EmbeddedSegmenter().segment(frames)
    (red, red_fit), (blue, blue_fit) = best(found, frames, RED), best(found, frames, BLUE)
    assert red != blue
    assert min(red_fit, blue_fit) > 0.85


def test_an_object_that_enters_and_leaves_is_seen_while_it_is_there() -> None:
    frames = film(
        18,
        (YELLOW, moving(40, 70, 70, 100)),
        (RED, lambda n: (20 * (n - 5) - 30, 20, 20 * (n - 5), 50) if 5 < n < 14 else None),
    )
    found = EmbeddedSegmenter().segment(frames)
    track, fit = best(found, frames, RED)
    assert fit > 0.75
    assert min(found.tracks[track].masks) >= 5
    assert max(found.tracks[track].masks) <= 13


def test_no_track_crosses_a_cut() -> None:
    before = film(8, (RED, moving(30, 30, 70, 70, dx=3)))
    other = np.random.default_rng(5).integers(0, 60, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    after = []
    for number in range(8, 16):
        image = other.copy()
        image[40:80, 40 + 4 * (number - 8) : 80 + 4 * (number - 8)] = (240, 240, 90)
        after.append(Frame(4 * number, 4 * number, Fraction(1, 24), number / 6, image))
    found = EmbeddedSegmenter().segment(before + after)
    assert [position for position, step in enumerate(found.camera) if step.cut] == [8]
    assert found.motion[8] == 0
    assert found.tracks
    for track in found.tracks:
        assert max(track.masks) < 8 or min(track.masks) >= 8
    assert best(found, before, RED)[1] > 0.8


def test_the_camera_is_followed() -> None:
    """A view moves over a large wall by (6, -2) pixels a frame: what is seen moves the other way."""
    large = wall(9, height=400, width=600)
    large[150:200, 250:300] = RED
    frames = [
        Frame(n, n, Fraction(1, 6), n / 6, large[120 - 2 * n : 360 - 2 * n, 40 + 6 * n : 360 + 6 * n].copy())
        for n in range(8)
    ]
    found = EmbeddedSegmenter().segment(frames)
    np.testing.assert_array_equal(found.camera[0].homography, np.eye(3))
    for step in found.camera[1:]:
        moved = step.homography @ np.array([160.0, 120.0, 1.0])
        np.testing.assert_allclose(moved[:2] / moved[2], [154, 122], atol=0.5)
        assert step.inliers > 0.8
    assert max(found.motion) < 0.01, "nothing moves by itself"


def test_masks_of_large_frames_are_as_exact_as_the_frames() -> None:
    """The camera is found at half the size, and told in pixels of the frame."""
    large = wall(9, height=600, width=900)
    frames = []
    for n in range(6):
        image = large[60:540, 8 * n : 8 * n + 720].copy()
        image[201:323, 205 + 10 * n : 337 + 10 * n] = RED
        frames.append(Frame(n, n, Fraction(1, 6), n / 6, image))
    found = EmbeddedSegmenter().segment(frames)
    assert found.size == (480, 720)
    assert best(found, frames, RED)[1] > 0.9
    np.testing.assert_allclose(found.camera[3].homography[:2, 2], [-8, 0], atol=1.0)


def test_a_blank_film_has_no_tracks() -> None:
    frames = [Frame(n, n, Fraction(1, 6), n / 6, np.full((90, 120, 3), 128, np.uint8)) for n in range(5)]
    found = EmbeddedSegmenter().segment(frames)
    assert found.tracks == ()
    assert max(found.motion) < 1e-9


@pytest.mark.parametrize("shape", [(1, 1), (48, 64), (33, 57), (20, 400), (200, 15)], ids=str)
def test_odd_shapes_are_taken(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    frames = [
        Frame(n, n, Fraction(1, 6), n / 6, random.integers(0, 255, (*shape, 3)).astype(np.uint8)) for n in range(3)
    ]
    found = EmbeddedSegmenter().segment(frames)
    assert found.size == shape
    assert all(mask.size == shape for track in found.tracks for mask in track.masks.values())


def test_what_is_seen_for_a_moment_is_noise() -> None:
    still = (YELLOW, moving(40, 70, 70, 100))
    flash = (RED, lambda n: (120, 20, 150, 50) if n in (6, 7) else None)
    frames = film(12, still, flash)
    found = EmbeddedSegmenter().segment(frames)
    assert best(found, frames, YELLOW)[1] > 0.8
    assert best(found, frames, RED)[1] < 0.1


def test_no_more_tracks_than_asked_for_and_the_most_salient_ones() -> None:
    frames = film(8, (RED, moving(20, 20, 60, 60, dx=4)), (BLUE, moving(150, 80, 162, 92)))
    every = EmbeddedSegmenter().segment(frames)
    one = EmbeddedSegmenter(PerceiveSettings(max_tracks=1)).segment(frames)
    assert len(every.tracks) >= 2
    assert one.tracks == every.tracks[:1]
    assert best(one, frames, RED)[1] > 0.8


def test_small_things_are_left_out_when_asked() -> None:
    frames = film(8, (RED, moving(20, 20, 60, 60, dx=4)), (BLUE, moving(150, 80, 162, 92)))
    found = EmbeddedSegmenter(PerceiveSettings(min_area=0.02)).segment(frames)
    assert best(found, frames, RED)[1] > 0.8
    assert best(found, frames, BLUE)[1] < 0.1


def test_no_pixel_is_in_two_tracks() -> None:
    frames = film(12, (RED, moving(10, 40, 50, 80, dx=6)), (BLUE, moving(120, 40, 160, 80, dx=-3)))
    found = EmbeddedSegmenter().segment(frames)
    assert len(found.tracks) >= 2
    for position in range(len(frames)):
        masks = [decode(track.masks[position]) for track in found.tracks if position in track.masks]
        assert not any((a & b).any() for a, b in combinations(masks, 2))


def test_a_track_goes_on_from_stretch_to_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRETCH", 12)
    monkeypatch.setattr(module, "OVERLAP", 4)
    frames = film(30, (RED, moving(10, 20, 40, 50, dx=4)), (BLUE, moving(130, 70, 160, 100)))
    found = EmbeddedSegmenter().segment(frames)
    fits = [best(found, frames, color) for color in (RED, BLUE)]
    assert len({track for track, _ in fits}) == 2
    assert min(fit for _, fit in fits) > 0.75
    assert all(len(found.tracks[track].masks) >= 28 for track, _ in fits)


def test_memory_does_not_grow_with_the_film(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRETCH", 8)
    monkeypatch.setattr(module, "OVERLAP", 3)

    def peak(count: int) -> int:
        def frames() -> Iterator[Frame]:
            for number in range(count):
                image = wall(height=60, width=80)
                image[20:40, 10 + number % 30 : 30 + number % 30] = RED
                yield Frame(number, number, Fraction(1, 6), number / 6, image)

        tracemalloc.start()
        try:
            EmbeddedSegmenter().segment(frames())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    short, long = peak(9), peak(27)
    assert long < 1.2 * short
