"""The seams of reasoning: who turns a question into conditions, and who judges candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from seewhy.types.hit import Candidate, Verdict
from seewhy.types.query import Query
from seewhy.types.twin import RefinementStep, StepName, Twin
from seewhy.video.clip import Clip


@dataclass(frozen=True)
class Reference:
    """The video that an edit starts from."""

    twin: Twin
    clip: Clip | None = None
    """its pictures; None: there is only the twin"""
    paths: tuple[str, ...] = ()
    """where files with this content lie"""
    degraded: tuple[str, ...] = ()
    """what could not be known of it, and why"""


class Decomposer(Protocol):
    """Question → query."""

    @property
    def name(self) -> str:
        """Versioned: ``rules@1``."""
        ...

    def decompose(self, question: str) -> Query:
        """
        Raises:
            QueryError: the question is empty or longer than what can be read.
        """
        ...


class Composer(Protocol):
    """Reference video and edit → query: what would follow, and what a video that shows it would contain."""

    @property
    def name(self) -> str:
        """Versioned: ``edit-rules@1``."""
        ...

    def compose(self, reference: Reference, edit: str) -> Query:
        """The query carries the trace, and leaves the reference out of the gallery.

        Raises:
            QueryError: the edit is empty or longer than what can be read.
        """
        ...


class Judge(Protocol):
    """Query and candidates with their twins → one verdict each, in the order given."""

    @property
    def name(self) -> str: ...

    def judge(
        self, query: Query, candidates: Sequence[tuple[Candidate, Twin]], reference: Reference | None = None
    ) -> list[Verdict]:
        """
        Args:
            reference: of a composed query.
        """
        ...


class Planner(Protocol):
    """What the judge would have to know → steps that find it out."""

    @property
    def name(self) -> str: ...

    def plan(
        self, query: Query, judged: Sequence[tuple[Candidate, Twin, Verdict]], allowed: Sequence[StepName], most: int
    ) -> list[tuple[str, RefinementStep]]:
        """At most so many steps, the most telling first, each with the id of its video; none where there are no gaps.

        Raises:
            ModelError: no plan came.
        """
        ...
