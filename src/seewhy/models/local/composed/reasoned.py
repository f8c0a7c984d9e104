"""What a model says would follow from an edit: several samples of it, and the account that counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

UNREASONED = "nothing was said of what would follow from the edit; the result was described without"
UNJOINED = "nothing was said when the samples of what would follow were joined; the first one counts"
SILENT = "{} of {} samples of what would follow said nothing; the others count"


@dataclass(frozen=True, slots=True)
class Reasoned:
    """Of one edit."""

    traces: tuple[str, ...] = ()
    """the samples that say something"""
    reasoning: str = ""
    """the one that a description is to follow; empty where there is none"""
    notes: tuple[str, ...] = ()
    """what had to be done without, for the user"""

    @classmethod
    def of(cls, said: Sequence[str]) -> Reasoned:
        """The first of the samples that say something, until they are joined."""
        traces = tuple(text for text in said if _says_something(text))
        if not traces:
            return cls(notes=(UNREASONED,))
        silent = len(said) - len(traces)
        return cls(traces, traces[0], (SILENT.format(silent, len(said)),) if silent else ())

    def joined(self, text: str) -> Reasoned:
        """All of them in one account, if it says something."""
        if _says_something(text):
            return replace(self, reasoning=text)
        return replace(self, notes=(*self.notes, UNJOINED))


def _says_something(text: str) -> bool:
    """Whether there is a letter or a digit in it."""
    return any(map(str.isalnum, text))
