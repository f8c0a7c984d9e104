"""OpenAI's protocol of chat completions: messages → the body of a request; the body of a response → an answer.

Responses are read as plain JSON, tolerantly: the servers that speak this protocol leave out what they like.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from seewhy.models.dialects import Dialect
from seewhy.models.language import Message, Text
from seewhy.models.schema import schema_name, strict_schema

WireMessage = dict[str, Any]


class Malformed(ValueError):
    """A response that is no chat completion."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response says."""

    text: str = ""
    finish: str = ""
    """why it ended: ``stop``, ``length``, ``content_filter``, …; empty: not said"""
    refusal: str = ""
    """the model's own words where it declines"""
    input_tokens: int = 0
    output_tokens: int = 0
    """0: not said"""


def wire_messages(messages: Sequence[Message]) -> list[WireMessage]:
    """Messages as they are sent; pictures are PNG files in ``data:`` URLs."""
    return [{"role": message.role, "content": _content(message)} for message in messages]


def _content(message: Message) -> str | list[dict[str, Any]]:
    if all(isinstance(part, Text) for part in message.parts):  # not every server takes parts where text would do
        return "\n\n".join(part.text for part in message.parts if isinstance(part, Text))
    parts: list[dict[str, Any]] = []
    for part in message.parts:
        if isinstance(part, Text):
            parts.append({"type": "text", "text": part.text})
        else:
            url = "data:image/png;base64," + base64.b64encode(part.png).decode()
            parts.append({"type": "image_url", "image_url": {"url": url}})
    return parts


def wire_body(
    model: str,
    messages: Sequence[WireMessage],
    schema: type[BaseModel],
    dialect: Dialect,
    *,
    temperature: float,
    seed: int,
    max_output_tokens: int,
    stream: bool,
) -> dict[str, Any]:
    """The body of a request, in the given dialect."""
    fitted = strict_schema(schema)
    body: dict[str, Any] = {"model": model, "messages": list(messages)}
    if dialect.temperature:
        body["temperature"] = temperature
    if dialect.seed:
        body["seed"] = seed
    if dialect.length != "none":
        body[dialect.length] = max_output_tokens
    if stream:
        body["stream"] = True
        if dialect.usage:
            body["stream_options"] = {"include_usage": True}
    if dialect.format == "json_schema":
        named = {"name": schema_name(schema), "schema": fitted, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    elif dialect.format == "json_object":
        body["response_format"] = {"type": "json_object"}
    if dialect.schema_in_text:
        body["messages"] = _told(messages, fitted)
    return body


def _told(messages: Sequence[WireMessage], schema: Mapping[str, Any]) -> list[WireMessage]:
    """The messages with the schema at the end of the system message."""
    text = (
        "Reply with one JSON object and nothing else: no explanation, no code fence. "
        "The object has to fit this JSON Schema:\n" + json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    )
    if messages and messages[0]["role"] == "system" and isinstance(messages[0]["content"], str):
        return [{"role": "system", "content": f"{messages[0]['content']}\n\n{text}"}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def read_completion(document: object) -> Answer:
    """The answer in a whole response.

    Raises:
        Malformed: it is none.
    """
    choice = _choice(document)
    if choice is None:
        raise Malformed(f"a chat completion has choices; given {_shortened(document)}")
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise Malformed(f"a choice has a message; given {_shortened(choice)}")
    tokens = _usage(document) or (0, 0)
    return Answer(
        text=_clean(_answer(_text(message.get("content")), _reasoning(message))),
        finish=str(choice.get("finish_reason") or ""),
        refusal=_clean(_text(message.get("refusal"))),
        input_tokens=tokens[0],
        output_tokens=tokens[1],
    )


def error_in(document: object) -> Any:
    """The error object in a response that came with status 200; None: there is none."""
    choice = _choice(document)
    if choice is not None:  # a router's: the server behind it failed on the way
        return choice.get("error") or None
    return document.get("error") or None if isinstance(document, Mapping) else None


class Gathering:
    """The answer in the pieces of a stream."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._finish = ""
        self._tokens = (0, 0)

    def add(self, piece: object) -> None:
        """
        Raises:
            Malformed: it is no piece of a chat completion.
        """
        if not isinstance(piece, Mapping):
            raise Malformed(f"a piece of a stream is an object; given {_shortened(piece)}")
        self._tokens = _usage(piece) or self._tokens
        choice = _choice(piece)
        if choice is None:  # the last piece, with the usage, has no choices
            return
        delta = choice.get("delta")
        if isinstance(delta, Mapping):
            self._text.append(_text(delta.get("content")))
            self._reasoning.append(_reasoning(delta))
            self._refusal.append(_text(delta.get("refusal")))
        self._finish = str(choice.get("finish_reason") or self._finish)

    def answer(self) -> Answer:
        """
        Raises:
            Malformed: the stream ended before the answer did.
        """
        text = _answer("".join(self._text), "".join(self._reasoning))
        if not self._finish and not _is_object(text):  # some never say why they end
            raise Malformed("the stream ended in the middle of the answer")
        return Answer(_clean(text), self._finish, _clean("".join(self._refusal)), *self._tokens)


def _choice(document: object) -> Mapping[str, Any] | None:
    choices = document.get("choices") if isinstance(document, Mapping) else None
    if isinstance(choices, Sequence) and choices and isinstance(choices[0], Mapping):
        return choices[0]
    return None


def _usage(document: object) -> tuple[int, int] | None:
    usage = document.get("usage") if isinstance(document, Mapping) else None
    if not isinstance(usage, Mapping):
        return None
    given, made = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return (given if isinstance(given, int) else 0, made if isinstance(made, int) else 0)


def _text(content: object) -> str:
    """Text, whether it comes as such or in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    return ""


def _reasoning(message: Mapping[str, Any]) -> str:
    """What a model thought, where a server tells it apart from the answer."""
    return _text(message.get("reasoning_content")) or _text(message.get("reasoning"))


def _answer(content: str, reasoning: str) -> str:
    """The answer, which servers that split off the reasoning put there when the model did not think at all: constrained
    decoding leaves it no room to."""
    return reasoning if not content.strip() and _is_object(reasoning) else content


def _is_object(text: str) -> bool:
    """Whether a text is one JSON object, from its first character to its last."""
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _clean(text: str) -> str:
    """Without half characters, which no file and no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _shortened(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, default=str)
    return text if len(text) <= 200 else text[:200] + "…"
