"""Which frames are looked at, which detection is of which track, and what the votes come to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from seewhy.perceive.fakes import FakeDetector
from seewhy.perceive.naming import (
    PHRASES,
    Names,
    asks_for,
    budget,
    fit,
    frames_to_look_at,
    names_for,
    unnamed,
)
from seewhy.perceive.seams import Detection
from seewhy.settings import Settings
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


# Any phrase

BOARD: Box = (0.6, 0.6, 0.9, 0.8)


def _seen(phrase: str, score: float = 0.6, box: Box = BOARD) -> Detection:
    return Detection(phrase, box, score)


def _named(looks: Sequence[Sequence[Detection]], names: Names | None = None) -> tuple[Label, ...]:
    names = names or Names("some.detector@2")
    for detections in looks:
        names.look({7: encode(_mask(BOARD))}, detections)
    return names.labels(7, UNNAMED)


def test_a_track_keeps_several_names_best_first() -> None:
    dog, puppy, cat = _seen("dog", 0.5), _seen("puppy", 0.6), _seen("cat", 0.6)
    labels = _named([[dog, puppy], [dog, puppy], [dog, cat], [dog, cat], [dog]])
    assert [label.name for label in labels] == ["dog", "cat", "puppy"]
    expected = [0.5 * (1 - 0.5**5), 0.6 * (1 - 0.5**2) * (2 / 5), 0.6 * (1 - 0.5**2) * (2 / 5)]
    assert [label.score for label in labels] == pytest.approx(expected)
    assert {label.source for label in labels} == {"some.detector@2"}


def test_no_track_keeps_more_than_a_few_names() -> None:
    many = [_seen(f"thing {n}", 0.3 + n / 100) for n in range(9)]
    assert [label.name for label in _named([many, many])] == [f"thing {n}" for n in (8, 7, 6, 5, 4)]


def test_names_that_tie_are_in_the_order_of_their_letters() -> None:
    both = [_seen("sofa"), _seen("bench")]
    assert [label.name for label in _named([both, both])] == ["bench", "sofa"]


def test_each_name_needs_agreement() -> None:
    dog, cat = _seen("dog"), _seen("cat", 0.99)
    assert [label.name for label in _named([[dog, cat], [dog], [dog], [dog]])] == ["dog"]
    assert _named([[cat], [], []]) == (UNNAMED,)


def test_a_name_has_one_vote_in_a_frame_the_best() -> None:
    twice = [_seen("dog", 0.4), _seen("dog", 0.8, (0.61, 0.6, 0.9, 0.8))]
    (label,) = _named([twice, [_seen("dog", 0.6)]])
    assert label.score == pytest.approx(0.7 * 0.75)


def test_faces_speak_for_persons_beside_other_names() -> None:
    labels = _named([[_face((0.7, 0.6, 0.8, 0.68)), _seen("woman", 0.9)]] * 2)
    assert [label.name for label in labels] == ["woman", "person"]


@pytest.mark.parametrize(
    ("box", "mask", "fits"),
    [
        pytest.param(BOARD, _mask(BOARD), True, id="the same"),
        pytest.param((0.55, 0.55, 0.92, 0.84), _mask(BOARD), True, id="loose"),
        pytest.param((0.6, 0.6, 0.9, 0.8), _mask((0.6, 0.6, 0.78, 0.8)), True, id="partly hidden"),
        pytest.param((0.6, 0.2, 0.9, 0.8), _mask(BOARD), False, id="a third of the box"),
        pytest.param((0.3, 0.3, 1.0, 1.0), _mask(BOARD), False, id="a plate on the table"),
        pytest.param((0.7, 0.65, 0.75, 0.7), _mask(BOARD), False, id="a wheel of the car"),
        pytest.param((0.1, 0.1, 0.2, 0.2), _mask(BOARD), False, id="elsewhere"),
        pytest.param(BOARD, _mask(), False, id="empty"),
    ],
)
def test_a_box_fits_a_mask_of_its_size(box: Box, mask: Mask, fits: bool) -> None:
    assert (fit(_seen("skateboard", box=box), mask) > 0) == fits


def test_a_thing_needs_a_tighter_box_than_a_person() -> None:
    """Of boxes that overlap by 0.45."""
    loose, mask = (0.6, 0.6, 0.9, 1.044), _mask(BOARD)
    assert fit(_person(loose), mask) > 0
    assert fit(_seen("skateboard", box=loose), mask) == 0


def test_a_rider_and_a_board_get_their_own_names() -> None:
    names = Names("some.detector@2")
    masks = {1: encode(_mask((0.6, 0.0, 0.9, 0.6))), 2: encode(_mask(BOARD))}
    for _ in range(2):
        names.look(masks, [_person((0.6, 0.0, 0.9, 0.65)), _seen("skateboard")])
    assert [names.labels(track, UNNAMED)[0].name for track in (1, 2)] == ["person", "skateboard"]


# What is asked for, and whose votes count


def test_a_closed_detector_is_asked_for_what_it_knows() -> None:
    assert asks_for(FakeDetector({}, frozenset(PHRASES)), Settings()) == PHRASES
    assert asks_for(FakeDetector({}, frozenset({"zebra", "car", "face"})), Settings()) == ("face", "car", "zebra")


def test_an_open_detector_is_asked_for_the_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("red fox: animal\ntree\n")
    settings = Settings.model_validate({"perceive": {"vocabulary": str(file)}})
    detector = FakeDetector({})
    assert asks_for(detector, settings) == ("red fox", "tree")
    assert "skateboard" in asks_for(detector, Settings())
    labels = _named([[_seen("red fox"), _seen("tree")]] * 2, names_for(detector, settings))
    assert {label.name: label.broader for label in labels} == {"red fox": "animal", "tree": None}


def test_one_look_is_enough_for_an_open_detector_where_there_is_no_other() -> None:
    opened, closed = FakeDetector({}), FakeDetector({}, frozenset(PHRASES))
    (label,) = _named([[_seen("dog")]], names_for(opened, Settings()))
    assert (label.name, label.score) == ("dog", pytest.approx(0.3))
    assert _named([[_seen("dog")], []], names_for(opened, Settings())) == (UNNAMED,)
    assert _named([[_seen("person")]], names_for(closed, Settings())) == (UNNAMED,)
