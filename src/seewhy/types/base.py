"""The base of every value that crosses a seam: frozen, strict about unknown fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value. Unknown fields are an error, so that nothing is lost silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def words_of(problem: Mapping[str, Any]) -> str:
    """What is wrong, of one of the problems that pydantic's ``ValidationError.errors()`` lists: the words of a check of
    ours without what pydantic puts before them.

    >>> words_of({"msg": "Value error, a span ends where it starts or later"})
    'a span ends where it starts or later'
    """
    return str(problem["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
