"""Which pieces are of one thing, on pieces made by formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from seewhy.perceive.histograms import BIN_COUNT
from seewhy.perceive.local.finishing import finished
from seewhy.perceive.local.pieces import Piece, Recorder, merged_labels, place_of
from seewhy.perceive.local.salience import most_salient, salience, shots_of
from seewhy.perceive.local.stitching import HIDDEN_SECONDS, Link, stitch
from seewhy.perceive.local.tracking import Seen
from seewhy.perceive.seams import CameraStep, MaskTrack
from seewhy.types.masks import encode
from seewhy.types.twin import Label
from seewhy.types.video import FrameTime

SIZE = HEIGHT, WIDTH = 60, 120
RATE = 6
RED, GREEN = 400, 3000
"""bins of colors"""


def piece(
    name: str,
    positions: Sequence[int],
    at: Callable[[int], tuple[float, float]],
    color: int = RED,
    also: int | None = None,
    label: str | None = None,
    side: int = 10,
    score: float = 0.9,
) -> Piece:
    """A square with its left upper corner at `at` (pixels), of one color or two."""
    masks, places = {}, {}
    for position in positions:
        left, top = (round(x) for x in at(position))
        mask = np.zeros(SIZE, bool)
        mask[max(0, top) : top + side, max(0, left) : left + side] = True
        where = place_of(mask)
        assert where is not None
        masks[position], places[position] = encode(mask), where
    colors = np.zeros(BIN_COUNT)
    colors[[color] if also is None else [color, also]] = 100.0
    labels = () if label is None else (Label(name=label, score=0.8, source="test@1"),)
    return Piece((name,), masks, dict.fromkeys(positions, score), places, colors, 0.8, labels)


def still(left: float, top: float) -> Callable[[int], tuple[float, float]]:
    return lambda _: (left, top)


def stitched(pieces: Sequence[Piece], camera: Sequence[CameraStep] | None = None, count: int = 120) -> list[MaskTrack]:
    times = [FrameTime(index=n, pts=n, t=n / RATE) for n in range(count)]
    steps = camera or [CameraStep(np.eye(3), 1.0)] * count
    return stitch(pieces, times, steps, SIZE)


def names(tracks: Sequence[MaskTrack]) -> list[tuple[str, ...]]:
    return [track.aliases for track in tracks]


def cuts(*at: int, count: int = 120) -> list[CameraStep]:
    return [CameraStep(np.eye(3), 1.0, cut=n in at) for n in range(count)]


def test_nothing_gives_nothing() -> None:
    assert stitched([]) == []


def test_a_piece_alone_is_a_track_and_sure() -> None:
    (track,) = stitched([piece("a", range(3, 20), still(5, 5))])
    assert (track.aliases, track.id_confidence) == (("a",), 1.0)
    assert list(track.masks) == list(range(3, 20))


def test_a_gap_of_a_second_is_bridged() -> None:
    onward: Callable[[int], tuple[float, float]] = lambda n: (2 * n, 20)  # noqa: E731
    (track,) = stitched([piece("a", range(10), onward), piece("b", range(16, 30), onward)])
    assert track.aliases == ("a", "b")
    assert 0.85 < track.id_confidence < 1
    assert list(track.masks) == [*range(10), *range(16, 30)]


def test_the_surest_link_is_known_by_hand() -> None:
    """Same color (margin 1), exactly where it was (margin 1), out of sight for a fifth of what is bridged (0.8)."""
    gap = round(HIDDEN_SECONDS * RATE / 5)
    (track,) = stitched([piece("a", range(10), still(5, 5)), piece("b", range(9 + gap, 30), still(5, 5))])
    assert track.id_confidence == pytest.approx(0.5 + 0.5 * (0.4 + 0.4 + 0.2 * 0.8))


def test_confidence_falls_with_a_rival_and_across_a_cut() -> None:
    assert Link(0, 1, 0.8, across=False).confidence(0.0) == pytest.approx(0.9)
    assert Link(0, 1, 0.8, across=False).confidence(0.4) == pytest.approx(0.9 * 0.75)
    assert Link(0, 1, 0.8, across=False).confidence(2.0) == pytest.approx(0.45)
    assert Link(0, 1, 1.0, across=True).confidence(0.0) == pytest.approx(0.7)


@pytest.mark.parametrize(
    "other",
    [
        piece("late", range(9 + RATE * 5 + 1, 60), still(5, 5)),
        piece("of another color", range(16, 30), still(5, 5), color=GREEN),
        piece("of another class", range(16, 30), still(5, 5), label="dog"),
        piece("far away", range(16, 30), still(100, 5)),
        piece("far larger", range(16, 30), still(5, 5), side=25),
        piece("at the same time", range(9, 30), still(5, 5)),
    ],
    ids=lambda other: other.aliases[0],
)
def test_each_gate_can_keep_two_pieces_apart(other: Piece) -> None:
    assert names(stitched([piece("a", range(10), still(5, 5), label="cup"), other])) == [("a",), other.aliases]


@pytest.mark.parametrize(
    "other",
    [
        piece("without a name", range(16, 30), still(5, 5)),
        piece("of about that color", range(16, 30), still(5, 5), also=RED + 1),
        piece("moved a little", range(16, 30), still(12, 8)),
        piece("of about that size", range(16, 30), still(5, 5), side=13),
    ],
    ids=lambda other: other.aliases[0],
)
def test_the_gates_let_pass_what_changes_a_little(other: Piece) -> None:
    (track,) = stitched([piece("a", range(10), still(5, 5), label="cup"), other])
    assert track.aliases == ("a", *other.aliases)
    assert track.labels[0].name == "cup"


def test_look_alikes_that_cross_are_told_apart_by_motion() -> None:
    def right(n: int) -> tuple[float, float]:
        return (2.5 * n, 20)

    def left(n: int) -> tuple[float, float]:
        return (100 - 2.5 * n, 24)

    before, after = range(16), range(22, 40)
    pieces = [
        piece("r1", before, right),
        piece("l1", before, left),
        piece("l2", after, left),
        piece("r2", after, right),
    ]
    tracks = stitched(pieces)
    assert sorted(names(tracks)) == [("l1", "l2"), ("r1", "r2")]
    assert tracks[0].id_confidence == pytest.approx(tracks[1].id_confidence, abs=0.01)
    assert all(0.5 < track.id_confidence < 0.7 for track in tracks), "the other way is less likely, and not impossible"


def test_look_alikes_that_nothing_tells_apart_are_left_alone() -> None:
    """One stands in the middle of where two come up: either would do."""
    pieces = [
        piece("a", range(10), still(50, 20)),
        *(piece(n, range(16, 30), still(x, 20)) for n, x in (("b", 44), ("c", 56))),
    ]
    assert sorted(names(stitched(pieces))) == [("a",), ("b",), ("c",)]


def test_the_motion_of_the_camera_is_taken_out() -> None:
    """The camera pans by 6 pixels a frame while a thing is hidden: it comes up elsewhere in the picture."""

    def panned(n: int) -> tuple[float, float]:
        return (90 - 6 * min(max(n - 9, 0), 7), 20)

    def step(n: int) -> CameraStep:
        shift = np.array([[1, 0, -6.0 if 9 < n <= 16 else 0.0], [0, 1, 0], [0, 0, 1]])
        return CameraStep(shift, 0.9)

    pieces = [piece("a", range(10), panned), piece("b", range(16, 30), panned)]
    (track,) = stitched(pieces, [step(n) for n in range(120)])
    assert track.aliases == ("a", "b")
    still_camera = stitched(pieces)
    assert len(still_camera) == 2
    untrusted = [CameraStep(step(n).homography, 0.1) for n in range(120)]
    assert len(stitched(pieces, untrusted)) == 2, "a camera motion that the background does not follow means nothing"


def test_a_scene_that_is_cut_back_to_has_the_same_things_less_surely() -> None:
    pieces = [
        piece("a", range(10), still(5, 5)),
        piece("b", range(10, 20), still(5, 5), color=GREEN),
        piece("c", range(20, 30), still(80, 30)),
    ]
    tracks = stitched(pieces, cuts(10, 20))
    assert names(tracks) == [("a", "c"), ("b",)]
    assert [track.id_confidence for track in tracks] == [pytest.approx(0.7), 1.0]


def test_across_a_cut_looks_must_be_more_alike() -> None:
    mixed = piece("b", range(16, 30), still(5, 5))
    mixed.colors[RED], mixed.colors[GREEN] = 70.0, 30.0
    pieces = [piece("a", range(10), still(5, 5)), mixed]
    assert names(stitched(pieces)) == [("a", "b")]
    assert names(stitched(pieces, cuts(12))) == [("a",), ("b",)]


def test_two_of_one_look_are_not_told_apart_across_a_cut() -> None:
    pieces = [piece(n, range(10), still(x, 5)) for n, x in (("a", 5), ("b", 50))]
    pieces += [piece(n, range(10, 20), still(x, 5)) for n, x in (("c", 5), ("d", 50))]
    assert len(stitched(pieces, cuts(10))) == 4


def test_a_chain_takes_in_what_lies_between() -> None:
    """First and last are most alike, the one between a little less: it is the same thing all the same."""
    between = piece("b", range(10, 20), still(5, 5))
    between.colors[RED + 2] = 15.0
    pieces = [piece("a", range(10), still(5, 5)), between, piece("c", range(20, 30), still(5, 5))]
    (track,) = stitched(pieces, cuts(10, 20))
    assert track.aliases == ("a", "b", "c")


def test_the_order_of_the_pieces_does_not_matter() -> None:
    pieces = [piece(str(n), range(10 * n, 10 * n + 6), still(8 * n, 20)) for n in range(6)]
    forwards, backwards = stitched(pieces), stitched(pieces[::-1])
    assert forwards == backwards


def test_no_frame_has_two_masks_of_one_track() -> None:
    """Random pieces: each frame of each is in exactly one track, and only once."""
    for seed in range(8):
        random = np.random.default_rng(seed)
        pieces = []
        for number in range(14):
            start, length = int(random.integers(0, 90)), int(random.integers(1, 25))
            corner = still(float(random.integers(0, 100)), float(random.integers(0, 40)))
            pieces.append(
                piece(str(number), range(start, start + length), corner, color=int(random.choice([RED, GREEN])))
            )
        tracks = stitched(pieces, cuts(40, 80))
        assert sorted(alias for track in tracks for alias in track.aliases) == sorted(map(str, range(14)))
        for track in tracks:
            of_it = [one for one in pieces if one.aliases[0] in track.aliases]
            assert len(track.masks) == sum(len(one.masks) for one in of_it)
            assert list(track.masks) == sorted(track.masks)
            assert 0 <= track.id_confidence <= 1


def test_labels_merge_by_how_long_each_was_seen() -> None:
    dog, fox, cat = (
        Label(name=name, score=score, source="t@1") for name, score in (("dog", 0.9), ("fox", 0.4), ("cat", 0.6))
    )
    merged = merged_labels([((dog, fox), 30), ((cat,), 10), ((), 99)])
    assert [(label.name, label.score) for label in merged] == [
        ("dog", pytest.approx(0.675)), ("fox", pytest.approx(0.3)), ("cat", pytest.approx(0.15)),
    ]  # fmt: skip


def test_salience_is_known_by_hand() -> None:
    whole = piece("a", range(6), still(5, 5), side=30)
    assert salience(whole.scores, whole.places, 0.4, frames=100) == pytest.approx((0.9 * 0.4) ** 0.5 * 0.75)
    assert salience(whole.scores, whole.places, 0.4, frames=6) == pytest.approx((0.9 * 0.4) ** 0.5)


def test_of_each_shot_the_most_salient_stay() -> None:
    shots = shots_of(cuts(10, count=20))
    mask = next(iter(piece("m", [0], still(5, 5)).masks.values()))

    def track(score: float, positions: range) -> MaskTrack:
        return MaskTrack(dict.fromkeys(positions, mask), score)

    tracks = [
        track(0.3, range(10)),
        track(0.5, range(10)),
        track(0.2, range(20)),
        track(0.4, range(12, 14)),
        track(0.1, range(10, 20)),
    ]
    assert [one.score for one in most_salient(tracks, shots, 2)] == [0.5, 0.3, 0.2, 0.1], (
        "0.4 was seen for two frames only"
    )
    assert [one.score for one in most_salient(tracks, shots, 1)] == [0.5, 0.2]
    assert [one.score for one in most_salient([track(0.4, range(2))], [0, 0], 5)] == [0.4], "the video is as short"


def test_a_recorder_takes_down_what_it_is_shown() -> None:
    recorder, image = Recorder(), np.full((30, 60, 3), 128, np.uint8)
    mask = np.zeros(SIZE, bool)
    mask[20:40, 30:50] = True
    recorder.begin(7, 0.5)
    recorder.begin(8, 0.5)
    recorder.take(4, image, {7: Seen(mask, 0.6)})
    recorder.take(9, image, {7: Seen(mask, 0.8)})
    recorder.vote(7, {"cup": 0.9, "mug": 0.2})
    recorder.vote(7, {"cup": 0.7})
    (found,) = recorder.pieces("see@2")
    assert (found.aliases, found.first, found.last, found.found) == (("7",), 4, 9, 0.9)
    assert found.masks[4] == encode(mask)
    assert found.scores == {4: 0.6, 9: 0.8}
    assert found.places[9] == place_of(mask)
    assert [(x.name, round(x.score, 3), x.source) for x in found.labels] == [
        ("cup", 0.8, "see@2"),
        ("mug", 0.1, "see@2"),
    ]
    assert found.colors.sum() == 200, "two frames of 10 x 10 pixels of the smaller picture"
    with pytest.raises(ValueError, match="object 7 has an empty mask in frame 10"):
        recorder.take(10, image, {7: Seen(np.zeros(SIZE, bool), 0.9)})


def test_finished_tracks_are_ordered_and_know_their_wholes() -> None:
    def onward(n: int) -> tuple[float, float]:
        return (2 * n, 10)

    car = piece("car", range(20), onward, side=30)
    wheel = piece("wheel", range(20), lambda n: (2 * n + 4, 28), color=GREEN, side=8)
    times = [FrameTime(index=n, pts=n, t=n / RATE) for n in range(20)]
    tracks = finished([wheel, car], times, [CameraStep(np.eye(3), 1.0)] * 20, SIZE, 5)
    assert [track.aliases for track in tracks] == [("car",), ("wheel",)]
    assert [track.part_of for track in tracks] == [None, 0]
