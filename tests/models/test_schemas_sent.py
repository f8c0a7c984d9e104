"""The schemas of the real requests, at their largest, stay within what servers say they take.

Limits of OpenAI's structured outputs are those documented at their introduction (2024), where later ones are wider:
100 properties (now 5,000) in 5 levels (10), 500 enum values (1,000), 15,000 characters of names and values (120,000).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from seewhy.bench.reasoning import Marks
from seewhy.models.schema import strict_schema
from seewhy.perceive.hosted.replies import TextReply, describe_reply, find_reply, look_reply, track_reply
from seewhy.reason.composing.reply import Imagination, Reasoning
from seewhy.reason.decompose.reply import ConditionId, Decomposition, EntityId
from seewhy.reason.judging.replies import Comparison, judgement
from seewhy.reason.planning import plan_schema
from seewhy.reason.seams import StepName

TRACKS = range(1, 25)
FRAMES = range(0, 80, 10)


def ids(letter: str, number: int) -> tuple[str, ...]:
    return tuple(f"{letter}{n + 1}" for n in range(number))


def judged(candidates: int) -> type[BaseModel]:
    """Candidates of 12 tracks, of each of whose records 100 lines can be evidence."""
    evidence = (*ids("t", 12), *ids("e", 50), *ids("r", 50))
    return judgement(ids("v", candidates), get_args(EntityId), get_args(ConditionId), ids("t", 12), evidence)


SENT: dict[str, type[BaseModel]] = {
    "describe 24 tracks": describe_reply(TRACKS, FRAMES),
    "look at 24 tracks": look_reply(TRACKS, FRAMES),
    "look at a track": track_reply(3, TRACKS),
    "find": find_reply(FRAMES),
    "read": TextReply,
    "judge 10": judged(10),
    "judge 64": judged(64),
    "compare": Comparison,
    "decompose": Decomposition,
    "reason about an edit": Reasoning,
    "reason and describe": Imagination,
    "mark a reasoning": Marks,
    "plan": plan_schema(ids("v", 10), ids("t", 120), get_args(StepName), 8),
}
EACH = pytest.mark.parametrize("name", SENT)


def nodes(schema: dict[str, Any], depth: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """All parts of a schema, with the number of objects around each."""
    yield depth, schema
    for child in schema.get("properties", {}).values():
        yield from nodes(child, depth + 1)
    for child in [*schema.get("anyOf", []), *filter(None, [schema.get("items")])]:
        yield from nodes(child, depth)


@EACH
def test_they_are_small_enough(name: str) -> None:
    every = list(nodes(strict_schema(SENT[name])))
    names = [key for _, node in every for key in node.get("properties", {})]
    values = [str(value) for _, node in every for value in node.get("enum", [])]
    assert len(names) <= 100
    assert max(depth for depth, _ in every) <= 5
    assert len(values) <= 500
    assert sum(map(len, names)) + sum(map(len, values)) <= 15_000
    assert len(json.dumps(strict_schema(SENT[name]))) <= 8_000  # it is sent in the text, where it is not taken


@EACH
def test_they_use_what_decoders_know(name: str) -> None:
    for _, node in nodes(strict_schema(SENT[name])):
        if "enum" in node:
            assert node["enum"]
            assert len({type(value) for value in node["enum"]}) == 1  # mixed ones are refused by some
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


@EACH
def test_their_patterns_are_taken_by_the_letter(name: str) -> None:
    """llama.cpp and xgrammar put a pattern between two quotes: what it allows has to be what JSON allows there."""
    for _, node in nodes(strict_schema(SENT[name])):
        pattern = node.get("pattern")
        if pattern is None:
            continue
        assert (pattern[0], pattern[-1]) == ("^", "$")  # llama.cpp refuses others
        assert not re.search(r"\\[dDwWsSbB]|\(\?", pattern)  # and does not know these
        assert max(int(number) for number in re.findall(r"[{,](\d+)", pattern)) <= 128  # xgrammar 0.2.6 to 0.2.8
        assert re.fullmatch(pattern, "A line, with all that (is not) between 'quotes': é 字."[:40])
        for raw in ('a "quote', "a back\\slash", "two\nlines"):
            assert not re.fullmatch(pattern, raw)
