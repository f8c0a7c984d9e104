"""Who and what is in a reference twin, and whom an edit means by "it", "the ball", "both"."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from seewhy.reason.composing.edits.words import OPPOSITES
from seewhy.twin.looks import alike, value
from seewhy.twin.predicates import evaluate, fits
from seewhy.twin.sentences import HAPPENED, believed_events, describe_track, dominant_motion
from seewhy.twin.verbs import events_of
from seewhy.twin.vocabulary import GENERIC_WORDS, PERSON_WORDS, noun
from seewhy.types.query import Atomic, Counted, HasAttribute, IsA
from seewhy.types.time import Span
from seewhy.types.twin import Attribute, AttributeKind, Event, EventName, Track, Twin

SAID = 0.4
"""score from which a label or a look of the reference is taken for true: what `twin.sentences` says of it, too"""
MOVER = 1.5
"""how much more a thing that moves is what a video is about: still things are often its surroundings"""
DIRECTIONS: Sequence[EventName] = ("moves_left", "moves_right", "moves_up", "moves_down")
MOTIONS: frozenset[str] = frozenset(DIRECTIONS)
ACTS: frozenset[str] = frozenset(("moves", "grows", "shrinks", "changes_color"))
MOST_TRACKS = 40
"""that an edit may mean: an hour has thousands, and nobody speaks of those that are hardly seen"""
SAME = 0.7
"""likeness of two looks from which two things are of one group: "three of them" """


class Fitting(NamedTuple):
    """Tracks that a description may mean, the most prominent first."""

    yes: tuple[int, ...]
    maybe: tuple[int, ...]


class Cast:
    """The tracks of a reference, and how things are in it."""

    def __init__(self, twin: Twin) -> None:
        self.main = most_prominent(twin)
        """the tracks that an edit may mean, the most prominent first"""
        self.twin = _only(twin, self.main)
        """the reference with these tracks alone"""
        self._fitting: dict[tuple[Atomic, ...], Fitting] = {}
        self._groups: dict[int, tuple[int, ...]] = {}

    @cached_property
    def events(self) -> dict[int, tuple[Event, ...]]:
        """Track → what it does, the surest first."""
        found: dict[int, list[Event]] = {}
        for event in self.twin.events:
            if event.subject is not None:
                found.setdefault(event.subject, []).append(event)
        return {track: tuple(sorted(said, key=lambda e: -e.score)) for track, said in found.items()}

    def track(self, track: int) -> Track:
        return self.twin.track_by_id[track]

    def phrase(self, track: int) -> str:
        """ "the red round object" """
        return f"the {describe_track(self.track(track)).partition(' ')[2]}"

    def first(self, word: str = "it") -> tuple[int, ...]:
        """Whom a pronoun means: the most prominent thing, or two, or the most prominent person."""
        if word in {"they", "them", "both", "themselves", "their"}:
            groups = [group for track in self.main if len(group := self.group(track)) > 1]
            return max(groups, key=len) if groups else self.main[:2]
        if word in {"he", "she", "him", "her", "his", "himself", "herself"}:
            persons = [t for t in self.main if noun(self.track(t).category) in PERSON_WORDS]
            return tuple(persons[:1]) or self.main[:1]
        return self.main[:1]

    def fitting(self, says: Sequence[Atomic]) -> Fitting:
        """The tracks that fit a description; all, where it says nothing."""
        found = self._fitting.get(tuple(says))
        if found is None:
            answers = {track: fits(track, self.twin, says).answer for track in self.main}
            yes, maybe = (tuple(t for t in self.main if answers[t] == answer) for answer in ("yes", "unknown"))
            found = self._fitting[tuple(says)] = Fitting(yes, maybe)
        return found

    def group(self, track: int) -> tuple[int, ...]:
        """The tracks that are the same sort of thing: same name, color and shape. The track itself is one of them."""
        if track not in self._groups:
            mine = self.sort_of(track)
            members = (t for t in self.main if t == track or (mine and _same(mine, self.sort_of(t))))
            self._groups[track] = tuple(members)
        return self._groups[track]

    def sort_of(self, track: int) -> dict[AttributeKind | None, str]:
        """What makes it one of a kind: its name under None, its color and its shape, as far as they are known."""
        sort: dict[AttributeKind | None, str] = {None: name} if (name := self.name(track)) else {}
        for kind in ("color", "shape"):
            if said := self.look(track, kind):
                sort[kind] = said
        return sort

    def how_many(self, track: int, says: Sequence[Atomic] = ()) -> int:
        """How many things of this sort are seen at one time.

        Args:
            says: what they are counted by; nothing: by what the track is.
        """
        by = [with_subject(atomic, "x") for atomic in says] or self.described(track, "x")
        truth = evaluate(Counted(subject="x", comparator=">=", number=1), self.twin, {}, {"x": by})
        return max(round(truth.evidence.numbers.get("at_least", 1.0)), 1)

    def described(self, track: int, entity: str) -> list[Atomic]:
        """What makes the track one of its kind, as predicates."""
        sort = self.sort_of(track)
        says: list[Atomic] = [
            HasAttribute(subject=entity, attribute=kind, value=said) for kind, said in sort.items() if kind is not None
        ]
        name = sort.get(None)
        return [IsA(subject=entity, category=name), *(s for s in says if not _is_shape(s))] if name else says

    def name(self, track: int) -> str:
        """Its category, "" where nobody could name it."""
        best = self.track(track).labels[0]
        return noun(best.name) if best.score >= SAID and noun(best.name) not in GENERIC_WORDS else ""

    def look(self, track: int, kind: AttributeKind) -> str:
        """The surest lasting value, "" where none is sure enough."""
        best = next((a for a in self.track(track).values(kind) if a.span is None), None)
        return value(kind, best.value) if best is not None and best.score >= SAID else ""

    def likely_direction(self, track: int) -> EventName | None:
        """The same; where nobody is sure of any direction, the likeliest."""
        unsure = [event for event in self.events.get(track, ()) if event.action in MOTIONS]
        if any(event.score >= HAPPENED for event in unsure):
            return self.direction(track)
        return self._mostly(track, unsure)

    def direction(self, track: int) -> EventName | None:
        """Where it mostly moves: left, right, up or down; None: nowhere, to and fro, or nobody is sure.

        Told from the events that the twin's own sentences are told from: what the camera's motion may explain has a
        low score for a long time. What goes longest one way and most surely the other goes to and fro.
        """
        return self._mostly(track, [event for event in self._sure.get(track, ()) if event.action in MOTIONS])

    def _mostly(self, track: int, ways: Sequence[Event]) -> EventName | None:
        found = dominant_motion(ways, self._in_view(track))
        name = next((name for name in DIRECTIONS if name == found), None)
        if name is None:
            return None
        on, back = (max((e.score for e in ways if e.action == way), default=0.0) for way in (name, OPPOSITES[name]))
        return name if on >= back else None

    def stands(self, track: int) -> bool:
        """Whether it stays where it is nearly all the time, as the twin's own sentence says then."""
        return dominant_motion(self._sure.get(track, ()), self._in_view(track)) == "stays_still"

    @cached_property
    def _sure(self) -> dict[int, list[Event]]:
        """Track → what its sentence is told from."""
        found: dict[int, list[Event]] = {}
        for event in believed_events(self.twin):
            if event.subject is not None and event.score >= HAPPENED:
                found.setdefault(event.subject, []).append(event)
        return found

    def _in_view(self, track: int) -> Span:
        """As long as its sentence says that it is seen."""
        seen = self.track(track).observations
        last = min(seen[-1].t + self.twin.frame_step, self.twin.video.duration)
        return Span(start=seen[0].t, end=max(last, seen[-1].t))

    def does(self, track: int, event: str, other: int | None = None) -> bool:
        """Whether the twin says that this happens."""
        return any(
            event in events_of(seen.action) and (other is None or seen.object == other)
            for seen in self.events.get(track, ())
        )

    def scene(self, kind: AttributeKind) -> str:
        """How the whole picture is; "" where nothing is known. Of several values, the surest and longest."""
        pace = (self.twin.tempo.pace,) if self.twin.tempo.pace else ()
        everything = (*self.twin.scene.attributes, *self.twin.camera.attributes, *pace)
        known = [a for a in everything if a.kind == kind and a.score >= SAID]
        best = max(known, key=lambda a: (self._weight(a), a.value), default=None)
        return value(kind, best.value) if best is not None else ""

    def _weight(self, attribute: Attribute) -> float:
        return attribute.score * (attribute.span.duration if attribute.span else self.twin.video.duration)


