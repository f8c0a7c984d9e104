"""An edit, cut into pieces: what is said relative to the reference, and what is left to the rules of questions.

::

    edit     = piece (separator piece)*                     "make it red, and closer; a cat instead of the dog"
    piece    = [opening] (step+ | question) [instead-of]    steps reach from separator to separator
    instead  = "instead of" (noun phrase | question)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.part import Part, Step, Words
from seewhy.reason.english.verbs import VERBS

MOST_STEPS = 8
"""in one piece: nobody says more without a comma"""
CLAUSE_ENDS = say.HARD | {"and", "then"}

Readers = Sequence[Callable[[int], Step | None]]


@dataclass
class Piece:
    """A part of the edit; token positions, half-open."""

    start: int
    end: int
    steps: Sequence[Step] | None = None
    """None: the words are for the rules of questions"""
    adding: bool = False
    """it comes on top of what is there"""
    instead: list[tuple[int, int]] = field(default_factory=list)
    """what it replaces"""


class Cutter(Part):
    """Goes through the words once, from left to right."""

    def __init__(self, words: Words, readers: Readers) -> None:
        super().__init__(words)
        self._readers = readers
        self._chains: dict[int, list[Step] | None] = {}
        self._made: list[Piece] = []
        self._waiting: list[tuple[int, int]] = []
        """what the next piece replaces: "instead of the dog, a cat" """
        self._begun: int | None = None
        """where the words for the rules of questions begin"""
        self._adding = False

    def pieces(self) -> list[Piece]:
        position = 0
        while position < len(self.tokens):
            position = self._go_on(position)
        self._finish(position)
        if self._waiting:  # nothing came in its place
            self._make(position, position, ())
        return self._made

    def _go_on(self, position: int) -> int:
        """Reads what stands at this position. Returns the one behind it."""
        after = self._instead(position)
        if after is not None:
            self._finish(position)
            return self._replace(position, after)
        if self._begun is not None:
            if self._separates(position) and self._begins_anew(position):
                self._finish(position)
            return position + 1
        if steps := self._chain(position):
            self._make(position, steps[-1].end, steps)
            return steps[-1].end
        if self._separates(position):
            return position + 1
        if (opening := say.OPENINGS.match(self.line, position)) is not None:
            self._adding = self._adding or opening[0] == "adding"
            return opening[1]
        self._begun = position
        return position + 1

    def _make(self, start: int, end: int, steps: Sequence[Step] | None) -> None:
        self._made.append(Piece(start, end, steps, self._adding, self._waiting))
        self._waiting, self._begun, self._adding = [], None, False

    def _finish(self, position: int) -> None:
        """The words for the rules of questions end here."""
        if self._begun is not None:
            self._make(self._begun, position, None)

    def _replace(self, position: int, after: int) -> int:
        """ "a cat instead of the dog": by what came. "instead of the dog, a cat": by what comes."""
        end, leads = after, not self._made
        while end < len(self.tokens) and self.word(end) not in CLAUSE_ENDS:
            if leads and end > after and self._acts(end):
                break  # "instead of leaving it enters"
            end += 1
        follows = self._made and (self.word(position) == "not" or not self._separates(position - 1, say.HARD))
        (self._made[-1].instead if follows else self._waiting).append((after, end))
        return end

    def _acts(self, position: int) -> bool:
        """Whether a noun phrase with its verb begins here."""
        phrase = self.noun_phrase(position)
        verb = VERBS.get(self.word(phrase.end)) if phrase is not None else None
        return verb is not None and verb.form in {"third", "past"}

    def _separates(self, position: int, among: frozenset[str] = say.SEPARATORS) -> bool:
        return not 0 <= position < len(self.tokens) or self.word(position) in among

    def _begins_anew(self, position: int) -> bool:
        """Whether what follows the separators is said relative to the reference, so that a piece ends here."""
        while position < len(self.tokens) and self._separates(position):
            position += 1
        while (opening := say.OPENINGS.match(self.line, position)) is not None:
            if opening[0] == "adding":
                return True
            position = opening[1]
        return bool(self._chain(position)) or self._instead(position, anew=True) is not None

    def _instead(self, position: int, *, anew: bool = False) -> int | None:
        """The position behind "instead of", or behind the "not" of "a cat, not a dog" and "not a dog but a cat"."""
        end = self.line.match(say.INSTEAD_OF, position)
        if end is None or self.word(position) != "not":
            return end
        starts = (anew or self._begun is None) and self._separates(position - 1)
        return end if starts and self.noun_phrase(end) is not None else None

    def _chain(self, position: int, deep: int = 0) -> list[Step] | None:
        """Steps from here to the end of the piece; None where some words in between are no step."""
        if position in self._chains:
            return self._chains[position]
        found: list[Step] | None = None
        if self._separates(position) or (deep and self.line.match(say.INSTEAD_OF, position) is not None):
            found = []
        elif deep < MOST_STEPS:
            for reader in self._readers:
                step = reader(position)
                rest = self._chain(step.end, deep + 1) if step is not None and step.end > position else None
                if step is not None and rest is not None:
                    found = [step, *rest]
                    break
        if deep == 0 or found is not None:
            self._chains[position] = found
        return found
