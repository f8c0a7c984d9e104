"""The schema that is sent: what common servers take, and no reply that it allows is refused but for a range."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from seewhy.models.parsing import read_reply
from seewhy.models.schema import schema_name, strict_schema

TAKEN = {
    "description", "type", "enum", "pattern", "minimum", "maximum", "minItems", "maxItems", "anyOf", "properties",
    "required", "additionalProperties", "items",
}  # fmt: skip


class Mood(StrEnum):
    CALM = "calm"
    WILD = "wild"


class Part(BaseModel):
    """A part."""

    title: str = Field(pattern="^[a-z]{1,8}$", description="in lower case")
    default: int = 3


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    why: str = Field(max_length=200)
    parts: list[Part] = Field(max_length=4)
    main: Part = Field(description="the first of them")
    other: Part | None = None
    box: tuple[float, float, float, float]
    score: float = Field(ge=0, le=1, allow_inf_nan=False)
    count: int = Field(gt=0, default=1)
    mood: Mood = Mood.CALM
    kind: Literal["whole"] = "whole"
    answer: Literal["yes", "no", 3]


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in [
        *schema.get("properties", {}).values(),
        *schema.get("anyOf", []),
        *filter(None, [schema.get("items")]),
    ]:
        yield from nodes(child)


def test_only_words_that_every_server_takes() -> None:
    schema = strict_schema(Whole)
    jsonschema.Draft202012Validator.check_schema(schema)
    for node in nodes(schema):
        assert set(node) <= TAKEN
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def test_fields_keep_their_order_their_names_and_what_is_said_of_them() -> None:
    schema = strict_schema(Whole)
    assert list(schema["properties"]) == list(Whole.model_fields)
    part = schema["properties"]["parts"]["items"]
    assert list(part["properties"]) == ["title", "default"]  # fields, though they are named like words of JSON Schema
    assert part["properties"]["title"] == {"description": "in lower case", "type": "string", "pattern": "^[a-z]{1,8}$"}
    assert schema["properties"]["main"]["description"] == "the first of them"
    assert schema["properties"]["parts"]["maxItems"] == 4
    assert schema["properties"]["box"] == {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}}
    assert schema["properties"]["kind"]["enum"] == ["whole"]
    assert schema["properties"]["mood"]["enum"] == ["calm", "wild"]
    assert schema["properties"]["other"]["anyOf"][1] == {"type": "null"}
    assert schema["properties"]["score"] == {"type": "number", "minimum": 0, "maximum": 1}


@pytest.mark.parametrize(
    ("pattern", "sent", "most"),
    [
        (r"^[^\n]{0,40}$", r'^[^"\\\n]{0,40}$', 40),
        ("^.{1,128}$", r'^[^"\\\n]{1,128}$', 128),
        ("^.{0,500}$", r'^([^"\\\n]{100}){0,4}[^"\\\n]{0,100}$', 500),
        ("^.{1,400}$", r'^[^"\\\n]([^"\\\n]{100}){0,2}[^"\\\n]{0,100}$', 301),
    ],
)
def test_a_line_is_sent_as_decoders_take_it(pattern: str, sent: str, most: int) -> None:
    line = create_model("Line", line=(str, Field(pattern=pattern)))
    assert strict_schema(line)["properties"]["line"]["pattern"] == sent
    least = int(pattern.endswith("{1,128}$") or pattern.endswith("{1,400}$"))
    fits = [number for number in range(520) if re.fullmatch(sent, "é" * number)]
    assert fits == list(range(least, most + 1))  # no gap, and never more than was asked for
    assert all(re.fullmatch(pattern, "é" * number) for number in fits)


def test_it_is_made_the_same_each_time_and_belongs_to_the_caller() -> None:
    first = strict_schema(Whole)
    first["properties"].clear()
    assert strict_schema(Whole)["properties"]
    assert strict_schema(Whole) == strict_schema(Whole)


class Free(BaseModel):
    by_name: dict[str, int]


class Anything(BaseModel):
    value: Any


class Pair(BaseModel):
    pair: tuple[int, str]


class Bare(BaseModel):
    items: list  # type: ignore[type-arg]


class Tree(BaseModel):
    children: list[Tree]


@pytest.mark.parametrize(
    ("model", "where"),
    [(Free, "Free.by_name"), (Anything, "Anything.value"), (Pair, "Pair.pair"), (Bare, "Bare.items"), (Tree, "Tree")],
)
def test_what_cannot_be_expressed_is_refused_by_name(model: type[BaseModel], where: str) -> None:
    with pytest.raises(TypeError, match=where):
        strict_schema(model)


def test_names_have_letters_that_servers_take() -> None:
    assert schema_name(create_model("Antwort für «alle»" + "x" * 90)) == "Antwort_f_r__alle_" + "x" * 46


def test_a_random_model_under_this_schema_writes_what_fits(language_server: Any) -> None:
    small = create_model("Small", __base__=Whole, score=(float, ...), count=(int, ...))
    for seed in range(3):
        text = "".join(language_server.model.write("Go.", strict_schema(small), temperature=1.0, seed=seed, most=3000))
        jsonschema.validate(json.loads(text), strict_schema(small))
        assert len(read_reply(text, small).parts) <= 4
