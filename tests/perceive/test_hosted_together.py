"""What was read of stretches, put together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hosted_world import box_masks, two_squares

from seewhy.perceive.entering import enter
from seewhy.perceive.findings import Findings
from seewhy.perceive.hosted.boxes import Box
from seewhy.perceive.hosted.picture import Picture
from seewhy.perceive.hosted.reading import Missed, Reading
from seewhy.perceive.hosted.together import MOST_FOLLOWED, MOST_SUMMARY, NOT_FOLLOWED, TOO_MANY_THINGS, together
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Event, Label

SOURCE = "describe:fake@1-00000000"
WORLD = two_squares()
TWIN = WORLD.twin
FIRST, SECOND = Span(start=0, end=6), Span(start=6, end=10)
"""the second track is in view for 2 s of the first and 4 s of the second"""


def _label(name: str, score: float) -> Label:
    return Label(name=name, score=score, source=SOURCE)


def _attribute(kind: Any, value: str, score: float = 0.8, span: Span | None = None) -> Attribute:
    return Attribute(kind=kind, value=value, score=score, source=SOURCE, span=span)


def _event(subject: int | None, action: str, at: float, target: int | None = None) -> Event:
    return Event(
        subject=subject, action=action, object=target, span=Span(start=at, end=at + 1), score=0.7, source=SOURCE
    )


def _thing(name: str, score: float = 0.6, left: float = 0.1) -> Missed:
    return Missed(50, (left, 0.1, left + 0.1, 0.3), (_label(name, score),), (_attribute("color", "green"),), score)


def _together(*readings: Reading, lost: frozenset[float] = frozenset()) -> Findings:
    def follow(frame: int, box: Box, said: str) -> Any:
        return {} if box[0] in lost else box_masks(TWIN, frame, box)

    return together(readings, TWIN, SOURCE, follow)


def test_names_are_averaged_by_time_in_view() -> None:
    found = _together(
        Reading(FIRST, labels={2: (_label("woman", 0.9),)}),
        Reading(SECOND, labels={2: (_label("man", 0.6), _label("woman", 0.3))}),
    )
    assert [(label.name, label.score) for label in found.labels[2]] == [
        ("woman", pytest.approx((0.9 * 2 + 0.3 * 4) / 6, abs=2e-3)),
        ("man", pytest.approx(0.6 * 4 / 6, abs=2e-3)),
    ]


def test_a_stretch_that_does_not_name_a_track_does_not_count() -> None:
    found = _together(Reading(FIRST, labels={2: (_label("woman", 0.9),)}), Reading(SECOND))
    assert [(label.name, label.score) for label in found.labels[2]] == [("woman", 0.9)]


def test_what_every_stretch_says_holds_throughout_and_what_differs_gets_its_stretch() -> None:
    found = _together(
        Reading(FIRST, attributes={1: (_attribute("color", "red", 0.9), _attribute("state", "dry"))}),
        Reading(SECOND, attributes={1: (_attribute("color", "red", 0.5), _attribute("state", "wet"))}),
    )
    assert [(one.value, one.span) for one in found.attributes[1]] == [("red", None), ("dry", FIRST), ("wet", SECOND)]
    assert found.attributes[1][0].score == pytest.approx((0.9 * 6 + 0.5 * 4) / 10, abs=2e-3)


def test_silence_is_no_difference() -> None:
    found = _together(
        Reading(FIRST, attributes={1: (_attribute("shape", "round"),)}),
        Reading(SECOND, attributes={1: (_attribute("color", "red"),)}),
    )
    assert [(one.value, one.span) for one in found.attributes[1]] == [("round", None), ("red", None)]


def test_a_span_is_kept_and_stretches_side_by_side_are_one() -> None:
    thirds = [Span(start=0, end=3), Span(start=3, end=6), Span(start=6, end=10)]
    span = Span(start=1, end=2)
    found = _together(
        *(Reading(third, attributes={1: (_attribute("color", "red"),)}) for third in thirds[:2]),
        Reading(thirds[2], attributes={1: (_attribute("color", "blue"), _attribute("state", "open", 0.8, span))}),
    )
    assert [(one.value, one.span) for one in found.attributes[1]] == [
        ("red", Span(start=0, end=6)),
        ("blue", thirds[2]),
        ("open", span),
    ]


def test_scene_camera_and_pace_of_the_whole() -> None:
    def picture(setting: str, pace: str) -> Picture:
        return Picture((_attribute("setting", setting),), (_attribute("shot_scale", "wide"),), _attribute("pace", pace))

    found = _together(
        Reading(FIRST, picture=picture("indoor", "slow")), Reading(SECOND, picture=picture("outdoor", "fast"))
    )
    assert [(one.value, one.span) for one in found.scene] == [("indoor", FIRST), ("outdoor", SECOND)]
    assert [(one.value, one.span) for one in found.camera] == [("wide", None)]
    assert found.pace is not None
    assert (found.pace.value, found.pace.score) == ("slow", pytest.approx(0.8 * 0.6))


def test_summaries_are_joined_and_shortened_at_sentences() -> None:
    short = _together(Reading(FIRST, summary="A cat sits."), Reading(SECOND, summary="It jumps."))
    assert short.summary == "A cat sits. It jumps."
    long = "A dog runs far away. " + "It does this and that. " * 15
    joined = _together(*(Reading(FIRST, summary=long) for _ in range(3))).summary
    assert joined == "A dog runs far away. A dog runs far away. A dog runs far away."
    many = _together(*(Reading(FIRST, summary=long) for _ in range(60))).summary
    assert many is not None
    assert len(many) <= MOST_SUMMARY
    assert many.endswith(".")


def test_writing_is_said_once() -> None:
    found = _together(Reading(FIRST, texts=("EXIT", "7")), Reading(SECOND, texts=("7", "8")))
    assert found.texts == ("EXIT", "7", "8")


def test_found_things_are_numbered_over_all_stretches() -> None:
    found = _together(
        Reading(FIRST, missed=(_thing("cup"), _thing("lid", left=0.3)), events=(_event(-2, "falls off", 1, -1),)),
        Reading(SECOND, missed=(_thing("spoon", left=0.6),), events=(_event(1, "picks up", 7, -1),)),
        lost=frozenset({0.1}),
    )
    assert [thing.labels[0].name for thing in found.objects] == ["lid", "spoon"]
    assert [(event.subject, event.object) for event in found.events] == [(1, -2)]
    assert found.notes == ("1 facts on tracks that do not exist", f"1 {NOT_FOLLOWED}")
    assert {thing.source for thing in found.objects} == {SOURCE}
    assert found.objects[0].attributes == (_attribute("color", "green"),)


def test_only_the_surest_things_are_followed() -> None:
    many = [Reading(FIRST, missed=(_thing(f"thing {n}", score=(n + 1) / 30),)) for n in range(20)]
    found = _together(*many)
    assert [thing.labels[0].name for thing in found.objects] == [f"thing {n}" for n in range(20 - MOST_FOLLOWED, 20)]
    assert f"{20 - MOST_FOLLOWED} {TOO_MANY_THINGS}" in found.notes


def test_notes_count_over_all_stretches() -> None:
    found = _together(Reading(FIRST, dropped=Counter({"a": 1, "b": 2})), Reading(SECOND, dropped=Counter({"a": 3})))
    assert found.notes == ("4 a", "2 b")


def test_the_twin_understands_whom_events_mean() -> None:
    found = _together(
        Reading(FIRST, missed=(_thing("cup"),), events=(_event(1, "pushes", 1, -1),), labels={1: (_label("car", 0.9),)})
    )
    twin, masks = enter(TWIN, WORLD.masks, found)
    cup = next(track for track in twin.tracks if track.category == "cup")
    pushed = next(event for event in twin.events if event.action == "pushes")
    assert (pushed.subject, pushed.object) == (1, cup.id)
    assert cup.id in masks[50]
    assert twin.track_by_id[1].category == "car"
