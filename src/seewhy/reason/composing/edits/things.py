"""Edits of which things there are: how many, what is swapped, what is removed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from seewhy.reason.composing.edits import thing_words
from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.adopting import adopt
from seewhy.reason.composing.edits.part import Part, Step
from seewhy.reason.composing.edits.wishes import is_kind, says
from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.word_classes import number
from seewhy.reason.rules import RulesDecomposer
from seewhy.types.query import Condition, Counted, IsA


class Things(Part):
    """Readers; each returns the step that begins at a position, or None."""

    # how many

    def read_count(self, position: int) -> Step | None:
        """ "three of them", "one more", "two fewer squares", "the dog is alone", "another dog"."""
        owner = self.noun_phrase(position)
        if owner is not None and self.meant(owner):
            if (alone := self.line.match(thing_words.ALONE, owner.end)) is not None:
                return Step(alone, partial(self._count, thing_words.Number("exactly", 1), owner))
            by, change = owner.count, self.word(owner.end)
            number_said = by[1] if by is not None else int(self.word(position) == "one")
            if number_said and says(owner, "x") and change in {"less", "fewer", "more"}:  # "one square less"
                sign = 1 if change == "more" else -1
                return Step(owner.end + 1, partial(self._count, thing_words.Number("more", sign * number_said), owner))
        found = thing_words.COUNTS.match(self.line, position)
        if found is None:
            return None
        wanted, end = found
        phrase = self.noun_phrase(end)
        if phrase is not None and phrase.head_kind != "pronoun":
            end = phrase.end
        else:
            phrase = None
        return Step(end, partial(self._count, wanted, phrase))

    def _count(self, wanted: thing_words.Number, phrase: NounPhrase | None) -> None:
        alone = wanted == thing_words.Number("exactly", 1)
        tracks = self.meant(phrase) if phrase is not None else (alone and self.wishes.last) or self._counted()
        if not tracks:
            self._count_new(wanted, phrase)
            return
        said = says(phrase, "x") if phrase is not None else []
        track, now = tracks[0], self.cast.how_many(tracks[0], said)
        count = {"more": now + wanted.number, "times": now * wanted.number, "exactly": wanted.number}[wanted.kind]
        self.wishes.recount(track, max(count, 0), wanted.comparator, said)

    def _counted(self) -> tuple[int, ...]:
        """The largest group among what the video is about; a single thing is a group of one."""
        if self.words.focus:
            return self.words.focus
        return tuple(sorted(self.cast.main, key=lambda t: (-len(self.cast.group(t)), self.cast.main.index(t)))[:1])

    def _count_new(self, wanted: thing_words.Number, phrase: NounPhrase | None) -> None:
        """ "two more cars", where there is none."""
        if phrase is None or wanted.number <= 0:
            self.wishes.notes.append(
                "how many there are in the reference is not known, so neither is how many are wanted"
            )
            return
        asked = says(phrase, "x")
        if not asked:
            self._free(self.slice(phrase.start, phrase.end))
            return
        entity = self.wishes.add(phrase, self.slice(phrase.start, phrase.end))
        if wanted.number > 1 or wanted.kind == "exactly":
            self.wishes.claim(Counted(subject=entity, comparator=wanted.comparator, number=wanted.number))

    # what comes and goes

    def read_swap(self, position: int) -> Step | None:
        """ "replace the ball by a box", "the dog becomes a cat", "substitute a cat for the dog"."""
        thing = self.noun_phrase(position)
        if thing is not None and (becomes := self.line.match(thing_words.BECOMES, thing.end)) is not None:
            other = self.noun_phrase(becomes)
            if other is not None and self.meant(thing) and any(map(is_kind, says(other, "x"))):
                return Step(other.end, partial(self._swap, thing, other))
        end = self.line.match(thing_words.SWAP, position)
        if end is None:
            return None
        old = self.noun_phrase(end)
        if old is None or self.word(old.end) not in thing_words.SWAP_FOR:
            return None
        new = self.noun_phrase(old.end + 1)
        if new is None or (new.head_kind == "unknown" and not says(new, "x")):
            return None
        if self.word(position) == "substitute" and self.word(old.end) == "for":
            old, new, reach = new, old, new.end
        else:
            reach = new.end
        tail = ""
        if self.word(reach) in lex.RELATIVES:
            end = reach + 1
            while self.word(end) and self.word(end) not in say.HARD | {"and"}:
                end += 1
            reach, tail = end, self.slice(reach + 1, end)
        return Step(reach, partial(self._swap, old, new, tail))

    def _swap(self, old: NounPhrase, new: NounPhrase, tail: str = "") -> None:
        words, tracks = self.slice(new.start, new.end), self.meant(old)
        for track in self.wishes.each(tracks):
            self.wishes.swap(track, new, words)
        if not tracks:
            self.wishes.add(new, words)
            self._deny(old)
        self.wishes.last = tracks[:1]
        if tail:  # "... by a cat that runs to the left"
            adopt(self.wishes, RulesDecomposer().decompose(f"it {tail}"))

    def read_removal(self, position: int) -> Step | None:
        """ "remove the ball", "no dog", "take the dog away", "the square is gone", "drop one of the balls"."""
        end = self.line.match(thing_words.REMOVE, position)
        if end is not None:
            less = number(self.word(end)) or int(self.word(end) == "one")
            if less and self.word(end + 1) == "of":
                phrase = self.noun_phrase(end + 2)
                wanted = thing_words.Number("more", -less)
                return Step(phrase.end, partial(self._count, wanted, phrase)) if phrase is not None else None
            phrases = self._listed(end)
            return Step(phrases[-1].end, partial(self._remove_all, phrases)) if phrases else None
        start = self.skip(thing_words.TAKE_AWAY, position)
        phrase = self.noun_phrase(start)
        if phrase is None or not self._names(phrase):
            return None
        gone = self.line.match(thing_words.GONE, phrase.end)
        return Step(gone, partial(self._remove, phrase)) if gone is not None else None

    def _listed(self, position: int) -> list[NounPhrase]:
        """ "the dog and the ball", as far as nothing else is said of them."""
        phrases: list[NounPhrase] = []
        while (phrase := self.noun_phrase(position)) is not None and self._names(phrase):
            if phrases and self.word(self.skip(say.MUCH, position)) in say.COMPARATIVES:
                break  # "without the dog and brighter": nothing called so is to go
            after = self.word(phrase.end)
            if phrases and after and after not in say.SEPARATORS:
                break
            phrases.append(phrase)
            if after not in {"and", "or"}:
                break
            position = phrase.end + 1
        return phrases

    def _remove_all(self, phrases: Sequence[NounPhrase]) -> None:
        for phrase in phrases:
            self._remove(phrase)

    def _names(self, phrase: NounPhrase | None) -> bool:
        return phrase is not None and phrase.head_kind not in {"frame", "viewer"}

    def _remove(self, phrase: NounPhrase) -> None:
        if phrase.head_kind == "pronoun":
            self.wishes.remove(self.meant(phrase))
            return
        asked = says(phrase, "x")
        if (phrase.head_kind == "thing" and asked) or (asked and not self.unknown(phrase)):
            tracks = self.cast.fitting(asked).yes
            self.wishes.remove(tracks, self.bare(phrase), asked)
            return
        self._deny(phrase)

    def _deny(self, phrase: NounPhrase) -> None:
        asked = [says for says in says(phrase, "x") if isinstance(says, IsA)] or says(phrase, "x")
        if asked and not self.unknown(phrase):
            self.wishes.remove((), self.bare(phrase), asked)
            return
        words = self.bare(phrase)
        self.wishes.free.append(Condition(id="free", kind="free", text=f"not: {words}", negated=True))
        self.wishes.notes.append(f"whether '{words}' is absent cannot be checked")

    def _free(self, words: str) -> None:
        self.wishes.free.append(Condition(id="free", kind="free", text=words))
        self.wishes.notes.append(f"'{words}' was matched by similarity only")
