"""Findings enter a twin: what stays, what is replaced, what is dropped, and what must hold of any findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seewhy.perceive.entering import enter
from seewhy.perceive.findings import Findings, FoundObject
from seewhy.perceive.observing import observation, place
from seewhy.twin.derive import derive
from seewhy.twin.scenery import scene_component
from seewhy.types.masks import Rle, encode
from seewhy.types.time import Span
from seewhy.types.twin import (
    Attribute,
    Camera,
    Event,
    Label,
    Scene,
    SpecialistRun,
    Tempo,
    Track,
    Twin,
    parse_mask_pointer,
)
from seewhy.types.video import FrameTime, VideoFacts, VideoId

HEIGHT, WIDTH = 12, 16
SAMPLED, BETWEEN = (0, 4, 8, 12, 16), (2, 6, 10)
RATE, DURATION = 4.0, 5.0
OLD, NEW = "embedded@1", "looker@1"


def box(left: int, top: int, right: int, bottom: int, size: tuple[int, int] = (HEIGHT, WIDTH)) -> Rle:
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return encode(mask)


def time_of(index: int) -> FrameTime:
    return FrameTime(index=index, pts=index, t=index / RATE)


def label(name: str, score: float = 0.8, source: str = NEW) -> Label:
    return Label(name=name, score=score, source=source)


def attribute(kind: Any, value: str, score: float = 0.8, source: str = NEW, span: Span | None = None) -> Attribute:
    return Attribute(kind=kind, value=value, score=score, source=source, span=span)


def event(subject: int | None, action: str, whom: int | None = None, span: Span | None = None) -> Event:
    return Event(subject=subject, action=action, object=whom, span=span or Span(start=1, end=2), score=0.7, source=NEW)


def base() -> tuple[Twin, dict[int, dict[int, Rle]]]:
    """Three tracks side by side; the first goes to the right, the third is seen late."""
    where: dict[int, Callable[[int], tuple[int, int, int, int]]] = {
        1: lambda index: (index // 4, 0, index // 4 + 4, 4),
        2: lambda _: (9, 4, 15, 10),
        3: lambda _: (0, 8, 4, 12),
    }
    table: dict[int, dict[int, Rle]] = {}
    tracks = []
    for number, at in where.items():
        seen = []
        for index in SAMPLED[2 if number == 3 else 0 :]:
            mask = box(*at(index))
            table.setdefault(index, {})[number] = mask
            lies = place(mask)
            assert lies is not None
            seen.append(observation(time_of(index), number, lies, number / 4, 0.9))
        tracks.append(
            Track(
                id=number,
                labels=(label("object", 0.9, OLD),),
                attributes=(attribute("color", "red", 0.7, OLD),),
                observations=tuple(seen),
                score=0.8,
                source=OLD,
            )
        )
    facts = VideoFacts(
        id=VideoId("0" * 32), bytes=1, width=160, height=120, rotation=0, duration=DURATION, start_pts=0,
        time_base=Fraction(1, 4), average_rate=Fraction(4), codec="h264", container="mp4",
    )  # fmt: skip
    twin = Twin(
        video=facts,
        frames=tuple(map(time_of, SAMPLED)),
        mask_size=(HEIGHT, WIDTH),
        tracks=tuple(tracks),
        scene=Scene(attributes=(attribute("setting", "outdoor", 0.6, OLD),)),
        camera=Camera(attributes=(attribute("camera_motion", "pan left", 0.7, OLD, Span(start=0, end=2)),)),
        tempo=Tempo(pace=attribute("pace", "slow", 0.6, OLD), motion=0.02),
        specialists=(SpecialistRun(source=OLD),),
        degraded=("cut short",),
    )
    return twin, table


TWIN, MASKS = base()


def entered(twin: Twin = TWIN, **said: Any) -> Twin:
    return enter(twin, MASKS, Findings(source=NEW, **said))[0]


def note(twin: Twin) -> str:
    return next(run.note for run in twin.specialists if run.source == NEW) or ""


# Names and looks


def test_names_stand_before_the_generic_one_from_a_score_on() -> None:
    track = entered(labels={1: (label("dog", 0.45), label("wolf", 0.2))}).track_by_id[1]
    assert [one.name for one in track.labels] == ["dog", "object", "wolf"]
    assert [one.name for one in entered(labels={1: (label("dog", 0.3),)}).track_by_id[1].labels] == ["object", "dog"]


def test_of_one_name_the_surer_guess_stays() -> None:
    twin = entered(labels={1: (label("Dog", 0.5, "other@1"), label("dog", 0.9))})
    assert [(one.name, one.source) for one in twin.track_by_id[1].labels if one.name != "object"] == [("dog", NEW)]


def test_the_last_word_of_a_source_counts_and_that_of_others_stays() -> None:
    once = entered(labels={1: (label("dog"),)}, attributes={1: (attribute("color", "blue"), attribute("state", "wet"))})
    twice = entered(
        once, labels={1: (label("cat"),)}, attributes={1: (attribute("color", "gray"), attribute("state", "sad"))}
    )
    track = twice.track_by_id[1]
    assert [one.name for one in track.labels] == ["cat", "object"]
    assert [(one.value, one.source) for one in track.values("color")] == [("gray", NEW), ("red", OLD)]
    assert {one.value for one in track.values("state")} == {"wet", "sad"}


def test_another_time_is_not_corrected() -> None:
    early, late = Span(start=0, end=2), Span(start=3, end=4)
    once = entered(attributes={2: (attribute("color", "blue", span=early),)})
    twice = entered(once, attributes={2: (attribute("color", "gray", span=late),)})
    assert {one.value for one in twice.track_by_id[2].values("color")} == {"red", "blue", "gray"}


def test_one_value_of_one_kind_stands_once() -> None:
    twin = entered(attributes={1: (attribute("color", "Red", 0.9), attribute("color", "red", 0.5))})
    assert [(one.value, one.source) for one in twin.track_by_id[1].values("color")] == [("Red", NEW)]


def test_tracks_that_nothing_is_said_of_stay_as_they_are() -> None:
    assert entered(labels={1: (label("dog"),)}).tracks[1:] == TWIN.tracks[1:]


# What cannot be true


def test_facts_on_tracks_that_do_not_exist_are_counted() -> None:
    twin = entered(
        labels={9: (label("dog"),)},
        attributes={9: (attribute("color", "red"), attribute("state", "wet"))},
        events=(event(9, "runs"), event(1, "bites", 9), event(-1, "flies")),
        masks={4: {9: box(0, 0, 2, 2)}},
    )
    assert twin.tracks == TWIN.tracks
    assert not twin.events
    assert "7 facts on tracks that do not exist were dropped" in note(twin)


def test_spans_are_cut_to_the_video() -> None:
    twin = entered(
        events=(event(1, "runs", span=Span(start=-3, end=99)), event(1, "jumps", span=Span(start=6, end=7))),
        attributes={1: (attribute("state", "wet", span=Span(start=4, end=50)),)},
    )
    assert [one.span for one in twin.events] == [TWIN.span]
    assert twin.track_by_id[1].values("state")[0].span == Span(start=4, end=DURATION)
    assert "1 facts of times outside the video were dropped" in note(twin)


def test_scores_are_scores() -> None:
    twin = entered(labels={1: (label("dog", 7.0), label("cat", float("nan")))}, events=(event(2, "sits"),))
    assert [one.score for one in twin.track_by_id[1].labels] == [1.0, 0.9, 0.0]


def test_words_are_plain() -> None:
    bad = "stop\u202e sign\x00\n \U000e0041" + "x" * 500
    twin = entered(
        labels={1: (label(bad), label("\u200b"))}, texts=(bad, "\x07"), summary=bad, events=(event(1, "\u2066"),)
    )
    said = [twin.track_by_id[1].category, *twin.scene.texts, twin.scene.summary or ""]
    assert all(text.startswith("stop sign") for text in said)
    assert all(text.isprintable() and len(text) <= 600 for text in said)
    assert len(twin.scene.texts) == 1
    assert "2 facts without a word were dropped" in note(twin)


def test_masks_that_do_not_fit_are_dropped() -> None:
    twin = entered(
        frames=(time_of(2), FrameTime(index=6, pts=6, t=4.5)),
        masks={
            2: {1: box(0, 0, 3, 3), 2: box(0, 0, 3, 3, size=(6, 8))},
            6: {1: box(0, 0, 3, 3)},  # its time does not fit between its neighbors'
            7: {1: box(0, 0, 3, 3)},
        },
    )
    assert [frame.index for frame in twin.frames] == sorted((*SAMPLED, 2))
    assert "1 masks of another size were dropped" in note(twin)
    assert "2 masks of frames that are not known were dropped" in note(twin)


# Things


def found(score: float = 0.7, name: str = "cup", at: tuple[int, int, int, int] = (5, 6, 8, 9)) -> FoundObject:
    masks = {index: box(*at) for index in SAMPLED}
    return FoundObject(labels=(label(name),) if name else (), masks=masks, score=score, source=NEW)


def test_a_thing_becomes_a_track() -> None:
    twin, masks = enter(TWIN, MASKS, Findings(source=NEW, objects=(found(),), events=(event(1, "lifts", -1),)))
    track = twin.track_by_id[4]
    assert (track.category, track.score, track.source, track.part_of) == ("cup", 0.7, NEW, None)
    assert [seen.frame for seen in track.observations] == list(SAMPLED)
    assert track.observations[0].box == (5 / 16, 6 / 12, 8 / 16, 9 / 12)
    assert all(seen.depth is None and seen.score == 0.7 for seen in track.observations)
    assert masks[4][4] == box(5, 6, 8, 9)
    assert [(one.subject, one.action, one.object) for one in twin.events] == [(1, "lifts", 4)]
    assert derive(twin).relations


def test_a_thing_without_a_name_is_an_object() -> None:
    assert [one.name for one in entered(objects=(found(name=""),)).track_by_id[4].labels] == ["object"]


def test_a_thing_that_is_a_track_gives_it_its_name() -> None:
    twin = entered(objects=(found(at=(9, 4, 15, 9), name="box"),), events=(event(-1, "falls"), event(2, "eats", -1)))
    assert len(twin.tracks) == 3
    assert twin.track_by_id[2].category == "box"
    assert [(one.subject, one.action) for one in twin.events] == [(2, "falls")]
    assert "1 facts of a thing and itself were dropped" in note(twin)


def test_a_thing_within_another_is_a_part_of_it() -> None:
    twin = entered(objects=(found(at=(10, 5, 12, 7)), found(at=(10, 5, 11, 6), name="handle", score=0.4)))
    assert {track.category: track.part_of for track in twin.tracks[3:]} == {"cup": 2, "handle": 4}


def test_the_same_thing_found_twice_is_one() -> None:
    twin = entered(objects=(found(0.5, "mug"), found(0.7)), events=(event(-1, "falls"), event(-2, "breaks")))
    assert [track.id for track in twin.tracks] == [1, 2, 3, 4]
    assert {one.name for one in twin.track_by_id[4].labels} == {"mug", "cup"}
    assert {one.subject for one in twin.events} == {4}


def test_an_id_that_was_made_up_is_not_given_to_a_new_track() -> None:
    twin = entered(objects=(found(),), labels={4: (label("ghost"),)})
    assert [(track.id, track.category) for track in twin.tracks[3:]] == [(5, "cup")]


def test_a_thing_that_is_nowhere_is_dropped_with_its_events() -> None:
    nowhere = FoundObject(labels=(label("ghost"),), masks={0: box(0, 0, 0, 0)}, score=0.9, source=NEW)
    twin = entered(objects=(nowhere, found()), events=(event(-1, "haunts"), event(-2, "stands")))
    assert [(one.subject, one.action) for one in twin.events] == [(4, "stands")]
    assert "1 things that are nowhere to be seen were dropped" in note(twin)


# More looks at tracks


def test_more_observations_fall_into_place() -> None:
    twin, masks = enter(
        TWIN, MASKS, Findings(source=NEW, frames=(time_of(2), time_of(6)), masks={2: {1: box(1, 0, 5, 4)}})
    )
    assert [frame.index for frame in twin.frames] == [0, 2, 4, 8, 12, 16]
    assert [seen.frame for seen in twin.track_by_id[1].observations] == [0, 2, 4, 8, 12, 16]
    assert (twin.track_by_id[1].observations[1].depth, twin.track_by_id[1].observations[1].score) == (0.25, 0.9)
    assert list(masks[2]) == [1]


def test_a_mask_that_is_known_stays() -> None:
    assert enter(TWIN, MASKS, Findings(source=NEW, masks={4: {1: box(0, 0, 9, 9)}}))[1] == MASKS


def test_masks_that_are_not_there_are_named() -> None:
    with pytest.raises(ValueError, match="track 1 in frame 0"):
        enter(TWIN, {}, Findings(source=NEW))


# The picture


def test_the_surer_value_of_the_scene_leads_and_the_other_stays() -> None:
    twin = entered(scene=(attribute("setting", "indoor", 0.9), attribute("place", "kitchen", 0.8)))
    assert [(one.value, one.source) for one in twin.scene.attributes if one.kind == "setting"] == [
        ("indoor", NEW), ("outdoor", OLD),
    ]  # fmt: skip
    assert scene_component(twin).text.startswith("a kitchen")


def test_camera_motions_coexist() -> None:
    twin = entered(camera=(attribute("camera_motion", "tilt up", 0.9, span=Span(start=1, end=3)),))
    assert [one.value for one in twin.camera.attributes] == ["tilt up", "pan left"]


@pytest.mark.parametrize(("score", "leads"), [(0.9, "fast"), (0.5, "slow")])
def test_the_surer_pace_leads_and_the_other_stands_behind(score: float, leads: str) -> None:
    twin = entered(pace=attribute("pace", "fast", score))
    assert twin.tempo.pace is not None
    assert twin.tempo.pace.value == leads
    behind = [one.value for one in twin.camera.attributes if one.kind == "pace"]
    assert {leads, *behind} == {"fast", "slow"}
    assert twin.tempo.motion == TWIN.tempo.motion


def test_a_summary_is_replaced_by_its_author_only() -> None:
    first = entered(summary="A dog runs.")
    assert (first.scene.summary, first.scene.summary_source) == ("A dog runs.", NEW)
    assert entered(first, summary="A dog sleeps.").scene.summary == "A dog sleeps."
    other, _ = enter(first, MASKS, Findings(source="other@1", summary="No dog."))
    assert other.scene == first.scene


def test_texts_are_kept_once_and_not_without_end() -> None:
    twin = entered(entered(texts=("Exit", "STOP")), texts=("stop", *(f"line {i:02}" for i in range(50))))
    assert twin.scene.texts[:3] == ("Exit", "STOP", "line 00")
    assert len(twin.scene.texts) == 20


# Who said it


def test_who_looked_is_said_once() -> None:
    twin = entered(entered(labels={1: (label("dog"),)}, seconds=1.0), labels={1: (label("cat"),)}, seconds=2.5)
    assert [(run.source, run.seconds) for run in twin.specialists] == [(OLD, None), (NEW, 2.5)]
    assert note(entered(labels={1: (label("dog"),)}, notes=("a hat was not clear",))) == "names: 1; a hat was not clear"


def test_what_a_source_could_not_do_is_said_until_it_could() -> None:
    once = entered(degraded=("shot 2 was not described", "shot 2 was not described"))
    assert once.degraded == ("cut short", f"{NEW}: shot 2 was not described")
    assert entered(once).degraded == ("cut short",)


# Of any findings

spans = st.none() | st.builds(
    lambda start, length: Span(start=start, end=start + length), st.integers(-2, 7), st.integers(0, 9)
)
scores = st.sampled_from((-1.0, 0.0, 0.3, 0.5, 0.8, 2.0))
words = st.sampled_from(("dog", "Dog", "object", "", "a\u202eb", "red", "runs"))
sources = st.sampled_from((OLD, NEW))
labels = st.builds(Label, name=words, score=scores, source=sources)
attributes = st.builds(
    Attribute,
    kind=st.sampled_from(("color", "state", "setting", "camera_motion", "pace")),
    value=words,
    score=scores,
    source=sources,
    span=spans,
)
ids = st.integers(1, 6)
ends = st.none() | st.integers(-4, 6)
events = st.builds(
    Event,
    subject=ends,
    action=words,
    object=ends,
    span=spans.filter(lambda span: span is not None),
    score=scores,
    source=sources,
)
masks = st.builds(
    lambda left, top, width, height, odd: box(left, top, left + width, top + height, (6, 8) if odd else (12, 16)),
    st.integers(0, 12),
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(0, 6),
    st.sampled_from((*[False] * 9, True)),
)
indices = st.sampled_from((*SAMPLED, *BETWEEN, 77))
times = st.builds(
    lambda index, late: FrameTime(index=index, pts=index, t=index / RATE + late),
    st.sampled_from((*BETWEEN, 77)),
    st.sampled_from((0.0, 0.0, 0.1, 2.0)),
)


def several(strategy: st.SearchStrategy[Any], most: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


things = st.builds(
    FoundObject,
    labels=several(labels),
    masks=st.dictionaries(indices, masks, max_size=4),
    score=scores,
    source=sources,
    attributes=several(attributes),
)
findings = st.builds(
    Findings,
    source=sources,
    labels=st.dictionaries(ids, several(labels), max_size=3),
    attributes=st.dictionaries(ids, several(attributes), max_size=3),
    events=several(events),
    objects=several(things, 4),
    frames=several(times, 4),
    masks=st.dictionaries(indices, st.dictionaries(ids, masks, max_size=3), max_size=4),
    scene=several(attributes),
    camera=several(attributes),
    pace=st.none() | attributes.map(lambda one: one.model_copy(update={"kind": "pace"})),
    texts=several(words),
    summary=st.none() | words,
    notes=several(words),
    degraded=several(words),
)


def turned(said: Findings) -> Findings:
    """The same findings in the reverse order."""
    count = len(said.objects)

    def end(number: int | None) -> int | None:
        return -(count - 1 - (-number - 1)) - 1 if number is not None and -count <= number < 0 else number

    return replace(
        said,
        labels={track: of[::-1] for track, of in reversed(said.labels.items())},
        attributes={track: of[::-1] for track, of in reversed(said.attributes.items())},
        events=tuple(
            one.model_copy(update={"subject": end(one.subject), "object": end(one.object)})
            for one in reversed(said.events)
        ),
        objects=tuple(
            replace(
                one,
                labels=one.labels[::-1],
                attributes=one.attributes[::-1],
                masks=dict(reversed(one.masks.items())),
            )
            for one in reversed(said.objects)
        ),
        frames=said.frames[::-1],
        masks={frame: dict(reversed(of.items())) for frame, of in reversed(said.masks.items())},
        scene=said.scene[::-1],
        camera=said.camera[::-1],
        texts=said.texts[::-1],
        notes=said.notes[::-1],
        degraded=said.degraded[::-1],
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(findings)
def test_any_findings_leave_a_sound_twin(said: Findings) -> None:
    twin, table = enter(TWIN, MASKS, said)
    assert Twin.model_validate_json(twin.model_dump_json()) == twin
    assert len(twin.track_by_id) == len(twin.tracks)
    known = [frame.index for frame in twin.frames]
    assert known == sorted(set(known))
    assert [frame.t for frame in twin.frames] == sorted({frame.t for frame in twin.frames})
    pointed = set()
    for track in twin.tracks:
        assert track.labels
        seen = [one.frame for one in track.observations]
        assert seen
        assert seen == sorted(set(seen))
        assert set(seen) <= set(known)
        assert track.part_of is None or track.part_of in twin.track_by_id
        for one in track.observations:
            assert one.mask is not None
            frame, whose = parse_mask_pointer(one.mask)
            assert (frame, whose) == (one.frame, track.id)
            pointed.add((frame, whose))
            assert table[frame][whose].size == twin.mask_size
    assert pointed == {(frame, track) for frame, of in table.items() for track in of}
    for fact in (*twin.events, *(one for track in twin.tracks for one in track.attributes)):
        assert fact.span is None or (fact.span.start >= 0 and fact.span.end <= DURATION)
        assert 0 <= fact.score <= 1
    assert all(end is None or end in twin.track_by_id for one in twin.events for end in (one.subject, one.object))
    assert derive(derive(twin)).relations == derive(twin).relations


@settings(max_examples=60, deadline=None, derandomize=True)
@given(findings)
def test_entering_twice_is_entering_once(said: Findings) -> None:
    once = enter(TWIN, MASKS, said)
    assert enter(*once, said) == once


@settings(max_examples=60, deadline=None, derandomize=True)
@given(findings)
def test_the_order_of_facts_does_not_matter(said: Findings) -> None:
    assert enter(TWIN, MASKS, turned(said)) == enter(TWIN, MASKS, said)
