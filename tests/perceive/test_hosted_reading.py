"""From a reply to facts: what cannot be true is dropped and counted, the rest stays."""

from __future__ import annotations

from typing import Any

import pytest
from hosted_world import two_squares

from seewhy.perceive.hosted import reading
from seewhy.perceive.hosted.reading import Reading, read_description
from seewhy.perceive.hosted.replies import MOST_EVENTS, MOST_MISSED, describe_reply
from seewhy.perceive.hosted.sieve import NO_BELIEF, NO_BOX, NO_FRAME, NO_TIME, NO_TRACK, NO_WORD, SUREST, TOO_MANY
from seewhy.perceive.hosted.wording import name
from seewhy.types.time import Span
from seewhy.types.twin import Attribute

SOURCE = "describe:fake@1-00000000"
TWIN = two_squares().twin
FRAMES = (0, 100, 200)
STRETCH = Span(start=2.0, end=8.0)


def _read(span: Span = STRETCH, **reply: Any) -> Reading:
    value = describe_reply([1, 2], FRAMES).model_validate({"summary": "", "tracks": [], **reply})
    return read_description(value, TWIN, span, SOURCE, (1, 2), FRAMES)


def _track(**facts: Any) -> dict[str, Any]:
    return {"id": 1, **facts}


def _look(kind: str, value: str, confidence: float = 8, start: float | None = None, end: float | None = None) -> Any:
    return {"kind": kind, "value": value, "start": start, "end": end, "confidence": confidence}


def _missed(**facts: Any) -> dict[str, Any]:
    where = {"frame": 100, "left": 100, "top": 600, "right": 300, "bottom": 900}
    return {"name": "cup", "broader": "dish", **where, "confidence": 6, **facts}


def _event(**facts: Any) -> dict[str, Any]:
    return {"subject": "track 1", "action": "waves", "object": "none", "start": 3, "end": 4, "confidence": 7, **facts}


# Names


def test_names_come_best_first_with_score_class_and_source() -> None:
    names = [{"name": "A Toy.", "confidence": 3}, {"name": "Red  Car", "confidence": 9}]
    read = _read(tracks=[_track(names=names, broader="Vehicle")])
    first, second = read.labels[1]
    assert (first.name, first.score, first.broader, first.source) == ("red car", 0.9, "vehicle", SOURCE)
    assert (second.name, second.score) == ("toy", 0.3)


def test_nobody_is_surer_than_so() -> None:
    read = _read(tracks=[_track(names=[{"name": "car", "confidence": 10}], broader="car")])
    assert read.labels[1][0].score == SUREST
    assert read.labels[1][0].broader is None, "a car is no wider class of cars"


@pytest.mark.parametrize(("word", "known"), [("", NO_WORD), ("  \u202e\x07", NO_WORD), ("unknown", NO_WORD)])
def test_no_name_is_no_fact(word: str, known: str) -> None:
    read = _read(tracks=[_track(names=[{"name": word, "confidence": 9}])])
    assert read.labels == {}
    assert read.dropped == {known: 1}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("the end", "end"),
        ("an apple", "apple"),
        ("a very long name for a small thing", "very long name for"),
        ("x" * 90, "x" * 24),
        ("ca\x00t\u202e", "cat"),
        ('"}] ignore this', "ignore this"),
        ("THE DOG!", "dog"),
    ],
)
def test_names_are_normal(text: str, word: str) -> None:
    assert name(text) == word


def test_a_name_said_twice_is_one_and_the_surest_counts() -> None:
    names = [{"name": "car", "confidence": 2}, {"name": "The car", "confidence": 6}, {"name": "van", "confidence": 1}]
    read = _read(tracks=[_track(names=names), _track(names=[{"name": "bus", "confidence": 5}] * 9)])
    assert [(label.name, label.score) for label in read.labels[1]] == [("car", 0.6), ("bus", 0.5), ("van", 0.1)]


def test_tracks_that_do_not_exist_are_dropped_and_counted() -> None:
    facts = {"names": [{"name": "car", "confidence": 9}] * 2, "attributes": [_look("color", "red")]}
    read = _read(tracks=[{"id": 77, **facts}, {"id": 0, **facts}, {"id": -1, **facts}])
    assert read.labels == {}
    assert read.attributes == {}
    assert read.dropped == {NO_TRACK: 9}


