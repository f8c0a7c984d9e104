"""LiteralComposer: the words of an edit alone, as if they were a question: the ablation of reasoning about edits."""

from __future__ import annotations

from seewhy.reason.question import readable
from seewhy.reason.rules import RulesDecomposer
from seewhy.reason.seams import Reference
from seewhy.types.query import Query


class LiteralComposer:
    """Asks for what the edit says, whatever the reference shows; there is no trace.

    What it finds is what reasoning has to beat.
    """

    name = "edit-literal@1"

    def __init__(self) -> None:
        self._decomposer = RulesDecomposer()

    def compose(self, reference: Reference, edit: str) -> Query:
        """
        Raises:
            QueryError: the edit has no words, or is too long (see `readable`).
        """
        video = reference.twin.id
        query = self._decomposer.decompose(readable(edit, "an edit"))
        return query.model_copy(update={"reference": video, "exclude": (video,), "decomposed_by": self.name})
