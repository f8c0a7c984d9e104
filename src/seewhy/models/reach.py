"""Whether the language model of the settings can be reached, serves the model, and answers: for `seewhy doctor`."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from seewhy.errors import ModelError
from seewhy.models.endpoint import Endpoint
from seewhy.models.language import Message, Part, Picture, Request, Text
from seewhy.settings import Settings

SECONDS = 20.0
"""For each look at the endpoint. Models on a CPU take a while for their first word."""
QUESTION = 'Are you ready? Reply with {"answer": "yes"} as JSON.'
PICTURE_SIDE = 64
"""Pixels. Some models refuse pictures smaller than one of their patches."""
MOST_LISTED = 5
"""Models that are named where the one asked for is not listed."""


class Finding(NamedTuple):
    name: str
    ok: bool
    text: str


class _Ready(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answer: Literal["yes"]


def describe_endpoint(settings: Settings) -> list[Finding]:
    """Whether the endpoint is reached and lists the models; whether the model answers, and in which dialect; and
    whether the vision model takes pictures, where videos are described.

    Two short requests are sent; none where the endpoint is not reached.
    """
    if not settings.endpoint:
        return [Finding("endpoint", True, "none is set; SEEWHY_ENDPOINT and SEEWHY_MODEL name one")]
    calls = settings.calls.model_copy(update={"timeout": min(SECONDS, settings.calls.timeout), "retries": 0})
    with Endpoint(settings.model_copy(update={"calls": calls})) as endpoint:
        findings = [_reached(endpoint, settings, calls.timeout)]
        if findings[0].ok:
            findings.append(_answers("language model", endpoint, (Text(QUESTION),)))
            if settings.describe.on:
                picture = Picture(np.full((PICTURE_SIDE, PICTURE_SIDE, 3), 128, np.uint8))
                findings.append(_answers("vision model", endpoint, (Text(QUESTION), picture)))
        return findings


def _reached(endpoint: Endpoint, settings: Settings, seconds: float) -> Finding:
    import openai

    try:
        listed = endpoint.models(seconds)
    except (openai.APIConnectionError, TimeoutError) as error:
        why = f"{settings.endpoint} is not reached ({error.__cause__ or error}); is the server running?"
        return Finding("endpoint", False, why)
    except (openai.OpenAIError, ValueError) as error:
        # some serve models and do not list them; whether they do is seen by asking
        return Finding("endpoint", True, f"{settings.endpoint} does not list its models ({type(error).__name__})")
    wanted = dict.fromkeys((settings.model, settings.vision_model or settings.model))
    missing = [model for model in wanted if model not in listed]
    if missing:
        some = ", ".join(listed[:MOST_LISTED]) + (", …" if len(listed) > MOST_LISTED else "")
        text = f"{settings.endpoint} does not list {', '.join(missing)}; it lists {some or 'nothing'}"
        return Finding("endpoint", True, text)
    return Finding("endpoint", True, f"{settings.endpoint} lists {', '.join(wanted)}")


def _answers(name: str, endpoint: Endpoint, parts: tuple[Part, ...]) -> Finding:
    request = Request("look", "doctor", "doctor@1", (Message("user", parts),), _Ready)
    model = endpoint.name_for(request)
    try:
        call = endpoint.ask(request).call
    except ModelError as error:
        return Finding(name, False, str(error))
    repaired = ", after one repair" if call.repaired else ""
    return Finding(name, True, f"{model} answers in {call.seconds:.1f} s{repaired}; {endpoint.dialect(model)}")
