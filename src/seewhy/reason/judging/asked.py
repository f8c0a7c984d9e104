"""A question as a judging model sees it: entities, and statements that hold or do not.

Negation never reaches the model: it is asked whether a plain statement holds, and told which answer the user hopes for
("wanted"). "The circle does not move left" is asked as "the circle moves left", wanted: no, and the answer is turned
over here. The conditions on a thing that must not be there ("without a blue square") are one statement, because each
alone may hold of something else.

Ids are our own (x1 for entities, c1 for conditions), whatever the query calls them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from seewhy.plain import as_data, plain
from seewhy.reason.composing.telling import told_edit, told_trace
from seewhy.reason.english.wording import look_of, restate
from seewhy.reason.plan import Plan
from seewhy.types.hit import Answer
from seewhy.types.query import Condition, Query, SceneIs

MOST_QUESTION, MOST_STATEMENT, MOST_PHRASE = 2000, 400, 160
"""characters of untrusted text that are passed on"""
WHOLE = "what the question is about"
"""The entity of a question that names none: the model still points at the things that answer it."""

FLIPPED: Mapping[Answer, Answer] = {"yes": "no", "no": "yes", "unknown": "unknown"}

_MARK = re.compile(r"^not: ")
_DENIAL = re.compile(r"^(?:no|not|any|without|never)\b\s*|^(?:nothing|nobody|no one|none)\b\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Statement:
    """What the model is asked of every candidate."""

    handle: str
    conditions: tuple[Condition, ...]
    """those that its answer answers: one, or all on a thing that must not be there"""
    text: str
    about: tuple[str, ...]
    """handles of the entities it speaks of"""

    @property
    def condition(self) -> Condition:
        return self.conditions[0]

    @property
    def negated(self) -> bool:
        return self.condition.negated

    @property
    def of_the_scene(self) -> bool:
        """Whether it is about the whole picture, which no track could be named for."""
        return self.condition.kind == "scene" or isinstance(self.condition.predicate, SceneIs)

    def wanted(self, answer: Answer) -> Answer:
        """From whether the statement holds to whether the user gets what was asked for."""
        return FLIPPED[answer] if self.negated else answer


@dataclass(frozen=True)
class Asked:
    """A question as the model sees it."""

    plan: Plan
    statements: tuple[Statement, ...]
    entities: Mapping[str, str]
    """handle → entity id of the query, in order of mention; of a question without entities, WHOLE"""

    @property
    def query(self) -> Query:
        return self.plan.query

    def phrase(self, handle: str) -> str:
        entity = self.entities[handle]
        return plain(self.plan.phrases.get(entity, entity), MOST_PHRASE)

    @cached_property
    def text(self) -> str:
        """The question with its parts, as JSON, one part a line."""
        return self._told([f'"question": {as_data(plain(self.query.text, MOST_QUESTION))}'])

    @cached_property
    def edit(self) -> str:
        """The same of a composed query: the edit, what follows from it, and the parts that the target would have."""
        trace = self.query.trace
        return self._told([told_edit(self.query.text), *(told_trace(trace) if trace is not None else ())])

    def _told(self, head: Sequence[str]) -> str:
        """As a JSON object that begins with `head`."""
        entities = [as_data({"id": handle, "phrase": self.phrase(handle)}) for handle in self.entities]
        statements = [
            as_data(
                {
                    "id": statement.handle,
                    "statement": statement.text,
                    "about": list(statement.about),
                    "wanted": statement.wanted("yes"),
                }
            )
            for statement in self.statements
        ]
        parts = [*head, f'"entities": [\n{_lines(entities)}\n]', f'"conditions": [\n{_lines(statements)}\n]']
        return "{" + ",\n".join(parts) + "}"


def asked(plan: Plan) -> Asked:
    """Put a query into the words of a judging model."""
    query = plan.query
    named = dict.fromkeys((*(entity.id for entity in query.entities), *plan.bound, *sorted(plan.counted)))
    entities = [entity for entity in named if entity not in plan.groups] or [WHOLE]
    handles = {entity: f"x{number}" for number, entity in enumerate(entities, start=1)}
    statements: list[Statement] = []
    told: set[str] = set()
    for condition in query.conditions:
        group = plan.group_of[condition.id]
        if group is not None and group in told:
            continue
        together = (condition,) if group is None else plan.groups[group]
        about = dict.fromkeys(entity for one in together for entity in plan.entities[one.id])
        statements.append(
            Statement(
                handle=f"c{len(statements) + 1}",
                conditions=together,
                text=plain(_statement(plan, condition, group), MOST_STATEMENT),
                about=tuple(handles[entity] for entity in about if entity in handles),
            )
        )
        told.update(() if group is None else (group,))
    return Asked(plan, tuple(statements), {handle: entity for entity, handle in handles.items()})


def _statement(plan: Plan, condition: Condition, group: str | None) -> str:
    if group is not None and len(plan.groups[group]) > 1:
        phrase = _DENIAL.sub("", plan.phrases.get(group, group)) or "something"
        together = "; ".join(_positive(plan, one) for one in plan.groups[group])
        return f"there is {phrase}: one thing of which all of this is true: {together}"
    return _positive(plan, condition)


def _positive(plan: Plan, condition: Condition) -> str:
    """What is said, without its negation."""
    if not condition.negated:
        return condition.text
    if _MARK.match(condition.text):
        return _MARK.sub("", condition.text)
    if condition.predicate is None:
        return _DENIAL.sub("", condition.text) or condition.text
    predicates = [one.predicate for one in plan.query.conditions if one.predicate is not None]
    looks = {entity: look_of(predicates, entity) for entity in plan.entities[condition.id]}
    return restate(condition.predicate, looks)


def _lines(items: Sequence[str]) -> str:
    return ",\n".join(f" {item}" for item in items)