# Attributes


def _said(read: Reading) -> list[tuple[str, str, Span | None]]:
    return [(one.kind, one.value, one.span) for one in read.attributes[1]]


def test_attributes_hold_for_the_stretch_or_for_their_span() -> None:
    looks = [_look("color", "Red", 9), _look("state", "open", 8, 5, 3), _look("texture", "wooden", 7, 2.0, 8.0)]
    assert _said(_read(tracks=[_track(attributes=looks)])) == [
        ("color", "red", None),
        ("state", "open", Span(start=3, end=5)),
        ("texture", "wooden", None),
    ]


def test_times_are_cut_to_the_stretch_or_dropped() -> None:
    looks = [_look("state", "wet", 8, -50, 4), _look("state", "dry", 7, 6, 1e9), _look("state", "hot", 6, 90, 95)]
    read = _read(tracks=[_track(attributes=looks)])
    assert _said(read) == [
        ("state", "wet", Span(start=2, end=4)),
        ("state", "dry", Span(start=6, end=8)),
    ]
    assert read.dropped == {NO_TIME: 1}


def test_two_colors_in_one_value_are_two() -> None:
    read = _read(tracks=[_track(attributes=[_look("color", "red and white"), _look("other", "black and white film")])])
    assert [value for _, value, _ in _said(read)] == ["red", "white", "black and white film"]


def test_an_unknown_kind_is_another_and_what_is_not_believed_is_dropped() -> None:
    read = _read(tracks=[_track(attributes=[_look("material", "steel"), _look("color", "blue", 0)])])
    assert _said(read) == [("other", "steel", None)]
    assert read.dropped == {NO_BELIEF: 1}


def test_attributes_of_one_track_are_bounded() -> None:
    read = _read(tracks=[_track(attributes=[_look("other", f"number {n}", n % 10 + 1) for n in range(40)])])
    assert len(read.attributes[1]) == 12
    assert read.dropped == {TOO_MANY: 28}
    assert min(one.score for one in read.attributes[1]) >= 0.7


def test_a_change_of_state_is_two_states_and_an_event() -> None:
    change = {"before": "closed", "after": "Open", "start": 4, "end": 5, "confidence": 8}
    read = _read(tracks=[_track(changes=[change])])
    assert sorted(_said(read)) == [
        ("state", "closed", Span(start=2, end=4)),
        ("state", "open", Span(start=5, end=8)),
    ]
    (event,) = read.events
    assert (event.subject, event.action, event.span, event.score) == (1, "becomes open", Span(start=4, end=5), 0.8)


def test_no_change_is_no_change() -> None:
    change = {"before": "open", "after": "open", "start": 4, "end": 5, "confidence": 8}
    read = _read(tracks=[_track(changes=[change])])
    assert (read.attributes, read.events) == ({}, ())


# Missed things


def test_a_missed_thing_has_a_box_a_name_and_looks() -> None:
    (thing,) = _read(missed=[_missed(attributes=[_look("color", "green")])]).missed
    assert thing.box == (0.1, 0.6, 0.3, 0.9)
    assert (thing.frame, thing.score) == (100, 0.6)
    assert (thing.labels[0].name, thing.labels[0].broader) == ("cup", "dish")
    assert [(one.kind, one.value) for one in thing.attributes] == [("color", "green")]


def test_boxes_are_put_in_order_and_into_the_frame() -> None:
    (thing,) = _read(missed=[_missed(left=1500, top=900, right=700, bottom=600)]).missed
    assert thing.box == (0.7, 0.6, 1.0, 0.9)


def test_fractions_are_understood() -> None:
    (thing,) = _read(missed=[_missed(left=0.1, top=0.6, right=0.3, bottom=0.9)]).missed
    assert thing.box == (0.1, 0.6, 0.3, 0.9)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"right": 101}, NO_BOX),
        ({"left": 0, "top": 0, "right": 1000, "bottom": 1000}, NO_BOX),
        ({"frame": 7}, NO_FRAME),
        ({"name": " "}, NO_WORD),
        ({"confidence": 0}, NO_BELIEF),
    ],
)
def test_a_thing_that_is_nowhere_is_none(facts: dict[str, Any], why: str) -> None:
    read = _read(missed=[_missed(**facts)], events=[_event(subject="missed 1")])
    assert read.missed == ()
    assert read.events == ()
    assert read.dropped == {why: 1, NO_TRACK: 1}


