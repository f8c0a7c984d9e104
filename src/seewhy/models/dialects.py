"""What an endpoint takes of the protocol: how it is told the schema, and which parameters it knows.

Servers that speak OpenAI's protocol differ. The most is asked for first; what is refused is left out or replaced, and
when a request made so succeeds, that is remembered for its model. A refusal that turns out to be about something else
therefore changes nothing.

::

    json_schema  ─▶  json_object + schema in the text  ─▶  plain + schema in the text
    max_tokens   ─▶  max_completion_tokens             ─▶  none
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Format = Literal["json_schema", "json_object", "plain"]
Length = Literal["max_tokens", "max_completion_tokens", "none"]
FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "plain")
LENGTHS: tuple[Length, ...] = ("max_tokens", "max_completion_tokens", "none")

_FORMAT_WORDS = re.compile(
    r"response[_ ]format|json[_ ]schema|json[_ ]object|json[_ ]mode|structured[_ ]outputs?|guided|grammar"
)
_ONE_SCHEMA = re.compile(
    r"invalid schema|invalid_json_schema|conversion failed|failed to parse grammar|too (?:complex|large|many)"
)
_CONTEXT_WORDS = re.compile(r"context (?:length|window|size)|maximum context|max_model_len|n_ctx")
_LENGTH_WORDS = re.compile(r"max_(?:completion_)?tokens|max_new_tokens|max_output_tokens")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one model at one endpoint is spoken to."""

    format: Format = "json_schema"
    length: Length = "max_tokens"
    """the name under which the greatest length of a reply is sent"""
    temperature: bool = True
    seed: bool = True
    usage: bool = True
    """whether a stream is asked to count its tokens"""

    @property
    def schema_in_text(self) -> bool:
        return self.format != "json_schema"

    def without(self, status: int, complaint: str, streaming: bool) -> Dialect | None:
        """A dialect without what an endpoint refused; None: the refusal names nothing that could be left out.

        Args:
            status: of the HTTP response.
            complaint: the parameter it names, or else all its text.
        """
        text = complaint.lower()
        if status == 404:  # mostly an unknown model, whose name may contain any word
            return self._less_format() if _FORMAT_WORDS.search(text) else None
        if status not in (400, 415, 422, 500, 501):
            return None
        if streaming and self.usage and ("stream_options" in text or "include_usage" in text):
            return replace(self, usage=False)
        if self.length != "none" and _CONTEXT_WORDS.search(text):
            return replace(self, length="none")
        if self.length != "none" and _LENGTH_WORDS.search(text):
            return replace(self, length=LENGTHS[LENGTHS.index(self.length) + 1])
        if self.format != "plain" and _FORMAT_WORDS.search(text):
            return self._less_format()
        if self.temperature and "temperature" in text:
            return replace(self, temperature=False)
        if self.seed and re.search(r"\bseed\b", text):
            return replace(self, seed=False)
        return None

    def ignored(self) -> Dialect:
        """A dialect for an endpoint that took the schema and did not keep to it: it is told in the text, too."""
        return replace(self, format="json_object") if self.format == "json_schema" else self

    def common(self, other: Dialect) -> Dialect:
        """What both take."""
        return Dialect(
            format=max(self.format, other.format, key=FORMATS.index),
            length=max(self.length, other.length, key=LENGTHS.index),
            temperature=self.temperature and other.temperature,
            seed=self.seed and other.seed,
            usage=self.usage and other.usage,
        )

    def __str__(self) -> str:
        left_out = [name for name in ("temperature", "seed") if not getattr(self, name)]
        told = "schema in the text" if self.schema_in_text else "constrained decoding"
        without = f", without {' and '.join(left_out)}" if left_out else ""
        return f"{self.format} ({told}), length as {self.length}{without}"

    def _less_format(self) -> Dialect | None:
        if self.format == "plain":
            return None
        return replace(self, format=FORMATS[FORMATS.index(self.format) + 1])


def only_this_schema(complaint: str) -> bool:
    """Whether a refusal is about one schema (too large, say), and says nothing about others."""
    return bool(_ONE_SCHEMA.search(complaint.lower()))


class Dialects:
    """What has been learned, by model. Belongs to one event loop; requests of all threads share it."""

    def __init__(self) -> None:
        self._known: dict[str, Dialect] = {}

    def of(self, model: str) -> Dialect:
        return self._known.get(model, Dialect())

    def learn(self, model: str, dialect: Dialect) -> None:
        """A request in this dialect succeeded. What others have found to be refused stays refused."""
        self._known[model] = dialect.common(self.of(model))
