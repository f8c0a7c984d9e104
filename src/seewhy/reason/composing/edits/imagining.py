"""The reference twin, edited: the imagined target twin, whose sentences are searched for.

Only what sentences are made of is edited: labels, looks, events, relations, the scene. Observations are left as they
are: where things would be, nobody knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from seewhy.reason.composing.edits.cast import MOTIONS, remade
from seewhy.reason.composing.edits.remaking import SOURCE, SURE, looking, newcomer, renamed, uncolored, without
from seewhy.reason.composing.edits.wishes import Recount, Wishes
from seewhy.reason.composing.edits.words import OPPOSITES
from seewhy.twin.scenery import UNCOLORED
from seewhy.twin.verbs import events_of
from seewhy.twin.vocabulary import CONVERSE, ENCOUNTERS
from seewhy.types.query import (
    Atomic,
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    Related,
    SceneIs,
    Superlative,
    When,
)
from seewhy.types.time import Span
from seewhy.types.twin import GENERIC_CATEGORY, Attribute, AttributeKind, Event, Relation, Track, Twin

MOST_COPIES = 8
"""of one thing, however many are wanted: their sentences are the same"""
STILL = frozenset(("stays_still",))
GOING = MOTIONS | {"moves", "turns"}
PARTS: dict[When, tuple[float, float]] = {
    "any": (0, 1), "throughout": (0, 1), "start": (0, 1 / 3), "middle": (1 / 3, 2 / 3), "end": (2 / 3, 1),
}  # fmt: skip
"""shares of the video"""
TYPICALLY: dict[str, When] = {
    "enters": "start", "appears": "start", "starts": "start", "stops": "middle", "turns": "middle", "leaves": "end",
    "disappears": "end",
}  # fmt: skip
"""when these happen, where nobody says"""
_SCENE = frozenset(("palette", "coloring", "brightness", "time_of_day", "setting", "place"))
_CAMERA = frozenset(("camera_motion", "shot_scale"))


def imagine(wishes: Wishes) -> Twin:
    """The twin of a video that would result, as far as the wishes say."""
    return Draft(wishes).twin()


class Draft:
    """A twin that is being edited."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes, self.cast = wishes, wishes.cast
        twin = self.cast.twin
        self.tracks: dict[int, Track] = dict(twin.track_by_id)
        self.events = list(twin.events)
        self.relations = list(twin.relations)
        self.scene = list(twin.scene.attributes)
        self.camera = list(twin.camera.attributes)
        self.pace = twin.tempo.pace
        self.summary = twin.scene.summary
        self.ids: dict[str, int] = {}
        self.last = max((track.id for track in twin.tracks), default=0)

    def twin(self) -> Twin:
        for thing in self.wishes.things.values():
            if not thing.absent:
                self.ids[thing.id] = thing.track if thing.track is not None else self._add_track()
        for track in self.wishes.remade:
            self._edit_track(track, lambda former: renamed(former, GENERIC_CATEGORY))
        for claim in self.wishes.claims:
            if not claim.negated:
                self._apply(claim.predicate)
        for claim in self.wishes.claims:
            if claim.negated:
                self._deny(claim.predicate)
        for track, wanted in self.wishes.counts.items():
            self._recount(track, wanted)
        self._drop(self.wishes.gone)
        if self.wishes.gone or any(isinstance(claim.predicate, IsA | SceneIs) for claim in self.wishes.claims):
            self.summary = None  # it tells of what was there
        twin = self.cast.twin
        return remade(
            twin,
            tracks=tuple(self.tracks.values()),
            events=tuple(sorted(self.events, key=lambda e: (e.span.start, e.span.end, e.subject or 0, e.action))),
            relations=tuple(self.relations),
            scene=twin.scene.model_copy(update={"attributes": tuple(self.scene), "summary": self.summary}),
            camera=twin.camera.model_copy(update={"attributes": tuple(self.camera)}),
            tempo=twin.tempo.model_copy(update={"pace": self.pace}),
            specialists=(),  # nobody has looked at it
        )

    # claims that hold

    def _apply(self, predicate: Predicate) -> None:
        match predicate:
            case Order(first=first, then=then):
                self._apply_in(first, "start")
                self._apply_in(then, "end")
            case IsA(subject=who, category=category):
                self._edit(who, lambda track: renamed(track, category))
            case HasAttribute(subject=who, attribute=kind, value=said, when=when):
                for number in self._sort(who):
                    self._looking(number, kind, said, when)
            case Happens():
                self._happen(predicate, predicate.when)
            case Related():
                self._relate(predicate)
            case SceneIs(attribute=kind, value=said):
                self._picture(kind, said)
            case Superlative(subject=who, measure="largest" | "smallest" as measure):
                for number in self._sort(who):
                    self._looking(number, "size", "large" if measure == "largest" else "small", "any")
            case Counted(subject=who, number=number, comparator=comparator):
                if who in self.ids:
                    self._recount(self.ids[who], Recount(comparator, number))

    def _apply_in(self, atomic: Atomic, when: When) -> None:
        """A part of an order: it happens then, and not at another time."""
        if isinstance(atomic, Happens):
            subject = self.ids.get(atomic.subject)
            self.events = [e for e in self.events if not (e.subject == subject and e.action == atomic.event)]
            self._happen(atomic, when)
        else:
            self._apply(atomic)

    def _sort(self, entity: str) -> Sequence[int]:
        """The tracks that an entity stands for: one, or a group that is counted."""
        number = self.ids.get(entity)
        if number is None:
            return ()
        return self.cast.group(number) if number in self.wishes.counts else (number,)

    def _edit(self, entity: str, change: Callable[[Track], Track]) -> None:
        if entity in self.ids:
            self._edit_track(self.ids[entity], change)

    def _edit_track(self, number: int, change: Callable[[Track], Track]) -> None:
        if number in self.tracks:
            self.tracks[number] = change(self.tracks[number])

    def _looking(self, number: int, kind: AttributeKind, said: str, when: When) -> None:
        span = None if when in {"any", "throughout"} else self._span(number, when)
        self._edit_track(number, lambda track: looking(track, kind, said, span))

    def _happen(self, happens: Happens, when: When) -> None:
        subject = self.ids.get(happens.subject)
        other = self.ids.get(happens.object) if happens.object is not None else None
        if subject is None or (happens.object is not None and other is None):
            return
        event = happens.event
        part = when if when != "any" else TYPICALLY.get(event, "any")
        same = [e for e in self.events if e.subject == subject and e.object == other and e.action == event]
        if same and when in {"any", "throughout"}:
            return
        old = [
            e
            for e in self.events
            if e.subject == subject and e.action in _denied_by(event) and e.object in (None, other)
        ]
        span = old[0].span if old and when == "any" and event in MOTIONS else self._span(subject, part)
        ordered = when in {"start", "end"}
        dropped = [e for e in old if not (ordered and e.source == SOURCE)]
        self.events = [e for e in self.events if e not in dropped and not self._is_stale(e, subject, other, event)]
        self.events.append(Event(subject=subject, action=event, object=other, span=span, score=SURE, source=SOURCE))

    def _is_stale(self, known: Event, subject: int, other: int | None, event: str) -> bool:
        """What a thing has to do with others changes with the way it goes; and who is followed does not follow."""
        if other is not None:
            return known.subject == other and known.object == subject and known.action == event
        between = known.object is not None and subject in (known.subject, known.object)
        return between and event in MOTIONS | STILL and known.source != SOURCE

    def _relate(self, related: Related) -> None:
        a, b = self.ids.get(related.subject), self.ids.get(related.object)
        if a is None or b is None:
            return
        self.relations = [r for r in self.relations if {r.subject, r.object} != {a, b} or r.source == SOURCE]
        span = self._span(a, related.when)
        self.relations.append(
            Relation(subject=a, predicate=related.relation, object=b, span=span, score=SURE, source=SOURCE)
        )

    def _picture(self, kind: AttributeKind, said: str) -> None:
        new = Attribute(kind=kind, value=said, score=SURE, source=SOURCE)
        if kind == "coloring" and said in UNCOLORED:
            self.tracks = {number: uncolored(track) for number, track in self.tracks.items()}
        if kind == "pace":
            self.pace = new
        elif kind in _CAMERA:
            self.camera = [*(a for a in self.camera if a.kind != kind), new]
        elif kind in _SCENE:
            self.scene = [*(a for a in self.scene if a.kind != kind), new]
        if kind in _GOES_WITH:
            self.scene = [a for a in self.scene if a.source == SOURCE or a.kind not in _GOES_WITH[kind]]

    # claims that do not

    def _deny(self, predicate: Predicate) -> None:
        match predicate:
            case Happens(subject=who, event=event, object=whom):
                subject = self.ids.get(who)
                other = self.ids.get(whom) if whom is not None else None
                self.events = [
                    e
                    for e in self.events
                    if e.source == SOURCE
                    or e.subject != subject
                    or event not in events_of(e.action)
                    or (whom is not None and e.object != other)
                ]
            case HasAttribute(subject=who, attribute=kind, value=said):
                self._edit(who, lambda track: without(track, kind, said))
            case Related(subject=who, relation=relation, object=whom):
                pair = (self.ids.get(who), self.ids.get(whom))
                both = {(*pair, relation), (*reversed(pair), CONVERSE.get(relation))}
                self.relations = [r for r in self.relations if (r.subject, r.object, r.predicate) not in both]
            case SceneIs(attribute=kind, value=said):
                self.scene, self.camera = (
                    [a for a in held if a.kind != kind or a.value != said or a.source == SOURCE]
                    for held in (self.scene, self.camera)
                )
                if kind == "pace" and self.pace is not None and self.pace.value == said:
                    self.pace = None
            case _:
                pass  # what must not be there has been dropped with its tracks

    # tracks

    def _add_track(self) -> int:
        self.last += 1
        self.tracks[self.last] = newcomer(self.last, self.cast.twin.frames)
        return self.last

    def _recount(self, track: int, wanted: Recount) -> None:
        if track not in self.tracks:
            return
        group = (
            [t for t in self.cast.group(track) if t in self.tracks] if track in self.cast.twin.track_by_id else [track]
        )
        number = min(wanted.number, MOST_COPIES)
        if len(group) > wanted.number and wanted.comparator != ">=":
            self._drop([t for t in group if t != track][-(len(group) - max(wanted.number, 1)) :])
        elif wanted.comparator != "<=":
            for _ in range(number - len(group)):
                self.last += 1
                self.tracks[self.last] = self.tracks[track].model_copy(update={"id": self.last})

    def _drop(self, numbers: Iterable[int]) -> None:
        """With all that they do, and how others lie to them."""
        gone = set(numbers)
        for number in gone:
            self.tracks.pop(number, None)
        self.events = [e for e in self.events if not {e.subject, e.object} & gone]
        self.relations = [r for r in self.relations if not {r.subject, r.object} & gone]

    def _span(self, track: int, when: When) -> Span:
        """When the track is seen, or that part of the video."""
        start, end = PARTS[when]
        duration = self.cast.twin.video.duration
        seen = self.tracks[track].observations if track in self.tracks else ()
        if when == "any" and seen:
            return Span(start=seen[0].t, end=max(seen[-1].t, seen[0].t))
        return Span(start=start * duration, end=end * duration)


_GOES_WITH: dict[str, frozenset[str]] = {
    "time_of_day": frozenset(("brightness", "palette")),
    "brightness": frozenset(("palette", "time_of_day")),
    "setting": frozenset(("palette", "place")),
    "place": frozenset(("palette",)),
    "coloring": frozenset(("palette",)),
}
"""What is no longer known of a picture when that has changed."""


def _denied_by(event: str) -> frozenset[str]:
    """What a thing does not do when it does that instead."""
    if event in MOTIONS:
        return (GOING | STILL) - {event}
    if event in STILL:
        return frozenset((*GOING, "starts", "stops", "speeds_up", "slows_down", "enters", "leaves", *ENCOUNTERS))
    opposite = OPPOSITES.get(event)
    return STILL | {opposite} if opposite is not None else STILL
