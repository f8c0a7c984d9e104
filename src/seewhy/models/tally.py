"""What one call takes, summed up while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from seewhy.models.language import Request
from seewhy.types.calls import Call


@dataclass
class Tally:
    """Of one call so far. Read when the call is over."""

    attempts: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    repaired: bool = False

    def call(
        self,
        request: Request[Any],
        model: str,
        key: str,
        seconds: float,
        error: str | None = None,
        prices: tuple[float, float] = (0.0, 0.0),
    ) -> Call:
        """The call as it is reported.

        Args:
            seconds: since the request was made.
            error: why there is no reply: the error's class and message.
            prices: of a million tokens of input and of output; 0 and 0: none are set.
        """
        cost = (self.input_tokens * prices[0] + self.output_tokens * prices[1]) / 1e6 if any(prices) else None
        return Call(
            purpose=request.purpose,
            subject=request.subject,
            model=model,
            prompt=request.prompt,
            key=key,
            input_tokens=self.input_tokens,
            output_tokens=self.output_tokens,
            seconds=seconds,
            cost=cost,
            attempts=self.attempts,
            repaired=self.repaired,
            error=error,
        )
