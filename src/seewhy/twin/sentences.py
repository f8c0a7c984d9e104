"""Components: what a twin says, in short plain sentences, to be embedded and searched.

One sentence an object ("a small red striped round object, moving to the right"), relation, event and scene, in the
twin's own wording. A question's imagined components are written in the same wording, so that the two meet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from seewhy.twin.derive import GEOMETRY
from seewhy.twin.scenery import camera_phrase, scene_component
from seewhy.twin.vocabulary import ENCOUNTERS, EVENT_PARTICIPLES, EVENT_PHRASES, GENERIC_WORDS, RELATION_PHRASES, noun
from seewhy.types.time import Span, merge_spans
from seewhy.types.twin import GENERIC_CATEGORY, AttributeKind, Component, Event, Relation, Track, Twin

__all__ = ["MOST_COMPONENTS", "believed_events", "camera_phrase", "components", "describe_track", "scene_component"]

MOST_COMPONENTS = 64
"""components of one twin, the most salient ones: encoding takes milliseconds each, and more are near-copies"""
SHARES = {"object": 1.0, "event": 0.9, "relation": 0.6, "scene": 2.0}
"""salience of a sentence by its kind, times its tracks' and its own score: scenes always stay, relations go first"""
SAID = 0.4
"""attributes and labels with a lower score are not put into a sentence: a wrong word hurts more than none"""
HAPPENED = 0.5
"""score from which an event is told; what is less sure is left to the judge"""
SECOND_COLOR = 0.35
"""score that a second color needs to be said too"""
TRIVIAL: Mapping[AttributeKind, frozenset[str]] = {
    "size": frozenset(("medium",)),
    "texture": frozenset(("plain", "smooth", "textured")),
    "shape": frozenset(("irregular", "complex")),
}
"""values that most things have: they say nothing in a sentence"""
MOTIONS = ("moves_left", "moves_right", "moves_up", "moves_down", "grows", "shrinks")
STILL_SHARE = 0.8
"""share of its time in view that a thing stands, to be said to stay still"""
UNSAID = frozenset(("moves", "stays_still"))
"""events that the object's own sentence already says"""


def describe_track(track: Track) -> str:
    """A noun phrase: ``a small red striped round object``, ``a person in blue``.

    Works on any track; without attributes it is ``an object``.
    """
    category = _category(track)
    colors = [a.value for a in track.values("color") if a.span is None][:2] or _changing(track)
    first = next((a for a in track.values("color")), None)
    if first is None or first.score < SAID:
        colors = []
    elif len(track.values("color")) > 1 and track.values("color")[1].score < SECOND_COLOR:
        colors = colors[:1]
    color = " and ".join(dict.fromkeys(colors))
    size, texture, state = (_said(track, kind) for kind in ("size", "texture", "state"))
    if category == "person":
        words = [size if size == "small" else "", state, "person", f"in {color}" if color else "", texture and ""]
        return _with_article(" ".join(word for word in words if word))
    shape = _said(track, "shape") if category == GENERIC_CATEGORY else ""
    return _with_article(" ".join(word for word in (size, state, color, texture, shape, category) if word))


def _category(track: Track) -> str:
    best = track.labels[0]
    name = noun(best.name)
    return name if best.score >= SAID and name not in GENERIC_WORDS else GENERIC_CATEGORY


def _changing(track: Track) -> list[str]:
    """The colors of a track whose color changes: the one it has longest."""
    timed = [a for a in track.values("color") if a.span is not None]
    return [max(timed, key=lambda a: (a.span.duration if a.span else 0.0, a.score)).value] if timed else []


def _said(track: Track, kind: AttributeKind) -> str:
    best = next(iter(track.values(kind)), None)
    if best is None or best.score < SAID or best.value in TRIVIAL.get(kind, frozenset()):
        return ""
    return best.value


