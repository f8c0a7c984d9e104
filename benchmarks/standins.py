"""Stand-ins for a language model, for benchmarks of everything around one. None of them has seen a video.

``agreeable`` says the least that a schema allows, and yes where it is asked: what it costs to ask, and how much worse a
model can make an answer that code checks. ``reasoner`` says of an edit what a data set says would follow from it, and
of all else the least: what reasoning alone is worth, with the twins as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request, Text
from seewhy.models.naming import Naming
from seewhy.models.schema import strict_schema
from seewhy.settings import Settings
from seewhy.types.calls import Purpose
from seewhy.types.trace import MOST_ASSERTIONS

NOWHERE = {"endpoint": "http://127.0.0.1:9/v1", "model": "stand-in"}
"""Settings of an endpoint that is never asked: stand-ins are named by it."""
GAPS = 1
"""candidates of which the agreeing model says that it lacks something"""
Replies = Callable[[str, dict[str, Any]], str]
"""text and schema of a request → reply"""


class StandIn(ScriptedModel):
    """A stand-in in this process, under the name that the settings give the model, so that it can be recorded."""

    def __init__(self, replies: Replies, settings: Settings) -> None:
        def script(request: Request[Any]) -> str:
            return replies(text_of(request), strict_schema(request.schema))

        super().__init__(dict.fromkeys(get_args(Purpose), script), concurrency=settings.calls.concurrency)
        self.naming = Naming.of(settings)

    @property
    def sampling(self) -> Mapping[str, Any]:  # type: ignore[override]
        return self.naming.sampling

    def name_for(self, request: Request[Any]) -> str:
        return self.naming.name_for(request)


def text_of(request: Request[Any]) -> str:
    """All that a request says in words."""
    parts = (part for message in request.messages for part in message.parts)
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def agreeable(text: str, schema: dict[str, Any]) -> str:
    """The least, and yes; a question is one condition, and what is judged first lacks something."""
    value = least(schema)
    if "seen" in value:
        asked = _said(text, "question") or _said(text, "edit") or "what was asked for"
        value["seen"] = "what was asked for"
        value["conditions"] = [least(schema["properties"]["conditions"]["items"])]
        value["conditions"][0] |= {"text": " ".join(asked.split())[:300], "weight": 1.0}
    for number, judged in enumerate(value.get("candidates", ())):
        fields = schema["properties"]["candidates"]["items"]["properties"]
        judged["candidate"] = fields["candidate"]["enum"][number]
        judged["relevance"] = 100
        for position, condition in enumerate(judged["conditions"]):
            condition["condition"] = fields["conditions"]["items"]["properties"]["condition"]["enum"][position]
            condition["evidence"], condition["answer"] = ["t1"], "yes"
        if number < GAPS:
            judged["gaps"] = [{"question": "what is it?", "track": "none", "start": None, "end": None}]
    return json.dumps(value)


def reasoner(effects: Mapping[str, tuple[str, ...]]) -> Replies:
    """
    Args:
        effects: edit → what follows from it, in plain sentences.
    """

    def reply(text: str, schema: dict[str, Any]) -> str:
        fields = schema["properties"]
        edit = _said(text, "edit")
        if edit is None or not {"states", "seen"} & fields.keys():
            return agreeable(text, schema)
        value, follows = json.loads(agreeable(text, schema)), effects[edit]
        if "states" in fields:
            value |= {"change": edit[:400], "states": list(follows[:MOST_ASSERTIONS])}
        if "seen" in fields:
            condition = least(fields["conditions"]["items"]) | {"kind": "free", "check": "none", "weight": 1.0}
            value["seen"] = ". ".join(follows)[:800]
            value["conditions"] = [
                condition | {"id": f"c{number}", "text": said[:400], "imagined": [said[:400]]}
                for number, said in enumerate(follows[:12], start=1)
            ]
        return json.dumps(value)

    return reply


def _said(text: str, name: str) -> str | None:
    """The value of the last JSON object in a text that begins with this name; None: there is none."""
    begin = f'{{"{name}": '
    if begin not in text:
        return None
    value: str = json.JSONDecoder().raw_decode(text.rpartition(begin)[2])[0]
    return value


def least(schema: dict[str, Any]) -> Any:
    """The smallest value that fits a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return least(schema["anyOf"][-1])
    match schema.get("type"):
        case "object":
            return {name: least(inner) for name, inner in schema["properties"].items()}
        case "array":
            return [least(schema["items"]) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "null":
            return None
    return "x"
