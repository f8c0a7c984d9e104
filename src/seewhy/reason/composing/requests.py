"""The requests of reasoning about an edit: what would follow, several of that joined, what the target would show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel

from seewhy.errors import VideoError
from seewhy.models.language import Part, Request
from seewhy.models.prompt import Prompt, load_prompt
from seewhy.reason.composing.reply import Imagination, Reasoning
from seewhy.reason.composing.telling import told
from seewhy.reason.decompose.reply import Decomposition
from seewhy.reason.decompose.vocabulary import VOCABULARY
from seewhy.reason.pictures import Stills, captioned, stills
from seewhy.reason.seams import Reference
from seewhy.twin.digest import LEGEND, digest
from seewhy.types.trace import Trace

PACKAGE = "seewhy.reason"
REASON, DESCRIBE, SINGLE, JOIN = "compose_reason", "compose_describe", "compose_single", "compose_join"
RECORD_TOKENS = 800
"""of the reference's record: there is one, where a judge reads many, and what it leaves out cannot stay or go"""
LINES = 480
"""Greatest height of a picture, in pixels: as large as describers are shown frames."""
NO_PICTURES = "There are no pictures of it."

Replied = TypeVar("Replied", bound=BaseModel)


def prompt_of(name: str) -> Prompt:
    return load_prompt(PACKAGE, name)


@dataclass(frozen=True)
class Edited:
    """A reference and an edit, ready to be asked about."""

    edit: str
    """as `readable` gives it"""
    record: str
    """digest of the reference"""
    pictures: Stills = ()
    unseen: str | None = None
    """why there are no pictures though there should be"""

    @classmethod
    def of(cls, reference: Reference, edit: str, frames: int) -> Edited:
        """
        Args:
            frames: of the reference that are shown, at most.
        """
        record = digest(reference.twin, tokens=RECORD_TOKENS).text
        if reference.clip is None:
            return cls(edit, record)
        try:
            return cls(edit, record, stills(reference.twin, reference.clip, frames, LINES))
        except VideoError as error:
            return cls(edit, record, unseen=str(error))

    @property
    def unpictured(self) -> Edited:
        """The same from the record alone."""
        return replace(self, pictures=())


def reasoning(edited: Edited, *, sample: int = 0, temperature: float | None = None) -> Request[Reasoning]:
    """What would follow from the edit."""
    values = {"edit": told(edited.edit, Trace()), "pictures": _pictures(edited)}
    return replace(_request(REASON, edited, values, Reasoning), sample=sample, temperature=temperature)


def joining(edited: Edited, traces: Sequence[Trace]) -> Request[Reasoning]:
    """Several reasonings about one edit, as one."""
    return _request(JOIN, edited, {"reasonings": told(edited.edit, *traces)}, Reasoning)


def describing(edited: Edited, trace: Trace) -> Request[Decomposition]:
    """The target, and the conditions that tell it."""
    values = {"vocabulary": VOCABULARY, "reasoning": told(edited.edit, trace)}
    return _request(DESCRIBE, edited, values, Decomposition)


def imagining(edited: Edited) -> Request[Imagination]:
    """All of it in one reply."""
    values = {"vocabulary": VOCABULARY, "edit": told(edited.edit, Trace()), "pictures": _pictures(edited)}
    return _request(SINGLE, edited, values, Imagination)


def _request(
    name: str, edited: Edited, values: Mapping[str, str | tuple[Part, ...]], schema: type[Replied]
) -> Request[Replied]:
    prompt = prompt_of(name)
    values = {"legend": LEGEND, "reference": edited.record, **values}
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    return Request(
        purpose="compose",
        subject=edited.edit,
        prompt=prompt.id,
        messages=prompt.fill(values),
        schema=schema,
        hints={**texts, "mode": prompt.name},
    )


def _pictures(edited: Edited) -> str | tuple[Part, ...]:
    return captioned({"reference": edited.pictures}) if edited.pictures else NO_PICTURES
