"""Which track is which entity, when a model has said so: its choice, checked, and the rules' where it has none.

- A track that the record does not have, and one that is two entities at once, is no choice.
- Where the model chose none, a track that by the twin's own words is what is asked for is taken; else the entity stays
  *open*: what is said of it cannot be checked, which makes it unknown and not wrong.
- Where code contradicts more of the question under the model's choice than under the rules', the rules' choice is taken
  for all entities, and with it their answers: the model has said nothing of those tracks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from seewhy.reason.judging.asked import Asked
from seewhy.reason.judging.replies import NONE, SaidObject
from seewhy.reason.judging.shown import Shown
from seewhy.reason.judging.words import certain
from seewhy.twin.predicates import fits

Note = Callable[[str], None]
"""Hears, in a plain sentence, what was changed."""
Choice = Mapping[str, int | None]
"""entity → track; None: the model says that none of the tracks is it"""


@dataclass(frozen=True)
class Bound:
    """Entities and their tracks."""

    tracks: Mapping[str, int | None]
    """entity of the plan → track; None: none is left, or the entity is open"""
    open: frozenset[str] = frozenset()
    """entities for which neither the model nor code found a track"""
    by_rules: bool = False
    """True: not the model's choice at all"""
    further: Mapping[str, int] = field(default_factory=dict)
    """entities that no predicate binds → track"""

    def leaves_open(self, entities: Iterable[str]) -> bool:
        """Whether something that depends on these entities cannot be checked."""
        return not self.open.isdisjoint(entities)


def bind(asked: Asked, shown: Shown, said: Sequence[SaidObject], note: Note) -> Bound:
    """The tracks under which a candidate's judgement is checked."""
    chosen = _read(asked, shown, said, note)
    further = {e: track for e, track in chosen.items() if e not in asked.plan.bound and track is not None}
    rules = shown.item.case.bind()
    bound = _complete(asked, shown, chosen, rules, note)
    if _contradicted(asked, shown, bound) > _contradicted(asked, shown, Bound(rules)):
        names = "; ".join(
            f"'{asked.plan.phrases.get(e, e)}' is {f'track {t}' if t is not None else 'none'}" for e, t in rules.items()
        )
        note(f"the twin contradicts the question for the tracks that the model chose, less for these: {names}")
        bound = Bound(rules, by_rules=True)
    return replace(bound, further=further)


def _read(asked: Asked, shown: Shown, said: Sequence[SaidObject], note: Note) -> dict[str, int | None]:
    """Entity → track, of what was said and can be."""
    chosen: dict[str, int | None] = {}
    for one in said:
        entity = asked.entities.get(one.entity)
        if entity is None or entity in chosen:
            continue
        if one.track == NONE:
            chosen[entity] = None
            continue
        track = shown.track_of.get(one.track)
        phrase = asked.phrase(one.entity)
        if track is None:
            note(f"'{phrase}' was said to be {one.track}, which this video does not have")
        elif track in chosen.values() and entity not in asked.plan.shared:
            note(f"track {track} was said to be '{phrase}' and something else, too; one track is one thing")
        else:
            chosen[entity] = track
    return chosen


def _complete(asked: Asked, shown: Shown, chosen: Choice, rules: Choice, note: Note) -> Bound:
    """The model's choice, with the rules' where it has none."""
    plan = asked.plan
    tracks: dict[str, int | None] = {e: chosen[e] for e in plan.bound if chosen.get(e) is not None}
    left_open: set[str] = set()
    for entity in plan.bound:
        if entity in tracks:
            continue
        track = rules[entity]
        taken = track is not None and track in tracks.values() and entity not in plan.shared
        if entity in chosen:  # the model looked, and found none
            described = plan.descriptions[entity]
            fit = track is not None and not taken and described and fits(track, shown.twin, described).answer == "yes"
            tracks[entity] = track if fit else None
            if fit:
                note(f"no track was said to be '{plan.phrases.get(entity, entity)}', but track {track} is")
            else:
                left_open.add(entity)
        else:
            tracks[entity] = None if taken else track
            if taken:
                left_open.add(entity)
    return Bound({entity: tracks[entity] for entity in plan.bound}, frozenset(left_open))


def _contradicted(asked: Asked, shown: Shown, bound: Bound) -> float:
    """The weight of what code contradicts for certain."""
    plan, case = asked.plan, shown.item.case
    total = 0.0
    for statement in asked.statements:
        condition = statement.condition
        if condition.predicate is None or bound.leaves_open(plan.depends_on[condition.id]):
            continue
        code = case.answer(condition, bound.tracks)
        if code.answer == "no" and certain(plan, condition, shown.twin, bound.tracks, code):
            total += plan.weight[condition.id] * len(statement.conditions)
    return total
