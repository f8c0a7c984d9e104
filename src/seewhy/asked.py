"""A question on its way to an answer, and what carries many of them through a stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seewhy.errors import SeewhyError
from seewhy.models.asking import counting
from seewhy.reason.seams import Reference
from seewhy.threads import side_by_side
from seewhy.types.calls import Call
from seewhy.types.hit import Candidate, Refinement, SearchResult, Verdict
from seewhy.types.query import Filters, Query
from seewhy.types.twin import Twin

if TYPE_CHECKING:
    from seewhy.refine import Wanted


@dataclass
class Asked:
    """A question on its way to an answer."""

    question: str
    filters: Filters | None
    k: int
    named: Callable[[], Reference] | None = None
    """finds the video that `question` is an edit of; None: it is none"""
    reference: Reference | None = None
    """that video, once it is found"""
    query: Query = field(init=False)
    pairs: list[tuple[Candidate, Twin]] = field(default_factory=list)
    """candidates with their twins, best coarse score first"""
    verdicts: list[Verdict] = field(default_factory=list)
    """one per pair, in the same order"""
    judged: frozenset[str] = frozenset()
    """videos of the shortlist; all, where the checker is the judge"""
    wanted: list[Wanted] = field(default_factory=list)
    """steps of refinement that are to be taken"""
    refinements: list[Refinement] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    notes: dict[str, None] = field(default_factory=dict)
    """what went wrong on the way, each once"""
    outcome: SearchResult | Exception = field(default_factory=lambda: SeewhyError("not answered"))
    failed: bool = False

    def given(self) -> SearchResult | Exception:
        """The outcome, for whoever asked. Nothing of it is kept here: a thousand answers would fill the memory."""
        outcome = self.outcome
        self.pairs, self.verdicts, self.reference = [], [], None
        self.outcome, self.failed = SeewhyError("given already"), True
        return outcome


class Work:
    """Runs stages for questions, some side by side; counts time and calls of each."""

    def __init__(self, width: int, told: Callable[[str], None], caught: type[Exception]) -> None:
        """
        Args:
            width: questions that are worked on at one time within a stage.
            told: hears the name of each stage when it begins.
            caught: errors that end the question in which they occur, not the run.
        """
        self.told, self.caught = told, caught
        self._width = width

    def stage(self, name: str, work: Callable[[Asked], None], asked: Sequence[Asked]) -> None:
        """A question that raises such an error has that as its outcome, and goes no further."""
        left = [one for one in asked if not one.failed]
        self.told(name)

        def run(one: Asked) -> None:
            began = time.perf_counter()
            with counting() as calls:
                try:
                    work(one)
                except self.caught as error:
                    one.outcome, one.failed = error, True
            one.calls += calls
            one.seconds[name] = one.seconds.get(name, 0.0) + time.perf_counter() - began

        side_by_side(run, left, self._width)
