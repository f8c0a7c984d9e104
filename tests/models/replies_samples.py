"""Requests, a model that answers them, and stores, for the tests of the replies store."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from seewhy.models.fakes import ScriptedModel
from seewhy.models.language import Message, Part, Picture, Request, Text
from seewhy.models.naming import Naming
from seewhy.models.remembering import Mode, RememberingModel
from seewhy.models.replies import ReplyStore
from seewhy.types.calls import Purpose

NAMING = Naming("scripted", "scripted-vision", {})
"""How `ScriptedModel` names itself."""


class Shade(BaseModel):
    """A reply."""

    model_config = ConfigDict(extra="forbid")
    name: str
    score: float


def picture(seed: int = 0, height: int = 6, width: int = 8) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def ask_for(
    question: str,
    *parts: Part,
    purpose: Purpose = "judge",
    subject: str | None = None,
    prompt: str = "shade@1-0a0b0c0d",
    system: str = "You name shades.\nReply with JSON.",
    sample: int = 0,
    schema: type[BaseModel] = Shade,
) -> Request[BaseModel]:
    messages = (Message("system", (Text(system),)), Message("user", (Text(question), *parts)))
    return Request(purpose, question if subject is None else subject, prompt, messages, schema, sample)


def shade_of(request: Request[BaseModel]) -> dict[str, object]:
    """An answer that tells the question."""
    question = request.messages[-1].parts[0]
    assert isinstance(question, Text)
    return {"name": question.text, "score": len(question.text) / 7}


def scripted(**options: object) -> ScriptedModel:
    return ScriptedModel({"judge": shade_of, "describe": shade_of, "look": shade_of}, **options)  # type: ignore[arg-type]


def remembering(path: Path, mode: Mode = "cache", model: ScriptedModel | None = None) -> RememberingModel:
    """Over a store at this path; a replay has no model."""
    if mode == "replay":
        return RememberingModel(None, ReplyStore.open(path, read_only=True), mode, naming=NAMING)
    return RememberingModel(model or scripted(), ReplyStore.open(path), mode)


def record_slowly(path: Path, name: str, number: int) -> None:
    """Record replies one by one and say the key of each when it is there."""
    model = remembering(path, "record")
    for index in range(number):
        reply = model.ask(ask_for(f"{name} {index}"))
        print(reply.call.key, flush=True)
        time.sleep(0.0005)
    model.close()


if __name__ == "__main__":
    record_slowly(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
