"""Edits of how things look: color, texture, shape, size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from seewhy.reason.composing.edits import swap_words, thing_words
from seewhy.reason.composing.edits import words as say
from seewhy.reason.composing.edits.part import Part, Step
from seewhy.reason.english import lexicon as lex
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.word_classes import adjective, color_values
from seewhy.twin.vocabulary import SHAPE_NOUNS, singular
from seewhy.types.query import Happens, HasAttribute
from seewhy.types.twin import AttributeKind

Values = tuple[tuple[AttributeKind, str], ...]
MOST_WORDS = 8
"""of a noun phrase in front of what becomes of it ("the two big red balls blue")"""


class Looks(Part):
    """Readers; each returns the step that begins at a position, or None."""

    def read_look(self, position: int) -> Step | None:
        """ "red", "in blue", "make the ball red", "the ball is striped", "paint it blue"."""
        denied = thing_words.INTO_LOOK | {"not"}
        if self.word(position) == "not" or (self.word(position) in denied and self.word(position + 1) == "not"):
            found = self._looks(position + 1 + (self.word(position) != "not"))
            return Step(found[1], partial(self._unpaint, found[0])) if found is not None else None
        verb = self.skip(thing_words.PAINT, position)
        for start in dict.fromkeys((verb, position)):
            for middle in range(min(start + MOST_WORDS, len(self.tokens)), start - 1, -1):
                phrase = self.noun_phrase(start, middle) if middle > start else None
                if middle > start and not self._is_thing(phrase):
                    continue
                found = self._looks(middle)
                if found is not None:
                    looks, end = found
                    stays = self.word(middle) in thing_words.STAYING
                    return Step(end, partial(self._paint, phrase, looks, stays=stays))
        return None

    def _is_thing(self, phrase: NounPhrase | None) -> bool:
        """Whether something can be said of it: it is in the reference, or is at least described."""
        if phrase is None:
            return False
        only_counted = phrase.head_kind == "generic" and not phrase.attributes and phrase.head not in lex.GENERIC_NOUNS
        known = bool(phrase.attributes) or phrase.category is not None or bool(self.meant(phrase))
        return not only_counted and known

    def _looks(self, position: int) -> tuple[Values, int] | None:
        """Adjectives, and nothing but adjectives."""
        while self.word(position) in thing_words.INTO_LOOK:
            position += 1
        if self.word(position) in {"a", "an", "the"}:
            position += 1
        if self.word(position) == "little" and self.word(position + 1) in say.COMPARATIVES:
            return None  # "a little darker"
        looks: list[tuple[AttributeKind, str]] = []
        pattern = self.word(position + 1)
        if pattern in lex.TEXTURE_NOUNS and singular(pattern) not in SHAPE_NOUNS.keys() - {"dot"}:
            if self.word(position) == "with":
                return (("texture", lex.TEXTURE_NOUNS[pattern]),), position + 2
            if self.word(position) in {"without", "no"}:
                return (("texture", "plain"),), position + 2
        while True:
            word = self.word(position)
            if said := adjective(word):
                looks += said
            elif not (word in lex.SHADES and adjective(self.word(position + 1))) and not (
                looks and word in {"and", ","} and adjective(self.word(position + 1))
            ):
                break
            position += 1
        if not looks:
            return None
        return tuple(dict.fromkeys(looks)), position + (self.word(position) in {"one", "ones"})

    def _paint(self, phrase: NounPhrase | None, looks: Values, *, stays: bool = False) -> None:
        tracks = self.meant(phrase)
        self._name(phrase, tracks)
        if not tracks and phrase is not None:
            entity = self.wishes.new(self.slice(phrase.start, phrase.end))
            self.wishes.describe(entity, phrase)
            for kind, value in looks:
                self.wishes.claim(HasAttribute(subject=entity, attribute=kind, value=value))
        for kind, value in looks:
            self.wishes.look(tracks, kind, value, "throughout" if stays else "any")
            for track in tracks:
                if stays and kind == "color" and self.cast.does(track, "changes_color"):
                    changes = Happens(subject=self.wishes.of(track), event="changes_color")
                    self.wishes.claim(changes, negated=True)

    def _unpaint(self, looks: Values) -> None:
        """ "not striped": in whatever other way."""
        for track in self.meant(None):
            for kind, value in looks:
                look = HasAttribute(subject=self.wishes.of(track), attribute=kind, value=value)
                self.wishes.claim(look, negated=True)

    def _name(self, phrase: NounPhrase | None, tracks: Sequence[int]) -> None:
        """From now on "it" is this."""
        if phrase is not None and phrase.head_kind != "pronoun" and len(tracks) == 1:
            self.wishes.last = tuple(tracks)

    def read_color(self, position: int) -> Step | None:
        """ "change its color to red", "the ball's color is red", "a different color"."""
        if (end := self.line.match(thing_words.OTHER_COLOR, position)) is not None:
            return Step(end, partial(self._other_color, None))
        if (end := self.line.match(thing_words.OTHER_COLOR_OF, position)) is not None:
            owner = self.noun_phrase(end)
            if owner is not None and self.word(owner.end) not in {"to", "into"}:
                return Step(owner.end, partial(self._other_color, owner))
        end = self.line.match(thing_words.ITS_COLOR, position)
        if end is None:
            start = self.skip(swap_words.SWAP, position)
            for at in range(start + 1, min(start + MOST_WORDS, len(self.tokens))):
                owner = self.noun_phrase(start, at) if self.word(at) in thing_words.COLOR_WORDS else None
                if owner is not None and (found := self._looks(at + 1)) is not None:
                    return Step(found[1], partial(self._paint, owner, found[0]))
            return None
        of = self.word(end - 1) in {"the", "a", "it"} and self.word(end - 2) == "of"
        phrase = self.noun_phrase(end - 1) if of else None
        found = self._looks(phrase.end if phrase is not None else end)
        return Step(found[1], partial(self._paint, phrase, found[0])) if found else None

    def _other_color(self, phrase: NounPhrase | None) -> None:
        tracks = self.meant(phrase)
        if phrase is not None and not tracks:
            self.free(f"another color of {self.slice(phrase.start, phrase.end)}")
        for track in tracks:
            color = self.cast.look(track, "color")
            if not color:
                self.wishes.notes.append("'a different color': which one it has in the reference is not known")
                continue
            look = HasAttribute(subject=self.wishes.of(track), attribute="color", value=color)
            self.wishes.claim(look, negated=True)

    def read_fading(self, position: int) -> Step | None:
        """ "it turns from red to green"."""
        phrase = self.noun_phrase(position)
        if phrase is not None and not self.meant(phrase):
            phrase = None
        end = self.line.match(thing_words.FADES, phrase.end if phrase is not None else position)
        if end is None or self.word(end + 1) not in {"to", "into"}:
            return None
        first, last = color_values(self.word(end)), color_values(self.word(end + 2))
        return Step(end + 3, partial(self._fade, phrase, first[0], last[0])) if first and last else None

    def _fade(self, phrase: NounPhrase | None, first: str, last: str) -> None:
        changing = [track for track in self.cast.main if self.cast.does(track, "changes_color")]
        named = phrase is not None and phrase.head_kind != "pronoun"
        for track in (self.meant(phrase) if named or not changing else changing)[:1]:
            self.wishes.happen(track, "changes_color")
            self.wishes.look((track,), "color", first, "start")
            self.wishes.look((track,), "color", last, "end")

    def read_size(self, position: int) -> Step | None:
        """ "bigger", "make the ball bigger", "a smaller ball", "twice the size"."""
        start = self.skip(say.PREFACE, position)
        for begin in dict.fromkeys((position, start, self.skip(thing_words.PAINT, position))):
            described = self.word(self.skip(say.MUCH, self.article(begin))) in say.SIZED  # "a bigger ball"
            phrase = None if described else self.noun_phrase(begin)
            if phrase is not None and not self.meant(phrase):
                phrase = None
            middle = phrase.end if phrase is not None else self.article(begin) if described else begin
            while self.word(middle) in {"is", "are", "be", "should", "looks"}:
                middle += 1
            if (found := thing_words.RESIZES.match(self.line, middle)) is not None:
                return Step(found[1], partial(self._resize, phrase, found[0]))
            article = self.word(middle) in {"a", "an", "the"}
            at = self.skip(say.MUCH, middle + article)
            if self.word(at) not in say.SIZED:
                continue
            by, end = say.COMPARATIVES[self.word(at)][1], self.skip(say.BEHIND_COMPARATIVE, at + 1)
            if self.word(end) in {"one", "ones"}:
                end += 1
            elif phrase is None and (behind := self.noun_phrase(end)) is not None and self.meant(behind):
                phrase, end = behind, behind.end
            return Step(end, partial(self._resize, phrase, by))
        return None

    def _resize(self, phrase: NounPhrase | None, by: int) -> None:
        self.wishes.resize(self.meant(phrase), by)
