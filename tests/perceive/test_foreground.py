"""Evidence for foreground, and what is made of it over time."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from seewhy.perceive.evidence import WEIGHTS, color_rarity, cues, log_odds
from seewhy.perceive.foreground import foreground, guided
from seewhy.perceive.histograms import (
    BIN_COUNT,
    color_bins,
    foreground_share,
    histogram,
    smooth_histogram,
    temporal_weights,
)
from seewhy.perceive.motion import FlowEstimator, Motion, color_overlap, motion_between
from seewhy.perceive.refining import reduced, refined, sureness
from seewhy.types.video import Image

HEIGHT, WIDTH = 96, 128


def pictures(count: int, step: int, color: tuple[int, int, int] | None = None) -> tuple[list[Image], np.ndarray]:
    """A patch moves over rough ground by `step` pixels a frame; textured like the ground where it has no color."""
    random = np.random.default_rng(4)
    ground, patch = (
        np.clip(120 + 160 * cv2.GaussianBlur(random.normal(0, 1, (*size, 3)).astype(np.float32), (0, 0), 1.5), 0, 255)
        for size in ((HEIGHT, WIDTH), (30, 30))
    )
    images, where = [], np.zeros((count, HEIGHT, WIDTH), bool)
    for number in range(count):
        image, left = ground.copy(), 40 + step * number
        image[32:62, left : left + 30] = patch if color is None else color
        where[number, 32:62, left : left + 30] = True
        images.append(image.astype(np.uint8))
    return images, where


def seen(images: list[Image]) -> tuple[list[Image], list[Motion]]:
    estimator = FlowEstimator()
    motions = [motion_between(estimator, a, b, color_overlap(a, b)) for a, b in pairwise(images)]
    return [np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), np.uint8) for image in images], motions


def test_motion_alone_finds_what_has_the_colors_of_the_ground() -> None:
    images, where = pictures(6, 3)
    labs, motions = seen(images)
    found = cues(labs[3], color_rarity(labs)[3], motions[2], motions[3])
    assert found.motion[where[3]].mean() > 3 * found.motion[~where[3]].mean()
    assert found.surround[where[3]].mean() > 2 * found.surround[~where[3]].mean()


def test_color_alone_finds_what_is_still() -> None:
    images, where = pictures(4, 0, (220, 30, 30))
    labs, motions = seen(images)
    found = cues(labs[1], color_rarity(labs)[1], motions[0], motions[1])
    assert found.motion.max() < 0.5
    for cue in (found.geodesic, found.unlike_border):
        assert cue[where[1]].mean() > cue[~where[1]].mean() + 0.5
    probabilities = foreground(labs, motions)
    assert probabilities[1][where[1]].mean() > 0.7
    assert probabilities[1][~where[1]].mean() < 0.1


def test_one_frame_has_evidence_too() -> None:
    images, where = pictures(1, 0, (220, 30, 30))
    labs, _ = seen(images)
    found = cues(labs[0], color_rarity(labs)[0], None, None)
    assert not found.motion.any()
    assert log_odds(found, WEIGHTS)[where[0]].mean() > log_odds(found, WEIGHTS)[~where[0]].mean() + 2


def test_a_cut_says_nothing_about_motion() -> None:
    images, _ = pictures(2, 0)
    images[1] = images[1] // 5
    labs, motions = seen([images[0], 255 - np.roll(images[1], 40, axis=1)])
    assert motions[0].camera.cut
    assert not cues(labs[0], color_rarity(labs)[0], None, motions[0]).motion.any()


def test_foreground_of_a_moving_colored_patch_is_the_patch() -> None:
    images, where = pictures(8, 3, (30, 60, 220))
    labs, motions = seen(images)
    for probability, truth in zip(foreground(labs, motions), where, strict=True):
        mask = probability > 0.4
        assert (mask & truth).sum() / (mask | truth).sum() > 0.75


def test_guided_filter_moves_an_edge_to_the_edge_of_the_guide() -> None:
    guide = np.zeros((40, 40, 3), np.float32)
    guide[:, 20:] = 1
    rough = np.zeros((40, 40), np.float32)
    rough[:, 18:] = 1
    sharp = guided(rough, guide)
    assert sharp[20, 21] - sharp[20, 18] > 0.4, "the step is where the guide's is"
    flat = guided(np.full((40, 40), 0.3, np.float32), guide)
    np.testing.assert_allclose(flat, 0.3, atol=1e-3)


def test_histograms_count_smooth_and_compare() -> None:
    lab = np.zeros((4, 6, 3), np.uint8)
    lab[:, 3:] = (200, 200, 60)
    bins = color_bins(lab)
    counts = histogram(bins)
    assert counts.shape == (BIN_COUNT,)
    assert sorted(counts[counts > 0]) == [12, 12]
    assert smooth_histogram(counts).sum() == pytest.approx(counts.sum())
    front, back = histogram(bins[:, 3:]), histogram(bins[:, :3])
    share = foreground_share(front, back)
    assert share[bins[0, 5]] > 0.99
    assert share[bins[0, 0]] < 0.01
    assert share[BIN_COUNT // 2] == pytest.approx(0.5), "a color never seen speaks for neither side"
    assert np.argmax(temporal_weights(9, 4, 2.0)) == 4


def test_masks_are_enlarged_onto_the_edges_and_stay_apart() -> None:
    image = np.full((120, 160, 3), 90, np.uint8)
    image[42:80, 30:75] = (200, 40, 40)
    image[42:80, 75:120] = (40, 40, 200)
    left, right = (np.zeros((60, 80), bool) for _ in range(2))
    left[21:40, 14:38], right[21:40, 37:61] = True, True
    one, two = refined([left, right & ~left], image, (240, 320))
    assert not (one & two).any()
    for mask, columns in ((one, slice(60, 150)), (two, slice(150, 240))):
        truth = np.zeros((240, 320), bool)
        truth[84:160, columns] = True
        assert (mask & truth).sum() / (mask | truth).sum() > 0.9


def test_small_pictures_are_enlarged_and_large_ones_reduced() -> None:
    assert reduced(np.zeros((480, 854, 3), np.uint8), 240).shape == (240, 427, 3)
    assert reduced(np.zeros((100, 60, 3), np.uint8), 240).shape == (100, 60, 3)
    assert reduced(np.zeros((10, 600, 3), np.uint8), 240).shape == (48, 600, 3)


def test_a_mask_is_sure_where_it_is_all_of_the_foreground() -> None:
    probability = np.zeros((40, 40), np.float32)
    probability[10:30, 10:30] = 0.9
    whole, part = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    whole[10:30, 10:30], part[10:30, 10:20] = True, True
    assert sureness(whole, probability) == pytest.approx(0.9, abs=0.01)
    assert sureness(part, probability) < sureness(whole, probability) - 0.05
    assert sureness(np.ones((40, 40), bool), probability) < 0.3
