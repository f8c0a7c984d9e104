"""An honest judging model: it answers from the truth of synthetic clips, not from what code measured."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from judges import ids_of, records_of

from seewhy.bench.synthetic.check import DISTINCT, LATER, _measured, spans
from seewhy.bench.synthetic.truth import ClipTruth
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request
from seewhy.reason.judging.asked import Asked, Statement, asked
from seewhy.reason.plan import Plan, entities_of
from seewhy.twin.vocabulary import GENERIC_WORDS, SHAPE_NOUNS, noun
from seewhy.types.query import (
    Atomic,
    Condition,
    Counted,
    HasAttribute,
    IsA,
    Predicate,
    Query,
    Superlative,
)

Manner = Literal["nearest", "strict", "terse"]
"""How an honest model may fill in a reply. *nearest*: of an entity that is not there, it names the object that comes
nearest; *strict*: it names none; *terse*: nearest, and it names no evidence but an event, where it has one."""


def honest(query: Query, truths: Mapping[str, ClipTruth], manner: Manner = "nearest") -> ScriptedModel:
    """A model that judges the videos of these clips, by name, for one query."""
    question = asked(Plan(query))

    def answer(request: Request[Any]) -> Mapping[str, Any]:
        handles = zip(records_of(request).items(), request.hints["videos"].split(), strict=True)
        return {
            "candidates": [_Honest(question, truths[video], ids_of(record), manner).entry(handle)
                           for (handle, record), video in handles]
        }  # fmt: skip

    return ScriptedModel({"judge": answer})


class _Honest:
    def __init__(self, question: Asked, truth: ClipTruth, ids: Sequence[str], manner: Manner) -> None:
        self.question, self.plan, self.truth, self.ids, self.manner = question, question.plan, truth, ids, manner
        self.bound = self._bind()

    def entry(self, handle: str) -> dict[str, Any]:
        answers = {one.handle: self._holds(one, self.bound) for one in self.question.statements}
        weights = {one.handle: self.plan.weight[one.condition.id] for one in self.question.statements}
        wanted = {one.handle: answers[one.handle] != one.negated for one in self.question.statements}
        share = sum(weights[h] for h, good in wanted.items() if good) / sum(weights.values())
        return {
            "candidate": handle,
            "trace": "As it is.",
            "objects": [{"entity": h, "track": self._named(e)} for h, e in self.question.entities.items()],
            "others": [],
            "conditions": [
                {
                    "condition": one.handle,
                    "evidence": self._evidence(one),
                    "answer": "yes" if answers[one.handle] else "no",
                }
                for one in self.question.statements
            ],
            "gaps": [],
            "relevance": 95 if all(wanted.values()) else round(49 * share),
        }  # fmt: skip

    def _bind(self) -> dict[str, int | None]:
        entities = [entity for entity in self.plan.bound if entity not in self.plan.counted]
        places: list[int | None] = [*self.truth.ids, *[None] * len(entities)]
        best: tuple[float, dict[str, int | None]] | None = None
        for chosen in dict.fromkeys(itertools.permutations(places, len(entities))):
            bound = dict(zip(entities, chosen, strict=True))
            right = sum(
                self.plan.weight[one.condition.id] * (self._holds(one, bound) != one.negated)
                for one in self.question.statements
            )
            right += sum(number is not None for number in chosen) * (-1e-3 if self.manner == "strict" else 1e-3)
            if best is None or right > best[0]:
                best = right, bound
        assert best is not None
        bound = best[1]
        if self.manner == "strict":
            bound = {e: n if n is not None and self._is(e, n) else None for e, n in bound.items()}
        return bound

    def _is(self, entity: str, number: int) -> bool:
        return all(self._true(says, {entity: number}) for says in self.plan.descriptions[entity])

    def _named(self, entity: str) -> str:
        number = self.bound.get(entity)
        if number is None and entity in self.plan.counted:
            number = next((n for n in self.truth.ids if self._is(entity, n)), None)
        return f"t{number}" if f"t{number}" in self.ids else "none"

    def _evidence(self, statement: Statement) -> list[str]:
        about = [e for one in statement.conditions for e in self.plan.entities[one.id]]
        named = [name for e in dict.fromkeys(about) if (name := self._named(e)) != "none"]
        events = [name for name in self.ids if name.startswith("e")]
        if self.manner == "terse":
            return events[:1]
        return [*named, *events[:2]][:6]

    def _holds(self, statement: Statement, bound: Mapping[str, int | None]) -> bool:
        group = self.plan.group_of[statement.condition.id]
        if group is not None:
            return any(self._all(statement.conditions, {**bound, group: number}) for number in self.truth.ids)
        return self._one(statement.condition, bound)

    def _all(self, conditions: Iterable[Condition], bound: Mapping[str, int | None]) -> bool:
        return all(self._one(condition, bound) for condition in conditions)

    def _one(self, condition: Condition, bound: Mapping[str, int | None]) -> bool:
        predicate = condition.predicate
        assert predicate is not None, "only what the rules read"
        if isinstance(predicate, Counted):
            fitting = [n for n in self.truth.ids if self._is(predicate.subject, n)]
            seen = sum((self.truth.visible(n).astype(int) for n in fitting), np.zeros(len(self.truth.times), int))
            return bool(np.max(seen, initial=0) == predicate.number)
        known = {e: n for e in entities_of(predicate) if (n := bound.get(e)) is not None}
        if set(entities_of(predicate)) - set(known):
            counted = set(entities_of(predicate)) - set(known) <= self.plan.counted
            return counted and any(
                self._true(predicate, dict.fromkeys(entities_of(predicate), n)) for n in self.truth.ids
            )
        if isinstance(predicate, Superlative):
            return self._most(predicate, known[predicate.subject], self.plan.described(condition)[predicate.subject])
        return self._true(predicate, known)

    def _most(self, predicate: Superlative, number: int, described: Sequence[Atomic]) -> bool:
        rivals = [
            n for n in self.truth.ids if n != number and all(self._true(d, {predicate.subject: n}) for d in described)
        ]
        mine = _measured(predicate.measure, number, self.truth)
        others = [_measured(predicate.measure, n, self.truth) for n in rivals]
        if predicate.measure in ("first", "last"):
            return all(mine >= other + LATER for other in others)
        return all(mine >= other * DISTINCT if other >= 0 else mine >= other / DISTINCT for other in others)

    def _true(self, predicate: Predicate, bound: Mapping[str, int]) -> bool:
        if isinstance(predicate, IsA):
            asked_for = noun(predicate.category)
            if asked_for in GENERIC_WORDS:
                return True
            shape, _ = SHAPE_NOUNS[asked_for]
            return self._true(HasAttribute(subject=predicate.subject, attribute="shape", value=shape), bound)
        return bool(spans(predicate, bound, self.truth))
