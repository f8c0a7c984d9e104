"""Clauses → facts: one pass over the words, left to right, with the subject kept in mind.

::

    question   = clause (connector clause)*             first ..., then ...; ... before ...; after ..., ...
    clause     = scene | subject predicate*             "the camera pans left" is a scene
    subject    = noun phrase (and noun phrase)* | pronoun
    predicate  = [not] (action | be adjectives | relation noun phrase)
    modifier   = who/which/that predicate | without (noun phrase | action) | time

What it cannot place it leaves unread; rules.py hands that to similarity and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.asserting import Assertions
from seewhy.reason.english.discourse import Discourse
from seewhy.reason.english.naming import Names
from seewhy.reason.english.patterns import Line
from seewhy.reason.english.separating import Separators
from seewhy.reason.english.tokens import Token
from seewhy.reason.english.verbs import VERBS
from seewhy.reason.english.word_classes import is_content


def read(tokens: Sequence[Token], text: str) -> Discourse:
    """Read a tokenized question; `text` is the normalized text that the tokens point into."""
    line, said = Line(tokens), Discourse(tokens, text)
    separators, names, assertions = Separators(line, said), Names(line, said), Assertions(line, said)
    readers: tuple[Callable[[int], int | None], ...] = (
        separators.read_mark,
        separators.read_opening,
        separators.read_scene,
        separators.read_time,
        separators.read_connector,
        assertions.read_texture,
        names.read_negation,
        assertions.read_clothes,
        assertions.read_side_of_it,
        names.read_relative,
        assertions.read_relation,
        assertions.read_superlative,
        assertions.read_new_count,
        assertions.read_action,
        assertions.read_auxiliary,
        assertions.read_adjectives,
        names.read_noun,
    )
    position = 0
    while position < len(tokens):
        ends = (reader(position) for reader in readers)
        end = next((end for end in ends if end is not None and end > position), None)
        if end is None:
            _leave(said, position)
        position = end or position + 1
    said.clause.end = len(tokens)
    return said


def _leave(said: Discourse, position: int) -> None:
    """A word that nothing reads: a function word says nothing alone, any other stays unread."""
    word = said.tokens[position].word
    if is_content(word) or word in lex.POSITIONS or word in VERBS:
        absent = bool(said.subjects) and said.subjects[0].absent
        said.denied[position] = said.negated or absent
        said.copula = False
    else:
        said.read[position] = True
