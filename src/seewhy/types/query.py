"""What is asked: conditions over entities, with predicates that code can check exactly.

Both flows hand the same `Query` to retrieval. An *entity* is a thing the question speaks of
("the red ball"); conditions name entities, so that everything said of one thing has to hold of
one and the same track. Entities are bound to tracks by the judge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from seewhy.types.base import Frozen
from seewhy.types.time import moment
from seewhy.types.trace import Trace
from seewhy.types.twin import AttributeKind, EventName, RelationName

When = Literal["any", "start", "middle", "end", "throughout"]
"""In which part of the video: at some time, its first / middle / last third, or all the time."""

Comparator = Literal["==", ">=", "<="]
Measure = Literal[
    "largest", "smallest", "leftmost", "rightmost", "highest", "lowest",
    "nearest", "farthest", "fastest", "slowest", "first", "last", "longest",
]  # fmt: skip
"""Superlatives: by area, position, depth, speed, time of first appearance, time in view."""


class IsA(Frozen):
    """The entity is of a category ("a dog")."""

    kind: Literal["is_a"] = "is_a"
    subject: str
    category: str


class HasAttribute(Frozen):
    """The entity has an attribute ("red", "round", "striped", "small")."""

    kind: Literal["has"] = "has"
    subject: str
    attribute: AttributeKind
    value: str
    when: When = "any"


class Related(Frozen):
    """A spatial or depth relation between two entities."""

    kind: Literal["related"] = "related"
    subject: str
    relation: RelationName
    object: str
    when: When = "any"


class Happens(Frozen):
    """The entity does something, alone or with another one."""

    kind: Literal["happens"] = "happens"
    subject: str
    event: EventName
    object: str | None = None
    when: When = "any"


class Counted(Frozen):
    """How many tracks fit the entity's description at one time."""

    kind: Literal["counted"] = "counted"
    subject: str
    comparator: Comparator
    number: int = Field(ge=0)
    when: When = "any"


class Superlative(Frozen):
    """The entity is the most ... of all tracks ("the largest", "the last to appear")."""

    kind: Literal["superlative"] = "superlative"
    subject: str
    measure: Measure


class SceneIs(Frozen):
    """The whole picture has an attribute (setting, brightness, time_of_day, palette, coloring, camera_motion,
    shot_scale, pace)."""

    kind: Literal["scene"] = "scene"
    attribute: AttributeKind
    value: str
    when: When = "any"


Atomic = Annotated[
    IsA | HasAttribute | Related | Happens | Counted | Superlative | SceneIs, Field(discriminator="kind")
]


class Order(Frozen):
    """`first` happens before `then` does ("first ... then", "before", "after")."""

    kind: Literal["order"] = "order"
    first: Atomic
    then: Atomic


Predicate = Annotated[
    IsA | HasAttribute | Related | Happens | Counted | Superlative | SceneIs | Order,
    Field(discriminator="kind"),
]

ConditionKind = Literal["object", "attribute", "relation", "event", "order", "count", "superlative", "scene", "free"]


class Condition(Frozen):
    """One atomic, checkable part of a query (RT2V's sub-query)."""

    id: str
    kind: ConditionKind
    text: str
    """the user's words, or a plain restatement of them"""
    weight: float = Field(default=1.0, gt=0)
    negated: bool = False
    """True: the answer must be that this does NOT hold; never searched for, only judged"""
    predicate: Predicate | None = None
    """None: a free condition, matched by sentence similarity"""
    imagined: tuple[str, ...] = ()
    """component sentences, in the twin's own wording, that a matching twin would have"""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is compared with a twin's components; the best of them counts."""
        return (self.text, *self.imagined)


class Entity(Frozen):
    """A thing the question speaks of."""

    id: str
    phrase: str
    """the noun phrase as asked: "the red ball" """


Aggregation = Literal["mean", "min"]


class Query(Frozen):
    """What both flows hand to retrieval."""

    text: str
    conditions: tuple[Condition, ...] = Field(min_length=1)
    entities: tuple[Entity, ...] = ()
    aggregation: Aggregation = "mean"
    exclude: tuple[str, ...] = ()
    """video ids left out of the gallery (the reference of a composed query)"""
    reference: str | None = None
    """id of the video that `text` is an edit of; None: `text` is a question"""
    trace: Trace | None = None
    """what would follow from the edit"""
    not_understood: tuple[str, ...] = ()
    """parts of the question that became no checkable condition, said plainly"""
    decomposed_by: str
    """who made the conditions: ``rules@1``, a model's name, ..."""
    degraded: tuple[str, ...] = ()

    @property
    def searched(self) -> tuple[Condition, ...]:
        """The conditions by which candidates are found."""
        return tuple(condition for condition in self.conditions if not condition.negated)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Query:
        for what, ids in (("condition", [c.id for c in self.conditions]), ("entity", [e.id for e in self.entities])):
            if len(set(ids)) != len(ids):
                raise ValueError(f"{what} ids must be unique, got {ids}")
        return self


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Filters(Frozen):
    """What a video must be to be in the gallery. None means no restriction.

    Raises:
        pydantic.ValidationError: a duration below zero, a date that is none, or bounds between which nothing lies.
    """

    videos: frozenset[str] | None = None
    """video ids"""
    min_duration: Seconds | None = None
    max_duration: Seconds | None = None
    """seconds, both inclusive"""
    after: str | None = None
    before: str | None = None
    """ISO 8601 dates of the file's recording (its container's date, else its modification time); [after, before)"""
    category: str | None = None
    """at least one track has this among its labels"""

    @model_validator(mode="after")
    def _can_admit_a_video(self) -> Filters:
        """Bounds between which no video can lie are a mistake, not a wish."""
        shortest, longest = self.min_duration, self.max_duration
        if shortest is not None and longest is not None and shortest > longest:
            raise ValueError(f"no video lasts {shortest:g} s or more and {longest:g} s or less; change one of them")
        after, before = _date("after", self.after), _date("before", self.before)
        if after is not None and before is not None and after >= before:
            raise ValueError(f"no video is of {self.after} or later and before {self.before}; change one of them")
        return self


def _date(which: str, date: str | None) -> datetime | None:
    """Raises ValueError."""
    if date is None:
        return None
    try:
        return moment(date)
    except ValueError as error:
        raise ValueError(f"{which}: {date!r} is not a date; write it as 2024-05-31 or 2024-05-31T18:00") from error
