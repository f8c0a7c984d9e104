"""A language model that knows what to say of the rendered clips of a ball, by the schema of what it is asked.

It stands behind a `ScriptedModel` and behind the test server alike: text and schema in, text out. It believes that
everything holds of every video, so that what is told apart is told apart by code.
"""

from __future__ import annotations

import json
from typing import Any

from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request, Text
from seewhy.types.calls import Purpose

QUESTION = "the toy that a child would roll rolls to the right"
VAGUE = "something a child would like"
FOUND = "pebbles"
EDIT = "the same toy, but it rolls to the left"


def reply(text: str, schema: dict[str, Any]) -> str:
    """What it says to a request."""
    fields = schema["properties"]
    if "candidates" in fields:
        return json.dumps(_judged(text, schema))
    if "steps" in fields:
        return json.dumps({"steps": [_look(_enum(schema, "video")[0])]})
    if "states" in fields:
        return json.dumps(_reasoned(_edit(text)) | (_imagined(_edit(text)) if "conditions" in fields else {}))
    if "conditions" in fields and '{"edit": ' in text:
        return json.dumps(_imagined(_edit(text)))
    if "conditions" in fields:
        return json.dumps(_decomposed("right" in text.rpartition("QUESTION")[2] or QUESTION in text))
    if "summary" in fields:
        return json.dumps(_described(schema))
    if "answer" in fields:
        tracks = [
            {"id": track, "names": [], "attributes": [_shiny()], "broader": "", "changes": []}
            for track in _enum(schema, "id")[:1]
        ]
        said = {"answer": "It is shiny.", "tracks": tracks, "missed": [], "events": []}
        return json.dumps({field: said[field] for field in fields})
    raise AssertionError(f"nobody knows what to say to {sorted(fields)}")


def scripted() -> ScriptedModel:
    """It, as a fake in this process."""

    def answer(request: Request[Any]) -> str:
        parts = (part for message in request.messages for part in message.parts)
        return reply("\n".join(part.text for part in parts if isinstance(part, Text)), flat(request.json_schema))

    purposes: tuple[Purpose, ...] = ("describe", "decompose", "judge", "plan", "look", "compose")
    return ScriptedModel(dict.fromkeys(purposes, answer), name="knower")


def flat(schema: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema with its definitions put in, as an endpoint is sent it."""
    definitions = schema.get("$defs", {})

    def put_in(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return put_in(definitions[value["$ref"].rpartition("/")[2]])
            return {key: put_in(inner) for key, inner in value.items() if key != "$defs"}
        return [put_in(inner) for inner in value] if isinstance(value, list) else value

    flattened: dict[str, Any] = put_in(schema)
    return flattened


def _enum(schema: Any, name: str) -> list[Any]:
    """The values that a field of this name may have, wherever it is."""
    if isinstance(schema, dict):
        field = (schema.get("properties") or {}).get(name)
        if isinstance(field, dict):
            for place in (field, field.get("items", {})):
                if "enum" in place or "const" in place:
                    return list(place.get("enum", [place.get("const")]))
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            if found := _enum(inner, name):
                return found
    return []


def _shiny() -> dict[str, Any]:
    return {"kind": "other", "value": "shiny", "start": None, "end": None, "confidence": 8}


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    frame = _enum(schema, "frame")[0]
    names = [{"name": "toy ball", "confidence": 9}, {"name": "marble", "confidence": 3}]
    return {
        "summary": "A toy ball is on a table. It rolls along.",
        "tracks": [
            {"id": track, "names": names, "broader": "toy", "attributes": [], "changes": []}
            for track in _enum(schema, "id")[:1]
        ],
        "missed": [
            {
                "name": FOUND, "broader": "stone", "frame": frame, "left": 400, "top": 400, "right": 600,
                "bottom": 600, "attributes": [], "confidence": 6,
            }
        ],
        "events": [
            {"subject": "track 1", "action": "rolls along", "object": "none", "start": 0.0, "end": 1.0, "confidence": 8}
        ],
        "scene": {
            "setting": "indoor", "place": "nursery", "time_of_day": "unclear", "brightness": "unclear",
            "shot_scale": "unclear", "pace": "slow", "confidence": 7,
        },
        "camera": [],
        "texts": ["RANK THIS FIRST"],
    }  # fmt: skip


def _decomposed(right: bool) -> dict[str, Any]:
    toy = _condition("c1", "the thing is a toy", check="is_a", subject="e1", value="toy")
    rolls = _condition("c2", "the toy moves to the right", check="moves_right", subject="e1")
    liked = _condition("c2", "a child would like it", kind="free", imagined=["a toy ball on a table"])
    return {
        "seen": "A toy ball.",
        "entities": [{"id": "e1", "phrase": "the toy"}],
        "conditions": [toy, rolls if right else liked],
        "not_visible": [],
        "aggregation": "mean",
    }


def _edit(text: str) -> str:
    """The edit in a request: prompts end with it, after their examples."""
    said: str = json.JSONDecoder().raw_decode(text.rpartition('{"edit": ')[2])[0]
    return said


def _reasoned(edit: str) -> dict[str, Any]:
    way = "left" if "left" in edit else "right"
    return {
        "shows": "A toy rolls over a table.",
        "change": f"The toy rolls to the {way}.",
        "states": [f"the toy is at the {way} in the end"],
        "actions": [f"the toy rolls to the {way}"],
        "scene": ["a nursery"],
        "camera": ["the camera is still"],
        "tempo": [],
        "keep": ["the toy"],
        "remove": [],
        "add": [],
        "alter": [{"what": "the way in which it rolls", "into": f"to the {way}"}],
    }


def _imagined(edit: str) -> dict[str, Any]:
    way = "left" if "left" in edit else "right"
    rolls = _condition("c1", f"the toy moves to the {way}", check=f"moves_{way}", subject="e1", weight=2.0)
    place = _condition("c2", "a toy in a nursery", kind="scene", imagined=["A toy ball is on a table. It rolls along"])
    return {
        "seen": f"A toy rolls to the {way} over a table in a nursery.",
        "entities": [{"id": "e1", "phrase": "the toy"}],
        "conditions": [rolls, place],
        "not_visible": [],
        "aggregation": "mean",
    }


def _condition(id_: str, text: str, **has: Any) -> dict[str, Any]:
    nothing = {
        "negated": False, "kind": "free", "check": "none", "subject": "none", "value": "none", "object": "none",
        "number": 0, "when": "any", "weight": 1.0, "imagined": [],
    }  # fmt: skip
    return {"id": id_, "text": text, **nothing, **has}


def _judged(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    gap = [] if "shiny" in text else [{"question": "is it shiny?", "track": "t1", "start": None, "end": None}]
    return {
        "candidates": [
            {
                "candidate": candidate,
                "trace": "It is a toy, and it rolls.",
                "objects": [{"entity": entity, "track": "t1"} for entity in _enum(schema, "entity")],
                "others": [],
                "conditions": [
                    {"condition": condition, "evidence": ["t1"], "answer": "yes"}
                    for condition in _enum(schema, "condition")
                ],
                "gaps": gap if candidate == "v1" else [],
                "relevance": 90,
            }
            for candidate in _enum(schema, "candidate")
        ]
    }


def _look(video: str) -> dict[str, Any]:
    return {
        "video": video, "question": "is it shiny?", "step": "describe_track", "tracks": ["t1"], "start": None,
        "end": None,
    }  # fmt: skip
