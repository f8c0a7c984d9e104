"""Edits of which things there are: how many, what is swapped, what is removed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from seewhy.reason.composing.edits import thing_words
from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.part import Part, Step
from seewhy.reason.composing.edits.wishes import says
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.word_classes import number
from seewhy.types.query import Counted


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
        if found is None and self.word(position) == "another":
            return self._read_another(position)
        if found is None:
            return None
        wanted, end = found
        phrase = self.noun_phrase(end)
        if phrase is not None and phrase.head_kind != "pronoun":
            end = phrase.end
        else:
            phrase = None
        return Step(end, partial(self._count, wanted, phrase))

    def _read_another(self, position: int) -> Step | None:
        """ "add another dog" is one more; "another dog" may be that, or a different one instead."""
        phrase = self.noun_phrase(position)
        if phrase is None or not says(phrase, "x") or self.unknown(phrase):
            return None
        if self.word(position - 1) in thing_words.ON_TOP or self.word(phrase.end) in thing_words.ON_TOP:
            return Step(phrase.end, partial(self._count, thing_words.Number("more", 1), phrase))
        return Step(phrase.end, partial(self._add, phrase))

    def _add(self, phrase: NounPhrase) -> None:
        self.wishes.add(phrase, self.slice(phrase.start, phrase.end))

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
            self.free(self.slice(phrase.start, phrase.end))
            return
        entity = self.wishes.add(phrase, self.slice(phrase.start, phrase.end))
        if wanted.number > 1 or wanted.kind == "exactly":
            self.wishes.claim(Counted(subject=entity, comparator=wanted.comparator, number=wanted.number))

    # what comes and goes

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
        return Step(gone, partial(self.remove, phrase)) if gone is not None else None

    def _listed(self, position: int) -> list[NounPhrase]:
        """ "the dog and the ball", "the dog, the ball and the cup", as far as nothing else is said of them."""
        phrases: list[NounPhrase] = []
        sure = 0
        """so many are certainly of the list: "without the dog, the ball" may go on with anything"""
        while (phrase := self.noun(position)) is not None and self._names(phrase):
            if phrases and self.word(self.skip(say.MUCH, position)) in say.COMPARATIVES:
                break  # "without the dog and brighter": nothing called so is to go
            joined, after = self.word(position - 1) in {"and", "or"}, self.word(phrase.end)
            if self._is_new(phrase, phrases[:1]):
                break
            if phrases and after and after not in say.SEPARATORS:
                break
            phrases.append(phrase)
            sure = len(phrases) if joined or len(phrases) == 1 else sure
            if after not in {"and", "or", ","}:
                break
            position = phrase.end + 1 + (after == "," and self.word(phrase.end + 1) in {"and", "or"})
        return phrases[:sure]

    def _is_new(self, phrase: NounPhrase, first: Sequence[NounPhrase]) -> bool:
        """ "no engine, a hill and a partner": the hill is there."""
        indefinite = [self.word(one.start) in {"a", "an"} for one in (*first, phrase)]
        return len(indefinite) == 2 and indefinite == [False, True] and self.word(phrase.start - 1) != "or"

    def _remove_all(self, phrases: Sequence[NounPhrase]) -> None:
        for phrase in phrases:
            self.remove(phrase)

    def _names(self, phrase: NounPhrase | None) -> bool:
        return phrase is not None and phrase.head_kind not in {"frame", "viewer"}

    # where it is

    def read_placing(self, position: int) -> Step | None:
        """ "move it to a bedroom", "put him in the desert": elsewhere; nobody goes there before our eyes."""
        at = self.line.match(thing_words.PLACE, position)
        place = self.noun(at) if at is not None else None
        if place is None or place.head_kind in {"pronoun", "frame", "viewer"}:
            return None
        return Step(place.end, partial(self._place, place))

    def _place(self, place: NounPhrase) -> None:
        if place.category is not None:
            self._add(place)
        else:
            self.free(self.slice(place.start, place.end))
