"""Settings of how questions and edits are answered, and of the language models that are asked."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from seewhy.settings.section import Section, setting


class CallSettings(Section):
    """How the endpoint is called."""

    timeout: float = setting(120.0, "s", "that one request may take, from seconds to hours", gt=0, le=86400)
    retries: int = setting(4, "times", "a request is sent again when that may help (429, 5xx, no connection)", ge=0)
    concurrency: int = setting(8, "requests", "under way at one time", ge=1, le=64)
    per_minute: float = setting(0.0, "requests/min", "sent at most; 0: no limit", ge=0)
    temperature: float = setting(0.0, "", "of sampling", ge=0, le=2)
    seed: int = setting(0, "", "of sampling, where the endpoint takes one", ge=0)
    max_output_tokens: int = setting(8192, "tokens", "of one reply, at most", ge=16)
    stream: bool = setting(False, "", "take replies piece by piece: keeps slow endpoints' connections alive")
    price_in: float = setting(0.0, "per 1M tokens", "of input, in any currency; 0 and 0: costs are not counted", ge=0)
    price_out: float = setting(0.0, "per 1M tokens", "of output", ge=0)


class ReplySettings(Section):
    """Where replies of language models are kept, to be used again."""

    mode: Literal["cache", "record", "replay", "off"] = setting(
        "cache", "", "cache: in the library; record: in the file; replay: from the file, nothing is sent; off: nowhere"
    )
    file: str = setting("", "", "of replies, for record and replay; empty: replies.sqlite of the library")


class DescribeSettings(Section):
    """What the vision-language model is shown when a video enters the library. Needs an endpoint."""

    on: bool = setting(True, "", "describe videos, where there is an endpoint")
    frames: int = setting(8, "frames", "shown in one call, with each track's number drawn on it", ge=1, le=32)
    lines: int = setting(480, "pixels", "greatest height of a frame that is shown", ge=64, le=1080)
    max_calls: int = setting(12, "calls", "for one video, one per shot; shots beyond are not described", ge=1)


class JudgeSettings(Section):
    """How the language model judges."""

    mode: Literal["listwise", "pointwise", "pairwise"] = setting(
        "listwise", "", "all candidates in one call, one call each, or two and two compared"
    )
    candidates: int = setting(10, "videos", "that the language model judges (K of RT2V)", ge=1, le=200)
    shortlist: Literal["coarse", "fused"] = setting(
        "fused", "", "which they are: the best by coarse score, or by reciprocal ranks of coarse score and rules"
    )
    tokens: int = setting(12000, "tokens", "of digests in one call, at most; what is less relevant is cut", ge=500)
    null_query: bool = setting(False, "", "pointwise: subtract the relevance to a question about nothing")


class RefineSettings(Section):
    """Looking again, just in time, at what a question needs and the twins lack."""

    rounds: int = setting(1, "rounds", "of refinement for one question; 0: none", ge=0, le=5)
    steps: int = setting(8, "steps", "that one round may take", ge=1)
    calls: int = setting(12, "calls", "to models that refinement of one question may make", ge=0)
    seconds: float = setting(
        60.0, "s", "of steps for one question, after which none is begun; recording, replaying: no limit", gt=0
    )


def _channels(value: str) -> str:
    """Names of channels, each once, separated by commas. Which there are, plug-ins say when they are loaded.

    Raises:
        ValueError: there is nothing that finds candidates.
    """
    names = [name.strip() for name in value.split(",") if name.strip()]
    if not set(names) - {"rerank"}:
        raise ValueError("channels are names such as twin and joint, separated by commas; rerank needs another")
    return ",".join(dict.fromkeys(names))


class SearchSettings(Section):
    """How questions are answered."""

    candidates: int = setting(100, "videos", "that the rules check, best coarse score first", ge=1)
    decompose: Literal["auto", "rules", "none"] = setting(
        "auto", "", "auto: the language model where there is one; rules: never; none: the question stays whole"
    )
    align: bool = setting(True, "", "choose candidates by compositional alignment; no: every video is one")
    judge: Literal["auto", "rules", "none"] = setting(
        "auto", "", "auto: the language model where there is one; rules: never; none: by coarse score alone"
    )
    tau: float = setting(0.5, "relevance", "hits under it rank last; if all are, nothing matched", ge=0, le=1)
    aggregation: Literal["mean", "min"] = setting("mean", "", "how conditions combine in the coarse score")
    channels: str = setting(
        "twin", "", "that candidates come from, joined by reciprocal rank: any of twin, joint, rerank, or of plug-ins"
    )

    @field_validator("channels")
    @classmethod
    def _are_channels(cls, value: str) -> str:
        if "states" in (names := _channels(value)).split(","):
            raise ValueError("states needs an edit of a reference video; it is for compose.channels")
        return names


class ComposeSettings(Section):
    """How a reference video and an edit become a query."""

    reason: Literal["auto", "rules", "none"] = setting(
        "auto", "", "auto: the language model where there is one; rules: never; none: the words of the edit alone"
    )
    strategy: Literal["two_stage", "single_stage", "self_consistency"] = setting(
        "two_stage", "", "reason, then describe; both in one call; or several reasonings, joined, then describe"
    )
    samples: int = setting(5, "samples", "of reasoning, in self_consistency; each costs a call", ge=2, le=16)
    temperature: float = setting(0.9, "", "of these samples; 0: all are alike", ge=0, le=2)
    frames: int = setting(6, "frames", "of the reference that the model is shown; 0: its twin alone", ge=0, le=32)
    judge_frames: int = setting(
        3, "frames", "of the reference and of each candidate that the judge is shown; 0: twins alone", ge=0, le=8
    )
    channels: str = setting("twin", "", "as `search.channels`; there is one more for edits: states")
    pooling: Literal["weighted", "mean", "max", "last"] = setting("weighted", "", "of token states, in `states`")
    weights: Literal["paper", "released"] = setting("paper", "", "of tokens in weighted pooling")

    @field_validator("channels")
    @classmethod
    def _are_channels(cls, value: str) -> str:
        return _channels(value)
