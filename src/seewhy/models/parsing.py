"""Text → value: what a language model wrote, read as a value of a schema.

Endpoints that constrain decoding send JSON and nothing else. All others send what models write: reasoning first, a code
fence, a sentence before and after. The object is looked for; it is never mended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NoReturn

from pydantic import ValidationError

from seewhy.models.language import T
from seewhy.types.base import words_of

_REASONING = re.compile(r"<(think|thinking|thought|reasoning|analysis)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_REASONING_END = re.compile(r"</(?:think|thinking|thought|reasoning|analysis)>", re.IGNORECASE)
_BEGINNING = re.compile(r"\{\s*\"")
MOST_OBJECTS = 40
"""Places in a reply where a JSON object is looked for; text full of braces is no reply."""
MOST_PROBLEMS = 8
"""Problems that one message names: more than these are not mended one by one."""
MOST_QUOTED = 80
"""Characters of a wrong value that a message quotes."""

# Errors of pydantic that no reply has which was decoded under the schema's constraints.
_SHAPE = re.compile(r"missing|extra_forbidden|literal_error|enum|.*_type|.*_parsing|json_invalid")


class Unfit(ValueError):
    """A text that is no value of the schema; the message can be sent back to the model."""

    def __init__(self, message: str, *, shape: bool) -> None:
        super().__init__(message)
        self.shape = shape
        """True: fields, types or the JSON itself are wrong, so that the schema cannot have constrained the decoding"""


def read_reply(text: str, schema: type[T]) -> T:
    """The value in a reply.

    Where there are several JSON objects side by side, the last that fits is taken: models quote first and answer last.

    Raises:
        Unfit: there is no JSON object, or none fits; says what is wrong with the longest.
    """
    answer = _without_reasoning(text)
    problems: dict[str, ValidationError] = {}
    for candidate in reversed(list(_objects(answer))):
        try:
            return schema.model_validate_json(candidate)
        except ValidationError as error:
            problems[candidate] = error
    broken = _broken(answer)
    if broken or not problems:
        raise Unfit(broken or "it has no JSON object in it", shape=True)
    raise _unfit(problems[max(problems, key=len)])


def _without_reasoning(text: str) -> str:
    if text.lstrip().startswith("{"):  # an answer from its first character; what looks like a tag is inside a string
        return text
    text = _REASONING.sub("", text)
    ends = list(_REASONING_END.finditer(text))  # chat templates that open the block themselves leave its end only
    return text[ends[-1].end() :] if ends else text


def _objects(text: str) -> Iterator[str]:
    """The outermost JSON objects in a text, each as strict JSON.

    What begins like one and breaks is passed over up to where it breaks: nothing inside it is taken for an answer.
    """
    decoder = json.JSONDecoder(strict=False, parse_constant=_not_json)  # line breaks in strings are let through
    position = text.find("{")
    for _ in range(MOST_OBJECTS):
        if position < 0:
            return
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            if error.msg.startswith("Unterminated string"):  # all the rest is inside that string
                return
            end = max(error.pos, position + 1)
        except (ValueError, RecursionError):  # no JSON by the letter, or too deep
            return
        else:
            yield json.dumps(value)
        position = text.find("{", end)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _broken(text: str) -> str | None:
    """What breaks the first thing that begins like a JSON object; None: there is none, or it is whole."""
    start = _BEGINNING.search(text)
    if start is None:
        return None
    try:
        json.JSONDecoder(strict=False, parse_constant=_not_json).raw_decode(text, start.start())
    except json.JSONDecodeError as error:
        near = json.dumps(text[max(start.start(), error.pos - 30) : error.pos + 10], ensure_ascii=False)
        return f"its JSON is broken: {error.msg} near {near}"
    except RecursionError:
        return "its JSON is broken: it is nested too deeply"
    except ValueError as error:
        return f"its JSON is broken: {error}"
    return None


def _unfit(error: ValidationError) -> Unfit:
    problems = error.errors(include_url=False, include_context=False)
    lines = []
    for problem in problems[:MOST_PROBLEMS]:
        where = ".".join(str(part) for part in problem["loc"]) or "the object"
        line = f"{where}: {words_of(problem)}"
        if problem["type"] != "missing":
            given = json.dumps(problem["input"], ensure_ascii=False, default=str)
            line += f" (given {given if len(given) <= MOST_QUOTED else given[:MOST_QUOTED] + '…'})"
        lines.append(line)
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"and {len(problems) - MOST_PROBLEMS} more")
    return Unfit("; ".join(lines), shape=any(_SHAPE.fullmatch(problem["type"]) for problem in problems))
