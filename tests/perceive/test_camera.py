"""What the camera does, from homographies made by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from seewhy.perceive.camera import camera_attributes
from seewhy.perceive.seams import CameraStep, Segmentation
from seewhy.types.twin import Attribute
from seewhy.types.video import FrameTime

HEIGHT, WIDTH, RATE = 240, 432, 6


def _step(right: float = 0.0, down: float = 0.0, zoom: float = 1.0) -> np.ndarray:
    """The background moves by so many pixels, and grows about the picture's middle."""
    x, y = WIDTH / 2, HEIGHT / 2
    return np.array([[zoom, 0, right + x * (1 - zoom)], [0, zoom, down + y * (1 - zoom)], [0, 0, 1.0]])


def _said(steps: Sequence[np.ndarray], cuts: tuple[int, ...] = (), inliers: float = 0.9) -> tuple[Attribute, ...]:
    """Of a film whose first frame has no step."""
    camera = [CameraStep(np.eye(3), 1.0)]
    camera += [CameraStep(step, inliers, number in cuts) for number, step in enumerate(steps, start=1)]
    frames = tuple(FrameTime(index=4 * i, pts=4 * i, t=i / RATE) for i in range(len(camera)))
    film = Segmentation(frames, (HEIGHT, WIDTH), (), tuple(camera), (0.0,) * len(camera))
    return camera_attributes(film, 0.0)


def _values(said: tuple[Attribute, ...]) -> list[str]:
    return [attribute.value for attribute in said]


@pytest.mark.parametrize(
    ("step", "value"),
    [
        (_step(), "static"),
        (_step(right=-6), "pan right"),
        (_step(right=6), "pan left"),
        (_step(down=6), "tilt up"),
        (_step(down=-6), "tilt down"),
        (_step(zoom=1.03), "zoom in"),
        (_step(zoom=1 / 1.03), "zoom out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_steady_motion_has_its_name_for_the_whole_time(step: np.ndarray, value: str) -> None:
    (said,) = _said([step] * 18)
    assert (said.kind, said.value) == ("camera_motion", value)
    assert said.score > 0.7
    assert said.span is not None
    assert (said.span.start, said.span.end) == (0.0, pytest.approx(3.0))


def test_a_pan_has_its_time_and_the_rest_is_static() -> None:
    said = _said([_step()] * 9 + [_step(right=-8)] * 9 + [_step()] * 9)
    assert _values(said) == ["static", "pan right", "static"]
    pan = said[1].span
    assert pan is not None
    assert pan.start == pytest.approx(1.5, abs=0.4)
    assert pan.end == pytest.approx(3.0, abs=0.4)


def test_one_direction_after_the_other() -> None:
    said = _said([_step(right=7)] * 10 + [_step(right=-7)] * 10)
    assert _values(said) == ["pan left", "pan right"]
    assert said[0].span is not None
    assert said[1].span is not None
    assert said[0].span.end <= said[1].span.start + 0.4


def test_a_diagonal_turn_is_a_pan_and_a_tilt() -> None:
    assert sorted(_values(_said([_step(right=-6, down=6)] * 12))) == ["pan right", "tilt up"]


def test_a_trembling_hand_is_no_pan() -> None:
    shaken = np.random.default_rng(5).normal(0, 3, (24, 2))
    steps = [_step(x, y) for x, y in np.diff(shaken, axis=0, prepend=0)]
    assert _values(_said(steps)) == ["handheld"]


def test_a_trembling_hand_may_pan() -> None:
    shaken = np.random.default_rng(5).normal(0, 2, (24, 2))
    steps = [_step(x - 8, y) for x, y in np.diff(shaken, axis=0, prepend=0)]
    assert sorted(_values(_said(steps))) == ["handheld", "pan right"]


def test_errors_of_a_quarter_of_a_pixel_are_static() -> None:
    steps = [_step(x, y) for x, y in np.random.default_rng(2).normal(0, 0.25, (24, 2))]
    assert _values(_said(steps)) == ["static"]


def test_a_cut_is_no_motion() -> None:
    wild = np.array([[0.2, 3.0, 900.0], [1.0, -2.0, 50.0], [0.0, 0.0, 1.0]])
    said = _said([_step()] * 9 + [wild] + [_step()] * 9, cuts=(10,))
    assert set(_values(said)) == {"static"}


def test_few_inliers_make_it_unsure() -> None:
    (sure,), (unsure,) = _said([_step(right=-6)] * 12, inliers=0.8), _said([_step(right=-6)] * 12, inliers=0.1)
    assert unsure.score < 0.5 < sure.score


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_film_of_a_few_frames(count: int) -> None:
    assert set(_values(_said([_step()] * count))) <= {"static"}


def test_no_film_at_all() -> None:
    assert camera_attributes(Segmentation((), (0, 0), (), (), ()), 0.0) == ()


def test_a_degenerate_homography_moves_nothing() -> None:
    assert all(math.isfinite(attribute.score) for attribute in _said([np.zeros((3, 3))] * 6))


@pytest.mark.parametrize(("area", "value"), [(0.6, "close-up"), (0.15, "medium"), (0.01, "wide")])
def test_scale_follows_the_most_salient_area(area: float, value: str) -> None:
    film = Segmentation((FrameTime(index=0, pts=0, t=0.0),), (HEIGHT, WIDTH), (), (CameraStep(np.eye(3), 1.0),), (0.0,))
    (said,) = camera_attributes(film, area)
    assert (said.kind, said.value, said.span) == ("shot_scale", value, None)
    assert said.score < 0.7, "what was segmented may be a part of the subject"
    assert camera_attributes(film, 0.0) == ()
