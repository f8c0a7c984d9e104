"""Which model answers which request, and how it is sampled, by the settings: what every reply's key is made of.

The endpoint and a replay, which has no endpoint, name their models by this one rule, so that their keys agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from seewhy.models.language import Request
from seewhy.settings import Settings


@dataclass(frozen=True, slots=True)
class Naming:
    """The models in use and their sampling."""

    model: str
    vision_model: str
    """for requests with pictures"""
    sampling: Mapping[str, Any]
    """temperature, seed, max_output_tokens"""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        calls = settings.calls
        return cls(
            model=settings.model,
            vision_model=settings.vision_model or settings.model,
            sampling={
                "temperature": calls.temperature,
                "seed": calls.seed,
                "max_output_tokens": calls.max_output_tokens,
            },
        )

    def name_for(self, request: Request[Any]) -> str:
        """The model that answers this request."""
        return self.vision_model if request.has_pictures else self.model
