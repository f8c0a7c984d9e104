"""What of the settings counts: which of them can change what a run measures, and what `auto` comes to.

Two variants whose settings come to the same are one variant; a table that lists them as two says that something was
tried that was not.
"""

from __future__ import annotations

from typing import Literal

from seewhy.channels.states import StatesChannel
from seewhy.settings import Settings

Task = Literal["text", "composed"]

_NEVER = (
    "library", "endpoint", "api_key", "replies.", "index.workers", "encoder.threads", "local.cache", "local.memory",
    "local.videos", "calls.timeout", "calls.retries", "calls.concurrency", "calls.per_minute", "calls.stream",
    "calls.price_",
)  # fmt: skip
"""Where things lie and how fast they go: names of settings that change no answer begin with one of these."""
_ASKING = ("model", "vision_model", "calls.temperature", "calls.max_output_tokens")
"""Settings of language models that count where there is one."""


def describes(settings: Settings, *, model: bool) -> bool:
    """Whether a model looks at whole videos when they come into a library, and writes into their twins."""
    return model and settings.describe.on


def refines(settings: Settings, *, model: bool) -> bool:
    """Whether questions have videos looked at again, and what is found written into their twins: the judge says what
    it lacks; without a language model the rules do, and specialists on this machine look."""
    if not settings.refine.rounds:
        return False
    return settings.search.judge == "auto" if model else settings.profile == "local"


def effective(settings: Settings, task: Task, *, model: bool) -> dict[str, object]:
    """The settings that can change what is measured, by name, `auto` as what it comes to.

    What is not known to make no difference counts.

    Args:
        model: there is a language model.
    """
    values = {row.name: row.value for row in settings.rows() if not row.name.startswith(_NEVER)}
    composed, compose = task == "composed", settings.compose
    by_model = "auto" if model else "rules"
    for name in ("search.decompose", "search.judge", "compose.reason"):
        if values[name] == "auto":
            values[name] = by_model
    reasons = composed and values["compose.reason"] == "auto"
    judges = values["search.judge"] == "auto"
    states = composed and StatesChannel.name in compose.channels.split(",")
    samples = (reasons or states) and compose.strategy == "self_consistency"
    idle = {
        "search.decompose": composed,
        "search.channels": composed,
        "describe.": not describes(settings, model=model),
        "judge.": not judges,
        "refine.": not refines(settings, model=model),
        "compose.": not composed,
        "compose.strategy": not (reasons or states),
        "compose.samples": not samples,
        "compose.temperature": not samples,
        "compose.frames": not reasons,
        "compose.judge_frames": not judges,
        "compose.pooling": not states,
        "compose.weights": not (states and compose.pooling == "weighted"),
        **dict.fromkeys(_ASKING, not model),
    }
    gone = tuple(name for name, is_idle in idle.items() if is_idle)
    return {name: value for name, value in values.items() if not name.startswith(gone)}