def test_a_missed_thing_that_is_a_track_gives_the_track_its_name() -> None:
    x0, y0, x1, y1 = TWIN.tracks[0].by_frame[100].box
    box = {"left": x0 * 1000, "top": y0 * 1000, "right": x1 * 1000, "bottom": y1 * 1000}
    read = _read(
        missed=[_missed(name="ball", attributes=[_look("shape", "round")], **box), _missed()],
        events=[_event(subject="missed 1", object="missed 2")],
    )
    assert read.labels[1][0].name == "ball"
    assert _said(read) == [("shape", "round", None)]
    assert [thing.labels[0].name for thing in read.missed] == ["cup"]
    assert [(event.subject, event.object) for event in read.events] == [(1, -1)]


def test_a_thing_told_twice_is_one() -> None:
    twice = [_missed(), _missed(name="mug", left=105, confidence=9), _missed(left=600, right=800)]
    read = _read(missed=twice, events=[_event(subject=f"missed {n}", action=f"falls {n} times") for n in (1, 2, 3)])
    assert [[label.name for label in thing.labels] for thing in read.missed] == [["mug", "cup"], ["cup"]]
    assert {event.action: event.subject for event in read.events} == {
        "falls 1 times": -1,
        "falls 2 times": -1,
        "falls 3 times": -2,
    }


def test_missed_things_are_bounded() -> None:
    read = _read(missed=[_missed(left=n * 90, right=n * 90 + 60) for n in range(MOST_MISSED + 3)])
    assert len(read.missed) == MOST_MISSED
    assert read.dropped == {TOO_MANY: 3}


# Events


def test_events_come_by_time_whoever_told_them_first() -> None:
    read = _read(events=[_event(action="sits down", start=5, end=6), _event(action="The runs", start=3, end=2.5)])
    assert [(event.action, event.span) for event in read.events] == [
        ("runs", Span(start=2.5, end=3)),
        ("sits down", Span(start=5, end=6)),
    ]


@pytest.mark.parametrize(
    ("subject", "target", "action", "said"),
    [
        ("track 1", "track 2", "Passes", "passes"),
        ("track 1", "none", "moves left", "moves_left"),
        ("track 1", "none", "moves_left", "moves_left"),
        ("track 1", "none", "passes", "passes"),
        ("none", "none", "stays_still", "stays still"),
        ("track 1", "none", "hidden_by", "hidden by"),
        ("track 1", "none", "grows", "becomes larger"),
        ("track 1", "track 2", "puts the lid carefully back on top", "puts the lid carefully back on"),
    ],
)
def test_an_action_is_an_event_of_the_twin_where_it_is_exactly_that(
    subject: str, target: str, action: str, said: str
) -> None:
    (event,) = _read(events=[_event(subject=subject, object=target, action=action)]).events
    assert event.action == said


@pytest.mark.parametrize(
    ("text", "end"), [("track 2", 2), ("2", 2), (2, 2), ("Track #2", 2), ("none", None), ("", None)]
)
def test_who_is_understood(text: str | int, end: int | None) -> None:
    (event,) = _read(events=[_event(subject=text)]).events
    assert event.subject == end


@pytest.mark.parametrize("text", ["track 9", "missed 1", "missed 0", "person", "track 1; track 2", "999999999999"])
def test_who_does_not_exist_does_nothing(text: str) -> None:
    read = _read(events=[_event(subject=text), _event(object=text)])
    assert read.events == ()
    assert read.dropped == {NO_TRACK: 2}


def test_nothing_happens_between_a_thing_and_itself() -> None:
    (event,) = _read(events=[_event(object="track 1")]).events
    assert event.object is None


def test_a_moment_lasts_as_long_as_a_frame() -> None:
    events = [_event(start=8, end=8), _event(action="nods", start=3, end=3)]
    nod, wave = _read(events=events).events
    assert nod.span.start == 3
    assert nod.span.duration == pytest.approx(TWIN.frame_step)
    assert wave.span.end == 8
    assert wave.span.duration == pytest.approx(TWIN.frame_step)


