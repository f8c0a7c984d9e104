"""What a judging model replies: the schema of one request, with the ids that exist in it as enums.

Reasons come before answers and answers before scores, because a model thinks while it writes. A schema asks for more
than reading insists on: the number of entries and the length of texts are in the JSON Schema, where constrained
decoding keeps to them, but a reply that leaves out a candidate or says too much is read as far as it goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from seewhy.types.hit import Answer

NONE = "none"
"""Stands for no track."""
SCENE = "scene"
"""The id of what a record says of the whole picture; an answer may always rest on it."""
MOST_GAPS = 3
MOST_EVIDENCE = 6
"""ids that one answer may rest on"""
MOST_OTHERS = 12
FULL = 100
"""relevance of a perfect answer"""


def _line(most: int) -> Any:
    """A text on one line; constrained decoding stops at so many characters."""
    return Field(json_schema_extra={"pattern": f"^[^\\n]{{0,{most}}}$"})


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SaidObject(_Reply):
    """Which track an entity of the question is."""

    entity: str
    track: str


class SaidCondition(_Reply):
    """Whether a statement holds, and by which lines of the record."""

    condition: str
    evidence: list[str] = Field(max_length=MOST_EVIDENCE)
    answer: Answer


class SaidGap(_Reply):
    """What would have to be known: about which track, from when to when (seconds)."""

    question: str = _line(200)
    track: str
    start: float | None = Field(allow_inf_nan=False)
    end: float | None = Field(allow_inf_nan=False)


class Judged(_Reply):
    """The judgement of one candidate."""

    candidate: str
    trace: str = _line(500)
    objects: list[SaidObject]
    others: list[str] = Field(max_length=MOST_OTHERS)
    conditions: list[SaidCondition]
    gaps: list[SaidGap] = Field(max_length=MOST_GAPS)
    relevance: int = Field(ge=0, le=FULL)


class Judgement(_Reply):
    """The reply to a listwise request; of a pointwise one, with one candidate."""

    candidates: list[Judged]


class Comparison(_Reply):
    """The reply to a pairwise request."""

    trace: str = _line(500)
    better: Literal["first", "second", "equal"]


def _one_of(values: Sequence[str]) -> Any:
    return Literal[tuple(values)]


def _at_most(kind: Any, number: int) -> Any:
    return (list[kind], Field(max_length=number))


def _as_many(kind: Any, number: int) -> Any:
    """A list of at most so many; constrained decoding writes exactly so many."""
    return (list[kind], Field(max_length=number, json_schema_extra={"minItems": number}))


@lru_cache(maxsize=256)
def judgement(
    candidates: tuple[str, ...],
    entities: tuple[str, ...],
    conditions: tuple[str, ...],
    tracks: tuple[str, ...],
    evidence: tuple[str, ...],
) -> type[Judgement]:
    """The schema of a judgement.

    The ids of all candidates' records are one enum, so that the schema stays small: an id of another candidate's is
    found out by reading.

    Args:
        candidates: their handles (v1, v2, ...).
        entities, conditions: ids in the question as the model sees it; at least one each.
        tracks: ids of tracks in the records (t1, ...).
        evidence: all ids in the records, those of tracks included.
    """
    track, of_record = _one_of((*tracks, NONE)), _one_of((*evidence, SCENE))
    said_object = create_model("SaidObject", __base__=SaidObject, entity=_one_of(entities), track=track)
    said_condition = create_model(
        "SaidCondition",
        __base__=SaidCondition,
        condition=_one_of(conditions),
        evidence=_at_most(of_record, MOST_EVIDENCE),
    )
    gap = create_model("SaidGap", __base__=SaidGap, track=track)
    judged = create_model(
        "Judged",
        __base__=Judged,
        candidate=_one_of(candidates),
        objects=_as_many(said_object, len(entities)),
        others=_at_most(track, MOST_OTHERS),
        conditions=_as_many(said_condition, len(conditions)),
        gaps=_at_most(gap, MOST_GAPS),
    )
    return create_model("Judgement", __base__=Judgement, candidates=_as_many(judged, len(candidates)))