def most_prominent(twin: Twin) -> tuple[int, ...]:
    """Ids of the tracks that are ever seen, the most prominent first, at most MOST_TRACKS: salient, long in view, and
    moving or changing."""
    acting = {event.subject for event in twin.events if not ACTS.isdisjoint(events_of(event.action))}
    whole = max(len(twin.frames), 1)

    def prominence(track: Track) -> float:
        return track.score * (MOVER if track.id in acting else 1.0) * len(track.observations) / whole

    seen = [track for track in twin.tracks if track.observations]
    ranked = sorted(seen, key=lambda track: (-round(prominence(track), 6), track.id))
    return tuple(track.id for track in ranked[:MOST_TRACKS])


def _only(twin: Twin, tracks: Sequence[int]) -> Twin:
    """The twin with these tracks, and with what happens to them and among them."""
    chosen = set(tracks)
    if len(chosen) == len(twin.tracks):
        return twin
    return remade(
        twin,
        tracks=tuple(track for track in twin.tracks if track.id in chosen),
        events=tuple(event for event in twin.events if {event.subject, event.object} - {None} <= chosen),
        relations=tuple(relation for relation in twin.relations if {relation.subject, relation.object} <= chosen),
    )


def remade(twin: Twin, **parts: object) -> Twin:
    """The twin with other parts. A copy would keep what the twin has remembered of its old ones (`track_by_id`)."""
    return Twin(**{name: getattr(twin, name) for name in Twin.model_fields} | parts)


def _is_shape(says: Atomic) -> bool:
    return isinstance(says, HasAttribute) and says.attribute == "shape"


def _same(a: dict[AttributeKind | None, str], b: dict[AttributeKind | None, str]) -> bool:
    return a.keys() == b.keys() and all(
        said == b[kind] if kind is None else alike(kind, said, b[kind]) >= SAME for kind, said in a.items()
    )


def with_subject(atomic: Atomic, subject: str) -> Atomic:
    """The same of another entity."""
    return atomic.model_copy(update={"subject": subject})
