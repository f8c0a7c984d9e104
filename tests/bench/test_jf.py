"""J and F by hand, and value for value against the public evaluation (vos-benchmark, which follows DAVIS's)."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from seewhy.bench.jf import boundary, boundary_accuracy, region_similarity
from seewhy.types.masks import Rle, decode

vos_benchmark = pytest.importorskip("vos_benchmark.evaluator", reason="the reference, vos-benchmark, is not installed")

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "masks"


def reference(predicted, truth):
    evaluator = vos_benchmark.Evaluator()
    evaluator.feed_frame(predicted.astype(np.uint8), truth.astype(np.uint8))
    if not (predicted.any() or truth.any()):
        return 1.0, 1.0  # the reference knows no object then and scores nothing; DAVIS says 1
    return float(evaluator.object_iou[1][0]), float(evaluator.boundary_f[1][0])


def square(size, top, left, side):
    mask = np.zeros(size, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def blobs(rng, size):
    """Rounded random shapes, some cut by the frame's edge, some with holes, some empty or full."""
    mask = np.zeros(size, np.uint8)
    height, width = size
    for _ in range(rng.integers(0, 4)):
        center = (int(rng.integers(-5, width + 5)), int(rng.integers(-5, height + 5)))
        cv2.circle(mask, center, int(rng.integers(1, max(2, min(size) // 2))), int(rng.random() < 0.8), -1)
    if rng.random() < 0.3:
        mask ^= (rng.random(size) < 0.02).astype(np.uint8)
    return mask.astype(bool)


class TestByHand:
    def test_j_of_two_squares(self):
        a, b = square((20, 20), 5, 5, 4), square((20, 20), 5, 7, 4)
        assert region_similarity(a, b) == 8 / 24

    def test_two_empty_masks_agree(self):
        empty = np.zeros((10, 10), bool)
        assert (region_similarity(empty, empty), boundary_accuracy(empty, empty)) == (1.0, 1.0)

    def test_nothing_against_something(self):
        empty, something = np.zeros((10, 10), bool), square((10, 10), 2, 2, 3)
        for a, b in ((empty, something), (something, empty)):
            assert (region_similarity(a, b), boundary_accuracy(a, b)) == (0.0, 0.0)

    def test_boundary_within_the_radius_counts_and_outside_does_not(self):
        """In 480 x 854 the radius is ceil(7.84) = 8: a square moved by 8 still agrees, one moved by 30 finds only
        what crosses the other's sides."""
        size = (480, 854)
        here = square(size, 100, 100, 100)
        assert boundary_accuracy(square(size, 108, 100, 100), here) == 1.0
        assert boundary_accuracy(square(size, 300, 500, 100), here) == 0.0
        assert 0.4 < boundary_accuracy(square(size, 130, 100, 100), here) < 0.9

    def test_boundary_of_one_pixel(self):
        assert boundary(square((4, 4), 1, 1, 1)).astype(int).tolist() == [
            [1, 1, 0, 0],
            [1, 1, 0, 0],
            [0, 0, 0, 0],
            [0, 0, 0, 0],
        ]

    @pytest.mark.parametrize("measure", [region_similarity, boundary_accuracy])
    def test_sizes_must_agree(self, measure):
        with pytest.raises(ValueError, match="resize one first"):
            measure(np.zeros((4, 4), bool), np.zeros((4, 5), bool))


class TestAgainstTheReference:
    @pytest.mark.parametrize("size", [(1, 1), (1, 9), (7, 3), (33, 61), (120, 214), (270, 480)])
    def test_random_masks(self, size):
        rng = np.random.default_rng(7)
        for _ in range(25):
            predicted, truth = blobs(rng, size), blobs(rng, size)
            assert (region_similarity(predicted, truth), boundary_accuracy(predicted, truth)) == pytest.approx(
                reference(predicted, truth), abs=1e-12
            )

    def test_real_masks(self):
        if not REAL.is_dir():
            pytest.skip("Reel-97 is not beside the project")
        for name in ("davis_bmx-trees", "davis_schoolgirls", "davis_kite-surf"):
            frames = json.loads((REAL / f"{name}.json").read_text())["frames"]
            masks = [decode(Rle(**frames[index]["1"])) for index in list(frames)[:60:10] if "1" in frames[index]]
            for predicted, truth in pairwise(masks):
                ours = region_similarity(predicted, truth), boundary_accuracy(predicted, truth)
                assert ours == pytest.approx(reference(predicted, truth), abs=1e-12)
