"""What one noun phrase says, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from seewhy.types.query import Comparator, Measure
from seewhy.types.twin import AttributeKind, EventName

HeadKind = Literal["thing", "generic", "unknown", "stuff", "frame", "viewer", "pronoun"]


@dataclass
class NounPhrase:
    """What one noun phrase says. `start` and `end` are token positions, half-open."""

    start: int
    end: int
    head: str = ""
    head_start: int = -1
    """where the noun with the unknown words before it begins"""
    head_kind: HeadKind = "unknown"
    category: str | None = None
    definite: bool = False
    another: bool = False
    other: bool = False
    absent: bool = False
    plural: bool = False
    count: tuple[Comparator, int] | None = None
    attributes: list[tuple[AttributeKind, str]] = field(default_factory=list)
    states: list[EventName] = field(default_factory=list)
    superlatives: list[Measure] = field(default_factory=list)
    ordinal: Literal["first", "last"] | None = None
    """the first / last one, of something that a later "to appear" explains"""
    scene: list[tuple[AttributeKind, str]] = field(default_factory=list)
    """what an adjective says of the whole picture: "an outdoor show" """
    unread: list[int] = field(default_factory=list)
    """positions of words inside that the tables do not know"""

    @property
    def bare(self) -> bool:
        """Nothing but a noun: no determiner, number or adjective."""
        return self.head_start == self.start and not (self.definite or self.another or self.absent or self.count)
