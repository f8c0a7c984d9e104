"""Clauses and the facts they state."""

from __future__ import annotations

from dataclasses import dataclass, field

from seewhy.reason.english.mentions import Referent
from seewhy.types.query import Atomic, Happens, When


@dataclass
class Fact:
    """One checkable thing that the question says."""

    atomic: Atomic
    negated: bool
    start: int
    end: int
    """token positions of the words that say it, half-open"""


@dataclass
class Clause:
    start: int
    end: int = 0
    facts: list[Fact] = field(default_factory=list)
    subjects: tuple[Referent, ...] = ()
    """who it speaks of, for clauses without a verb ("... before the square")"""
    when: When = "any"

    @property
    def happenings(self) -> list[Fact]:
        return [fact for fact in self.facts if isinstance(fact.atomic, Happens)]