def _with_article(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def _the(phrase: str) -> str:
    return f"the {phrase.partition(' ')[2]}"


def _both(a: str, b: str) -> tuple[str, str]:
    """How two are told apart in one sentence.

    >>> _both("a red object", "a blue object"), _both("an object", "an object")
    (('the red object', 'the blue object'), ('one object', 'another object'))
    """
    if a != b:
        return _the(a), _the(b)
    noun_phrase = a.partition(" ")[2]
    return f"one {noun_phrase}", f"another {noun_phrase}"


def components(twin: Twin) -> tuple[Component, ...]:
    """The twin's sentences, most salient first, at most MOST_COMPONENTS; never empty.

    Sentences with the same words about the same tracks are one, over the hull of their spans.
    """
    phrases = {track.id: describe_track(track) for track in twin.tracks}
    salience = {track.id: track.score for track in twin.tracks}
    events = believed_events(twin)
    doings: dict[int, list[Event]] = {}
    for event in events:
        if event.subject is not None and event.score >= HAPPENED:
            doings.setdefault(event.subject, []).append(event)
    weighed: list[tuple[float, Component]] = [(math.inf, scene_component(twin))]
    for track in twin.tracks:
        if track.observations:
            component = object_component(track, phrases[track.id], doings.get(track.id, ()), twin)
            weighed.append((SHARES["object"] * track.score + 1, component))
    for event in events:
        if event.action not in UNSAID and event.score >= HAPPENED:
            weight = _weight(event.score, (event.subject, event.object), salience)
            weighed.append((SHARES["event"] * weight, event_component(event, phrases)))
    for relation in twin.relations:
        weight = _weight(relation.score, (relation.subject, relation.object), salience)
        weighed.append((SHARES["relation"] * weight, relation_component(relation, phrases)))
    return _most_salient(weighed)


def believed_events(twin: Twin) -> list[Event]:
    """All events but those in which somebody says how a thing moves, where geometry has looked: it says so, too, or it
    is not so."""
    derived = any(run.source == GEOMETRY for run in twin.specialists)

    def is_known_better(event: Event) -> bool:
        alone = event.object is None and event.action in EVENT_PHRASES and event.action not in ENCOUNTERS
        return derived and alone and event.source != GEOMETRY

    return [event for event in twin.events if not is_known_better(event)]


def _weight(score: float, tracks: Iterable[int | None], salience: Mapping[int, float]) -> float:
    return score * min((salience.get(t, 0.0) for t in tracks if t is not None), default=1.0)


def _most_salient(weighed: Iterable[tuple[float, Component]]) -> tuple[Component, ...]:
    unique: dict[tuple[str, tuple[int, ...]], tuple[float, Component]] = {}
    for weight, component in weighed:
        key = (component.text, component.tracks)
        kept = unique.get(key)
        if kept is None:
            unique[key] = (weight, component)
        else:
            merged = kept[1].model_copy(update={"span": kept[1].span.hull(component.span)})
            unique[key] = (max(kept[0], weight), merged)
    ranked = sorted(unique.values(), key=lambda w: (-w[0], w[1].span.start, w[1].text, w[1].tracks))
    return tuple(component for _, component in ranked[:MOST_COMPONENTS])


def object_component(track: Track, phrase: str, events: Iterable[Event], twin: Twin) -> Component:
    """What the track is and what it mostly does."""
    first, last = track.observations[0].t, track.observations[-1].t
    span = Span(start=first, end=max(min(last + twin.frame_step, twin.video.duration), last))
    motion = dominant_motion(events, span)
    text = f"{phrase}, {EVENT_PARTICIPLES[motion]}" if motion else phrase
    return Component(kind="object", text=text, tracks=(track.id,), span=span)


def dominant_motion(events: Iterable[Event], span: Span) -> str | None:
    """The motion that takes most of the track's time, weighed by its score; standing still only if nearly always."""
    time: dict[str, float] = {}
    still: list[Span] = []
    for event in events:
        if event.action in MOTIONS:
            time[event.action] = time.get(event.action, 0.0) + event.span.duration * event.score
        elif event.action == "stays_still":
            still.append(event.span)
    stood = math.fsum(s.duration for s in merge_spans(still))
    if stood >= STILL_SHARE * span.duration > 0:
        return "stays_still"
    return max(time, key=lambda action: (time[action], action)) if time else None


def event_component(event: Event, phrases: Mapping[int, str]) -> Component:
    """Who does what, to whom."""
    named = phrases.get(event.subject) if event.subject is not None else None
    verb = EVENT_PHRASES.get(event.action, event.action.replace("_", " "))
    whom = phrases.get(event.object) if event.object is not None else None
    subject, object_ = _both(named, whom) if named and whom else (_the(named) if named else "in the picture,", "")
    words = [subject, verb, *([object_] if object_ else [])]
    tracks = tuple(t for t in (event.subject, event.object) if t is not None and t in phrases)
    return Component(kind="event", text=" ".join(words), tracks=tracks, span=event.span)


def relation_component(relation: Relation, phrases: Mapping[int, str]) -> Component:
    """How two tracks lie to each other."""
    a, b = _both(phrases[relation.subject], phrases[relation.object])
    text = f"{a} is {RELATION_PHRASES[relation.predicate]} {b}"
    return Component(kind="relation", text=text, tracks=(relation.subject, relation.object), span=relation.span)
