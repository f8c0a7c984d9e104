"""What an endpoint takes of the protocol: how it is told the schema, and which parameters it knows.

Servers that speak OpenAI's protocol differ. The most is asked for first; what is refused is left out or replaced, and
when a request made so succeeds, that is remembered for its model: for all schemas, or, where the refusal was about
one of them, for that one and larger ones of its name. A refusal that turns out to be about something else therefore
changes nothing, and neither does a model that fails at one request.

::

    json_schema  ─▶  json_object + schema in the text  ─▶  plain + schema in the text
    max_tokens   ─▶  max_completion_tokens             ─▶  none
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

Format = Literal["json_schema", "json_object", "plain"]
Length = Literal["max_tokens", "max_completion_tokens", "none"]
Reach = Literal["model", "schema", "request"]
"""What a refusal is about: all that the model is asked, requests with this schema, or this request alone."""
FORMATS: tuple[Format, ...] = ("json_schema", "json_object", "plain")
LENGTHS: tuple[Length, ...] = ("max_tokens", "max_completion_tokens", "none")

_FORMAT_WORDS = re.compile(
    r"response[_ ]format|schema|json[_ ]object|json[_ ]mode|structured[_ ]outputs?|guided|grammar"
)
_ONE_SCHEMA = re.compile(
    r"(?:invalid|specified) (?:json )?schema|invalid_json_schema|conversion failed|too (?:complex|deep|large|many)"
    r"|(?:parse|invalid|compil(?:e|ing)|transform) [^.:]{0,40}grammar|grammar error|features? not supported"
    r"|nesting depth"
)
_NOT_WRITTEN = re.compile(
    r"json_validate_failed|failed[_ ]to[_ ]generate[_ ]json|model produced output that does not match"
)
"""What servers say that check what the model has written: Groq; llama.cpp, which answers 500."""
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
        if _NOT_WRITTEN.search(text):  # the model's own words follow, which may be any
            return self._less_format()
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


def reach(words: str) -> Reach:
    """How far a refusal of a format goes, by the endpoint's words."""
    text = words.lower()
    if _NOT_WRITTEN.search(text):
        return "request"
    return "schema" if _ONE_SCHEMA.search(text) else "model"


class Sized(NamedTuple):
    """A schema, as far as it matters for whether it is taken."""

    name: str
    size: int
    """characters"""


class Dialects:
    """What has been learned, by model. Belongs to one event loop; requests of all threads share it."""

    def __init__(self) -> None:
        self._known: dict[str, Dialect] = {}
        self._too_much: dict[tuple[str, str], tuple[int, Format]] = {}

    def of(self, model: str, schema: Sized | None = None) -> Dialect:
        """How to speak to a model; about this schema, where one is given."""
        known = self._known.get(model, Dialect())
        if schema is None:
            return known
        size, less = self._too_much.get((model, schema.name), (schema.size + 1, known.format))
        return known if schema.size < size else known.common(Dialect(format=less))

    def learn(self, model: str, dialect: Dialect) -> None:
        """A request in this dialect succeeded. What others have found to be refused stays refused."""
        self._known[model] = dialect.common(self.of(model))

    def learn_schema(self, model: str, schema: Sized, taken: Format) -> None:
        """This schema was refused, and the request succeeded in the format that is told here."""
        size, known = self._too_much.get((model, schema.name), (schema.size, taken))
        self._too_much[model, schema.name] = min(size, schema.size), max(known, taken, key=FORMATS.index)
