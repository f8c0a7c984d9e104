"""What a language model says of an edit: the schemas of its replies.

Understanding comes before after-effects and these before the imagined target, because a model thinks while it writes.
A schema asks for more than reading insists on (see `judging.replies`): of a list that is too long its beginning counts.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from seewhy.reason.decompose.reply import Decomposition
from seewhy.types.trace import MOST_ASSERTIONS

MOST_CHANGES = 6
"""things that stay, go, come or change, of each; more would be a description of the video"""

Line = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^.{1,120}$"})]
Said = Annotated[str, WithJsonSchema({"type": "string", "pattern": "^.{0,400}$"})]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SaidAlteration(_Reply):
    """Something of the reference that becomes something else."""

    what: Line
    into: Line


Assertions = Annotated[tuple[Line, ...], Field(json_schema_extra={"maxItems": MOST_ASSERTIONS})]
Changes = Annotated[tuple[Line, ...], Field(json_schema_extra={"maxItems": MOST_CHANGES})]
Alterations = Annotated[tuple[SaidAlteration, ...], Field(json_schema_extra={"maxItems": MOST_CHANGES})]


class Reasoning(_Reply):
    """The reply of the first stage: what is there, what is asked for, and what would follow."""

    shows: Said
    """what of the reference matters to the edit"""
    change: Said
    """what the edit asks for, so that nothing in it points elsewhere ("it", "the same")"""
    states: Assertions = ()
    actions: Assertions = ()
    scene: Assertions = ()
    camera: Assertions = ()
    tempo: Assertions = ()
    keep: Changes = ()
    remove: Changes = ()
    add: Changes = ()
    alter: Alterations = ()


class Imagination(Decomposition, Reasoning):
    """The reply of the single stage: reasoning, then the target as a question's reply describes it."""
