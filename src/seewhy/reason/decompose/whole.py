"""WholeDecomposer: no decomposition. RT2V's ablation of its first stage, and what decomposition has to beat."""

from __future__ import annotations

from seewhy.reason.question import readable
from seewhy.types.query import Condition, Query


class WholeDecomposer:
    """The whole question is one free condition, matched by similarity.

    >>> [(c.kind, c.text) for c in WholeDecomposer().decompose("a red ball that never stops").conditions]
    [('free', 'a red ball that never stops')]
    """

    name = "whole@1"

    def decompose(self, question: str) -> Query:
        """
        Raises:
            QueryError: the question has no words, or is too long (see `readable`).
        """
        text = readable(question)
        return Query(text=text, conditions=(Condition(id="c1", kind="free", text=text),), decomposed_by=self.name)
