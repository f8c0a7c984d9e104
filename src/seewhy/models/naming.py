"""Which model answers which request, and how it is sampled, by the settings: what every reply's key is made of.

The endpoint and a replay, which has no endpoint, name their models by this one rule, so that their keys agree. A model
on this machine is named with its revision, which the settings do not say; a recording of it carries its naming.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from pydantic import BaseModel

from seewhy.errors import ReplyStoreError
from seewhy.models.language import LanguageModel, Message, Picture, Request
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

    @classmethod
    def seen_in(cls, model: LanguageModel) -> Self:
        """How a model names what answers."""
        picture = Message("user", (Picture(np.zeros((1, 1, 3), np.uint8)),))
        texts, pictures = (Request("look", "", "", messages, BaseModel) for messages in ((), (picture,)))
        return cls(model.name_for(texts), model.name_for(pictures), dict(model.sampling))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """
        Raises:
            ReplyStoreError: it is not what `as_json` wrote.
        """
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError) as error:
            raise ReplyStoreError(
                f"the recording does not say how its models are named ({error}); record it again"
            ) from error

    def as_json(self) -> str:
        """For a recording."""
        return json.dumps(asdict(self), sort_keys=True)

    def name_for(self, request: Request[Any]) -> str:
        """The model that answers this request."""
        return self.vision_model if request.has_pictures else self.model
