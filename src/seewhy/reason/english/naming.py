"""Reading who is spoken of: noun phrases, pronouns, relative clauses, and what must not be there."""

from __future__ import annotations

from seewhy.reason.english import lexicon as lex
from seewhy.reason.english import patterns
from seewhy.reason.english.mentions import Referent
from seewhy.reason.english.noun_phrase import NounPhrase
from seewhy.reason.english.phrases import read_target
from seewhy.reason.english.reading import Part
from seewhy.reason.english.verbs import VERBS
from seewhy.reason.english.word_classes import is_content
from seewhy.types.query import SceneIs


class Names(Part):
    """Noun phrases and denials of them."""

    def read_relative(self, position: int) -> int | None:
        if self.word(position) not in lex.RELATIVES - {"whose"} or self.said.last is None or self.said.foreign:
            return None
        self.said.read[position] = True
        self.said.speak_of(self.said.last)
        return position + 1

    def read_negation(self, position: int) -> int | None:
        end = self.line.match(patterns.NO_NEGATION, position)
        if end is not None:
            self.said.mark(position, end)
            return end
        end = self.line.match(patterns.ABSENCE, position)
        if end is not None:
            self.said.mark(position, end)
            if self.word(end) in VERBS or self.word(end) in lex.AUXILIARIES:
                self.said.back_to_main()
                self.said.negated = True
                return end
            return self.read_noun(end, absent=True) or end
        end = self.line.match(patterns.DENIAL, position)
        if end is None:
            return None
        self.said.mark(position, end)
        self.said.negated = True
        related = patterns.RELATIONS.match(self.line, end) is not None
        if not self.said.copula and not related and not self.verb_soon(end):
            return self.read_noun(end, absent=True) or end  # "but not a dog"
        return end

    def read_noun(self, position: int, *, absent: bool = False) -> int | None:
        before = self.word(position - 1)
        phrase = read_target(self.tokens, position)
        if phrase is None or (before in lex.VERB_MARKERS and phrase.bare):
            return None  # "would ring": a verb the tables take for a noun
        said = self.said
        phrase.absent = phrase.absent or absent
        subject = self._is_subject(phrase, before)
        predicated = said.copula and bool(said.subjects) and not phrase.absent
        if phrase.head_kind == "unknown" and phrase.bare and not subject and not phrase.absent:
            return None
        for fact in phrase.scene:
            said.add(SceneIs(attribute=fact[0], value=fact[1]), phrase.start, phrase.start + 1, negated=phrase.absent)
        dropped = before in lex.DROPPING and not absent and self.word(position - 2) not in lex.SHOWING
        if self.word(phrase.start) in {"all", "every", "each"} or phrase.head in lex.EVERYBODY:
            said.notes.append(f"'{said.words(phrase)}': that it holds for every one is not checked")
        if phrase.head in lex.EVERYBODY:
            self._skip(phrase)
            said.foreign = said.foreign or subject
        elif dropped or self._is_part(phrase):
            self._skip(phrase)
        elif phrase.absent and phrase.head_kind in {"unknown", "stuff"}:
            said.denied[phrase.start : phrase.end] = [True] * (phrase.end - phrase.start)
            said.negated = False
        elif phrase.head_kind in {"stuff", "frame", "viewer"}:
            self._read_place(phrase, subject=subject)
        elif predicated and phrase.head_kind != "pronoun":
            said.identify(phrase)
            self.said.told(position, position)
        elif phrase.head_kind != "unknown" or subject:
            self._mention(phrase, before, subject=subject)
        else:
            said.mark_known(phrase)
        return max(phrase.end, self._read_ordinal(phrase, predicated=predicated))

    def _is_subject(self, phrase: NounPhrase, before: str) -> bool:
        """Whether a noun phrase is who the next words speak of, by where it stands."""
        verb_follows = self.verb_soon(phrase.end)
        if phrase.bare and phrase.head_kind == "unknown" and not verb_follows:
            return False
        if phrase.head_kind == "pronoun" and verb_follows:
            return phrase.head != "each other"
        if phrase.head_kind == "unknown" and before == "and" and self._inside_with(phrase.start):
            return False
        if phrase.absent and self.word(phrase.start) in lex.NOTHING | {"no"}:
            acts = verb_follows or is_content(self.word(phrase.end))
            return acts and before not in lex.PREPOSITIONS | lex.AUXILIARIES
        if not self.said.subjects and not self.said.foreign:
            return before not in lex.PREPOSITIONS
        if before in lex.PREPOSITIONS | lex.DROPPING or (phrase.start > 0 and not self.said.read[phrase.start - 1]):
            return False
        fresh = not self.said.clause.facts and not self.said.clause.subjects
        return fresh or verb_follows or (before in {"and", ",", ";", "but", "or"} and not phrase.absent)

    def _inside_with(self, position: int) -> bool:
        """ "someone with long hair and a gray wrap": the wrap belongs to what is had."""
        while position > 0:
            position -= 1
            word = self.word(position)
            if word in {"with", "wearing"}:
                return True
            if word in VERBS or word in lex.AUXILIARIES | lex.RELATIVES or not word[:1].isalnum():
                return False
        return False

    def _is_part(self, phrase: NounPhrase) -> bool:
        """ "its side", "his left hand": a part of something is no track of its own."""
        owned = self.word(phrase.start) in lex.POSSESSIVES
        return owned and phrase.category not in lex.PERSONS

    def _skip(self, phrase: NounPhrase) -> None:
        """ "like a person", "for children": nothing of this is in the picture."""
        for position in range(phrase.start, phrase.end):
            self.said.read[position] = not is_content(self.word(position))

    def _read_place(self, phrase: NounPhrase, *, subject: bool) -> None:
        if phrase.head_kind == "stuff":
            self._skip(phrase)
        else:
            self.said.mark(phrase.start, phrase.end)
        if subject:
            self.said.set_subjects(())
            self.said.foreign = True

    def _mention(self, phrase: NounPhrase, before: str, *, subject: bool) -> None:
        said = self.said
        if said.leading is not None and said.clause.happenings and subject:
            said.close_leading(phrase.start)
        joined = before == "and" and said.last_end == phrase.start - 1 and said.last in said.subjects
        if phrase.head_kind == "pronoun":
            said.mark(phrase.start, phrase.end)
        meant = said.resolve(phrase)
        if not meant:
            return
        if subject and said.implied is not None:
            said.reveal(meant[0])
        if phrase.head_kind != "pronoun":
            said.last, said.last_end = meant[-1], phrase.end
        if joined and not said.clause.happenings:
            said.set_subjects((*said.subjects, *(new for new in meant if new not in said.subjects)))
        elif subject or not said.subjects:
            said.set_subjects(meant)
        if subject or phrase.absent:
            said.negated = False

    def _read_ordinal(self, phrase: NounPhrase, *, predicated: bool) -> int:
        """ "the last one to appear", "the first ball that enters". Returns the position behind it, 0 for none."""
        if phrase.ordinal is None:
            return 0
        end = self.line.match(patterns.TO_APPEAR, phrase.end)
        if end is None or self.said.last is None:
            self.said.read[phrase.start] = False
            return 0
        subjects: tuple[Referent, ...] = self.said.subjects if predicated else (self.said.last,)
        for referent in subjects:
            self.said.compare(referent, phrase.ordinal, phrase.start, end, of_all=predicated)
        return end
