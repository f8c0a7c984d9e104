"""What a language model says of a question: the schema of its reply.

It is flat, so that constrained decoding is cheap and a small model keeps its way: one list of entities, one of
conditions, and in a condition one name, `check`, that says which predicate it is. Fields that mean nothing for the
check may be missing from a reply that was not decoded under the schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seewhy.types.query import Aggregation, Measure, When
from seewhy.types.twin import EventName, RelationName

EntityId = Literal["e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"]
ConditionId = Literal["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10", "c11", "c12"]

Look = Literal["color", "shape", "texture", "size"]
"""Attributes of an object with a closed list of values. `state` and `other` have none, and a thing has many at once:
that a twin says another one contradicts nothing, so what is asked of them stays free."""
SceneLook = Literal["setting", "time_of_day", "brightness", "palette", "camera_motion", "shot_scale", "pace"]
"""The same of the whole picture; `place` has no list."""
Party = Literal["none", EntityId, ConditionId]
"""Whom a check is about: entities, and of "before" two conditions."""
Amount = Literal["exactly", "at_least", "at_most"]
Check = Literal["none", "is_a", Look, RelationName, EventName, Amount, Measure, SceneLook, "before"]
"""What code can check. The names say which predicate it is: no two kinds of predicate share one."""
FreeKind = Literal["object", "attribute", "relation", "event", "scene", "free"]
"""What a condition is about that has no check."""

NOTHING = "none"
"""Stands in every field that has no meaning for the check."""

Line = Annotated[str, Field(pattern=r"^.{1,400}$")]
Word = Annotated[str, Field(pattern=r"^.{0,80}$")]


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SaidEntity(_Said):
    """A thing the question speaks of."""

    id: EntityId
    phrase: Line


class SaidCondition(_Said):
    """One condition."""

    id: ConditionId
    text: Line
    negated: bool = False
    kind: FreeKind = "free"
    check: Check = "none"
    subject: Party = "none"
    value: Word = NOTHING
    object: Party = "none"
    number: int = 0
    when: When = "any"
    weight: Annotated[float, Field(allow_inf_nan=False)] = 1.0
    imagined: Annotated[tuple[Line, ...], Field(max_length=4)] = ()


class Decomposition(_Said):
    """The reply: first what would be seen, in words, then its parts."""

    seen: Annotated[str, Field(pattern=r"^.{1,800}$")]
    """what a camera would show"""
    entities: Annotated[tuple[SaidEntity, ...], Field(max_length=8)] = ()
    conditions: Annotated[tuple[SaidCondition, ...], Field(min_length=1, max_length=12)]
    not_visible: Annotated[tuple[Line, ...], Field(max_length=4)] = ()
    """parts of the question that no picture can show"""
    aggregation: Aggregation = "mean"
