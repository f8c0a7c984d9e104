"""Scripted models that judge and plan, and what their requests say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from seewhy.models.fakes import Answer, ScriptedModel
from seewhy.models.language import Request, Text
from seewhy.reason.judge import RulesJudge
from seewhy.reason.judging import ModelJudge
from seewhy.settings import JudgeSettings

TAU = 0.5
Entry = dict[str, Any]


def text_of(request: Request[Any], role: str = "user") -> str:
    """The text of the messages of one role."""
    parts = [part for message in request.messages if message.role == role for part in message.parts]
    return "\n".join(part.text for part in parts if isinstance(part, Text))


def question_of(request: Request[Any]) -> dict[str, Any]:
    """The question, or the edit, as the model reads it, out of the user's message."""
    heading = "video that is looked for:\n" if request.prompt.startswith("judge_edit") else "The question:\n"
    _, _, after = text_of(request).partition(heading)
    found: dict[str, Any] = json.JSONDecoder().raw_decode(after)[0]
    return found


def records_of(request: Request[Any]) -> dict[str, str]:
    """Handle → record, out of the user's message."""
    pieces = re.split(r"^### (v\d+)\n", text_of(request), flags=re.MULTILINE)
    return {handle: body.split("\n\n")[0] for handle, body in zip(pieces[1::2], pieces[2::2], strict=True)}


def ids_of(record: str) -> list[str]:
    """The ids that its lines begin with."""
    return [line.split()[0] for line in record.splitlines() if line and not line.startswith(("length", "("))]


def entry(request: Request[Any], handle: str, **changes: Any) -> Entry:
    """A reply for one candidate: everything is as wanted, every track is evidence, entities are tracks in order."""
    question, ids = question_of(request), ids_of(records_of(request)[handle])
    tracks = [name for name in ids if re.fullmatch(r"t\d+", name)]
    free = iter(tracks)
    return {
        "candidate": handle,
        "trace": "It is as asked.",
        "objects": [{"entity": entity["id"], "track": next(free, "none")} for entity in question["entities"]],
        "others": [],
        "conditions": [
            {"condition": one["id"], "evidence": tracks[:6] or ["scene"], "answer": one["wanted"]}
            for one in question["conditions"]
        ],
        "gaps": [],
        "relevance": 100,
        **changes,
    }


Script = Callable[[Request[Any], str], Entry]
"""The reply for one candidate, by its handle."""


def each(script: Script = entry) -> Callable[[Request[Any]], Answer]:
    """A script for requests to judge, comparisons among them, which end in draws."""

    def answer(request: Request[Any]) -> Mapping[str, Any]:
        if request.hints["mode"].endswith("_pair"):
            return {"trace": "Both are.", "better": "equal"}
        return {"candidates": [script(request, handle) for handle in records_of(request)]}

    return answer


def judging(script: Script = entry) -> ScriptedModel:
    return ScriptedModel({"judge": each(script)})


def judge_by(model: ScriptedModel, mode: str = "listwise", tau: float = TAU, **settings: Any) -> ModelJudge:
    return ModelJudge(model, RulesJudge(tau=tau), JudgeSettings.model_validate({"mode": mode, **settings}), tau)