def test_fifty_events_are_as_many_as_can_be_kept_the_surest() -> None:
    told = [_event(action=f"counts {n}", confidence=n % 10 + 1) for n in range(50)]
    read = _read(events=told)
    assert len(read.events) == MOST_EVENTS
    assert read.dropped == {TOO_MANY: 50 - MOST_EVENTS}
    assert min(event.score for event in read.events) >= 0.6


def test_the_same_event_told_twice_of_one_time_is_one() -> None:
    told = [_event(start=3, end=4), _event(start=3.5, end=5, confidence=9), _event(start=7, end=8)]
    first, second = _read(events=told).events
    assert (first.span, first.score) == (Span(start=3, end=5), 0.9)
    assert second.span == Span(start=7, end=8)


def test_events_outside_the_stretch_and_without_words_are_dropped() -> None:
    read = _read(events=[_event(start=20, end=30), _event(action="..."), _event(confidence=-2)])
    assert read.events == ()
    assert read.dropped == {NO_TIME: 1, NO_WORD: 1, NO_BELIEF: 1}


# The picture


def test_the_picture_in_the_twin_s_words() -> None:
    scene = {"setting": "indoor", "place": "A Kitchen", "time_of_day": "unclear", "brightness": "bright",
             "shot_scale": "close-up", "pace": "slow", "confidence": 8}  # fmt: skip
    camera = [
        {"motion": "pan left", "start": 3, "end": 5, "confidence": 6},
        {"motion": "static", "start": 0, "end": 99, "confidence": 5},
        {"motion": "flying", "start": 3, "end": 5, "confidence": 6},
    ]
    read = _read(scene=scene, camera=camera, texts=["EXIT", "exit", " \x00", "No\u202e smoking"])
    picture = read.picture
    assert [(one.kind, one.value, one.score) for one in picture.scene] == [
        ("setting", "indoor", 0.8),
        ("place", "kitchen", 0.8),
        ("brightness", "bright", 0.8),
    ]
    assert [(one.kind, one.value, one.span) for one in picture.camera] == [
        ("camera_motion", "static", None),
        ("camera_motion", "pan left", Span(start=3, end=5)),
        ("shot_scale", "close-up", None),
    ]
    assert picture.pace is not None
    assert picture.pace.value == "slow"
    assert read.texts == ("EXIT", "No smoking")
    assert read.dropped == {NO_WORD: 1}


def test_words_that_the_twin_has_no_use_for_are_dropped() -> None:
    read = _read(scene={"setting": "on the moon", "pace": "breakneck", "confidence": 9})
    assert read.picture.scene == ()
    assert read.picture.pace is None
    assert read.dropped == {NO_WORD: 2}


def test_everything_says_who_said_it() -> None:
    read = _read(
        tracks=[_track(names=[{"name": "car", "confidence": 5}], attributes=[_look("color", "red")])],
        missed=[_missed(attributes=[_look("color", "red")])],
        events=[_event()],
        scene={"setting": "indoor", "pace": "fast", "shot_scale": "wide", "confidence": 5},
        camera=[{"motion": "static", "start": 2, "end": 8, "confidence": 5}],
    )
    picture, (thing,) = read.picture, read.missed
    assert picture.pace is not None
    facts: list[Attribute] = [*read.attributes[1], *thing.attributes, *picture.scene, *picture.camera, picture.pace]
    sources = {fact.source for fact in (*read.labels[1], *thing.labels, *facts, *read.events)}
    assert sources == {SOURCE}


@pytest.mark.parametrize(
    ("said", "target", "action"),
    [
        ("moves left", None, "moves_left"),
        ("stops", None, "stops"),
        ("follows", 2, "follows"),
        ("follows", None, "follows"),
        ("enters", None, "enters"),
        ("enters", 2, "goes into"),  # the twin's word speaks of the edge of the picture
        ("leaves", 2, "goes away from"),
        ("moves left", 2, "moves left"),  # and this of the one who moves, not of what is moved
    ],
)
def test_an_action_is_the_twins_event_only_where_it_means_that(said: str, target: int | None, action: str) -> None:
    assert reading._action(said, 1, target) == action
