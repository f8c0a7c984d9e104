"""Three rendered clips of a ball with edits of them, in Reel-97 format, and a model that says the least it can."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from seewhy.bench.synthetic import CLIPS, render
from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Request
from seewhy.models.naming import Naming
from seewhy.models.schema import strict_schema
from seewhy.settings import Settings
from seewhy.types.calls import Purpose

NAMES = ("ball_right", "ball_left", "ball_blue")
EDITS = (
    ("C1", "ball_right", "it rolls to the left instead", "ball_left"),
    ("C2", "ball_right", "the ball is blue", "ball_blue"),
)


def write_data(folder: Path, *more: Mapping[str, Any]) -> None:
    """Three clips, two edits of them, and whatever other queries are given."""
    render([clip for clip in CLIPS if clip.name in NAMES], folder)
    lines: list[Mapping[str, Any]] = [
        {
            "id": number, "type": "composed", "reference_video": f"{reference}.mp4", "edit": edit,
            "video": f"{video}.mp4", "after_effects": [f"what {number} brings"], "object_ids": ["1"],
            "near_misses": [],
        }
        for number, reference, edit, video in EDITS
    ]  # fmt: skip
    (folder / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (*lines, *more)))


def least(schema: Mapping[str, Any]) -> Any:
    """The smallest value that fits a schema."""
    if "enum" in schema:
        return schema["enum"][-1]
    if "anyOf" in schema:
        return least(schema["anyOf"][-1])
    match schema.get("type"):
        case "object":
            return {name: least(inner) for name, inner in schema["properties"].items()}
        case "array":
            return [least(schema["items"]) for _ in range(max(schema.get("minItems", 0), 1))]
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return False
        case "null":
            return None
    return "a ball"


class Agreeable(ScriptedModel):
    """Says the least that a schema allows, under the name that the settings give it; marks differ between runs."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(dict.fromkeys(get_args(Purpose), self.reply))
        self.naming = Naming.of(settings)

    @property
    def sampling(self) -> Mapping[str, Any]:  # type: ignore[override]
        return self.naming.sampling

    def name_for(self, request: Request[Any]) -> str:
        return self.naming.name_for(request)

    @staticmethod
    def reply(request: Request[Any]) -> str:
        value = least(strict_schema(request.schema))
        if request.purpose == "score":
            value["edit"] = 3 + request.sample
        return json.dumps(value)


def settings(file: Path, mode: str, **more: Any) -> Settings:
    chosen: dict[str, Any] = {
        "endpoint": "http://127.0.0.1:9/v1", "model": "m", "replies.file": str(file), "replies.mode": mode,
        "describe.on": False, "refine.rounds": 0, "index.workers": 1, "video.rate": 2, "video.lines": 96,
        "compose.frames": 0, "compose.judge_frames": 0,
    }  # fmt: skip
    return Settings.load(overrides=chosen | more, environment={})
