"""Which frames are looked at, which detection is of which track, and what the votes come to."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from seewhy.perceive.naming import Names, budget, fit, frames_to_look_at, unnamed
from seewhy.perceive.seams import Detection
from seewhy.types.masks import Mask, encode
from seewhy.types.twin import Label

UNNAMED = unnamed(0.6, "some.segmenter@1")
Box = tuple[float, float, float, float]


def _mask(*boxes: Box) -> Mask:
    mask = np.zeros((100, 200), bool)
    for x0, y0, x1, y1 in boxes:
        mask[round(100 * y0) : round(100 * y1), round(200 * x0) : round(200 * x1)] = True
    return mask


STANDING: Box = (0.4, 0.1, 0.5, 0.9)


def _person(box: Box, score: float = 0.8) -> Detection:
    return Detection("person", box, score)


def _face(box: Box, score: float = 0.8) -> Detection:
    return Detection("face", box, score)


def _voted(votes: int, looks: int, score: float = 0.8) -> tuple[Label, ...]:
    names = Names("some.detector@2")
    for look in range(looks):
        names.look({7: encode(_mask(STANDING))}, [_person(STANDING, score)] if look < votes else [])
    return names.labels(7, UNNAMED)


def test_each_track_is_looked_at_and_looks_are_far_apart() -> None:
    chosen = frames_to_look_at([range(0, 40), range(50, 60)], 6)
    assert chosen == tuple(sorted(set(chosen)))
    assert len([p for p in chosen if p < 40]) == len([p for p in chosen if p >= 50]) == 3
    assert min(b - a for a, b in pairwise(chosen)) >= 4


def test_one_look_serves_all_tracks_that_it_shows() -> None:
    assert len(frames_to_look_at([range(20), range(20)], 4)) == 4
    assert frames_to_look_at([range(20), [3]], 2) == (3, 9)


@pytest.mark.parametrize("tracks", [[], [[]], [[5]], [[5], [5]]])
def test_no_more_looks_than_frames_with_tracks(tracks: list[list[int]]) -> None:
    assert set(frames_to_look_at(tracks, 10)) == {frame for track in tracks for frame in track}


def test_the_budget_never_exceeds_the_frames() -> None:
    assert all(1 <= budget(frames) <= min(frames, 10) for frames in range(1, 700))


def test_a_box_around_the_mask_fits() -> None:
    assert fit(_person(STANDING), _mask(STANDING)) == pytest.approx(1)
    assert fit(_person((0.37, 0.05, 0.53, 0.95)), _mask(STANDING)) > 0.4
    assert fit(_person(STANDING), _mask((0.4, 0.1, 0.5, 0.5))) > 0, "legs hidden"


@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(_mask((0.7, 0.1, 0.8, 0.9)), id="elsewhere"),
        pytest.param(_mask((0.43, 0.3, 0.47, 0.5)), id="a bag that the person carries"),
        pytest.param(_mask((0.1, 0.0, 0.9, 1.0)), id="a bus behind the person"),
        pytest.param(_mask(), id="empty"),
    ],
)
def test_a_box_of_something_else_does_not_fit(mask: Mask) -> None:
    assert fit(_person(STANDING), mask) == 0


def test_a_face_at_the_top_of_the_mask_fits() -> None:
    body = _mask((0.42, 0.1, 0.48, 0.25), (0.4, 0.25, 0.5, 0.9))
    assert fit(_face((0.42, 0.1, 0.48, 0.22)), body) > 0.9


@pytest.mark.parametrize(
    ("face", "mask"),
    [
        pytest.param((0.42, 0.7, 0.48, 0.8), _mask(STANDING), id="at the feet"),
        pytest.param((0.45, 0.2, 0.47, 0.24), _mask((0.0, 0.0, 1.0, 1.0)), id="a driver in a bus"),
        pytest.param((0.48, 0.1, 0.6, 0.3), _mask(STANDING), id="beside it"),
    ],
)
def test_a_face_elsewhere_does_not_fit(face: Box, mask: Mask) -> None:
    assert fit(_face(face), mask) == 0


def test_names_need_agreement() -> None:
    assert _voted(votes=1, looks=1) == (UNNAMED,)
    assert _voted(votes=2, looks=10) == (UNNAMED,)
    (label,) = _voted(votes=2, looks=5)
    assert (label.name, label.source) == ("person", "some.detector@2")


def test_the_score_grows_with_the_votes_and_with_theirs() -> None:
    scores = [_voted(votes, 10, score)[0].score for votes, score in [(3, 0.5), (3, 0.8), (6, 0.8), (10, 0.9)]]
    assert scores == sorted(scores)
    assert 0 < scores[0] < scores[-1] < 0.9


def test_a_detection_votes_for_the_track_that_it_fits_best() -> None:
    names = Names("some.detector@2")
    for _ in range(3):
        near = encode(_mask((0.38, 0.1, 0.49, 0.8)))
        names.look({1: near, 2: encode(_mask(STANDING))}, [_person(STANDING)])
    assert names.labels(1, UNNAMED) == (UNNAMED,)
    assert names.labels(2, UNNAMED)[0].name == "person"


def test_a_face_and_a_body_in_one_frame_are_one_vote() -> None:
    names = Names("some.detector@2")
    names.look({1: encode(_mask(STANDING))}, [_person(STANDING), _face((0.41, 0.1, 0.49, 0.25))])
    assert names.labels(1, UNNAMED) == (UNNAMED,)


def test_a_track_without_a_look_keeps_its_label() -> None:
    assert Names("some.detector@2").labels(1, UNNAMED) == (UNNAMED,)
    assert (UNNAMED.name, UNNAMED.score) == ("object", 0.6)
