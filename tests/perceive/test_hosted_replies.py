"""What models are asked to reply: strict for a decoder, lenient for a reader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from seewhy.models.schema import strict_schema
from seewhy.perceive.hosted.replies import (
    MOST_EVENTS,
    MOST_MISSED,
    TextReply,
    describe_reply,
    find_reply,
    look_reply,
    track_reply,
)

SCHEMAS = {
    "describe": describe_reply([1, 4], [0, 30]),
    "describe nothing": describe_reply([], [0]),
    "look": look_reply([2], [5]),
    "track": track_reply(3, [1]),
    "text": TextReply,
    "find": find_reply([0, 10]),
}


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from _nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from _nodes(value)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_decoder_has_to_give_every_field_and_nothing_without_bounds(name: str) -> None:
    schema = strict_schema(SCHEMAS[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    objects = [node for node in _nodes(schema) if node.get("type") == "object"]
    assert objects
    for node in objects:
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False
    for node in _nodes(schema):
        if node.get("type") == "array":
            assert node["maxItems"] > 0
        if node.get("type") == "string":
            assert "enum" in node or "pattern" in node
        assert node.get("enum", [0]), "an empty enum lets nothing through"


def test_ids_and_frames_are_those_there_are() -> None:
    schema = strict_schema(describe_reply([1, 4], [0, 30]))
    track = schema["properties"]["tracks"]["items"]["properties"]["id"]
    missed = schema["properties"]["missed"]["items"]["properties"]["frame"]
    subject = schema["properties"]["events"]["items"]["properties"]["subject"]
    assert track["enum"] == [1, 4]
    assert missed["enum"] == [0, 30]
    assert subject["enum"] == ["none", "track 1", "track 4"] + [f"missed {n + 1}" for n in range(MOST_MISSED)]


def test_thought_comes_before_its_sum() -> None:
    fields = list(strict_schema(describe_reply([1], [0]))["properties"])
    assert fields == ["summary", "tracks", "missed", "events", "scene", "camera", "texts"]
    assert next(iter(strict_schema(find_reply([0]))["properties"])) == "seen"
    assert next(iter(strict_schema(look_reply([1], [0]))["properties"])) == "answer"


def test_the_code_s_own_words_are_not_in_the_schema() -> None:
    text = json.dumps(describe_reply([1], [0]).model_json_schema())
    assert '"title"' not in text
    assert '"description"' not in text


def test_the_same_tracks_and_frames_give_the_same_schema() -> None:
    one, other = (describe_reply([1, 2], [0, 5]).model_json_schema() for _ in range(2))
    assert json.dumps(one) == json.dumps(other)


def test_a_reader_takes_more_than_a_decoder_may_write() -> None:
    event = {"subject": "track 99", "action": "x" * 200, "start": -3, "end": 1e6, "confidence": 0.5}
    text = json.dumps({"summary": "s" * 900, "tracks": [{"id": 99, "names": []}], "events": [event] * 50})
    reply = describe_reply([1], [0]).model_validate_json(text)
    assert len(reply.events) == 50 > MOST_EVENTS
    assert reply.tracks[0].id == 99
    assert reply.scene.setting == "unclear"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"summary": "a", "tracks": [], "verdict": 1}',
        '{"summary": "a", "tracks": [{"id": "many"}]}',
        '{"summary": "a", "tracks": [], "camera": [{"motion": "static", "start": NaN, "end": 1, "confidence": 1}]}',
    ],
)
def test_what_says_nothing_of_what_was_asked_is_no_reply(text: str) -> None:
    with pytest.raises(ValidationError):
        describe_reply([1], [0]).model_validate_json(text)
