"""What follows from an edit that it does not say: at night it is dark, who goes left no longer goes right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seewhy.reason.composing.edits.cast import MOTIONS
from seewhy.reason.composing.edits.levels import stepped
from seewhy.reason.composing.edits.wishes import REPLACED, Claim, Wishes
from seewhy.reason.composing.edits.words import OPPOSITES
from seewhy.types.query import Happens, HasAttribute, SceneIs
from seewhy.types.twin import AttributeKind, EventName

FOLLOWS = 0.4
"""weight of what follows from an edit: mostly so, not always; too little to rule a video out"""

SCENES: Mapping[tuple[AttributeKind, str], Sequence[tuple[bool, AttributeKind, str]]] = {
    ("time_of_day", "night"): ((True, "brightness", "dark"),),
    ("time_of_day", "dusk"): ((False, "brightness", "bright"),),
    ("time_of_day", "day"): ((False, "brightness", "dark"),),
    ("brightness", "bright"): ((False, "time_of_day", "night"),),
}
"""How the picture is → how it is, too (True), or is not (False)."""


def follow(wishes: Wishes) -> None:
    """Enter what follows from the claims into the wishes, with little weight."""
    for claim in list(wishes.claims):
        if claim.negated:
            continue
        predicate = claim.predicate
        if isinstance(predicate, SceneIs):
            _in_scene(wishes, predicate)
        elif isinstance(predicate, Happens) and predicate.object is None:
            _of_motion(wishes, predicate)


def _in_scene(wishes: Wishes, said: SceneIs) -> None:
    for holds, kind, value in SCENES.get((said.attribute, said.value), ()):
        wishes.claim(SceneIs(attribute=kind, value=value), negated=not holds, weight=FOLLOWS)
    before = wishes.cast.scene(said.attribute)
    if said.attribute == "shot_scale" and wishes.cast.main:
        by = {"close-up": 1, "wide": -1}.get(said.value, 0)
        track = wishes.cast.main[0]
        size = wishes.cast.look(track, "size")
        if by and size and (larger := stepped("size", size, by)) != size and not _looks(wishes, track, "size"):
            look = HasAttribute(subject=wishes.of(track), attribute="size", value=larger)
            wishes.claim(look, weight=FOLLOWS)
    if said.attribute == "camera_motion" and before and before != said.value:
        wishes.claim(SceneIs(attribute="camera_motion", value=before), negated=True, weight=REPLACED)


def _of_motion(wishes: Wishes, said: Happens) -> None:
    """A thing that goes one way does not go the other; one that stands does not go at all."""
    track = wishes.track_of(said.subject)
    if track is None or said.when != "any":
        return
    direction = wishes.cast.direction(track)
    turned_away: Sequence[EventName] = ()
    if said.event in MOTIONS and not _moves_on(wishes, said):
        turned_away = (direction,) if direction is not None and direction != said.event else ()
    elif said.event == "stays_still":
        turned_away = ("moves",)
    elif said.event in {"starts", "stops", "enters", "leaves", "turns", "moves"}:
        turned_away = ("stays_still",) if wishes.cast.stands(track) else ()
    elif (opposite := OPPOSITES.get(said.event)) is not None and wishes.cast.does(track, opposite):
        turned_away = (opposite,)
    for event in turned_away:
        denied = Happens(subject=said.subject, event=event)
        if not any(c == Claim(denied, False, c.weight) for c in wishes.claims):
            wishes.claim(denied, negated=True, weight=REPLACED)


def _moves_on(wishes: Wishes, said: Happens) -> bool:
    """Whether it is said to go several ways."""
    ways = [c.predicate for c in wishes.claims if isinstance(c.predicate, Happens) and not c.negated]
    return len({way.event for way in ways if way.subject == said.subject and way.event in MOTIONS}) > 1


def _looks(wishes: Wishes, track: int, kind: AttributeKind) -> bool:
    return any(
        isinstance(c.predicate, HasAttribute)
        and c.predicate.attribute == kind
        and wishes.track_of(c.predicate.subject) == track
        for c in wishes.claims
    )
