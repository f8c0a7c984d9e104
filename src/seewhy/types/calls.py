"""What was asked of language models, and what it took."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from seewhy.types.base import Frozen

Purpose = Literal["describe", "decompose", "judge", "plan", "look", "compose", "score"]
"""describe a video; decompose a question; judge candidates; plan a refinement; look at a part of a video again;
reason about an edit; score such a reasoning."""


class Call(Frozen):
    """One request to a language model, whether it was answered by the model or from the replies store."""

    purpose: Purpose
    subject: str
    """what it was about, for people: a question, a video's id"""
    model: str
    prompt: str
    """name, version and hash of the prompt: ``judge@1-3f2a9c01``"""
    key: str
    """SHA-256, hex, of the request's canonical content: its name in the replies store"""
    cached: bool = False
    """True: the reply came from the replies store, nothing was sent"""
    input_tokens: int = 0
    output_tokens: int = 0
    """as the endpoint counted them when the reply was made, all attempts and the repair together; 0: not said"""
    seconds: float = 0.0
    """wall time of this call, waiting for its turn included; next to nothing for a cached one"""
    cost: float | None = None
    """by the prices in the settings; None: no prices are set; 0 for a cached one"""
    attempts: int = 1
    """requests that were sent, retries and the repair included; 0 for a cached one"""
    repaired: bool = False
    """True: the first reply did not fit the schema, the second did"""
    error: str | None = None
    """why there was no usable reply: the error's class and message"""


class Usage(Frozen):
    """Calls summed up."""

    calls: int = 0
    """requests for a reply, from a model or from the store"""
    cached: int = 0
    """of them, answered from the replies store"""
    failed: int = 0
    """of them, without a usable reply"""
    input_tokens: int = 0
    output_tokens: int = 0
    """of the calls that were not cached"""
    seconds: float = 0.0
    """summed over calls; those made side by side count each"""
    cost: float | None = None
    """None: no prices are set"""
    by_purpose: dict[str, int] = Field(default_factory=dict)
    """number of calls of each purpose"""

    def line(self) -> str:
        """In words, naming only what there is.

        >>> Usage(calls=3, cached=1, input_tokens=1200, output_tokens=80, seconds=2.5).line()
        '3 calls (1 from the store), 1,280 tokens, 2.5 s'
        """
        of_them = [f"{self.cached} from the store"] * bool(self.cached) + [f"{self.failed} failed"] * bool(self.failed)
        told = [f"{self.calls} calls" + (f" ({', '.join(of_them)})" if of_them else "")]
        if self.input_tokens or self.output_tokens:
            told.append(f"{self.input_tokens + self.output_tokens:,} tokens")
        told.append(f"{self.seconds:.1f} s")
        if self.cost:
            told.append(f"cost {self.cost:.4f}")
        return ", ".join(told)

    def __add__(self, other: Usage) -> Usage:
        costs = [usage.cost for usage in (self, other) if usage.cost is not None]
        purposes = {*self.by_purpose, *other.by_purpose}
        return Usage(
            calls=self.calls + other.calls,
            cached=self.cached + other.cached,
            failed=self.failed + other.failed,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            seconds=self.seconds + other.seconds,
            cost=sum(costs) if costs else None,
            by_purpose={p: self.by_purpose.get(p, 0) + other.by_purpose.get(p, 0) for p in sorted(purposes)},
        )

    @classmethod
    def of(cls, calls: Iterable[Call]) -> Usage:
        """The sum of some calls."""
        every = list(calls)
        sent = [call for call in every if not call.cached]
        costs = [call.cost for call in every if call.cost is not None]
        purposes: dict[str, int] = {}
        for call in every:
            purposes[call.purpose] = purposes.get(call.purpose, 0) + 1
        return cls(
            calls=len(every),
            cached=len(every) - len(sent),
            failed=sum(call.error is not None for call in every),
            input_tokens=sum(call.input_tokens for call in sent),
            output_tokens=sum(call.output_tokens for call in sent),
            seconds=sum(call.seconds for call in every),
            cost=sum(costs) if costs else None,
            by_purpose=dict(sorted(purposes.items())),
        )
