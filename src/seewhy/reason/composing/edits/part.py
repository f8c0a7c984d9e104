"""What all readers of edits share: the words, whom they mean, and what comes of a phrase that was read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from seewhy.reason.composing.edits.cast import Cast
from seewhy.reason.composing.edits.wishes import Wishes, says
from seewhy.reason.composing.edits.words import SEPARATORS
from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.patterns import Line
from seewhy.reason.english.phrases import read_target
from seewhy.reason.english.tokens import Token, tokenize, word_at
from seewhy.reason.english.word_classes import is_content
from seewhy.types.query import Condition, IsA


class Step(NamedTuple):
    """A phrase that was read, up to `end` (a token position, exclusive)."""

    end: int
    act: Callable[[], None]
    """enters what it says into the wishes"""


class Words:
    """An edit as it is being read."""

    def __init__(self, text: str, wishes: Wishes) -> None:
        self.text = text
        self.tokens: Sequence[Token] = tokenize(text)
        self.line = Line(self.tokens)
        self.wishes = wishes
        self.phrases: dict[tuple[int, int | None], NounPhrase | None] = {}
        """(start, end) → what was read there, by whichever reader came first"""
        self.focus: tuple[int, ...] = ()
        """tracks that the present phrase is about, unless it says otherwise: "... instead of the dog" """


class Part:
    """One sort of readers."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.tokens, self.line, self.wishes = words.tokens, words.line, words.wishes

    @property
    def cast(self) -> Cast:
        return self.wishes.cast

    def word(self, position: int) -> str:
        return word_at(self.tokens, position)

    def skip(self, pattern: re.Pattern[str], position: int) -> int:
        """The position behind the pattern, the same one where it does not match."""
        return self.line.match(pattern, position) or position

    def slice(self, start: int, end: int) -> str:
        """The words as they were written."""
        if start >= end:
            return ""
        return self.words.text[self.tokens[start].start : self.tokens[end - 1].end]

    def noun_phrase(self, position: int, end: int | None = None) -> NounPhrase | None:
        """A noun phrase or pronoun; one that reaches exactly to `end`, where that is given. Not to be changed."""
        known = self.words.phrases
        if (position, end) not in known:
            known[position, end] = read_target(self.tokens if end is None else self.tokens[:end], position)
        phrase = known[position, end]
        return None if phrase is None or (end is not None and phrase.end != end) else phrase

    def noun(self, position: int, before: frozenset[str] = SEPARATORS) -> NounPhrase | None:
        """The same, where nothing but nouns is expected: "a human brain" is no human, the last noun says what it is."""
        phrase = self.noun_phrase(position)
        if phrase is None or phrase.head_kind != "thing":
            return phrase
        end = phrase.end
        while is_content(self.word(end)) and not self.word(end).endswith(("ing", "ed")) and self.noun_phrase(end):
            end += 1
        if end == phrase.end or (self.word(end) and self.word(end) not in before):
            return phrase
        return replace(phrase, end=end, head=self.word(end - 1), head_kind="unknown", category=None)

    def meant(self, phrase: NounPhrase | None) -> tuple[int, ...]:
        """The tracks that a phrase means; without one, whom the edit is about. () where there is no such thing."""
        if phrase is None:
            return self.words.focus or self.wishes.last or self.cast.first()
        if phrase.head_kind == "pronoun":
            alone = phrase.head not in {"they", "them", "both"}
            return self.words.focus or (self.wishes.last if alone else ()) or self.cast.first(phrase.head)
        said = says(phrase, "x")
        if not said and (phrase.head_kind != "generic" or phrase.absent):
            return ()
        found = self.cast.fitting(said)
        if phrase.plural or self.word(phrase.start) in {"all", "every", "each", "no", "any"}:
            return found.yes or found.maybe[:1]
        return (found.yes or found.maybe)[:1]

    def article(self, position: int) -> int:
        """The position behind "with a", "in the", and the like."""
        position += self.word(position) in {"with", "in", "at", "from"}
        return position + (self.word(position) in {"a", "an", "the"})

    def unknown(self, phrase: NounPhrase) -> str:
        """The words of a phrase whose noun no table knows, so that it names nothing that could be checked."""
        no_noun = phrase.head_kind in {"unknown", "stuff", "frame", "viewer"}
        return self.slice(phrase.start, phrase.end) if no_noun and phrase.category is None else ""

    def bare(self, phrase: NounPhrase) -> str:
        """The phrase without its determiner: "red ball"."""
        start = phrase.start
        while start < phrase.end - 1 and self.word(start) in lex.DETERMINERS | {"no", "one"}:
            start += 1
        return self.slice(start, phrase.end)

    # what any reader may enter

    def remove(self, phrase: NounPhrase) -> None:
        """Nothing like that is to be there."""
        if phrase.head_kind == "pronoun":
            self.wishes.remove(self.meant(phrase))
            return
        asked = says(phrase, "x")
        if (phrase.head_kind == "thing" and asked) or (asked and not self.unknown(phrase)):
            tracks = self.cast.fitting(asked).yes
            self.wishes.remove(tracks, self.bare(phrase), asked)
            return
        self.deny(phrase)

    def deny(self, phrase: NounPhrase) -> None:
        """The same of a thing that is not in the reference."""
        asked = [says for says in says(phrase, "x") if isinstance(says, IsA)] or says(phrase, "x")
        if asked and not self.unknown(phrase):
            self.wishes.remove((), self.bare(phrase), asked)
            return
        self.deny_words(self.bare(phrase))

    def deny_words(self, words: str) -> None:
        """Something is not to be there, and no table knows what it is."""
        self.wishes.free.append(Condition(id="free", kind="free", text=f"not: {words}", negated=True))
        self.wishes.notes.append(f"whether '{words}' is absent cannot be checked")

    def free(self, words: str) -> None:
        """Something is to be there that can be matched by its words only."""
        self.wishes.free.append(Condition(id="free", kind="free", text=words))
        self.wishes.notes.append(f"'{words}' was matched by similarity only")
