"""Following what a detector points at, on films whose objects are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from truths import BLUE, GREEN, HEIGHT, RED, WIDTH, Actor, Film, film, still

from seewhy.perceive.fakes import FakeDetector
from seewhy.perceive.local.fakes import FakeTracker
from seewhy.perceive.local.prompted import PromptedSegmenter
from seewhy.perceive.local.tracking import Tracker
from seewhy.perceive.seams import Detector, MaskTrack, Segmentation
from seewhy.settings import LocalSettings, PerceiveSettings, Settings
from seewhy.types.masks import Mask, decode
from seewhy.types.video import Frame


def settings(*, redetect: int = 6, chunk: int = 96, batch: int = 8, max_tracks: int = 12) -> Settings:
    return Settings(
        local=LocalSettings(redetect=redetect, chunk=chunk, batch=batch),
        perceive=PerceiveSettings(max_tracks=max_tracks),
    )


def segmented(
    shown: Film, tracker: Tracker | None = None, detector: Detector | None = None, **said: Any
) -> Segmentation:
    phrases = sorted(set(shown.phrases.values()))
    return PromptedSegmenter(
        tracker or shown.tracker(), detector or shown.detector(), settings(**said), phrases
    ).segment(shown.frames)


def actor(track: MaskTrack, shown: Film) -> str:
    """Whose true mask the track begins with."""
    first = min(track.masks)
    (name,) = [name for name, mask in shown.truth[first].items() if np.array_equal(mask, decode(track.masks[first]))]
    return name


def track_of(found: Segmentation, shown: Film, name: str) -> MaskTrack:
    (track,) = [track for track in found.tracks if actor(track, shown) == name]
    return track


def check_masks(track: MaskTrack, truth: list[Mask | None]) -> None:
    """Exactly the true masks, wherever there are any."""
    assert sorted(track.masks) == [position for position, mask in enumerate(truth) if mask is not None]
    for position, mask in track.masks.items():
        np.testing.assert_array_equal(decode(mask), truth[position])


def of(shown: Film, name: str, positions: range | None = None) -> list[Mask | None]:
    return [
        masks.get(name) if positions is None or position in positions else None
        for position, masks in enumerate(shown.truth)
    ]


def test_what_the_detector_names_is_followed_from_the_first_frame() -> None:
    shown = film([Actor("cup", RED, (16, 14), lambda n: (10 + 3 * n, 20))], 10)
    found = segmented(shown)
    (track,) = found.tracks
    check_masks(track, of(shown, "cup"))
    assert (track.id_confidence, track.aliases, track.part_of) == (1.0, ("1",), None)
    assert track.labels == (), "names are voted for later, over the detections"
    assert [(position, [d.phrase for d in said]) for position, said in found.detections.items()] == [
        (0, ["cup"]), (6, ["cup"]),
    ]  # fmt: skip


def test_what_enters_later_is_spawned_once_at_the_next_search() -> None:
    shown = film(
        [
            Actor("cup", RED, (16, 14), still(5, 5)),
            Actor("dog", GREEN, (14, 18), lambda n: (WIDTH - 3 * (n - 8), 35) if n > 8 else None),
        ],
        32,
    )
    found = segmented(shown, redetect=6)
    assert len(found.tracks) == 2
    check_masks(track_of(found, shown, "dog"), of(shown, "dog", range(12, 32)))
    assert set(found.detections) == {0, 6, 12, 18, 24, 30}
    assert {d.phrase for d in found.detections[6]} == {"cup"}
    assert {d.phrase for d in found.detections[12]} == {"cup", "dog"}


def test_all_newcomers_of_a_frame_come_in_one_look() -> None:
    shown = film(
        [Actor(f"cup {i}", color, (12, 12), still(4 + 26 * i, 20)) for i, color in enumerate((RED, GREEN, BLUE))],
        4,
    )
    tracker = FakeTracker((RED, GREEN, BLUE))
    found = segmented(shown, tracker)
    assert len(found.tracks) == 3
    following = [s for s in tracker.sessions if len(s.looks) == 4]
    assert len(following) == 1
    assert [len(prompts) for _, prompts in following[0].looks] == [3, 0, 0, 0]


def test_several_names_for_one_place_are_one_object() -> None:
    shown = film([Actor("puppy", RED, (20, 20), still(20, 20))], 8)
    base = shown.detector()
    script = {
        index: [found[0], found[0]._replace(phrase="dog", score=0.6)] for index, found in base.script.items() if found
    }
    (track,) = segmented(
        Film(shown.frames, shown.truth, {"puppy": "puppy", "x": "dog"}), shown.tracker(), FakeDetector(script)
    ).tracks
    assert track.aliases == ("1",), "nobody else was ever pointed at"
    assert len(track.masks) == 8


def crossing_behind(pillar: int, width: int) -> Film:
    """A cup that moves behind a pillar, out of sight for about a second, and comes out on the other side."""
    return film(
        [
            Actor("cup", RED, (14, 12), lambda n: (2 + 2.5 * n, 24)),
            Actor("pillar", BLUE, (HEIGHT, width), still(pillar, 0), phrase=None),
        ],
        28,
    )


def test_a_second_behind_something_is_bridged_with_one_id() -> None:
    shown = crossing_behind(pillar=26, width=27)
    hidden = [position for position, masks in enumerate(shown.truth) if "cup" not in masks]
    assert 5 <= len(hidden) <= 8, "about a second"
    found = segmented(shown, shown.tracker(forgetful=True), redetect=2)
    cup = track_of(found, shown, "cup")
    assert len(cup.aliases) == 2
    assert 0.5 < cup.id_confidence < 1
    seen = set(cup.masks)
    assert {hidden[0] - 2, hidden[-1] + 3} <= seen, "both sides of the pillar"
    assert not seen & set(hidden)


def test_a_tracker_that_finds_things_again_by_itself_needs_no_stitching() -> None:
    shown = crossing_behind(pillar=26, width=27)
    cup = track_of(segmented(shown, shown.tracker(), redetect=40), shown, "cup")
    assert (len(cup.aliases), cup.id_confidence) == (1, 1.0)
    check_masks(cup, of(shown, "cup"))


def test_look_alikes_that_cross_out_of_sight_are_not_swapped() -> None:
    shown = film(
        [
            Actor("left cup", RED, (12, 10), lambda n: (0 + 2.6 * n, 14), phrase="cup"),
            Actor("right cup", RED, (12, 10), lambda n: (70 - 2.6 * n, 30), phrase="cup"),
            Actor("pillar", BLUE, (HEIGHT, 24), still(28, 0), phrase=None),
        ],
        28,
    )
    found = segmented(shown, shown.tracker(forgetful=True), redetect=2)
    cups = [track for track in found.tracks if actor(track, shown) != "pillar"]
    assert len(cups) == 2
    for cup in cups:
        name = actor(cup, shown)
        for position, mask in cup.masks.items():
            np.testing.assert_array_equal(decode(mask), shown.truth[position][name])
        assert len(cup.aliases) == 2
        assert cup.id_confidence > 0.5
        assert max(cup.masks) == 27


def test_what_is_cut_back_to_is_recognized_less_surely() -> None:
    shown = film(
        [
            Actor("cup", RED, (16, 14), lambda n: (10 + n, 20) if n < 8 or n >= 16 else None),
            Actor("dog", GREEN, (30, 40), lambda n: (20, 10) if 8 <= n < 16 else None),
        ],
        24,
        walls={8: 99, 16: 7},
    )
    dark = [(frame.image // 3) if 8 <= n < 16 else frame.image for n, frame in enumerate(shown.frames)]
    shown.frames = [Frame(f.index, f.pts, f.time_base, f.t, image) for f, image in zip(shown.frames, dark, strict=True)]
    found = segmented(shown)
    assert [n for n, step in enumerate(found.camera) if step.cut] == [8, 16]
    cup = track_of(found, shown, "cup")
    assert cup.aliases == ("1", "3")
    assert 0.3 < cup.id_confidence <= 0.7
    check_masks(cup, of(shown, "cup"))
    assert track_of(found, shown, "dog").id_confidence == 1.0


def test_only_so_many_are_followed_the_most_salient() -> None:
    sizes = [(12, 12), (10, 10), (5, 5), (8, 8), (4, 4)]
    colors = [(220, 30, 30), (30, 200, 40), (40, 60, 220), (220, 210, 30), (220, 30, 220)]
    shown = film(
        [
            Actor(f"cup {i}", color, size, still(3 + 15 * i, 20))
            for i, (size, color) in enumerate(zip(sizes, colors, strict=True))
        ],
        12,
    )
    found = segmented(shown, max_tracks=3)
    assert {actor(track, shown) for track in found.tracks} == {"cup 0", "cup 1", "cup 3"}
    assert len(segmented(shown, max_tracks=5).tracks) == 5


def test_a_newcomer_that_stands_out_far_more_takes_the_place_of_another() -> None:
    shown = film(
        [
            Actor("crumb", RED, (3, 3), still(5, 5)),
            Actor("cup", BLUE, (14, 14), still(50, 5)),
            Actor("dog", GREEN, (25, 25), lambda n: (10, 30) if n >= 5 else None),
        ],
        24,
    )
    tracker = FakeTracker((RED, BLUE, GREEN))
    found = segmented(shown, tracker, max_tracks=2)
    assert {actor(track, shown) for track in found.tracks} == {"cup", "dog"}
    assert any(session.dropped for session in tracker.sessions)


def test_what_nobody_names_is_found_by_the_grid() -> None:
    shown = film([Actor("blob", RED, (20, 20), lambda n: (20 + n, 20), phrase=None)], 8)
    (track,) = segmented(shown).tracks
    check_masks(track, of(shown, "blob"))


def test_where_boxes_explain_the_picture_there_is_no_grid() -> None:
    shown = film([Actor("poster", RED, (56, 60), still(2, 2))], 4)
    tracker = FakeTracker((RED,))
    segmented(shown, tracker)
    assert len(tracker.sessions) == 1


def test_what_nobody_names_and_moves_is_found_when_it_enters() -> None:
    shown = film(
        [
            Actor("cup", GREEN, (16, 14), still(5, 5)),
            Actor("blob", RED, (20, 20), lambda n: (WIDTH - 4 * (n - 7), 30) if n > 7 else None, phrase=None),
        ],
        28,
    )
    found = segmented(shown)
    blob = track_of(found, shown, "blob")
    assert min(blob.masks) == 12
    for position, mask in blob.masks.items():
        np.testing.assert_array_equal(decode(mask), shown.truth[position]["blob"])


def test_small_things_are_not_followed() -> None:
    shown = film([Actor("crumb", RED, (1, 2), still(20, 20))], 8)
    assert segmented(shown).tracks == ()


def test_a_second_reading_says_the_same() -> None:
    shown = crossing_behind(pillar=26, width=27)
    first, second = (segmented(shown, shown.tracker(forgetful=True), redetect=2) for _ in range(2))
    assert first.tracks == second.tracks
    assert first.detections == second.detections


def test_scores_are_salience() -> None:
    shown = film([Actor("cup", RED, (16, 14), still(10, 20)), Actor("dog", BLUE, (6, 4), still(60, 20))], 6)
    found = segmented(shown)
    assert track_of(found, shown, "cup").score == pytest.approx((0.9 * 0.8) ** 0.5)
    assert track_of(found, shown, "dog").score == pytest.approx((0.9 * 0.8) ** 0.5 * (24 / 4800 / 0.01) ** 0.25)
