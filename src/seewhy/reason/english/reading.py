"""What the readers share: the words, and what has been said so far."""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.discourse import Discourse
from seewhy.reason.english.patterns import Line
from seewhy.reason.english.tokens import word_at
from seewhy.reason.english.verbs import VERBS


class Part:
    """A part of the grammar. Its `read_*` methods return the position behind what they read, or None."""

    def __init__(self, line: Line, said: Discourse) -> None:
        self.line, self.said = line, said
        self.tokens = line.tokens

    def word(self, position: int) -> str:
        """The word there, "" past the ends."""
        return word_at(self.tokens, position)

    def verb_soon(self, position: int) -> bool:
        """Whether a verb or a form of "be" follows, adverbs and denials aside."""
        while (word := self.word(position)) in lex.ADVERBS | lex.NEGATIONS | lex.AUXILIARIES:
            if word in lex.AUXILIARIES:
                return True
            position += 1
        return word in VERBS
