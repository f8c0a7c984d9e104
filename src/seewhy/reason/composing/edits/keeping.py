"""What of the reference stays as it is, as claims of little weight: it tells the target from strangers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seewhy.reason.composing.edits.cast import with_subject
from seewhy.reason.composing.edits.wishes import Claim, Wishes
from seewhy.reason.composing.edits.words import TELLING
from seewhy.reason.plan import entities_of
from seewhy.twin.sentences import TRIVIAL
from seewhy.types.query import Atomic, Counted, Happens, HasAttribute, IsA, Order, Predicate, Related, SceneIs
from seewhy.types.twin import AttributeKind, Event, EventName

KEPT = 0.3
"""weight of what stays: shared by many videos, and often not quite as it was; too little to rule a video out. Between
0.15 and 0.45 the ranking hardly changes; without what stays, a fifth of the synthetic edits are no longer first."""
KEPT_SCENE = 0.2
AROUND = 0.2
"""of all that stays of one thing that the edit does not speak of: it may not even be seen in the target"""
IN_OTHER_LIGHT = 0.5
"""what the weight of a color is multiplied with, where the light changes"""
MOST_KEPT = 3
"""tracks that are kept track of, besides those that are changed"""
MOST_EVENTS = 2
"""of a kept thing, besides where it goes: the surest"""
MEETINGS: tuple[EventName, ...] = ("follows", "hidden_by", "passes")
SURE = 0.6
"""score from which an event of the reference is expected again"""
LOOKS: Sequence[AttributeKind] = ("color", "shape", "texture")
LIGHT = frozenset(("time_of_day", "brightness"))
SCENERY: tuple[tuple[AttributeKind, frozenset[AttributeKind]], ...] = (
    ("setting", frozenset(("setting", "place"))),
    ("time_of_day", frozenset(("time_of_day", "brightness"))),
    ("camera_motion", frozenset(("camera_motion",))),
    ("coloring", frozenset(("coloring",))),
)
"""What stays of the picture, and the claims that make it uncertain."""
EXPECTED = frozenset(("color",))
"""what nearly all videos are says nothing"""


def kept(wishes: Wishes) -> list[Claim]:
    """What stays of the picture, of the things that are changed and of the most prominent others."""
    return [*_of_picture(wishes), *_of_things(wishes)]


def whom(wishes: Wishes) -> list[int]:
    """The tracks that stay, those that the edit speaks of first."""
    spoken_of = [thing.track for thing in wishes.things.values() if thing.track is not None]
    counted = {member for track in wishes.counts for member in wishes.cast.group(track)}
    others = [track for track in wishes.cast.main if track not in spoken_of and track not in counted][:MOST_KEPT]
    return [track for track in dict.fromkeys((*spoken_of, *others)) if track not in wishes.gone]


def _of_things(wishes: Wishes) -> Iterator[Claim]:
    staying = whom(wishes)
    spoken_of = {thing.track for thing in wishes.things.values() if thing.track is not None}
    subjects = spoken_of or set(staying[:1])
    changed = {c.predicate.attribute for c in wishes.claims if isinstance(c.predicate, SceneIs)}
    relit, recolored = bool(changed & LIGHT), "coloring" in changed
    for track in staying:
        entity = wishes.of(track)
        asked = [claim.predicate for claim in wishes.claims if entity in entities_of(claim.predicate)]
        looks = [look for look in _looks(wishes, track, entity, asked) if not (recolored and _is_color(look))]
        says = [*looks, *_events(wishes, track, entity, asked, staying)]
        weight = KEPT if track in subjects else min(KEPT, AROUND / max(len(says), 1))
        for predicate in says:
            yield Claim(predicate, False, weight * (IN_OTHER_LIGHT if relit and _is_color(predicate) else 1.0))


def _is_color(predicate: Predicate) -> bool:
    return isinstance(predicate, HasAttribute) and predicate.attribute == "color"


def _looks(wishes: Wishes, track: int, entity: str, asked: Sequence[Predicate]) -> Iterator[Predicate]:
    changed = {p.attribute for p in asked if isinstance(p, HasAttribute)}
    renamed = track in wishes.remade or any(isinstance(p, IsA) for p in asked)
    name = wishes.cast.name(track)
    if name and not renamed and "shape" not in changed:
        yield IsA(subject=entity, category=name)
    for kind in LOOKS:
        value = wishes.cast.look(track, kind)
        unsaid = kind in changed or (kind == "shape" and (name or renamed)) or (kind == "texture" and renamed)
        if value and not unsaid and value not in TRIVIAL.get(kind, frozenset()):
            yield HasAttribute(subject=entity, attribute=kind, value=value)


def _events(
    wishes: Wishes, track: int, entity: str, asked: Sequence[Predicate], staying: Sequence[int]
) -> Iterator[Predicate]:
    """What it does, unless the edit says what it does."""
    if any(_is_motion(predicate) for predicate in asked):
        return
    if wishes.cast.stands(track):
        yield Happens(subject=entity, event="stays_still")
    elif (direction := wishes.cast.direction(track)) is not None:
        yield Happens(subject=entity, event=direction)
    moved = {e for c in wishes.claims if _is_motion(c.predicate) for e in entities_of(c.predicate)}
    told = list[Predicate]()
    for event in wishes.cast.events.get(track, ()):  # the surest first
        if event.score < SURE:
            continue
        name = next((name for name in TELLING if event.action == name and event.object is None), None)
        if name == "changes_color" and any(isinstance(p, HasAttribute) and p.attribute == "color" for p in asked):
            continue
        if name is not None:
            told.append(Happens(subject=entity, event=name))
        elif (meeting := _meeting(event)) and meeting[1] in staying and wishes.of(meeting[1]) not in moved:
            told.append(Happens(subject=entity, event=meeting[0], object=wishes.of(meeting[1])))
    yield from tuple(dict.fromkeys(told))[:MOST_EVENTS]


def _meeting(event: Event) -> tuple[EventName, int] | None:
    """What it has to do with whom."""
    name = next((name for name in MEETINGS if event.action == name), None)
    return (name, event.object) if name is not None and event.object is not None else None


def _is_motion(predicate: Predicate) -> bool:
    return isinstance(predicate, Happens | Order | Related)


def _of_picture(wishes: Wishes) -> Iterator[Claim]:
    changed = {claim.predicate.attribute for claim in wishes.claims if isinstance(claim.predicate, SceneIs)}
    for kind, unsettled_by in SCENERY:
        value = wishes.cast.scene(kind)
        if value and value not in EXPECTED and not changed & unsettled_by:
            yield Claim(SceneIs(attribute=kind, value=value), False, KEPT_SCENE)


def counted(wishes: Wishes) -> Iterator[Claim]:
    """How many of a sort are wanted; before that, what the sort is.

    The sort as it is after the edit: "three blue ones" are counted among the blue.
    """
    for track, wanted in wishes.counts.items():
        sort = f"g{track}"
        asked: list[Atomic] = [
            claim.predicate
            for claim in wishes.claims
            if isinstance(claim.predicate, IsA | HasAttribute)
            and not claim.negated
            and wishes.track_of(claim.predicate.subject) == track
        ]
        if not wanted.says:
            asked += [says for says in wishes.cast.described(track, sort) if _about(says) not in map(_about, asked)]
        for says in wanted.says or asked:
            yield Claim(with_subject(says, sort), False, KEPT)
        yield Claim(Counted(subject=sort, comparator=wanted.comparator, number=wanted.number))


def _about(says: Atomic) -> str:
    """What a description tells: a name, a color, ..."""
    return says.attribute if isinstance(says, HasAttribute) else says.kind
