"""The seam LanguageModel: messages, pictures among them, and a schema → a value.

::

    Request ─▶ [replies store] ─▶ [endpoint] ─▶ text ─▶ value of the schema

Every use of a language model in seewhy goes through here. A request says all that the reply depends on, so that
its `canonical` form, hashed, is the reply's name in a store of replies; pictures count by their pixels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from threading import Event
from typing import Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel

from seewhy.types.calls import Call, Purpose
from seewhy.types.video import Image

T = TypeVar("T", bound=BaseModel)

REQUEST_FORMAT = "request.v1"
"""Part of every key; raised when the canonical form changes, so that old replies are not taken for new ones."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text in a message."""

    text: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in a message. How it is compressed on its way does not matter: it is known by its pixels."""

    pixels: Image
    """RGB, (H, W, 3), uint8"""

    @cached_property
    def digest(self) -> str:
        """SHA-256, hex, of the size and the pixels."""
        height, width, _ = self.pixels.shape
        return hashlib.sha256(f"rgb8 {width}x{height}\n".encode() + self.pixels.tobytes()).hexdigest()

    @cached_property
    def png(self) -> bytes:
        """As a PNG file: lossless, so that every machine sends the same pixels."""
        import cv2

        done, encoded = cv2.imencode(".png", cv2.cvtColor(self.pixels, cv2.COLOR_RGB2BGR))
        if not done:
            raise ValueError(f"a picture of shape {self.pixels.shape} could not be encoded as PNG")
        return encoded.tobytes()


Part = Text | Picture
Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation. Untrusted text never has the role system."""

    role: Role
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Request(Generic[T]):
    """What is asked of a language model."""

    purpose: Purpose
    subject: str
    """what it is about, for people and errors: a question, a video's id; the reply does not depend on it"""
    prompt: str
    """name, version and hash of the prompt that the messages were made from"""
    messages: tuple[Message, ...]
    schema: type[T]
    """what the reply has to be"""
    sample: int = 0
    """number of the sample, where several replies to one request are wanted"""
    hints: Mapping[str, str] = field(default_factory=dict)
    """the variables that the prompt was filled with, for scripted stand-ins; the reply does not depend on them"""
    temperature: float | None = None
    """of sampling; None: the model's own"""

    @property
    def has_pictures(self) -> bool:
        return any(isinstance(part, Picture) for message in self.messages for part in message.parts)

    @cached_property
    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of the reply."""
        return self.schema.model_json_schema()

    def sampled(self, sampling: Mapping[str, Any]) -> dict[str, Any]:
        """How the reply is sampled: as the model's replies are, but with the request's own temperature if it has one.

        >>> request = Request("look", "", "", (), BaseModel, temperature=0.7)
        >>> request.sampled({"temperature": 0.0, "seed": 3})
        {'temperature': 0.7, 'seed': 3}
        """
        own = {} if self.temperature is None else {"temperature": self.temperature}
        return {**sampling, **own}

    def canonical(self, model: str, sampling: Mapping[str, Any]) -> bytes:
        """Everything the reply depends on, as bytes that are the same on every machine.

        Args:
            model: name of the model that answers.
            sampling: temperature, seed and the like.
        """
        document = {
            "format": REQUEST_FORMAT,
            "model": model,
            "sampling": self.sampled(sampling),
            "sample": self.sample,
            "purpose": self.purpose,
            "prompt": self.prompt,
            "schema": self.json_schema,
            "messages": [
                {
                    "role": message.role,
                    "parts": [
                        {"text": part.text} if isinstance(part, Text) else {"picture": part.digest}
                        for part in message.parts
                    ],
                }
                for message in self.messages
            ],
        }
        return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode()

    def key(self, model: str, sampling: Mapping[str, Any]) -> str:
        """SHA-256, hex, of the canonical form."""
        return hashlib.sha256(self.canonical(model, sampling)).hexdigest()


@dataclass(frozen=True)
class Reply(Generic[T]):
    """What came back."""

    value: T
    text: str
    """the reply as it came, that `value` was made from: what a store keeps"""
    call: Call


class LanguageModel(Protocol):
    """Answers requests. Safe to use from many threads at once; the model limits how many are under way."""

    @property
    def concurrency(self) -> int:
        """How many requests it works on side by side."""
        ...

    def name_for(self, request: Request[Any]) -> str:
        """The model that would answer this request; part of its key."""
        ...

    @property
    def sampling(self) -> Mapping[str, Any]:
        """What else the reply depends on: temperature, seed, greatest length."""
        ...

    def ask(self, request: Request[T], *, cancel: Event | None = None) -> Reply[T]:
        """Wait for the reply.

        Args:
            cancel: when it is set, the request is given up soon after.

        Raises:
            ModelError: no usable reply; see its subclasses. Carries the call.
        """
        ...

    def close(self) -> None: ...
