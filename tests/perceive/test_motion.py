"""Flow, the camera's part of it, and shot changes, on pictures that were moved by known amounts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from seewhy.perceive.motion import FlowEstimator, color_overlap, length, motion_between, resized_flow, warp
from seewhy.types.video import Image


def texture(height: int, width: int, seed: int = 1) -> Image:
    random = np.random.default_rng(seed)
    rough = cv2.GaussianBlur(random.normal(0, 1, (height, width, 3)).astype(np.float32), (0, 0), 2.0)
    return np.asarray(np.clip(128 + 260 * rough, 0, 255), np.uint8)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (5, 0), (-3, 4)])
def test_a_shifted_picture_has_the_shift_as_its_flow(dx: int, dy: int) -> None:
    large = texture(160, 240)
    before, after = large[20:140, 20:220], large[20 - dy : 140 - dy, 20 - dx : 220 - dx]
    motion = motion_between(FlowEstimator(), before, after, color_overlap(before, after))
    inner = motion.forward[20:-20, 20:-20]
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), [dx, dy], atol=0.2)
    np.testing.assert_allclose(motion.camera.homography[:2, 2], [dx, dy], atol=0.4)
    assert motion.camera.inliers > 0.9
    assert not motion.camera.cut
    assert np.median(motion.residual_backward) < 0.2


def test_what_moves_against_the_camera_is_left_over() -> None:
    large = texture(160, 240)
    before, after = large[20:140, 20:220].copy(), large[20:140, 23:223].copy()
    thing = texture(40, 40, seed=2)
    before[40:80, 60:100], after[40:80, 62:102] = thing, thing
    motion = motion_between(FlowEstimator(), before, after, color_overlap(before, after))
    np.testing.assert_allclose(motion.camera.homography[:2, 2], [-3, 0], atol=0.5)
    assert np.median(motion.residual_forward[48:72, 68:92]) == pytest.approx(5, abs=0.5)
    assert np.median(motion.residual_forward[90:, :]) < 0.5


def test_another_picture_is_a_cut_and_a_flash_is_not() -> None:
    before = texture(120, 200)
    other = (texture(120, 200, seed=8) // 4).astype(np.uint8)
    assert motion_between(FlowEstimator(), before, other, color_overlap(before, other)).camera.cut
    brighter = np.clip(before.astype(np.int16) + 70, 0, 255).astype(np.uint8)
    assert color_overlap(before, brighter) < 0.55
    assert not motion_between(FlowEstimator(), before, brighter, color_overlap(before, brighter)).camera.cut


def test_overlap_of_colors() -> None:
    red, blue = np.full((8, 8, 3), (200, 0, 0), np.uint8), np.full((8, 8, 3), (0, 0, 200), np.uint8)
    half = red.copy()
    half[:4] = blue[:4]
    assert color_overlap(red, red) == pytest.approx(1)
    assert color_overlap(red, blue) == 0
    assert color_overlap(red, half) == pytest.approx(0.5)


def test_warping_looks_up_where_the_flow_points() -> None:
    picture = np.arange(12, dtype=np.float32).reshape(3, 4)
    flow = np.zeros((3, 4, 2), np.float32)
    flow[..., 0] = 1
    np.testing.assert_allclose(warp(picture, flow)[:, :3], picture[:, 1:])


def test_flow_at_another_size_is_in_pixels_of_that_size() -> None:
    flow = np.full((20, 40, 2), (4.0, 3.0), np.float32)
    np.testing.assert_allclose(resized_flow(flow, 20, 5), np.full((5, 20, 2), (2.0, 0.75)), atol=1e-6)
    assert length(flow)[0, 0] == pytest.approx(5)
