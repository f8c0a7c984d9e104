"""Requests that tests of language models make."""

from __future__ import annotations

import json
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, create_model

from seewhy.models.language import Message, Picture, Request, Text


class Color(BaseModel):
    """A color, and why."""

    model_config = ConfigDict(extra="forbid")
    why: str
    name: Literal["red", "green", "blue"]
    sure: float = Field(ge=0, le=1)


RED = '{"why":"it is","name":"red","sure":0.9}'


def color_request(text: str = "Which color has a tomato?", **values: Any) -> Request[Color]:
    """A request that every model can answer."""
    messages = (
        Message("system", (Text('You name colors. Reply as JSON: {"why", "name", "sure"}; sure is from 0 to 1.'),)),
        Message("user", (Text(text),)),
    )
    return Request("look", text, "color@1-00000000", messages, Color, **values)


def picture_request(seed: int = 0) -> Request[Color]:
    """One with two pictures."""
    draw = np.random.default_rng(seed)
    pictures = [Picture(draw.integers(0, 256, (8, 12, 3), dtype=np.uint8)) for _ in range(2)]
    user = Message("user", (Text("Frame 1:"), pictures[0], Text("Frame 2:"), pictures[1], Text("Which color is it?")))
    return Request("describe", "a.mp4", "color@1-00000000", (Message("system", (Text("Name it."),)), user), Color)


def numbered_request(number: int) -> Request[Any]:
    """One whose reply can only be its number."""
    schema = create_model("Number", __config__=ConfigDict(extra="forbid"), number=(Literal[f"n{number}"], ...))
    text = f'Reply with the number as JSON: {{"number": "n{number}"}}'
    return Request("judge", f"number {number}", "number@1-00000000", (Message("user", (Text(text),)),), schema)


def fitting_reply(schema: dict[str, Any]) -> str:
    """The plainest reply that fits one of the schemas above."""
    plain = {"string": "because", "number": 0.5}
    return json.dumps({name: (p.get("enum") or [plain[p["type"]]])[0] for name, p in schema["properties"].items()})
