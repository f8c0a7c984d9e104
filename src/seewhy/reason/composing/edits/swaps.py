"""Edits that put one thing in the place of another: "replace the ball by a box", "make it a cat", "change to a dog"."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial

from seewhy.reason.composing.edits import swap_words
from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.adopting import adopt
from seewhy.reason.composing.edits.part import Part, Step
from seewhy.reason.composing.edits.wishes import is_kind, says
from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.word_classes import adjective
from seewhy.reason.rules import RulesDecomposer
from seewhy.twin.vocabulary import BROADER
from seewhy.types.twin import AttributeKind

WIDE = frozenset(("person", *itertools.chain.from_iterable(BROADER.values())))
"""What comes in the place of an animal, whatever it is called, may be an animal."""


class Swaps(Part):
    """Readers; each returns the step that begins at a position, or None."""

    # by something that is known

    def read_swap(self, position: int) -> Step | None:
        """ "replace the ball by a box", "the dog becomes a cat", "change from a dog to a cat", "make it a cat"."""
        for old, at in self._swapped(position):
            new = self.noun(at)
            looks = adjective(self.word(at)) if self._clause_end(at) == at + 1 else []
            if old is not None and looks and self._only_looks(old) and not any(map(is_kind, says(old, "x"))):
                return Step(at + 1, partial(self._repaint, old, looks))
            if new is None or not self._is_something(new):
                continue
            asked = says(new, "x")
            named = any(map(is_kind, asked)) or (new.head_kind == "generic" and not self._only_looks(new))
            if not asked or not named:
                continue
            reach, tail = new.end, ""
            if self.word(position) == "substitute" and self.word(at - 1) == "for" and old is not None:
                return Step(reach, partial(self._swap, new, old))
            if self.word(reach) in lex.RELATIVES:
                start = reach + 1
                while self.word(reach) and self.word(reach) not in say.HARD | {"and"}:
                    reach += 1
                tail = self.slice(start, reach)
            return Step(reach, partial(self._swap, old, new, tail))
        return None

    def _swapped(self, position: int) -> list[tuple[NounPhrase | None, int]]:
        """Ways to read a swap that begins here: what is swapped, None for whom the edit is about, and where stands for
        what."""
        found: list[tuple[NounPhrase | None, int]] = []
        thing = self.noun_phrase(position)
        if thing is not None and (becomes := self.line.match(swap_words.BECOMES, thing.end)) is not None:
            found.append((thing, becomes))
        if (end := self.line.match(swap_words.SWAP, position)) is not None:
            old = self.noun(end, swap_words.SWAP_FOR)
            after = old.end if old is not None else end
            if self.word(after) == "from" and (before := self.noun_phrase(after + 1)) is not None:
                old, after = before, before.end
            if self.word(after) in swap_words.SWAP_FOR:
                found.append((old, after + 1 + (self.word(after + 1) == "be")))
        if (end := self.line.match(swap_words.MAKE, position)) is not None:
            old = self.noun_phrase(end)
            if old is not None:
                found += self._made(old)
        if (end := self.line.match(swap_words.TO_BE, position)) is not None:
            found.append((None, end))
        return found

    def _made(self, old: NounPhrase) -> list[tuple[NounPhrase | None, int]]:
        """ "make it a cat", "make the dog into a cat", "make them cats"."""
        at = self.skip(swap_words.INTO, old.end)
        new = self.noun_phrase(at)
        if new is None or (self.word(old.start) == "her" and old.head_kind == "unknown"):
            return []  # "make her use a laptop"
        named = at > old.end or self.word(at) in {"a", "an", "another"}
        ends = self._clause_end(new.end) == new.end
        return [(old, at)] if named or (old.head_kind == "pronoun" and new.head_kind == "thing" and ends) else []

    def _is_something(self, phrase: NounPhrase) -> bool:
        return phrase.head_kind not in {"pronoun", "frame", "viewer"} and not phrase.absent

    def _only_looks(self, phrase: NounPhrase) -> bool:
        """ "purple", "a red one": it is not said what it is."""
        return phrase.head_kind == "generic" and (bool(adjective(phrase.head)) or phrase.head not in lex.GENERIC_NOUNS)

    def _swap(self, old: NounPhrase | None, new: NounPhrase, tail: str = "") -> None:
        words, tracks = self.slice(new.start, new.end), self.meant(old)
        for track in self.wishes.each(tracks):
            self.wishes.swap(track, new, words, [] if old is None else says(old, "x"))
        if not tracks:
            self.wishes.add(new, words)
            if old is not None and self._names(old):
                self.deny(old)
        self.wishes.last = tracks[:1]
        if tail:  # "... by a cat that runs to the left"
            adopt(self.wishes, RulesDecomposer().decompose(f"it {tail}"))

    def _repaint(self, old: NounPhrase, looks: Sequence[tuple[AttributeKind, str]]) -> None:
        """ "change the green to blue": of what is green, or of whom the edit is about."""
        tracks = self.cast.fitting(says(old, "x")).yes[:1] or self.meant(None)
        for kind, value in looks:
            self.wishes.look(tracks, kind, value)

    def _names(self, phrase: NounPhrase) -> bool:
        """Whether it says what is replaced: the subject, the scene and the background are what is there."""
        return self._is_something(phrase) and phrase.head not in swap_words.ROLES

    # by something that no table knows

    def read_any_swap(self, position: int) -> Step | None:
        """ "replace the beach with islands", "turn it into a waterfall"; what comes is matched by similarity."""
        for old, at in self._swapped(position):
            end, new = self._clause_end(at), self.noun_phrase(at)
            if end > at and (new is None or new.head_kind != "pronoun"):
                return Step(end, partial(self._swap_any, old, at, end))
        return self._read_long(position)

    def _read_long(self, position: int) -> Step | None:
        """ "replace the door against the wall with a wooden surface ...": more is said of what goes."""
        verb = self.line.match(swap_words.SWAP, position)
        old = self.noun_phrase(verb) if verb is not None else None
        if verb is None or old is None:
            return None
        signs = swap_words.WITH if self.word(position) in swap_words.REPLACES else swap_words.INTO_WORDS
        at = old.end + 1
        while at < len(self.tokens) and (self.word(at) not in signs or self.word(at - 1).endswith("ed")):
            if self._goes_on(at):  # "filled with beads" is no sign
                return None
            at += 1
        end = self._clause_end(at + 1)
        return Step(end, partial(self._swap_any, old, at + 1, end)) if end > at + 1 else None

    def _goes_on(self, position: int) -> bool:
        """Whether something else begins here; a list of what goes may have commas."""
        word, then = self.word(position), self.word(position + 1)
        return word in say.HARD - {","} or (word in {",", "and", "then"} and then in swap_words.EDIT_VERBS)

    def _swap_any(self, old: NounPhrase | None, start: int, end: int) -> None:
        if old is not None and end == start + 1 and adjective(self.word(start)):  # "change the arrow to black"
            self.free(f"{self.word(start)} {self.bare(old)}")
            return
        new = self.noun(start)
        new = None if new is None or new.end < end else new
        named = old is not None and old.head_kind != "pronoun" and self._names(old)
        if old is not None and named and not self._stays(old, start, end):
            self.remove(old)
        elif old is None or old.head_kind == "pronoun":
            for track in self.meant(old):
                self.wishes.remake(track, self.slice(start, end))
        unknown = new is not None and bool(self.unknown(new))
        if new is not None and unknown and says(new, "x"):  # "a black candle"
            self.wishes.add(new, self.slice(start, end))
        if unknown or self.noun_phrase(start) is None:
            self.free(self.slice(start, end))
            return
        query = RulesDecomposer().decompose(self.slice(start, end))
        adopt(self.wishes, query, adding=True)

    def _stays(self, old: NounPhrase, start: int, end: int) -> bool:
        """Whether what is replaced may be there still: it is named again, or nobody denies it ("make the woman a
        mother")."""
        again = {self.word(p) for p in range(start, end)}
        made = self.line.match(swap_words.MAKE, old.start - 1) == old.start
        return made or old.head in again or old.category in WIDE

    def _clause_end(self, position: int) -> int:
        """Where what is said of one thing ends: at a mark, or where the next change begins."""
        while position < len(self.tokens) and self.word(position) not in say.HARD and not self._goes_on(position):
            if self.line.match(say.INSTEAD_OF, position) is not None:
                break
            position += 1
        return position
