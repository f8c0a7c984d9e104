"""Prompts: versioned text files with a header that says their inputs and the schema of the reply.

::

    name: judge
    version: 1
    purpose: judge
    inputs: question, conditions, candidates
    schema: seewhy.reason.judging.replies:Judgement
    ---
    [system]
    ...
    [user]
    ... {{question}} ...

The header ends at the line of three dashes. Sections become messages. What is filled in for ``{{name}}`` is put in as
it is and never looked at again, so that braces in it mean nothing; an input that is missing, or not named in the
header, is an error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from seewhy.models.language import Message, Part, Role, Text

_INPUT = re.compile(r"\{\{(\w+)\}\}")
_SECTION = re.compile(r"^\[(system|user|assistant)\]\n", re.MULTILINE)
_HEADER = ("name", "version", "purpose", "inputs", "schema")


@dataclass(frozen=True)
class Prompt:
    """A prompt as its file says it."""

    name: str
    version: int
    purpose: str
    inputs: tuple[str, ...]
    schema: str
    """where the schema of the reply is made: ``module:name``"""
    sections: tuple[tuple[Role, str], ...]
    hash: str
    """SHA-256 of the file, the first 8 hex digits"""

    @property
    def id(self) -> str:
        """What goes into artefacts and reply keys: ``judge@1-3f2a9c01``."""
        return f"{self.name}@{self.version}-{self.hash}"

    def fill(self, values: Mapping[str, str | tuple[Part, ...]]) -> tuple[Message, ...]:
        """The messages, with the inputs put in; a tuple of parts (pictures with their captions) is put in as such.

        Raises:
            ValueError: an input is missing, or is none of this prompt's.
        """
        if set(values) != set(self.inputs):
            missing, unknown = sorted(set(self.inputs) - set(values)), sorted(set(values) - set(self.inputs))
            raise ValueError(f"prompt {self.id} takes {', '.join(self.inputs)}; missing {missing}, unknown {unknown}")
        return tuple(Message(role, _parts(text, values)) for role, text in self.sections)


def _parts(template: str, values: Mapping[str, str | tuple[Part, ...]]) -> tuple[Part, ...]:
    parts: list[Part] = []
    text = ""
    for position, piece in enumerate(_INPUT.split(template)):
        value = values[piece] if position % 2 else piece
        if isinstance(value, str):
            text += value
            continue
        if text.strip():
            parts.append(Text(text.strip("\n")))
        parts.extend(value)
        text = ""
    if text.strip():
        parts.append(Text(text.strip("\n")))
    return tuple(parts)


def parse_prompt(text: str, where: str = "prompt") -> Prompt:
    """
    Raises:
        ValueError: the header or a section is not as it has to be, or an input in the text is not named in the header.
    """
    head, dashes, body = text.partition("\n---\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    if not dashes or tuple(fields) != _HEADER or not fields["version"].isdecimal():
        raise ValueError(f"{where}: a prompt begins with {', '.join(_HEADER)}, in this order, and a line '---'")
    pieces = _SECTION.split(body)
    if pieces[0].strip() or len(pieces) < 3:
        raise ValueError(f"{where}: after the header come sections, each begun by [system], [user] or [assistant]")
    sections = tuple(zip(pieces[1::2], (piece.strip("\n") for piece in pieces[2::2]), strict=True))
    inputs = tuple(name.strip() for name in fields["inputs"].split(",") if name.strip())
    used = {name for _, section in sections for name in _INPUT.findall(section)}
    if used != set(inputs):
        raise ValueError(f"{where}: the header names inputs {sorted(inputs)}, the text uses {sorted(used)}")
    return Prompt(
        name=fields["name"],
        version=int(fields["version"]),
        purpose=fields["purpose"],
        inputs=inputs,
        schema=fields["schema"],
        sections=sections,  # type: ignore[arg-type]  # the pattern lets only roles through
        hash=hashlib.sha256(text.encode()).hexdigest()[:8],
    )


@cache
def load_prompt(package: str, name: str) -> Prompt:
    """The prompt in the file ``prompts/<name>.txt`` of a package of seewhy.

    Raises:
        ValueError: see `parse_prompt`.
    """
    file = files(package) / "prompts" / f"{name}.txt"
    return parse_prompt(file.read_text(encoding="utf-8"), f"{package}/prompts/{name}.txt")
