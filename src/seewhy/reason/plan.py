"""What of a query is the same for all candidates: which entities are bound, which must be absent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from seewhy.types.query import (
    Atomic,
    Condition,
    Counted,
    Happens,
    HasAttribute,
    IsA,
    Order,
    Predicate,
    Query,
    Related,
    SceneIs,
    Superlative,
)


def entities_of(predicate: Predicate) -> tuple[str, ...]:
    """Ids of the entities that a predicate speaks of, each once, in order of mention."""
    parts: tuple[Atomic, ...] = (predicate.first, predicate.then) if isinstance(predicate, Order) else (predicate,)
    found: list[str] = []
    for part in parts:
        if not isinstance(part, SceneIs):
            found.append(part.subject)
        if isinstance(part, Happens | Related) and part.object is not None:
            found.append(part.object)
    return tuple(dict.fromkeys(found))


_OTHER = re.compile(r"\b(other|another|else)\b")


class Plan:
    """A query, prepared for judging.

    An entity of which something is asked to hold is *bound* to a track. One that only negated conditions speak of
    is *absent*: "without a red square" says of it that it is red, that it is a square, and that there is none.
    """

    def __init__(self, query: Query) -> None:
        self.query = query
        self.entities: dict[str, tuple[str, ...]] = {
            condition.id: entities_of(condition.predicate) if condition.predicate is not None else ()
            for condition in query.conditions
        }
        checked = [condition for condition in query.conditions if condition.predicate is not None]
        mentioned = tuple(dict.fromkeys(entity for c in checked for entity in self.entities[c.id]))
        wanted = {entity for c in checked if not c.negated for entity in self.entities[c.id]}
        placed = {e for c in checked if not isinstance(c.predicate, Counted) for e in self.entities[c.id]}
        self.bound = tuple(entity for entity in mentioned if entity in wanted & placed)
        """entities that stand for one track each, in order of mention"""
        self.counted = frozenset(c.predicate.subject for c in checked if isinstance(c.predicate, Counted))
        told = {
            e for c in checked if not isinstance(c.predicate, Counted | IsA | HasAttribute) for e in self.entities[c.id]
        }
        self.shared = self.counted - told
        """groups that are only counted ("two cars; the red one ..."): their track may be another entity's too"""
        self.groups: dict[str, tuple[Condition, ...]] = {
            entity: tuple(c for c in checked if entity in self.entities[c.id])
            for entity in mentioned
            if entity not in wanted
        }
        """absent entity → the conditions that no track may fit together"""
        self.phrases: Mapping[str, str] = {entity.id: entity.phrase for entity in query.entities}
        self.descriptions: dict[str, tuple[Atomic, ...]] = {
            entity: tuple(_descriptions(checked, entity)) for entity in mentioned
        }
        """entity → the unary predicates that say what it is"""
        self.others = frozenset(entity for entity in self.groups if _OTHER.search(self.phrases.get(entity, "")))
        """absent entities that are "another" one: the tracks already bound do not count"""
        self.group_of: dict[str, str | None] = {
            condition: next((entity for entity in about if entity in self.groups), None)
            for condition, about in self.entities.items()
        }
        """condition id → the absent entity that it speaks of; None for conditions on what is there"""
        self.depends_on: dict[str, tuple[str, ...]] = {c.id: self._depends_on(c) for c in query.conditions}
        """condition id → the bound entities whose tracks decide it"""
        self.weight: dict[str, float] = {c.id: self._weight(c) for c in query.conditions}
        """condition id → weight; the conditions on one absent entity share one"""
        self.asked: dict[str, str] = {c.id: self._asked(c) for c in checked}
        """condition id → its predicate, whatever the entities are called; of the same tracks of a twin, conditions
        that ask the same have the same answer, but for their negation"""

    def _depends_on(self, condition: Condition) -> tuple[str, ...]:
        group = self.group_of[condition.id]
        if group in self.others:
            return self.bound
        together = self.groups[group] if group is not None else (condition,)
        about = dict.fromkeys(entity for other in together for entity in self.entities[other.id])
        return tuple(entity for entity in about if entity in self.bound)

    def _weight(self, condition: Condition) -> float:
        group = self.group_of[condition.id]
        return condition.weight / (len(self.groups[group]) if group is not None else 1)

    def _asked(self, condition: Condition) -> str:
        predicate, entities = condition.predicate, self.entities[condition.id]
        assert predicate is not None, "free conditions ask nothing of tracks"
        parts: tuple[Atomic, ...] = (predicate.first, predicate.then) if isinstance(predicate, Order) else (predicate,)
        names = {entity: number for number, entity in enumerate(entities)}
        said: list[Any] = [_renamed(part, names) for part in parts]
        if any(isinstance(part, Counted | Superlative) for part in parts):  # they depend on what the entities are
            described = self.described(condition)
            said += [[_renamed(part, names) for part in described.get(entity, ())] for entity in entities]
        return json.dumps([predicate.kind, *said])

    def described(self, condition: Condition) -> Mapping[str, tuple[Atomic, ...]]:
        """What the entities are, for counting and comparing.

        A superlative compares with the tracks that fit what is said before it: "the largest red one" with red ones,
        "the largest is red" with all.
        """
        if not isinstance(condition.predicate, Superlative):
            return self.descriptions
        before = self.query.conditions[: self.query.conditions.index(condition)]
        subject = condition.predicate.subject
        return {subject: tuple(_descriptions(before, subject))}


def _renamed(atomic: Atomic, names: Mapping[str, int]) -> dict[str, Any]:
    """A predicate's fields, its entities as numbers."""
    said = atomic.model_dump()
    return said | {role: names[said[role]] for role in ("subject", "object") if said.get(role) is not None}


def _descriptions(conditions: Iterable[Condition], entity: str) -> Iterable[Atomic]:
    for condition in conditions:
        predicate = condition.predicate
        if condition.negated or not isinstance(predicate, IsA | HasAttribute) or predicate.subject != entity:
            continue
        if isinstance(predicate, IsA) or predicate.when == "any":
            yield predicate
