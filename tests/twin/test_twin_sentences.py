"""Components: plain sentences that say what the twin says."""

from __future__ import annotations

import pytest
from twinmaker import Maker, during, line, stand

from seewhy.twin.derive import derive
from seewhy.twin.sentences import MOST_COMPONENTS, components, describe_track
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, Event


def only(maker: Maker):
    return maker.twin().tracks[0]


def test_describe_track():
    maker = Maker()
    maker.add(stand(0.5, 0.5), color="red", shape="round", texture="striped", size_class="small")
    assert describe_track(only(maker)) == "a small red striped round object"
    bare = Maker()
    bare.add(stand(0.5, 0.5))
    assert describe_track(only(bare)) == "an object"
    person = Maker()
    person.add(stand(0.5, 0.5), label="person", color="blue", shape="elongated")
    assert describe_track(only(person)) == "a person in blue"
    unsure = Maker()
    unsure.add(stand(0.5, 0.5), label="dog", label_score=0.2, color="brown")
    assert describe_track(only(unsure)) == "a brown object"


def test_what_is_uncertain_or_trivial_is_not_said():
    looks = [
        Attribute(kind="color", value="red", score=0.2, source="t@1"),
        Attribute(kind="size", value="medium", score=0.9, source="t@1"),
        Attribute(kind="texture", value="plain", score=0.9, source="t@1"),
    ]
    maker = Maker()
    maker.add(stand(0.5, 0.5), attributes=looks)
    assert describe_track(only(maker)) == "an object"


def test_components_of_a_crossing():
    maker = Maker(duration=6, jitter=0.002)
    maker.add(line(0.1, 0.5, 1.3, 0.5, 0.5, 5.5), color="red", shape="round")
    maker.add(stand(0.5, 0.5), 0.3, color="blue", shape="square")
    for kind, value in (("setting", "outdoor"), ("time_of_day", "day"), ("camera_motion", "static")):
        maker.says(kind, value)
    maker.says("palette", "green", 0.6)
    twin = derive(maker.twin())
    said = components(twin)
    by_text = {c.text: c for c in said}
    assert said[0].text == "an outdoor scene in daylight, mostly green; the camera is still"
    assert by_text["a red round object, moving to the right"].tracks == (1,)
    assert by_text["a blue square object, staying still"].kind == "object"
    assert by_text["the red round object moves to the right"].kind == "event"
    assert by_text["the red round object passes the blue square object"].tracks == (1, 2)
    assert by_text["the red round object leaves the picture"].span.end > 4
    assert by_text["the red round object is left of the blue square object"].kind == "relation"
    assert all(0 <= c.span.start <= c.span.end <= twin.video.duration + 1e-6 for c in said)
    assert said == components(twin)


def test_the_same_words_about_the_same_tracks_are_one_component():
    maker = Maker()
    maker.add(stand(0.5, 0.5), color="red")
    maker.events += [
        Event(subject=1, action="jumps", span=Span(start=s, end=s + 0.5), score=0.8, source="vlm@1") for s in (0, 2)
    ]
    found = [c for c in components(maker.twin()) if c.text == "the red object jumps"]
    assert [c.span for c in found] == [Span(start=0, end=2.5)]


def test_what_the_camera_follows_moves_in_its_sentence_too():
    maker = Maker()
    maker.says("camera_motion", "pan left")
    maker.add(stand(0.5, 0.5), color="white")
    texts = [c.text for c in components(derive(maker.twin()))]
    assert "a white object, moving to the left" in texts
    assert any("the camera pans left" in text for text in texts)


def test_the_scene_says_what_is_sure():
    maker = Maker()
    maker.says("setting", "indoor", 0.41)
    maker.says("time_of_day", "night")
    maker.says("palette", "muted", 0.7)
    maker.says("palette", "blue", 0.6)
    maker.says("camera_motion", "handheld")
    maker.says("camera_motion", "tilt up", 0.8)
    maker.says("camera_motion", "pan left", 0.9, Span(start=0, end=0.5))
    maker.pace = "fast"
    text = components(maker.twin())[0].text
    assert text == "a scene at night, mostly blue, in muted colors; the handheld camera tilts up; fast motion"


def test_never_more_than_the_cap_and_the_scene_first():
    maker = Maker(duration=3)
    colors = ["red", "green", "blue", "white", "black", "pink", "brown", "gray", "purple", "orange", "yellow", "cyan"]
    for i, color in enumerate(colors):
        maker.add(stand(0.1 + 0.2 * (i % 4), 0.2 + 0.3 * (i // 4)), color=color, score=0.9 - 0.05 * i)
    said = components(derive(maker.twin()))
    assert len(said) == MOST_COMPONENTS
    assert said[0].kind == "scene"
    assert sum(c.kind == "object" for c in said) == len(colors)


def test_free_form_actions_and_whole_picture_events():
    maker = Maker()
    maker.add(during(stand(0.5, 0.5), 0, 2), label="dog", color="brown")
    maker.events += [
        Event(subject=1, action="sniffs at_the ground", span=Span(start=0, end=1), score=0.8, source="vlm@1"),
        Event(subject=None, action="the lights go out", span=Span(start=2, end=3), score=0.8, source="vlm@1"),
    ]
    texts = {c.text for c in components(maker.twin())}
    assert {"the brown dog sniffs at the ground", "in the picture, the lights go out"} <= texts


@pytest.mark.parametrize("duration", [0.03, 4.0])
def test_an_empty_twin_still_has_a_scene(duration):
    said = components(derive(Maker(duration=duration).twin()))
    assert [c.kind for c in said] == ["scene"]
