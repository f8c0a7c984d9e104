"""J and F of a hit over a video, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from seewhy.bench.grounding import hit_masks, score_masks
from seewhy.types.hit import Hit, HitObject, Verdict
from seewhy.types.masks import area, encode


def square(left, size=(48, 64), side=12):
    mask = np.zeros(size, bool)
    mask[10 : 10 + side, left : left + side] = True
    return encode(mask)


def hit(*objects):
    verdict = Verdict(video="v", relevance=0.5, conditions=(), judged_by="test")
    shown = tuple(HitObject(track=track, category="object", description="", masks=masks) for track, masks in objects)
    return Hit(
        rank=1,
        video="v",
        paths=(),
        score=0.5,
        coarse_score=0.1,
        matched=True,
        objects=shown,
        verdict=verdict,
        duration=1.0,
    )


def test_union_of_the_tracks_that_the_hit_names():
    masks = {0: {1: square(0), 2: square(30), 3: square(50)}, 4: {1: square(0)}, 8: {2: square(0)}}
    found = hit_masks(hit((1, {0: "#", 4: "#"}), (2, {0: "#"})), masks)
    assert {frame: area(mask) for frame, mask in found.items()} == {0: 288, 4: 144}


def test_exact_masks_score_one():
    truth = {index: square(10) for index in range(6)}
    found = score_masks({0: square(10), 4: square(10)}, [0, 4], truth)
    assert (found.annotated.j, found.annotated.f, found.annotated.frames) == (1.0, 1.0, 6)
    assert found.sampled is not None
    assert found.sampled.frames == 2
    assert found.annotated.jf == 1.0


def test_a_frame_between_samples_takes_the_nearest_mask():
    """Frames 0-2 are nearest to sample 0 (2: equally near, the earlier), 3-5 to sample 4, where nothing was seen."""
    truth = {index: square(10) for index in range(6)}
    found = score_masks({0: square(10)}, [0, 4], truth)
    assert found.annotated.j == pytest.approx(3 / 6)
    assert found.sampled is not None
    assert found.sampled.j == pytest.approx(1 / 2)


def test_half_an_overlap():
    """12 x 12 squares 6 apart: 72 pixels of 216 in common."""
    found = score_masks({0: square(16)}, [0], {0: square(10)})
    assert found.annotated.j == pytest.approx(72 / 216)


def test_no_annotated_frame_was_sampled():
    found = score_masks({0: square(10)}, [0], {3: square(10)})
    assert found.annotated.j == 1.0
    assert found.sampled is None


def test_another_resolution_is_scaled_to_the_truth():
    small = np.zeros((24, 32), bool)
    small[5:11, 5:11] = True
    assert score_masks({0: encode(small)}, [0], {0: square(10)}).annotated.j == 1.0


@pytest.mark.parametrize(("sampled", "truth"), [([], {0: square(1)}), ([0], {})])
def test_nothing_to_score_is_an_error(sampled, truth):
    with pytest.raises(ValueError, match="masks are scored on frames"):
        score_masks({}, sampled, truth)
